"""How sure a score is: an exact interval where there is one, a bootstrap where there is none.

A share of equal, independent rows has an exact interval (Clopper and Pearson). Everything else is
resampled: rows, or whole groups of rows where rows depend on each other. All scores of one call
share the same resamples, so student and teacher are compared on the same rows. Where resampling
cannot tell (too few rows, a score that never varies), there is no interval, and the method says so.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri, stdtrit

from interpkd.fidelity._statistics import ROUNDING, Share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import FloatArray
    from interpkd.fidelity._sample import Sample
    from interpkd.fidelity._statistics import Statistic

Key = TypeVar("Key")
"""What names a statistic."""

MIN_RESAMPLES = 1999
"""Resamples at the usual confidence; more where the tails asked for are thinner."""

RESAMPLES_PER_TAIL = 20
"""At least this many resamples per unit of alpha, so each tail holds ten."""

MIN_UNITS = 10
"""Fewer independent rows or groups than this are not resampled: they do not show their spread."""

MAX_UNDEFINED = 0.01
"""Largest share of resamples without a value (say, one class only) that is left out."""


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
        One minus the confidence.

    Returns
    -------
    scores : dict of names to ScoreEstimate
        One per statistic, under the same names.
    """
    resampled = {
        name: statistic
        for name, statistic in statistics.items()
        if not statistic.undefined and not (isinstance(statistic, Share) and sample.is_plain)
    }
    n_resamples = max(MIN_RESAMPLES, round(RESAMPLES_PER_TAIL / alpha) - 1)
    draws = _resample(resampled, sample, n_resamples) if sample.n_units >= MIN_UNITS else {}
    return {
        name: _measure_one(statistic, sample, alpha, draws.get(name))
        for name, statistic in statistics.items()
    }


def clopper_pearson(n_true: int, n_rows: int, alpha: float) -> tuple[float, float]:
    """Give the exact two-sided interval of a share of independent rows.

    It covers the true share with probability at least ``1 - alpha`` whatever the share and the
    number of rows [1]_.

    Parameters
    ----------
    n_true : int
        Rows on which the statement holds.

    n_rows : int
        All rows.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float
        The interval.

    References
    ----------
    .. [1] C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the
       case of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> low, high = clopper_pearson(90, 100, alpha=0.05)
    >>> print(f"{low:.4f} {high:.4f}")
    0.8238 0.9510
    """
    n_false = n_rows - n_true
    low = betaincinv(n_true, n_false + 1, alpha / 2) if n_true else 0.0
    high = betaincinv(n_true + 1, n_false, 1 - alpha / 2) if n_false else 1.0
    return float(low), float(high)


def bca_interval(
    draws: FloatArray, estimate: float, influence: FloatArray, alpha: float
) -> tuple[float, float] | None:
    """Give the bias-corrected and accelerated bootstrap interval.

    The percentiles read off the resamples are moved by their median bias and by the acceleration,
    one sixth of the skewness of the influence values (the infinitesimal jackknife) [1]_. They are
    first expanded as a t interval is: a resample of `n` units spreads too little by a factor
    ``sqrt((n - 1) / n)``, and normal tails are too thin for few units [2]_.

    Parameters
    ----------
    draws : ndarray of shape (n_resamples,)
        The statistic on each resample.

    estimate : float
        The statistic on the rows.

    influence : ndarray of shape (n_units,)
        The influence of each unit that is drawn.

    alpha : float
        One minus the confidence.

    Returns
    -------
    interval : tuple of two floats or None
        None where the correction does not exist: all resamples on one side of the estimate, or
        an acceleration past the formula's pole.

    References
    ----------
    .. [1] B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
       Association 82, 1987.
    .. [2] T. Hesterberg, "What teachers should know about the bootstrap", The American
       Statistician 69, 2015, section 4.4; also in `CI.bca` of the R package resample.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).exponential(size=50)
    >>> rows = np.random.default_rng(1).integers(50, size=(1999, 50))
    >>> low, high = bca_interval(x[rows].mean(axis=1), x.mean(), x - x.mean(), alpha=0.05)
    >>> bool(low < x.mean() < high)
    True
    """
    below = (np.count_nonzero(draws < estimate) + np.count_nonzero(draws <= estimate)) / 2
    spread = float((influence**2).sum())
    if not 0 < below < len(draws) or spread == 0:
        return None
    bias = ndtri(below / len(draws))
    acceleration = (influence**3).sum() / (6 * spread**1.5)
    shifted = bias + _tails(alpha, len(influence))
    room = 1 - acceleration * shifted
    if (room <= 0).any():
        return None
    low, high = np.quantile(draws, ndtr(bias + shifted / room))
    return float(low), float(high)


def _tails(alpha: float, n_units: int) -> FloatArray:
    """Give the two normal quantiles to read off, expanded for few units."""
    expansion = np.sqrt(n_units / (n_units - 1))
    return expansion * stdtrit(n_units - 1, [alpha / 2, 1 - alpha / 2])


def _resample(
    statistics: Mapping[Key, Statistic], sample: Sample, n_resamples: int
) -> dict[Key, FloatArray]:
    if not statistics:
        return {}
    blocks = [
        [statistic.values(W) for statistic in statistics.values()]
        for W in sample.resamples(n_resamples)
    ]
    return dict(zip(statistics, np.concatenate(blocks, axis=1), strict=True))


def _measure_one(
    statistic: Statistic, sample: Sample, alpha: float, draws: FloatArray | None
) -> ScoreEstimate:
    n = sample.n_rows
    if statistic.undefined:
        return ScoreEstimate(None, None, None, n, f"not computed: {statistic.undefined}")
    estimate = float(statistic.values(sample.weights[:, None])[0])
    if isinstance(statistic, Share) and sample.is_plain:
        low, high = clopper_pearson(int(statistic.rows.sum()), n, alpha)
        return ScoreEstimate(estimate, low, high, n, "Clopper-Pearson, exact")
    if draws is None:
        reason = f"{sample.n_units} {'rows' if sample.groups is None else 'groups'}"
        method = f"no interval: {reason}, at least {MIN_UNITS} are needed to resample"
        return ScoreEstimate(estimate, None, None, n, method)
    interval, method = _bootstrap(statistic, sample, alpha, draws, estimate)
    if statistic.note:
        method += f"; {statistic.note}"
    return ScoreEstimate(estimate, *interval, n, method)


def _bootstrap(
    statistic: Statistic, sample: Sample, alpha: float, draws: FloatArray, estimate: float
) -> tuple[tuple[float | None, float | None], str]:
    """Give interval and method from the resampled values of one statistic."""
    drawn = f"{len(draws)} resamples of {sample.units}"
    defined = draws[~np.isnan(draws)]
    n_undefined = len(draws) - len(defined)
    if n_undefined > MAX_UNDEFINED * len(draws):
        reason = f"the score does not exist on {n_undefined} of {drawn}"
        return (None, None), f"no interval: {reason}"
    # a spread of rounding errors is none
    if np.ptp(defined) <= ROUNDING * np.abs(defined).max():
        return (None, None), f"no interval: the score is the same on all {drawn}"
    if n_undefined:
        drawn += f", without {n_undefined} on which the score does not exist"
    influence = sample.total_by_unit(statistic.influence(sample.weights))
    interval = bca_interval(defined, estimate, influence, alpha)
    if interval is not None:
        return interval, f"BCa bootstrap, {drawn}"
    low, high = np.quantile(defined, ndtr(_tails(alpha, sample.n_units)))
    return (float(low), float(high)), f"percentile bootstrap (BCa does not exist), {drawn}"
