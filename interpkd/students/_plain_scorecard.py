"""A scorecard as a plain scikit-learn pipeline: indicators of bins, and a logistic regression."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from interpkd.students._bin_indicators import BinIndicators

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners import PointsCard


def plain_scorecard(card: PointsCard, classes: NDArray[Any], Z: FloatArray) -> Pipeline:
    """Fill a pipeline with the numbers of a card.

    Parameters
    ----------
    card : PointsCard
        The card.

    classes : ndarray of shape (2,)
        The classes.

    Z : ndarray of shape (n_samples, n_features)
        Some rows, for the number of columns.

    Returns
    -------
    pipeline : Pipeline
        It gives the probabilities of the card, as if its coefficients had been fitted.
    """
    bins = dict(zip(card.model.columns.tolist(), card.model.bins, strict=True))
    logistic = LogisticRegression(C=np.inf)
    logistic.classes_ = classes
    unit = _exact_unit(card)
    logistic.coef_ = np.concatenate(card.points)[None, :] * unit
    logistic.intercept_ = np.array([(card.base_points - card.offset) * unit])
    logistic.n_features_in_ = logistic.coef_.shape[1]
    logistic.n_iter_ = np.array([0], dtype=np.int32)
    return Pipeline([("bins", BinIndicators(bins).fit(Z)), ("logistic", logistic)])


def _exact_unit(card: PointsCard) -> float:
    """Give the log odds of one point with so few bits that sums of points have no rounding.

    A row at even odds has log odds of exactly 0 then, in whatever order they are added, and is
    decided as the card decides it.
    """
    most = abs(card.base_points - card.offset) + sum(int(points.max()) for points in card.points)
    bits = 52 - math.ceil(math.log2(most + 1))
    part, exponent = math.frexp(1 / card.factor)
    return math.ldexp(round(math.ldexp(part, bits)), exponent - bits)
