"""Reading a table from a file, with every doubt about it said before anything is trained."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
import warnings
from typing import TYPE_CHECKING, Any

import click

from interpkd._optional import require
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")
"""Texts of a CSV file that mean a missing value; "none" and "None" are categories."""

MAX_NAMES = 20
"""A column of texts that are all different names rows, unless it has as few as this."""

SUFFIXES = (".csv", ".parquet")


def read_table(
    path: Path,
    *,
    separator: str = ",",
    missing: Sequence[str] = (),
    categories: Sequence[str] = (),
) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        The file; its ending says what it is.

    separator : str, default=","
        What stands between the values of a CSV file.

    missing : sequence of str, default=()
        Texts of a CSV file that mean a missing value, besides `MISSING`.

    categories : sequence of str, default=()
        Columns to read as categories although they may look like numbers.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The table, with unique column names and at least one row.

    Raises
    ------
    click.UsageError
        If the ending is unknown, or an option does not go with it.

    DataError
        If the file cannot be read as what its ending says.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        frame = _read_csv(path, separator, [*MISSING, *missing], categories)
    elif suffix == ".parquet":
        if missing:
            msg = "--missing is for CSV files; a Parquet file has missing values of its own."
            raise click.UsageError(msg)
        frame = _read_parquet(path, categories)
    else:
        msg = (
            f"{path.name} ends in {suffix!r}; a table must be a file ending in "
            f"{' or '.join(SUFFIXES)}."
        )
        raise click.UsageError(msg)
    if frame.empty:
        msg = f"{path.name} has column names but no rows."
        raise DataError(msg)
    for name in frame.columns:
        if frame[name].dtype == object and frame[name].dropna().map(type).eq(bool).all():
            frame[name] = frame[name].astype("boolean")  # true, false and missing
    return frame


def check_known(names: Iterable[str], frame: pd.DataFrame, option: str) -> None:
    """Refuse names that are no columns of the table, with the nearest one that is.

    Parameters
    ----------
    names : iterable of str
        What the user wrote.

    frame : pandas.DataFrame
        The table.

    option : str
        Where the user wrote it, such as ``"--target"``.

    Raises
    ------
    click.UsageError
        If a name is no column.
    """
    columns = [str(column) for column in frame.columns]
    lowered = {column.lower(): column for column in columns}
    for name in names:
        if name in columns:
            continue
        near = difflib.get_close_matches(name.lower(), lowered, n=1)
        shown = ", ".join(columns[:10]) + (", …" if len(columns) > 10 else "")
        hint = f"did you mean {lowered[near[0]]!r}?" if near else f"the columns are {shown}."
        msg = f"{option} {name!r}: the table has no such column; {hint}"
        raise click.UsageError(msg)


def check_columns(frame: pd.DataFrame, *, categories: Sequence[str] = ()) -> None:
    """Refuse columns that are empty, infinite or name rows, and text among numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        The columns that will be used.

    categories : sequence of str, default=()
        Columns that the user has said are categories.

    Raises
    ------
    DataError
        Naming the column, the first offending row, counted from 1 below the header, and the
        remedy.
    """
    import pandas as pd

    for name in frame.columns:
        values = frame[name].reset_index(drop=True).dropna()
        if values.empty:
            msg = f"Column {name!r} holds no values at all; leave it out with --drop {name!r}."
            raise DataError(msg)
        if pd.api.types.is_float_dtype(values.dtype) and values.abs().eq(float("inf")).any():
            row = int(values.abs().idxmax()) + 1
            msg = f"Column {name!r} is infinite in row {row}; correct the file."
            raise DataError(msg)
        if name not in categories:
            check_no_text_among_numbers(frame[name])
        if _holds_text(values) and len(values) > MAX_NAMES and values.is_unique:
            msg = (
                f"Column {name!r} has a different text in every row (names, identifiers, dates?), "
                f"so nothing can be learned from it as it is; leave it out with --drop {name!r}."
            )
            raise DataError(msg)


def check_no_text_among_numbers(column: pd.Series) -> None:
    """Refuse a column of numbers that is read as text because some of it is no number.

    Parameters
    ----------
    column : pandas.Series of shape (n_rows,)
        The column.

    Raises
    ------
    DataError
        If most of its values, but not all, look like numbers.
    """
    import pandas as pd

    if not _holds_text(column):
        return
    values = column.reset_index(drop=True).dropna().astype(str)
    is_number = pd.to_numeric(values, errors="coerce").notna()
    # "1,234", "3,5" and "12 %" are meant as numbers too, though they are read as text
    looks_it = pd.to_numeric(values.str.replace(r"[,%\s]", "", regex=True), errors="coerce").notna()
    texts = values[~is_number]
    if texts.empty or looks_it.mean() <= 0.5:
        return
    name = column.name
    msg = (
        f"Column {name!r} holds numbers, but {len(texts)} of its {len(values)} values "
        f"{'is' if len(texts) == 1 else 'are'} text, first {texts.iloc[0]!r} in row "
        f"{texts.index[0] + 1}; correct the file, name a text that means missing with --missing, "
        f"or say --category {name!r} if the numbers are names."
    )
    raise DataError(msg)


def _holds_text(column: pd.Series) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_string_dtype(column.dtype) or column.dtype == object)


def _read_csv(
    path: Path, separator: str, missing: list[str], categories: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    # utf-8-sig is utf-8 that also takes the mark that spreadsheets put in front
    common: dict[str, Any] = {"sep": separator, "encoding": "utf-8-sig", "keep_default_na": False}
    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, **common)
        header = [str(name) for name in first.iloc[0]]
        _check_header(header, path, separator)
        with warnings.catch_warnings():
            # rows longer than the header would be cut off with a warning only
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                na_values=missing,
                dtype={name: str for name in categories if name in header},
                index_col=False,
                low_memory=False,  # one type per column, not one per part of the file
                **common,
            )
    except pd.errors.EmptyDataError as error:
        msg = f"{path.name} is empty."
        raise DataError(msg) from error
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        msg = f"{path.name} is not UTF-8 text (it holds the byte 0x{byte:02x}); save it as UTF-8."
        raise DataError(msg) from error
    except pd.errors.ParserWarning as error:
        msg = f"{path.name} has rows with more values than the {len(header)} column names."
        raise DataError(msg) from error
    except pd.errors.ParserError as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ")
        msg = f"{path.name} is no readable CSV file: {reason}"
        raise DataError(msg) from error


def _check_header(header: list[str], path: Path, separator: str) -> None:
    """Refuse what pandas would mend in silence: names missing, names twice, a wrong separator."""
    twice = [name for i, name in enumerate(header) if name and name in header[:i]]
    if twice:
        msg = f"{path.name} has two columns named {twice[0]!r}; rename or remove one of them."
        raise DataError(msg)
    blank = [i for i, name in enumerate(header) if not name.strip()]
    if blank:
        msg = (
            f"{path.name} has no name for column {blank[0] + 1} (often row numbers that were saved "
            "with the table); name it in the first line, or remove it."
        )
        raise DataError(msg)
    other = next((sign for sign in (";", "\t", "|", ",") if sign in header[0]), None)
    if len(header) == 1 and other not in (None, separator):
        msg = (
            f"{path.name} has a single column, named {header[0][:40]!r}; its values seem to be "
            f"separated by {other!r}: add --separator {other!r}."
        )
        raise DataError(msg)


def _read_parquet(path: Path, categories: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    parquet = require("pyarrow.parquet", extra="parquet", purpose="read Parquet files")
    arrow = require("pyarrow", extra="parquet", purpose="read Parquet files")
    try:
        table = parquet.read_table(path)
    except (arrow.ArrowException, OSError) as error:
        msg = f"{path.name} is no readable Parquet file: {error}"
        raise DataError(msg) from error
    twice = [name for i, name in enumerate(table.column_names) if name in table.column_names[:i]]
    if twice:
        msg = f"{path.name} has two columns named {twice[0]!r}; rename or remove one of them."
        raise DataError(msg)
    # a saved index names rows, and so is no column to learn from
    frame = table.to_pandas().reset_index(drop=True)
    frame.columns = [str(name) for name in frame.columns]
    for name in categories:
        if name in frame.columns and pd.api.types.is_numeric_dtype(frame[name].dtype):
            texts = frame[name].map(lambda value: f"{value:g}", na_action="ignore")
            frame[name] = texts.astype("object")
    return frame
