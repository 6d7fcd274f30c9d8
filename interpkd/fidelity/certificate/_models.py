"""Putting teacher and student on the same cells, and seeing that both still answer as before."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import take_apart
from interpkd._validation import class_positions
from interpkd.fidelity.certificate._cells import make_cells
from interpkd.fidelity.certificate._layout import code_rows, encodings, make_layout
from interpkd.fidelity.certificate._neighbourhoods import ranks_of
from interpkd.fidelity.certificate._questions import Models, to_margin
from interpkd.fidelity.certificate._student_sum import (
    make_student_sum,
    read_student,
    student_borders,
)
from interpkd.fidelity.certificate._teacher_sum import make_teacher_sum, teacher_borders

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._layout import Layout
    from interpkd.fidelity.certificate._neighbourhoods import Ranks

NEARLY = 1e-6
"""Share by which a prediction of the arrays may miss the library's."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """Two models and the rows, ready to be asked about; made by :func:`prepare`.

    Attributes
    ----------
    models : Models
        Teacher and student.

    layout : Layout
        The columns.

    reference, values : ndarray of shape (n_rows, n_columns)
        Reference rows and rows in question, as numbers and levels; of the reference rows the
        columns of numbers only.
    """

    models: Models
    layout: Layout
    reference: FloatArray
    values: FloatArray

    @cached_property
    def ranks(self) -> list[Ranks]:
        """The columns of the reference rows, ranked."""
        return [ranks_of(column) for column in self.reference.T]


def prepare(
    student: Any, ensemble: Any, X_ref: Table, X_eval: Table, *, tolerance: float
) -> Prepared:
    """Put a teacher and a student on common cells.

    Parameters
    ----------
    student : fitted estimator
        The student.

    ensemble : TreeEnsemble
        The teacher's arrays.

    X_ref, X_eval : array-like or data frame
        Reference rows and rows in question.

    tolerance : float
        As for `certify`.

    Returns
    -------
    prepared : Prepared
        The models on cells, and the rows.

    Raises
    ------
    InvalidInputError
        If the student cannot be read.
    """
    structure = take_apart(student)
    parts = read_student(student, structure)
    # a student that was fitted on an array takes the columns of a frame by their place
    is_named = hasattr(student, "feature_names_in_")
    layout = make_layout(X_eval, structure, ensemble, is_named=is_named)
    of_eval, of_ref = (
        encodings(X, structure, ensemble, is_named=is_named) for X in (X_eval, X_ref)
    )
    coded = code_rows(layout, *of_eval)
    reference = code_rows(layout, *of_ref).values
    borders = [
        teacher_borders(ensemble, layout.teacher_at, layout.is_number),
        student_borders(parts, layout.student_at, layout.is_number),
    ]
    cells = make_cells(borders, coded.n_levels)
    models = Models(
        make_teacher_sum(ensemble, layout.teacher_at, cells, coded.teacher_codes),
        make_student_sum(parts, layout.student_at, cells, coded.student_codes),
        cells,
        class_places(structure.classes, ensemble.classes),
        tolerance,
    )
    return Prepared(models, layout, reference, coded.values)


def class_places(own: Any, of_teacher: Any) -> IntArray:
    """Give the position among the teacher's classes of each class of the student.

    Parameters
    ----------
    own, of_teacher : ndarray or None
        The classes; None for a regression.

    Returns
    -------
    places : ndarray of int
        One per class of the student, none for a regression.
    """
    if own is None:
        return np.zeros(0, dtype=np.int64)
    return class_positions(own, np.asarray(of_teacher)).astype(np.int64)


def teacher_misses(prepared: Prepared, answers: FloatArray) -> IntArray:
    """Give the rows on which a teacher's trees do not add up to its answers.

    Parameters
    ----------
    prepared : Prepared
        The teacher on cells.

    answers : ndarray of shape (n_rows,)
        What the teacher itself answers: positions of classes, or predictions.

    Returns
    -------
    rows : ndarray of int
        None of a teacher that was read as it is.
    """
    teacher = prepared.models.teacher
    cells = prepared.models.cells.of(prepared.values)
    misses = np.zeros(len(answers), dtype=bool)
    if teacher.n_classes == 0:
        pair = teacher.pair(1, 0)
        margin, wanted = teacher.margins(cells, pair), to_margin(teacher, answers)
        with np.errstate(invalid="ignore"):
            gap = np.abs(margin - wanted)
        allowed = pair.slack + teacher.link_slack(0.0) + NEARLY * np.abs(margin)
        return np.flatnonzero(~((gap <= allowed) | np.isinf(wanted)))
    for a in np.unique(answers).astype(np.int64):
        rows = np.flatnonzero(answers == a)
        for b in range(teacher.n_classes):
            if b != a:
                pair = teacher.pair(b, int(a))
                slack = pair.slack + teacher.link_slack(0.0)
                misses[rows] |= teacher.margins(cells[rows], pair) > slack
    return np.flatnonzero(misses)


def student_misses(prepared: Prepared, answers: FloatArray) -> IntArray:
    """Give the rows on which a student's parts do not add up to its answers.

    Parameters
    ----------
    prepared : Prepared
        The student on cells.

    answers : ndarray of shape (n_rows,)
        What the student itself answers: positions among its own classes, or predictions.

    Returns
    -------
    rows : ndarray of int
        None of a student that was read as it is.
    """
    from interpkd.fidelity.certificate._kernels import values_at

    models, student = prepared.models, prepared.models.student
    cells = models.cells.of(prepared.values)
    if student.answer is not None:
        own = np.empty(len(cells))
        values_at(student.tree, student.answer, np.zeros(1, dtype=np.int64), cells, own)
        return np.flatnonzero(own != answers)
    scores, size = _scores(prepared, cells)
    allowed = 1e-9 * (1 + size)
    if not len(models.class_at):
        return np.flatnonzero(np.abs(scores[:, 0] - answers) > allowed)
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    own_score = np.take_along_axis(scores, answers.astype(np.intp)[:, None], axis=1)[:, 0]
    return np.flatnonzero(scores.max(axis=1) - own_score > allowed)


def _scores(prepared: Prepared, cells: IntArray) -> tuple[FloatArray, FloatArray]:
    """Give the scores of a student that is a sum, and how large its terms are."""
    models, student = prepared.models, prepared.models.student
    is_number = (models.cells.n_levels == 0) & ~np.isnan(prepared.values)
    numbers = np.where(is_number, prepared.values, 0.0)
    tables = student.table[:, models.cells.starts[:-1] + cells]
    scores = student.intercept + numbers @ student.slope.T + tables.sum(axis=2).T
    size = np.abs(numbers) @ np.abs(student.slope).T + np.abs(tables).sum(axis=2).T
    return scores, size.max(axis=1) + float(np.abs(student.intercept).max(initial=0.0))
