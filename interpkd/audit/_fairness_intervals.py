"""Intervals of what compares two groups of rows: a ratio of shares, a difference of means.

Each is chosen by what the rows allow. Two shares of equal, independent rows have the score interval
of their ratio; those of weighted rows have guaranteed intervals, from which that of the ratio is
recovered; what is smooth in several means has a t interval from the part that each row plays in it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.special import ndtri, stdtrit

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray
    from interpkd.fidelity import ScoreEstimate

PART_TRUSTED = 0.5
"""Part of the degrees of freedom that is used, as in the fidelity scores: few rows show less
unevenness than there is."""

FARTHEST = 60.0
"""The logarithm of a ratio is searched for up to here."""

SCORE = "score interval of a ratio of shares (Koopman, Miettinen-Nurminen)"
PAIRED = "score interval of paired shares (Tango)"
RECOVERED = "recovered from guaranteed intervals of both weighted shares (MOVER)"
LINEAR = "infinitesimal jackknife t"


def score_interval(
    n_true: int, n_rows: int, n_true_reference: int, n_reference: int, alpha: float
) -> tuple[float, float]:
    """Give the score interval of the ratio of two independent shares.

    Koopman's [1]_, with the variance of Miettinen and Nurminen [2]_, which is larger by one part in
    the number of rows.

    Parameters
    ----------
    n_true, n_rows : int
        Rows on which the statement holds, and all rows, of the group.

    n_true_reference, n_reference : int
        The same of the group compared with; it holds on at least one row.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float
        The interval of the group's share over the other; `low` is 0 where it holds on no row.

    References
    ----------
    .. [1] P. Koopman, "Confidence intervals for the ratio of two binomial proportions",
       Biometrics 40, 1984.
    .. [2] O. Miettinen and M. Nurminen, "Comparative analysis of two rates", Statistics in
       Medicine 4, 1985.

    Examples
    --------
    >>> low, high = score_interval(36, 40, 16, 80, alpha=0.05)
    >>> print(f"{low:.2f} {high:.2f}")
    2.93 7.17
    """
    limit = float(ndtri(1 - alpha / 2))
    counts = (n_true, n_rows, n_true_reference, n_reference)
    low = 0.0 if n_true == 0 else _first_ratio(counts, -limit)
    return low, _first_ratio(counts, limit)


def _first_ratio(counts: tuple[int, int, int, int], limit: float) -> float:
    """Give the ratio from which on the shares are more standard errors below it than a limit."""
    first = _first(lambda x: _errors_below(counts, math.exp(x)) > limit, -FARTHEST, FARTHEST)
    return math.exp(first)


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Give the number from which on something holds, which it does at the upper end."""
    while high - low > 1e-12 * max(1.0, abs(low)):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _errors_below(counts: tuple[int, int, int, int], ratio: float) -> float:
    """Say how many standard errors the shares are below a ratio of theirs."""
    x, n, y, m = counts
    b = n * ratio + x + m + y * ratio
    # the reference group's most likely share if the ratio is as said
    q = 2 * (x + y) / (b + math.sqrt(max(b * b - 4 * (n + m) * ratio * (x + y), 0.0)))
    q = min(q, 1.0, 1.0 / ratio)
    variance = ratio * q * (1 - ratio * q) / n + ratio**2 * q * (1 - q) / m
    gap = ratio * y / m - x / n
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance * (n + m) / (n + m - 1))


def paired_interval(n_gained: int, n_lost: int, n_rows: int, alpha: float) -> tuple[float, float]:
    """Give the score interval of the difference of two shares of the same rows [1]_.

    Parameters
    ----------
    n_gained, n_lost : int
        Rows on which the first statement alone holds, and the second alone.

    n_rows : int
        All rows.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float
        The interval of the first share minus the second.

    References
    ----------
    .. [1] T. Tango, "Equivalence test and confidence interval for the difference in proportions for
       the paired-sample design", Statistics in Medicine 17, 1998.

    Examples
    --------
    >>> low, high = paired_interval(12, 2, 14, alpha=0.05)
    >>> print(f"{low:.3f} {high:.3f}")
    0.201 0.920
    """
    limit = float(ndtri(1 - alpha / 2))
    low = _first(lambda x: _errors_over(n_gained, n_lost, n_rows, x) < limit, -1.0, 1.0)
    return low, _first(lambda x: _errors_over(n_gained, n_lost, n_rows, x) < -limit, -1.0, 1.0)


def _errors_over(n_gained: int, n_lost: int, n_rows: int, difference: float) -> float:
    """Say how many standard errors the difference of the shares is over a stated one."""
    n, d = n_rows, difference
    b = (2 * n - n_gained + n_lost) * d - n_gained - n_lost
    root = math.sqrt(max(b * b + 8 * n * n_lost * d * (1 - d), 0.0))
    # the most likely share of lost rows if the difference is as said
    q = (root - b) / (4 * n)
    variance = n * (2 * q + d * (1 - d))
    gap = n_gained - n_lost - n * d
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def recovered_interval(share: ScoreEstimate, reference: ScoreEstimate) -> tuple[float, float]:
    """Recover the interval of a ratio of two independent shares from an interval of each.

    The method of variance estimates recovery [1]_: each end of the ratio's interval is as far from
    the ratio as the nearer ends of both shares' intervals let it be, their distances taken as those
    of independent numbers. It is as wide as the two are: wide from guaranteed ones.

    Parameters
    ----------
    share, reference : ScoreEstimate
        A share and what it is divided by, each with an interval; the latter is above 0.

    Returns
    -------
    low, high : float
        The interval of the ratio; `high` is infinite where the reference's could be 0.

    References
    ----------
    .. [1] A. Donner and G. Zou, "Closed-form confidence intervals for functions of the normal mean
       and standard deviation", Statistical Methods in Medical Research 21, 2012.
    """
    p, low_p, high_p = _three(share)
    q, low_q, high_q = _three(reference)
    product = p * q

    def end(of_p: float, of_q: float, sign: int) -> float:
        spread = product**2 - of_p * of_q * (2 * p - of_p) * (2 * q - of_q)
        divisor = of_q * (2 * q - of_q)
        if divisor <= 0:
            return math.inf if sign > 0 else 0.0
        return max((product + sign * math.sqrt(max(spread, 0.0))) / divisor, 0.0)

    return end(low_p, high_q, -1), end(high_p, low_q, 1)


def _three(share: ScoreEstimate) -> tuple[float, float, float]:
    """Give estimate, low and high as floats."""
    return share.estimate or 0.0, share.low or 0.0, share.high or 0.0


def linear_interval(
    estimate: float, parts: FloatArray, weights: FloatArray, alpha: float
) -> tuple[float | None, float | None]:
    """Give the t interval of a number from the part that each row plays in it.

    As the jackknife interval of the fidelity scores, with derivatives in place of rows left out.

    Parameters
    ----------
    estimate : float
        The number.

    parts : ndarray of shape (n_rows,)
        Its derivative to the log of each row's weight; the sum is 0.

    weights : ndarray of shape (n_rows,)
        Row weights, above 0.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float or None
        The interval; None where no row moves the number.
    """
    n = len(parts)
    squares = parts**2 * n / max(n - 1, 1)
    spread = float(squares.sum())
    if math.sqrt(spread) <= 1e-12 * max(1.0, abs(estimate)):
        return None, None
    unevenness = float((squares**2).sum()) / spread**2 - 1 / n
    of_variance = 2 / max(unevenness, 1e-12) * PART_TRUSTED
    n_equal = float(weights.sum() ** 2 / (weights**2).sum())
    degrees = max(min(of_variance, n_equal - 1), 1.0)
    reach = float(stdtrit(degrees, 1 - alpha / 2)) * math.sqrt(spread)
    return estimate - reach, estimate + reach


def parts_of_mean(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the part that each row plays in a weighted mean, shape (n_rows,)."""
    total = weights.sum()
    return weights * (values - values @ weights / total) / total
