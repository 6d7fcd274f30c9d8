"""Variants of a student, cross-validated: all of them taught by the same teacher in each fold."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from interpkd._asking import class_probabilities, predictions
from interpkd._validation import align_classes, safe_indexing
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._held_out_problem import Problem
from interpkd.fidelity._inputs import own_order
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._shared_teacher import hard_labels, harden, is_frozen, share_fits
from interpkd.fidelity._sizes import count_parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

N_REPEATS = 5
"""Calls of `predict` whose median is the latency."""


@dataclass(frozen=True)
class Variant:
    """One way to fit the student.

    Attributes
    ----------
    parameters : dict
        What `set_params` gets.

    lesson : {"soft", "hard", "labels"}
        What it learns from: the teacher's probabilities or predictions, its decisions, or the true
        labels, given as scores of 0 and 1 beside the same teacher. The first variant is "soft".
    """

    parameters: Mapping[str, Any]
    lesson: str = "soft"


@dataclass(frozen=True)
class FoldTask:
    """What is done in one fold."""

    problem: Problem
    variants: Sequence[Variant]
    train: NDArray[np.intp]
    test: NDArray[np.intp]


@dataclass(frozen=True)
class FoldAnswers:
    """What the models of one fold say of its held-out rows.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        The held-out rows.

    classes : ndarray or None
        The order of the columns.

    teacher : ndarray of shape (n_rows, n_classes) or (n_rows,)
        The teacher's answers.

    students : list of ndarray
        Those of each variant.

    counts : list of dict
        What each variant is made of.

    seconds : list of float
        Median time of a call of `predict` on the held-out rows.

    n_generated : list of int
        Generated rows that each variant learned from.
    """

    rows: NDArray[np.intp]
    classes: NDArray[Any] | None
    teacher: FloatArray
    students: list[FloatArray]
    counts: list[dict[str, float | None]]
    seconds: list[float]
    n_generated: list[int]


@dataclass(frozen=True)
class HeldOut:
    """All held-out rows of all folds.

    Attributes
    ----------
    classes : ndarray or None
        The order of the columns.

    teacher : ndarray
        The teachers' answers.

    students : list of ndarray
        Those of each variant.

    y : ndarray or None
        Positions of the labels, or target values.

    sample : Sample
        Weights and groups; a row that several folds hold out is a group.

    fold : ndarray of shape (n_rows,)
        The fold that each row is of.
    """

    classes: NDArray[Any] | None
    teacher: FloatArray
    students: list[FloatArray]
    y: NDArray[Any] | None
    sample: Sample
    fold: NDArray[np.intp]

    def of(self, *variants: int) -> HeldOut:
        """Give the answers of some variants, in an order that depends on nothing else.

        The order decides the resamples. So the scores of a variant do not depend on the order of
        the table, nor on which others were fitted beside it.
        """
        students = [self.students[k] for k in variants]
        sample = self.sample
        order = own_order([self.teacher, *students, sample.weights, self.y, sample.groups])
        return HeldOut(
            self.classes,
            self.teacher[order],
            [one[order] for one in students],
            None if self.y is None else self.y[order],
            sample.take(order),
            self.fold[order],
        )


def with_known_teacher(problem: Problem, train: NDArray[np.intp]) -> Problem:
    """Give the problem with the student's default teacher as its own, so that it can be shared.

    What a student takes by default depends on its table: one is fitted to see it.
    """
    if problem.scores is not None or problem.student.teacher is not None:
        return problem
    probe = _fit(problem, clone(problem.student), train, None)
    student = clone(problem.student).set_params(teacher=clone(probe.teacher_))
    return Problem(student, problem.X, problem.y, problem.weights, problem.codes, problem.scores)


def answer_fold(task: FoldTask) -> FoldAnswers:
    """Fit all variants on the training rows of a fold and ask them about the held-out ones.

    Parameters
    ----------
    task : FoldTask
        Rows and variants.

    Returns
    -------
    answers : FoldAnswers
        What they say, and what they are made of.
    """
    problem, train = task.problem, task.train
    X = safe_indexing(problem.X, task.test)
    known = problem.scores is not None
    shared = None if known else share_fits(problem.student.teacher)
    students, counts, seconds, n_generated = [], [], [], []
    fitted: Any = None
    for variant in task.variants:
        student = clone(problem.student).set_params(**variant.parameters)
        scores = None if problem.scores is None else problem.scores[train]
        if variant.lesson == "labels":
            student.set_params(teacher=None if known else _frozen(fitted.teacher_))
            scores = _label_scores(problem, fitted, train)
        elif variant.lesson == "hard":
            student.set_params(teacher=None if known else harden(shared))
            scores = None if scores is None else hard_labels(scores)
        else:
            student.set_params(teacher=shared)
        student = _fit(problem, student, train, scores)
        fitted = student if fitted is None else fitted
        students.append(_student_answers(student, X, getattr(fitted, "classes_", None)))
        counts.append(count_parts(student, X))
        seconds.append(_median_seconds(student, X))
        n_generated.append(int(student.distillation_["n_augmented"]))
    classes = getattr(fitted, "classes_", None)
    teacher = _teacher_answers(problem, fitted, X, task.test)
    return FoldAnswers(task.test, classes, teacher, students, counts, seconds, n_generated)


def gather(problem: Problem, folds: Sequence[FoldAnswers]) -> HeldOut:
    """Put the answers of all folds together.

    Parameters
    ----------
    problem : Problem
        The rows.

    folds : sequence of FoldAnswers
        At least one.

    Returns
    -------
    held_out : HeldOut
        Rows of weight 0 left out.
    """
    rows = np.concatenate([one.rows for one in folds])
    fold = np.repeat(np.arange(len(folds)), [len(one.rows) for one in folds])
    classes = _all_classes(folds)
    teacher = np.concatenate([_aligned(one.teacher, one.classes, classes) for one in folds])
    n_variants = len(folds[0].students)
    students = [
        np.concatenate([_aligned(one.students[k], one.classes, classes) for one in folds])
        for k in range(n_variants)
    ]
    y = None if problem.y is None else problem.y[rows]
    if y is not None:
        y = y.astype(np.float64) if classes is None else _positions(y, classes)
    weights = np.ones(len(rows)) if problem.weights is None else problem.weights[rows]
    codes = None if problem.codes is None else problem.codes[rows]
    if codes is None and len(np.unique(rows)) < len(rows):
        codes = rows
    counted = np.flatnonzero(weights > 0)
    return HeldOut(
        classes,
        teacher[counted],
        [one[counted] for one in students],
        None if y is None else y[counted],
        Sample(weights[counted], None if codes is None else codes[counted]),
        fold[counted],
    )


def _fit(problem: Problem, student: Any, train: NDArray[np.intp], scores: FloatArray | None) -> Any:
    params: dict[str, Any] = {} if scores is None else {"teacher_proba": scores}
    if problem.weights is not None:
        params["sample_weight"] = problem.weights[train]
    y = None if problem.y is None else problem.y[train]
    return student.fit(safe_indexing(problem.X, train), y, **params)


def _frozen(teacher: Any) -> Any:
    return teacher if is_frozen(teacher) else FrozenEstimator(teacher)


def _label_scores(problem: Problem, student: Any, train: NDArray[np.intp]) -> FloatArray:
    """Give true labels as the scores of a teacher that knows them."""
    y = np.asarray(problem.y)[train]
    if not hasattr(student, "classes_"):
        return y.astype(np.float64)
    classes = np.asarray(student.classes_)
    one_hot: FloatArray = np.eye(len(classes))[_positions(y, classes)]
    return one_hot


def _student_answers(student: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    if classes is not None:
        return class_probabilities(student, X, np.asarray(classes), source="student")
    return predictions(student, X, source="student")


def _teacher_answers(
    problem: Problem, student: Any, X: Table, test: NDArray[np.intp]
) -> FloatArray:
    if problem.scores is not None:
        return problem.scores[test]
    if hasattr(student, "classes_"):
        return class_probabilities(student.teacher_, X, np.asarray(student.classes_))
    return predictions(student.teacher_, X)


def _median_seconds(student: Any, X: Table) -> float:
    times = []
    for _ in range(N_REPEATS):
        start = time.perf_counter()
        student.predict(X)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _all_classes(folds: Sequence[FoldAnswers]) -> NDArray[Any] | None:
    """Give the classes of all folds; the first one's order, unless another knows more."""
    if folds[0].classes is None:
        return None
    known = [np.asarray(one.classes) for one in folds]
    if all(np.array_equal(one, known[0]) for one in known):
        return known[0]
    return np.unique(np.concatenate(known))


def _aligned(
    answers: FloatArray, own: NDArray[Any] | None, classes: NDArray[Any] | None
) -> FloatArray:
    return answers if own is None or classes is None else align_classes(answers, own, classes)


def _positions(y: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    place = {label: k for k, label in enumerate(classes.tolist())}
    unknown = next((label for label in y.tolist() if label not in place), None)
    if unknown is not None:
        msg = (
            f"y holds the label {unknown!r}, which the students of no fold know: "
            f"{classes.tolist()}. Use fewer folds, stratified ones, or leave out the class."
        )
        raise InvalidInputError(msg)
    return np.fromiter((place[label] for label in y.tolist()), dtype=np.intp, count=len(y))
