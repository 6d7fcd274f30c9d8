"""What a cross-validation of students is about: the rows, the student, the folds; all checked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv

from interpkd._validation import num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import check_groups, check_weights
from interpkd.fidelity._shared_teacher import EVEN, is_frozen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, Table


@dataclass(frozen=True)
class Problem:
    """The rows, the student, and who teaches it.

    Attributes
    ----------
    student : estimator
        Unfitted.

    X : table of shape (n_samples, n_features)
        The rows.

    y : ndarray of shape (n_samples,) or None
        Labels or target values.

    weights : ndarray of shape (n_samples,) or None
        Row weights.

    codes : ndarray of shape (n_samples,) or None
        Groups of dependent rows.

    scores : ndarray or None
        A teacher's answers, when they are all there is of it.
    """

    student: Any
    X: Table
    y: NDArray[Any] | None
    weights: FloatArray | None
    codes: NDArray[np.intp] | None
    scores: FloatArray | None


def read_problem(
    student: Any,
    X: Table,
    y: ArrayLike | None,
    *,
    teacher: Any,
    sample_weight: ArrayLike | None,
    groups: ArrayLike | None,
    random_state: int | None,
) -> Problem:
    """Check what a cross-validation is asked for.

    Parameters
    ----------
    student : estimator
        Student with a `teacher` parameter; it is cloned.

    X : table of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,) or None
        Labels or target values.

    teacher : estimator, array-like or None
        In place of the student's own; an array holds a teacher's answers on `X`.

    sample_weight, groups : array-like of shape (n_samples,) or None
        Row weights and labels of dependent rows.

    random_state : int or None
        Seed of the student and of a teacher to be fitted, where their own are None.

    Returns
    -------
    problem : Problem
        Ready to be split into folds.

    Raises
    ------
    InvalidInputError
        If the student has no `teacher`, or labels are needed and missing.
    """
    _check_student(student)
    student, n = clone(student), num_samples(X)
    scores = None
    if teacher is not None and not hasattr(teacher, "fit") and not is_frozen(teacher):
        scores = np.asarray(teacher, dtype=np.float64)
        _check_length("teacher", scores, n)
        student.set_params(teacher=None)
    elif teacher is not None:
        student.set_params(teacher=teacher)
    if random_state is not None:
        _seed(student, random_state)
    target = None if y is None else np.asarray(y)
    if target is not None:
        _check_length("y", target, n)
    elif scores is None and not is_frozen(student.teacher):
        msg = (
            "y is None, but the teacher is still to be fitted. Pass labels, or a teacher in a "
            "FrozenEstimator or made by as_teacher."
        )
        raise InvalidInputError(msg)
    weights = None if sample_weight is None else check_weights(sample_weight, n)
    codes = None if groups is None else check_groups(groups, n)
    return Problem(student, X, target, weights, codes, scores)


def split_rows(problem: Problem, cv: Any) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give training and held-out rows of each fold.

    Parameters
    ----------
    problem : Problem
        The rows.

    cv : int, splitter or iterable
        An int stands for stratified folds of a classification, with groups for folds that keep
        them whole; rows are not shuffled, as in scikit-learn.

    Returns
    -------
    folds : list of tuple of two ndarrays
        Row numbers.

    Raises
    ------
    InvalidInputError
        If a row or a group is trained on and held out in one fold, or nothing is held out.
    """
    is_stratified = is_classifier(problem.student) and problem.y is not None
    if problem.codes is not None and isinstance(cv, Integral):
        splitter = StratifiedGroupKFold(cv) if is_stratified else GroupKFold(cv)
    else:
        splitter = check_cv(cv, problem.y, classifier=is_stratified)
    blank = np.zeros(num_samples(problem.X))
    folds = list(splitter.split(blank, problem.y, problem.codes))
    units = np.arange(len(blank)) if problem.codes is None else problem.codes
    for k, (train, test) in enumerate(folds):
        if len(test) == 0 or len(train) == 0:
            msg = f"Fold {k} of cv trains on {len(train)} rows and holds out {len(test)}."
            raise InvalidInputError(msg)
        if np.isin(units[test], units[train]).any():
            what = "row" if problem.codes is None else "group"
            msg = (
                f"Fold {k} of cv holds out a {what} that it trains on. Use a splitter that keeps "
                "them apart, such as GroupKFold, or an int."
            )
            raise InvalidInputError(msg)
    return folds


def check_cutoff_applies(problem: Problem, cutoff: float) -> None:
    """Refuse a cutoff of its own where there are no two classes to divide."""
    if cutoff == EVEN:
        return
    is_regression = not hasattr(problem.student, "predict_proba")
    n_classes = 2 if problem.y is None else len(np.unique(problem.y))
    if is_regression or n_classes != 2:
        kind = "a regression" if is_regression else f"{n_classes} classes"
        msg = f"cutoff={cutoff} divides two classes, but the student has {kind}. Leave cutoff out."
        raise InvalidInputError(msg)


def _check_student(student: Any) -> None:
    if isinstance(student, type) or not hasattr(student, "get_params"):
        msg = f"student must be an unfitted student, an instance, got {student!r}."
        raise InvalidInputError(msg)
    if "teacher" not in student.get_params(deep=False):
        msg = (
            f"student is a {type(student).__name__}, which has no 'teacher' parameter. Pass a "
            "student such as DistilledTreeClassifier; any other estimator becomes one by "
            "DistilledClassifier(student=estimator)."
        )
        raise InvalidInputError(msg)


def _seed(student: Any, random_state: int) -> None:
    """Seed a student, and a teacher that is still to be fitted, where their own seeds are None."""
    keep = is_frozen(student.teacher)
    for name, value in student.get_params(deep=True).items():
        is_seed = name == "random_state" or name.endswith("__random_state")
        if is_seed and value is None and not (keep and name.startswith("teacher__")):
            student.set_params(**{name: random_state})


def _check_length(name: str, values: NDArray[Any], n: int) -> None:
    if values.ndim == 0 or len(values) != n:
        msg = f"{name} must have one entry per row of X, {n}, got shape {values.shape}."
        raise InvalidInputError(msg)
