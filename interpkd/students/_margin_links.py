"""Rising functions from margins to probabilities."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit
from sklearn.isotonic import isotonic_regression

from interpkd.learners import fit_soft_logistic

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

LEAST = 1e-6
"""No class is given less by a link: a probability of exactly 0 has no finite margin."""

NEARLY_FREE = 1e6
"""Inverse penalty of a sigmoid per standard deviation of margins: next to none, and finite."""


@dataclass(frozen=True)
class SigmoidLink:
    """A logistic curve.

    Attributes
    ----------
    slope, offset : float
        Of the log odds; the slope is at least 0.
    """

    slope: float
    offset: float

    def __call__(self, margins: FloatArray) -> FloatArray:
        """Give the probability for each margin."""
        proba: FloatArray = expit(self.slope * margins + self.offset)
        return proba


@dataclass(frozen=True)
class IsotonicLink:
    """A rising curve through points, constant beyond them.

    Attributes
    ----------
    margins, proba : ndarray of shape (n_points,)
        The points.
    """

    margins: FloatArray
    proba: FloatArray

    def __call__(self, margins: FloatArray) -> FloatArray:
        """Give the probability for each margin."""
        return np.interp(margins, self.margins, self.proba)


def fit_links(
    margins: FloatArray, P: FloatArray, weights: FloatArray, *, kind: str
) -> tuple[SigmoidLink | IsotonicLink, ...]:
    """Fit the link of each output to a teacher's probabilities.

    Parameters
    ----------
    margins : ndarray of shape (n_rows, 1 or n_classes)
        Margins of rows that their coefficients did not see.

    P : ndarray of shape (n_rows, n_classes)
        The teacher's probabilities.

    weights : ndarray of shape (n_rows,)
        Row weights.

    kind : {"sigmoid", "isotonic"}
        A logistic curve of least log loss, or any rising curve of least squared error.

    Returns
    -------
    links : tuple
        One per column of `margins`.
    """
    positive = np.clip(P[:, 1:] if margins.shape[1] == 1 else P, LEAST, 1 - LEAST)
    fit = _fit_sigmoid if kind == "sigmoid" else _fit_isotonic
    return tuple(fit(z, p, weights) for z, p in zip(margins.T, positive.T, strict=True))


def _fit_sigmoid(z: FloatArray, p: FloatArray, weights: FloatArray) -> SigmoidLink:
    share = weights / weights.sum()
    unit = float(np.sqrt(share @ (z - share @ z) ** 2)) or 1.0
    model = fit_soft_logistic(
        z[:, None] / unit,
        np.stack([1 - p, p], axis=1),
        share,
        C=NEARLY_FREE,
        bounds=(0.0, np.inf),
    )
    return SigmoidLink(float(model.coef[0, 0]) / unit, float(model.intercept[0]))


def _fit_isotonic(z: FloatArray, p: FloatArray, weights: FloatArray) -> IsotonicLink:
    points, place = np.unique(z, return_inverse=True)
    mass = np.bincount(place, weights)
    rising = isotonic_regression(
        np.bincount(place, weights * p) / mass, sample_weight=mass, y_min=LEAST, y_max=1 - LEAST
    )
    return IsotonicLink(points, rising)
