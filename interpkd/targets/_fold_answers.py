"""Fitting a clone of the teacher per fold and asking it about the rows held out, several at once."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs, parallel_config
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from interpkd._tables import select_rows
from interpkd._validation import align_classes, select_params
from interpkd.exceptions import InterpkdError, TeacherError
from interpkd.targets._folds import times_held_out
from interpkd.targets._ledger import RowNames, ask_in_batches, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.targets._folds import Fold
    from interpkd.targets._ledger import Ledger


@dataclass(frozen=True)
class FoldTask:
    """What every fold is about.

    Attributes
    ----------
    teacher : estimator
        The teacher to clone.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : ndarray of shape (n_samples,)
        The target.

    classes : ndarray of shape (n_classes,) or None
        All classes in sorted order; None for a regression.

    fit_params : mapping
        Metadata for `fit`; what has one entry per row is split with the rows.
    """

    teacher: Any
    X: Table
    y: NDArray[Any]
    classes: NDArray[Any] | None
    fit_params: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """What went wrong in a fold; another process would lose the cause of an error it raises."""

    error: TeacherError
    cause: BaseException | None


def answer_folds(
    task: FoldTask,
    folds: list[Fold],
    *,
    n_jobs: int | None,
    ledger: Ledger,
    progress: Callable[[int, int], object] | None,
) -> FloatArray:
    """Answer each row by the clones that did not see it.

    Parameters
    ----------
    task : FoldTask
        What every fold is about.

    folds : list of Fold
        The folds.

    n_jobs : int or None
        Folds that are fitted at once. Where they are, what a clone would do in parallel itself is
        done one after another.

    ledger : Ledger
        Where the questions are written down.

    progress : callable or None
        Called with the fits done and all of them; the teacher itself is the first.

    Returns
    -------
    answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        The mean of the answers, columns in the order of `task.classes`; NaN where there is none.

    Raises
    ------
    TeacherError
        If the teacher fails in a fold, or its answers there are unusable.
    """
    shape = (len(task.y),) if task.classes is None else (len(task.y), len(task.classes))
    total = np.zeros(shape)
    is_parallel = effective_n_jobs(n_jobs) > 1
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    jobs = (delayed(_answer)(task, fold, is_parallel=is_parallel) for fold in folds)
    with _closing(parallel(jobs)) as found:
        for fold, answers in zip(folds, found, strict=True):
            if progress is not None:
                progress(fold.number + 2, len(folds) + 1)
            if isinstance(answers, Failure):
                raise answers.error from answers.cause
            total[fold.test] += answers
            ledger.note(len(fold.test))
    times = times_held_out(folds, len(task.y)).astype(np.float64)
    times[times == 0] = np.nan
    means: FloatArray = (total.T / times).T
    return means


@contextmanager
def _closing(found: Any) -> Iterator[Any]:
    """Close on the way out, or folds that nobody waits for any more would go on."""
    try:
        yield found
    finally:
        with warnings.catch_warnings():
            # joblib regrets the folds that were done in vain; the error says why they were
            warnings.filterwarnings("ignore", ".*tasks have been successfully", UserWarning)
            warnings.filterwarnings("ignore", ".*tasks which were still being", UserWarning)
            found.close()


def _answer(task: FoldTask, fold: Fold, *, is_parallel: bool) -> FloatArray | Failure:
    """Fit a clone and ask it, in a process of its own or in this one."""
    # one fold per processor is enough: clones that start threads would be in each other's way
    context = parallel_config(backend="sequential") if is_parallel else nullcontext()
    try:
        with context:
            return _fit_and_ask(task, fold)
    except TeacherError as error:
        return Failure(error, error.__cause__)


def _fit_and_ask(task: FoldTask, fold: Fold) -> FloatArray:
    y, stands_for = _labels(task, fold)
    teacher = _fit(task, fold, y)
    answers = ask_in_batches(
        teacher,
        rows_of(select_rows(task.X, fold.test)),
        len(fold.test),
        task="regression" if task.classes is None else "classification",
        names=RowNames("X", fold.test, f" (held out by fold {fold.number})"),
    )
    if task.classes is None:
        return answers
    own = np.asarray(teacher.classes_)
    return align_classes(answers, own if stands_for is None else stands_for[own], task.classes)


def _labels(task: FoldTask, fold: Fold) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Give the labels of the training part, and what they stand for if they were recoded."""
    y = task.y[fold.train]
    if task.classes is None or not np.array_equal(task.classes, np.arange(len(task.classes))):
        return y, None
    present = np.unique(y)
    if len(present) == len(task.classes):
        return y, None
    # XGBoost refuses codes with a gap in them, so the classes that are left move together
    return np.searchsorted(present, y), present


def _fit(task: FoldTask, fold: Fold, y: NDArray[Any]) -> Any:
    """Fit a clone on the training part of a fold."""
    params = select_params(task.X, task.fit_params, indices=fold.train)
    teacher = clone(task.teacher)
    try:
        return teacher.fit(select_rows(task.X, fold.train), y, **params)
    except (InterpkdError, MemoryError, Warning):
        raise
    except Exception as error:
        msg = (
            f"The teacher {type(teacher).__name__} could not be fitted in fold {fold.number}, on "
            f"{len(fold.train)} rows of X: {type(error).__name__}: {error}"
        )
        raise TeacherError(msg) from error
