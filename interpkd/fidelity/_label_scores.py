"""Probabilities of two classes against labels, of one model or of several on the same rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._discrimination import Gini, Recalibration, Separation
from interpkd.fidelity._distance_scores import LOGIT_FLOOR, log_odds
from interpkd.fidelity._inputs import check_weights
from interpkd.fidelity._intervals import ScoreEstimate, measure
from interpkd.fidelity._paired import _Difference
from interpkd.fidelity._ranked_pairs import RankedPairs
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._statistics import WeightedMean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from interpkd._typing import BoolArray, FloatArray

DEFINITIONS = {
    "auc": "Area under the ROC curve: the share of pairs of a positive and another row in which "
    "the positive one has the higher probability, ties counted half. 1 is best, one half is chance.",
    "gini": "Gini coefficient, or accuracy ratio: twice the area under the ROC curve, less one. "
    "1 is best, 0 is chance.",
    "ks": "Kolmogorov-Smirnov distance: the largest gap, over all cut-offs, between the shares of "
    "the two classes at or below the cut-off. 1 is best.",
    "calibration_slope": "Slope of the logistic regression of labels on the model's log odds, "
    f"probabilities clipped to [{LOGIT_FLOOR:g}, {1 - LOGIT_FLOOR:g}] (Cox 1958). 1 is best; below "
    "it the model is too extreme.",
    "calibration_intercept": "Intercept of the same regression. 0 is best, where the slope is 1.",
    "calibration_bias": "Mean probability less the share of positive rows. 0 is best; above it the "
    "model is too high on average.",
}
"""What each score is, in a sentence that a report prints."""

ONE_CLASS = "the labels are of one class only"


@dataclass(frozen=True)
class LabelScores:
    """Scores of models against labels, and their differences; made by :func:`discrimination`.

    Attributes
    ----------
    models : dict
        Model to score to :class:`ScoreEstimate`.

    differences : dict
        Score to :class:`ScoreEstimate` of the first model less the second on the same rows; empty
        unless there are two.

    ks_at : dict
        Model to the probability at which the Kolmogorov-Smirnov distance is taken; None where
        there is none.
    """

    models: dict[str, dict[str, ScoreEstimate]]
    differences: dict[str, ScoreEstimate]
    ks_at: dict[str, float | None]


def discrimination(
    positive: ArrayLike,
    probabilities: Mapping[str, ArrayLike],
    *,
    sample_weight: ArrayLike | None = None,
    alpha: float = 0.05,
) -> LabelScores:
    """Measure how well probabilities divide two classes, and whether they mean what happens.

    AUC, Gini, Kolmogorov-Smirnov distance, and slope and intercept of logistic recalibration, with
    intervals. Of two models the differences are those of the same rows, so what both have in common
    cancels. It is performance against labels and not fidelity.

    Parameters
    ----------
    positive : array-like of bool of shape (n_samples,)
        Which rows are of the second class.

    probabilities : mapping of str to array-like of shape (n_samples,)
        Model to its probability of the second class; one or two models.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    Returns
    -------
    scores : LabelScores
        By model and score, and the differences.

    Raises
    ------
    InvalidInputError
        If lengths differ, a probability is none, or there are more than two models.

    References
    ----------
    .. [1] D. R. Cox, "Two further applications of a model for binary regression", Biometrika 45,
       1958.

    Examples
    --------
    >>> from interpkd.fidelity import discrimination
    >>> labels, p = [False, True] * 20, [0.2, 0.9, 0.4, 0.3] * 10
    >>> scores = discrimination(labels, {"model": p})
    >>> scores.models["model"]["auc"].estimate
    0.75
    >>> scores.models["model"]["ks"].estimate, scores.ks_at["model"]
    (0.5, 0.2)
    """
    labels = np.asarray(positive, dtype=bool)
    weights = check_weights(sample_weight, len(labels))
    if not 1 <= len(probabilities) <= 2:
        msg = f"probabilities must hold one or two models, got {len(probabilities)}."
        raise InvalidInputError(msg)
    answers = {name: _check(p, name, len(labels)) for name, p in probabilities.items()}
    counted = weights > 0
    sample = Sample(weights[counted])
    used = {name: _statistics(labels[counted], p[counted]) for name, p in answers.items()}
    pairs = [*used.values()]
    differences = (
        {name: _Difference(pairs[0][name], pairs[1][name]) for name in DEFINITIONS}
        if len(pairs) == 2
        else {}
    )
    ks = {name: one["ks"] for name, one in used.items()}
    return LabelScores(
        {name: _measure(one, sample, alpha) for name, one in used.items()},
        _measure(differences, sample, alpha),
        {name: None if one.undefined else one.at(sample.weights) for name, one in ks.items()},
    )


def _statistics(labels: BoolArray, p: FloatArray) -> dict[str, Any]:
    odds = log_odds(p)
    return {
        "auc": RankedPairs(labels, p, undefined=ONE_CLASS),
        "gini": Gini(labels, p, undefined=ONE_CLASS),
        "ks": Separation(labels, p, undefined=ONE_CLASS),
        "calibration_slope": Recalibration(labels, odds, coefficient="slope"),
        "calibration_intercept": Recalibration(labels, odds, coefficient="intercept"),
        "calibration_bias": WeightedMean(p - labels, lowest=-1.0, highest=1.0),
    }


def _measure(statistics: dict[str, Any], sample: Sample, alpha: float) -> dict[str, ScoreEstimate]:
    """Estimate all; the largest of many gaps at half of alpha, where simulation shows it to cover."""
    found = measure(statistics, sample, alpha)
    if "ks" in statistics:
        wide = measure({"ks": statistics["ks"]}, sample, alpha / 2)["ks"]
        found["ks"] = replace(wide, method=f"{wide.method}; at half of alpha, which covers")
    return found


def _check(p: ArrayLike, name: str, n: int) -> FloatArray:
    values = np.asarray(p, dtype=np.float64)
    if values.shape != (n,) or not ((values >= 0) & (values <= 1)).all():
        msg = (
            f"probabilities[{name!r}] must be one number from 0 to 1 per row, shape ({n},), got "
            f"shape {values.shape}. Pass the column of the second class."
        )
        raise InvalidInputError(msg)
    return values
