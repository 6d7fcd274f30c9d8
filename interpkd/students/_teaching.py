"""Getting soft targets out of whatever the user calls a teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.frozen import FrozenEstimator

from interpkd._asking import class_probabilities, in_class_order, predictions
from interpkd._optional import is_instance_of_name
from interpkd._validation import check_predictions, check_probabilities, class_positions
from interpkd.exceptions import DistillationWarning, InvalidInputError, NotATeacherError
from interpkd.targets import cross_fit_classifier, cross_fit_regressor
from interpkd.teachers import TabularClassifier, as_teacher, is_fitted, is_frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, Table

FROZEN = "frozen teacher"
OUT_OF_FOLD = "out-of-fold"
GIVEN = "given scores"


@dataclass(frozen=True)
class Teaching:
    """A fitted teacher, what it says of the training rows, and how it was asked.

    Attributes
    ----------
    teacher : estimator or None
        The fitted teacher; None when only its scores are at hand.

    answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities, or predictions.

    classes : ndarray of shape (n_classes,) or None
        The classes, None for a regression.

    facts : dict
        Where the answers come from, as the student and the report keep it.
    """

    teacher: Any
    answers: FloatArray
    classes: NDArray[Any] | None
    facts: dict[str, Any]


def teach_classifier(
    teacher: Any,
    X: Table,
    y: NDArray[Any] | None,
    *,
    teacher_proba: ArrayLike | None,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
    n_samples: int,
) -> Teaching:
    """Get the class probabilities that a student is to imitate.

    Parameters
    ----------
    teacher : estimator or None
        A frozen teacher, or one to fit; None together with `teacher_proba`.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows as the user gave them.

    y : ndarray of shape (n_samples,) or None
        Labels.

    teacher_proba : array-like of shape (n_samples, n_classes) or None
        Probabilities that are at hand already.

    cv : int, splitter or iterable
        Folds for a teacher that is to be fitted.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    n_samples : int
        Number of rows.

    Returns
    -------
    teaching : Teaching
        The teacher and its answers.
    """
    if teacher_proba is not None:
        return _given_probabilities(teacher, y, teacher_proba, n_samples)
    if is_frozen(teacher):
        frozen = _frozen_classifier(teacher)
        classes = np.asarray(frozen.classes_)
        if y is not None:
            class_positions(y, classes)
        return Teaching(teacher, class_probabilities(teacher, X), classes, {"source": FROZEN})
    if not hasattr(teacher, "predict_proba"):
        msg = (
            f"The 'teacher' parameter must have predict_proba, and {type(teacher).__name__} has "
            "none. Choose a classifier with probabilities, or calibrate this one."
        )
        raise NotATeacherError(msg)
    _warn_if_fitted(teacher)
    labels = np.asarray(y)
    teacher = _with_own_labels(teacher, labels)
    fit = cross_fit_classifier(
        teacher, X, labels, cv=cv, fit_params=fit_params, split_params=split_params
    )
    facts = {
        "source": OUT_OF_FOLD,
        "n_folds": fit.n_folds,
        "confidence_in_sample": fit.confidence_in_sample,
        "confidence_out_of_fold": fit.confidence_out_of_fold,
    }
    return Teaching(fit.teacher, fit.answers, np.asarray(fit.teacher.classes_), facts)


def teach_regressor(
    teacher: Any,
    X: Table,
    y: NDArray[Any] | None,
    *,
    teacher_proba: ArrayLike | None,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
    n_samples: int,
) -> Teaching:
    """Get the predictions that a student is to imitate.

    Parameters
    ----------
    teacher : estimator or None
        A frozen teacher, or one to fit; None together with `teacher_proba`.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows as the user gave them.

    y : ndarray of shape (n_samples,) or None
        The target.

    teacher_proba : array-like of shape (n_samples,) or None
        Predictions that are at hand already.

    cv : int, splitter or iterable
        Folds for a teacher that is to be fitted.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    n_samples : int
        Number of rows.

    Returns
    -------
    teaching : Teaching
        The teacher and its answers.
    """
    if teacher_proba is not None:
        _no_unfitted_teacher_beside_scores(teacher)
        answers = check_predictions(teacher_proba, n_samples=n_samples, source="teacher_proba")
        return Teaching(teacher, answers, None, {"source": GIVEN})
    if is_frozen(teacher):
        if is_classifier(teacher):
            msg = "The 'teacher' parameter is a classifier; this student imitates a regressor."
            raise NotATeacherError(msg)
        return Teaching(teacher, predictions(teacher, X), None, {"source": FROZEN})
    if not hasattr(teacher, "predict") or is_classifier(teacher):
        msg = (
            f"The 'teacher' parameter must be a regressor, and {type(teacher).__name__} is none. "
            "For a classifier use a student whose name ends in Classifier."
        )
        raise NotATeacherError(msg)
    _warn_if_fitted(teacher)
    fit = cross_fit_regressor(
        teacher, X, np.asarray(y), cv=cv, fit_params=fit_params, split_params=split_params
    )
    return Teaching(fit.teacher, fit.answers, None, {"source": OUT_OF_FOLD, "n_folds": fit.n_folds})


def _with_own_labels(teacher: Any, labels: NDArray[Any]) -> Any:
    """Let an XGBoost teacher have labels of any kind; on its own it takes 0, 1, … only."""
    is_xgboost = is_instance_of_name(teacher, "xgboost.sklearn.XGBClassifier")
    if not is_xgboost or np.array_equal(np.unique(labels), np.arange(len(np.unique(labels)))):
        return teacher
    return TabularClassifier(teacher)


def _given_probabilities(
    teacher: Any, y: NDArray[Any] | None, teacher_proba: ArrayLike, n_samples: int
) -> Teaching:
    """Take probabilities from outside; only the meaning of their columns is to be found."""
    _no_unfitted_teacher_beside_scores(teacher)
    classes = None if y is None else np.unique(y)
    if teacher is not None:
        classes = np.asarray(_frozen_classifier(teacher).classes_)
    if classes is not None:
        teacher_proba = in_class_order(teacher_proba, classes)
    P = check_probabilities(teacher_proba, n_samples=n_samples, source="teacher_proba")
    if classes is None:
        classes = np.arange(P.shape[1])
    if len(classes) != P.shape[1]:
        msg = (
            f"teacher_proba has {P.shape[1]} columns, but there are {len(classes)} classes: "
            f"{classes.tolist()}. Give one column per class, in sorted order of the labels."
        )
        raise InvalidInputError(msg)
    if y is not None:
        class_positions(y, classes)
    return Teaching(teacher, P, classes, {"source": GIVEN})


def _frozen_classifier(teacher: Any) -> Any:
    if isinstance(teacher, FrozenEstimator):
        as_teacher(teacher)  # raises for what is not fitted or has no probabilities
    if is_regressor(teacher):
        msg = (
            "The 'teacher' parameter is a regressor; this student imitates class probabilities. "
            "A function of rows needs its classes: as_teacher(function, classes=[...])."
        )
        raise NotATeacherError(msg)
    return teacher


def _no_unfitted_teacher_beside_scores(teacher: Any) -> None:
    if teacher is not None and not is_frozen(teacher):
        msg = (
            "teacher_proba was given together with a teacher that is to be fitted. Leave the "
            "teacher out, or pass the fitted one in a FrozenEstimator."
        )
        raise InvalidInputError(msg)


def _warn_if_fitted(teacher: Any) -> None:
    if is_fitted(teacher) and getattr(teacher, "__dict__", {}) and _has_state(teacher):
        name = type(teacher).__name__
        warnings.warn(
            f"The teacher {name} is already fitted and will be fitted again, as a clone, so that "
            "the student learns from out-of-fold answers. To use it as it is, pass "
            "sklearn.frozen.FrozenEstimator(teacher) or interpkd.as_teacher(teacher).",
            DistillationWarning,
            stacklevel=6,  # to the caller of `fit`
        )


def _has_state(teacher: Any) -> bool:
    """Tell a fitted estimator from one that needs no fitting and always says it is fitted."""
    tags = getattr(teacher, "__sklearn_tags__", None)
    return tags is None or bool(tags().requires_fit)
