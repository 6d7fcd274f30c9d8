"""Guaranteed bounds of a mean of bounded numbers, by betting against it.

A gambler bets, number by number, that the mean is above m. If the mean is m the bets are fair, and
by Ville's inequality the wealth ever reaches 1 / alpha with probability at most alpha. Every m
against which it does is ruled out. No number of rows is too small for this, and no shape of their
distribution too skewed: all that is used are the bounds.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from interpkd._digits import leading_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

SEED = 20240212
"""Part of the seed of the order in which numbers are betted on; the rest is what they sum to."""

SORTED_DIGITS = 9
"""Leading digits that count where numbers are sorted or make a seed: not rounding errors."""

MOST_STAKED = 0.9
"""Largest share of the wealth that one bet may lose."""

PRIOR_VARIANCE = 0.01
"""What one imagined number adds to the variance that sizes the bets, on the scale of [0, 1]."""

PRECISION = 1e-8
"""How closely a bound is searched for, as a part of the range; it is given on the safe side."""


def betting_bound(
    values: FloatArray, weights: FloatArray, *, lowest: float, highest: float, alpha: float
) -> float:
    """Give a lower bound of a weighted mean that holds with probability at least ``1 - alpha``.

    The predictable plug-in bets of Waudby-Smith and Ramdas [1]_ for a known number of rows. What
    is bounded is the ratio of the expected weighted number to the expected weight of one row; a bet
    on a row is scaled down to its weight, and a row of weight zero is not betted on. The wealth
    falls as m rises, so the values ruled out are all those below the bound.

    Parameters
    ----------
    values : ndarray of shape (n_units,)
        Independent numbers, in an order that does not depend on them.

    weights : ndarray of shape (n_units,)
        Their weights, at least 0, none above the largest one here. (Equal ones if in doubt.)

    lowest, highest : float
        Bounds that each number obeys.

    alpha : float
        One minus the confidence of this one bound.

    Returns
    -------
    low : float
        The bound, `lowest` where nothing can be ruled out.

    References
    ----------
    .. [1] I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by
       betting", Journal of the Royal Statistical Society B 86, 2024, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).uniform(size=500)
    >>> low = betting_bound(x, np.ones(500), lowest=0, highest=1, alpha=0.05)
    >>> bool(low < 0.5 and x.mean() - low < 0.05)
    True
    """
    x = (values - lowest) / (highest - lowest)
    a = weights / weights.max()
    bets = _bets(x, a, alpha)
    wanted = np.log(1 / alpha)

    def surplus(m: float) -> float:
        stakes = np.minimum(bets, MOST_STAKED / m)  # a row may lose its weight times m
        return float(np.cumsum(np.log1p(stakes * a * (x - m))).max() - wanted)

    if surplus(PRECISION) <= 0:
        return lowest
    root = brentq(surplus, PRECISION, 1.0, xtol=PRECISION)
    return lowest + (highest - lowest) * max(root - 2 * PRECISION, 0.0)


def betting_interval(
    values: FloatArray,
    weights: FloatArray,
    *,
    lowest: float,
    highest: float,
    alpha: float,
    order: NDArray[np.intp] | None = None,
) -> tuple[float, float]:
    """Give both bounds of a weighted mean, each at half of alpha.

    Parameters
    ----------
    values, weights, lowest, highest, alpha
        As in :func:`betting_bound`, in any order.

    order : ndarray of shape (n_units,) or None, default=None
        The order to bet in; None for :func:`betting_order`.

    Returns
    -------
    low, high : float
        The interval; it covers with probability at least ``1 - alpha``.

    Examples
    --------
    >>> import numpy as np
    >>> low, high = betting_interval(np.zeros(40), np.ones(40), lowest=0, highest=1, alpha=0.05)
    >>> print(f"{low:g} {high:.3f}")
    0 0.097
    """
    order = betting_order(values, weights) if order is None else order
    x, w = values[order], weights[order]
    low = betting_bound(x, w, lowest=lowest, highest=highest, alpha=alpha / 2)
    high = -betting_bound(-x, w, lowest=-highest, highest=-lowest, alpha=alpha / 2)
    return low, high


def betting_order(values: FloatArray, weights: FloatArray) -> NDArray[np.intp]:
    """Draw the order to bet in: random, and the same for the same rows in any order.

    The rows are sorted and then shuffled with a seed made of their number and sums, so that each
    data set has an order of its own that nobody chose.

    Parameters
    ----------
    values, weights : ndarray of shape (n_units,)
        What is betted on.

    Returns
    -------
    order : ndarray of shape (n_units,)
        Positions.
    """
    shares = weights / weights.max()
    facts = [leading_digits(part, SORTED_DIGITS) for part in (values, shares)]
    ordered = np.argsort(facts[0]) if shares.min() == 1 else np.lexsort(facts[::-1])
    sums = np.array([shares.sum(), shares @ values, shares @ values**2])
    mantissa = np.round(np.abs(np.frexp(sums)[0]) * 10**SORTED_DIGITS).astype(int)
    rng = np.random.default_rng([SEED, len(values), *mantissa.tolist()])
    return ordered[rng.permutation(len(values))]


def _bets(x: FloatArray, a: FloatArray, alpha: float) -> FloatArray:
    """Size each bet by the numbers before it: the best constant bet at their variance."""
    n = len(x)
    mean = (a.mean() / 2 + np.cumsum(a * x)) / (a.mean() + np.cumsum(a))
    squares = np.cumsum((a * (x - mean)) ** 2)
    variance = (PRIOR_VARIANCE + np.concatenate([[0.0], squares[:-1]])) / np.arange(1, n + 1)
    return np.sqrt(2 * np.log(1 / alpha) / (n * variance))
