"""Where to cut: optimal bins on fitted functions, with one budget of cuts for all columns.

A column's fitted function of many fine bins is to be a function of few. The cuts that change the
fitted log odds least, squared and weighted by their curvature, are found exactly by dynamic
programming (Fisher 1958); the budget goes, cut by cut, to the column that gains most.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._scorecard_bins import NEARLY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray

WORTH_A_CUT = 1e-5
"""Mean weighted square of log odds that a cut must gain at least."""

STRIDE = 2
"""Cuts that may be bought together: the first of two is often worth nothing alone."""


@dataclass(frozen=True)
class Segmentations:
    """The best ways to cut one column.

    Attributes
    ----------
    costs : ndarray of shape (n_segmentations,)
        What is lost with 0, 1, … cuts; infinite where there is no such way.

    ends : list of ndarray
        For each number of cuts, the last fine bin of every segment but the last.
    """

    costs: FloatArray
    ends: list[IntArray]


def best_segmentations(
    function: FloatArray,
    curvature: FloatArray,
    mass: FloatArray,
    *,
    most_bins: int,
    least_mass: float,
) -> Segmentations:
    """Find the best cuts of one column for each number of them.

    Parameters
    ----------
    function : ndarray of shape (n_fine,)
        The fitted log odds of the fine bins, in the order in which they may be joined.

    curvature : ndarray of shape (n_fine,)
        How much a squared change of each costs.

    mass : ndarray of shape (n_fine,)
        Weight of the real rows in each.

    most_bins : int
        Most segments.

    least_mass : float
        Least mass of a segment.

    Returns
    -------
    segmentations : Segmentations
        Up to ``most_bins - 1`` cuts.
    """
    n = len(function)
    H, M = _running(curvature), _running(mass)
    first, second = _running(curvature * function), _running(curvature * function**2)
    # cost[i, j] of the segment of fine bins i, …, j - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = H[None, :] - H[:, None]
        cost = second[None, :] - second[:, None] - (first[None, :] - first[:, None]) ** 2 / gap
    cost = np.where(gap > 0, np.maximum(cost, 0), 0.0)
    too_small = M[None, :] - M[:, None] < least_mass * (1 - NEARLY)
    cost[too_small | (np.arange(n + 1)[:, None] >= np.arange(n + 1))] = np.inf
    best, came_from = [cost[0]], []
    for _ in range(1, most_bins):
        through = best[-1][:, None] + cost
        came_from.append(through.argmin(axis=0))
        best.append(through.min(axis=0))
    costs = np.array([row[n] for row in best])
    costs[0] = cost[0, n] if np.isfinite(cost[0, n]) else float(second[-1])
    ends = []
    for k in range(most_bins):
        at, found = n, []
        for step in range(k - 1, -1, -1):
            at = int(came_from[step][at])
            found.append(at - 1)
        ends.append(np.array(found[::-1], dtype=np.int64))
    return Segmentations(costs, ends)


def spend_cuts(columns: Sequence[Segmentations], budget: int, least_gain: float) -> list[int]:
    """Share a budget of cuts among columns, to where the next one gains most.

    Parameters
    ----------
    columns : sequence of Segmentations
        What cuts of each column would cost.

    budget : int
        Number of cuts.

    least_gain : float
        What a cut must gain at least.

    Returns
    -------
    n_cuts : list of int
        Number of cuts of each column.
    """
    n_cuts = [0] * len(columns)
    while budget > 0:
        gain, i, step = max(
            (
                (_gain(column, n_cuts[i], step), i, step)
                for i, column in enumerate(columns)
                for step in range(1, min(STRIDE, budget) + 1)
            ),
            # of equal gains the one of fewer cuts, then of the earlier column
            key=lambda offer: (offer[0], -offer[2], -offer[1]),
            default=(0.0, 0, 0),
        )
        if not gain > least_gain:
            break
        n_cuts[i] += step
        budget -= step
    return n_cuts


def _gain(column: Segmentations, n_cuts: int, step: int) -> float:
    """Give what some more cuts gain, per cut."""
    if n_cuts + step >= len(column.costs) or not np.isfinite(column.costs[n_cuts + step]):
        return 0.0
    return float(column.costs[n_cuts] - column.costs[n_cuts + step]) / step


def _running(values: FloatArray) -> FloatArray:
    return np.append(0.0, np.cumsum(values))
