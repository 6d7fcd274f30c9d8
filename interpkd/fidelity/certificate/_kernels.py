"""Bounds of a sum of trees over boxes of cells, and branch and bound with them: all that is compiled.

A box gives the first and the last cell of every column. In a column of numbers its cells are either
numbers, or only the one of missing values, or run through to that; a column of categories has
levels in no order, and boxes of one level.

The question is always of two sums over the cells of a row: that of the teacher's trees, and one
that adds up columns, such as a linear student's. Where the student is a tree its part of the
question is the box, and the second sum is nothing.

Kernels are one file, though a long one, because numba keeps what it compiled by the text of the
file alone: a kernel that calls one of another file would go on calling that one's former self after
an upgrade, and prove what is not so. `FIELDS` brings what they know of other files into this text.
Loops are spelled out, and arrays copied number by number: what numpy says in a slice takes numba
long to compile.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from interpkd.fidelity.certificate._search_room import Question

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias, TypeVar

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._search_room import (
        Boxes,
        Extra,
        Near,
        Parts,
        Room,
        Sides,
        Small,
    )
    from interpkd.fidelity.certificate._tree_sum import TreeSum

    Lines: TypeAlias = NDArray[np.int32]
    Kernel = TypeVar("Kernel", bound=Callable[..., Any])

FIELDS = {
    "Boxes": "low high least most is_number",
    "Extra": "table slope lowest highest",
    "Near": "low high n_boxes",
    "Parts": "low high leaf",
    "Question": "first slack second second_slack ratio both is_tied",
    "Room": (
        "low high bound now_low now_high cells near_low near_high n_near starts upper tail "
        "extra most spread middle leaves ends stack best total sides side_limit side value"
    ),
    "Sides": "table slope limit",
    "Small": "trees value every kept_slot kept_from n_segments",
    "TreeSum": (
        "node level_left root missing slot_first slot_column cut_first cut_cell leaf_first "
        "seg_low seg_high seg_missing"
    ),
}
"""The tuples that kernels take apart; a test compares them with their definitions."""

NO, NEAR, OPEN, YES = range(4)  # as in `_search_room`
BESIDE = 4  # beside the answers of a search
TIGHTENINGS = 4  # times a box is tightened before it is cut
ENOUGH = 0.9  # a tightening that leaves more of the box's width than this is the last
SOME = 1e-6  # share of the excess that any cut counts as taking off
TO_LEFT, TO_RIGHT = 1, 2  # ways that may both be open
FEATURE, CUT, LEFT, RIGHT, MISSING_LEFT, LEVEL_ROW, MISSING = range(7)
"""Places in the line of a node."""


def inner(kernel: Kernel) -> Kernel:
    """Compile what only kernels call: without a way in from Python, which takes long to compile."""
    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    compiled: Kernel = njit(cache=True, nogil=True, **options)(kernel)
    return compiled


def entered(kernel: Kernel) -> Kernel:
    """Compile what Python calls: without a way in from C, which nobody takes."""
    options: Any = {"no_cfunc_wrapper": True}
    compiled: Kernel = njit(cache=True, nogil=True, **options)(kernel)
    return compiled


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
def ways(cut: int, missing: int, missing_left: int, low: int, high: int) -> int:
    """Tell where rows of these cells may go at a node: `TO_LEFT`, `TO_RIGHT`, or both."""
    found = TO_LEFT if low < cut else 0
    if high == missing:
        found |= TO_LEFT if missing_left == 1 else TO_RIGHT
        high -= 1
    if high >= low and high >= cut:
        found |= TO_RIGHT
    return found


@inner
def level_ways(level_left: BoolArray, row: int, low: int, high: int) -> int:
    """Tell where rows of these levels may go."""
    found = 0
    for level in range(low, high + 1):
        found |= TO_LEFT if level_left[row, level] else TO_RIGHT
    return found


@inner
def reach(
    lines: Lines,
    level_left: BoolArray,
    root: IntArray,
    active: IntArray,
    low: IntArray,
    high: IntArray,
    leaves: IntArray,
    ends: IntArray,
    stack: IntArray,
) -> None:
    """Write the leaves that a row of the box may reach, and where those of each tree end."""
    found = 0
    for k in range(len(active)):
        node, top = root[active[k]], 0
        while True:
            column = lines[node, FEATURE]
            if column < 0:
                leaves[found] = node
                found += 1
                if top == 0:
                    break
                top -= 1
                node = stack[top]
                continue
            first, last, row = low[column], high[column], lines[node, LEVEL_ROW]
            if row >= 0:
                way = level_ways(level_left, row, first, last)
            else:
                way = ways(
                    lines[node, CUT], lines[node, MISSING], lines[node, MISSING_LEFT], first, last
                )
            if way == TO_RIGHT:
                node = lines[node, RIGHT]
                continue
            if way != TO_LEFT:
                stack[top] = lines[node, RIGHT]
                top += 1
            node = lines[node, LEFT]
        ends[k] = found


@inner
def add_up(
    lines: Lines,
    level_left: BoolArray,
    root: IntArray,
    value: FloatArray,
    active: IntArray,
    cells: IntArray,
    out: FloatArray,
) -> None:
    """Write the sum of the trees for each row of cells."""
    for i in range(len(cells)):
        out[i] = 0.0
    for t in active:  # one tree fits into the nearest memory
        for i in range(len(cells)):
            node = root[t]
            column = lines[node, FEATURE]
            while column >= 0:
                cell, row = cells[i, column], lines[node, LEVEL_ROW]
                if row >= 0:
                    to_left = level_left[row, cell]
                elif cell == lines[node, MISSING]:
                    to_left = lines[node, MISSING_LEFT] == 1
                else:
                    to_left = cell < lines[node, CUT]
                node = lines[node, LEFT] if to_left else lines[node, RIGHT]
                column = lines[node, FEATURE]
            out[i] += value[node]


@entered
def values_at(
    trees: TreeSum, value: FloatArray, active: IntArray, cells: IntArray, out: FloatArray
) -> None:
    """Write the sum of the trees for each row of cells."""
    add_up(trees.node, trees.level_left, trees.root, value, active, cells, out)


@entered
def sum_bound(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    low: IntArray,
    high: IntArray,
    leaves: IntArray,
    ends: IntArray,
    stack: IntArray,
) -> float:
    """Give a number that the sum of the trees is nowhere in the box above: their largest leaves."""
    reach(trees.node, trees.level_left, trees.root, active, low, high, leaves, ends, stack)
    total, begin = 0.0, 0
    for k in range(len(active)):
        best = value[leaves[begin]]
        for i in range(begin + 1, ends[k]):
            best = max(best, value[leaves[i]])
        total += best
        begin = ends[k]
    return total


@entered
def profile(  # noqa: PLR0912  # to pass arrays to parts of it takes longer than what they do
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
    ends: IntArray,
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
        for cell in range(starts[f] + low[f], starts[f] + high[f] + 2):
            upper[cell] = 0.0
    reach(trees.node, trees.level_left, trees.root, active, low, high, leaves, ends, stack)
    slot_first, slot_column, cut_first = trees.slot_first, trees.slot_column, trees.cut_first
    cut_cell, missing, leaf_first = trees.cut_cell, trees.missing, trees.leaf_first
    seg_low, seg_high, seg_missing = trees.seg_low, trees.seg_high, trees.seg_missing
    total, here, behind = 0.0, 0, 0
    for j in range(len(active)):
        here, behind = behind, ends[j]
        most = least = value[leaves[here]]
        for k in range(here + 1, behind):
            most = max(most, value[leaves[k]])
            least = min(least, value[leaves[k]])
        total += most
        if most == least:
            continue
        first = slot_first[active[j]]
        for slot in range(first, slot_first[active[j] + 1]):
            f = slot_column[slot]
            if low[f] == high[f]:
                continue
            begin, end = cut_first[slot], cut_first[slot + 1]
            cut = _cut_inside(cut_cell, begin, end, low[f], high[f])
            if cut < 0 and high[f] != missing[f]:
                continue  # the tree does not tell the cells of the box apart
            spread[f] += most - least
            if cut >= 0 and most - least > widest[f]:
                widest[f], middle[f] = most - least, cut
            for segment in range(end - begin + 2):
                best[segment] = least
            for k in range(here, behind):
                at, one = leaf_first[leaves[k]] + slot - first, value[leaves[k]]
                for segment in range(seg_low[at], seg_high[at] + 1):
                    best[segment] = max(best[segment], one)
                if seg_missing[at]:
                    best[end - begin + 1] = max(best[end - begin + 1], one)
            _lower_slices(
                best, most, cut_cell, begin, end, missing[f], low[f], high[f], upper, starts[f]
            )
    for f in range(n_columns):
        running = total
        for cell in range(low[f], high[f] + 1):
            running += upper[starts[f] + cell]
            upper[starts[f] + cell] = running
    return total


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


@entered
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


@entered
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
        first, last, row = part_low[done, column], part_high[done, column], lines[node, LEVEL_ROW]
        if row >= 0:
            way = level_ways(level_left, row, first, last)
        else:
            way = ways(
                lines[node, CUT], lines[node, MISSING], lines[node, MISSING_LEFT], first, last
            )
        if way == TO_LEFT | TO_RIGHT:
            cut = lines[node, CUT]
            copy_into(part_low, n_parts, part_low[done])
            copy_into(part_high, n_parts, part_high[done])
            part_low[n_parts, column] = cut
            part_leaf[n_parts] = lines[node, RIGHT]
            part_high[done, column] = cut - 1
            n_parts += 1
        part_leaf[done] = lines[node, RIGHT if way == TO_RIGHT else LEFT]
    return n_parts


@inner
def restrict(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    low: IntArray,
    high: IntArray,
    small: Small,
    stack: IntArray,
    links: IntArray,
) -> tuple[int, float]:
    """Write into `small` what the trees still are inside a box; give their number and a rest.

    Nodes whose rows all go one way are left out, cuts outside the box too. A tree of which one leaf
    is left adds the same to every row: such values are summed up in the rest.
    """
    lines, level_left, own = trees.node, trees.level_left, small.trees.node
    n_trees = n_nodes = first = n_slots = int(np.int64(0))  # no literal: compiled once
    rest, small.n_segments[0] = 0.0, 0
    for t in active:
        top = 1
        stack[0], links[0] = trees.root[t], -1
        while top > 0:
            top -= 1
            node, link = _turning(lines, level_left, stack[top], low, high), links[top]
            is_leaf = lines[node, FEATURE] < 0
            if link < 0:
                if is_leaf:
                    rest += value[node]
                    break
                small.trees.root[n_trees] = n_nodes
                n_trees += 1
                first, n_slots = n_slots, _restrict_slots(trees, t, low, high, n_slots, small)
                small.trees.slot_first[n_trees] = n_slots
            else:
                own[link // 2, RIGHT if link % 2 else LEFT] = n_nodes
            for k in range(lines.shape[1]):
                own[n_nodes, k] = lines[node, k]
            if is_leaf:
                small.value[n_nodes] = value[node]
                at = trees.leaf_first[node] - trees.slot_first[t]
                _restrict_leaf(trees, at, n_nodes, first, n_slots, small)
            else:
                stack[top], links[top] = lines[node, RIGHT], 2 * n_nodes + 1
                stack[top + 1], links[top + 1] = lines[node, LEFT], 2 * n_nodes
                top += 2
            n_nodes += 1
    return n_trees, rest


@inner
def _turning(lines: Lines, level_left: BoolArray, node: int, low: IntArray, high: IntArray) -> int:
    """Give the first node from here on at which rows of a box part, or else their leaf."""
    while True:
        column = lines[node, FEATURE]
        if column < 0:
            return node
        first, last, row = low[column], high[column], lines[node, LEVEL_ROW]
        if row >= 0:
            way = level_ways(level_left, row, first, last)
        else:
            way = ways(
                lines[node, CUT], lines[node, MISSING], lines[node, MISSING_LEFT], first, last
            )
        if way == TO_LEFT | TO_RIGHT:
            return node
        node = lines[node, RIGHT] if way == TO_RIGHT else lines[node, LEFT]


@inner
def _restrict_slots(
    trees: TreeSum, t: int, low: IntArray, high: IntArray, n_slots: int, small: Small
) -> int:
    """Write the slots of a tree that part rows of a box behind `n_slots` others; give their number."""
    slot_column, cut_first, cut_cell = trees.slot_column, trees.cut_first, trees.cut_cell
    own_first, own_cell = small.trees.cut_first, small.trees.cut_cell
    for slot in range(trees.slot_first[t], trees.slot_first[t + 1]):
        f = slot_column[slot]
        if low[f] == high[f]:
            continue
        a, end = cut_first[slot], cut_first[slot + 1]
        while a < end and cut_cell[a] <= low[f]:
            a += 1
        at = own_first[n_slots]
        small.kept_slot[n_slots], small.kept_from[n_slots] = slot, a - cut_first[slot]
        while a < end and cut_cell[a] <= high[f]:
            own_cell[at] = cut_cell[a]
            at += 1
            a += 1
        if at == own_first[n_slots] and high[f] != trees.missing[f]:
            continue
        small.trees.slot_column[n_slots] = f
        n_slots += 1
        own_first[n_slots] = at
    return n_slots


@inner
def _restrict_leaf(trees: TreeSum, at: int, leaf: int, first: int, end: int, small: Small) -> None:
    """Write between which of the cuts that are left the rows of a leaf lie."""
    seg_low, seg_high, seg_missing = trees.seg_low, trees.seg_high, trees.seg_missing
    own_low, own_high, own_missing = (
        small.trees.seg_low,
        small.trees.seg_high,
        small.trees.seg_missing,
    )
    cut_first, kept_from, kept_slot = small.trees.cut_first, small.kept_from, small.kept_slot
    to = small.n_segments[0]
    small.trees.leaf_first[leaf] = to
    for k in range(first, end):
        place = at + kept_slot[k]
        low = max(seg_low[place] - kept_from[k], 0)
        high = min(seg_high[place] - kept_from[k], cut_first[k + 1] - cut_first[k])
        if seg_low[place] > seg_high[place] or low > high:
            low, high = 1, 0  # none of the numbers
        own_low[to], own_high[to], own_missing[to] = low, high, seg_missing[place]
        to += 1
    small.n_segments[0] = to


@inner
def decide(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    extra: FloatArray,
    ask: Question,
    low: IntArray,
    high: IntArray,
    budget: int,
    room: Room,
) -> tuple[int, int]:
    """Answer whether there is a row in the box, and after how many boxes.

    YES means that ``room.cells[0]`` is such a row, NO that a bound excludes them all, OPEN that the
    budget was spent, NEAR that rows of the boxes `room.near_low` are such, or not, by rounding.
    """
    base = sum_bound(trees, value, active, low, high, room.leaves, room.ends, room.stack)
    if excluded(ask, base, extra_bound(extra, low, high, room)) or sides_exclude(room, low, high):
        return NO, 0
    copy_into(room.low, 0, low)
    copy_into(room.high, 0, high)
    room.bound[0] = np.inf
    n_boxes, used = 1, 0
    answer = NO
    while n_boxes > 0:
        if used >= budget:
            return max(answer, OPEN), used
        used += 1
        k = 0  # the box of the largest bound; the first of equals
        for i in range(1, n_boxes):
            if room.bound[i] > room.bound[k]:
                k = i
        n_boxes -= 1
        copy_from(room.low, k, room.now_low)
        copy_from(room.high, k, room.now_high)
        copy_into(room.low, k, room.low[n_boxes])
        copy_into(room.high, k, room.high[n_boxes])
        room.bound[k] = room.bound[n_boxes]
        state = look(trees, value, active, extra, ask, room)
        if state == YES:
            return YES, used
        if state == NO:
            continue
        column, cut = choose_cut(extra, ask, room)
        if state == BESIDE:
            column, cut = _cut_beside(room, column, cut)
        if column < 0:  # all rows of the box are as near a limit
            answer = max(answer, _note_near(room))
            continue
        for side in range(2):
            copy_into(room.low, n_boxes, room.now_low)
            copy_into(room.high, n_boxes, room.now_high)
            if side == 0:
                room.high[n_boxes, column] = cut - 1
            else:
                room.low[n_boxes, column] = cut
            begin, end = room.low[n_boxes, column], room.high[n_boxes, column] + 1
            room.bound[n_boxes] = best_of(room, column, begin, end)
            n_boxes += 1
    return answer, used


@inner
def _note_near(room: Room) -> int:
    """Keep the box ``now``, for the models to say what it is; OPEN where there is no place left."""
    k = room.n_near[0]
    if k == len(room.near_low):
        return OPEN
    copy_into(room.near_low, k, room.now_low)
    copy_into(room.near_high, k, room.now_high)
    room.n_near[0] = k + 1
    return NEAR


@inner
def excluded(ask: Question, one: float, two: float) -> bool:
    """Tell whether bounds of the two sums leave no row."""
    if one <= ask.first - ask.slack or two <= ask.second - ask.second_slack:
        return True
    return one + ask.ratio * two <= ask.both - ask.slack - ask.ratio * ask.second_slack


@inner
def fulfilled(ask: Question, one: float, two: float) -> bool:
    """Tell whether a row of these sums is one that is looked for, rounding aside."""
    if one <= ask.first + ask.slack or two <= ask.second + ask.second_slack:
        return False
    return one + ask.ratio * two > ask.both + ask.slack + ask.ratio * ask.second_slack


@inner
def extra_bound(extra: FloatArray, low: IntArray, high: IntArray, room: Room) -> float:
    """Give the largest second sum in the box; `room.most` gets each column's part."""
    total = 0.0
    for f in range(len(low)):
        at = room.starts[f]
        most = extra[at + low[f]]
        for cell in range(low[f] + 1, high[f] + 1):
            most = max(most, extra[at + cell])
        room.most[f] = most
        total += most
    return total


@inner
def sides_exclude(room: Room, low: IntArray, high: IntArray) -> bool:
    """Tell whether a side condition holds nowhere in a box; note which."""
    for k in range(len(room.side_limit)):
        total = 0.0
        for f in range(len(low)):
            at = room.starts[f]
            most = room.sides[k, at + low[f]]
            for cell in range(low[f] + 1, high[f] + 1):
                most = max(most, room.sides[k, at + cell])
            total += most
        if total <= room.side_limit[k]:
            room.side[0] = k
            return True
    return False


@inner
def look(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    extra: FloatArray,
    ask: Question,
    room: Room,
) -> int:
    """Tighten the box ``now`` and try its most promising row: NO, YES, or OPEN if it must be cut.

    BESIDE is OPEN where the row is one that is looked for but for the side conditions.
    """
    low, high = room.now_low, room.now_high
    n_columns = len(low)
    for _ in range(TIGHTENINGS):
        one = profile(
            trees, value, active, low, high, room.starts, room.upper, room.spread, room.middle,
            room.leaves, room.ends, room.stack, room.best,
        )  # fmt: skip
        two = extra_bound(extra, low, high, room)
        if excluded(ask, one, two) or sides_exclude(room, low, high):
            return NO
        total = 0.0
        for f in range(n_columns):
            at = room.starts[f]
            best, chosen = -np.inf, low[f]
            for cell in range(low[f], high[f] + 1):
                promise = room.upper[at + cell] + ask.ratio * (extra[at + cell] - room.most[f])
                if promise > best:
                    best, chosen = promise, cell
            room.cells[0, f] = chosen
            total += extra[at + chosen]
        add_up(trees.node, trees.level_left, trees.root, value, active, room.cells, room.value)
        if fulfilled(ask, room.value[0], total):
            room.total[0], room.total[1] = one, two
            return BESIDE if sides_exclude(room, room.cells[0], room.cells[0]) else YES
        before = after = 0
        for f in range(n_columns):
            if low[f] == high[f]:
                continue
            at = room.starts[f]
            before += high[f] - low[f]
            rest = two - room.most[f]
            while low[f] <= high[f] and excluded(
                ask, room.upper[at + low[f]], rest + extra[at + low[f]]
            ):
                low[f] += 1
            while low[f] <= high[f] and excluded(
                ask, room.upper[at + high[f]], rest + extra[at + high[f]]
            ):
                high[f] -= 1
            if low[f] > high[f]:
                return NO
            after += high[f] - low[f]
        room.total[0], room.total[1] = one, two
        if after > ENOUGH * before or before == 0:
            break
    return OPEN


@inner
def best_of(room: Room, f: int, begin: int, end: int) -> float:
    """Give the largest of the bounds of slices that `choose_cut` wrote."""
    best = -np.inf
    for cell in range(begin, end):
        best = max(best, room.upper[room.starts[f] + cell])
    return best


@inner
def choose_cut(extra: FloatArray, ask: Question, room: Room) -> tuple[int, int]:
    """Choose the column and the cell before which the box ``now`` is cut; -1 if it is one row.

    The cut that takes most off the bounds of both halves is the best, as in branch and bound for
    mixed-integer programs (product rule). `room.upper` is turned into the excess of each slice.
    """
    low, high = room.now_low, room.now_high
    limit = ask.both if ask.ratio > 0.0 else ask.first
    whole = room.total[0] + ask.ratio * room.total[1] - limit
    least = SOME * abs(whole)
    column, where, best = -1, -1, 2 * least * least  # a cut that takes nothing off is none
    for f in range(len(low)):
        if low[f] == high[f]:
            continue
        at = room.starts[f]
        others = room.total[1] - room.most[f]
        for cell in range(low[f], high[f] + 1):
            room.upper[at + cell] += ask.ratio * (others + extra[at + cell]) - limit
        right = -np.inf
        for cell in range(high[f], low[f], -1):  # room.tail: the largest from a cell on
            right = max(right, room.upper[at + cell])
            room.tail[at + cell] = right
        left = -np.inf
        for cell in range(low[f] + 1, high[f] + 1):
            left = max(left, room.upper[at + cell - 1])
            one = max(min(whole - left, whole), least)
            two = max(min(whole - room.tail[at + cell], whole), least)
            if one * two > best:
                best, column, where = one * two, f, cell
    if column >= 0:
        return column, where
    return _cut_anyway(extra, room)


@inner
def _cut_anyway(extra: FloatArray, room: Room) -> tuple[int, int]:
    """Cut where no bound falls at once: where trees differ most, or else the second sum."""
    low, high = room.now_low, room.now_high
    column, best = -1, 0.0
    for f in range(len(low)):
        if high[f] > low[f] and room.spread[f] > best and low[f] < room.middle[f] <= high[f]:
            column, best = f, room.spread[f]
    if column >= 0:
        return column, room.middle[column]
    for f in range(len(low)):
        if low[f] == high[f]:
            continue
        at = room.starts[f]
        if room.spread[f] > best:  # numbers against missing values
            column, best = f, room.spread[f]
            continue
        least = room.most[f]
        for cell in range(low[f], high[f] + 1):
            least = min(least, extra[at + cell])
        if room.most[f] - least > best:
            column, best = f, room.most[f] - least
    return column, (-1 if column < 0 else (low[column] + high[column] + 1) // 2)


@inner
def _cut_beside(room: Room, column: int, cut: int) -> tuple[int, int]:
    """Cut where the side condition that failed differs most, if it does."""
    best, k = 0.0, room.side[0]
    for f in range(len(room.now_low)):
        low, high = room.now_low[f], room.now_high[f]
        most = least = room.sides[k, room.starts[f] + low]
        for cell in range(low, high + 1):
            most = max(most, room.sides[k, room.starts[f] + cell])
            least = min(least, room.sides[k, room.starts[f] + cell])
        if most - least > best:
            best, column, cut = most - least, f, (low + high + 1) // 2
    return column, cut


@entered
def search_rows(
    trees: TreeSum,
    value: FloatArray,
    active: IntArray,
    student: TreeSum,
    limit: FloatArray,
    shift: FloatArray,
    extra: Extra,
    sides: Sides,
    ask: Question,
    boxes: Boxes,
    state: NDArray[np.int8],
    used: IntArray,
    found: IntArray,
    near: Near,
    budget: int,
    room: Room,
    small: Small,
    parts: Parts,
) -> None:
    """Ask about the box of each row, leaf by leaf of the student.

    The teacher's sum is to be above ``limit[leaf] + shift[row]``. `state` gets the answers, `found`
    the cells of the row that was found, `near` boxes that rounding leaves open; `used` counts boxes
    up to `budget`.
    """
    for r in range(len(state)):
        room.n_near[0] = 0
        low, high = boxes.low[r], boxes.high[r]
        fill_extra(extra.table, extra.slope, extra, boxes, r, room.starts, room.extra)
        for k in range(len(sides.limit)):
            fill_extra(sides.table[k], sides.slope[k], extra, boxes, r, room.starts, room.sides[k])
            room.side_limit[k] = sides.limit[k]
        n_parts = cut_box(student, student.root[0], low, high, parts.low, parts.high, parts.leaf)
        n_trees, rest = -1, 0.0
        for p in range(n_parts):
            first = limit[parts.leaf[p]] + shift[r]
            if first == np.inf:
                continue
            both = ask.both + first if ask.is_tied else ask.both
            if n_trees < 0:  # most boxes of most rows need no more than this
                one = Question(
                    first, ask.slack, ask.second, ask.second_slack, ask.ratio, both, ask.is_tied
                )
                bound = sum_bound(
                    trees,
                    value,
                    active,
                    parts.low[p],
                    parts.high[p],
                    room.leaves,
                    room.ends,
                    room.stack,
                )
                if excluded(one, bound, extra_bound(room.extra, parts.low[p], parts.high[p], room)):
                    continue
                n_trees, rest = restrict(
                    trees, value, active, low, high, small, room.stack, room.leaves
                )
            one = Question(
                first - rest, ask.slack, ask.second, ask.second_slack, ask.ratio, both - rest,
                ask.is_tied,
            )  # fmt: skip
            answer, boxes_used = decide(
                small.trees, small.value, small.every[:n_trees], room.extra, one,
                parts.low[p], parts.high[p], budget - used[r], room,
            )  # fmt: skip
            used[r] += boxes_used
            state[r] = max(state[r], answer)
            if answer == YES:
                copy_into(found, r, room.cells[0])
                break
        near.n_boxes[r] = room.n_near[0]
        for k in range(room.n_near[0]):
            for f in range(len(low)):
                near.low[r, k, f], near.high[r, k, f] = room.near_low[k, f], room.near_high[k, f]


@inner
def fill_extra(
    table: FloatArray,
    slopes: FloatArray,
    ends: Extra,
    boxes: Boxes,
    r: int,
    starts: IntArray,
    out: FloatArray,
) -> None:
    """Write the largest part that each column adds to a sum, in each cell of a row's box."""
    for f in range(boxes.low.shape[1]):
        at, slope = starts[f], slopes[f]
        for cell in range(boxes.low[r, f], boxes.high[r, f] + 1):
            part = table[at + cell]
            if slope > 0.0 and boxes.is_number[r, f]:
                part += slope * min(ends.highest[at + cell], boxes.most[r, f])
            elif slope < 0.0 and boxes.is_number[r, f]:
                part += slope * max(ends.lowest[at + cell], boxes.least[r, f])
            out[at + cell] = part
