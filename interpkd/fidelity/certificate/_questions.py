"""What would contradict agreement, as questions to the search.

Teacher and student disagree on a row of classes if the student decides c and the teacher b: then the
teacher's margin of b is at least that of c, and the student's score of c at least that of b. All
such pairs of classes together are all disagreements. Of a regression there are two: the teacher's
answer is more than the tolerance above the student's, or below.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import logit

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._search_room import Extra, Question, Sides, no_extra
from interpkd.fidelity.certificate._teacher_sum import DOUBLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd._typing import FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._search_room import Boxes
    from interpkd.fidelity.certificate._student_sum import StudentSum
    from interpkd.fidelity.certificate._teacher_sum import PairSum, TeacherSum


class RowQuestion(NamedTuple):
    """A question about the box of each row.

    Attributes
    ----------
    pair : PairSum
        The teacher's sum.

    limit : ndarray of shape (n_student_nodes,)
        What it must be above at rows of each leaf; infinite where nothing is asked.

    shift : ndarray of shape (n_rows,)
        What is added to the limit for each row.

    extra : Extra
        The second sum.

    ask : Question
        Limits and slack.

    sides : Sides or None
        What else must hold.
    """

    pair: PairSum
    limit: FloatArray
    shift: FloatArray
    extra: Extra
    ask: Question
    sides: Sides | None = None


@dataclass(frozen=True, eq=False)
class Models:
    """Teacher and student on the same cells.

    Attributes
    ----------
    teacher : TeacherSum
        The teacher.

    student : StudentSum
        The student.

    cells : Cells
        The cells.

    class_at : ndarray of int of shape (n_student_classes,)
        The position among the teacher's classes of each class of the student; empty for a
        regression.

    tolerance : float
        By how much a probability must be beyond one half to count, or predictions must differ.
    """

    teacher: TeacherSum
    student: StudentSum
    cells: Cells
    class_at: IntArray
    tolerance: float

    def disagreements(self, boxes: Boxes) -> Iterator[RowQuestion]:
        """Give the questions whose answers are all no where the models agree everywhere.

        Parameters
        ----------
        boxes : Boxes
            The neighbourhoods.

        Yields
        ------
        question : RowQuestion
            One per pair of classes, or two for a regression.
        """
        if self.teacher.n_classes == 0:
            yield from _regression(self, boxes)
            return
        limit = self.teacher.limit(self.tolerance)
        none, nothing = np.zeros(len(boxes.low)), no_extra(self.cells)
        for c, of_student in enumerate(self.class_at):
            for b in range(self.teacher.n_classes):
                if b == of_student:
                    continue
                pair = self.teacher.pair(b, int(of_student))
                first = limit - pair.base
                slack = pair.slack + self.teacher.link_slack(self.tolerance)
                if self.student.answer is not None:
                    at = np.where(self.student.answer == c, first, np.inf)
                    yield RowQuestion(pair, at, none, nothing, Question(0.0, slack))
                    continue
                at, other = np.full(1, first), np.flatnonzero(self.class_at == b)
                if not len(other):  # a class that the student never decides, and the teacher may
                    sides = _beside_others(self, c, -1, boxes)
                    yield RowQuestion(pair, at, none, nothing, Question(0.0, slack), sides)
                    continue
                extra, constant = _score_difference(self, c, int(other[0]))
                ask = _beside(self, pair, extra, constant, slack, boxes)
                sides = _beside_others(self, c, int(other[0]), boxes)
                yield RowQuestion(pair, at, none, extra, ask, sides)

    def teacher_flips(self, decided: FloatArray) -> Iterator[tuple[IntArray, RowQuestion]]:
        """Give the questions whether the teacher itself answers otherwise in the neighbourhood.

        Parameters
        ----------
        decided : ndarray of shape (n_rows,)
            The position of the teacher's class on each row, or its prediction.

        Yields
        ------
        rows : ndarray of int
            The rows that a question is about.

        question : RowQuestion
            About a student of one leaf.
        """
        teacher, nothing = self.teacher, no_extra(self.cells)
        if teacher.n_classes == 0:
            rows = np.arange(len(decided))
            for one, other in ((1, 0), (0, 1)):
                pair, side = teacher.pair(one, other), 1.0 if one else -1.0
                shift = side * to_margin(teacher, decided + side * self.tolerance) - pair.base
                ask = Question(0.0, pair.slack + teacher.link_slack(0.0))
                yield rows, RowQuestion(pair, np.zeros(1), shift, nothing, ask)
            return
        limit = teacher.limit(self.tolerance)
        for a in np.unique(decided).astype(np.int64):
            rows = np.flatnonzero(decided == a)
            for b in range(teacher.n_classes):
                if b == a:
                    continue
                pair = teacher.pair(b, int(a))
                ask = Question(0.0, pair.slack + teacher.link_slack(self.tolerance))
                first, none = np.full(1, limit - pair.base), np.zeros(len(rows))
                yield rows, RowQuestion(pair, first, none, nothing, ask)


def _regression(models: Models, boxes: Boxes) -> Iterator[RowQuestion]:
    teacher, student = models.teacher, models.student
    none = np.zeros(len(boxes.low))
    if student.answer is None and teacher.ensemble.link != "identity":
        msg = (
            f"The teacher's link is {teacher.ensemble.link!r}; beside a linear student only "
            "teachers whose prediction is the sum of their trees can be certified. Distil a tree."
        )
        raise InvalidInputError(msg)
    for one, other in ((1, 0), (0, 1)):
        pair, side = teacher.pair(one, other), 1.0 if one else -1.0
        slack = pair.slack + teacher.link_slack(0.0)
        if student.answer is not None:
            at = student.answer + side * models.tolerance
            limit = side * to_margin(teacher, at) - pair.base
            ask = Question(0.0, slack + DOUBLE * float(np.abs(at).max()))
            yield RowQuestion(pair, limit, none, no_extra(models.cells), ask)
            continue
        extra = _scaled(models, -side * student.slope[0], -side * student.table[0])
        constant = -side * float(student.intercept[0])
        ask = Question(
            -np.inf,
            slack,
            second_slack=sum_slack(extra.table, extra.slope, constant, boxes, models.cells),
            ratio=1.0,
            both=models.tolerance - pair.base - constant,
        )
        yield RowQuestion(pair, np.full(1, -np.inf), none, extra, ask)


def to_margin(teacher: TeacherSum, answer: FloatArray) -> FloatArray:
    """Give the margin at which a regression teacher answers so; infinite beyond its range.

    Parameters
    ----------
    teacher : TeacherSum
        The teacher.

    answer : ndarray
        Predictions.

    Returns
    -------
    margin : ndarray
        Of the same shape.
    """
    link = teacher.ensemble.link
    with np.errstate(divide="ignore", invalid="ignore"):
        if link == "exp":
            return np.asarray(np.log(np.maximum(answer, 0.0)))
        if link == "logistic":
            return np.asarray(logit(np.clip(answer, 0.0, 1.0)) / teacher.ensemble.scale)
    return np.asarray(answer)


def _score_difference(models: Models, one: int, other: int) -> tuple[Extra, float]:
    """Give the student's score of one class minus that of another, and its constant."""
    student = models.student
    if len(student.intercept) == 1:  # of two classes there is one score, that of the second
        sign = 1.0 if one > other else -1.0
        slope, table = sign * student.slope[0], sign * student.table[0]
        return _scaled(models, slope, table), sign * float(student.intercept[0])
    slope, table = (part[one] - part[other] for part in (student.slope, student.table))
    return _scaled(models, slope, table), float(student.intercept[one] - student.intercept[other])


def _scaled(models: Models, slope: FloatArray, table: FloatArray) -> Extra:
    return Extra(np.ascontiguousarray(table), np.ascontiguousarray(slope), *models.cells.ends())


def _beside(
    models: Models, pair: PairSum, extra: Extra, constant: float, slack: float, boxes: Boxes
) -> Question:
    """Ask for a student's score difference of at least 0 beside the teacher's."""
    second_slack = sum_slack(extra.table, extra.slope, constant, boxes, models.cells)
    one = models.teacher.margins(boxes.low, pair).std()
    two = np.where(boxes.is_number, boxes.least, 0.0) @ extra.slope
    two = two + extra.table[models.cells.starts[:-1] + boxes.low].sum(axis=1)
    # sums of the same size bound each other best; any ratio is sound
    ratio = float(one / two.std()) if one > 0 and two.std() > 0 else 1.0
    return Question(
        0.0, slack, -constant, second_slack, ratio, both=-ratio * constant, is_tied=True
    )


def _beside_others(models: Models, c: int, b: int, boxes: Boxes) -> Sides:
    """Ask that the student's score of a class is at least that of every third one, too."""
    third = [k for k in range(len(models.class_at)) if k not in (b, c)]
    table = np.zeros((len(third), int(models.cells.starts[-1])))
    slope, limit = np.zeros((len(third), len(models.cells.borders))), np.zeros(len(third))
    for i, k in enumerate(third):
        extra, constant = _score_difference(models, c, k)
        table[i], slope[i] = extra.table, extra.slope
        limit[i] = -constant - sum_slack(extra.table, extra.slope, constant, boxes, models.cells)
    return Sides(table, slope, limit)


def sum_slack(
    table: FloatArray, slope: FloatArray, constant: float, boxes: Boxes, cells: Cells
) -> float:
    """Give the most that rounding moves a sum over columns, anywhere in the boxes.

    Parameters
    ----------
    table, slope, constant : object
        What each cell adds, what each number is multiplied by, and the rest.

    boxes : Boxes
        The boxes.

    cells : Cells
        The cells.

    Returns
    -------
    slack : float
        Of the student's own arithmetic and of the search's.
    """
    reach = np.maximum(np.abs(boxes.least), np.abs(boxes.most))
    mass = (np.where(boxes.is_number, reach, 0.0) @ np.abs(slope)).max(initial=0.0)
    tables = np.maximum.reduceat(np.abs(table), cells.starts[:-1]).sum()
    size = abs(constant) + float(mass) + float(tables)
    # 1e-14: a probability that rounds to one half is no decision for the second class
    return (len(cells.borders) + 8) * 2 * DOUBLE * size + 1e-14
