"""Scores of one model's class probabilities against true labels: performance, not fidelity.

Defined as scikit-learn defines them, so that a validator finds the same numbers there.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from interpkd._asking import decide
from interpkd.fidelity._decisions import area_under_curve
from interpkd.fidelity._statistics import Share, WeightedMean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.fidelity._statistics import Statistic


class LabelScore(ABC):
    """A score of probabilities against labels.

    Attributes
    ----------
    name : str
        Its key in a report.

    definition : str
        What it is, in one sentence that a report prints.

    greater_is_better : bool
        Which end of its range is good.
    """

    name: ClassVar[str]
    definition: ClassVar[str]
    greater_is_better: ClassVar[bool]

    @abstractmethod
    def statistic(self, labels: NDArray[np.intp], P: FloatArray) -> Statistic:
        """Turn class positions (n_samples,) and probabilities into a statistic."""


class Accuracy(LabelScore):
    """Share of rows whose decision is the label, in [0, 1], higher is better.

    Parameters
    ----------
    cutoff : float, default=0.5
        As in :class:`~interpkd.fidelity.Agreement`.
    """

    name = "accuracy"
    definition = "Share of rows whose decision, taken as for the agreement, is the true label."
    greater_is_better = True

    def __init__(self, cutoff: float = 0.5) -> None:
        self.cutoff = cutoff

    def statistic(self, labels: NDArray[np.intp], P: FloatArray) -> Share:
        """Give the share of rows decided as labelled."""
        return Share(decide(P, self.cutoff) == labels)


class LabelAUC(LabelScore):
    """Area under the ROC curve for the label, in [0, 1], higher is better."""

    name = "auc"
    definition = (
        "Area under the ROC curve for the true label; with more than two classes the mean of "
        "one-vs-rest areas over the classes among the labels."
    )
    greater_is_better = True

    def statistic(self, labels: NDArray[np.intp], P: FloatArray) -> Statistic:
        """Give the area, or the mean of areas."""
        return area_under_curve(labels, P, undefined="the labels hold one class only")


class LogLoss(LabelScore):
    """Mean negative log probability of the label in nats, at least 0, lower is better."""

    name = "log_loss"
    definition = (
        "Mean negative log probability of the true label in nats, probabilities clipped at 2.2e-16."
    )
    greater_is_better = False

    def statistic(self, labels: NDArray[np.intp], P: FloatArray) -> WeightedMean:
        """Give the mean of the rows' losses."""
        smallest = np.finfo(np.float64).eps
        of_label = P[np.arange(len(P)), labels]
        rows = -np.log(np.clip(of_label, smallest, 1 - smallest))
        return WeightedMean(rows, lowest=0.0, kinds=np.eye(P.shape[1], dtype=bool)[labels])


class Brier(LabelScore):
    """Mean squared error of probabilities, in [0, 1] (two classes) or [0, 2], lower is better."""

    name = "brier"
    definition = (
        "Mean squared difference between probability and true label: of the second class with "
        "two classes, summed over the classes with more."
    )
    greater_is_better = False

    def statistic(self, labels: NDArray[np.intp], P: FloatArray) -> WeightedMean:
        """Give the mean of the rows' squared differences."""
        squares = (P - np.eye(P.shape[1])[labels]) ** 2
        if P.shape[1] == 2:
            return WeightedMean(squares[:, 1], lowest=0.0, highest=1.0)
        return WeightedMean(squares.sum(axis=1), lowest=0.0, highest=2.0)
