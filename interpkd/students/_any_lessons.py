"""How any scikit-learn estimator is taught soft targets.

A regressor takes them as they are: numbers, one output per class. A classifier takes labels only,
but with weights: a row whose soft target is 70 % good and 30 % bad is a good row of weight 0.7 and
a bad row of weight 0.3. For every loss that is a weighted sum over rows this is the expected loss
under the soft target, so nothing is approximated.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit, softmax
from sklearn import config_context
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier, is_regressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils.validation import has_fit_parameter

from interpkd.exceptions import DistillationWarning, InvalidInputError, NotAStudentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

PROBABILITIES = "probabilities"
LOGITS = "logits"
WEIGHTED_ROWS = "weighted rows"
PREDICTIONS = "predictions"

WEIGHT_FLOOR = 1e-12
"""Soft probabilities below this make no row: what is left out is less than rounding."""

LOGIT_FLOOR = 1e-3
"""Probabilities below this are raised to it before their logarithm is taken: a teacher that is
certain has infinite logits. Fidelity counts a student's probability no lower either."""


@dataclass(frozen=True)
class Lesson:
    """What a plain estimator is fitted to.

    Attributes
    ----------
    Z : ndarray of shape (n_rows, n_features)
        The rows, some of them several times for weighted rows.

    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        Labels or numbers.

    weights : ndarray of shape (n_rows,)
        Row weights.
    """

    Z: FloatArray
    y: NDArray[Any]
    weights: FloatArray


def choose_targets(student: Any, targets: str) -> str:
    """Decide in which form a student of class probabilities takes its soft targets.

    Parameters
    ----------
    student : estimator
        The plain estimator.

    targets : {"auto", "probabilities", "logits", "weighted rows"}
        What the user asked for.

    Returns
    -------
    taught_by : str
        "probabilities" for a regressor, "weighted rows" for a classifier, unless asked otherwise.

    Raises
    ------
    NotAStudentError
        If the student cannot learn in that form, or in any.
    """
    name = type(student).__name__
    if is_a(student, "regressor"):
        if targets == WEIGHTED_ROWS:
            msg = (
                f"targets={targets!r} needs a classifier, and the 'student' parameter is the "
                f'regressor {name}. Set targets="auto", or pass a classifier.'
            )
            raise NotAStudentError(msg)
        return PROBABILITIES if targets == "auto" else targets
    if not is_a(student, "classifier"):
        msg = (
            f"The 'student' parameter must be a regressor or a classifier, and {name} says it is "
            "neither. Give it RegressorMixin or ClassifierMixin of scikit-learn as a base."
        )
        raise NotAStudentError(msg)
    if targets in (PROBABILITIES, LOGITS):
        msg = (
            f"targets={targets!r} are numbers and need a regressor; the 'student' parameter is the "
            f'classifier {name}. Set targets="auto", or pass a regressor.'
        )
        raise NotAStudentError(msg)
    if not hasattr(student, "predict_proba"):
        msg = (
            f"The 'student' parameter must give probabilities, and the classifier {name} has no "
            "predict_proba: its decisions alone cannot be compared with the teacher's "
            "probabilities. Pass a classifier that has it, or a regressor."
        )
        raise NotAStudentError(msg)
    if weight_names(student) is None:
        msg = (
            "The 'student' parameter must take soft targets: it must be a regressor, or a "
            f"classifier whose fit takes sample_weight. {name} is neither. Pass its regressor, if "
            "there is one, or another classifier."
        )
        raise NotAStudentError(msg)
    return WEIGHTED_ROWS


def is_a(student: Any, kind: str) -> bool:
    """Tell whether an estimator is a "classifier" or a "regressor", also one without tags."""
    if hasattr(student, "steps"):
        return is_a(student.steps[-1][1], kind)
    try:
        if (is_classifier if kind == "classifier" else is_regressor)(student):
            return True
    except (AttributeError, TypeError):  # a library that is older than scikit-learn's tags
        return getattr(student, "_estimator_type", None) == kind
    # behind BaseEstimator among the bases, the mixin cannot set the tag: pystreed's trees are so
    return isinstance(student, ClassifierMixin if kind == "classifier" else RegressorMixin)


def weight_names(student: Any, prefix: str = "") -> list[str] | None:
    """Give the names under which `fit` takes row weights, None if it takes none.

    In a pipeline every step that knows weights gets them, so that a scaler too sees each row with
    the weight it has, however many times it occurs.

    Parameters
    ----------
    student : estimator
        The plain estimator.

    prefix : str, default=""
        Where it stands in a pipeline, such as ``"scaler__"``.

    Returns
    -------
    names : list of str or None
        Names such as ``"sample_weight"`` or ``"scaler__sample_weight"``.
    """
    if isinstance(student, MultiOutputRegressor) and weight_names(student.estimator) is None:
        return None  # it passes weights on, and its parts would refuse them
    if not hasattr(student, "steps"):
        return [f"{prefix}sample_weight"] if has_fit_parameter(student, "sample_weight") else None
    found = {
        name: weight_names(step, f"{prefix}{name}__")
        for name, step in student.steps
        if hasattr(step, "fit")
    }
    last = student.steps[-1][0]
    if found.get(last) is None:
        return None
    return [one for names in found.values() for one in names or ()]


def make_lesson(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    classes: NDArray[Any],
    taught_by: str,
) -> Lesson:
    """Turn soft targets into what a plain estimator is fitted to.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        The rows.

    targets : ndarray of shape (n_samples, n_classes)
        Soft targets.

    weights : ndarray of shape (n_samples,)
        Row weights.

    classes : ndarray of shape (n_classes,)
        The labels of the columns.

    taught_by : {"probabilities", "logits", "weighted rows"}
        The form.

    Returns
    -------
    lesson : Lesson
        Rows, targets and weights. Weighted rows stay in the order of the rows, one for each class
        of a probability of at least `WEIGHT_FLOOR`.
    """
    if taught_by == WEIGHTED_ROWS:
        row, k = np.nonzero(targets >= WEIGHT_FLOOR)
        return Lesson(Z[row], classes[k], weights[row] * targets[row, k])
    is_binary = targets.shape[1] == 2
    if taught_by == PROBABILITIES:
        return Lesson(Z, targets[:, 1] if is_binary else targets, weights)
    P = np.maximum(targets, LOGIT_FLOOR)
    P /= P.sum(axis=1, keepdims=True)
    if is_binary:
        return Lesson(Z, logit(P[:, 1]), weights)
    scores = np.log(P)
    return Lesson(Z, scores - scores.mean(axis=1, keepdims=True), weights)


def to_probabilities(answers: FloatArray, *, n_classes: int, taught_by: str) -> FloatArray:
    """Turn a regressor's answers back into probabilities.

    Parameters
    ----------
    answers : ndarray of shape (n_samples,) or (n_samples, n_classes)
        One output for two classes.

    n_classes : int
        The number of classes.

    taught_by : {"probabilities", "logits"}
        What the outputs imitate.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities are clipped to [0, 1] and divided by their sum (equal ones where all were
        clipped to 0); logits go through the sigmoid or the softmax.
    """
    if n_classes == 2:
        p = expit(answers) if taught_by == LOGITS else np.clip(answers, 0, 1)
        return np.column_stack([1 - p, p])
    if taught_by == LOGITS:
        return np.asarray(softmax(answers, axis=1), dtype=np.float64)
    P = np.clip(answers, 0, 1)
    P[P.sum(axis=1) == 0] = 1
    return P / P.sum(axis=1, keepdims=True)


def fit_lesson(student: Any, lesson: Lesson, *, n_labeled: int) -> Any:
    """Fit a plain estimator, with weights if it takes them.

    Parameters
    ----------
    student : estimator
        The plain estimator; it is fitted in place.

    lesson : Lesson
        What it is fitted to.

    n_labeled : int
        How many rows, the first ones, the user gave with labels.

    Returns
    -------
    student : estimator
        The same.

    Raises
    ------
    InvalidInputError
        If the rows differ in weight and the student takes none, or it refuses them.
    """
    names = weight_names(student)
    if names is None:
        _check_equal_weights(student, lesson.weights, n_labeled)
    weights = dict.fromkeys(names or (), lesson.weights)
    try:
        # The weights are this student's own and not the user's metadata: nothing is to be routed.
        with config_context(enable_metadata_routing=False):
            student.fit(lesson.Z, lesson.y, **weights)
    except (TypeError, ValueError) as error:
        remedy = _remedy(student, lesson, str(error))
        if remedy is None:
            raise
        msg = f"{error}\n{remedy}"
        raise InvalidInputError(msg) from error
    return student


def ask_student(student: Any, Z: FloatArray, method: str) -> FloatArray:
    """Ask the fitted plain estimator; an error about missing values gets its remedy."""
    try:
        return np.asarray(getattr(student, method)(Z), dtype=np.float64)
    except ValueError as error:
        if not (_is_about("nan|missing", str(error)) and np.isnan(Z).any()):
            raise
        msg = f"{error}\n{_take_missing(student)}"
        raise InvalidInputError(msg) from error


def _check_equal_weights(student: Any, weights: FloatArray, n_labeled: int) -> None:
    """Raise if a student without weights would lose the user's, warn if it loses others."""
    name = type(student).__name__
    if np.ptp(weights[:n_labeled]) > 0:
        msg = (
            f"sample_weight was given, and the fit of the student {name} takes none. Leave it "
            "out, or choose a student that takes it."
        )
        raise InvalidInputError(msg)
    if np.ptp(weights) > 0:
        warnings.warn(
            f"The student {name} does not take sample_weight: generated and unlabelled rows count "
            "as much as labelled ones. Set augmentation=None to do without generated ones.",
            DistillationWarning,
            stacklevel=7,  # to the caller of `fit`
        )


def _remedy(student: Any, lesson: Lesson, error: str) -> str | None:
    """Say what helps where the plain estimator refused the lesson, None if it is not known."""
    if _is_about("nan|missing", error) and np.isnan(lesson.Z).any():
        return _take_missing(student)
    if _is_about("1-?d|dim|shape|ravel|output", error) and lesson.y.ndim == 2:
        return (
            f"The student {type(student).__name__} may be made for one output only, and more than "
            "two classes need one each: pass sklearn.multioutput.MultiOutputRegressor(student)."
        )
    if lesson.y.dtype.kind not in "f" and len(np.unique(lesson.y)) == 1:
        return (
            f"All soft targets are of the class {lesson.y.tolist()[0]!r}: there is nothing to "
            "learn. Give rows on which the teacher answers otherwise."
        )
    return None


def _is_about(words: str, error: str) -> bool:
    return re.search(words, error, re.IGNORECASE) is not None


def _take_missing(student: Any) -> str:
    return (
        f"X holds missing values (or categories never seen in fit), and the student "
        f"{type(student).__name__} may not take them. Pass a student that does, or put an imputer "
        "before it: student=make_pipeline(SimpleImputer(), student)."
    )
