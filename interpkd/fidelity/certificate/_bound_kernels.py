"""Bounds of a sum of trees over boxes of cells, compiled.

A box gives the first and the last cell of every column. In a column of numbers its cells are either
numbers, or only the one of missing values, or run through to that; a column of categories has
levels in no order, and boxes of one level.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray
    from interpkd.fidelity.certificate._tree_sum import TreeSum


@njit(cache=True, nogil=True)
def may_go_left(trees: TreeSum, node: int, low: int, high: int) -> bool:
    """Tell whether a row of the box may go left at a node, whose column has these cells."""
    row = trees.level_row[node]
    if row >= 0:
        return bool(trees.level_left[row, low : high + 1].any())
    if low < trees.cut[node]:
        return True
    return trees.missing_left[node] and high == trees.missing[trees.feature[node]]


@njit(cache=True, nogil=True)
def may_go_right(trees: TreeSum, node: int, low: int, high: int) -> bool:
    """Tell whether a row of the box may go right at a node."""
    row = trees.level_row[node]
    if row >= 0:
        return not trees.level_left[row, low : high + 1].all()
    last = trees.missing[trees.feature[node]]
    if high == last and not trees.missing_left[node]:
        return True
    number = min(high, last - 1)
    return number >= low and number >= trees.cut[node]


@njit(cache=True, nogil=True)
def reach(
    trees: TreeSum, root: int, low: IntArray, high: IntArray, leaves: IntArray, stack: IntArray
) -> int:
    """Write the leaves of one tree that a row of the box may reach; give how many they are."""
    found, top = 0, 1
    stack[0] = root
    while top > 0:
        top -= 1
        node = stack[top]
        column = trees.feature[node]
        if column < 0:
            leaves[found] = node
            found += 1
            continue
        if may_go_right(trees, node, low[column], high[column]):
            stack[top] = trees.right[node]
            top += 1
        if may_go_left(trees, node, low[column], high[column]):
            stack[top] = trees.left[node]
            top += 1
    return found


@njit(cache=True, nogil=True)
def value_at(trees: TreeSum, value: FloatArray, active: IntArray, cells: IntArray) -> float:
    """Give the sum of the trees for one row of cells."""
    total = 0.0
    for t in active:
        node = trees.root[t]
        while trees.feature[node] >= 0:
            cell = cells[trees.feature[node]]
            left = may_go_left(trees, node, cell, cell)
            node = trees.left[node] if left else trees.right[node]
        total += value[node]
    return total


@njit(cache=True, nogil=True)
def values_at(
    trees: TreeSum, value: FloatArray, active: IntArray, cells: IntArray, out: FloatArray
) -> None:
    """Write the sum of the trees for each row of cells."""
    for i in range(len(cells)):
        out[i] = value_at(trees, value, active, cells[i])


@njit(cache=True, nogil=True)
def sum_bound(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    low: IntArray,
    high: IntArray,
    leaves: IntArray,
    stack: IntArray,
) -> float:
    """Give a number that the sum of the trees is nowhere in the box above: their largest leaves."""
    total = 0.0
    for t in active:
        found = reach(trees, trees.root[t], low, high, leaves, stack)
        best = value[leaves[0]]
        for k in range(1, found):
            best = max(best, value[leaves[k]])
        total += best
    return total


@njit(cache=True, nogil=True)
def profile(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    low: IntArray,
    high: IntArray,
    starts: IntArray,
    upper: FloatArray,
    spread: FloatArray,
    middle: IntArray,
    leaves: IntArray,
    stack: IntArray,
    best: FloatArray,
) -> float:
    """Bound the sum over the box, and over each of its slices of one cell.

    Into `upper`, from ``starts[f]`` on, goes a bound for the rows whose column f is in each cell of
    the box: the sum of the largest leaves that such rows reach. `spread` gets for each column how
    far apart reachable leaves are of trees that split on it, and `middle` the cell before which
    the tree of the largest spread does. Returned is the bound for the whole box.
    """
    n_columns = len(low)
    widest = np.zeros(n_columns)
    for f in range(n_columns):
        spread[f], middle[f] = 0.0, -1
        upper[starts[f] + low[f] : starts[f] + high[f] + 2] = 0.0
    total = 0.0
    for t in active:
        found = reach(trees, trees.root[t], low, high, leaves, stack)
        most = least = value[leaves[0]]
        for k in range(1, found):
            most = max(most, value[leaves[k]])
            least = min(least, value[leaves[k]])
        total += most
        if most == least:
            continue
        first = trees.slot_first[t]
        for slot in range(first, trees.slot_first[t + 1]):
            f = trees.slot_column[slot]
            if low[f] == high[f]:
                continue
            begin, end = trees.cut_first[slot], trees.cut_first[slot + 1]
            cut = _cut_inside(trees.cut_cell, begin, end, low[f], high[f])
            if cut < 0 and high[f] != trees.missing[f]:
                continue  # the tree does not tell the cells of the box apart
            spread[f] += most - least
            if cut >= 0 and most - least > widest[f]:
                widest[f], middle[f] = most - least, cut
            best[: end - begin + 2] = least
            _best_by_segment(trees, value, leaves, found, slot - first, end - begin, best)
            _lower_slices(trees, slot, best, most, low[f], high[f], starts[f], upper)
    for f in range(n_columns):
        running = total
        for cell in range(low[f], high[f] + 1):
            running += upper[starts[f] + cell]
            upper[starts[f] + cell] = running
    return total


@njit(cache=True, nogil=True)
def _best_by_segment(
    trees: TreeSum,
    value: FloatArray,
    leaves: IntArray,
    n_leaves: int,
    slot: int,
    n_cuts: int,
    best: FloatArray,
) -> None:
    """Raise the entries of `best` to the largest leaf that rows of each segment reach."""
    for k in range(n_leaves):
        at, one = trees.leaf_first[leaves[k]] + slot, value[leaves[k]]
        for segment in range(trees.seg_low[at], trees.seg_high[at] + 1):
            best[segment] = max(best[segment], one)
        if trees.seg_missing[at]:
            best[n_cuts + 1] = max(best[n_cuts + 1], one)


@njit(cache=True, nogil=True)
def _lower_slices(
    trees: TreeSum,
    slot: int,
    best: FloatArray,
    most: float,
    low: int,
    high: int,
    start: int,
    upper: FloatArray,
) -> None:
    """Note, as differences, what the cells of each segment have less than the best leaf."""
    first = trees.cut_first[slot]
    n_cuts = trees.cut_first[slot + 1] - first
    last = trees.missing[trees.slot_column[slot]]
    for segment in range(n_cuts + 2):
        if best[segment] == most:
            continue
        begin, end = 0, last
        if segment == n_cuts + 1:
            begin, end = last, last + 1
        elif segment > 0:
            begin = trees.cut_cell[first + segment - 1]
        if segment < n_cuts:
            end = trees.cut_cell[first + segment]
        begin, end = max(begin, low), min(end, high + 1)
        if begin < end:
            upper[start + begin] -= most - best[segment]
            upper[start + end] += most - best[segment]


@njit(cache=True, nogil=True)
def _cut_inside(cuts: IntArray, first: int, end: int, low: int, high: int) -> int:
    """Give the middle one of the cuts that have cells of the box on both sides, or -1."""
    a = first
    while a < end and cuts[a] <= low:
        a += 1
    b = a
    while b < end and cuts[b] <= high:
        b += 1
    return cuts[(a + b) // 2] if b > a else -1


@njit(cache=True, nogil=True)
def fill_segments(
    trees: TreeSum,
    node_slot: IntArray,
    node_place: IntArray,
    n_cuts: IntArray,
    depth: int,
) -> None:
    """Write for each leaf and column of its tree between which cuts its rows lie.

    The cuts of a column that one tree has make segments; the path to a leaf leaves some of them,
    and missing values or not.
    """
    n_slots = 0
    for t in range(len(trees.root)):
        n_slots = max(n_slots, trees.slot_first[t + 1] - trees.slot_first[t])
    low = np.zeros((depth + 1, n_slots), dtype=np.int64)
    high = np.zeros((depth + 1, n_slots), dtype=np.int64)
    missing = np.zeros((depth + 1, n_slots), dtype=np.bool_)
    stack = np.zeros((depth + 2, 3), dtype=np.int64)  # node, its depth, its parent
    for t in range(len(trees.root)):
        first, end = trees.slot_first[t], trees.slot_first[t + 1]
        top = 1
        stack[0] = (trees.root[t], 0, -1)
        while top > 0:
            top -= 1
            node, level, parent = stack[top]
            for k in range(end - first):
                if parent < 0:
                    low[0, k], high[0, k], missing[0, k] = 0, n_cuts[first + k], True
                else:
                    low[level, k] = low[level - 1, k]
                    high[level, k] = high[level - 1, k]
                    missing[level, k] = missing[level - 1, k]
            if parent >= 0 and node_slot[parent] >= 0:
                k = node_slot[parent] - first
                is_left = trees.left[parent] == node
                if is_left:
                    high[level, k] = min(high[level, k], node_place[parent])
                else:
                    low[level, k] = max(low[level, k], node_place[parent] + 1)
                missing[level, k] = missing[level, k] and trees.missing_left[parent] == is_left
            if trees.feature[node] < 0:
                at = trees.leaf_first[node]
                for k in range(end - first):
                    trees.seg_low[at + k] = low[level, k]
                    trees.seg_high[at + k] = high[level, k]
                    trees.seg_missing[at + k] = missing[level, k]
                continue
            stack[top] = (trees.right[node], level + 1, node)
            stack[top + 1] = (trees.left[node], level + 1, node)
            top += 2


@njit(cache=True, nogil=True)
def cut_box(
    trees: TreeSum,
    root: int,
    low: IntArray,
    high: IntArray,
    part_low: IntArray,
    part_high: IntArray,
    part_leaf: IntArray,
) -> int:
    """Cut a box by the leaves of one tree, and give how many parts it has.

    Columns of the box must hold numbers only or missing values only. Each part is the box of the
    rows that come to one leaf, which is noted.
    """
    n_parts = 1
    part_low[0], part_high[0], part_leaf[0] = low, high, root
    done = 0
    while done < n_parts:
        node = part_leaf[done]
        column = trees.feature[node]
        if column < 0:
            done += 1
            continue
        first, last = part_low[done, column], part_high[done, column]
        left = may_go_left(trees, node, first, last)
        if left and may_go_right(trees, node, first, last):
            part_low[n_parts], part_high[n_parts] = part_low[done], part_high[done]
            part_low[n_parts, column] = trees.cut[node]
            part_leaf[n_parts] = trees.right[node]
            part_high[done, column] = trees.cut[node] - 1
            n_parts += 1
        part_leaf[done] = trees.left[node] if left else trees.right[node]
    return n_parts
