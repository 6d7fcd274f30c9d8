"""Scores of whether the student's probabilities mean what the teacher's do, on average."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._association import Slope
from interpkd.fidelity._decision_scores import check_two_classes
from interpkd.fidelity._distance_scores import LOGIT_FLOOR, log_odds
from interpkd.fidelity._quantiles import BinnedDifference
from interpkd.fidelity._scores import ProbabilityScore
from interpkd.fidelity._statistics import WeightedMean

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

N_BINS = 10
"""Bins of the calibration error: equal widths on [0, 1]."""


class CalibrationBias(ProbabilityScore):
    """Calibration in the large: mean student less mean teacher, in [-1, 1], 0 is best.

    Of the probability of the second of two classes. Above 0 the student is too high on average.

    Examples
    --------
    >>> from interpkd.fidelity import CalibrationBias
    >>> round(CalibrationBias()([[0.9, 0.1], [0.4, 0.6]], [[0.8, 0.2], [0.1, 0.9]]), 4)
    0.2
    """

    name = "calibration_bias"
    definition = (
        "Calibration in the large: the student's mean probability of the second class less the "
        "teacher's. 0 is best."
    )
    lowest = -1.0
    greater_is_better = None
    best = 0.0

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' differences."""
        check_two_classes(truth, self.name)
        return WeightedMean(answers[:, 1] - truth[:, 1], lowest=-1.0, highest=1.0)


class CalibrationSlope(ProbabilityScore):
    """Slope of the teacher's log odds on the student's, any number, 1 is best.

    The least-squares slope, with an intercept for each class where there are more than two. Below
    1 the student is too extreme, above 1 too timid. Log odds as in :class:`LogitMAE`: of
    probabilities clipped to [0.001, 0.999].

    Examples
    --------
    >>> from interpkd.fidelity import CalibrationSlope
    >>> student = [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    >>> round(CalibrationSlope()([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75]], student), 4)
    0.5
    """

    name = "calibration_slope"
    definition = (
        "Least-squares slope of the teacher's log odds on the student's, probabilities of both "
        f"clipped to [{LOGIT_FLOOR:g}, {1 - LOGIT_FLOOR:g}]. 1 is best; below it the student is "
        "too extreme."
    )
    lowest = -math.inf
    highest = math.inf
    greater_is_better = None
    best = 1.0

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Slope:
        """Give the slope, pooled over classes."""
        reason = "the student gives the same log odds on all rows"
        return Slope(log_odds(answers), log_odds(truth), undefined=reason)


class CalibrationError(ProbabilityScore):
    """Expected calibration error against the teacher, in [0, 1], lower is better.

    The student's probability of the second class falls into one of ten bins of equal width, closed
    on the right; the absolute difference of the two models' means in each bin is averaged by
    weight. With more than two classes the mean over classes, each against the rest. Chance alone
    makes it positive: on few rows it is too high on average, and its interval says so.

    Examples
    --------
    >>> from interpkd.fidelity import CalibrationError
    >>> teacher = [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]]
    >>> student = [[0.8, 0.2], [0.8, 0.2], [0.1, 0.9]]
    >>> round(CalibrationError()(teacher, student), 4)
    0.0333
    """

    name = "calibration_error"
    definition = (
        f"Mean over rows of the absolute difference of the two models' mean probabilities in the "
        f"row's bin, {N_BINS} bins of equal width of the student's probability, closed on the right."
    )
    greater_is_better = False

    def statistic(self, truth: FloatArray, answers: FloatArray) -> BinnedDifference:
        """Give the mean of the bins' differences."""
        columns = slice(1, 2) if truth.shape[1] == 2 else slice(None)
        edges = np.arange(N_BINS + 1) / N_BINS
        bins = np.searchsorted(edges[1:-1], answers[:, columns], side="left")
        return BinnedDifference((answers - truth)[:, columns], bins, edges=edges)
