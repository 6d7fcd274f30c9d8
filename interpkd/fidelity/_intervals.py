"""How sure a score is: of all intervals that hold for it, the narrowest that is known to cover.

A share of equal, independent rows has an exact interval (Clopper and Pearson). A mean of numbers
within known bounds has guaranteed ones by betting, for weighted rows and whole groups too, and so
has a quantile. A smooth score of anything else gets a jackknife interval, which simulation shows to
cover; where it would not, there is none, and the method says why.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from interpkd._betting import betting_interval, betting_order
from interpkd.fidelity._area import area_interval
from interpkd.fidelity._exact import clopper_pearson
from interpkd.fidelity._jackknife import MIN_UNITS, jackknife_interval, too_little
from interpkd.fidelity._quantiles import BinnedDifference, Quantile
from interpkd.fidelity._ranked_pairs import RankedPairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interpkd._typing import FloatArray
    from interpkd.fidelity._sample import Sample
    from interpkd.fidelity._statistics import BoundedMean, Statistic

__all__ = ["MIN_UNITS", "ScoreEstimate", "clopper_pearson", "measure"]

Key = TypeVar("Key")
"""What names a statistic."""

Interval = tuple[float | None, float | None]

NONE: Interval = (None, None)

AREA_METHOD = "Newcombe's pseudo-score interval"


@dataclass(frozen=True)
class ScoreEstimate:
    """A score with its interval.

    Attributes
    ----------
    estimate : float or None
        The score on the rows; None when it does not exist there, and `method` says why.

    low, high : float or None
        The interval at the report's confidence; None when there is none, and `method` says why.

    n : int
        The number of rows used.

    method : str
        How the interval was made, in a validator's words.

    Examples
    --------
    >>> from interpkd.fidelity import ScoreEstimate
    >>> score = ScoreEstimate(0.9, 0.8256, 0.951, 100, "Clopper-Pearson, exact")
    >>> score.to_dict()["method"]
    'Clopper-Pearson, exact'
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    method: str

    def to_dict(self) -> dict[str, Any]:
        """Give the five attributes as a dictionary.

        Returns
        -------
        score : dict
            Keys "estimate", "low", "high", "n" and "method"; plain Python values.
        """
        return {
            "estimate": self.estimate,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "method": self.method,
        }


def measure(
    statistics: Mapping[Key, Statistic], sample: Sample, alpha: float
) -> dict[Key, ScoreEstimate]:
    """Estimate statistics of the same rows, each with its interval.

    Parameters
    ----------
    statistics : mapping of names to Statistic
        What to estimate.

    sample : Sample
        Weights and groups of the rows.

    alpha : float
        One minus the confidence. Either end alone, as a bound, holds at half of it.

    Returns
    -------
    scores : dict of names to ScoreEstimate
        One per statistic, under the same names.
    """
    return {name: _measure_one(statistic, sample, alpha) for name, statistic in statistics.items()}


def _measure_one(statistic: Statistic, sample: Sample, alpha: float) -> ScoreEstimate:
    n = sample.n_rows
    if statistic.undefined:
        return ScoreEstimate(None, None, None, n, f"not computed: {statistic.undefined}")
    estimate = float(statistic.values(sample.weights[:, None])[0])
    interval, method = _interval(statistic, sample, alpha, estimate)
    if statistic.note:
        method += f"; {statistic.note}"
    return ScoreEstimate(estimate, *interval, n, method)


def _interval(
    statistic: Statistic, sample: Sample, alpha: float, estimate: float
) -> tuple[Interval, str]:
    """Choose the interval by what the statistic is made of."""
    if isinstance(statistic, Quantile):
        return _of_quantile(statistic, sample, alpha)
    if isinstance(statistic, BinnedDifference):
        return _of_bins(statistic, sample, alpha)
    mean = statistic.bounded
    if mean is None and sample.is_plain and isinstance(statistic, RankedPairs):
        return _of_area(statistic, sample, alpha, estimate)
    if mean is None:
        return jackknife_interval(statistic, sample, alpha, estimate=estimate)
    (low, high), method = _of_mean(mean, sample, alpha)
    return (mean.transform(low), mean.transform(high)), method


def _of_area(
    statistic: RankedPairs, sample: Sample, alpha: float, estimate: float
) -> tuple[Interval, str]:
    """Give the interval of an area of equal rows, on the scale on which it is reported."""
    refusal = too_little(statistic, sample)
    if refusal:
        return NONE, f"no interval: {refusal}"
    low, high = area_interval(statistic.to_area(estimate), *statistic.n_of_kinds, alpha)
    return (statistic.from_area(low), statistic.from_area(high)), AREA_METHOD


def _of_mean(mean: BoundedMean, sample: Sample, alpha: float) -> tuple[tuple[float, float], str]:
    """Give the exact interval of a share of equal rows, and guaranteed bounds of other means."""
    counts = np.ones(sample.n_rows, dtype=bool) if mean.counts is None else mean.counts
    if mean.is_share and sample.is_plain:
        n_counted = int(np.count_nonzero(counts))
        interval = clopper_pearson(int(mean.rows[counts].sum()), n_counted, alpha)
        of = "" if mean.counts is None else f", of the {n_counted} rows that count"
        return interval, f"Clopper-Pearson, exact{of}"
    values, weights = _units(mean.rows, sample.weights * counts, sample)
    interval = betting_interval(
        values, weights, lowest=mean.lowest, highest=mean.highest, alpha=alpha
    )
    return interval, _betting_method(sample)


def _units(rows: FloatArray, weights: FloatArray, sample: Sample) -> tuple[FloatArray, FloatArray]:
    """Give the mean and the weight of each independent unit that weighs anything."""
    total = sample.total_by_unit(weights)
    used = total > 0
    return sample.total_by_unit(weights * rows)[used] / total[used], total[used]


def _betting_method(sample: Sample, *, of: str = "") -> str:
    bets = "betting bounds" if sample.groups is None else f"betting bounds, {sample.units}"
    limit = ""
    if not sample.is_plain:
        unit = "row" if sample.groups is None else "group"
        limit = f", if no {unit} weighs more than the heaviest here"
    return f"{bets}{of}, guaranteed{limit}"


def _of_quantile(quantile: Quantile, sample: Sample, alpha: float) -> tuple[Interval, str]:
    """Keep the observed numbers whose share of rows at or below could be the level."""
    levels = np.unique(quantile.rows)
    order = betting_order(*_units(quantile.rows, sample.weights, sample))

    def share(position: int) -> tuple[float, float]:
        is_below = quantile.rows <= levels[position]
        if sample.is_plain:
            return clopper_pearson(int(is_below.sum()), sample.n_rows, alpha)
        values, weights = _units(is_below.astype(np.float64), sample.weights, sample)
        return betting_interval(values, weights, lowest=0, highest=1, alpha=alpha, order=order)

    low = _first(lambda i: share(i)[1] >= quantile.level, len(levels))
    high = _first(lambda i: share(i)[0] >= quantile.level, len(levels))
    if high == len(levels):
        rows = f"{sample.n_units} {'rows' if sample.groups is None else 'groups'}"
        return NONE, f"no interval: {rows} are too few to bound this quantile from above"
    method = "order statistics, exact" if sample.is_plain else _betting_method(sample)
    return (float(levels[low]), float(levels[high])), method


def _first(holds: Callable[[int], bool], n: int) -> int:
    """Give the first of n positions from which on something holds; n if it never does."""
    start, end = 0, n
    while start < end:
        middle = (start + end) // 2
        start, end = (start, middle) if holds(middle) else (middle + 1, end)
    return start


def _of_bins(statistic: BinnedDifference, sample: Sample, alpha: float) -> tuple[Interval, str]:
    """Add up what the bins allow, each at its part of alpha."""
    parts = statistic.parts()
    lows, highs = [], []
    for part in parts:
        low, high = _of_mean(part, sample, alpha / len(parts))[0]
        lows.append(max(low, -high, 0.0))
        highs.append(max(-low, high))
    interval = sum(lows) / statistic.n_columns, min(1.0, sum(highs) / statistic.n_columns)
    return interval, _betting_method(sample, of=f" of {len(parts)} bins that share alpha")
