"""Making a fidelity report: whether the student imitates the teacher, and how well both do."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections import is_collection, open_collection
from interpkd._validation import num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._catalogue import headline_scores, more_scores, performance_scores
from interpkd.fidelity._collection_report import refuse_groups, report_of_collection
from interpkd.fidelity._fidelity_report import FidelityReport, SegmentScores
from interpkd.fidelity._inputs import (
    Answers,
    check_alpha,
    check_cutoff,
    classes_of,
    collect_answers,
    plain_label,
)
from interpkd.fidelity._intervals import ScoreEstimate, measure
from interpkd.fidelity._segments import read_segments
from interpkd.fidelity._statements import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import Table
    from interpkd.fidelity._performance import LabelScore
    from interpkd.fidelity._scores import Score
    from interpkd.fidelity._segments import Segment

DEFAULT_CUTOFF = 0.5


def fidelity_report(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    teacher: Any = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    segments: Any = None,
    cutoff: float = DEFAULT_CUTOFF,
    alpha: float = 0.05,
) -> FidelityReport:
    """Measure how well a student imitates its teacher, every score with an interval.

    Use rows that neither model was trained on: on training rows both look better than they are.
    Every score has the interval that is known to cover for it: shares of equal, independent rows
    the exact one of Clopper and Pearson; means of numbers within known bounds guaranteed ones, for
    weighted rows and groups too; other scores a jackknife interval. Nothing depends on the order of
    the rows: the same rows give the same report. :meth:`FidelityReport.statements` turns it into
    sentences that hold together.

    Rows may also be a data set that is not in memory. They are then seen once, part by part, and
    up to 100,000 of them give the same report as in memory. Of more rows only sums and counts are
    kept: shares with their exact intervals, means, R² and areas are those of all rows in any order
    of the parts; intervals of other means are empirical Bernstein bounds, still guaranteed, and
    those of smooth scores normal ones; rank correlations and quantiles are those of a sample of the
    rows. An area of more than 16,384 different scores is counted in 65,536 bins. `method` says all
    this of each score.

    Parameters
    ----------
    student : fitted classifier with predict_proba, or fitted regressor
        The student; any model in scikit-learn's style.

    X : array-like, data frame, pyarrow.dataset.Dataset, or Dask DataFrame or Array
        The rows to compare on, shape (n_samples, n_features). A data set and a Dask DataFrame may
        have further columns.

    y : array-like of shape (n_samples,), str or None, default=None
        True labels or values; with them the performance of both models is reported too. For a data
        set the name of their column.

    teacher : fitted model, array-like or None, default=None
        The teacher, or its probabilities (n_samples, n_classes) on `X` in the order of the
        student's classes, or its predictions (n_samples,). None for the student's own `teacher_`.

    sample_weight : array-like of shape (n_samples,), str or None, default=None
        Row weights, at least 0. Rows of weight 0 are left out. For a data set the name of their
        column.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows, such as the customer of each account, as in
        :class:`~sklearn.model_selection.GroupKFold`. Intervals then take whole groups as units.
        Not for a data set.

    segments : mapping, data frame, array-like, sequence of str or None, default=None
        Labels of rows by name; the main scores are reported for each value. Their intervals hold
        one by one: among many segments, some miss by chance. For a data set the names of columns.

    cutoff : float, default=0.5
        With two classes both models decide for the second one where its probability exceeds the
        cutoff. With more classes they decide for the most probable one.

    alpha : float, default=0.05
        One minus the confidence of the intervals, from 0.001 to below 1.

    Returns
    -------
    report : FidelityReport
        Scores, intervals and how they were made.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or there is no teacher to compare with.

    TeacherError
        If the answers of either model are not probabilities, or not finite predictions.

    Notes
    -----
    A score that the rows do not define, such as an AUC when the teacher decides one class only,
    has no estimate; one that they cannot judge (fewer than 10 rows or groups, fewer than 5 of a
    class that it hangs on, the end of its range) has no interval. `method` says so. Jackknife
    intervals are approximate; how often they cover is simulated and stated in the user guide.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.fidelity import fidelity_report
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=4).fit(X[::2])
    >>> report = fidelity_report(student, X[1::2], y[1::2])
    >>> print(report.scores["agreement"].n)
    284
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
    if is_collection(X):
        refuse_groups(groups)
        _check_use(classes_of(student), cutoff)
        return report_of_collection(
            student,
            open_collection(X, y, sample_weight),
            teacher=teacher,
            segments=segments,
            cutoff=cutoff,
            alpha=alpha,
            in_memory=lambda answers, parts: _report(answers, parts, cutoff, alpha),
        )
    parts = read_segments(segments, num_samples(X))
    answers = collect_answers(
        student, X, y, teacher=teacher, sample_weight=sample_weight, groups=groups
    )
    _check_use(answers.classes, cutoff)
    return _report(answers, parts, cutoff, alpha)


def _check_use(classes: NDArray[Any] | None, cutoff: float) -> None:
    """Refuse a cutoff where there are no two classes."""
    is_binary = classes is not None and len(classes) == 2
    if not is_binary and cutoff != DEFAULT_CUTOFF:
        kind = "a regression" if classes is None else f"{len(classes)} classes"
        msg = f"cutoff={cutoff} divides two classes, but the student has {kind}. Leave cutoff out."
        raise InvalidInputError(msg)


def _report(
    answers: Answers, parts: Sequence[Segment], cutoff: float, alpha: float
) -> FidelityReport:
    n_classes = None if answers.classes is None else len(answers.classes)
    fidelity, more = headline_scores(n_classes, cutoff), more_scores(n_classes, cutoff)
    performance = [] if answers.y is None else performance_scores(n_classes, cutoff)
    return FidelityReport(
        task="regression" if answers.classes is None else "classification",
        classes=None
        if answers.classes is None
        else [plain_label(k) for k in answers.classes.tolist()],
        n_rows=answers.sample.n_rows,
        n_groups=None if answers.sample.groups is None else answers.sample.n_units,
        weighted=answers.weighted,
        confidence=round(1 - alpha, 12),
        cutoff=cutoff if n_classes == 2 else None,
        scores=_fidelity(fidelity, answers, alpha),
        performance=_performance(performance, answers, alpha),
        segments=tuple(_segment(fidelity[:2], part, answers, alpha) for part in parts),
        definitions=_definitions([*fidelity, *more]) | _definitions(performance),
        more=_fidelity(more, answers, alpha),
        _evidence=Evidence(answers, {score.name: score for score in [*fidelity, *more]}),
    )


def _fidelity(scores: Sequence[Score], answers: Answers, alpha: float) -> dict[str, ScoreEstimate]:
    statistics = {score.name: score.statistic(answers.teacher, answers.student) for score in scores}
    return measure(statistics, answers.sample, alpha)


def _performance(
    scores: Sequence[Score] | Sequence[LabelScore], answers: Answers, alpha: float
) -> dict[str, dict[str, ScoreEstimate]]:
    """Measure both models."""
    if answers.y is None:
        return {}
    models = {"student": answers.student, "teacher": answers.teacher}
    statistics = {
        (who, score.name): score.statistic(answers.y, of)
        for who, of in models.items()
        for score in scores
    }
    measured = measure(statistics, answers.sample, alpha)
    return {who: {score.name: measured[who, score.name] for score in scores} for who in models}


def _segment(
    scores: Sequence[Score], segment: Segment, answers: Answers, alpha: float
) -> SegmentScores:
    inside = segment.rows[answers.rows]
    if not inside.any():
        reason = "not computed: all rows of the segment have weight 0"
        none = {score.name: ScoreEstimate(None, None, None, 0, reason) for score in scores}
        return SegmentScores(segment.name, segment.value, 0, none)
    statistics = {
        score.name: score.statistic(answers.teacher[inside], answers.student[inside])
        for score in scores
    }
    measured = measure(statistics, answers.sample.take(inside), alpha)
    return SegmentScores(segment.name, segment.value, int(np.count_nonzero(inside)), measured)


def _definitions(scores: Sequence[Score] | Sequence[LabelScore]) -> dict[str, str]:
    return {score.name: score.definition for score in scores}
