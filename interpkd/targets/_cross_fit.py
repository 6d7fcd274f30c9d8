"""Out-of-fold answers of a teacher that is still to be trained.

On the rows a teacher was trained on, its probabilities are sharper than on any other row: it has
seen those labels. A student of them learns that noise. Here every row is answered by clones of
the teacher that did not see it; a row that no fold holds out has no answer.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from interpkd._validation import class_positions
from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.targets._fold_answers import FoldTask, answer_folds
from interpkd.targets._folds import find_folds
from interpkd.targets._leakage import leakage_of_classifier, leakage_of_regressor
from interpkd.targets._ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, Table
    from interpkd.targets._folds import Fold

    Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class CrossFit:
    """A fitted teacher and its honest answers on its own training rows.

    Attributes
    ----------
    teacher : estimator
        The teacher fitted on all rows.

    answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Out-of-fold probabilities, or predictions; the mean of them where several folds hold a row
        out, NaN where none does.

    n_folds : int
        The number of folds.

    leakage : dict of str to float
        How the teacher looks on rows it has seen, and on the same rows unseen, as
        :func:`leakage_of_classifier` and :func:`leakage_of_regressor` give it. The difference is
        what a student of in-sample answers would have learned by mistake.
    """

    teacher: Any
    answers: FloatArray
    n_folds: int
    leakage: dict[str, float | None] = field(default_factory=dict)

    @property
    def answered(self) -> BoolArray:
        """Which rows were held out, shape (n_samples,)."""
        return ~np.isnan(self.answers.reshape(len(self.answers), -1)[:, 0])


def cross_fit_classifier(
    teacher: Any,
    X: Table,
    y: NDArray[Any],
    *,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
    sample_weight: FloatArray | None = None,
    n_jobs: int | None = None,
    ledger: Ledger | None = None,
    progress: Progress | None = None,
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
        Folds; an integer stands for stratified ones. Any splitter will do: a row that is held out
        several times is answered by the mean, one that never is has no answer.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Row weights of the leakage figures.

    n_jobs : int or None, default=None
        Folds that are fitted at once, by joblib; the result is the same for any number.

    ledger : Ledger or None, default=None
        Where the questions are written down.

    progress : callable or None, default=None
        Called with the fits done and all of them.

    Returns
    -------
    result : CrossFit
        The fitted teacher with probabilities in the order of its `classes_`.

    Raises
    ------
    InvalidInputError
        If the splitter cannot be used, or there are fewer rows than folds.

    TeacherError
        If the teacher fails in a fold, or its answers there are unusable.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from interpkd.targets import cross_fit_classifier
    >>> X, y = load_iris(return_X_y=True)
    >>> found = cross_fit_classifier(GaussianNB(), X, y, cv=3, fit_params={}, split_params={})
    >>> found.answers.shape  # each row's answer comes from a clone that did not see it
    (150, 3)
    """
    ledger = ledger or Ledger("classification")
    classes = np.unique(y)
    folds = find_folds(cv, X, y, split_params, classifier=True)
    for fold in folds:
        _check_classes_of(fold, y, classes)
    fitted = _fit_on_all(teacher, X, y, fit_params, folds, progress)
    P = answer_folds(
        FoldTask(teacher, X, y, classes, fit_params),
        folds,
        n_jobs=n_jobs,
        ledger=ledger,
        progress=progress,
    )
    own = np.asarray(fitted.classes_)
    if not np.array_equal(own, classes):  # a teacher may order its classes as it likes
        P = P[:, class_positions(own, classes, name="classes_ of the teacher")]
    result = CrossFit(fitted, P, len(folds))
    rows, weights = _rows_to_compare(result.answered, sample_weight)
    if len(rows):
        seen = ledger.ask(fitted, X)[rows]
        place = class_positions(y[rows], own)
        result.leakage.update(leakage_of_classifier(seen, P[rows], place, weights))
    return result


def cross_fit_regressor(
    teacher: Any,
    X: Table,
    y: NDArray[Any],
    *,
    cv: Any,
    fit_params: Mapping[str, Any],
    split_params: Mapping[str, Any],
    sample_weight: FloatArray | None = None,
    n_jobs: int | None = None,
    ledger: Ledger | None = None,
    progress: Progress | None = None,
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
        Folds, of any splitter: a row that is held out several times is answered by the mean, one
        that never is has no answer.

    fit_params, split_params : mapping
        Metadata for the teacher's `fit` and for the splitter.

    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Row weights of the leakage figures.

    n_jobs : int or None, default=None
        Folds that are fitted at once, by joblib; the result is the same for any number.

    ledger : Ledger or None, default=None
        Where the questions are written down.

    progress : callable or None, default=None
        Called with the fits done and all of them.

    Returns
    -------
    result : CrossFit
        The fitted teacher with its out-of-fold predictions.

    Raises
    ------
    InvalidInputError
        If the splitter cannot be used.

    TeacherError
        If the teacher fails in a fold, or its answers there are unusable.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from interpkd.targets import cross_fit_regressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> found = cross_fit_regressor(LinearRegression(), X, y, cv=3, fit_params={}, split_params={})
    >>> found.answers.shape
    (442,)
    """
    ledger = ledger or Ledger("regression")
    folds = find_folds(cv, X, y, split_params, classifier=False)
    fitted = _fit_on_all(teacher, X, y, fit_params, folds, progress)
    answers = answer_folds(
        FoldTask(teacher, X, y, None, fit_params),
        folds,
        n_jobs=n_jobs,
        ledger=ledger,
        progress=progress,
    )
    result = CrossFit(fitted, answers, len(folds))
    rows, weights = _rows_to_compare(result.answered, sample_weight)
    if len(rows):
        seen = ledger.ask(fitted, X)[rows]
        result.leakage.update(leakage_of_regressor(seen, answers[rows], y[rows], weights))
    return result


def _fit_on_all(
    teacher: Any,
    X: Table,
    y: NDArray[Any],
    fit_params: Mapping[str, Any],
    folds: list[Fold],
    progress: Progress | None,
) -> Any:
    fitted = clone(teacher).fit(X, y, **fit_params)
    if progress is not None:
        progress(1, len(folds) + 1)
    return fitted


def _rows_to_compare(
    answered: BoolArray, sample_weight: FloatArray | None
) -> tuple[NDArray[np.intp], FloatArray | None]:
    """Give the rows that were held out and count, and their weights."""
    if sample_weight is None:
        return np.flatnonzero(answered), None
    rows = np.flatnonzero(answered & (sample_weight > 0))
    return rows, sample_weight[rows]


def _check_classes_of(fold: Fold, y: NDArray[Any], classes: NDArray[Any]) -> None:
    """Refuse a fold that trains on a single class, and say which one another fold lacks."""
    present = np.unique(y[fold.train])
    if len(present) < 2:
        msg = (
            f"Fold {fold.number} of the 'cv' parameter trains the teacher on the single class "
            f"{present.tolist()}. Use stratified folds or fewer of them."
        )
        raise InvalidInputError(msg)
    if len(present) < len(classes):
        missing = np.setdiff1d(classes, present).tolist()[0]
        warnings.warn(
            f"Class {missing!r} is missing from the training part of fold {fold.number}: the "
            "teacher of that fold gives it probability 0.",
            DistillationWarning,
            stacklevel=7,  # to the caller of a student's `fit`
        )
