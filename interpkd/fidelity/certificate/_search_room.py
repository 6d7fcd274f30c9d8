"""What a search is about, and the memory that it works in."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._tree_sum import TreeSum


NO, NEAR, OPEN, YES = range(4)
"""Answers of a search, the stronger the larger: excluded by a bound, decided by rounding alone,
neither, found."""

MOST_NEAR = 16
"""Boxes of a row that rounding leaves open, at most; a row with more of them stays open."""


class Question(NamedTuple):
    """Which rows are looked for: a sum above `first`, another above `second`, both together.

    Attributes
    ----------
    first, slack : float
        The teacher's sum is above this, and by how much rounding may miss.

    second, second_slack : float
        The same of the second sum; minus infinity where there is none.

    ratio : float
        Weight of the second sum beside the first. A bound of the two together is tighter than two
        bounds; for two sums above their limits any weight is right.

    both : float
        First sum plus `ratio` times second are above this.

    is_tied : bool
        Whether `first` is to be added to `both`.
    """

    first: float
    slack: float
    second: float = -np.inf
    second_slack: float = 0.0
    ratio: float = 0.0
    both: float = -np.inf
    is_tied: bool = False


class Extra(NamedTuple):
    """A sum over columns: what each cell adds, and what each number is multiplied by.

    Attributes
    ----------
    table : ndarray of shape (n_cells,)
        Per cell, columns behind each other.

    slope : ndarray of shape (n_columns,)
        Per unit of the number itself.

    lowest, highest : ndarray of shape (n_cells,)
        The ends of the cells.
    """

    table: FloatArray
    slope: FloatArray
    lowest: FloatArray
    highest: FloatArray


class Sides(NamedTuple):
    """Further sums over columns that must be above limits where a row is found.

    Attributes
    ----------
    table : ndarray of shape (n_sides, n_cells)
        As of `Extra`.

    slope : ndarray of shape (n_sides, n_columns)
        As of `Extra`.

    limit : ndarray of shape (n_sides,)
        What each must be above, what rounding may miss already taken off.
    """

    table: FloatArray
    slope: FloatArray
    limit: FloatArray


class Boxes(NamedTuple):
    """The neighbourhoods of rows.

    Attributes
    ----------
    low, high : ndarray of int of shape (n_rows, n_columns)
        First and last cell.

    least, most : ndarray of float of shape (n_rows, n_columns)
        First and last number.

    is_number : ndarray of bool of shape (n_rows, n_columns)
        Whether it is a number, and not a level or missing.
    """

    low: IntArray
    high: IntArray
    least: FloatArray
    most: FloatArray
    is_number: BoolArray

    def rows(self, chosen: IntArray) -> Boxes:
        """Give those of some rows."""
        return Boxes(
            self.low[chosen],
            self.high[chosen],
            self.least[chosen],
            self.most[chosen],
            self.is_number[chosen],
        )


class Near(NamedTuple):
    """Boxes of each row that rounding leaves open; made by :func:`make_near`."""

    low: IntArray
    high: IntArray
    n_boxes: IntArray


class Parts(NamedTuple):
    """Memory for the parts of a box, one per leaf of the student."""

    low: IntArray
    high: IntArray
    leaf: IntArray


class Room(NamedTuple):
    """Memory of one search; made by :func:`make_room`."""

    low: IntArray
    high: IntArray
    bound: FloatArray
    now_low: IntArray
    now_high: IntArray
    cells: IntArray
    near_low: IntArray
    near_high: IntArray
    n_near: IntArray
    starts: IntArray
    upper: FloatArray
    tail: FloatArray
    extra: FloatArray
    most: FloatArray
    spread: FloatArray
    middle: IntArray
    leaves: IntArray
    ends: IntArray
    stack: IntArray
    best: FloatArray
    total: FloatArray
    sides: FloatArray
    side_limit: FloatArray
    side: IntArray
    value: FloatArray


class Small(NamedTuple):
    """Memory for what trees still are inside a box; made by :func:`make_small`."""

    trees: TreeSum
    value: FloatArray
    every: IntArray
    kept_slot: IntArray
    kept_from: IntArray
    n_segments: IntArray


def make_room(trees: TreeSum, cells: Cells, budget: int, n_sides: int = 0) -> Room:
    """Make the memory of a search.

    Parameters
    ----------
    trees : TreeSum
        The trees.

    cells : Cells
        Their cells.

    budget : int
        Most boxes that are looked at.

    n_sides : int, default=0
        Number of side conditions.

    Returns
    -------
    room : Room
        Memory for one search after another.
    """
    n_columns, n_cells = len(cells.borders), int(cells.starts[-1])

    def whole(*shape: int) -> IntArray:
        return np.zeros(shape, dtype=np.int64)

    return Room(
        low=whole(budget + 2, n_columns),
        high=whole(budget + 2, n_columns),
        bound=np.zeros(budget + 2),
        now_low=whole(n_columns),
        now_high=whole(n_columns),
        cells=whole(1, n_columns),
        near_low=whole(MOST_NEAR, n_columns),
        near_high=whole(MOST_NEAR, n_columns),
        n_near=whole(1),
        starts=cells.starts,
        upper=np.zeros(n_cells),
        tail=np.zeros(n_cells),
        extra=np.zeros(n_cells),
        most=np.zeros(n_columns),
        spread=np.zeros(n_columns),
        middle=whole(n_columns),
        leaves=whole(len(trees.node)),
        ends=whole(len(trees.root)),
        stack=whole(trees.n_leaves + 1),
        best=np.zeros(trees.n_segments),
        total=np.zeros(2),
        sides=np.zeros((n_sides, n_cells)),
        side_limit=np.zeros(n_sides),
        side=whole(1),
        value=np.zeros(1),
    )


def make_small(trees: TreeSum) -> Small:
    """Make the memory for what trees still are inside a box.

    Parameters
    ----------
    trees : TreeSum
        The trees.

    Returns
    -------
    small : Small
        Memory for one box after another.
    """
    own = ("node", "root", "slot_first", "slot_column", "cut_first", "cut_cell", "leaf_first")
    arrays = {
        name: np.zeros_like(getattr(trees, name))
        for name in (*own, "seg_low", "seg_high", "seg_missing")
    }
    n_slots = len(trees.slot_column) + 1
    return Small(
        trees=trees._replace(**arrays),
        value=np.zeros(len(trees.node)),
        every=np.arange(len(trees.root), dtype=np.int64),
        kept_slot=np.zeros(n_slots, dtype=np.int64),
        kept_from=np.zeros(n_slots, dtype=np.int64),
        n_segments=np.zeros(1, dtype=np.int64),
    )


def make_near(n_rows: int, n_columns: int) -> Near:
    """Make the memory for what rounding leaves open.

    Parameters
    ----------
    n_rows, n_columns : int
        Rows that are asked about, and columns of a box.

    Returns
    -------
    near : Near
        Of none.
    """
    shape = (n_rows, MOST_NEAR, n_columns)
    return Near(
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(n_rows, dtype=np.int64),
    )


def make_parts(student: TreeSum, n_columns: int) -> Parts:
    """Make the memory for the parts of a box.

    Parameters
    ----------
    student : TreeSum
        One tree.

    n_columns : int
        Columns of a box.

    Returns
    -------
    parts : Parts
        Room for as many as the tree has leaves.
    """
    shape = (student.n_leaves, n_columns)
    return Parts(
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape[0], dtype=np.int64),
    )


def no_extra(cells: Cells) -> Extra:
    """Give a second sum that is nothing.

    Parameters
    ----------
    cells : Cells
        The cells.

    Returns
    -------
    extra : Extra
        Zeros.
    """
    return Extra(np.zeros(cells.starts[-1]), np.zeros(len(cells.borders)), *cells.ends())


def no_sides(cells: Cells) -> Sides:
    """Give no side condition.

    Parameters
    ----------
    cells : Cells
        The cells.

    Returns
    -------
    sides : Sides
        Of none.
    """
    nothing = np.zeros((0, len(cells.borders)))
    return Sides(np.zeros((0, int(cells.starts[-1]))), nothing, np.zeros(0))
