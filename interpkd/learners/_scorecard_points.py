"""Points: an additive model on bins in whole numbers, as it is deployed."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._scorecard import ScorecardModel
    from interpkd.learners._scorecard_bins import ScorecardBins


@dataclass(frozen=True)
class PointsCard:
    """A scorecard: the points of every bin, and what a score means.

    Attributes
    ----------
    model : ScorecardModel
        The same card before rounding.

    points : list of ndarray of shape (n_bins,)
        Points of the bins of each of its columns; the lowest of a column is 0.

    base_points : int
        Points of every row.

    factor : float
        Points per unit of log odds; negative where points count for the first class.

    offset : float
        The score at even odds.
    """

    model: ScorecardModel
    points: list[IntArray]
    base_points: int
    factor: float
    offset: float

    def contributions(self, Z: FloatArray) -> IntArray:
        """Give the points of rows per column of the card, shape (n_samples, n_selected)."""
        codes = self.model.codes(Z)
        return np.stack([p[code] for p, code in zip(self.points, codes, strict=True)], axis=1)

    def scores(self, Z: FloatArray) -> IntArray:
        """Give the points of rows, shape (n_samples,)."""
        return self.base_points + self.contributions(Z).sum(axis=1)

    def log_odds(self, scores: IntArray) -> FloatArray:
        """Give the log odds of the second class at some scores."""
        return np.asarray((scores - self.offset) / self.factor, dtype=np.float64)

    def probability(self, scores: IntArray) -> FloatArray:
        """Give the probability of the second class at some scores."""
        return np.asarray(expit(self.log_odds(scores)), dtype=np.float64)


def round_to_points(
    model: ScorecardModel,
    Z: FloatArray,
    weights: FloatArray,
    *,
    pdo: float,
    base_score: float,
    base_odds: float,
    counts_for_first: bool = False,
) -> PointsCard:
    """Turn a fitted model into whole points.

    Neighbouring bins of the same points become one, and a column whose bins all have the same
    points is left out; one column always stays.

    Parameters
    ----------
    model : ScorecardModel
        The model.

    Z : ndarray of shape (n_samples, n_features)
        The rows over which the log odds of joined bins are averaged.

    weights : ndarray of shape (n_samples,)
        Their weights.

    pdo : float
        Points to double the odds.

    base_score, base_odds : float
        The score that means these odds.

    counts_for_first : bool, default=False
        Whether the odds are those of the first class, and not of the second.

    Returns
    -------
    card : PointsCard
        The card; its model has the same bins.
    """
    factor = pdo / np.log(2) * (-1 if counts_for_first else 1)
    bins, log_odds, points = [], [], []
    codes = model.codes(Z)
    for column_bins, values, code in zip(model.bins, model.log_odds, codes, strict=True):
        rounded = np.rint(factor * values).astype(np.int64)
        mass = np.bincount(code, weights, len(values))
        joined, place = _join_equal(column_bins, rounded)
        new = np.zeros(joined.n_bins)
        np.add.at(new, place, mass * values)
        total = np.bincount(place, mass, joined.n_bins)
        first = np.unique(place, return_index=True)[1]
        bins.append(joined)
        log_odds.append(np.where(total > 0, new / np.maximum(total, 1e-300), values[first]))
        points.append(rounded[first])
    kept = [i for i, value in enumerate(points) if value.min() < value.max()] or [0]
    # a column that says nothing says its one number of every row
    dropped = sum(int(value[0]) for i, value in enumerate(points) if i not in kept)
    dropped_odds = sum(float(value[0]) for i, value in enumerate(log_odds) if i not in kept)
    shifts = [int(points[i].min()) for i in kept]
    offset = base_score - pdo / np.log(2) * np.log(base_odds)
    base = int(np.rint(offset + factor * model.intercept)) + dropped + sum(shifts)
    rounded_model = replace(
        model,
        columns=model.columns[kept],
        bins=[bins[i] for i in kept],
        log_odds=[log_odds[i] for i in kept],
        intercept=model.intercept + dropped_odds,
    )
    return PointsCard(
        rounded_model,
        [points[i] - shift for i, shift in zip(kept, shifts, strict=True)],
        base,
        float(factor),
        float(offset),
    )


def _join_equal(bins: ScorecardBins, points: IntArray) -> tuple[ScorecardBins, NDArray[np.intp]]:
    """Join neighbouring known bins of the same points; give the new place of every bin."""
    n = bins.n_known
    place = np.arange(len(points))
    is_same = points[1:n] == points[: n - 1]
    place[1:n] -= np.cumsum(is_same)
    place[n:] -= int(is_same.sum())
    if bins.groups is not None:
        return replace(bins, groups=place[bins.groups]), place
    return replace(bins, cuts=bins.cuts[~is_same]), place
