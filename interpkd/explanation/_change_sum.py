"""The smallest change that moves a sum over columns past its cut-off.

What each allowed value of a column takes off the adverse log odds is asked from the student. Each
column then takes one of a few values (categories, bins of a scorecard), or moves along a line
(numbers of a linear student). The fewest columns follow from the largest gains; among the choices
of so many columns, the cheapest is a small mixed-integer program, solved to proved optimality.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.special import expit, logit

from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError
from interpkd.explanation._contributions import contributions
from interpkd.explanation._options import changed_row
from interpkd.explanation._reference import choose_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd._typing import FloatArray, Table
    from interpkd.explanation._decider import Decider
    from interpkd.explanation._options import Room

MARGIN = 1e-5
"""By how much log odds must pass the cut-off's, times the largest where above one; more than the
solver's tolerance, so that its answers are right."""

N_CHECKED = 50
"""Background rows on which a student that adds columns up is seen to do so."""

TOLERANCE = 1e-6
"""How far probabilities may miss the logistic function of the sum."""

NEARLY = 1e-8
"""How far a column's effect may miss a line, times the largest log odds where above one."""


@dataclass(frozen=True)
class Gains:
    """What a column can take off the adverse log odds.

    Attributes
    ----------
    room : Room
        The column.

    values, gains : tuple of float
        Single values it may take, and what each takes off; empty for a line.

    rate : float
        What a step of one takes off, along a line.

    sign : int
        The direction along the line.
    """

    room: Room
    values: tuple[float, ...] = ()
    gains: tuple[float, ...] = ()
    rate: float = 0.0
    sign: int = 1

    @property
    def length(self) -> float:
        """How far the line goes."""
        room = self.room
        return room.upper - room.now if self.sign > 0 else room.now - room.lower

    @property
    def most(self) -> float:
        """The largest gain."""
        return max(self.gains) if self.values else self.rate * self.length


def change_on_sum(
    decider: Decider, x: Table, z: FloatArray, rooms: Mapping[int, Room], background: Table
) -> dict[int, float] | None:
    """Find the smallest change of a linear student or a scorecard.

    Parameters
    ----------
    decider : Decider
        The student; the adverse class is the one to get away from.

    x : ndarray or data frame of shape (1, n_columns)
        The row.

    z : ndarray of shape (n_columns,)
        The same, encoded.

    rooms : mapping
        What may change.

    background : ndarray or data frame of shape (n_background, n_columns)
        Rows on which the student is seen to be a sum.

    Returns
    -------
    change : dict or None
        Numbers of columns to values. None where all gains together do not suffice.

    Raises
    ------
    InvalidInputError
        If it is no sum over columns, or a number's effect no line.
    """
    _check_sum(decider, background)
    start, threshold = float(decider.log_odds(x)[0]), _threshold(decider)
    need = start - threshold + MARGIN * max(1.0, abs(start), abs(threshold))
    if not np.isfinite(need):
        return None
    columns = [_gains(decider, x, z, room) for room in rooms.values()]
    columns = [one for one in columns if one.most > 0]
    order = np.cumsum(sorted((one.most for one in columns), reverse=True))
    enough = np.flatnonzero(order >= need)
    if not len(enough):
        return None
    return _cheapest(columns, need, int(enough[0]) + 1)


def _threshold(decider: Decider) -> float:
    """Give the adverse log odds at the cut-off."""
    at = float(logit(decider.cutoff)) if decider.has_proba else 0.0
    return at if decider.adverse == 1 else -at


def _check_sum(decider: Decider, background: Table) -> None:
    """See that the student adds columns up, and that its probabilities are those of the sum."""
    some = select_rows(background, np.arange(min(N_CHECKED, background.shape[0])))
    contributions(decider, some, choose_reference(decider, some, "all applicants"))
    if not decider.has_proba:
        return
    p = decider.adverse_score(decider.second(some))
    miss = float(np.abs(expit(decider.log_odds(some)) - p).max())
    if miss > TOLERANCE:
        msg = (
            f"The probabilities of {type(decider.student).__name__} miss the logistic function of "
            f"its decision_function by {miss:.2g}, so the cut-off has no place on it."
        )
        raise InvalidInputError(msg)


def _gains(decider: Decider, x: Table, z: FloatArray, room: Room) -> Gains:
    if hasattr(decider.student, "card_"):
        return _card_gains(decider, z, room)
    if room.is_number:
        return _line_gains(decider, x, room)
    values = tuple(float(code) for code in room.codes)
    start = _at(decider, x, room, room.now)
    return _discrete(room, values, [start - _at(decider, x, room, value) for value in values])


def _at(decider: Decider, x: Table, room: Room, value: float) -> float:
    row = changed_row(x, decider.structure, {room.index: value})
    return float(decider.log_odds(row)[0])


def _discrete(room: Room, values: Sequence[float], gains: Sequence[float]) -> Gains:
    """Keep the values that take something off, none of which another beats."""
    kept: list[tuple[float, float]] = []
    order = sorted(range(len(values)), key=lambda k: (room.cost(values[k]), -gains[k]))
    for k in order:
        if gains[k] > max((gain for _, gain in kept), default=0.0):
            kept.append((values[k], gains[k]))
    return Gains(room, tuple(v for v, _ in kept), tuple(g for _, g in kept))


def _card_gains(decider: Decider, z: FloatArray, room: Room) -> Gains:
    card = decider.student.card_
    place = np.flatnonzero(card.model.columns == room.index)
    if not len(place):
        return Gains(room)
    values = [float(code) for code in room.codes]
    if room.is_number:
        bounds = [-np.inf, *card.model.bins[int(place[0])].cuts, np.inf]
        boxes = [(a, b) for a, b in pairwise(bounds) if not a < room.now <= b]
        found = [room.nearest(float(a), float(b)) for a, b in boxes]
        values = [value for value in found if value is not None]
    rows = np.repeat(z[None], 1 + len(values), axis=0)
    rows[1:, room.index] = values
    points = card.contributions(rows)[:, int(place[0])]
    towards = -1 if decider.adverse == 1 else 1
    log_odds = towards * (points - points[0]) / card.factor
    return _discrete(room, values, log_odds[1:].tolist())


def _line_gains(decider: Decider, x: Table, room: Room) -> Gains:
    length = max(room.upper - room.now, room.now - room.lower)
    if length == 0:
        return Gains(room)
    sign = 1 if room.upper - room.now == length else -1
    start, half, end = (
        _at(decider, x, room, room.now + sign * t * length) for t in (0.0, 0.5, 1.0)
    )
    if abs(start + end - 2 * half) > NEARLY * max(1.0, abs(start), abs(end)):
        name = decider.structure.columns[room.index].name
        msg = (
            f"The log odds of {type(decider.student).__name__} are no line along the column "
            f"{name!r}. Pass a tree, a linear student or a scorecard, or leave the column out of "
            "changeable."
        )
        raise InvalidInputError(msg)
    rate = sign * (start - end) / length
    return Gains(room, rate=abs(rate), sign=1 if rate > 0 else -1)


def _cheapest(columns: Sequence[Gains], need: float, n_columns: int) -> dict[int, float]:
    """Choose values of at most so many columns that together gain what is needed.

    Parameters
    ----------
    columns : sequence of Gains
        What each column offers.

    need : float
        The gain that is needed, which so many columns can give.

    n_columns : int
        Most columns.

    Returns
    -------
    change : dict
        Numbers of columns to values.
    """
    # one switch per value, or per line; then the length along each line, in units of cost
    switches = [(c, k) for c, one in enumerate(columns) for k in range(len(one.values) or 1)]
    lines = [c for c, one in enumerate(columns) if not one.values]
    n, cost, gain = len(switches), [], []
    for c, k in switches:
        one = columns[c]
        cost.append(one.room.cost(one.values[k]) if one.values else 0.0)
        gain.append(one.gains[k] if one.values else 0.0)
    unit = [1.0 if columns[c].room.is_integer else columns[c].room.scale for c in lines]
    cost += [u / columns[c].room.scale for c, u in zip(lines, unit, strict=True)]
    gain += [u * columns[c].rate for c, u in zip(lines, unit, strict=True)]
    longest = np.array([columns[c].length / u for c, u in zip(lines, unit, strict=True)])
    whole = [1] * n + [int(columns[c].room.is_integer) for c in lines]
    owner = np.array([c for c, _ in switches])
    one_each = np.zeros((len(columns), len(cost)))
    one_each[owner, np.arange(n)] = 1
    attached = np.zeros((len(lines), len(cost)))
    for row, c in enumerate(lines):
        attached[row, n + row] = 1
        attached[row, np.flatnonzero(owner == c)[0]] = -longest[row]
    few = np.concatenate([np.ones(n), np.zeros(len(lines))])
    found = milp(
        np.array(cost),
        integrality=np.array(whole),
        bounds=Bounds(0, np.concatenate([np.ones(n), longest])),
        constraints=[
            LinearConstraint(np.array(gain)[None] / need, lb=1.0),
            LinearConstraint(np.vstack([one_each, few]), ub=[1.0] * len(columns) + [n_columns]),
            *([LinearConstraint(attached, ub=np.zeros(len(lines)))] if lines else []),
        ],
        options={"mip_rel_gap": 0.0},
    )
    if found.x is None:  # at the very edge of what can be gained: all of the largest gains
        largest = sorted(columns, key=lambda one: -one.most)[:n_columns]
        return {one.room.index: _best_value(one) for one in largest}
    chosen = [switches[k] for k in np.flatnonzero(found.x[:n] > 0.5)]
    return _settle(columns, chosen, dict(zip(lines, found.x[n:], strict=True)), need)


def _best_value(one: Gains) -> float:
    if one.values:
        return one.values[int(np.argmax(one.gains))]
    return one.room.upper if one.sign > 0 else one.room.lower


def _settle(
    columns: Sequence[Gains],
    chosen: Sequence[tuple[int, int]],
    along: Mapping[int, float],
    need: float,
) -> dict[int, float]:
    """Write a solution out; what is not whole is computed again, without the solver's tolerance."""
    change: dict[int, float] = {}
    free = []
    for c, k in chosen:
        one = columns[c]
        if one.values:
            change[one.room.index] = one.values[k]
            need -= one.gains[k]
        elif one.room.is_integer:
            steps = round(along[c])
            change[one.room.index] = one.room.now + one.sign * steps
            need -= one.rate * steps
        else:
            free.append(one)
    for one in sorted(free, key=lambda one: -one.rate * one.room.scale):
        length = min(max(need, 0.0) / one.rate, one.length)
        change[one.room.index] = one.room.now + one.sign * length
        need -= one.rate * length
    return {i: value for i, value in change.items() if value != _now(columns, i)}


def _now(columns: Sequence[Gains], index: int) -> float:
    return next(one.room.now for one in columns if one.room.index == index)
