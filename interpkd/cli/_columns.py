"""The columns of a table: their names, their kinds, and what nothing can be learned from."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from interpkd._tables import MAX_CATEGORIES
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

MAX_NAMES = 20
"""A column of texts that are all different names rows, unless it has as few as this."""


def tidy(frame: pd.DataFrame, categories: Sequence[str] = ()) -> pd.DataFrame:
    """Give booleans and decimals as columns that can be learned from, and names as texts.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        A table as it was read.

    categories : sequence of str, default=()
        Columns of numbers that are names.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The same table, changed in place.
    """
    import pandas as pd

    for name in frame.columns:
        if frame[name].dtype == object:
            kinds = set(frame[name].dropna().map(type))
            if kinds == {bool}:
                frame[name] = frame[name].astype("boolean")  # true, false and missing
            elif Decimal in kinds and kinds <= {Decimal, int, float}:
                frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
        if name in categories and pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].map(_as_name, na_action="ignore").astype("object")
    return frame


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse columns that have the same name.

    Parameters
    ----------
    names : sequence of str
        Names of columns.

    source : str
        What holds them, to begin the message with.

    Raises
    ------
    DataError
        If a name is there twice.
    """
    twice = [name for i, name in enumerate(names) if name and name in names[:i]]
    if twice:
        msg = f"{source} has two columns named {twice[0]!r}; rename or remove one of them."
        raise DataError(msg)


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
        _check_kind(values)
        if name not in categories:
            check_no_text_among_numbers(frame[name])
        if _holds_text(values) and len(values) > MAX_NAMES and values.is_unique:
            msg = (
                f"Column {name!r} has a different text in every row (names, identifiers, dates?), "
                f"so nothing can be learned from it as it is; leave it out with --drop {name!r}."
            )
            raise DataError(msg)
        n_different = values.nunique() if name in categories or _holds_text(values) else 0
        if n_different > MAX_CATEGORIES:  # said here, before the teacher has been trained
            msg = (
                f"Column {name!r} has {n_different} different categories; at most {MAX_CATEGORIES} "
                f"can be read. Leave it out with --drop {name!r}, or group its rare values."
            )
            raise DataError(msg)


def identifiers(frame: pd.DataFrame) -> list[str]:
    """Name the columns that look as if they identified rows, of which nothing can be learned.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The columns to learn from.

    Returns
    -------
    names : list of str
        Whole numbers that are another in every row, and texts that are another in most.
    """
    import pandas as pd

    named = []
    for name in frame.columns:
        values = frame[name]
        n_different = values.nunique()
        if pd.api.types.is_integer_dtype(values.dtype):
            is_one = n_different == len(values)
        else:
            is_text = not pd.api.types.is_numeric_dtype(values.dtype)
            is_one = is_text and n_different > max(MAX_NAMES, len(values) / 2)
        if is_one:
            named.append(str(name))
    return named


def _check_kind(values: pd.Series) -> None:
    """Refuse dates, bytes, lists and the like: neither numbers nor categories."""
    import pandas as pd

    if values.dtype == object:
        kinds = {type(value) for value in values} - {str, bool, int, float}
        what = sorted(kind.__name__ for kind in kinds)
    else:
        is_time = pd.api.types.is_datetime64_any_dtype(values.dtype)
        is_time = is_time or pd.api.types.is_timedelta64_dtype(values.dtype)
        what = [str(values.dtype)] if is_time else []
    if what:
        msg = (
            f"Column {values.name!r} holds values of the kind {what[0]}, such as "
            f"{values.iloc[0]!s:.40}, which are neither numbers nor categories; turn them into "
            f"numbers, such as days or years, or leave the column out with --drop {values.name!r}."
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


def _as_name(value: Any) -> str:
    """Write a number that is a name: 7.0 and 7 are the same one."""
    return str(int(value)) if value == int(value) else repr(float(value))
