"""Values as a student takes them, and what is wrong with those that it cannot take."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.cli._tables import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from interpkd._tables import Column

TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE"), 1.0),
    **dict.fromkeys(("false", "False", "FALSE"), 0.0),
}
"""The texts of truth values, as `interpkd distill` reads them."""

LARGEST_SINGLE = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Bad:
    """A row that cannot be predicted.

    Attributes
    ----------
    row : int
        Its number among the rows of the table, counted from 1.

    reason : str
        Why.

    text : str
        The row as it stands in the table.
    """

    row: int
    reason: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """Some rows of a table, read.

    Attributes
    ----------
    n_rows : int
        Rows read, bad ones included.

    mark : int
        Where the table goes on.

    frame : pandas.DataFrame
        The student's columns of the good rows.

    kept : dict
        The columns to hand on, of the good rows: lists of texts, or Arrow arrays.

    bad : list of Bad
        The other rows.

    unseen : dict of str to int
        Values of the good rows by column that are none of the student's categories.
    """

    n_rows: int
    mark: int
    frame: pd.DataFrame
    kept: dict[str, Any]
    bad: list[Bad]
    unseen: dict[str, int]


@dataclass(frozen=True)
class Values:
    """A column of some rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows,)
        float64, or categories with None for missing and unseen ones.

    problems : dict of int to str
        By position, why the student cannot take the value.

    unseen : ndarray of bool of shape (n_rows,) or None
        Where a category is none of the student's; None for no such row.
    """

    values: NDArray[Any]
    problems: dict[int, str] = field(default_factory=dict)
    unseen: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Limits:
    """What a student takes.

    Attributes
    ----------
    takes_missing : bool
        Whether it answers where a value is missing.

    in_single : bool
        Whether it compares in single precision, which ends at 3.4e38.
    """

    takes_missing: bool
    in_single: bool


def missing_texts(more: Sequence[str]) -> frozenset[str]:
    """Give the texts that mean missing, in the spellings that pandas knows of a number.

    Parameters
    ----------
    more : sequence of str
        Texts beside the usual ones.

    Returns
    -------
    texts : frozenset of str
        All of them: of ``"-999"`` also ``"-999.0"``.
    """
    texts = {*MISSING, *more}
    for text in more:
        number = _number(text)
        if number is not None and math.isfinite(number):
            texts.add(str(number))
            if number == int(number):
                texts.add(str(int(number)))
    return frozenset(texts)


def read_texts(
    texts: Sequence[str], column: Column, missing: frozenset[str], limits: Limits
) -> Values:
    """Read the texts of one column as what the student's column is, whatever they look like.

    Parameters
    ----------
    texts : sequence of str
        The texts of a file.

    column : Column
        The student's column.

    missing : frozenset of str
        Texts that mean missing.

    limits : Limits
        What the student takes.

    Returns
    -------
    values : Values
        The values; a text in a column of numbers is a problem of its row.
    """
    if column.kind == "category":
        return check_values(match_categories(texts, column, missing), column, limits)
    truth = TRUTH if column.kind == "boolean" else {}
    values = _quick_numbers(texts, missing)
    problems: dict[int, str] = {}
    if values is None:
        values = np.full(len(texts), np.nan)
        for i, text in enumerate(texts):
            number = truth.get(text, _number(text))
            if number is not None:
                values[i] = number
            elif text not in missing:
                what = "neither true nor false" if truth else "no number"
                problems[i] = f"column {column.name!r}: {_shown(text)} is {what}"
    marked = [number for number in map(_number, missing) if number is not None]
    if marked:
        values[np.isin(values, marked)] = np.nan
    return check_values(Values(values, problems), column, limits)


def check_values(read: Values, column: Column, limits: Limits) -> Values:
    """Find what the student cannot take.

    Parameters
    ----------
    read : Values
        The values, with the problems that are known.

    column : Column
        The student's column.

    limits : Limits
        What the student takes.

    Returns
    -------
    values : Values
        The same with all problems.
    """
    found: dict[int, str] = {}
    values = read.values
    if column.kind == "category":
        lost = np.array([value is None for value in values], dtype=bool)
    else:
        lost = np.isnan(values)
        _mark(found, np.isinf(values), "is infinite")
        if limits.in_single:
            large = np.abs(values) > LARGEST_SINGLE
            _mark(found, large, "is too large for single precision, in which the tree compares")
        if column.kind == "boolean":
            odd = ~lost & (values != 0) & (values != 1)
            _mark(found, odd, "is neither true nor false")
    if not limits.takes_missing:
        if read.unseen is not None:
            _mark(found, read.unseen, "holds a category never seen, and the student takes none")
        _mark(found, lost, "is missing, and the student takes no missing values")
    named = {i: f"column {column.name!r} {reason}" for i, reason in found.items()}
    return Values(values, named | read.problems, read.unseen)


def join_problems(columns: Mapping[str, Values]) -> dict[int, str]:
    """Give the first problem of each row that has one."""
    problems: dict[int, str] = {}
    for one in columns.values():
        problems = one.problems | problems
    return problems


def make_frame(
    columns: Mapping[str, Values], good: NDArray[np.bool_]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Put the columns of the good rows together.

    Parameters
    ----------
    columns : mapping of str to Values
        The student's columns.

    good : ndarray of bool of shape (n_rows,)
        The rows to take.

    Returns
    -------
    frame : pandas.DataFrame
        The good rows.

    unseen : dict of str to int
        How many categories in them the student does not know.
    """
    import pandas as pd

    frame = pd.DataFrame({name: one.values[good] for name, one in columns.items()})
    counts = {
        name: int((one.unseen & good).sum())
        for name, one in columns.items()
        if one.unseen is not None
    }
    return frame, {name: count for name, count in counts.items() if count}


def match_categories(values: Sequence[Any], column: Column, missing: frozenset[str]) -> Values:
    """Find values among the categories of a column; a text is also matched with numbers.

    Parameters
    ----------
    values : sequence
        Texts, numbers, truth values; None for missing.

    column : Column
        The student's column.

    missing : frozenset of str
        Texts that mean missing.

    Returns
    -------
    values : Values
        The categories, None for missing ones and those that the student does not know.
    """
    known: dict[Any, Any] = {one: one for one in column.categories}
    found: dict[Any, Any] = {}
    out = np.empty(len(values), dtype=object)
    unseen = np.zeros(len(values), dtype=bool)
    for i, value in enumerate(values):
        if value is None or value in missing:
            continue
        if value not in found:
            found[value] = _category(value, known)
        out[i] = found[value]
        unseen[i] = out[i] is None
    return Values(out, {}, unseen if unseen.any() else None)


def _category(value: Any, known: Mapping[Any, Any]) -> Any:
    """Give the category that a value means, None for none."""
    if value in known or not isinstance(value, str):
        return known.get(value)
    if value in TRUTH and any(isinstance(one, bool) for one in known):
        return known.get(TRUTH[value])
    number = _number(value)
    return None if number is None else known.get(number)


def _quick_numbers(texts: Sequence[str], missing: frozenset[str]) -> NDArray[np.float64] | None:
    """Read numbers all at once; None where one of them needs a look."""
    filled = ["nan" if text in missing else text for text in texts]
    joined = "".join(filled)
    # Python reads 1_000 and digits of other scripts as numbers; no other program does
    if "_" in joined or not joined.isascii():
        return None
    try:
        values = np.array(filled, dtype=object).astype(np.float64)
    except ValueError:
        return None
    n_missing = sum(map(missing.__contains__, texts))
    return values if int(np.isnan(values).sum()) == n_missing else None  # else "+nan" and the like


def _number(text: str) -> float | None:
    if "_" in text or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _mark(found: dict[int, str], where: NDArray[np.bool_], reason: str) -> None:
    for i in np.flatnonzero(where).tolist():
        found.setdefault(i, reason)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
