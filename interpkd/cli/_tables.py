"""Reading a table from a file, with every doubt about it said before anything is trained."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import click

from interpkd._optional import require
from interpkd.cli._columns import check_names, tidy
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL")
"""Texts of a CSV file that mean a missing value; "none" and "None" are categories."""

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
    return tidy(frame)


def _read_csv(
    path: Path, separator: str, missing: list[str], categories: Sequence[str]
) -> pd.DataFrame:
    import pandas as pd

    # utf-8-sig is utf-8 that also takes the mark that spreadsheets put in front
    common: dict[str, Any] = {"sep": separator, "encoding": "utf-8-sig", "keep_default_na": False}
    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, **common)
        header = [str(name) for name in first.iloc[0]]
        check_header(header, path, separator)
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


def check_header(header: list[str], path: Path, separator: str) -> None:
    """Refuse what pandas would mend in silence: names missing, names twice, a wrong separator."""
    check_names(header, path.name)
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

    parquet = require("pyarrow.parquet", extra="parquet", purpose="read Parquet files")
    arrow = require("pyarrow", extra="parquet", purpose="read Parquet files")
    try:
        table = parquet.read_table(path)
    except (arrow.ArrowException, OSError) as error:
        msg = f"{path.name} is no readable Parquet file: {error}"
        raise DataError(msg) from error
    check_names(table.column_names, path.name)
    # a saved index names rows, and so is no column to learn from
    frame = table.to_pandas().reset_index(drop=True)
    frame.columns = [str(name) for name in frame.columns]
    return tidy(frame, categories)
