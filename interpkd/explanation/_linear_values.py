"""SHAP values of linear students and scorecards: without sampling where a sum can be read."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from interpkd._mixing import mixer
from interpkd.explanation._asked_values import Sampling, Values, explain_by_asking
from interpkd.explanation._logistic_sum import find_addends, logistic_shap
from interpkd.explanation._permutation import is_enumerable

if TYPE_CHECKING:
    from interpkd.explanation._asked_values import Setting

EXACT_SUM = "exact, a logistic function of a sum over columns"

TOLERANCE = 1e-6
"""How far exact values may miss a model's answer, times the largest answer where above one."""


def explain_linear(setting: Setting, student: Any, sampling: Sampling) -> Values:
    """Explain probabilities of a linear model or a scorecard: of two classes exactly.

    Parameters
    ----------
    setting : Setting
        Rows and background.

    student : fitted estimator
        The student.

    sampling : Sampling
        How to sample where values cannot be had exactly.

    Returns
    -------
    values : Values
        The values, and how they were computed.
    """
    n_columns = len(setting.structure.columns)
    why = "probabilities of several classes are no function of one sum over columns"
    if is_enumerable(n_columns, sampling.n_permutations):
        return explain_by_asking(setting, student, "student", sampling, why)
    if setting.structure.classes is not None and len(setting.structure.classes) == 2:
        exact = _logistic_values(setting, student)
        if not isinstance(exact, str):
            return exact
        why = exact
    return explain_by_asking(setting, student, "student", sampling, why)


def _logistic_values(setting: Setting, student: Any) -> Values | str:
    """Give the values of a logistic function of a sum over columns, else why it is none."""
    if not hasattr(student, "decision_function"):
        return f"{type(student).__name__} has no decision_function"
    mix = mixer({"background": setting.background, "X": setting.X})
    slope = float(getattr(student, "link_slope_", 1.0))
    n_background, n = len(setting.Z_background), len(setting.Z)
    addends = find_addends(
        lambda numbers: slope * np.ravel(student.decision_function(mix(numbers))),
        n_background,
        n,
        len(setting.structure.columns),
    )
    if addends is None:
        return "its decision_function is no sum over columns"
    second = logistic_shap(addends)
    if isinstance(second, str):
        return second
    base = float(expit(addends.start + addends.background.sum(axis=1)).mean())
    answers = setting.ask(student, setting.X, "student")
    found = Values(
        np.stack([-second, second], axis=2), np.array([1 - base, base]), answers, EXACT_SUM
    )
    if found.miss() > TOLERANCE:
        return "its probabilities are not the logistic function of its decision_function"
    return found


def explain_sum(setting: Setting, student: Any, sampling: Sampling) -> Values:
    """Explain a sum over columns: what a column adds is the same in any permutation.

    Parameters
    ----------
    setting : Setting
        Rows and background.

    student : fitted estimator
        The student.

    sampling : Sampling
        How to sample where values cannot be had exactly.

    Returns
    -------
    values : Values
        The values, and how they were computed.
    """
    why = "the student is no sum over columns"
    found = explain_by_asking(setting, student, "student", Sampling(2, sampling.seed), why)
    scale = max(1.0, float(np.abs(found.answers).max()))
    if found.error is not None and float(found.error.max()) > TOLERANCE * scale:
        return explain_by_asking(setting, student, "student", sampling, why)
    return replace(found, method="exact, a sum over columns", error=None)
