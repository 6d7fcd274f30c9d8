"""The interval of an area under the ROC curve of independent, equal rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

if TYPE_CHECKING:
    from collections.abc import Callable

NEARLY = 1e-12
"""Ends of the range, and the area itself, are approached up to this."""


def area_interval(area: float, n_positive: int, n_other: int, alpha: float) -> tuple[float, float]:
    """Give Newcombe's pseudo-score interval of an area under the ROC curve.

    All areas are kept from which the observed one is no further away than their own standard
    error times the normal quantile ([1]_, method 5). The variance of an area is Hanley and
    McNeil's ([2]_, for exponential scores) with the mean number of rows in place of either. It stays
    within [0, 1], and says something even where no pair is out of order.

    Parameters
    ----------
    area : float
        The observed area.

    n_positive, n_other : int
        Rows of each kind, at least one.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float
        The interval.

    References
    ----------
    .. [1] R. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney
       statistic. Part 2", Statistics in Medicine 25, 2006.
    .. [2] J. Hanley and B. McNeil, "The meaning and use of the area under a ROC curve", Radiology
       143, 1982.

    Examples
    --------
    >>> low, high = area_interval(0.98, 50, 90, alpha=0.05)
    >>> print(f"{low:.3f} {high:.3f}")
    0.935 0.994
    """
    z = float(ndtri(1 - alpha / 2))
    half = (n_positive + n_other) / 2

    def excess(true: float) -> float:
        """Give by how much the square of the distance is larger than it may be."""
        spread = 1 + (half - 1) * ((1 - true) / (2 - true) + true / (1 + true))
        variance = true * (1 - true) / (n_positive * n_other) * spread
        return (area - true) ** 2 - z**2 * variance

    return _root(excess, 0.0, area), _root(excess, 1.0, area)


def _root(excess: Callable[[float], float], end: float, area: float) -> float:
    """Find where the distance becomes too large between the area and an end of the range."""
    outer = np.clip(end, NEARLY, 1 - NEARLY)
    inner = np.clip(area, NEARLY, 1 - NEARLY)
    if abs(outer - inner) <= NEARLY or excess(outer) <= 0:
        return end
    return float(brentq(excess, outer, inner, xtol=NEARLY))
