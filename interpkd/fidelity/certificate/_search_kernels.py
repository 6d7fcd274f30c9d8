"""Branch and bound: is there a row in the box of which this is true? Compiled.

The question is always of two sums over the cells of a row: that of the teacher's trees, and one
that adds up columns, such as a linear student's. Where the student is a tree its part of the
question is the box, and the second sum is nothing.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from interpkd.fidelity.certificate._bound_kernels import (
    copy_from,
    copy_into,
    cut_box,
    inner,
    profile,
    sum_bound,
    value_at,
)
from interpkd.fidelity.certificate._search_room import NEAR, NO, OPEN, YES, Question

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.fidelity.certificate._search_room import Boxes, Extra, Near, Parts, Room, Sides
    from interpkd.fidelity.certificate._tree_sum import TreeSum

BESIDE = 4  # beside the answers of a search
TIGHTENINGS = 4  # times a box is tightened before it is cut
ENOUGH = 0.9  # a tightening that leaves more of the box's width than this is the last
SOME = 1e-6  # share of the excess that any cut counts as taking off


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

    YES means that `room.cells` is such a row, NO that a bound excludes them all, OPEN that the
    budget was spent, NEAR that rows of the boxes `room.near_low` are such, or not, by rounding.
    """
    base = sum_bound(trees, value, active, low, high, room.leaves, room.stack)
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
            room.leaves, room.stack, room.best,
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
            room.cells[f] = chosen
            total += extra[at + chosen]
        if fulfilled(ask, value_at(trees, value, active, room.cells), total):
            room.total[0], room.total[1] = one, two
            return BESIDE if sides_exclude(room, room.cells, room.cells) else YES
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


@njit(cache=True, nogil=True)
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
        for p in range(n_parts):
            first = limit[parts.leaf[p]] + shift[r]
            if first == np.inf:
                continue
            both = ask.both + first if ask.is_tied else ask.both
            one = Question(
                first, ask.slack, ask.second, ask.second_slack, ask.ratio, both, ask.is_tied
            )
            answer, boxes_used = decide(
                trees, value, active, room.extra, one, parts.low[p], parts.high[p],
                budget - used[r], room,
            )  # fmt: skip
            used[r] += boxes_used
            state[r] = max(state[r], answer)
            if answer == YES:
                copy_into(found, r, room.cells)
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
