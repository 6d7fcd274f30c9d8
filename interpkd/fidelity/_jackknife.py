"""Intervals of smooth scores: leave out one row, or one group, after the other.

How much the score moves without each unit tells its standard error, on the scale on which its
error is nearly symmetric. How unevenly the units move it tells how sure that standard error is,
and so the degrees of freedom of a t interval: where five rows of a rare class decide the score,
there are five rows' worth of them, however many rows there are. Where the units move it much further
one way than the other, the interval reaches further that way too.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtrit

from interpkd.fidelity._statistics import ROUNDING

if TYPE_CHECKING:
    from interpkd._typing import FloatArray
    from interpkd.fidelity._sample import Sample
    from interpkd.fidelity._statistics import Statistic

MIN_UNITS = 10
"""Fewer independent rows or groups than this are not compared with others."""

MIN_ROWS = 30
"""Fewer independent rows do not show their spread: at 20, some ends were seen to cover 93 %."""

MIN_GROUPS = 20
"""Fewer independent groups do not show theirs: at 10, one end was seen to cover 93 %."""

MIN_OF_KIND = 5
"""Fewer rows or groups than this of one kind, such as a class, do not show what it is like."""

PART_TRUSTED = 0.5
"""Part of the degrees of freedom that is used: few units show less unevenness than there is."""

LEAST_DEGREES = 3.0
"""Fewer degrees of freedom than this are not assumed where there are more units."""

LEAN_HIDDEN = 8.0
"""How much further the score leans to one side than it shows, times the degrees of freedom."""

SKEW_HIDDEN = 40.0
"""How much more skewness there is than units show, times their number: of ten units the one that
stands out is often not among them.

These four are what makes scores cover in `benchmarks.coverage`, down to ten groups and five rows
of a class, by intervals and by either bound alone."""

STEP = 0.02
"""How far the units' weights are moved to see the score bend."""


def jackknife_interval(
    statistic: Statistic, sample: Sample, alpha: float, *, estimate: float
) -> tuple[tuple[float | None, float | None], str]:
    """Give the jackknife t interval of a statistic, or the reason why there is none.

    Every unit is left out once [1]_; for rank correlations the infinitesimal jackknife stands in for
    it. The degrees of freedom are half of
    Satterthwaite's for the kurtosis of the units' parts, at most one less than the number of
    units of equal weight that would tell as much. The end to which the score leans is moved
    outwards by the first term of the expansion of a studentised score ([2]_, section 3.5): skewness
    of the units' parts and the bend of the score towards where all units move it together [3]_.
    The lean is taken as larger than it shows where there is little to show it; the other end is not
    moved inwards.

    Parameters
    ----------
    statistic : Statistic
        A defined statistic.

    sample : Sample
        Weights and groups of its rows.

    alpha : float
        One minus the confidence.

    estimate : float
        The statistic on the sample.

    Returns
    -------
    interval : tuple of two floats, or of two None
        The interval.

    method : str
        How it was made, or why it was not.

    References
    ----------
    .. [1] B. Efron and C. Stein, "The jackknife estimate of variance", Annals of Statistics 9,
       1981.
    .. [2] P. Hall, "The Bootstrap and Edgeworth Expansion", Springer, 1992.
    .. [3] T. DiCiccio and B. Efron, "More accurate confidence intervals in exponential families",
       Biometrika 79, 1992: the quadratic coefficient of ABC intervals.
    """
    refusal = too_little(statistic, sample)
    if refusal:
        return (None, None), f"no interval: {refusal}"
    scale = statistic.scale
    with np.errstate(divide="ignore"):
        centre = float(scale.to(estimate))
    if not np.isfinite(centre):
        return (None, None), "no interval: the score is at the end of its range"
    unit = "row" if sample.groups is None else "group"
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = _moves(statistic, sample, estimate)
    if not np.isfinite(moves).all():
        reason = f"without one {unit} the score would not exist, or be at the end of its range"
        return (None, None), f"no interval: {reason}"
    spread = float(moves @ moves)
    if np.sqrt(spread) <= ROUNDING * max(1.0, abs(centre)):
        return (None, None), f"no interval: no {unit} moves the score"
    below, above = _reaches(moves, _bend(statistic, sample, moves, centre), sample, alpha)
    low = float(scale.back(centre - below * np.sqrt(spread)))
    high = float(scale.back(centre + above * np.sqrt(spread)))
    on = f" on {scale.name}" if scale.name else ""
    return (low, high), f"jackknife t{on}, {sample.n_units} {unit}s"


def too_little(statistic: Statistic, sample: Sample) -> str:
    """Say which kind of unit is too rare; nothing when all are seen often enough."""
    unit = "rows" if sample.groups is None else "groups"
    least = MIN_ROWS if sample.groups is None else MIN_GROUPS
    if sample.n_units < least:
        return f"{sample.n_units} {unit}, at least {least} are needed"
    if statistic.kinds is not None:
        seen = [
            np.count_nonzero(sample.total_by_unit(kind.astype(np.float64)))
            for kind in statistic.kinds.T
        ]
        if min(seen) < MIN_OF_KIND:
            return f"{min(seen)} {unit} of one class, at least {MIN_OF_KIND} are needed"
    return ""


def _moves(statistic: Statistic, sample: Sample, estimate: float) -> FloatArray:
    """Give each unit's part, whose squares sum to the variance on the statistic's scale."""
    n = sample.n_units
    scale = statistic.scale
    if statistic.is_ranked:
        influence = sample.total_by_unit(statistic.influence(sample.weights))
        return influence * scale.slope(estimate) * np.sqrt(n / (n - 1))
    values = scale.to(statistic.values(sample.leave_one_out()))
    # a unit that lifts the score is missed where it is left out
    return (values.mean() - values) * np.sqrt((n - 1) / n)


def _bend(statistic: Statistic, sample: Sample, moves: FloatArray, centre: float) -> float:
    """Give half the second derivative, in standard errors, where weights follow the units' parts.

    On a scale on which the score is a straight line along that way it is 0.
    """
    error = np.sqrt(moves @ moves)
    along = sample.by_row(moves / error)[:, None]
    weights = sample.weights[:, None] * (1 + STEP * along * np.array([1.0, -1.0]))
    with np.errstate(divide="ignore", invalid="ignore"):
        ahead, behind = statistic.scale.to(statistic.values(weights))
    bend = float((ahead - 2 * centre + behind) / (2 * STEP**2 * error))
    return bend if np.isfinite(bend) else 0.0


def _reaches(moves: FloatArray, bend: float, sample: Sample, alpha: float) -> tuple[float, float]:
    """Give how many standard errors the interval reaches down and up."""
    n = len(moves)
    squares = moves**2
    total = squares.sum()
    unevenness = float((squares**2).sum() / total**2) - 1 / n
    of_variance = 2 / max(unevenness, ROUNDING) * PART_TRUSTED
    degrees = min(max(of_variance, LEAST_DEGREES), sample.n_equal_units - 1)
    straight = float(stdtrit(degrees, 1 - alpha / 2))
    z = float(ndtri(1 - alpha / 2))
    skew = float((squares * moves).sum() / total**1.5) / 6 * (2 * z**2 + 1)
    lean = (skew + bend * z**2) * (1 + LEAN_HIDDEN / degrees) + skew * SKEW_HIDDEN / n
    return straight + max(-lean, 0.0), straight + max(lean, 0.0)
