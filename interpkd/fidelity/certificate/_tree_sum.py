"""A sum of trees on cells: what the compiled bounds work on."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells


class TreeSum(NamedTuple):
    """Trees whose nodes compare cells; made by :func:`lay_out`.

    The values of the leaves are kept apart: the same trees answer for several classes.

    Attributes
    ----------
    node : ndarray of int32 of shape (n_nodes, 8)
        One line per node, so that a visit touches memory once: the column it splits on, -1 for a
        leaf; the cell before which rows go left; the children; 1 where missing values go left; the
        row of `level_left` of a split on categories, else -1; the column's cell of missing values,
        else -1.

    level_left : ndarray of shape (n_level_rows, n_levels)
        Whether each level goes left.

    root : ndarray of shape (n_trees,)
        The first node of each tree.

    missing : ndarray of shape (n_columns,)
        The cell of missing values of each column of numbers, else -1.

    slot_first : ndarray of shape (n_trees + 1,)
        Where the slots of each tree begin: one per column of numbers that it splits on.

    slot_column : ndarray of shape (n_slots,)
        Their columns.

    cut_first : ndarray of shape (n_slots + 1,)
        Where the cuts of each slot begin.

    cut_cell : ndarray of shape (n_cuts,)
        The cuts of each slot, rising; between them are the segments of the slot.

    leaf_first : ndarray of shape (n_nodes,)
        Where the segments of a leaf begin, one entry per slot of its tree; -1 for other nodes.

    seg_low, seg_high, seg_missing : ndarray
        The first and last segment whose rows come to the leaf, and whether missing values do.
    """

    node: NDArray[np.int32]
    level_left: BoolArray
    root: IntArray
    missing: IntArray
    slot_first: IntArray
    slot_column: IntArray
    cut_first: IntArray
    cut_cell: IntArray
    leaf_first: IntArray
    seg_low: NDArray[np.int32]
    seg_high: NDArray[np.int32]
    seg_missing: BoolArray

    @property
    def n_leaves(self) -> int:
        """Most leaves of a tree; as many as nodes would do too."""
        sizes = np.diff([*self.root.tolist(), len(self.node)])
        return int(sizes.max(initial=1) + 1) // 2

    @property
    def n_segments(self) -> int:
        """Most segments of a slot, missing values included."""
        return int(np.diff(self.cut_first).max(initial=0)) + 2


class Nodes(NamedTuple):
    """The nodes of trees that lie behind each other, before they are laid out.

    Attributes
    ----------
    feature : ndarray of shape (n_nodes,)
        The column a node splits on; -1 for a leaf.

    left, right : ndarray of shape (n_nodes,)
        The children.

    missing_left : ndarray of shape (n_nodes,)
        Whether missing values go left.

    root : ndarray of shape (n_trees,)
        The first node of each tree.

    border : ndarray of shape (n_nodes,)
        Numbers up to and with it go left; ignored for leaves and columns of categories.

    level_row : ndarray of shape (n_nodes,)
        For a split on a column of categories the row of `level_left`, else -1.

    level_left : ndarray of shape (n_level_rows, n_levels)
        Whether each level goes left.
    """

    feature: IntArray
    border: FloatArray
    left: IntArray
    right: IntArray
    missing_left: BoolArray
    root: IntArray
    level_row: IntArray
    level_left: BoolArray


def lay_out(nodes: Nodes, cells: Cells) -> TreeSum:
    """Put trees on cells.

    Parameters
    ----------
    nodes : Nodes
        The trees; each tree's nodes lie together, its root first.

    cells : Cells
        Cells whose borders are among others those of the nodes.

    Returns
    -------
    trees : TreeSum
        The trees, ready for bounds.
    """
    from interpkd.fidelity.certificate._kernels import fill_segments

    n_nodes = len(nodes.feature)
    by_number = (nodes.feature >= 0) & (nodes.level_row < 0)
    cut = np.zeros(n_nodes, dtype=np.int64)
    for f, borders in enumerate(cells.borders):
        own = by_number & (nodes.feature == f)
        cut[own] = np.searchsorted(borders, nodes.border[own], side="right")
        cut[own & np.isposinf(nodes.border)] = len(borders) + 1
    tree = np.searchsorted(nodes.root, np.arange(n_nodes), side="right") - 1
    slots = _slots(tree, nodes.feature, cut, by_number, len(nodes.root))
    is_leaf = nodes.feature < 0
    widths = np.where(is_leaf, np.diff(slots.first)[tree], 0)
    size = int(widths.sum())
    missing = np.where(is_leaf, -1, cells.missing[nodes.feature])
    line = [nodes.feature, cut, nodes.left, nodes.right, nodes.missing_left, nodes.level_row]
    trees = TreeSum(
        node=np.stack([*line, missing, missing], axis=1).astype(np.int32),
        level_left=nodes.level_left,
        root=nodes.root,
        missing=cells.missing,
        slot_first=slots.first,
        slot_column=slots.column,
        cut_first=slots.cut_first,
        cut_cell=slots.cut_cell,
        leaf_first=np.where(is_leaf, np.cumsum(widths) - widths, -1),
        seg_low=np.zeros(size, dtype=np.int32),
        seg_high=np.zeros(size, dtype=np.int32),
        seg_missing=np.zeros(size, dtype=bool),
    )
    fill_segments(trees, slots.of_node, slots.place, np.diff(slots.cut_first), _depth(nodes))
    return trees


class _Slots(NamedTuple):
    first: IntArray
    column: IntArray
    cut_first: IntArray
    cut_cell: IntArray
    of_node: IntArray
    place: IntArray


def _slots(
    tree: IntArray, feature: IntArray, cut: IntArray, by_number: BoolArray, n_trees: int
) -> _Slots:
    """Find the different cuts of each tree and column."""
    where = np.flatnonzero(by_number)
    keys = np.stack([tree[where], feature[where], cut[where]], axis=1).reshape(-1, 3)
    cuts, of_cut = np.unique(keys, axis=0, return_inverse=True)
    starts = np.ones(len(cuts), dtype=bool)
    starts[1:] = (cuts[1:, :2] != cuts[:-1, :2]).any(axis=1)
    slot = np.cumsum(starts) - 1
    cut_first = np.append(np.flatnonzero(starts), len(cuts))
    of_node, place = (np.full(len(feature), -1, dtype=np.int64) for _ in range(2))
    of_node[where] = slot[of_cut.ravel()]
    place[where] = of_cut.ravel() - cut_first[of_node[where]]
    column = cuts[starts, 1]
    first = np.searchsorted(cuts[starts, 0], np.arange(n_trees + 1))
    cut_cell = np.ascontiguousarray(cuts[:, 2])  # one kind of array, compiled once
    return _Slots(
        first.astype(np.int64), np.ascontiguousarray(column), cut_first.astype(np.int64), cut_cell,
        of_node, place,
    )  # fmt: skip


def _depth(nodes: Nodes) -> int:
    """Give the most splits above a node."""
    depth, level = 0, nodes.root
    while True:
        inner = level[nodes.feature[level] >= 0]
        if not len(inner):
            return depth
        level = np.concatenate([nodes.left[inner], nodes.right[inner]])
        depth += 1


def all_trees(trees: TreeSum) -> IntArray:
    """Give the numbers of all trees."""
    return np.arange(len(trees.root), dtype=np.int64)
