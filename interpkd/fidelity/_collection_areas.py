"""Areas under the ROC curve from counts by score: exact for few scores, else within a known bound."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd._digits import leading_digits
from interpkd.fidelity._area import area_interval
from interpkd.fidelity._collection_intervals import none, normal, undefined
from interpkd.fidelity._decisions import TIE_DIGITS
from interpkd.fidelity._intervals import AREA_METHOD, ScoreEstimate
from interpkd.fidelity._jackknife import MIN_OF_KIND, MIN_ROWS
from interpkd.fidelity._ranked_pairs import below
from interpkd.fidelity._scales import LOGIT, PLAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

N_BINS = 1 << 16
"""Bins of the log odds where there are too many different scores to count each."""

WIDEST = 16.0
"""The bins lie between these log odds, on both sides of 0."""

MOST_LEVELS = 1 << 14
"""Different scores that are counted one by one."""


@dataclass(frozen=True)
class Counts:
    """Rows by score.

    Attributes
    ----------
    levels : ndarray of shape (n_levels,)
        The scores, or the numbers of their bins, rising.

    table : ndarray of shape (n_levels, 1 + n_kinds)
        The weight of the rows at each level: of all, and of each kind.

    squares : ndarray of the same shape
        Likewise of the squared weights.

    is_binned : bool
        Whether levels are bins.
    """

    levels: FloatArray
    table: FloatArray
    squares: FloatArray
    is_binned: bool = False

    @classmethod
    def of(cls, scores: FloatArray, weights: FloatArray, kinds: Sequence[BoolArray]) -> Counts:
        """Count the rows of one part.

        Parameters
        ----------
        scores : ndarray of shape (n_rows,)
            Probabilities.

        weights : ndarray of shape (n_rows,)
            Row weights.

        kinds : sequence of ndarray of bool of shape (n_rows,)
            Which rows are positive, in one sense after the other.

        Returns
        -------
        counts : Counts
            By score, or by bin.
        """
        levels, level = np.unique(leading_digits(scores, TIE_DIGITS), return_inverse=True)
        members = np.column_stack([np.ones(len(scores)), *kinds])
        table, squares = (
            _by_level(level, members * w[:, None], len(levels)) for w in (weights, weights**2)
        )
        return _few_enough(cls(levels, table, squares))

    def in_bins(self) -> Counts:
        """Give the same by bins of the log odds."""
        if self.is_binned:
            return self
        p = np.clip(self.levels, 1e-300, 1.0)
        with np.errstate(divide="ignore"):
            odds = np.log(p) - np.log1p(-p)
        part = (np.clip(odds, -WIDEST, WIDEST) + WIDEST) / (2 * WIDEST)
        bins = np.minimum((part * N_BINS).astype(np.int64), N_BINS - 1).astype(np.float64)
        return _gathered(replace(self, levels=bins, is_binned=True))

    @classmethod
    def merge(cls, parts: Sequence[Counts]) -> Counts:
        """Put the counts of parts together: by score only where all are, and are few together."""
        if any(part.is_binned for part in parts):
            parts = [part.in_bins() for part in parts]
        whole = cls(
            np.concatenate([part.levels for part in parts]),
            np.concatenate([part.table for part in parts]),
            np.concatenate([part.squares for part in parts]),
            parts[0].is_binned,
        )
        gathered = _gathered(whole)
        return _few_enough(gathered)

    def area(self, kind: int, unit: float = 1.0) -> tuple[float, float, float, int, int]:
        """Measure how well the scores rank one kind of rows above the others.

        Parameters
        ----------
        kind : int
            The kind, from 0.

        unit : float, default=1.0
            What a row weighs where all weigh the same.

        Returns
        -------
        area, bound, error : float
            The area, how far it may be off for the bins, and its standard error; NaN where there
            are rows of one kind only.

        n_positive, n_other : int
            The rows of each kind, where all weigh the same.
        """
        positive, other = self.table[:, 1 + kind], self.table[:, 0] - self.table[:, 1 + kind]
        sums = positive.sum(), other.sum()
        numbers = round(float(sums[0]) / unit), round(float(sums[1]) / unit)
        if min(sums) <= 0:
            return math.nan, 0.0, math.nan, *numbers
        area = float(positive @ below(other) / sums[0] / sums[1])
        bound = float(positive @ other / sums[0] / sums[1] / 2) if self.is_binned else 0.0
        wins = (below(other) / sums[1] - area) / sums[0]
        losses = (sums[0] - below(positive)) / sums[0]
        losses = (losses - area) / sums[1]
        squares = self.squares[:, 1 + kind]
        variance = squares @ wins**2 + (self.squares[:, 0] - squares) @ losses**2
        return area, bound, math.sqrt(float(variance)), *numbers


def area_score(
    counts: Sequence[Counts],
    kind: int,
    alpha: float,
    *,
    n: int,
    unit: float | None,
    reason: str,
) -> ScoreEstimate:
    """Estimate one area, or the mean of one-vs-rest areas, with its interval.

    Parameters
    ----------
    counts : sequence of Counts
        Of the second of two classes, or of each of several.

    kind : int
        What is positive.

    alpha : float
        One minus the confidence.

    n : int
        The rows.

    unit : float or None
        What a row weighs where all weigh the same, else None.

    reason : str
        What to say where there is no area.

    Returns
    -------
    score : ScoreEstimate
        With the bound of the bins in its method.
    """
    is_binary = len(counts) == 1
    # of several classes those that occur are averaged, and at least two must
    seen = [one for one in counts if is_binary or one.table[:, 1 + kind].any()]
    is_plain = unit is not None
    areas = [one.area(kind, unit or 1.0) for one in seen]
    if (not is_binary and len(areas) < 2) or any(math.isnan(one[0]) for one in areas):
        return undefined(n, reason)
    value, bound = (float(np.mean([one[k] for one in areas])) for k in (0, 1))
    few = min(min(one[3:]) for one in areas) if is_plain else MIN_OF_KIND
    if n < MIN_ROWS:
        score = none(value, n, f"{n} rows, at least {MIN_ROWS} are needed")
    elif few < MIN_OF_KIND:
        score = none(value, n, f"{few} rows of one class, at least {MIN_OF_KIND} are needed")
    elif is_binary and is_plain:
        low, high = area_interval(value, *areas[0][3:], alpha)
        score = ScoreEstimate(value, low, high, n, AREA_METHOD)
    else:
        # errors of areas of the same rows add up at most
        error = float(np.mean([one[2] for one in areas]))
        score = normal(value, error, n, alpha, scale=LOGIT if is_binary else PLAIN)
    return _with_notes(score, bound, len(areas), len(counts))


def _with_notes(score: ScoreEstimate, bound: float, n_areas: int, n_classes: int) -> ScoreEstimate:
    """Say what an area is the mean of, and how far bins may move it; the interval is widened."""
    method = score.method
    if n_classes > 1:
        method += f"; mean of one-vs-rest areas of {n_areas} of {n_classes} classes"
    if not bound:
        return replace(score, method=method)
    method += f"; of {N_BINS} bins of the log odds: the area is off by {bound:.1g} at most"
    if score.low is None or score.high is None:
        return replace(score, method=method)
    low, high = max(score.low - bound, 0.0), min(score.high + bound, 1.0)
    return replace(score, low=low, high=high, method=method)


def _few_enough(counts: Counts) -> Counts:
    return counts if len(counts.levels) <= MOST_LEVELS else counts.in_bins()


def _gathered(counts: Counts) -> Counts:
    """Add the rows of equal levels."""
    levels, level = np.unique(counts.levels, return_inverse=True)
    table, squares = (_by_level(level, of, len(levels)) for of in (counts.table, counts.squares))
    return Counts(levels, table, squares, counts.is_binned)


def _by_level(level: NDArray[np.intp], values: FloatArray, n_levels: int) -> FloatArray:
    """Sum the rows of each level, shape (n_levels, n_columns)."""
    sums = [np.bincount(level, weights=column, minlength=n_levels) for column in values.T]
    return np.column_stack(sums).astype(np.float64)
