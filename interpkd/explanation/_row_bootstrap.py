"""Bootstrap intervals over rows, for any figure that can be had from row weights."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray

NUMBERS_AT_ONCE = 4_000_000
"""About how many weights are held at once."""

LEAST_ROWS = 100
"""With 50, the upper end for a rank correlation was seen to cover 93.6 % instead of 95 %."""


def bca_interval(
    statistic: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    alpha: float,
    n_resamples: int,
    seed: int,
) -> tuple[float, float] | str:
    """Compute a bias-corrected and accelerated bootstrap interval (Efron 1987).

    Parameters
    ----------
    statistic : callable
        Gives figures of shape (m,) to weights of shape (m, n); NaN where there is none.

    n : int
        Rows.

    alpha : float
        One minus the confidence.

    n_resamples : int
        Bootstrap samples.

    seed : int
        Their seed.

    Returns
    -------
    interval : (low, high) or str
        Or the reason, in words, why there is none.
    """
    if n < LEAST_ROWS:
        return f"fewer than {LEAST_ROWS} rows"
    rng = np.random.default_rng(seed)
    step = max(1, NUMBERS_AT_ONCE // n)
    chance = np.full(n, 1 / n)
    found = np.concatenate(
        [
            statistic(rng.multinomial(n, chance, size=min(step, n_resamples - at)).astype(float))
            for at in range(0, n_resamples, step)
        ]
    )
    found = np.sort(found[~np.isnan(found)])
    if len(found) < n_resamples / 2:
        return "most bootstrap samples have no value"
    estimate = float(statistic(np.ones((1, n)))[0])
    below = ((found < estimate).sum() + 0.5 * (found == estimate).sum()) / len(found)
    if found[0] == found[-1] or not 0 < below < 1:
        return float(min(found[0], estimate)), float(max(found[-1], estimate))
    bias, acceleration = ndtri(below), _acceleration(statistic, n, step)
    z = bias + ndtri(np.array([alpha / 2, 1 - alpha / 2]))
    levels = ndtr(bias + z / (1 - acceleration * z))
    low, high = np.quantile(found, levels)
    return float(low), float(high)


def _acceleration(statistic: Callable[[FloatArray], FloatArray], n: int, step: int) -> float:
    """Estimate the acceleration by leaving out one row at a time."""
    parts = []
    for at in range(0, n, step):
        rows = np.arange(at, min(at + step, n))
        weights = np.ones((len(rows), n))
        weights[np.arange(len(rows)), rows] = 0
        parts.append(statistic(weights))
    left = np.concatenate(parts)
    away = np.nanmean(left) - left[~np.isnan(left)]
    square = float((away**2).sum())
    return 0.0 if square == 0 else float((away**3).sum()) / (6 * square**1.5)
