"""Scores of whether the student puts the rows into the teacher's order."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from interpkd._digits import leading_digits
from interpkd._validation import check_predictions, check_probabilities, num_samples
from interpkd.fidelity._association import PairOrder, RankCorrelation
from interpkd.fidelity._decisions import TIE_DIGITS
from interpkd.fidelity._scores import Score
from interpkd.fidelity._statistics import MeanOf, Undefined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray
    from interpkd.fidelity._statistics import Statistic

CONSTANT = "a model gives the same answer on all rows"


class RankScore(Score):
    """A score of the order of rows: by probabilities, or by predictions of a regression.

    With two classes rows are ordered by the probability of the second one; with more the score is
    the plain mean over the classes, each ordered by its own probability. Answers with the same
    leading 12 digits tie.
    """

    lowest = -1.0
    greater_is_better = True

    def _check(self, answers: ArrayLike, *, source: str) -> FloatArray:
        check = check_predictions if np.ndim(answers) == 1 else check_probabilities
        return check(answers, n_samples=num_samples(answers), source=source)

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Statistic:
        """Give the correlation, or the mean of those of the classes."""
        x, y = leading_digits(truth, TIE_DIGITS), leading_digits(answers, TIE_DIGITS)
        if x.ndim == 1:
            return self._correlation(x, y)
        if x.shape[1] == 2:
            return self._correlation(x[:, 1], y[:, 1])
        parts = [self._correlation(x[:, k], y[:, k]) for k in range(x.shape[1])]
        defined = [part for part in parts if not part.undefined]
        if not defined:
            return Undefined(CONSTANT)
        return MeanOf(defined, note=f"mean over {len(defined)} of {len(parts)} classes")

    @abstractmethod
    def _correlation(self, x: FloatArray, y: FloatArray) -> Statistic:
        """Give the correlation of two orders."""


class SpearmanCorrelation(RankScore):
    """Spearman's rank correlation of the two models' answers, in [-1, 1], higher is better.

    The linear correlation of ranks, ties at their mean rank; a row of weight two ranks as two
    rows. Rows are ordered by the probability of the second class, or by the prediction; with more
    than two classes the score is the mean over classes. A tree ties many rows, so it cannot reach
    1 for a teacher that ties none.

    Examples
    --------
    >>> from interpkd.fidelity import SpearmanCorrelation
    >>> round(SpearmanCorrelation()([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]), 4)
    0.8
    """

    name = "spearman"
    definition = (
        "Spearman's correlation of ranks, ties at their mean rank; by the probability of the second "
        "class, with more than two classes the mean over classes, in a regression by the prediction."
    )

    def _correlation(self, x: FloatArray, y: FloatArray) -> RankCorrelation:
        return RankCorrelation(x, y, undefined=CONSTANT)


class KendallTau(RankScore):
    """Kendall's tau-b of the two models' answers, in [-1, 1], higher is better.

    Concordant less discordant pairs of rows, over the geometric mean of the pairs that each model
    does not tie. Rows are ordered as in :class:`SpearmanCorrelation`.

    Examples
    --------
    >>> from interpkd.fidelity import KendallTau
    >>> round(KendallTau()([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]), 4)
    0.6667
    """

    name = "kendall"
    definition = (
        "Kendall's tau-b: concordant less discordant pairs over the untied ones; ordered as for "
        "Spearman's correlation."
    )

    def _correlation(self, x: FloatArray, y: FloatArray) -> PairOrder:
        return PairOrder(x, y, undefined=CONSTANT)
