"""Scores of a regression student's errors against its teacher's predictions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._quantiles import Quantile
from interpkd.fidelity._scores import PredictionScore
from interpkd.fidelity._statistics import WeightedMean

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


class MeanError(PredictionScore):
    """Mean student less mean teacher, in the target's unit, 0 is best.

    Examples
    --------
    >>> from interpkd.fidelity import MeanError
    >>> MeanError()([1.0, 2.0], [1.0, 3.0])
    0.5
    """

    name = "mean_error"
    definition = "Mean of the student's predictions less that of the teacher's. 0 is best."
    lowest = -math.inf
    highest = math.inf
    greater_is_better = None
    best = 0.0

    def statistic(self, truth: FloatArray, answers: FloatArray) -> WeightedMean:
        """Give the mean of the rows' differences."""
        return WeightedMean(answers - truth)


class ErrorQuantile(PredictionScore):
    """Quantile of the absolute errors in the target's unit, at least 0, lower is better.

    The smallest error that at least a share `level` of the weight does not exceed: an error of
    the data, nothing is interpolated.

    Parameters
    ----------
    level : float, default=0.9
        The share, strictly between 0 and 1.

    Attributes
    ----------
    name : str
        "error_q" and the level in percent, such as "error_q90".

    Examples
    --------
    >>> from interpkd.fidelity import ErrorQuantile
    >>> ErrorQuantile(0.5)([1.0, 2.0, 3.0], [1.0, 2.5, 7.0])
    0.5
    """

    name = "error_q90"
    definition = "The absolute error that a share of the rows does not exceed."
    highest = math.inf
    greater_is_better = False

    def __init__(self, level: float = 0.9) -> None:
        if isinstance(level, bool) or not isinstance(level, Real) or not 0 < level < 1:
            msg = (
                f"level must be a number strictly between 0 and 1, got {level!r}. It is the share "
                "of the rows that the error does not exceed."
            )
            raise InvalidInputError(msg)
        self.level: float = float(level)
        percent = f"{100 * self.level:.10g}"
        self.name = f"error_q{percent}"
        self.definition = (
            f"The smallest absolute error that at least {percent} % of the rows do not exceed."
        )

    def statistic(self, truth: FloatArray, answers: FloatArray) -> Quantile:
        """Give the quantile of absolute errors."""
        return Quantile(np.abs(answers - truth), self.level)
