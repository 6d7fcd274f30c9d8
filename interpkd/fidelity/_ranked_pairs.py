"""The area under the ROC curve as a statistic: pairs that a score ranks rightly."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._scales import LOGIT
from interpkd.fidelity._weightings import LeaveOneOut

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray


class RankedPairs:
    """Area under the ROC curve: share of pairs (positive, other) in which the positive scores higher.

    A tie counts one half; a pair weighs the product of its two weights.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_rows,)
        Which rows are positive.

    scores : ndarray of shape (n_rows,)
        What ranks the rows.

    undefined : str
        What to say when there are only positive or no positive rows.
    """

    note = ""
    is_ranked = False
    bounded = None
    scale = LOGIT

    def __init__(self, positive: BoolArray, scores: FloatArray, *, undefined: str) -> None:
        self.undefined = undefined if positive.all() or not positive.any() else ""
        self.kinds: BoolArray | None = np.column_stack([positive, ~positive])
        levels, self._level = np.unique(scores, return_inverse=True)
        self._n_levels = len(levels)
        self._is_positive = positive.astype(np.float64)

    @property
    def n_of_kinds(self) -> tuple[int, int]:
        """The numbers of positive and of other rows."""
        n_positive = int(self._is_positive.sum())
        return n_positive, len(self._is_positive) - n_positive

    def to_area(self, value: float) -> float:
        """Give the area that a value of the statistic stands for."""
        return value

    def from_area(self, area: float) -> float:
        """Give the value of the statistic at an area."""
        return area

    def _by_level(self, w: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sum the weights of positive and of other rows at each level."""
        positive, other = (
            np.bincount(self._level, weights=w * kind, minlength=self._n_levels)
            for kind in (self._is_positive, 1 - self._is_positive)
        )
        return positive.astype(np.float64), other.astype(np.float64)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the area under each weighting; NaN where one kind of row has no weight."""
        if isinstance(W, LeaveOneOut):
            return self._without_each(W)
        return np.array([self._area(*self._by_level(w)) for w in W.T])

    @staticmethod
    def _area(positive: FloatArray, other: FloatArray) -> float:
        pairs = positive.sum() * other.sum()
        return float(positive @ below(other) / pairs) if pairs > 0 else math.nan

    def _without_each(self, W: LeaveOneOut) -> FloatArray:
        """Take the pairs that a unit is in off the whole; those inside it only once."""
        w, level = W.weights, self._level
        of_positive, of_other = w * self._is_positive, w * (1 - self._is_positive)
        positive, other = self._by_level(w)
        won = of_positive * below(other)[level]
        lost = of_other * (positive.sum() - below(positive)[level])
        # pairs inside a unit: levels of one unit follow each other
        keys, key = np.unique(W.unit * self._n_levels + level, return_inverse=True)
        inside = np.bincount(key, weights=of_other).astype(np.float64)
        before = np.concatenate([[0.0], np.cumsum(W.of_units(of_other))[:-1]])
        within = of_positive * (below(inside)[key] - before[keys[key] // self._n_levels])
        left = won.sum() - W.of_units(won + lost - within)
        pairs = (of_positive.sum() - W.of_units(of_positive)) * (
            of_other.sum() - W.of_units(of_other)
        )
        return np.divide(left, pairs, out=np.full(len(left), np.nan), where=pairs > 0)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give, for each row, how much more often it wins its pairs than the average row."""
        positive, other = self._by_level(w)
        area = self._area(positive, other)
        wins = below(other)[self._level] / other.sum()
        losses = (positive.sum() - below(positive)[self._level]) / positive.sum()
        of_positive = self._is_positive * (wins - area) / positive.sum()
        of_other = (1 - self._is_positive) * (losses - area) / other.sum()
        return w * (of_positive + of_other)


def below(weights: FloatArray) -> FloatArray:
    """Sum the weights below each level, and half of those at it, shape (n_levels, b)."""
    return np.cumsum(weights, axis=0) - weights / 2
