"""Population stability index, beside what chance alone makes of it in so few rows.

With no drift the index of n baseline rows and m later ones is not 0: times nm / (n + m) it is
nearly chi-square with one degree of freedom fewer than there are bins (B. Yurdakul and J. Naranjo,
"Statistical properties of the population stability index", Journal of Risk Model Validation 14(4),
2020). So few rows alarm for nothing. Here the index is compared with what it is when all rows are
put together and dealt out again, which holds for few rows too.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import betabinom, chi2, hypergeom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray

N_DEALS = 999
"""How often rows are dealt out again; more often where a p-value has to be smaller."""

SEED = 0
"""Seed of the deals: the same counts give the same p-value."""


@dataclass(frozen=True)
class Counts:
    """Rows of baseline and of later rows in the same bins.

    Attributes
    ----------
    n : ndarray of shape (n_bins,)
        Rows.

    share : ndarray of shape (n_bins,)
        Shares of their weight.

    n_effective : float
        How many equal rows say as much.

    weighted : bool
        Whether rows have different weights.
    """

    n: IntArray
    share: FloatArray
    n_effective: float
    weighted: bool = False


@dataclass(frozen=True)
class Drift:
    """An index, and what chance makes of it.

    Attributes
    ----------
    psi : float
        The population stability index.

    expected : float
        Its mean without drift, about.

    by_chance : float
        What chance exceeds with probability alpha only.

    p_value : float
        How often chance makes it as large.

    method : str
        How that was found.
    """

    psi: float
    expected: float
    by_chance: float
    p_value: float
    method: str


def stability_index(
    baseline: FloatArray, later: FloatArray, n_baseline: float, n_later: float
) -> FloatArray:
    """Give the population stability index: the sum of (q - p) ln(q / p) over the bins.

    Parameters
    ----------
    baseline, later : ndarray of shape (..., n_bins)
        Shares p and q. An empty bin counts as half a row, as the logarithm of 0 is infinite; one
        that is empty on both sides does not count.

    n_baseline, n_later : float
        Rows, of which half a one is taken.

    Returns
    -------
    psi : ndarray of shape (...)
        At least 0.
    """
    p = np.where(baseline > 0, baseline, 0.5 / n_baseline)
    q = np.where(later > 0, later, 0.5 / n_later)
    terms = (q - p) * np.log(q / p)
    return np.where((baseline > 0) | (later > 0), terms, 0.0).sum(axis=-1)


def measure_drift(
    baseline: Counts, later: Counts, *, alpha: float, n_tests: int, worth_it: float
) -> Drift:
    """Compare the index of two samples with chance.

    Parameters
    ----------
    baseline, later : Counts
        The samples.

    alpha : float
        Probability of what `by_chance` holds.

    n_tests : int
        How many such questions are asked at once.

    worth_it : float
        An index from which on the p-value must be exact enough for so many tests.

    Returns
    -------
    drift : Drift
        The index with its reference: for plain rows the rows dealt out again, for weighted ones
        the chi-square distribution at the effective number of rows.
    """
    n, m = baseline.n_effective, later.n_effective
    psi = float(stability_index(baseline.share, later.share, n, m))
    pooled = baseline.n + later.n
    degrees, unit = int((pooled > 0).sum()) - 1, 1 / n + 1 / m
    if degrees < 1:
        return Drift(psi, 0.0, 0.0, 1.0, "one bin holds all rows")
    if baseline.weighted or later.weighted:
        level = float(chi2.ppf(1 - alpha, degrees)) * unit
        p_value = float(chi2.sf(psi / unit, degrees))
        return Drift(psi, degrees * unit, level, p_value, "chi-square, effective rows")
    n_deals = N_DEALS if psi < worth_it else enough_deals(n_tests, alpha)
    dealt = deal(pooled, int(later.n.sum()), n_deals)
    chance = stability_index((pooled - dealt) / baseline.n.sum(), dealt / later.n.sum(), n, m)
    p_value = _share_as_large(chance, psi)
    level = float(np.quantile(chance, 1 - alpha, method="higher"))
    return Drift(psi, degrees * unit, level, p_value, f"{n_deals} deals of all rows")


def deal(pooled: IntArray, n_later: int, n_deals: int) -> IntArray:
    """Deal all rows out again: counts of the later ones by bin, shape (n_deals, n_bins)."""
    rng = np.random.default_rng(SEED)
    return rng.multivariate_hypergeometric(pooled, n_later, size=n_deals)


def enough_deals(n_tests: int, alpha: float) -> int:
    """Give how many deals make a p-value small enough for so many tests at once."""
    return max(N_DEALS, math.ceil(4 * n_tests / alpha) - 1)


def chance_of_more(n_baseline: int, k_baseline: int, n_later: int, k_later: int) -> float:
    """Give the p-value of a share that rose: Fisher's exact test, one-sided."""
    total, marked = n_baseline + n_later, k_baseline + k_later
    return float(hypergeom.sf(k_later - 1, total, marked, n_later))


def chance_outside(n_baseline: int, n_later: int, k_later: int) -> float:
    """Give the p-value of k later values outside the range of n earlier ones.

    The share of a population outside the range of n of its values is Beta(2, n - 1) where no two
    are the same, and smaller otherwise.
    """
    if k_later == 0 or n_baseline < 2:
        return 1.0
    return float(betabinom.sf(k_later - 1, n_later, 2, n_baseline - 1))


def chance_of_unseen(
    baseline: IntArray, unseen: Sequence[int], n_later: Sequence[int], *, n_tests: int, alpha: float
) -> float:
    """Give the p-value of later rows in categories that no baseline row has.

    Parameters
    ----------
    baseline : ndarray of shape (n_categories,)
        Baseline rows by known category.

    unseen : sequence of int
        Later rows by category that the baseline has not.

    n_later : sequence of int
        Later rows in each known category.

    n_tests : int
        How many such questions are asked at once.

    alpha : float
        Their level.

    Returns
    -------
    p_value : float
        How often, when all rows are dealt out again, as many later rows are in categories of
        which no row is dealt to the baseline.
    """
    found = sum(unseen)
    if not found:
        return 1.0
    pooled = np.concatenate([baseline + np.asarray(n_later), np.asarray(unseen)]).astype(np.int64)
    dealt = deal(pooled, sum(n_later) + found, enough_deals(n_tests, alpha))
    alone = np.where(dealt == pooled, dealt, 0).sum(axis=1)
    return _share_as_large(alone, found)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of questions that are asked at once (S. Holm, 1979)."""
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values)[order] * (n - np.arange(n))
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if n else steps
    return [float(one) for one in adjusted]


def _share_as_large(chance: FloatArray | IntArray, value: float) -> float:
    as_large = int((chance >= value - 1e-12).sum())
    return (1 + as_large) / (1 + len(chance))
