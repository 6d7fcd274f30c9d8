"""Two inputs that differ in one column only, and answers to them that go the wrong way."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from interpkd._tables import select_rows
from interpkd.fidelity.certificate._equality_domain import LARGEST, gathered
from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._monotonicity_sides import Side
    from interpkd.fidelity.certificate._monotonicity_trees import LeafBoxes

NOISE = 1e-9
"""Answers that go the wrong way by no more than this are taken for rounding."""

AT_ONCE = 20_000
"""Inputs that a model is asked about at once."""


class Against(NamedTuple):
    """Two inputs that deny a direction, as the model itself says.

    Attributes
    ----------
    table : array or data frame of shape (2, n_features)
        The inputs, that of the smaller number first.

    numbers : tuple of float
        The two numbers of the column.

    answers : tuple of float
        The model's answers.
    """

    table: Any
    numbers: tuple[float, float]
    answers: tuple[float, float]


class Column(NamedTuple):
    """A column of a table that is moved.

    Attributes
    ----------
    name : str
        Its name, ``"x0"`` and so on for an array.

    values : ndarray of shape (n_reference,)
        Its numbers in the reference rows.

    sign : int
        1 where answers may not fall as it grows, -1 where they may not rise.
    """

    name: str
    values: FloatArray
    sign: int


def sweep(
    answer: Callable[[Table], FloatArray],
    X: Table,
    column: Column,
    points: FloatArray,
    max_rows: int,
) -> tuple[int, Against | None]:
    """Move a column of reference rows over points, until the answers go the wrong way.

    Parameters
    ----------
    answer : callable
        Asks the model.

    X : array-like or data frame of shape (n_reference, n_features)
        The reference rows.

    column : Column
        The column.

    points : ndarray of shape (n_points,)
        Numbers, rising.

    max_rows : int
        Most rows, evenly among the reference rows.

    Returns
    -------
    n_swept : int
        Rows that were moved over all points.

    against : Against or None
        Of the first rows that deny it, those that deny it most.
    """
    n_rows = len(column.values)
    rows = np.unique(np.linspace(0, n_rows - 1, min(n_rows, max_rows)).astype(np.int64))
    if len(points) < 2:
        return len(rows), None
    step = max(1, AT_ONCE // len(points))
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        which, tried = np.repeat(chunk, len(points)), np.tile(points, len(chunk))
        table = _moved(X, which, column, tried)
        told = column.sign * answer(table).reshape(len(chunk), -1)
        falls = np.maximum.accumulate(told, axis=1) - told
        if falls.max() > NOISE:
            r, second = np.unravel_index(int(falls.argmax()), falls.shape)
            first = int(told[r, : second + 1].argmax())
            pair = np.array([first, second]) + int(r) * len(points)
            found = confirm(answer, select_rows(table, pair), column, tried[pair])
            if found is not None:
                return start + int(r) + 1, found
    return len(rows), None


def _moved(X: Table, rows: IntArray, column: Column, numbers: FloatArray) -> Table:
    return changed_table(X, rows, (column.name,), column.values[rows, None], numbers[:, None])


def confirm(
    answer: Callable[[Table], FloatArray], table: Table, column: Column, numbers: FloatArray
) -> Against | None:
    """Ask the model about two inputs, and nothing else.

    Parameters
    ----------
    answer : callable
        Asks the model.

    table : array or data frame of shape (2, n_features)
        The inputs.

    column : Column
        The column that they differ in.

    numbers : ndarray of shape (2,)
        Its two numbers, rising.

    Returns
    -------
    against : Against or None
        None where the answers do not go the wrong way.
    """
    one, two = (float(a) for a in answer(table))
    if column.sign * (one - two) <= NOISE:
        return None
    return Against(table, (float(numbers[0]), float(numbers[1])), (one, two))


def pair_inputs(
    side: Side, X: Table, boxes: LeafBoxes, pair: tuple[int, int], column: int
) -> tuple[Table, FloatArray]:
    """Make inputs that come to two leaves that are neighbours along a column.

    Parameters
    ----------
    side : Side
        A model of one tree.

    X : array-like or data frame of shape (n_reference, n_features)
        The reference rows, which show categories and missing values.

    boxes : LeafBoxes
        What comes to its leaves.

    pair : tuple of int
        The two, that of the smaller numbers first.

    column : int
        The column.

    Returns
    -------
    table : array or data frame of shape (2, n_features)
        The inputs.

    numbers : ndarray of shape (2,)
        Their numbers of the column.
    """
    a, b = pair
    rows, wanted = np.zeros(len(side.names), dtype=np.int64), side.values[0].copy()
    for u in boxes.used:
        if u == column:
            continue
        own = side.values[:, u]
        if u in boxes.levels:
            shared = boxes.levels[u][a] & boxes.levels[u][b]
            rows[u] = int(np.flatnonzero(shared[own.astype(np.int64)])[0])
            wanted[u] = own[rows[u]]
            continue
        low = max(int(boxes.low[a, u]), int(boxes.low[b, u]))
        high = min(int(boxes.high[a, u]), int(boxes.high[b, u]))
        if low <= high:
            wanted[u] = _number_in(side, u, low, high, 0.0)
        else:
            rows[u] = int(np.flatnonzero(np.isnan(own))[0])
            wanted[u] = np.nan
    ends = side.cells.ends()
    start = side.cells.starts[column]
    last, first = int(boxes.high[a, column]), int(boxes.low[b, column])
    numbers = np.array(
        [
            _number_in(side, column, int(boxes.low[a, column]), last, ends[1][start + last]),
            _number_in(side, column, first, int(boxes.high[b, column]), ends[0][start + first]),
        ]
    )
    of_table = np.zeros((2, X.shape[1]), dtype=np.int64)
    of_table[:, side.places] = rows
    values = side.values[rows, np.arange(len(rows))]
    witness = np.stack([wanted, wanted])
    witness[:, column] = numbers
    both = np.stack([values, values])
    return changed_table(gathered(X, of_table), np.arange(2), side.names, both, witness), numbers


def _number_in(side: Side, column: int, low: int, high: int, near: float) -> float:
    """Give a number in some cells of a column: the reference rows' nearest, or else the nearest."""
    start, (lowest, highest) = side.cells.starts[column], side.cells.ends()
    own = side.values[:, column]
    cells = np.searchsorted(side.cells.borders[column], own, side="left")
    inside = own[(cells >= low) & (cells <= high) & ~np.isnan(own)]
    if len(inside):
        return float(inside[np.abs(inside - near).argmin()])
    least = max(float(lowest[start + low]), -LARGEST)
    return float(np.clip(near, least, min(float(highest[start + high]), LARGEST)))
