"""Distil or not: the same student taught by true labels, by decisions and by probabilities.

A student in place of its teacher costs something, and learning from a teacher in place of the labels
should gain something. Both are measured on the same held-out rows, for one student of one size.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._interruptible import run_each
from interpkd.exceptions import InterruptedRun, InvalidInputError
from interpkd.fidelity._distil_findings import (
    DistilOrNot,
    Lesson,
)
from interpkd.fidelity._held_out import (
    FoldTask,
    Variant,
    answer_fold,
    gather,
    with_known_teacher,
)
from interpkd.fidelity._held_out_problem import check_cutoff_applies, read_problem, split_rows
from interpkd.fidelity._inputs import SMALLEST_ALPHA, check_alpha, check_cutoff
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._paired import ModelsInPairs
from interpkd.fidelity._performance import Accuracy, LabelAUC, LogLoss
from interpkd.fidelity._scores import MeanAbsoluteError, RSquared
from interpkd.fidelity._shared_teacher import is_frozen
from interpkd.fidelity._sizes import mean_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.fidelity._held_out import FoldAnswers
    from interpkd.fidelity._held_out_problem import Problem


def distil_or_not(
    student: Any,
    X: Table,
    y: ArrayLike,
    *,
    cv: Any = 5,
    teacher: Any = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    cutoff: float = 0.5,
    alpha: float = 0.05,
    n_jobs: int | None = None,
    random_state: int | None = None,
    progress: Callable[[str], Any] | None = None,
) -> DistilOrNot:
    """Compare a student of probabilities with the same student of decisions and of true labels.

    In each fold the teacher is fitted once and shared. "soft" is the student as it is; "hard" is
    the same with a teacher that says 0 or 1 for what it decides; "labels" is the same with the true
    labels in the place of the teacher's answers (by `teacher_proba`, so that the student searches as
    long as for the others; with ``alpha=1`` a tree would only be grown). All are compared on the
    held-out rows: accuracy by McNemar's exact test [1]_ where rows are independent and weigh the
    same, everything else by the jackknife interval of the paired difference.

    Parameters
    ----------
    student : estimator
        Unfitted student, with a `teacher` parameter; it is cloned.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,)
        True labels or values.

    cv : int, splitter or iterable, default=5
        Folds, as in :func:`frontier`.

    teacher : estimator, array-like or None, default=None
        In place of the student's own, as in :func:`frontier`.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, in `fit` and in the scores.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows, as in :func:`frontier`.

    cutoff : float, default=0.5
        Where decisions between two classes change in the accuracy. Hard labels are those of the
        most probable class, whatever it is.

    alpha : float, default=0.05
        The risk that any of the statements on the lessons is wrong, shared equally among them; one
        minus the confidence of each other interval.

    n_jobs : int or None, default=None
        Folds that run at once, by joblib; the result is the same for any number.

    random_state : int or None, default=None
        Seed of the student, and of a teacher to be fitted, where their own are None.

    progress : callable or None, default=None
        Called with a text such as "fold 2 of 5" after each fold.

    Returns
    -------
    found : DistilOrNot
        Scores, differences, and a sentence on each.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule; the message says which.

    InterruptedRun
        If the user interrupts after the first fold; its `partial` holds the finished folds.

    Notes
    -----
    The tests are about the students of these folds on rows like these. They take the fitted models
    as they are, and do not say how other training rows would change them.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated proportions
       or percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from interpkd import DistilledTreeRegressor
    >>> from interpkd.fidelity import distil_or_not
    >>> X, y = load_diabetes(return_X_y=True)
    >>> student = DistilledTreeRegressor(LinearRegression(), max_leaf_nodes=4, augmentation=None)
    >>> found = distil_or_not(student, X, y, cv=2, random_state=0)
    >>> found.comparisons[0].score
    'r2'
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
    if y is None:
        msg = "y is None; whether distilling pays is measured on true labels. Pass them."
        raise InvalidInputError(msg)
    problem = read_problem(
        student,
        X,
        y,
        teacher=teacher,
        sample_weight=sample_weight,
        groups=groups,
        random_state=random_state,
    )
    check_cutoff_applies(problem, cutoff)
    variants = _variants(problem.student)
    _check_shared(alpha, len(variants))
    folds = split_rows(problem, cv)
    problem = with_known_teacher(problem, folds[0][0])
    tasks = [FoldTask(problem, list(variants.values()), train, test) for train, test in folds]
    answers, is_complete = run_each(
        answer_fold, tasks, n_jobs=n_jobs, progress=progress, name="fold"
    )
    found = _summary(problem, list(variants), answers, cutoff, alpha, len(folds))
    if not is_complete:
        msg = (
            f"distil_or_not was interrupted after {len(answers)} of {len(folds)} folds. The "
            "exception's `partial` is the result of these."
        )
        raise InterruptedRun(msg, partial=found)
    return found


def _variants(student: Any) -> dict[str, Variant]:
    """Give the student's parameters for each lesson."""
    params = student.get_params(deep=False)
    if params.get("alpha") == 1:
        msg = (
            f"student is a {type(student).__name__} with alpha=1, which leaves the teacher out: "
            "there is nothing to compare. Leave alpha at 0."
        )
        raise InvalidInputError(msg)
    # labels and decisions have no temperature, and labels no teacher to mix them with
    cold = {"temperature": 1.0} if "temperature" in params else {}
    labels = cold | ({"alpha": 0.0} if "alpha" in params else {})
    if params.get("n_augmented", "auto") != "auto":
        labels["n_augmented"] = 0  # a number of rows would be refused: nobody can label them
    hard = {"hard": Variant(cold, "hard")} if hasattr(student, "predict_proba") else {}
    return {"soft": Variant({}), **hard, "labels": Variant(labels, "labels")}


def _check_shared(alpha: float, n_lessons: int) -> None:
    """Refuse a risk that leaves too little for each statement."""
    n_statements = 9 if n_lessons == 3 else 2
    if alpha < n_statements * SMALLEST_ALPHA:
        msg = (
            f"alpha={alpha} is shared by {n_statements} statements, of which each needs "
            f"{SMALLEST_ALPHA}. Use at least {n_statements * SMALLEST_ALPHA:g}."
        )
        raise InvalidInputError(msg)


def _scores(classes: Any, cutoff: float) -> list[Any]:
    if classes is None:
        return [RSquared(), MeanAbsoluteError()]
    return [Accuracy(cutoff), LabelAUC(), LogLoss()]


def _summary(
    problem: Problem,
    lessons: list[str],
    answers: Sequence[FoldAnswers],
    cutoff: float,
    alpha: float,
    n_folds: int,
) -> DistilOrNot:
    everything = gather(problem, answers)
    rows = everything.of(*range(len(lessons)))
    scores = _scores(rows.classes, cutoff)
    models = dict(zip(lessons, rows.students, strict=True)) | {"teacher": rows.teacher}
    statistics = {
        (who, score.name): score.statistic(rows.y, of)
        for who, of in models.items()
        for score in scores
    }
    measured = measure(statistics, rows.sample, alpha)
    performance = {
        who: {score.name: measured[who, score.name] for score in scores} for who in models
    }
    pairs = list(combinations(lessons, 2))
    shared = alpha / (len(pairs) * len(scores))
    prices = [(lesson, "teacher") for lesson in lessons]
    compared = ModelsInPairs(rows, models, scores, statistics, cutoff)
    return DistilOrNot(
        student=type(problem.student).__name__,
        task="regression" if rows.classes is None else "classification",
        n_rows=rows.sample.n_rows,
        n_groups=None if rows.sample.groups is None else rows.sample.n_units,
        n_folds=len(answers),
        n_folds_planned=n_folds,
        confidence=round(1 - alpha, 12),
        lessons=tuple(
            Lesson(
                name,
                performance[name],
                mean_counts([fold.counts[k] for fold in answers]),
                float(np.mean([fold.n_generated[k] for fold in answers])),
            )
            for k, name in enumerate(lessons)
        ),
        teacher=performance["teacher"],
        comparisons=tuple(compared.differences(pairs, shared)),
        price=tuple(compared.differences(prices, alpha)),
        notes=_notes(problem, answers, len(pairs) * len(scores), alpha),
    )


def _notes(
    problem: Problem, answers: Sequence[FoldAnswers], n_statements: int, alpha: float
) -> tuple[str, ...]:
    notes = []
    if any(n for fold in answers for n in fold.n_generated):
        notes.append(
            "Learning from the true labels takes no generated rows, for which there are none; what "
            "these bring is part of the difference. The other lessons have the same ones."
        )
    if problem.scores is None:
        notes.append(
            "Learning from the true labels does not know the thresholds of a teacher that is made "
            "of trees; the other lessons do."
        )
    if problem.scores is not None or is_frozen(problem.student.teacher):
        notes.append(
            "The teacher was fitted elsewhere. If it has seen these rows, it looks better here than "
            "it is, and so may its students."
        )
    return (
        *notes,
        f"The {n_statements} statements on the lessons share a risk of {100 * alpha:g} %; each of "
        "those against the teacher has it by itself.",
        "They are about the students of these folds as they are.",
    )
