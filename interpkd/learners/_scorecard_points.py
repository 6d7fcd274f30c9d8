"""Points: an additive model on bins in whole numbers, as it is deployed."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from interpkd._tables import row_blocks
from interpkd.learners._scorecard_bins import NEARLY

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        """Give the points of rows per column of the card.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows; NaN is missing.

        Returns
        -------
        points : ndarray of shape (n_samples, n_selected)
            Points of each column.
        """
        codes = self.model.codes(Z)
        return np.stack([p[code] for p, code in zip(self.points, codes, strict=True)], axis=1)

    def scores(self, Z: FloatArray) -> IntArray:
        """Give the points of rows.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows; NaN is missing.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Points, the base points included.
        """
        from interpkd.learners._points_kernels import add_steps  # loads numba

        parts = list(zip(self.model.columns, self.model.bins, self.points, strict=True))
        first, steps = make_steps([part for part in parts if part[1].groups is None])
        scores = np.full(len(Z), self.base_points + first, dtype=np.int64)
        levels = [part for part in parts if part[1].groups is not None]
        for rows in row_blocks(len(Z)):
            # doubles in rows, whatever the matrix is: the loop is compiled for those
            block, own = np.ascontiguousarray(Z[rows], dtype=np.float64), scores[rows]
            add_steps(block, *steps, own)
            for column, bins, points in levels:
                own += points[bins.codes(block[:, column])]
        return scores

    def log_odds(self, scores: IntArray) -> FloatArray:
        """Give the log odds of the second class at some scores.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,)
            Points.

        Returns
        -------
        log_odds : ndarray of shape (n_samples,)
            Natural logarithms of the odds.
        """
        return np.asarray((scores - self.offset) / self.factor, dtype=np.float64)

    def probability(self, scores: IntArray) -> FloatArray:
        """Give the probability of the second class at some scores.

        Parameters
        ----------
        scores : ndarray of shape (n_samples,)
            Points.

        Returns
        -------
        probability : ndarray of shape (n_samples,)
            Probabilities.
        """
        return np.asarray(expit(self.log_odds(scores)), dtype=np.float64)

    def cost_of_rounding(
        self, Z: FloatArray, p: FloatArray, weights: FloatArray, temperature: float
    ) -> tuple[float, float]:
        """Compare the card with itself before rounding.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows.

        p : ndarray of shape (n_samples,)
            Soft targets: probabilities of the second class.

        weights : ndarray of shape (n_samples,)
            Row weights.

        temperature : float
            That of the targets.

        Returns
        -------
        loss : float
            Mean log loss of the card minus that of its model, on the scale of the targets.

        change : float
            The largest change of a probability.
        """
        loss, change = self.changes(self.model.decision_function(Z), self.scores(Z), p, temperature)
        return float(np.average(loss, weights=weights)), float(change.max())

    def changes(
        self, exact: FloatArray, scores: IntArray, p: FloatArray, temperature: float
    ) -> tuple[FloatArray, FloatArray]:
        """Compare scores with log odds before rounding.

        Parameters
        ----------
        exact : ndarray of shape (n_samples,)
            Log odds before rounding.

        scores : ndarray of shape (n_samples,)
            Points.

        p : ndarray of shape (n_samples,)
            Soft targets: probabilities of the second class.

        temperature : float
            That of the targets.

        Returns
        -------
        loss, change : ndarray of shape (n_samples,)
            By how much the log loss is higher, and the size of the change of the probability.
        """
        rounded = self.log_odds(scores)
        loss = _log_loss(rounded / temperature, p) - _log_loss(exact / temperature, p)
        return loss, np.abs(expit(rounded) - expit(exact))


def make_steps(
    parts: Sequence[tuple[int, ScorecardBins, IntArray]],
) -> tuple[int, tuple[IntArray, IntArray, FloatArray, IntArray, IntArray]]:
    """Write the points of columns of numbers as steps.

    Parameters
    ----------
    parts : sequence of (column, bins, points)
        Columns of numbers, the points in the order of the bins.

    Returns
    -------
    first : int
        The points of a row that is below all cuts.

    steps : tuple of (columns, starts, cuts, rises, at_missing)
        What other rows have more, as `add_steps` takes it.
    """
    first, starts, missing = 0, [0], []
    cuts: list[FloatArray] = [np.zeros(0)]
    rises: list[IntArray] = [np.zeros(0, dtype=np.int64)]
    for _, bins, points in parts:
        known = points[: bins.n_known]
        first += int(known[0])
        # a special value passes cuts too: what that adds is taken off again
        passed = known[np.searchsorted(bins.cuts, bins.special)]
        cuts += [bins.cuts, bins.special]
        rises += [np.diff(known), points[bins.n_known : -1] - passed]
        starts += [starts[-1] + len(bins.cuts), starts[-1] + len(bins.cuts) + len(bins.special)]
        missing.append(int(points[-1] - known[0]))
    columns = np.array([column for column, _, _ in parts], dtype=np.int64)
    ends, at_missing = np.array(starts, dtype=np.int64), np.array(missing, dtype=np.int64)
    return first, (columns, ends, np.concatenate(cuts), np.concatenate(rises), at_missing)


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

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_scorecard, round_to_points
    >>> Z, w = np.arange(100.0)[:, None], np.ones(100)
    >>> model = fit_scorecard(Z, np.where(Z[:, 0] < 30, 0.2, 0.8), w, mean_cuts=1)
    >>> card = round_to_points(model, Z, w, pdo=20, base_score=600, base_odds=50)
    >>> int(card.points[0][1] - card.points[0][0])  # odds 16 times as high: 4 times 20 points
    80
    """
    masses = [
        _mass(code, weights, len(values))
        for values, code in zip(model.log_odds, model.codes(Z), strict=True)
    ]
    return points_of_masses(
        model,
        masses,
        pdo=pdo,
        base_score=base_score,
        base_odds=base_odds,
        counts_for_first=counts_for_first,
    )


def points_of_masses(
    model: ScorecardModel,
    masses: Sequence[FloatArray],
    *,
    pdo: float,
    base_score: float,
    base_odds: float,
    counts_for_first: bool = False,
) -> PointsCard:
    """Turn a fitted model into whole points, the weight of each bin being known.

    Parameters
    ----------
    model : ScorecardModel
        The model.

    masses : sequence of ndarray of shape (n_bins,)
        Per column of the model, the weight of the rows in each bin.

    pdo : float
        As of `round_to_points`.

    base_score, base_odds : float
        As of `round_to_points`.

    counts_for_first : bool, default=False
        As of `round_to_points`.

    Returns
    -------
    card : PointsCard
        As of `round_to_points`.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_scorecard, points_of_masses
    >>> Z, w = np.arange(100.0)[:, None], np.ones(100)
    >>> model = fit_scorecard(Z, np.where(Z[:, 0] < 30, 0.2, 0.8), w, mean_cuts=1)
    >>> masses = [np.bincount(model.codes(Z)[0], minlength=len(model.log_odds[0])).astype(float)]
    >>> card = points_of_masses(model, masses, pdo=20, base_score=600, base_odds=50)
    >>> int(card.points[0][1] - card.points[0][0])
    80
    """
    factor = pdo / np.log(2) * (-1 if counts_for_first else 1)
    rounded = [
        _round_column(column_bins, values, factor, mass)
        for column_bins, values, mass in zip(model.bins, model.log_odds, masses, strict=True)
    ]
    bins, log_odds, points = (list(part) for part in zip(*rounded, strict=True))
    kept = [i for i, value in enumerate(points) if value.min() < value.max()] or [0]
    # a column that says nothing says its one number of every row
    dropped = sum(int(value[0]) for i, value in enumerate(points) if i not in kept)
    dropped_odds = sum(float(value[0]) for i, value in enumerate(log_odds) if i not in kept)
    shifts = [int(points[i].min()) for i in kept]
    offset = _whole_if_nearly(base_score - pdo / np.log(2) * np.log(base_odds))
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


def _whole_if_nearly(offset: float) -> float:
    """Give the score at even odds without what rounding made of a whole number: a score may hit it."""
    whole = float(np.rint(offset))
    return whole if abs(offset - whole) < NEARLY * max(1.0, abs(whole)) else float(offset)


def _mass(code: NDArray[np.int16], weights: FloatArray, n_bins: int) -> FloatArray:
    return np.asarray(np.bincount(code, weights, n_bins), dtype=np.float64)


def _log_loss(log_odds: FloatArray, p: FloatArray) -> FloatArray:
    return np.asarray(np.logaddexp(0, log_odds) - p * log_odds, dtype=np.float64)


def _round_column(
    bins: ScorecardBins, values: FloatArray, factor: float, mass: FloatArray
) -> tuple[ScorecardBins, FloatArray, IntArray]:
    """Give the bins of a column that differ in points, their mean log odds, and their points."""
    points = np.rint(factor * values).astype(np.int64)
    joined, place = _join_equal(bins, points)
    first = np.unique(place, return_index=True)[1]
    total = np.bincount(place, mass, joined.n_bins)
    sums = np.bincount(place, mass * values, joined.n_bins)
    means = np.where(total > 0, sums / np.where(total > 0, total, 1.0), values[first])
    return joined, means, points[first]


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
