"""Fidelity against size: the same student, larger and larger, cross-validated."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from interpkd._interruptible import run_each
from interpkd.exceptions import InterruptedRun, InvalidInputError
from interpkd.fidelity._catalogue import all_scores
from interpkd.fidelity._frontier_findings import FoldScores, Frontier, FrontierPoint
from interpkd.fidelity._held_out import (
    FoldTask,
    Variant,
    answer_fold,
    gather,
    with_known_teacher,
)
from interpkd.fidelity._held_out_problem import check_cutoff_applies, read_problem, split_rows
from interpkd.fidelity._inputs import check_alpha, check_cutoff, plain_label
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._performance import Accuracy, Brier, LabelAUC, LogLoss
from interpkd.fidelity._scores import MeanAbsoluteError, RootMeanSquaredError, RSquared
from interpkd.fidelity._sizes import main_measure, mean_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.fidelity._held_out import FoldAnswers, HeldOut
    from interpkd.fidelity._held_out_problem import Problem
    from interpkd.fidelity._intervals import ScoreEstimate
    from interpkd.fidelity._performance import LabelScore
    from interpkd.fidelity._scores import Score

USUAL = {
    "classification": ("agreement", "kl_divergence", "proba_r2"),
    "regression": ("r2", "mae", "rmse"),
}
"""Fidelity scores that are measured unless others are asked for."""


def frontier(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    sizes: Mapping[str, Sequence[Any]],
    cv: Any = 5,
    teacher: Any = None,
    scoring: str | Sequence[str] | None = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    cutoff: float = 0.5,
    alpha: float = 0.05,
    n_jobs: int | None = None,
    random_state: int | None = None,
    progress: Callable[[str], Any] | None = None,
) -> Frontier:
    """Cross-validate one student over sizes, to see how much fidelity each rule buys.

    In each fold the teacher is fitted once, with the folds of its cross-fitting, and all sizes
    share it; a frozen teacher is used as it is. Every size is then what a direct
    cross-validation of that student gives, only cheaper. A student without a teacher of its own is
    fitted once more beforehand, to see which one it takes for such a table.

    Parameters
    ----------
    student : estimator
        Unfitted student, with a `teacher` parameter; it is cloned.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,) or None, default=None
        True labels or values; with them the performance is measured too. Needed unless the teacher
        is frozen.

    sizes : mapping of str to sequence
        Parameters of the student and their values, such as ``{"max_leaf_nodes": [2, 4, 8]}``;
        several parameters for all combinations.

    cv : int, splitter or iterable, default=5
        Folds, as scikit-learn's `check_cv` takes them. With `groups` an int stands for folds that
        keep groups whole. Several repeats are allowed; a row is then a group of its own.

    teacher : estimator, array-like or None, default=None
        In place of the student's own. An array holds a teacher's probabilities of shape
        (n_samples, n_classes) on `X`, columns in the order of the student's classes, or its
        predictions of shape (n_samples,).

    scoring : str, sequence of str or None, default=None
        Fidelity scores, of :func:`fidelity_scorer_names`; the first one chooses the size. None for
        "agreement", "kl_divergence" and "proba_r2"; "r2", "mae" and "rmse" for a regression.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, in `fit` and in the scores.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows. Folds may not split them, and intervals resample them whole. The
        cross-fitting inside the student has splits of its own (its `cv`), which do not know them.

    cutoff : float, default=0.5
        Where decisions between two classes change.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    n_jobs : int or None, default=None
        Folds that run at once, by joblib. Nothing but the measured latency depends on it.

    random_state : int or None, default=None
        Seed of the student, and of a teacher to be fitted, where their own are None; the same in all
        folds and sizes.

    progress : callable or None, default=None
        Called with a text such as "fold 2 of 5" after each fold.

    Returns
    -------
    frontier : Frontier
        Scores, size and latency of each size, and the one-standard-error choice.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule; the message says which.

    InterruptedRun
        If the user interrupts after the first fold; its `partial` is the frontier of the finished
        folds.

    Notes
    -----
    The intervals are over all held-out rows, with the students of the folds as they are: they say
    how sure the scores of these students are, not how other training rows would change them. The
    standard errors are over folds and do hold that change, though with few folds and overlapping
    training rows they are rough. A frozen teacher that has seen the rows answers them more sharply
    than others. A score of ranks, such as an AUC, over all held-out rows also compares rows of
    different folds, and so of different students; fold by fold it does not.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.fidelity import frontier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> student = DistilledTreeClassifier(as_teacher(forest), augmentation=None, random_state=0)
    >>> found = frontier(student, X[1::2], y[1::2], sizes={"max_leaf_nodes": [2, 4]}, cv=3)
    >>> [point.counts["leaves"] for point in found.points]
    [2.0, 4.0]
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
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
    variants = _check_sizes(sizes, problem.student)
    names = _check_scoring(scoring, hasattr(problem.student, "predict_proba"))
    folds = split_rows(problem, cv)
    problem = with_known_teacher(problem, folds[0][0])
    tasks = [FoldTask(problem, variants, train, test) for train, test in folds]
    answers, is_complete = run_each(
        answer_fold, tasks, n_jobs=n_jobs, progress=progress, name="fold"
    )
    found = _summary(problem, variants, answers, names, cutoff, alpha, len(folds))
    if not is_complete:
        msg = (
            f"The frontier was interrupted after {len(answers)} of {len(folds)} folds. The "
            "exception's `partial` is the frontier of these."
        )
        raise InterruptedRun(msg, partial=found)
    return found


def label_scores(
    problem: Problem, held_out: HeldOut, cutoff: float
) -> Sequence[LabelScore] | Sequence[Score]:
    """Give the scores against true values; none without them."""
    if problem.y is None:
        return []
    if held_out.classes is None:
        return [RSquared(), MeanAbsoluteError(), RootMeanSquaredError()]
    return [Accuracy(cutoff), LabelAUC(), LogLoss(), Brier()]


def _check_sizes(sizes: Any, student: Any) -> list[Variant]:
    known = student.get_params(deep=True)
    if not isinstance(sizes, Mapping) or not sizes:
        msg = f'sizes must be a mapping such as {{"max_leaf_nodes": [2, 4, 8]}}, got {sizes!r}.'
        raise InvalidInputError(msg)
    for name, values in sizes.items():
        if name not in known or name.split("__")[0] == "teacher":
            msg = f"sizes names {name!r}, which is no size of {type(student).__name__}."
            raise InvalidInputError(msg)
        if isinstance(values, str) or not hasattr(values, "__len__") or len(values) == 0:
            msg = f"sizes[{name!r}] must be a list of one value or more, got {values!r}."
            raise InvalidInputError(msg)
    grid = [Variant({name: one[name] for name in sizes}) for one in ParameterGrid(dict(sizes))]
    for variant in grid:
        clone(student).set_params(**variant.parameters)
    return grid


def _check_scoring(scoring: Any, is_classification: Any) -> tuple[str, ...]:
    usual = USUAL["classification" if is_classification else "regression"]
    names = usual if scoring is None else (scoring,) if isinstance(scoring, str) else tuple(scoring)
    known = all_scores(2 if is_classification else None)
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        msg = f"scoring must name fidelity scores, one at least, got {scoring!r}. "
        msg += f"Known: {', '.join(sorted(known))}."
        raise InvalidInputError(msg)
    if known[names[0]].greater_is_better is None:
        msg = (
            f"scoring begins with {names[0]!r}, whose best value is neither the highest nor the "
            "lowest: it cannot choose a size. Put another one first."
        )
        raise InvalidInputError(msg)
    return names


def _summary(
    problem: Problem,
    variants: Sequence[Variant],
    answers: Sequence[FoldAnswers],
    names: Sequence[str],
    cutoff: float,
    alpha: float,
    n_folds: int,
) -> Frontier:
    held_out = gather(problem, answers)
    classes = held_out.classes
    available = all_scores(None if classes is None else len(classes), cutoff)
    fidelity = [available[name] for name in names if name in available]
    performance = label_scores(problem, held_out, cutoff)
    counts = [mean_counts([fold.counts[k] for fold in answers]) for k in range(len(variants))]
    points = []
    for k, variant in enumerate(variants):
        rows = held_out.of(k)
        of = rows.students[0]
        seconds = [one.seconds[k] / len(one.rows) for one in answers]
        point = FrontierPoint(
            parameters={name: plain_label(v) for name, v in variant.parameters.items()},
            fidelity=measured(fidelity, rows.teacher, of, rows, alpha),
            performance=measured(performance, rows.y, of, rows, alpha),
            by_fold=_by_fold(fidelity, of, rows),
            counts=counts[k],
            seconds_per_row=float(np.median(seconds)),
        )
        points.append(point)
    rows = held_out.of()
    return Frontier(
        student=type(problem.student).__name__,
        task="regression" if classes is None else "classification",
        classes=None if classes is None else [plain_label(one) for one in classes.tolist()],
        n_rows=held_out.sample.n_rows,
        n_groups=None if held_out.sample.groups is None else held_out.sample.n_units,
        n_folds=len(answers),
        n_folds_planned=n_folds,
        confidence=round(1 - alpha, 12),
        score=names[0],
        greater_is_better=bool(fidelity[0].greater_is_better),
        size=main_measure(counts[0]),
        points=tuple(points),
        teacher_performance=measured(performance, rows.y, rows.teacher, rows, alpha),
        definitions={one.name: one.definition for one in (*fidelity, *performance)},
    )


def measured(
    scores: Sequence[Any], truth: Any, answers: Any, held_out: HeldOut, alpha: float
) -> dict[str, ScoreEstimate]:
    """Measure scores on all held-out rows, each with its interval."""
    statistics = {score.name: score.statistic(truth, answers) for score in scores}
    return measure(statistics, held_out.sample, alpha)


def _by_fold(scores: Sequence[Score], answers: Any, held_out: HeldOut) -> dict[str, FoldScores]:
    """Score the held-out rows of each fold by themselves."""
    out = {}
    folds = np.unique(held_out.fold)
    for score in scores:
        values: list[float | None] = []
        for fold in folds:
            rows = held_out.fold == fold
            statistic = score.statistic(held_out.teacher[rows], answers[rows])
            value = (
                np.nan
                if statistic.undefined
                else statistic.values(held_out.sample.weights[rows, None])[0]
            )
            values.append(float(value) if np.isfinite(value) else None)
        out[score.name] = FoldScores(tuple(values))
    return out
