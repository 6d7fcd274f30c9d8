"""Scores of a student's decisions: beyond chance, and for one of two classes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd._asking import decide
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._association import Kappa, SpecificAgreement
from interpkd.fidelity._inputs import check_cutoff
from interpkd.fidelity._scores import ProbabilityScore

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


class CohenKappa(ProbabilityScore):
    """Cohen's kappa of the two models' decisions, in [-1, 1], higher is better.

    The agreement beyond what the two shares of decisions alone would give [1]_: 0 for decisions
    that are independent of each other, 1 for equal ones. Where 95 % of the rows are declined by
    either, an agreement of 0.9 says little, and kappa says so.

    Parameters
    ----------
    cutoff : float, default=0.5
        As in :class:`Agreement`.

    References
    ----------
    .. [1] J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
       Measurement 20, 1960.

    Examples
    --------
    >>> from interpkd.fidelity import CohenKappa
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]]
    >>> student = [[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.7, 0.3]]
    >>> CohenKappa()(teacher, student)
    0.5
    """

    name = "cohen_kappa"
    definition = (
        "Cohen's kappa: agreement of the decisions beyond what their shares alone would give."
    )
    lowest = -1.0
    greater_is_better = True

    def __init__(self, cutoff: float = 0.5) -> None:
        self.cutoff = check_cutoff(cutoff)

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Kappa:
        """Give kappa of the decisions."""
        return Kappa(
            decide(truth, self.cutoff),
            decide(answers, self.cutoff),
            n_classes=truth.shape[1],
            undefined="both models decide for the same single class",
        )


class PositiveAgreement(ProbabilityScore):
    """Agreement on the second of two classes, in [0, 1], higher is better.

    Twice the rows on which both models decide for it, over the decisions for it of the one plus
    those of the other [1]_. Rows that both decide against do not count, however many they are.

    Parameters
    ----------
    cutoff : float, default=0.5
        As in :class:`Agreement`.

    References
    ----------
    .. [1] D. Cicchetti and A. Feinstein, "High agreement but low kappa: II. Resolving the
       paradoxes", Journal of Clinical Epidemiology 43, 1990.

    Examples
    --------
    >>> from interpkd.fidelity import PositiveAgreement
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]]
    >>> student = [[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.7, 0.3]]
    >>> round(PositiveAgreement()(teacher, student), 4)
    0.6667
    """

    name = "positive_agreement"
    definition = (
        "Agreement on the second class: twice the rows on which both models decide for it, over "
        "the decisions for it of the one plus those of the other."
    )
    greater_is_better = True
    position = 1

    def __init__(self, cutoff: float = 0.5) -> None:
        self.cutoff = check_cutoff(cutoff)

    def statistic(self, truth: FloatArray, answers: FloatArray) -> SpecificAgreement:
        """Give the agreement on one class."""
        check_two_classes(truth, self.name)
        return SpecificAgreement(
            decide(truth, self.cutoff) == self.position,
            decide(answers, self.cutoff) == self.position,
            undefined="neither model ever decides for this class",
        )


class NegativeAgreement(PositiveAgreement):
    """Agreement on the first of two classes, in [0, 1], higher is better.

    As :class:`PositiveAgreement`, for the other class.

    Parameters
    ----------
    cutoff : float, default=0.5
        As in :class:`Agreement`.

    Examples
    --------
    >>> from interpkd.fidelity import NegativeAgreement
    >>> teacher = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]]
    >>> student = [[0.8, 0.2], [0.6, 0.4], [0.1, 0.9], [0.7, 0.3]]
    >>> NegativeAgreement()(teacher, student)
    0.8
    """

    name = "negative_agreement"
    definition = (
        "Agreement on the first class: twice the rows on which both models decide for it, over "
        "the decisions for it of the one plus those of the other."
    )
    position = 0


def check_two_classes(P: FloatArray, name: str) -> None:
    """Refuse probabilities of more than two classes."""
    if P.shape[1] != 2:
        msg = (
            f"{name} is a score of two classes, but the probabilities have {P.shape[1]} columns. "
            "Take cohen_kappa, or the score of each class against the rest."
        )
        raise InvalidInputError(msg)
