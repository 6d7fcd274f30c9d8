"""A fidelity report on rows that are not in memory: one pass over the parts of a collection."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import trained_names
from interpkd._row_sample import RowSample
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._catalogue import all_scores, performance_scores
from interpkd.fidelity._collection_areas import Counts
from interpkd.fidelity._collection_columns import Layout, segment_scores
from interpkd.fidelity._collection_intervals import Totals
from interpkd.fidelity._collection_part import (
    Measured,
    OfSegment,
    Plan,
    check_values,
    measure_part,
)
from interpkd.fidelity._collection_scores import Whole, score_names, segment_score
from interpkd.fidelity._collection_sums import total
from interpkd.fidelity._fidelity_report import FidelityReport, SegmentScores
from interpkd.fidelity._inputs import (
    classes_of,
    find_teacher,
    in_own_order,
    plain_label,
    sort_labels,
)
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._segments import Segment
from interpkd.fidelity._statements import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._collections import Collection
    from interpkd.fidelity._collection_sums import Sums
    from interpkd.fidelity._inputs import Answers
    from interpkd.fidelity._intervals import ScoreEstimate

SAMPLE_ROWS = 100_000
"""Rows up to which all answers are brought together."""

RANKED_ROWS = 20_000
"""Rows of a larger collection on which scores are measured that take all rows at once."""

TOGETHER = 32
"""Parts whose samples and counts are put together at once."""

SEED = 20_260_101
"""Of the sample; another one would draw other rows."""


@dataclass(frozen=True)
class WholeEvidence(Evidence):
    """What statements about a collection are made from.

    Attributes
    ----------
    whole : Whole
        What is known of all rows.
    """

    whole: Whole

    def measure(self, name: str, alpha: float) -> ScoreEstimate:
        """Give a score with its interval, of all rows.

        Parameters
        ----------
        name : str
            One of `scores`.

        alpha : float
            One minus the confidence.

        Returns
        -------
        score : ScoreEstimate
            From the sums.
        """
        return self.whole.fidelity(name, alpha)


class Gathered:
    """What parts told, put together as it comes: little is kept of many parts.

    Parameters
    ----------
    n_sample : int
        Rows of the sample.

    Attributes
    ----------
    sums : list of Sums
        Of each part.

    segments : dict of (str, object) to list of OfSegment
        By column and value.
    """

    def __init__(self, n_sample: int) -> None:
        self.sums: list[Sums] = []
        self.segments: dict[tuple[str, Any], list[OfSegment]] = {}
        self._n_sample = n_sample
        self._samples: list[RowSample] = []
        self._areas: list[dict[str, list[Counts]]] = []

    def add(self, part: Measured | None) -> None:
        """Take what a part told; None of one without rows."""
        if part is None:
            return
        self.sums.append(part.sums)
        for key, one in part.segments.items():
            self.segments.setdefault(key, []).append(one)
        self._samples.append(part.sample)
        self._areas.append(part.areas)
        if len(self._samples) >= TOGETHER:
            self._samples, self._areas = [self.sample()], [self.areas()]

    def sample(self) -> RowSample:
        """Give the sample of all rows so far."""
        return RowSample.merge(self._samples, self._n_sample)

    def areas(self) -> dict[str, list[Counts]]:
        """Give the rows by score."""
        return {
            who: [Counts.merge([one[who][j] for one in self._areas]) for j in range(len(of))]
            for who, of in self._areas[0].items()
        }


def report_of_collection(
    student: Any,
    rows: Collection,
    *,
    teacher: Any,
    segments: Any,
    cutoff: float,
    alpha: float,
    in_memory: Callable[[Answers, list[Segment]], FidelityReport],
    n_sample: int = SAMPLE_ROWS,
) -> FidelityReport:
    """Measure a student on all rows of a collection.

    Of few rows all answers are brought together, and the report is that of rows in memory. Of many
    only sums and counts travel: shares, means, R² and areas are those of all rows; rank correlations
    and quantiles, which take all rows at once, are those of a sample by content, and say so.

    Parameters
    ----------
    student : fitted estimator
        The student.

    rows : Collection
        The rows, with labels or without.

    teacher : fitted model or None
        None for the student's own.

    segments : sequence of str or None
        Columns whose values divide the rows.

    cutoff, alpha : float
        As :func:`fidelity_report` takes them.

    in_memory : callable
        Gives the report of answers in memory, and of segments of their rows.

    n_sample : int, default=SAMPLE_ROWS
        How many rows' answers are brought together.

    Returns
    -------
    report : FidelityReport
        With the same keys as of rows in memory.
    """
    classes = classes_of(student)
    teacher = _teacher(teacher, student)
    names = _segment_names(segments, rows)
    _check_columns(student, teacher, rows)
    k = None if classes is None else len(classes)
    layout = Layout(k, cutoff, rows.has_target)
    content = trained_names(student) if rows.is_named else None
    plan = Plan(
        layout, names, None if content is None else tuple(content), SEED, n_sample, rows.n_parts
    )
    found = Gathered(n_sample)
    # the student's own teacher travels with it, and so only once
    sent = None if teacher is getattr(student, "teacher_", None) else teacher
    for one in rows.map(measure_part, student, sent, plan):
        found.add(one)
    if not found.sums:
        msg = "X has no rows that count; fidelity is measured on rows, best on held-out ones."
        raise InvalidInputError(msg)
    sample = found.sample()
    sums = total(layout, found.sums)
    weighted = getattr(rows, "has_weights", sums.heaviest != sums.lightest)
    if len(sample) == sums.n:
        answers = _answers(sample, classes, weighted=weighted)
        return in_memory(answers, _segments_in_memory(sample, names))
    sample = RowSample.of(sample.keys, sample.columns, RANKED_ROWS)
    answers = _answers(sample, classes, weighted=weighted)
    whole = Whole(
        layout,
        Totals(sums, layout.names, [name for name in layout.names if name in set(layout.core)]),
        found.areas(),
        answers,
        f"of a sample of {len(sample)} of {sums.n} rows by content, seed {SEED}",
    )
    return _report(whole, classes, _merged_segments(layout, names, found.segments, alpha), alpha)


def _report(
    whole: Whole, classes: NDArray[Any] | None, segments: tuple[SegmentScores, ...], alpha: float
) -> FidelityReport:
    layout, sums = whole.layout, whole.totals.sums
    k, cutoff = layout.n_classes, layout.cutoff
    leading, further = score_names(k, cutoff)
    scores = all_scores(k, cutoff)
    definitions = {name: score.definition for name, score in scores.items()}
    performance: dict[str, dict[str, ScoreEstimate]] = {}
    if layout.has_labels:
        of_labels = performance_scores(k, cutoff)
        definitions |= {score.name: score.definition for score in of_labels}
        performance = {
            who: {score.name: whole.performance(who, score.name, alpha) for score in of_labels}
            for who in ("student", "teacher")
        }
    return FidelityReport(
        task="regression" if classes is None else "classification",
        classes=None if classes is None else [plain_label(one) for one in classes.tolist()],
        n_rows=sums.n,
        n_groups=None,
        weighted=whole.sample.weighted,
        confidence=round(1 - alpha, 12),
        cutoff=cutoff if k == 2 else None,
        scores={name: whole.fidelity(name, alpha) for name in leading},
        performance=performance,
        segments=segments,
        definitions=definitions,
        more={name: whole.fidelity(name, alpha) for name in further},
        _evidence=WholeEvidence(whole.sample, scores, whole),
    )


def _teacher(teacher: Any, student: Any) -> Any:
    teacher = find_teacher(teacher, student)
    if not hasattr(teacher, "predict") and not hasattr(teacher, "predict_proba"):
        msg = (
            "teacher must be a fitted model for a data set or Dask collection, got "
            f"{type(teacher).__name__}: answers in an array cannot be told from part to part."
        )
        raise InvalidInputError(msg)
    return teacher


def _segment_names(segments: Any, rows: Collection) -> tuple[str, ...]:
    """Check the columns by which rows are divided."""
    if segments is None:
        return ()
    names = [segments] if isinstance(segments, str) else segments
    is_names = isinstance(names, (list, tuple)) and all(isinstance(one, str) for one in names)
    if not is_names:
        msg = (
            "segments must be names of columns for a data set or Dask collection, such as "
            f"['region'], got {type(segments).__name__}."
        )
        raise InvalidInputError(msg)
    unknown = [name for name in names if name not in rows.feature_names]
    if unknown or not rows.is_named:
        msg = (
            f"segments names the column {(unknown or names)[0]!r}, which the rows lack. They have "
            f"{', '.join(rows.feature_names[:20])}."
        )
        raise InvalidInputError(msg)
    return tuple(dict.fromkeys(names))


def _check_columns(student: Any, teacher: Any, rows: Collection) -> None:
    """Refuse rows that lack a column of either model, before any is read."""
    for who, model in (("student", student), ("teacher", teacher)):
        names = trained_names(model)
        if names is None or not rows.is_named:
            continue
        lacking = [name for name in names if name not in rows.feature_names]
        if lacking:
            msg = (
                f"The {who} was trained on the column {lacking[0]!r}, which the rows lack "
                f"({len(lacking)} of its {len(names)} columns are missing)."
            )
            raise InvalidInputError(msg)


def _answers(sample: RowSample, classes: NDArray[Any] | None, *, weighted: bool) -> Answers:
    T, S, y, weights = sample.columns[:4]
    return in_own_order(classes, T, S, y, weights, weighted=weighted)


def _segments_in_memory(sample: RowSample, names: Sequence[str]) -> list[Segment]:
    found = []
    for name, labels in zip(names, sample.columns[4:], strict=True):
        check_values(name, labels.tolist())
        for value in _in_order(set(labels.tolist())):
            at = np.array([label == value for label in labels.tolist()], dtype=bool)
            found.append(Segment(name, plain_label(value), at))
    return found


def _in_order(values: set[Any]) -> list[Any]:
    return [*sort_labels(values - {None}), *({None} & values)]


def _merged_segments(
    layout: Layout,
    names: Sequence[str],
    segments: Mapping[tuple[str, Any], list[OfSegment]],
    alpha: float,
) -> tuple[SegmentScores, ...]:
    made = []
    scores = segment_scores(layout.n_classes, layout.cutoff)
    core = [name for name in layout.main if name in set(layout.core)]
    for name in names:
        by_value = {value: of for (whose, value), of in segments.items() if whose == name}
        check_values(name, by_value)
        for value in _in_order(set(by_value)):
            found = by_value[value]
            whole = total(layout, [one.sums for one in found], layout.main)
            totals = Totals(whole, layout.main, core)
            answers = [one.answers for one in found if one.answers is not None]
            if len(answers) == len(found) and whole.n <= SAMPLE_ROWS:
                measured = _few_rows(layout, answers, scores, alpha)
            else:
                measured = {one: segment_score(totals, layout, one, alpha) for one in scores}
            made.append(SegmentScores(name, plain_label(value), whole.n, measured))
    return tuple(made)


def _few_rows(
    layout: Layout, answers: Sequence[tuple[Any, Any, Any]], scores: Sequence[str], alpha: float
) -> dict[str, ScoreEstimate]:
    """Measure the rows of a segment as in memory: all their answers are here."""
    T, S, weights = (np.concatenate(one) for one in zip(*answers, strict=True))
    classes = None if layout.n_classes is None else np.arange(layout.n_classes)
    of = in_own_order(classes, T, S, None, weights, weighted=True)
    known = all_scores(layout.n_classes, layout.cutoff)
    statistics = {name: known[name].statistic(of.teacher, of.student) for name in scores}
    return measure(statistics, of.sample, alpha)


def refuse_groups(groups: Any) -> None:
    """Say why dependent rows are not for one pass."""
    if groups is None:
        return
    msg = (
        "groups cannot be honoured on a data set or Dask collection: rows of one group may lie in "
        "different parts, and intervals by groups take all rows of a group together. Bring a "
        "sample of whole groups into memory, and leave groups out here."
    )
    raise InvalidInputError(msg)
