"""How well one probability divides two classes, and whether it means what happens: the statistics.

Each hangs on all rows at once, so its interval is the infinitesimal jackknife's: how the number
moves when one row gains a little weight.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from interpkd.fidelity._ranked_pairs import RankedPairs
from interpkd.fidelity._scales import LOGIT, PLAIN
from interpkd.fidelity._weightings import columns

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._weightings import LeaveOneOut

MAX_STEPS = 50
"""Most Newton steps of a recalibration; it takes about six."""


class Gini(RankedPairs):
    """Gini coefficient (accuracy ratio): twice the area under the ROC curve, less one.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_rows,)
        Which rows are positive.

    scores : ndarray of shape (n_rows,)
        What ranks the rows.

    undefined : str
        What to say when there are only positive or no positive rows.
    """

    scale = PLAIN

    def to_area(self, value: float) -> float:
        """Give the area that a coefficient stands for."""
        return (value + 1) / 2

    def from_area(self, area: float) -> float:
        """Give the coefficient at an area."""
        return 2 * area - 1

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the coefficient under each weighting."""
        return 2 * super().values(W) - 1

    def influence(self, w: FloatArray) -> FloatArray:
        """Give twice the influence on the area."""
        return 2 * super().influence(w)


class Separation:
    """Kolmogorov-Smirnov distance: the largest gap between two classes' shares at or below a score.

    The score of the largest gap is taken as given by the interval: a shift of it moves the gap only
    in the second order.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_rows,)
        Which rows are positive.

    scores : ndarray of shape (n_rows,)
        What ranks the rows.

    undefined : str
        What to say when there are only positive or no positive rows.
    """

    note = "a little too high on average: it is the largest of many gaps"
    is_ranked = True  # the infinitesimal jackknife
    bounded = None
    scale = LOGIT

    def __init__(self, positive: BoolArray, scores: FloatArray, *, undefined: str) -> None:
        self.undefined = undefined if positive.all() or not positive.any() else ""
        self.kinds: BoolArray | None = np.column_stack([positive, ~positive])
        self._is_positive = positive.astype(np.float64)
        self.levels, self._level = np.unique(scores, return_inverse=True)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the distance under each weighting."""
        return np.array([np.abs(self._gaps(w)).max() for w in columns(W)])

    def at(self, w: FloatArray) -> float:
        """Give the score at which the gap is largest, the lowest of equal ones."""
        return float(self.levels[int(np.abs(self._gaps(w)).argmax())])

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative of the gap at the score where it is largest."""
        gaps = self._gaps(w)
        place = int(np.abs(gaps).argmax())
        below = (self._level <= place).astype(np.float64)
        parts = []
        for kind in (1 - self._is_positive, self._is_positive):
            of_kind = w * kind
            share = of_kind @ below / of_kind.sum()
            parts.append(of_kind * (below - share) / of_kind.sum())
        return float(np.sign(gaps[place])) * (parts[0] - parts[1])

    def _gaps(self, w: FloatArray) -> FloatArray:
        """Give the share of the others less that of the positive rows at or below each level."""
        shares = []
        for kind in (1 - self._is_positive, self._is_positive):
            summed = np.bincount(self._level, weights=w * kind, minlength=len(self.levels))
            shares.append(np.cumsum(summed) / summed.sum())
        gaps: FloatArray = shares[0] - shares[1]
        return gaps


class Recalibration:
    """One coefficient of the logistic regression of labels on a model's log odds (Cox 1958) [1]_.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_rows,)
        The labels.

    log_odds : ndarray of shape (n_rows,)
        The model's.

    coefficient : {"slope", "intercept"}
        Which one is given.

    References
    ----------
    .. [1] D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45,
       1958.
    """

    note = ""
    is_ranked = True  # the infinitesimal jackknife
    bounded = None
    scale = PLAIN

    def __init__(self, positive: BoolArray, log_odds: FloatArray, *, coefficient: str) -> None:
        self._y = positive.astype(np.float64)
        self._design = np.column_stack([np.ones(len(log_odds)), log_odds])
        self._place = {"intercept": 0, "slope": 1}[coefficient]
        self.kinds: BoolArray | None = np.column_stack([positive, ~positive])
        self.undefined = _not_recalibrated(positive, log_odds)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the coefficient under each weighting."""
        return np.array([self._fit(w)[self._place] for w in columns(W)])

    def influence(self, w: FloatArray) -> FloatArray:
        """Give each row's part of the estimating equation, through the information matrix."""
        p = expit(self._design @ self._fit(w))
        information = (self._design * (w * p * (1 - p))[:, None]).T @ self._design
        moved: FloatArray = np.linalg.solve(
            information, (self._design * (w * (self._y - p))[:, None]).T
        )
        return moved[self._place]

    def _fit(self, w: FloatArray) -> FloatArray:
        """Maximise the likelihood by Newton's method, halving steps that make it worse."""
        beta = np.zeros(2)
        loss = self._loss(beta, w)
        for _ in range(MAX_STEPS):
            p = expit(self._design @ beta)
            gradient = self._design.T @ (w * (self._y - p))
            information = (self._design * (w * p * (1 - p))[:, None]).T @ self._design
            step = np.linalg.solve(information, gradient)
            while self._loss(beta + step, w) > loss and np.abs(step).max() > 1e-12:
                step = step / 2
            beta = beta + step
            loss = self._loss(beta, w)
            if np.abs(step).max() <= 1e-10 * (1 + np.abs(beta).max()):
                break
        return beta

    def _loss(self, beta: FloatArray, w: FloatArray) -> float:
        z = self._design @ beta
        return float(w @ (np.logaddexp(0, z) - self._y * z))


def _not_recalibrated(positive: BoolArray, log_odds: FloatArray) -> str:
    """Say why labels have no logistic regression on log odds; nothing where they have one."""
    if positive.all() or not positive.any():
        return "the labels are of one class only"
    if np.ptp(log_odds) == 0:
        return "the model gives the same probability on all rows"
    first, second = log_odds[~positive], log_odds[positive]
    if first.max() <= second.min() or second.max() <= first.min():
        return "a cut-off divides the labels without an error, so the slope has no bound"
    return ""
