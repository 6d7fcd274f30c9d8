"""What is measured of one part of a collection, wherever the part lies."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import decide, select_columns
from interpkd._row_sample import RowSample, row_keys, rows_a_part_may_send
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.fidelity._collection_areas import Counts
from interpkd.fidelity._collection_sums import Sums, sums_of_rows
from interpkd.fidelity._inputs import ask_both, check_weights, classes_of, read_labels
from interpkd.fidelity._segments import MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._collections import Part
    from interpkd._typing import FloatArray
    from interpkd.fidelity._collection_columns import Layout


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes
    ----------
    layout : Layout
        What is summed.

    segments : tuple of str
        Columns whose values divide the rows.

    names : tuple of str or None
        The columns of which a sample of rows is drawn by content; None for all.

    seed : int
        Of the sample.

    n_sample : int
        Its size.

    n_parts : int
        The parts of the collection.
    """

    layout: Layout
    segments: tuple[str, ...]
    names: tuple[str, ...] | None
    seed: int
    n_sample: int
    n_parts: int


FEW_ROWS = 500
"""Rows of a segment in one part whose answers are brought along: few rows need other intervals."""


@dataclass(frozen=True)
class OfSegment:
    """What was measured of the rows of a segment in one part.

    Attributes
    ----------
    sums : Sums
        Over these rows.

    answers : tuple of ndarray or None
        Answers of the teacher and of the student, and weights; None where there are many rows.
    """

    sums: Sums
    answers: tuple[FloatArray, FloatArray, FloatArray] | None


@dataclass(frozen=True)
class Measured:
    """What was measured of one part.

    Attributes
    ----------
    sums : Sums
        Over its rows.

    areas : dict of str to list of Counts
        "student" and "teacher" to the rows by score.

    segments : dict of (str, object) to OfSegment
        Column and value to what was measured of those rows.

    sample : RowSample
        Of the rows: answers of the teacher and the student, targets, weights, segment labels.
    """

    sums: Sums
    areas: dict[str, list[Counts]]
    segments: dict[tuple[str, Any], OfSegment]
    sample: RowSample


def measure_part(part: Part, student: Any, teacher: Any, plan: Plan) -> Measured | None:
    """Ask both models about the rows of a part, and measure; None where no row counts.

    Parameters
    ----------
    part : Part
        Some rows.

    student, teacher : fitted estimator
        Both models; no teacher for the student's own.

    plan : Plan
        What to measure.

    Returns
    -------
    measured : Measured or None
        Small, whatever the number of rows.

    Raises
    ------
    InvalidInputError, TeacherError
        If rows or answers break a rule; the message names the part.
    """
    n = len(part.X)
    if n == 0:
        return None
    try:
        weights = _weights(part.sample_weight, n)
        T, S, y = ask_both(student, part.X, part.y, teacher=teacher, classes=classes_of(student))
        labels = [_labels(part.X, name, n) for name in plan.segments]
    except (InvalidInputError, TeacherError) as error:
        msg = f"{part.where or f'part {part.number}'}: {error}"
        raise type(error)(msg) from error
    used = weights > 0
    if not used.any():
        return None
    rows = part.X
    if not used.all():
        rows = rows.iloc[np.flatnonzero(used)] if is_frame(rows) else rows[used]
        T, S, weights = T[used], S[used], weights[used]
        y = None if y is None else y[used]
        labels = [one[used] for one in labels]
    content = rows if plan.names is None else select_columns(rows, list(plan.names))
    most = rows_a_part_may_send(plan.n_sample, plan.n_parts)
    columns = [T, S, y, weights, *labels]
    return Measured(
        sums_of_rows(plan.layout, T, S, y, weights),
        _areas(plan.layout, T, S, y, weights),
        _segments(plan, labels, T, S, y, weights),
        RowSample.of(row_keys(content, seed=plan.seed), columns, most),
    )


def _weights(sample_weight: Any, n: int) -> FloatArray:
    """Check the weights of a part, which may all be 0."""
    if sample_weight is None:
        return np.ones(n)
    if not np.any(sample_weight):
        return np.zeros(n)
    return check_weights(sample_weight, n)


def _labels(X: Any, name: str, n: int) -> NDArray[Any]:
    import narwhals.stable.v1 as nw

    series = nw.from_native(X, eager_only=True)[name]
    labels = np.empty(n, dtype=object)
    labels[:] = read_labels(series.to_list(), n, name=f"segments[{name!r}]")
    return labels


def _areas(
    layout: Layout,
    T: FloatArray,
    S: FloatArray,
    y: NDArray[Any] | None,
    weights: FloatArray,
) -> dict[str, list[Counts]]:
    """Count the rows by the probabilities of either model, for the decisions and for the labels."""
    k = layout.n_classes
    if k is None:
        return {}
    decided = decide(T, layout.cutoff)
    columns = [1] if k == 2 else range(k)
    of_labels = [] if y is None else [y]
    student = [
        Counts.of(S[:, j], weights, [one == j for one in [decided, *of_labels]]) for j in columns
    ]
    if y is None:
        return {"student": student}
    return {"student": student, "teacher": [Counts.of(T[:, j], weights, [y == j]) for j in columns]}


def _segments(
    plan: Plan,
    labels: Sequence[NDArray[Any]],
    T: FloatArray,
    S: FloatArray,
    y: NDArray[Any] | None,
    weights: FloatArray,
) -> dict[tuple[str, Any], OfSegment]:
    """Sum the rows of each value of each segment."""
    names = plan.layout.main
    found: dict[tuple[str, Any], OfSegment] = {}
    for name, values in zip(plan.segments, labels, strict=True):
        code: dict[Any, int] = {}
        codes = np.array([code.setdefault(value, len(code)) for value in values])
        check_values(name, code)
        for value, k in code.items():
            at = codes == k
            of_y = None if y is None else y[at]
            answers = T[at], S[at], weights[at]
            sums = sums_of_rows(plan.layout, T[at], S[at], of_y, weights[at], names=names)
            found[name, value] = OfSegment(sums, answers if sums.n <= FEW_ROWS else None)
    return found


def check_values(name: str, values: Any) -> None:
    """Refuse a segment of too many different values."""
    if len(set(values) - {None}) > MAX_VALUES:
        msg = (
            f"segments[{name!r}] has more than {MAX_VALUES} different values, the most a segment "
            "may have. Bin it first."
        )
        raise InvalidInputError(msg)
