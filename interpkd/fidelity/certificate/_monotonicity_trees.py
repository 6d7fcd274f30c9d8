"""In which direction a tree goes along a column: the boxes of its leaves, pair by pair.

A tree answers the same on all of a leaf's box. Two leaves are neighbours along a column when their
boxes overlap in every other one: an input then goes from one to the other as that column alone
moves. The answer never falls along the column if and only if it falls between no such pair
(Robertson, Wright and Dykstra 1988). A sum of trees none of which falls does not fall either.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._tree_sum import TreeSum

MOST_LEAVES = 1024
"""Of a tree with more leaves the pairs are not compared."""


@dataclass(frozen=True, eq=False)
class LeafBoxes:
    """What comes to each leaf of one tree; made by :func:`leaf_boxes`.

    Attributes
    ----------
    leaf : ndarray of int of shape (n_leaves,)
        Their nodes.

    low, high : ndarray of int of shape (n_leaves, n_columns)
        First and last cell of numbers; there are none where the first is behind the last.

    lost : ndarray of bool of shape (n_leaves, n_columns)
        Whether missing values come, too.

    levels : dict
        For each column of categories that the tree splits on, the levels that come, an ndarray of
        bool of shape (n_leaves, n_levels).

    used : tuple of int
        The columns that the tree splits on.
    """

    leaf: IntArray
    low: IntArray
    high: IntArray
    lost: BoolArray
    levels: dict[int, BoolArray]
    used: tuple[int, ...]


class Pairs(NamedTuple):
    """What the neighbours along a column say.

    Attributes
    ----------
    n_compared, n_against : int
        Pairs, and those between which the answer goes the wrong way.

    worst : tuple of int or None
        Places among the leaves of the pair that goes wrong most.
    """

    n_compared: int
    n_against: int
    worst: tuple[int, int] | None


class _State(NamedTuple):
    node: int
    low: IntArray
    high: IntArray
    lost: BoolArray
    levels: dict[int, BoolArray]


def leaf_boxes(trees: TreeSum, root: int, cells: Cells, has_missing: BoolArray) -> LeafBoxes | None:
    """Find what comes to each leaf of one tree.

    Parameters
    ----------
    trees : TreeSum
        The trees.

    root : int
        The first node of the one in question.

    cells : Cells
        Their cells.

    has_missing : ndarray of bool of shape (n_columns,)
        Which columns of numbers may be missing.

    Returns
    -------
    boxes : LeafBoxes or None
        None of a tree of too many leaves. Leaves that nothing comes to are left out.
    """
    n_columns = len(cells.borders)
    start = np.zeros(n_columns, dtype=np.int64)
    todo = [_State(root, start, cells.missing - 1, has_missing, {})]
    done: list[_State] = []
    used: set[int] = set()
    while todo:
        here = todo.pop()
        column = int(trees.node[here.node, 0])
        if column < 0:
            done.append(here)
            if len(done) > MOST_LEAVES:
                return None
            continue
        used.add(column)
        todo += [child for side in (1, 0) for child in _child(trees, here, side, cells)]
    levels = {}
    for u in used:
        if cells.n_levels[u]:
            whole = np.ones(int(cells.n_levels[u]), dtype=bool)
            levels[u] = np.stack([one.levels.get(u, whole) for one in done])
    return LeafBoxes(
        np.array([one.node for one in done]),
        np.stack([one.low for one in done]),
        np.stack([one.high for one in done]),
        np.stack([one.lost for one in done]),
        levels,
        tuple(sorted(used)),
    )


def _child(trees: TreeSum, here: _State, side: int, cells: Cells) -> list[_State]:
    """Give what goes left (1) or right (0) at a node, as a list of one, or of none."""
    column, cut, left, right, missing_left, row, _ = trees.node[here.node, :7].tolist()
    child = left if side else right
    if row >= 0:
        n_levels = int(cells.n_levels[column])
        own = here.levels.get(column, np.ones(n_levels, dtype=bool))
        goes = own & (trees.level_left[row, :n_levels] == bool(side))
        if not goes.any():
            return []
        return [_State(child, here.low, here.high, here.lost, {**here.levels, column: goes})]
    low, high, lost = here.low.copy(), here.high.copy(), here.lost.copy()
    if side:
        high[column] = min(high[column], cut - 1)
    else:
        low[column] = max(low[column], cut)
    lost[column] = lost[column] and bool(missing_left) == bool(side)
    if low[column] > high[column] and not lost[column]:
        return []
    return [_State(child, low, high, lost, here.levels)]


def compare_pairs(boxes: LeafBoxes, value: FloatArray, column: int) -> Pairs:
    """Compare the leaves that are neighbours along a column of numbers.

    Parameters
    ----------
    boxes : LeafBoxes
        The leaves.

    value : ndarray of shape (n_nodes,)
        What is not to fall as the column grows.

    column : int
        The column; where its values are missing it has no order.

    Returns
    -------
    pairs : Pairs
        The first leaf of a pair has the smaller numbers.
    """
    if column not in boxes.used:
        return Pairs(0, 0, None)
    low, high, own = boxes.low[:, column], boxes.high[:, column], value[boxes.leaf]
    holds = low <= high
    before = (high[:, None] < low) & holds[:, None] & holds
    for u in boxes.used:
        if u != column:
            before &= _overlap(boxes, u)
    falls = np.where(before, own[:, None] - own, 0.0)
    n_against = int((falls > 0).sum())
    worst = None
    if n_against:
        first, second = np.unravel_index(int(falls.argmax()), falls.shape)
        worst = (int(first), int(second))
    return Pairs(int(before.sum()), n_against, worst)


def _overlap(boxes: LeafBoxes, column: int) -> BoolArray:
    """Tell which pairs of leaves share a value of a column."""
    if column in boxes.levels:
        goes = boxes.levels[column].astype(np.int64)
        return np.asarray(goes @ goes.T > 0)
    low, high, lost = boxes.low[:, column], boxes.high[:, column], boxes.lost[:, column]
    numbers = np.maximum(low[:, None], low) <= np.minimum(high[:, None], high)
    return np.asarray(numbers | (lost[:, None] & lost))
