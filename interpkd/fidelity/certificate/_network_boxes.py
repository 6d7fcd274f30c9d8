"""Branch and bound over boxes of numbers, where the teacher is a network."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from interpkd.fidelity.certificate._crown import DOUBLE, linear_bounds, rounding
from interpkd.fidelity.certificate._search_room import NO, OPEN, YES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._crown import Rounding
    from interpkd.fidelity.certificate._network import Layers

BATCH = 128
"""Boxes that are bounded at a time."""


class Boxed(NamedTuple):
    """Boxes that are still to be looked at.

    Attributes
    ----------
    owner : ndarray of int of shape (n_boxes,)
        Whose they are: a place among the rows.

    low, high : ndarray of shape (n_boxes, n_columns)
        Their ends, which belong to them.

    objective : ndarray of shape (n_boxes, n_outputs)
        What each margin of the teacher is multiplied by.

    limit : ndarray of shape (n_boxes,)
        What their sum is to be above.
    """

    owner: IntArray
    low: FloatArray
    high: FloatArray
    objective: FloatArray
    limit: FloatArray

    def of(self, chosen: IntArray | BoolArray | slice) -> Boxed:
        """Give some of them."""
        return Boxed(
            self.owner[chosen], self.low[chosen], self.high[chosen], self.objective[chosen],
            self.limit[chosen],
        )  # fmt: skip

    def and_also(self, *others: Boxed) -> Boxed:
        """Give these and then others."""
        return Boxed(*(np.concatenate(parts) for parts in zip(self, *others, strict=True)))


@dataclass(frozen=True, eq=False)
class Term:
    """A sum over columns, such as the difference of two scores of a linear student.

    Attributes
    ----------
    slope : ndarray of shape (n_columns,)
        What each number is multiplied by.

    table : ndarray of shape (n_cells,)
        What each cell adds.

    constant : float
        The rest.

    slack : float
        What rounding may miss.

    cells : Cells
        The cells.
    """

    slope: FloatArray
    table: FloatArray
    constant: float
    slack: float
    cells: Cells

    def jumps(self) -> IntArray:
        """Give the columns of numbers whose cells do not all add the same."""
        return np.array(
            [
                u
                for u, (borders, n) in enumerate(
                    zip(self.cells.borders, self.cells.n_levels, strict=True)
                )
                if n == 0 and len(borders) and np.ptp(self._numbers(u)) > 0
            ],
            dtype=np.int64,
        )

    def _numbers(self, u: int) -> FloatArray:
        start = self.cells.starts[u]
        return self.table[start : start + len(self.cells.borders[u]) + 1]

    def most(self, low: FloatArray, high: FloatArray, rest: FloatArray) -> FloatArray:
        """Give the largest sum in boxes; `rest` is what columns add that do not move."""
        total = np.maximum(self.slope * low, self.slope * high).sum(axis=1) + self.constant + rest
        for u in self.jumps():
            total = total + self._range(u, low[:, u], high[:, u])[0]
        return np.asarray(total)

    def _range(self, u: int, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the largest of what cells add from one number to another, and the spread."""
        borders, values = self.cells.borders[u], self._numbers(u)
        first, last = np.searchsorted(borders, low), np.searchsorted(borders, high)
        places = np.arange(len(values))
        inside = (places >= first[:, None]) & (places <= last[:, None])
        most = np.where(inside, values, -np.inf).max(axis=1)
        return most, most - np.where(inside, values, np.inf).min(axis=1)

    def spread(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Give how much each column may move the sum in boxes, shape (n_boxes, n_columns)."""
        spread = np.abs(self.slope) * (high - low)
        for u in self.jumps():
            spread[:, u] += self._range(u, low[:, u], high[:, u])[1]
        return spread

    def cut(self, u: int, low: float, high: float) -> float | None:
        """Give the middle border between two numbers, None where there is none."""
        borders = self.cells.borders[u]
        first, last = np.searchsorted(borders, low), np.searchsorted(borders, high)
        return None if first == last else float(borders[(first + last) // 2])


class Condition(NamedTuple):
    """What else must hold where a row is found: a sum over columns above 0.

    Attributes
    ----------
    term : Term
        The sum.

    rest : ndarray of shape (n_rows,)
        What it has from columns that do not move, for each row.
    """

    term: Term
    rest: FloatArray


@dataclass(frozen=True, eq=False)
class NetworkQuestion:
    """What is asked of each box beside the limit of the teacher's margins.

    Attributes
    ----------
    conditions : tuple of Condition
        Sums that must be above 0; the first is also put together with the teacher's.

    added : Condition or None
        A sum that is added to the teacher's before its limit.

    slack : float
        What rounding of a link may move the teacher's sum.
    """

    conditions: tuple[Condition, ...] = ()
    added: Condition | None = None
    slack: float = 0.0


def search_boxes(
    layers: Layers,
    boxes: Boxed,
    question: NetworkQuestion,
    used: IntArray,
    max_nodes: int,
    holds: Callable[[IntArray, FloatArray], BoolArray],
) -> tuple[NDArray[np.int8], FloatArray]:
    """Search boxes for rows on which the models themselves say that it holds.

    Parameters
    ----------
    layers : Layers
        The network.

    boxes : Boxed
        Where to look.

    question : NetworkQuestion
        What else must hold.

    used : ndarray of int of shape (n_rows,)
        Boxes that were looked at for each owner; these are added.

    max_nodes : int
        Most of them.

    holds : callable
        Asks the models about numbers.

    Returns
    -------
    state : ndarray of shape (n_rows,)
        NO, OPEN or YES.

    witness : ndarray of shape (n_rows, n_columns)
        What was found.
    """
    n_rows = len(used)
    state, witness = np.full(n_rows, NO, dtype=np.int8), np.zeros((n_rows, boxes.low.shape[1]))
    if not len(boxes.owner):
        return state, witness
    missed = rounding(layers, np.maximum(np.abs(boxes.low), np.abs(boxes.high)).max(axis=0))
    while True:
        left = np.bincount(boxes.owner, minlength=n_rows) > 0
        state[(used >= max_nodes) & left & (state == NO)] = OPEN
        boxes = boxes.of(state[boxes.owner] == NO)
        if not len(boxes.owner):
            return state, witness
        now, boxes = boxes.of(slice(-BATCH, None)), boxes.of(slice(None, -BATCH))
        used += np.bincount(now.owner, minlength=n_rows)
        now, slope, best = _not_excluded(layers, now, question, missed)
        found = _try_rows(layers, now, question, missed, best)
        tried = np.flatnonzero(found)
        if len(tried):
            is_so = holds(now.owner[tried], best[tried])
            for i in tried[is_so][::-1]:
                state[now.owner[i]], witness[now.owner[i]] = YES, best[i]
        # a single row that is not one has been settled by asking about it
        is_row = (now.low == now.high).all(axis=1)
        now, slope = now.of(~is_row), slope[~is_row]
        boxes = boxes.and_also(*_halves(now, question, slope))


def _not_excluded(
    layers: Layers, now: Boxed, question: NetworkQuestion, missed: Rounding
) -> tuple[Boxed, FloatArray, FloatArray]:
    """Drop boxes that a bound excludes; give the slopes of the bounds and the rows they end at."""
    slope, constant = linear_bounds(layers, now.low, now.high, now.objective, missed)
    limit = now.limit - question.slack - np.abs(now.objective) @ missed.model
    if question.added is not None:
        term, rest = question.added
        slope = slope + term.slope
        limit = limit - term.slack
        constant = constant + term.constant + rest[now.owner]
        for u in term.jumps():
            constant = constant + term._range(u, now.low[:, u], now.high[:, u])[0]  # noqa: SLF001
    limit = limit - _sums_miss(slope, now, np.abs(constant))
    most = np.maximum(slope * now.low, slope * now.high).sum(axis=1) + constant
    out = most <= limit
    for k, (term, rest) in enumerate(question.conditions):
        second = term.most(now.low, now.high, rest[now.owner])
        out |= second <= -term.slack
        if k == 0:  # both together, at sizes alike; any weight is sound
            weight = _weight(slope, term.slope, now)
            both = slope + weight[:, None] * term.slope
            joint = np.maximum(both * now.low, both * now.high).sum(axis=1) + constant
            flat = np.maximum(term.slope * now.low, term.slope * now.high).sum(axis=1)
            joint = joint + weight * (second - flat)
            slack = weight * term.slack + _sums_miss(both, now, np.abs(constant))
            slack = slack + weight * _sums_miss(term.slope, now, np.abs(second))
            out |= joint <= limit - slack
            slope = both
    best = np.where(slope > 0, now.high, now.low)
    kept = ~out
    return now.of(kept), slope[kept], best[kept]


def _sums_miss(slope: FloatArray, now: Boxed, more: FloatArray) -> FloatArray:
    """Give what rounding may miss in the sum of products of slopes with numbers of boxes."""
    size = (np.abs(slope) * np.maximum(np.abs(now.low), np.abs(now.high))).sum(axis=1)
    return 8 * (slope.shape[-1] + 4) * DOUBLE * (size + more)


def _weight(slope: FloatArray, other: FloatArray, now: Boxed) -> FloatArray:
    width = now.high - now.low
    mine, others = (np.abs(slope) * width).sum(axis=1), (np.abs(other) * width).sum(axis=1)
    return np.where(others > 0, mine / np.where(others > 0, others, 1.0), 1.0)


def _try_rows(
    layers: Layers,
    now: Boxed,
    question: NetworkQuestion,
    missed: Rounding,
    rows: FloatArray,
) -> BoolArray:
    """Tell which rows look like what is looked for; single rows always do."""
    margin = (layers.margins(rows) * now.objective).sum(axis=1)
    if question.added is not None:
        term, rest = question.added
        margin = margin + term.most(rows, rows, rest[now.owner])
    room = question.slack + np.abs(now.objective) @ missed.model
    good = margin > now.limit - room
    for term, rest in question.conditions:
        good &= term.most(rows, rows, rest[now.owner]) > -term.slack
    # one per owner is enough: the furthest above its limit
    order = np.lexsort((-(margin - now.limit), now.owner))
    order = order[good[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = now.owner[order][1:] != now.owner[order][:-1]
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[order[first]] = True
    return chosen | (now.low == now.high).all(axis=1)


def _halves(now: Boxed, question: NetworkQuestion, slope: FloatArray) -> tuple[Boxed, Boxed]:
    """Cut each box in two where its bound, or a condition, moves most."""
    width = now.high - now.low
    score = np.abs(slope) * width
    terms = [term for term, _ in question.conditions[:1]]
    terms += [] if question.added is None else [question.added.term]
    for term in terms:
        score = score + term.spread(now.low, now.high)
    score = np.where(width > 0, score + 1e-300, -1.0)
    chosen = score.argmax(axis=1)
    left, right = now.high.copy(), now.low.copy()
    for i, u in enumerate(chosen):
        low, high = now.low[i, u], now.high[i, u]
        cut = low + (high - low) / 2
        for term in terms:
            border = term.cut(int(u), low, high) if u in term.jumps() else None
            cut = cut if border is None else border
        cut = min(max(cut, low), np.nextafter(high, -np.inf))
        left[i, u], right[i, u] = cut, np.nextafter(cut, np.inf)
    return now._replace(high=left), now._replace(low=right)
