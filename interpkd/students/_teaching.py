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

from interpkd._optional import is_instance_of_name
from interpkd._validation import check_predictions, class_positions
from interpkd.exceptions import DistillationWarning, InvalidInputError, NotATeacherError
from interpkd.students._given_scores import (
    no_unfitted_teacher_beside_scores,
    read_probabilities,
)
from interpkd.targets import cross_fit_classifier, cross_fit_regressor
from interpkd.teachers import TabularClassifier, as_teacher, is_fitted, is_frozen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import BoolArray, FloatArray, Table
    from interpkd.targets import CrossFit, Ledger

FROZEN = "frozen teacher"
OUT_OF_FOLD = "out-of-fold"
GIVEN = "given scores"

BOOSTERS = ("xgboost.sklearn.XGBModel", "lightgbm.sklearn.LGBMModel")
"""Boosters that stop early only if validation rows are handed to `fit`."""


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

    answered : ndarray of bool of shape (n_samples,) or None
        Which rows have an answer; None for all of them.
    """

    teacher: Any
    answers: FloatArray
    classes: NDArray[Any] | None
    facts: dict[str, Any]
    answered: BoolArray | None = None


def teach_classifier(
    teacher: Any,
    X: Table,
    y: NDArray[Any] | None,
    *,
    teacher_proba: ArrayLike | None,
    n_samples: int,
    ledger: Ledger,
    **cross_fitting: Any,
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

    n_samples : int
        Number of rows.

    ledger : Ledger
        Where the questions are written down.

    **cross_fitting : dict
        For a teacher that is to be fitted, the other parameters of
        :func:`~interpkd.targets.cross_fit_classifier`.

    Returns
    -------
    teaching : Teaching
        The teacher and its answers.
    """
    if teacher_proba is not None:
        return _given_probabilities(teacher, y, teacher_proba, n_samples)
    if is_frozen(teacher):
        classes = frozen_classes(teacher, "classification")
        if y is not None:
            class_positions(y, np.asarray(classes))
        return Teaching(teacher, ledger.ask(teacher, X), classes, {"source": FROZEN})
    if not hasattr(teacher, "predict_proba"):
        msg = (
            f"The 'teacher' parameter must have predict_proba, and {type(teacher).__name__} has "
            "none. Choose a classifier with probabilities, or calibrate this one."
        )
        raise NotATeacherError(msg)
    _warn_if_fitted(teacher)
    _check_early_stopping(teacher, cross_fitting)
    labels = np.asarray(y)
    teacher = _with_own_labels(teacher, labels)
    fit = cross_fit_classifier(teacher, X, labels, ledger=ledger, **cross_fitting)
    return _from_folds(fit, np.asarray(fit.teacher.classes_))


def teach_regressor(
    teacher: Any,
    X: Table,
    y: NDArray[Any] | None,
    *,
    teacher_proba: ArrayLike | None,
    n_samples: int,
    ledger: Ledger,
    **cross_fitting: Any,
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

    n_samples : int
        Number of rows.

    ledger : Ledger
        Where the questions are written down.

    **cross_fitting : dict
        For a teacher that is to be fitted, the other parameters of
        :func:`~interpkd.targets.cross_fit_regressor`.

    Returns
    -------
    teaching : Teaching
        The teacher and its answers.
    """
    if teacher_proba is not None:
        no_unfitted_teacher_beside_scores(teacher)
        answers = check_predictions(teacher_proba, n_samples=n_samples, source="teacher_proba")
        return Teaching(teacher, answers, None, {"source": GIVEN})
    if is_frozen(teacher):
        frozen_classes(teacher, "regression")
        return Teaching(teacher, ledger.ask(teacher, X), None, {"source": FROZEN})
    if not hasattr(teacher, "predict") or is_classifier(teacher):
        msg = (
            f"The 'teacher' parameter must be a regressor, and {type(teacher).__name__} is none. "
            "For a classifier use a student whose name ends in Classifier."
        )
        raise NotATeacherError(msg)
    _warn_if_fitted(teacher)
    _check_early_stopping(teacher, cross_fitting)
    fit = cross_fit_regressor(teacher, X, np.asarray(y), ledger=ledger, **cross_fitting)
    return _from_folds(fit, None)


def _from_folds(fit: CrossFit, classes: NDArray[Any] | None) -> Teaching:
    """Take what a cross-fitting gave, and note how it went."""
    answered = fit.answered
    facts = {
        "source": OUT_OF_FOLD,
        "n_folds": fit.n_folds,
        "n_without_answer": int((~answered).sum()),
        **fit.leakage,
    }
    return Teaching(fit.teacher, fit.answers, classes, facts, answered)


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
    no_unfitted_teacher_beside_scores(teacher)
    classes = None
    if teacher is not None:
        classes = frozen_classes(teacher, "classification")
    elif y is not None:
        classes = np.unique(y)
    P, classes = read_probabilities(teacher_proba, classes, n_samples=n_samples)
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


def frozen_classes(teacher: Any, task: str) -> NDArray[Any] | None:
    """Check a frozen teacher, and give its classes.

    Parameters
    ----------
    teacher : frozen teacher
        The teacher.

    task : {"classification", "regression"}
        What is asked of it.

    Returns
    -------
    classes : ndarray of shape (n_classes,) or None
        The classes, None for a regression.

    Raises
    ------
    NotATeacherError
        If it answers something else.
    """
    if task == "classification":
        return np.asarray(_frozen_classifier(teacher).classes_)
    if is_classifier(teacher):
        msg = "The 'teacher' parameter is a classifier; this student imitates a regressor."
        raise NotATeacherError(msg)
    return None


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


def _check_early_stopping(teacher: Any, cross_fitting: dict[str, Any]) -> None:
    """Say what a booster needs that is to stop early and has no rows to tell when."""
    steps = [step for _, step in teacher.steps] if hasattr(teacher, "steps") else [teacher]
    booster = steps[-1]
    name = next((name for name in BOOSTERS if is_instance_of_name(booster, name)), None)
    is_given = any(key.endswith("eval_set") for key in cross_fitting.get("fit_params", {}))
    if name is None or is_given or not _stops_early(booster):
        return
    kind = type(booster).__name__
    msg = (
        f"The teacher {kind} stops early (early_stopping_rounds) and needs validation rows at every "
        "fit. Either pass some: sklearn.set_config(enable_metadata_routing=True), "
        f"{kind}(...).set_fit_request(eval_set=True) and fit(X, y, eval_set=[(X_val, y_val)]), the "
        "same rows for every fold; or fit it yourself and pass FrozenEstimator(teacher); or take "
        "one that sets rows aside itself, such as HistGradientBoosting with early_stopping=True."
    )
    raise InvalidInputError(msg)


def _stops_early(booster: Any) -> bool:
    params = booster.get_params(deep=False)
    return any(params.get(name) for name in ("early_stopping_rounds", "early_stopping_round"))


def _has_state(teacher: Any) -> bool:
    """Tell a fitted estimator from one that needs no fitting and always says it is fitted."""
    tags = getattr(teacher, "__sklearn_tags__", None)
    return tags is None or bool(tags().requires_fit)
