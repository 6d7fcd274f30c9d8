"""A scorecard as a plain scikit-learn pipeline: indicators of bins, and a logistic regression."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

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
    logistic.coef_ = np.concatenate(card.points)[None, :] / card.factor
    logistic.intercept_ = card.log_odds(np.array([card.base_points]))
    logistic.n_features_in_ = logistic.coef_.shape[1]
    logistic.n_iter_ = np.array([0], dtype=np.int32)
    return Pipeline([("bins", BinIndicators(bins).fit(Z)), ("logistic", logistic)])
