"""Scores of how far a student's probabilities are from its teacher's, row by row."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import rel_entr

from interpkd.fidelity._scores import ProbabilityScore
from interpkd.fidelity._statistics import ExplainedShare, RootMean, WeightedMean

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

LOGIT_FLOOR = 1e-3
"""Probabilities of both models are clipped to [LOGIT_FLOOR, 1 - LOGIT_FLOOR] before the log odds
are taken, which then lie in [-6.91, 6.91]: a leaf of pure rows would make them infinite."""

WIDEST_LOGIT = 2 * math.log((1 - LOGIT_FLOOR) / LOGIT_FLOOR)
"""The largest difference of two log odds."""

_LOGITS = (
    f"the log odds of each class against the rest, probabilities of both models clipped to "
    f"[{LOGIT_FLOOR:g}, {1 - LOGIT_FLOOR:g}]"
)


class JensenShannon(ProbabilityScore):
    """Mean Jensen-Shannon divergence in nats, in [0, log 2], lower is better.

    The mean divergence of both models from their midpoint [1]_. It needs no clipping, is the same
    in both directions, and its square root is a distance. `scipy.spatial.distance.jensenshannon`
    gives that root for one row.

    References
    ----------
    .. [1] J. Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on
       Information Theory 37, 1991.

    Examples
    --------
    >>> from interpkd.fidelity import JensenShannon
    >>> round(JensenShannon()([[1.0, 0.0]], [[0.0, 1.0]]), 4)
    0.6931
    """

    name = "js_divergence"
    definition = "Mean Jensen-Shannon divergence of the two probability vectors, in nats."
    highest = math.log(2)
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' divergences."""
        middle = (truth + answers) / 2
        rows = (rel_entr(truth, middle) + rel_entr(answers, middle)).sum(axis=1) / 2
        # halves of equal vectors may differ in the last digit
        return WeightedMean(np.maximum(rows, 0), lowest=0.0, highest=math.log(2))


class TotalVariation(ProbabilityScore):
    """Mean total variation distance of the probabilities, in [0, 1], lower is better.

    Half the sum of absolute differences: the most by which the two models can differ about any
    set of classes. With two classes it is :class:`ProbaMAE`.

    Examples
    --------
    >>> from interpkd.fidelity import TotalVariation
    >>> round(TotalVariation()([[0.5, 0.3, 0.2]], [[0.3, 0.3, 0.4]]), 4)
    0.2
    """

    name = "total_variation"
    definition = "Mean of half the summed absolute differences of the two probability vectors."
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' distances."""
        return WeightedMean(np.abs(truth - answers).sum(axis=1) / 2, lowest=0.0, highest=1.0)


class ProbaRMSE(ProbabilityScore):
    """Root mean squared difference of probabilities over rows and classes, in [0, 1], lower better.

    Examples
    --------
    >>> from interpkd.fidelity import ProbaRMSE
    >>> round(ProbaRMSE()([[0.9, 0.1], [0.4, 0.6]], [[0.8, 0.2], [0.1, 0.9]]), 4)
    0.2236
    """

    name = "proba_rmse"
    definition = "Root of the mean squared difference of probabilities over rows and classes."
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> RootMean:
        """Give the root of the mean of the rows' mean squares."""
        squares = ((truth - answers) ** 2).mean(axis=1)
        return RootMean(squares, highest=2 / truth.shape[1])


class LogitMAE(ProbabilityScore):
    """Mean absolute difference of log odds over rows and classes, in [0, 13.9], lower is better.

    The log odds of each class against the rest, after probabilities of both models are clipped to
    [0.001, 0.999]; with two classes those of either class. A difference of 0.69 is a factor of two
    in the odds.

    Examples
    --------
    >>> from interpkd.fidelity import LogitMAE
    >>> round(LogitMAE()([[0.5, 0.5]], [[1 / 3, 2 / 3]]), 4)
    0.6931
    """

    name = "logit_mae"
    definition = f"Mean absolute difference, over rows and classes, of {_LOGITS}."
    highest = WIDEST_LOGIT
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' mean differences."""
        rows = np.abs(log_odds(truth) - log_odds(answers)).mean(axis=1)
        return WeightedMean(rows, lowest=0.0, highest=WIDEST_LOGIT)


class LogitRMSE(ProbabilityScore):
    """Root mean squared difference of log odds, in [0, 13.9], lower is better.

    Log odds as in :class:`LogitMAE`.

    Examples
    --------
    >>> from interpkd.fidelity import LogitRMSE
    >>> round(LogitRMSE()([[0.5, 0.5]], [[1 / 3, 2 / 3]]), 4)
    0.6931
    """

    name = "logit_rmse"
    definition = f"Root of the mean squared difference, over rows and classes, of {_LOGITS}."
    highest = WIDEST_LOGIT
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> RootMean:
        """Give the root of the mean of the rows' mean squares."""
        # squares of up to 190 have a bound too far off to be of use
        return RootMean(((log_odds(truth) - log_odds(answers)) ** 2).mean(axis=1))


class LogitR2(ProbabilityScore):
    """R² of the student's log odds for the teacher's, at most 1, higher is better.

    Log odds as in :class:`LogitMAE`, squares summed over rows and classes.

    Examples
    --------
    >>> from interpkd.fidelity import LogitR2
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]
    >>> LogitR2()(teacher, teacher)
    1.0
    """

    name = "logit_r2"
    definition = f"R² of {_LOGITS}; squares summed over rows and classes."
    lowest = -math.inf
    greater_is_better = True

    def statistic(self, truth: FloatArray, answers: FloatArray) -> ExplainedShare:
        """Give the explained share, pooled over classes."""
        reason = "the teacher gives the same log odds on all rows"
        return ExplainedShare(log_odds(truth), log_odds(answers), undefined=reason)


def log_odds(P: FloatArray) -> FloatArray:
    """Give the log odds of each class against the rest, probabilities clipped first."""
    clipped = np.clip(P, LOGIT_FLOOR, 1 - LOGIT_FLOOR)
    return np.log(clipped) - np.log1p(-clipped)
