"""Out-of-fold answers of a teacher that is still to be trained.

On the rows a teacher was trained on, its probabilities are sharper than on any other row: it has
seen those labels. A student of them learns that noise. Here every row is answered by a clone of
the teacher that did not see it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv

from interpkd._asking import class_probabilities, predictions
from interpkd._tables import select_rows
from interpkd._validation import class_positions, select_params
from interpkd.exceptions import DistillationWarning, InvalidInputError, TeacherError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table


@dataclass(frozen=True)
class CrossFit:
    """A fitted teacher and its honest answers on its own training rows.

    Attributes
    ----------
    teacher : estimator
        The teacher fitted on all rows.

    answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Out-of-fold probabilities, or predictions.

    n_folds : int
        The number of folds.

    confidence_in_sample, confidence_out_of_fold : float
        Mean largest probability of the teacher on rows it has seen, and has not. The difference
        is what a student of in-sample probabilities would have learned by mistake. NaN for a
        regression.
    """

    teacher: Any
    answers: FloatArray
    n_folds: int
    confidence_in_sample: float = float("nan")
    confidence_out_of_fold: float = float("nan")


def cross_fit_classifier(
    teacher: Any,
    X: Table,
    y: NDArray[Any],
    *,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
) -> CrossFit:
    """Fit a classification teacher and give its out-of-fold probabilities.

    Parameters
    ----------
    teacher : estimator
        Unfitted classifier; it is cloned, never changed.

    X : array-like or data frame of shape (n_samples, n_features)
        Training rows, as the user gave them.

    y : ndarray of shape (n_samples,)
        Labels.

    cv : int, splitter or iterable
        Folds that hold each row out exactly once; an integer stands for stratified folds.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    Returns
    -------
    result : CrossFit
        The fitted teacher with probabilities in the order of its `classes_`.

    Raises
    ------
    InvalidInputError
        If a row is held out never or twice, or there are fewer rows than folds.
    """
    classes, counts = np.unique(y, return_counts=True)
    cv = _no_more_folds_than_rows(cv, counts)
    fitted = clone(teacher).fit(X, y, **fit_params)
    P = np.empty((len(y), len(classes)))
    n_folds = 0
    for train, test in _folds(cv, X, y, split_params, classifier=True):
        fold = clone(teacher)
        P[test] = _answers_of_fold(fold, X, y, train, test, classes, fit_params, n_folds)
        n_folds += 1
    own = np.asarray(fitted.classes_)
    if not np.array_equal(own, classes):  # a teacher may order its classes as it likes
        P = P[:, class_positions(own, classes, name="classes_ of the teacher")]
    seen = class_probabilities(fitted, X).max(axis=1).mean()
    return CrossFit(fitted, P, n_folds, float(seen), float(P.max(axis=1).mean()))


def cross_fit_regressor(
    teacher: Any,
    X: Table,
    y: NDArray[Any],
    *,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
) -> CrossFit:
    """Fit a regression teacher and give its out-of-fold predictions.

    Parameters
    ----------
    teacher : estimator
        Unfitted regressor; it is cloned, never changed.

    X : array-like or data frame of shape (n_samples, n_features)
        Training rows, as the user gave them.

    y : ndarray of shape (n_samples,)
        The target.

    cv : int, splitter or iterable
        Folds that hold each row out exactly once.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    Returns
    -------
    result : CrossFit
        The fitted teacher with its out-of-fold predictions.

    Raises
    ------
    InvalidInputError
        If a row is held out never or twice.
    """
    fitted = clone(teacher).fit(X, y, **fit_params)
    out = np.empty(len(y))
    n_folds = 0
    for train, test in _folds(cv, X, y, split_params, classifier=False):
        params = select_params(X, fit_params, indices=train)
        fold = clone(teacher).fit(select_rows(X, train), y[train], **params)
        out[test] = predictions(fold, select_rows(X, test))
        n_folds += 1
    return CrossFit(fitted, out, n_folds)


def _folds(
    cv: Any, X: Table, y: NDArray[Any], split_params: Mapping[str, Any], *, classifier: bool
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Give the folds, and see to it that each row is held out exactly once."""
    held_out = np.zeros(len(y), dtype=np.int64)
    splitter = check_cv(cv, y, classifier=classifier)
    with warnings.catch_warnings():
        # a class with fewer rows than folds is reported by `_answers_of_fold`, with its name
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        folds = [
            (np.arange(len(y))[train], np.arange(len(y))[test])  # masks become indices
            for train, test in splitter.split(X, y, **split_params)
        ]
    for _, test in folds:
        held_out[test] += 1
    if (held_out != 1).any():
        row = int((held_out != 1).argmax())
        msg = (
            f"The 'cv' parameter must hold each row out exactly once, as KFold does; row {row} is "
            f"held out {held_out[row]} times. For time splits or repeated folds pass a teacher "
            "that is already fitted, in a FrozenEstimator."
        )
        raise InvalidInputError(msg)
    yield from folds


def _answers_of_fold(
    fold: Any,
    X: Table,
    y: NDArray[Any],
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    classes: NDArray[Any],
    fit_params: Mapping[str, Any],
    number: int,
) -> FloatArray:
    """Fit one fold's clone and give its probabilities in the order of all classes."""
    params = select_params(X, fit_params, indices=train)
    y_train = y[train]
    present = np.unique(y_train)
    missing = [label for label in classes.tolist() if label not in set(present.tolist())]
    if len(present) < 2:
        msg = (
            f"Fold {number} of the 'cv' parameter trains the teacher on the single class "
            f"{present.tolist()}. Use stratified folds or fewer of them."
        )
        raise InvalidInputError(msg)
    if not missing:
        fold.fit(select_rows(X, train), y_train, **params)
        return class_probabilities(fold, select_rows(X, test), classes)
    warnings.warn(
        f"Class {missing[0]!r} is missing from the training part of fold {number}: the teacher "
        "of that fold gives it probability 0.",
        DistillationWarning,
        stacklevel=7,  # to the caller of a student's `fit`
    )
    if np.array_equal(classes, np.arange(len(classes))):
        # XGBoost refuses codes with a gap in them, so the classes that are left move together
        fold.fit(select_rows(X, train), np.searchsorted(present, y_train), **params)
        P = class_probabilities(fold, select_rows(X, test))
    else:
        fold.fit(select_rows(X, train), y_train, **params)
        P = class_probabilities(fold, select_rows(X, test), present)
    if P.shape[1] != len(present):
        msg = f"The teacher gives {P.shape[1]} probability columns for {len(present)} classes."
        raise TeacherError(msg)
    out = np.zeros((len(test), len(classes)))
    out[:, np.searchsorted(classes, present)] = P
    return out


def _no_more_folds_than_rows(cv: Any, counts: NDArray[np.int64]) -> Any:
    if isinstance(cv, (int, np.integer)) and cv > counts.max():
        msg = (
            f"The 'cv' parameter asks for {cv} folds, but the largest class has "
            f"{counts.max()} rows. Use at most {counts.max()} folds, or a fitted teacher in a "
            "FrozenEstimator."
        )
        raise InvalidInputError(msg)
    return cv
