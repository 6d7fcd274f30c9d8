"""A teacher that is still to be fitted, for rows that are read part by part: folds are of whole parts."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections import available_bytes, in_memory
from interpkd.exceptions import InvalidInputError
from interpkd.students._progress import progress_of
from interpkd.students._questions import route_metadata
from interpkd.students._state import example_rows
from interpkd.students._teaching import Teaching, teach_classifier, teach_regressor
from interpkd.targets import Ledger

if TYPE_CHECKING:
    from interpkd._collections import Collection, Part
    from interpkd._typing import FloatArray
    from interpkd.students._collection_stages import Described

PARTS_PER_FOLD = 2
"""Fewest parts of a fold: one alone may hold the rows of one day, or of one class."""

COPIES = 2.5
"""Times that the rows are in memory: all of them, those of a fold, and what a teacher makes of them."""


def cross_fit_in_memory(
    student: Any, collection: Collection, found: Described
) -> tuple[Teaching, dict[int, FloatArray]]:
    """Fit the teacher, and clones that answer for the parts that they did not see.

    Parameters
    ----------
    student : estimator
        The student, of which `cv` is the number of folds: part ``i`` is held out by fold ``i % cv``.

    collection : Collection
        The labelled rows, which are brought into memory for this.

    found : Described
        What is known of them.

    Returns
    -------
    teaching : Teaching
        The teacher fitted on all rows, and how it does in and out of sample.

    answers : dict of int to ndarray
        The out-of-fold answers of each part.

    Raises
    ------
    InvalidInputError
        If there are too few parts, or the rows do not fit into memory.
    """
    n_folds = _n_folds(student, collection)
    _check_room(next(iter(collection.map(_example, parts=[0]))), found.n_rows)
    rows, lengths = in_memory(collection)
    number = np.repeat(np.arange(len(lengths)), lengths)
    splits = [
        (np.flatnonzero(number % n_folds != k), np.flatnonzero(number % n_folds == k))
        for k in range(n_folds)
    ]
    teacher = student.teacher
    if teacher is None:
        teacher = student._default_teacher(example_rows(found.columns))  # noqa: SLF001
    fit_params, split_params = route_metadata(student, teacher, rows.sample_weight, {})
    task, ledger = student._task, Ledger(student._task)  # noqa: SLF001
    y = np.asarray(rows.y, dtype=np.float64) if task == "regression" else rows.y
    teach = teach_classifier if task == "classification" else teach_regressor
    verbose = getattr(student, "verbose", 0)
    with progress_of("Fitting the teacher, fold by fold", verbose) as progress:
        teaching = teach(
            teacher,
            rows.X,
            y,
            teacher_proba=None,
            n_samples=len(rows),
            ledger=ledger,
            cv=splits,
            fit_params=fit_params,
            split_params=split_params,
            sample_weight=rows.sample_weight,
            n_jobs=getattr(student, "n_jobs", None),
            progress=progress,
        )
    ends = np.cumsum(lengths)
    answers = {
        k: teaching.answers[end - n : end]
        for k, (end, n) in enumerate(zip(ends, lengths, strict=True))
    }
    asked = {"n_teacher_queries": ledger.n_rows, "n_teacher_calls": ledger.n_calls}
    facts = {**teaching.facts, **asked}
    return Teaching(teaching.teacher, np.empty(0), teaching.classes, facts), answers


def _n_folds(student: Any, collection: Collection) -> int:
    cv = student.cv
    if not isinstance(cv, (int, np.integer)):
        msg = (
            "The 'cv' parameter must be a number of folds where X is a data set or a Dask "
            f"collection, got {type(cv).__name__}: folds are of whole parts. Give a number, or fit "
            "the teacher yourself and pass FrozenEstimator(teacher)."
        )
        raise InvalidInputError(msg)
    if collection.n_parts < PARTS_PER_FOLD * cv:
        msg = (
            f"The 'cv' parameter asks for {cv} folds, which need {PARTS_PER_FOLD * cv} parts of X "
            f"at least; it has {collection.n_parts}. Give fewer folds, write smaller row groups, or "
            "pass a fitted teacher as FrozenEstimator(teacher)."
        )
        raise InvalidInputError(msg)
    return int(cv)


def _example(part: Part) -> int:
    """Give the bytes that a row takes."""
    X = part.X
    n_bytes = X.nbytes if isinstance(X, np.ndarray) else X.memory_usage(deep=True).sum()
    return int(n_bytes) // max(len(part), 1) + 16


def _check_room(row_bytes: int, n_rows: int) -> None:
    """Refuse to bring more rows into memory than fit there."""
    needed, free = COPIES * row_bytes * n_rows, available_bytes()
    if needed > free:
        msg = (
            f"A teacher that is still to be fitted needs its rows in memory: about "
            f"{needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free. Fit it on a sample or "
            "elsewhere and pass FrozenEstimator(teacher), leave columns out, or take a teacher "
            "that fits on Dask collections."
        )
        raise InvalidInputError(msg)
