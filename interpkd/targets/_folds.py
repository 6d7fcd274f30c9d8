"""The folds of a cross-fitting, of whatever splitter the user likes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import check_cv

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._typing import Table

Indices = tuple["NDArray[np.intp]", "NDArray[np.intp]"]


@dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes
    ----------
    number : int
        Its place among the folds, counted from 0.

    train, test : ndarray
        Numbers of the rows that the clone is fitted on, and of those that it answers.
    """

    number: int
    train: NDArray[np.intp]
    test: NDArray[np.intp]


def find_folds(
    cv: Any, X: Table, y: NDArray[Any], split_params: Mapping[str, Any], *, classifier: bool
) -> list[Fold]:
    """Split the rows, and see to it that no clone answers for a row that it was fitted on.

    Parameters
    ----------
    cv : int, splitter or iterable
        As scikit-learn's `check_cv` takes it. A row may be held out once, several times or never.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : ndarray of shape (n_samples,)
        The target.

    split_params : mapping
        Metadata for the splitter, such as groups.

    classifier : bool
        Whether an integer stands for stratified folds.

    Returns
    -------
    folds : list of Fold
        The folds.

    Raises
    ------
    InvalidInputError
        If the splitter lacks its groups, there is no fold, a fold holds out nothing, or it trains
        on a row that it holds out.
    """
    if classifier:
        _no_more_folds_than_rows(cv, np.unique(y, return_counts=True)[1])
    splits = _split(check_cv(cv, y, classifier=classifier), X, y, split_params)
    rows = np.arange(len(y))
    folds = [Fold(i, rows[train], rows[test]) for i, (train, test) in enumerate(splits)]
    if not folds:
        msg = (
            "The 'cv' parameter gives no fold. An iterator of splits gives them once only: pass "
            "them as a list."
        )
        raise InvalidInputError(msg)
    for fold in folds:
        _check_fold(fold)
    return folds


def times_held_out(folds: list[Fold], n_rows: int) -> NDArray[np.intp]:
    """Count how often each row is held out."""
    return np.bincount(np.concatenate([fold.test for fold in folds]), minlength=n_rows)


def _split(
    splitter: Any, X: Table, y: NDArray[Any], split_params: Mapping[str, Any]
) -> list[Indices]:
    try:
        with warnings.catch_warnings():
            # a class with fewer rows than folds is reported by its name, fold by fold
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            return list(splitter.split(X, y, **split_params))
    except ValueError as error:
        if "groups" in split_params or "groups" not in str(error):
            raise
        name = type(splitter).__name__
        msg = (
            f"The splitter {name} of the 'cv' parameter needs groups. Enable metadata routing, "
            "sklearn.set_config(enable_metadata_routing=True), and pass them to fit(X, y, "
            f"groups=groups); or pass the splits: cv=list({name}(...).split(X, y, groups))."
        )
        raise InvalidInputError(msg) from error


def _check_fold(fold: Fold) -> None:
    where = f"Fold {fold.number} of the 'cv' parameter"
    if len(fold.test) == 0 or len(fold.train) == 0:
        what = "holds no row out" if len(fold.test) == 0 else "trains on no row"
        msg = f"{where} {what}. Use fewer folds, or leave it out."
        raise InvalidInputError(msg)
    both = np.intersect1d(fold.train, fold.test)
    if len(both):
        msg = (
            f"{where} trains on {len(both)} of the rows that it holds out, the first is row "
            f"{both[0]}. Its answers to them would not be out of fold: take them out of the "
            "training part."
        )
        raise InvalidInputError(msg)
    if len(np.unique(fold.test)) < len(fold.test):
        msg = f"{where} holds a row out twice. List every row once."
        raise InvalidInputError(msg)


def _no_more_folds_than_rows(cv: Any, counts: NDArray[np.int64]) -> None:
    if isinstance(cv, (int, np.integer)) and cv > counts.max():
        msg = (
            f"The 'cv' parameter asks for {cv} folds, but the largest class has "
            f"{counts.max()} rows. Use at most {counts.max()} folds, or a fitted teacher in a "
            "FrozenEstimator."
        )
        raise InvalidInputError(msg)
