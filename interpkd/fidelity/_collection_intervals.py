"""Scores with intervals from sums alone: what can be said of rows that were seen once and let go.

A share of equal rows has the exact interval that it has in memory, since that hangs on counts. A
mean of numbers within known bounds keeps a guaranteed one, by the empirical Bernstein bound in place
of bets on row after row. A smooth function of means has a normal interval, on the scale on which
its error is nearly symmetric, by the derivative of the function.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from interpkd.fidelity._exact import clopper_pearson
from interpkd.fidelity._intervals import ScoreEstimate
from interpkd.fidelity._jackknife import MIN_OF_KIND, MIN_ROWS
from interpkd.fidelity._scales import PLAIN
from interpkd.fidelity._statistics import ROUNDING, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from interpkd._typing import FloatArray
    from interpkd.fidelity._collection_sums import Sums
    from interpkd.fidelity._scales import Scale

    Interval = tuple[float | None, float | None]

TINY = 1e-20
"""Step of the complex derivative: it is exact to the last digit, however small the step."""


@dataclass(frozen=True)
class Totals:
    """Sums of all rows, by name.

    Attributes
    ----------
    sums : Sums
        The sums.

    names : list of str
        What was summed.

    core : list of str
        Those of which there are products.
    """

    sums: Sums
    names: list[str]
    core: list[str]

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.sums.n

    @property
    def is_plain(self) -> bool:
        """Whether all rows weigh the same."""
        return self.sums.heaviest == self.sums.lightest

    def weight(self, name: str) -> float:
        """Give the weighted sum of a number."""
        return float(self.sums.first[self.names.index(name)])

    def mean(self, name: str) -> float:
        """Give the weighted mean of a number."""
        return self.weight(name) / self.weight("1")

    def count(self, name: str) -> int:
        """Give the number of rows of which a 0 or 1 is 1, where rows weigh the same."""
        return round(self.weight(name) / self.sums.heaviest)

    def squares(self, name: str) -> tuple[float, float]:
        """Give the sums, times the squared weights, of a number and of its square."""
        linear, quadratic = self.sums.second[:, self.names.index(name)]
        return float(linear), float(quadratic)

    def covariance(self, names: Sequence[str]) -> FloatArray:
        """Give the covariance of the weighted means of numbers of the core."""
        at = [self.core.index(name) for name in names]
        one = self.core.index("1")
        C, mean = self.sums.products, np.array([self.mean(name) for name in names])
        b = C[one, at]
        centred = C[np.ix_(at, at)] - np.outer(mean, b) - np.outer(b, mean)
        centred += C[one, one] * np.outer(mean, mean)
        return centred / self.weight("1") ** 2 * self.n / (self.n - 1)


def share(
    totals: Totals,
    name: str,
    alpha: float,
    *,
    counted: str = "1",
    transform: Callable[[float], float] = identity,
) -> ScoreEstimate:
    """Estimate a share of rows, exactly where they weigh the same."""
    if totals.weight(counted) == 0:
        return undefined(totals.n, "neither model ever decides for this class")
    estimate = transform(totals.weight(name) / totals.weight(counted))
    if not totals.is_plain:
        low, high = bernstein(totals, name, 0.0, 1.0, alpha, counted=counted)
        method = _bernstein_method(totals)
    else:
        n_counted = totals.count(counted)
        low, high = clopper_pearson(totals.count(name), n_counted, alpha)
        of = "" if counted == "1" else f", of the {n_counted} rows that count"
        method = f"Clopper-Pearson, exact{of}"
    return ScoreEstimate(estimate, transform(low), transform(high), totals.n, method)


def bounded_mean(
    totals: Totals,
    name: str,
    bounds: tuple[float, float],
    alpha: float,
    *,
    transform: Callable[[float], float] = identity,
) -> ScoreEstimate:
    """Estimate a mean of numbers within bounds, or a rising function of it."""
    estimate = min(max(totals.mean(name), bounds[0]), bounds[1])
    low, high = bernstein(totals, name, *bounds, alpha)
    ends = transform(estimate), transform(low), transform(high)
    return ScoreEstimate(*ends, totals.n, _bernstein_method(totals))


def bernstein(
    totals: Totals, name: str, lowest: float, highest: float, alpha: float, *, counted: str = "1"
) -> tuple[float, float]:
    """Bound a weighted mean of bounded numbers on both sides, each at half of alpha.

    The empirical Bernstein bound of Maurer and Pontil ([1]_, theorem 4) of the numbers
    ``weight (number - m)``, whose mean is 0 at the true m; every m that they rule out is left out.

    References
    ----------
    .. [1] A. Maurer and M. Pontil, "Empirical Bernstein bounds and sample variance penalization",
       COLT 2009.
    """
    n, heaviest = totals.n, totals.sums.heaviest
    if n < 2:
        return lowest, highest
    width = highest - lowest
    a = totals.weight(counted) / heaviest
    b = totals.squares(counted)[0] / heaviest**2
    raw, raw_squares = totals.weight(name) / heaviest, totals.squares(name)
    of_x = (raw - lowest * a) / width
    b_x = (raw_squares[0] / heaviest**2 - lowest * b) / width
    b_xx = (raw_squares[1] - 2 * lowest * raw_squares[0]) / heaviest**2 + lowest**2 * b
    b_xx /= width**2
    log = math.log(4 / alpha)
    slack = 7 * log / (3 * (n - 1))

    def excess(m: float, sign: float) -> float:
        """Give by how much the numbers are further from 0 than the bound allows."""
        mean = (of_x - m * a) / n
        squares = b_xx - 2 * m * b_x + m * m * b
        variance = max(squares - n * mean * mean, 0.0) / (n - 1)
        return sign * mean - math.sqrt(2 * variance * log / n) - slack

    centre = min(max(of_x / a, 0.0), 1.0)
    low = _crossing(lambda m: excess(m, 1.0), 0.0, centre)
    high = _crossing(lambda m: excess(m, -1.0), 1.0, centre)
    return lowest + width * low, lowest + width * high


def smooth(
    totals: Totals,
    names: Sequence[str],
    function: Callable[[Mapping[str, Any]], Any],
    alpha: float,
    *,
    scale: Scale = PLAIN,
    kinds: Sequence[int] = (),
) -> ScoreEstimate:
    """Estimate a smooth function of means, with a normal interval by its derivative."""
    means = {name: totals.mean(name) for name in names}
    value = float(np.real(function(means)))
    n = totals.n
    few = min(kinds, default=n)
    if n < MIN_ROWS:
        return none(value, n, f"{n} rows, at least {MIN_ROWS} are needed")
    if few < MIN_OF_KIND:
        return none(value, n, f"{few} rows of one class, at least {MIN_OF_KIND} are needed")
    slopes = np.array(
        [np.imag(function({**means, name: means[name] + TINY * 1j})) / TINY for name in names]
    )
    error = math.sqrt(max(float(slopes @ totals.covariance(names) @ slopes), 0.0))
    return normal(value, error, n, alpha, scale=scale)


def normal(value: float, error: float, n: int, alpha: float, *, scale: Scale) -> ScoreEstimate:
    """Give the normal interval of a value with a standard error, on a scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = float(scale.to(value))
    if not math.isfinite(centre):
        return none(value, n, "the score is at the end of its range")
    spread = error * abs(scale.slope(value))
    if spread <= ROUNDING * max(1.0, abs(centre)):
        return none(value, n, "no row moves the score")
    reach = float(ndtri(1 - alpha / 2)) * spread
    low, high = float(scale.back(centre - reach)), float(scale.back(centre + reach))
    on = f" on {scale.name}" if scale.name else ""
    return ScoreEstimate(value, low, high, n, f"normal{on}, by the variance of {n} rows")


def none(value: float, n: int, reason: str) -> ScoreEstimate:
    """Give a score without an interval, and say why."""
    return ScoreEstimate(value, None, None, n, f"no interval: {reason}")


def undefined(n: int, reason: str) -> ScoreEstimate:
    """Give a score that does not exist on the rows, and say why."""
    return ScoreEstimate(None, None, None, n, f"not computed: {reason}")


def _crossing(excess: Callable[[float], float], end: float, centre: float) -> float:
    if excess(end) <= 0:
        return end
    return float(brentq(excess, end, centre, xtol=1e-12))


def _bernstein_method(totals: Totals, *, of: str = "") -> str:
    limit = "" if totals.is_plain else ", if no row weighs more than the heaviest here"
    return f"empirical Bernstein bounds{of}, guaranteed{limit}"


def of_bins(
    totals: Totals, bins: Sequence[tuple[str, float, float]], n_columns: int, alpha: float
) -> ScoreEstimate:
    """Add up what the bins of a distance allow, each at its part of alpha."""
    estimate = math.fsum(abs(totals.mean(name)) for name, _, _ in bins) / n_columns
    lows, highs = [], []
    for name, least, most in bins:
        low, high = bernstein(totals, name, least, most, alpha / len(bins))
        lows.append(max(low, -high, 0.0))
        highs.append(max(-low, high))
    ends = math.fsum(lows) / n_columns, min(1.0, math.fsum(highs) / n_columns)
    method = _bernstein_method(totals, of=f" of {len(bins)} bins that share alpha")
    return ScoreEstimate(estimate, *ends, totals.n, method)
