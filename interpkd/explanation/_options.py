"""What a row may become: the values of each changeable column, what they cost, how to write them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._structure import Structure
    from interpkd._tables import Column
    from interpkd._typing import FloatArray, Table

DIRECTIONS = ("increase", "decrease")

STEP = 1e-3
"""How far beyond a bound that must be passed a number is put, times the column's scale."""


@dataclass(frozen=True)
class Room:
    """The values that one changeable column may take on a row.

    Attributes
    ----------
    index : int
        Number of the column.

    now : float
        The row's value, encoded.

    lower, upper : float
        For numbers, the least and largest value.

    codes : ndarray of shape (n_codes,)
        For categories and booleans the other values, most frequent in the background first;
        empty for numbers.

    is_number, is_integer : bool
        Whether it holds numbers, and whole ones only.

    scale : float
        What a cost of one is: for numbers the mean distance of the background's values from their
        median. Any change of a category costs one.

    special : ndarray of float
        Numbers that are codes, of which none may be taken.
    """

    index: int
    now: float
    lower: float
    upper: float
    codes: FloatArray = field(default_factory=lambda: np.zeros(0))
    is_number: bool = True
    is_integer: bool = False
    scale: float = 1.0
    special: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def step(self) -> float:
        """How far a bound is passed."""
        return 1.0 if self.is_integer else STEP * self.scale

    def cost(self, value: float) -> float:
        """Give the cost of a value."""
        if value == self.now:
            return 0.0
        return abs(value - self.now) / self.scale if self.is_number else 1.0

    def nearest(self, lower: float, upper: float) -> float | None:
        """Give the allowed number nearest to the row's in (lower, upper], None if there is none.

        Compared as float32, as scikit-learn's trees compare.
        """
        upper = min(upper, self.upper)
        if self.now > upper:
            value = np.floor(upper) if self.is_integer else upper
            if _single(value) > upper:  # rounded up
                value = np.nextafter(np.float32(upper), np.float32(-np.inf))
            value = self._off_special(float(value), -1)
        else:
            value = np.floor(lower) + 1 if self.is_integer else lower + self.step
            if not self.is_integer and value > upper:  # the box is thinner than a step
                value = (lower + upper) / 2
            if _single(value) <= lower:
                value = np.nextafter(np.float32(lower), np.float32(np.inf))
            value = self._off_special(float(value), 1)
        inside = lower < _single(value) <= upper and lower < value <= upper
        return value if inside and self.lower <= value <= self.upper else None

    def _off_special(self, value: float, sign: int) -> float:
        while (self.special == value).any():
            value += sign * self.step
        return value


def _single(value: float) -> float:
    """Round to float32, and back to float64 so that numpy does not round what it is compared to."""
    return float(np.float32(value))


def make_rooms(
    structure: Structure,
    z: FloatArray,
    background: FloatArray,
    changeable: Sequence[str],
    directions: Mapping[str, str],
    special: Mapping[int, FloatArray],
) -> dict[int, Room]:
    """Say what each changeable column of a row may become.

    Parameters
    ----------
    structure : Structure
        The student taken apart.

    z : ndarray of shape (n_columns,)
        The row, encoded.

    background : ndarray of shape (n_background, n_columns)
        Rows that show what values there are, encoded.

    changeable : sequence of str
        Names of columns.

    directions : mapping
        Names of columns to "increase" or "decrease".

    special : mapping
        Numbers of columns to values that are codes.

    Returns
    -------
    rooms : dict
        By number of column, in their order. A column whose value is missing or a code stays as it
        is, for nothing says from where it would move, and has no room.
    """
    rooms = {}
    for i, column in enumerate(structure.columns):
        codes = special.get(i, np.zeros(0))
        if column.name not in changeable or np.isnan(z[i]) or (codes == z[i]).any():
            continue
        known = background[~np.isnan(background[:, i]), i]
        known = known[~np.isin(known, codes)]
        if len(known):
            direction = directions.get(column.name)
            rooms[i] = _make_room(i, column, float(z[i]), known, direction, codes)
    return rooms


def _make_room(
    i: int, column: Column, now: float, known: FloatArray, direction: str | None, codes: FloatArray
) -> Room:
    is_number = column.kind == "numeric"
    if not is_number:
        values, counts = np.unique(known, return_counts=True)
        others = values[np.argsort(-counts, kind="stable")]
        others = others[others != now]
        return Room(i, now, now, now, others, is_number=False, is_integer=False, scale=1.0)
    lower, upper = min(float(known.min()), now), max(float(known.max()), now)
    return Room(
        i,
        now,
        now if direction == "increase" else lower,
        now if direction == "decrease" else upper,
        is_number=True,
        is_integer=bool((known == np.round(known)).all()) and now == round(now),
        scale=float(np.abs(known - np.median(known)).mean()) or 1.0,
        special=codes,
    )


def check_changes(
    structure: Structure, changeable: Any, directions: Any
) -> tuple[list[str], dict[str, str]]:
    """Check the columns that may change, and in which direction.

    Parameters
    ----------
    structure : Structure
        The student taken apart.

    changeable : sequence of str
        Names of columns.

    directions : mapping or None
        Names of columns to "increase" or "decrease".

    Returns
    -------
    changeable : list of str
        The same.

    directions : dict
        The same.

    Raises
    ------
    InvalidInputError
        If a name is no column, or a direction none of a number.
    """
    columns = {column.name: column for column in structure.columns}
    names = [] if isinstance(changeable, str) else [*changeable]
    unknown = [name for name in names if name not in columns]
    if not names or unknown:
        got = repr(unknown[0]) if unknown else repr(changeable)
        msg = f"changeable must be a list of names of the student's columns, got {got}."
        raise InvalidInputError(msg)
    directions = {} if directions is None else directions
    if not isinstance(directions, Mapping):
        msg = f"directions must map columns to texts, got {type(directions).__name__}."
        raise InvalidInputError(msg)
    for name, direction in directions.items():
        if name not in names or columns[name].kind != "numeric" or direction not in DIRECTIONS:
            msg = (
                f"directions must map changeable columns of numbers to 'increase' or 'decrease', "
                f"got {name!r}: {direction!r}."
            )
            raise InvalidInputError(msg)
    return names, dict(directions)


def changed_row(x: Table, structure: Structure, values: Mapping[int, float]) -> Table:
    """Give a row with other values in some columns.

    Parameters
    ----------
    x : ndarray or data frame of shape (1, n_columns)
        The aligned row.

    structure : Structure
        The student taken apart.

    values : mapping
        Numbers of columns to encoded values.

    Returns
    -------
    row : ndarray or data frame of shape (1, n_columns)
        A new one, of the same types where they can hold the values.
    """
    decoded = {i: decode(structure.columns[i], value) for i, value in values.items()}
    if not is_frame(x):
        out = x.copy()
        for i, value in decoded.items():
            out[0, i] = value
        return out
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(x):
        return _changed_pandas(x, decoded)
    frame = nw.from_native(x, eager_only=True)
    changed = []
    for i, value in decoded.items():
        name = frame.columns[i]
        dtype = frame.schema[name]
        fits = not dtype.is_integer() or value == int(value)
        changed.append(nw.lit(value, dtype if fits else nw.Float64).alias(name))
    return frame.with_columns(*changed).to_native()


def _changed_pandas(x: Any, decoded: Mapping[int, Any]) -> Any:
    import pandas as pd

    out = x.copy()
    for i, value in decoded.items():
        dtype = out.dtypes.iloc[i]
        if pd.api.types.is_integer_dtype(dtype) and value != int(value):
            dtype = "float64"
        if isinstance(dtype, pd.CategoricalDtype) and value not in dtype.categories:
            dtype = pd.CategoricalDtype([*dtype.categories, value], dtype.ordered)
        out[out.columns[i]] = pd.Series([value], dtype=dtype, index=out.index)
    return out


def decode(column: Column, value: float) -> Any:
    """Give an encoded value as the user writes it."""
    if column.kind == "category":
        return column.categories[int(value)]
    return bool(value) if column.kind == "boolean" else float(value)
