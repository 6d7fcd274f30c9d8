"""Bins of a column or score: made once from the baseline rows, counted again in later ones.

A bin is a plain dictionary, so that it can stand in a report: a range (low, high] of numbers, a
category, "missing", or "unseen" for categories that the student does not know.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray

N_BINS = 10
"""Quantile bins of a column of numbers, the number that practice has settled on; a column with no
more different values has a bin for each."""

SAME = 1e-9
"""Scores closer than this part of their range are the same: another processor may round them apart."""


def number_bins(
    values: FloatArray, weights: FloatArray, *, same: float = 0.0
) -> list[dict[str, Any]]:
    """Make bins of numbers: about equal shares of the rows, and a bin for missing values.

    Cuts lie half-way between two values that occur. A value that alone has a tenth of the rows, such
    as a code for "unknown", has a bin to itself.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Numbers, NaN where one is missing.

    weights : ndarray of shape (n_samples,)
        Row weights.

    same : float, default=0.0
        Part of the range below which two values are the same.

    Returns
    -------
    bins : list of dict
        Ranges from low to high, then the missing values; without counts.
    """
    is_known = ~np.isnan(values)
    cuts = _cuts(values[is_known], weights[is_known], same)
    ends = [None, *cuts, None]
    ranges = [{"kind": "range", "low": low, "high": high} for low, high in itertools.pairwise(ends)]
    return [*ranges, {"kind": "missing"}]


def category_bins(known: Iterable[Any], *, is_open: bool = True) -> list[dict[str, Any]]:
    """Make a bin for each known category; open ones also for missing and for unseen values."""
    bins = [{"kind": "category", "category": plain(one)} for one in known]
    return [*bins, {"kind": "missing"}, {"kind": "unseen"}] if is_open else bins


def place(values: NDArray[Any], bins: Sequence[dict[str, Any]]) -> IntArray:
    """Give the position of each value's bin.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Numbers with NaN, or objects with None, for missing ones.

    bins : sequence of dict
        The bins.

    Returns
    -------
    positions : ndarray of shape (n_samples,)
        Integers in [0, n_bins).
    """
    position = {one["kind"]: i for i, one in enumerate(bins)}
    if bins[0]["kind"] == "range":
        numbers = np.asarray(values, dtype=np.float64)
        cuts = [one["high"] for one in bins if one["kind"] == "range"][:-1]
        found = np.searchsorted(np.asarray(cuts, dtype=np.float64), numbers, side="left")
        return np.where(np.isnan(numbers), position.get("missing", 0), found).astype(np.int64)
    known = {one["category"]: i for i, one in enumerate(bins) if one["kind"] == "category"}
    known[None], unseen = position.get("missing", 0), position.get("unseen", 0)
    # one look-up per different value, not per row
    codes, different = _factorize(values)
    return np.array([known.get(one, unseen) for one in different], dtype=np.int64)[codes]


def count(positions: IntArray, weights: FloatArray, n_bins: int) -> tuple[IntArray, FloatArray]:
    """Give the rows in each bin, and their share of the weight."""
    rows = np.bincount(positions[weights > 0], minlength=n_bins)
    weight = np.bincount(positions, weights=weights, minlength=n_bins)
    return rows.astype(np.int64), weight / weight.sum()


def filled(
    bins: list[dict[str, Any]], values: NDArray[Any], weights: FloatArray
) -> list[dict[str, Any]]:
    """Give the bins with the rows in each, "n", and their share of the weight, "share"."""
    rows, shares = count(place(values, bins), weights, len(bins))
    return [
        {**one, "n": int(n), "share": float(share)}
        for one, n, share in zip(bins, rows, shares, strict=True)
    ]


def n_effective(weights: FloatArray) -> float:
    """Give how many equal rows say as much: the squared sum of the weights by that of squares."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def bin_text(one: dict[str, Any]) -> str:
    """Say a bin in words."""
    if one["kind"] == "category":
        return str(one["category"])
    if one["kind"] != "range":
        return str(one["kind"])
    low, high = one["low"], one["high"]
    if low is None:
        return "any number" if high is None else f"≤ {high:.6g}"
    return f"> {low:.6g}" if high is None else f"> {low:.6g} to {high:.6g}"


def _factorize(values: NDArray[Any]) -> tuple[IntArray, list[Any]]:
    """Give the position of each value among the different ones, which are plain; None last."""
    import pandas as pd

    codes, different = pd.factorize(values)  # a missing value has the code -1, the last one
    return codes, [*(plain(one) for one in different.tolist()), None]


def _cuts(values: FloatArray, weights: FloatArray, same: float) -> list[float]:
    if not len(values):
        return []
    levels, inverse = np.unique(values, return_inverse=True)
    mass = np.bincount(inverse, weights=weights)
    if len(levels) <= N_BINS:
        last = np.arange(len(levels) - 1)
    else:
        cumulated = np.cumsum(mass) / mass.sum()
        # a hair below, or rounding would push a quantile to the next value
        steps = np.arange(1, N_BINS) / N_BINS - 1e-12
        ends = np.searchsorted(cumulated, steps)
        heavy = np.flatnonzero(mass >= mass.sum() / N_BINS)
        last = np.unique([*ends, *heavy, *(heavy - 1)]).astype(np.int64)
        last = last[(last >= 0) & (last < len(levels) - 1)]
    low, high = levels[last], levels[last + 1]
    middle = low / 2 + high / 2
    # between neighbouring floats there is no middle, and none beside infinity
    cuts = np.where((middle > low) & (middle < high), middle, low)
    if same:
        cuts = cuts[high - low > same * (levels[-1] - levels[0])]
    return [float(one) for one in cuts[np.isfinite(cuts)]]
