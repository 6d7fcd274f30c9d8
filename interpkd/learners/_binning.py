"""Binning: every value becomes a small code, every split a boundary between codes.

Codes keep the order of the values, so a tree on codes is a tree on values. A feature with few
different values loses nothing: each value has its own code, and the thresholds are the middles
between neighbours. A feature with many gets quantiles.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

MAX_BINS = 255
"""Bins of a feature in `uint8`; code 255 is a missing value."""

EXACT_VALUES = 4096
"""Up to so many different values of a feature each keeps its own code, in `uint16`."""

SAMPLE_ROWS = 200_000
"""Quantiles of larger data come from a sample of so many rows."""


@dataclass(frozen=True)
class Binned:
    """Rows as codes.

    Attributes
    ----------
    codes : ndarray of uint8 or uint16 of shape (n_samples, n_features)
        The bin of each value; `missing` for NaN.

    thresholds : tuple of ndarray
        Per feature, rising: a value has code ``c`` when ``thresholds[c - 1] < value <=
        thresholds[c]``.

    missing : int
        The code of a missing value.

    values : tuple of ndarray or None
        Per feature, the value of each code, where each code is one value.
    """

    codes: NDArray[Any]
    thresholds: tuple[FloatArray, ...]
    missing: int
    values: tuple[FloatArray, ...] | None = None

    @property
    def n_bins(self) -> NDArray[np.int64]:
        """Number of bins of each feature, the missing one left out, shape (n_features,)."""
        return np.array([len(t) + 1 for t in self.thresholds], dtype=np.int64)


def bin_rows(Z: FloatArray, weights: FloatArray | None = None) -> Binned:
    """Turn rows into codes.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights; a row of weight two counts twice in quantiles. None for one each.

    Returns
    -------
    binned : Binned
        The codes and what they stand for: without loss if no feature has more than `EXACT_VALUES`
        different values, else at most `MAX_BINS` codes of about equal weight a feature.
    """
    if len(Z) <= SAMPLE_ROWS:
        values = tuple(distinct_values(Z[:, j]) for j in range(Z.shape[1]))
        if max(len(v) for v in values) <= EXACT_VALUES:
            thresholds = tuple(between(v[:-1], v[1:]) for v in values)
            return replace(code_rows(Z, thresholds), values=values)
    sample, sample_weights = Z, weights
    if len(Z) > SAMPLE_ROWS:
        rows = np.sort(np.random.default_rng(0).choice(len(Z), SAMPLE_ROWS, replace=False))
        sample = Z[rows]
        sample_weights = None if weights is None else weights[rows]
    return code_rows(
        Z, tuple(quantile_thresholds(sample[:, j], sample_weights) for j in range(Z.shape[1]))
    )


def code_rows(Z: FloatArray, thresholds: Sequence[FloatArray]) -> Binned:
    """Turn rows into codes of given thresholds."""
    from interpkd.learners._kernels import code_values

    counts = np.array([len(t) for t in thresholds], dtype=np.int64)
    powers = 2 ** np.ceil(np.log2(counts + 1)).astype(np.int64)  # above the number of thresholds
    table = np.full((len(thresholds), int(powers.max())), np.inf)
    for j, t in enumerate(thresholds):
        table[j, : len(t)] = t
    is_small = counts.max() < MAX_BINS
    missing = MAX_BINS if is_small else int(counts.max()) + 1
    codes = np.empty(Z.shape, dtype=np.uint8 if is_small else np.uint16)
    code_values(Z, table, powers // 2, missing, codes)
    return Binned(codes, tuple(thresholds), missing)


def distinct_values(values: FloatArray) -> FloatArray:
    """Give the different values of a feature, rising; equal in float32 is equal."""
    known = np.sort(values[~np.isnan(values)])
    as_float32 = known.astype(np.float32)
    is_new = np.ones(len(known), dtype=bool)
    is_new[1:] = as_float32[1:] > as_float32[:-1]
    return known[is_new]


def quantile_thresholds(values: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Choose at most ``MAX_BINS - 1`` thresholds of a feature, at weighted quantiles.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Values; NaN is left out.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights; None for one each.

    Returns
    -------
    thresholds : ndarray
        Rising, each between two neighbouring values.
    """
    is_known = ~np.isnan(values)
    order = np.argsort(values[is_known], kind="stable")
    known = values[is_known][order]
    as_float32 = known.astype(np.float32)
    steps = np.flatnonzero(as_float32[1:] > as_float32[:-1])  # last row of each value but the last
    if len(steps) >= MAX_BINS:
        w = np.ones(len(known)) if weights is None else weights[is_known][order]
        below = np.cumsum(w)[steps]  # weight at most as large as each value
        wanted = w.sum() * np.arange(1, MAX_BINS) / MAX_BINS
        # half a row of slack: sums of weights are exact up to rounding only
        at = np.searchsorted(below, wanted - 1e-9 * w.sum())
        steps = np.unique(steps[np.minimum(at, len(steps) - 1)])
    return between(known[steps], known[steps + 1])


def between(low: FloatArray, high: FloatArray) -> FloatArray:
    """Give a threshold half-way between two values, in few digits where these tell them apart.

    The middle of 16.78 and 16.81 in float32 reads 16.795000076293945, in every rule of every
    report. Twelve digits of the true middle send both values to the same sides.
    """
    middle = low / 2 + high / 2
    rounded = np.array([float(f"{value:.12g}") for value in middle], dtype=np.float64)
    low32 = low.astype(np.float32).astype(np.float64)
    high32 = high.astype(np.float32).astype(np.float64)
    works = (np.maximum(low, low32) <= rounded) & (rounded < np.minimum(high, high32))
    return np.where(works, rounded, low32 / 2 + high32 / 2)
