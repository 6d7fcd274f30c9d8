"""Bounds of a sum of trees over boxes of cells, compiled.

A box gives the first and the last cell of every column. In a column of numbers its cells are either
numbers, or only the one of missing values, or run through to that; a column of categories has
levels in no order, and boxes of one level.

Loops are spelled out, and arrays copied number by number: numba takes seconds to compile what numpy
says in a slice. Its cache knows a kernel by the file it stands in: after a change here, touch
`_search_kernels.py`, or its kernels go on calling what was compiled before.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._tree_sum import TreeSum

    Lines: TypeAlias = NDArray[np.int32]
    Kernel = TypeVar("Kernel", bound=Callable[..., Any])


FEATURE, CUT, LEFT, RIGHT, MISSING_LEFT, LEVEL_ROW, MISSING = range(7)
"""Places in the line of a node."""


def inner(kernel: Kernel) -> Kernel:
    """Compile what only kernels call: without a way in from Python, which takes long to compile."""
    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Kernel = njit(cache=True, nogil=True, **options)(kernel)
    return compiled


@inner
def some_level(level_left: BoolArray, row: int, low: int, high: int, side: int) -> bool:
    """Tell whether some level from the first to the last goes left (1), or right (0)."""
    for level in range(low, high + 1):  # noqa: SIM110
        if level_left[row, level] == side:
            return True
    return False


@inner
def copy_into(target: IntArray, k: int, source: IntArray) -> None:
    """Write a line of cells into a table of them."""
    for f in range(len(source)):
        target[k, f] = source[f]


@inner
def copy_from(source: IntArray, k: int, target: IntArray) -> None:
    """Read a line of cells from a table of them."""
    for f in range(len(target)):
        target[f] = source[k, f]


@inner
def may_go_left(lines: Lines, level_left: BoolArray, node: int, low: int, high: int) -> bool:
    """Tell whether a row of the box may go left at a node, whose column has these cells."""
    line = lines[node]
    if line[LEVEL_ROW] >= 0:
        return some_level(level_left, line[LEVEL_ROW], low, high, 1)
    return low < line[CUT] or (line[MISSING_LEFT] == 1 and high == line[MISSING])


@inner
def may_go_right(lines: Lines, level_left: BoolArray, node: int, low: int, high: int) -> bool:
    """Tell whether a row of the box may go right at a node."""
    line = lines[node]
    if line[LEVEL_ROW] >= 0:
        return some_level(level_left, line[LEVEL_ROW], low, high, 0)
    if high == line[MISSING]:
        if line[MISSING_LEFT] == 0:
            return True
        high -= 1
    return high >= low and high >= line[CUT]


@inner
def reach(
    lines: Lines,
    level_left: BoolArray,
    root: int,
    low: IntArray,
    high: IntArray,
    leaves: IntArray,
    stack: IntArray,
) -> int:
    """Write the leaves of one tree that a row of the box may reach; give how many they are."""
    found, top = 0, 1
    stack[0] = root
    while top > 0:
        top -= 1
        node = stack[top]
        column = lines[node, FEATURE]
        if column < 0:
            leaves[found] = node
            found += 1
            continue
        if may_go_right(lines, level_left, node, low[column], high[column]):
            stack[top] = lines[node, RIGHT]
            top += 1
        if may_go_left(lines, level_left, node, low[column], high[column]):
            stack[top] = lines[node, LEFT]
            top += 1
    return found


@inner
def value_at(trees: TreeSum, value: FloatArray, active: IntArray, cells: IntArray) -> float:
    """Give the sum of the trees for one row of cells."""
    total, lines, level_left = 0.0, trees.node, trees.level_left
    for t in active:
        node = trees.root[t]
        while lines[node, FEATURE] >= 0:
            cell = cells[lines[node, FEATURE]]
            left = may_go_left(lines, level_left, node, cell, cell)
            node = lines[node, LEFT if left else RIGHT]
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
        found = reach(trees.node, trees.level_left, trees.root[t], low, high, leaves, stack)
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
        _fill(upper, starts[f] + low[f], starts[f] + high[f] + 2, 0.0)
    total = 0.0
    for t in active:
        found = reach(trees.node, trees.level_left, trees.root[t], low, high, leaves, stack)
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
            _fill(best, 0, end - begin + 2, least)
            for k in range(found):
                at = trees.leaf_first[leaves[k]] + slot - first
                _raise_segments(
                    best, value[leaves[k]], trees.seg_low[at], trees.seg_high[at],
                    end - begin + 1 if trees.seg_missing[at] else 0,
                )  # fmt: skip
            _lower_slices(
                best, most, trees.cut_cell, begin, end, trees.missing[f], low[f], high[f], upper,
                starts[f],
            )  # fmt: skip
    for f in range(n_columns):
        running = total
        for cell in range(low[f], high[f] + 1):
            running += upper[starts[f] + cell]
            upper[starts[f] + cell] = running
    return total


@inner
def _fill(out: FloatArray, begin: int, end: int, value: float) -> None:
    for i in range(begin, end):
        out[i] = value


@inner
def _raise_segments(best: FloatArray, one: float, low: int, high: int, missing: int) -> None:
    """Raise the entries of `best` for the segments of a leaf, and for missing values if not 0."""
    for segment in range(low, high + 1):
        best[segment] = max(best[segment], one)
    if missing > 0:
        best[missing] = max(best[missing], one)


@inner
def _lower_slices(
    best: FloatArray,
    most: float,
    cuts: IntArray,
    first: int,
    behind: int,
    missing: int,
    low: int,
    high: int,
    upper: FloatArray,
    at: int,
) -> None:
    """Note, as differences, what the cells of each segment have less than the best leaf."""
    n_cuts = behind - first
    for segment in range(n_cuts + 2):
        if best[segment] == most:
            continue
        begin, end = 0, missing
        if segment == n_cuts + 1:
            begin, end = missing, missing + 1
        elif segment > 0:
            begin = cuts[first + segment - 1]
        if segment < n_cuts:
            end = cuts[first + segment]
        begin, end = max(begin, low), min(end, high + 1)
        if begin < end:
            upper[at + begin] -= most - best[segment]
            upper[at + end] += most - best[segment]


@inner
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
    nodes = np.zeros(depth + 2, dtype=np.int64)  # still to do, with their depths and parents
    levels = np.zeros(depth + 2, dtype=np.int64)
    parents = np.zeros(depth + 2, dtype=np.int64)
    for t in range(len(trees.root)):
        first, end = trees.slot_first[t], trees.slot_first[t + 1]
        top = 1
        nodes[0], levels[0], parents[0] = trees.root[t], 0, -1
        while top > 0:
            top -= 1
            node, level, parent = nodes[top], levels[top], parents[top]
            for k in range(end - first):
                if parent < 0:
                    low[0, k], high[0, k], missing[0, k] = 0, n_cuts[first + k], True
                else:
                    low[level, k] = low[level - 1, k]
                    high[level, k] = high[level - 1, k]
                    missing[level, k] = missing[level - 1, k]
            if parent >= 0 and node_slot[parent] >= 0:
                k = node_slot[parent] - first
                is_left = trees.node[parent, LEFT] == node
                if is_left:
                    high[level, k] = min(high[level, k], node_place[parent])
                else:
                    low[level, k] = max(low[level, k], node_place[parent] + 1)
                missing[level, k] = missing[level, k] and (
                    trees.node[parent, MISSING_LEFT] == is_left
                )
            if trees.node[node, FEATURE] < 0:
                at = trees.leaf_first[node]
                for k in range(end - first):
                    trees.seg_low[at + k] = low[level, k]
                    trees.seg_high[at + k] = high[level, k]
                    trees.seg_missing[at + k] = missing[level, k]
                continue
            for side in (RIGHT, LEFT):
                nodes[top], levels[top], parents[top] = trees.node[node, side], level + 1, node
                top += 1


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
    n_parts, lines, level_left = 1, trees.node, trees.level_left
    copy_into(part_low, 0, low)
    copy_into(part_high, 0, high)
    part_leaf[0] = root
    done = 0
    while done < n_parts:
        node = part_leaf[done]
        column = lines[node, FEATURE]
        if column < 0:
            done += 1
            continue
        first, last = part_low[done, column], part_high[done, column]
        left = may_go_left(lines, level_left, node, first, last)
        if left and may_go_right(lines, level_left, node, first, last):
            cut = lines[node, CUT]
            copy_into(part_low, n_parts, part_low[done])
            copy_into(part_high, n_parts, part_high[done])
            part_low[n_parts, column] = cut
            part_leaf[n_parts] = lines[node, RIGHT]
            part_high[done, column] = cut - 1
            n_parts += 1
        part_leaf[done] = lines[node, LEFT if left else RIGHT]
    return n_parts
