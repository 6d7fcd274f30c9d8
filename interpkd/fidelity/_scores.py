"""Scores of a student against its teacher: how close the imitation is.

Every score is a small object that knows its formula, its range and which end is good, and turns
two arrays into a statistic of weighted rows. The teacher's array always comes first.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from sklearn.utils.validation import check_consistent_length

from interpkd._asking import decide
from interpkd._validation import check_predictions, check_probabilities, num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._decisions import area_under_curve
from interpkd.fidelity._inputs import check_cutoff, check_weights
from interpkd.fidelity._statistics import ExplainedShare, RootMean, Share, WeightedMean

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray
    from interpkd.fidelity._statistics import Statistic

KL_FLOOR = 1e-3
"""Smallest probability of the student in the KL divergence: a leaf of pure rows says 0, which would
make the divergence infinite. One row so costs at most log(1 / KL_FLOOR) nats, about 6.9."""


class Score(ABC):
    """A score of one array of answers against another.

    Attributes
    ----------
    name : str
        Its key in a report.

    definition : str
        What it is, in one sentence that a report prints.

    lowest, highest : float
        Its range.

    greater_is_better : bool or None
        Which end of the range is good; None where a value between is.

    best : float
        The value of a perfect student.
    """

    name: str
    definition: str
    lowest: ClassVar[float] = 0.0
    highest: ClassVar[float] = 1.0
    greater_is_better: ClassVar[bool | None]

    @property
    def best(self) -> float:
        """The value of a perfect student."""
        return self.highest if self.greater_is_better else self.lowest

    @abstractmethod
    def statistic(self, truth: NDArray[np.float64], answers: FloatArray) -> Statistic:
        """Turn checked arrays into a statistic of weighted rows.

        Parameters
        ----------
        truth : ndarray of shape (n_samples,) or (n_samples, n_classes)
            What was to be met: the teacher's answers.

        answers : ndarray of shape (n_samples,) or (n_samples, n_classes)
            The student's answers.

        Returns
        -------
        statistic : Statistic
            The score as a function of row weights.
        """

    def __call__(
        self, teacher: ArrayLike, student: ArrayLike, *, sample_weight: ArrayLike | None = None
    ) -> float:
        """Compute the score.

        Parameters
        ----------
        teacher : array-like of shape (n_samples, n_classes) or (n_samples,)
            The teacher's probabilities; for a regression score its predictions.

        student : array-like of the same shape
            The student's.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights, at least 0.

        Returns
        -------
        score : float
            NaN where the rows do not define it, for instance an AUC of one class.

        Raises
        ------
        TeacherError
            If the arrays are not probabilities, or not predictions.

        InvalidInputError
            If shapes differ or weights break their rule.
        """
        check_consistent_length(teacher, student)
        truth = self._check(teacher, source="teacher")
        answers = self._check(student, source="student")
        if truth.shape != answers.shape:
            msg = (
                f"teacher and student must give answers of the same shape, got {truth.shape} and "
                f"{answers.shape}. Put both into the same class order, one column per class."
            )
            raise InvalidInputError(msg)
        weights = check_weights(sample_weight, len(truth))
        used = weights > 0
        statistic = self.statistic(truth[used], answers[used])
        return math.nan if statistic.undefined else float(statistic.values(weights[used, None])[0])

    @abstractmethod
    def _check(self, answers: ArrayLike, *, source: str) -> FloatArray:
        """Check the answers of one model."""


class ProbabilityScore(Score):
    """A score of class probabilities; columns of both arrays in the same class order."""

    def _check(self, answers: ArrayLike, *, source: str) -> FloatArray:
        return check_probabilities(answers, n_samples=num_samples(answers), source=source)


class PredictionScore(Score):
    """A score of predictions of a regression."""

    def _check(self, answers: ArrayLike, *, source: str) -> FloatArray:
        return check_predictions(answers, n_samples=num_samples(answers), source=source)


class Agreement(ProbabilityScore):
    """Share of rows on which teacher and student decide alike, in [0, 1], higher is better.

    The top-1 fidelity of Craven and Shavlik [1]_, at the cutoff in use.

    Parameters
    ----------
    cutoff : float, default=0.5
        With two classes the second one is decided where its probability exceeds the cutoff. With
        more the most probable class is decided and the cutoff must stay 0.5.

    References
    ----------
    .. [1] M. Craven and J. Shavlik, "Extracting tree-structured representations of trained
       networks", NIPS 1996.

    Examples
    --------
    >>> from interpkd.fidelity import Agreement
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]]
    >>> student = [[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.7, 0.3]]
    >>> Agreement()(teacher, student)
    0.75
    """

    name = "agreement"
    definition = (
        "Share of rows on which student and teacher decide alike: with two classes by "
        "P(second class) > cutoff, with more by the most probable class."
    )
    greater_is_better = True

    def __init__(self, cutoff: float = 0.5) -> None:
        self.cutoff = check_cutoff(cutoff)

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Share:
        """Give the share of rows with equal decisions."""
        return Share(decide(truth, self.cutoff) == decide(answers, self.cutoff))


class KLDivergence(ProbabilityScore):
    r"""Mean :math:`KL(\text{teacher} \,\|\, \text{student})` in nats, at least 0, lower is better.

    The student's probabilities below 0.001 are raised to 0.001 and its row is divided by its sum;
    the teacher's stay as they are. So one row costs at most about 6.9 nats, and a student that
    repeats a teacher with probabilities below 0.001 scores a little above 0.

    Examples
    --------
    >>> from interpkd.fidelity import KLDivergence
    >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
    0.1438
    """

    name = "kl_divergence"
    definition = (
        f"Mean KL(teacher || student) in nats, the student's probabilities clipped at {KL_FLOOR:g} "
        "and renormalised."
    )
    highest = math.inf
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' divergences."""
        low = (answers < KL_FLOOR).any(axis=1)
        clipped = np.maximum(answers[low], KL_FLOOR)
        Q = answers.copy()  # rows without a small probability stay the same to the last digit
        Q[low] = clipped / clipped.sum(axis=1, keepdims=True)
        ratio = np.divide(truth, Q, out=np.ones_like(Q), where=truth > 0)
        # the dearest row: the teacher is sure of a class that the student holds for the floor's
        highest = math.log(1 / KL_FLOOR + truth.shape[1] - 1)
        rows = (truth * np.log(ratio)).sum(axis=1)
        return WeightedMean(rows, lowest=0.0, highest=highest)


class ProbaR2(ProbabilityScore):
    """R² of the student's probabilities for the teacher's, at most 1, higher is better.

    Squared errors and squared deviations from the teacher's weighted mean are summed over rows
    and classes. With two classes this is R² of either column. 0 is the best constant student.

    Examples
    --------
    >>> from interpkd.fidelity import ProbaR2
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]]
    >>> ProbaR2()(teacher, teacher)
    1.0
    """

    name = "proba_r2"
    definition = (
        "R² of the student's probabilities for the teacher's, squares summed over rows and classes."
    )
    lowest = -math.inf
    greater_is_better = True

    def statistic(self, truth: FloatArray, answers: FloatArray) -> ExplainedShare:
        """Give the explained share, pooled over classes."""
        reason = "the teacher gives the same probabilities on all rows"
        return ExplainedShare(truth, answers, undefined=reason)


class ProbaMAE(ProbabilityScore):
    """Mean absolute difference of probabilities over rows and classes, in [0, 1], lower is better.

    With two classes it is the mean difference of either column, which is the total variation.

    Examples
    --------
    >>> from interpkd.fidelity import ProbaMAE
    >>> round(ProbaMAE()([[0.9, 0.1], [0.4, 0.6]], [[0.8, 0.2], [0.1, 0.9]]), 4)
    0.2
    """

    name = "proba_mae"
    definition = "Mean absolute difference of probabilities over rows and classes."
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' mean differences."""
        differences = np.abs(truth - answers)  # they sum to two at most
        return WeightedMean(differences.mean(axis=1), lowest=0.0, highest=2 / truth.shape[1])


class DecisionAUC(ProbabilityScore):
    """AUC of the student's probability for the teacher's decision, in [0, 1], higher is better.

    How well the student ranks the rows that the teacher separates; ties count one half. With more
    than two classes it is the plain mean of one-vs-rest areas over the classes that the teacher
    decides at least once and not always.

    Parameters
    ----------
    cutoff : float, default=0.5
        As in :class:`Agreement`; it moves the teacher's decision only.

    Examples
    --------
    >>> from interpkd.fidelity import DecisionAUC
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]]
    >>> student = [[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.6, 0.4]]
    >>> DecisionAUC()(teacher, student)
    0.75
    """

    name = "decision_auc"
    definition = (
        "Area under the ROC curve of the student's probability for the teacher's decision; with "
        "more than two classes the mean of one-vs-rest areas over the classes that the teacher "
        "decides at least once and not always."
    )
    greater_is_better = True

    def __init__(self, cutoff: float = 0.5) -> None:
        self.cutoff = check_cutoff(cutoff)

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Statistic:
        """Give the area, or the mean of areas."""
        decided = decide(truth, self.cutoff)
        return area_under_curve(decided, answers, undefined="the teacher decides one class only")


class RSquared(PredictionScore):
    """R² of the student's predictions for the teacher's, at most 1, higher is better.

    Examples
    --------
    >>> from interpkd.fidelity import RSquared
    >>> RSquared()([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """

    name = "r2"
    definition = "R², the share of the squared deviations from the mean that is explained."
    lowest = -math.inf
    greater_is_better = True

    def statistic(self, truth: FloatArray, answers: FloatArray) -> ExplainedShare:
        """Give the explained share."""
        reason = "the values to explain are the same on all rows"
        return ExplainedShare(truth, answers, undefined=reason)


class MeanAbsoluteError(PredictionScore):
    """Mean absolute error in the target's unit, at least 0, lower is better.

    Examples
    --------
    >>> from interpkd.fidelity import MeanAbsoluteError
    >>> MeanAbsoluteError()([1.0, 2.0], [1.0, 3.0])
    0.5
    """

    name = "mae"
    definition = "Mean absolute error, in the unit of the target."
    highest = math.inf
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of absolute errors."""
        return WeightedMean(np.abs(truth - answers), lowest=0.0)


class RootMeanSquaredError(PredictionScore):
    """Root mean squared error in the target's unit, at least 0, lower is better.

    Examples
    --------
    >>> from interpkd.fidelity import RootMeanSquaredError
    >>> RootMeanSquaredError()([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 6.0])
    1.0
    """

    name = "rmse"
    definition = "Root of the mean squared error, in the unit of the target."
    highest = math.inf
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> RootMean:
        """Give the root of the mean squared error."""
        return RootMean((truth - answers) ** 2)
