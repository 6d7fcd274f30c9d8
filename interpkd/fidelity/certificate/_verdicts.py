"""Asking about neighbourhoods, row by row."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity.certificate._search_room import make_parts, make_room, no_sides
from interpkd.fidelity.certificate._student_sum import one_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._questions import Models, RowQuestion
    from interpkd.fidelity.certificate._search_room import Boxes
    from interpkd.fidelity.certificate._tree_sum import TreeSum

    # rows, their cells, the slopes behind them: whether the models answer so
    Confirm = Callable[[IntArray, IntArray, FloatArray], BoolArray]

NO, YES, OPEN, NEAR = 0, 1, 2, 3
"""Answers of the search: excluded by a bound, found, neither, found or not by rounding alone."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What the search said of rows.

    Attributes
    ----------
    state : ndarray of shape (n_rows,)
        NO, YES or OPEN; YES only where the models themselves confirm it.

    found : ndarray of int of shape (n_rows, n_columns)
        Cells of the row that was found, where the answer is YES.

    slope : ndarray of shape (n_rows, n_columns)
        What the question multiplied numbers by.

    n_boxes : ndarray of int of shape (n_rows,)
        Boxes that were looked at.
    """

    state: NDArray[np.int8]
    found: IntArray
    slope: FloatArray
    n_boxes: IntArray


def ask_disagreement(models: Models, boxes: Boxes, max_nodes: int, confirm: Confirm) -> Answers:
    """Ask whether teacher and student disagree anywhere in the neighbourhood of each row.

    Parameters
    ----------
    models : Models
        The two.

    boxes : Boxes
        The neighbourhoods.

    max_nodes : int
        Most boxes that are looked at for a row.

    confirm : callable
        Asks the models themselves about rows that were found.

    Returns
    -------
    answers : Answers
        NO where agreement is proved.
    """
    everyone = np.arange(len(boxes.low))
    asked = ((everyone, question) for question in models.disagreements(boxes))
    return _ask(models, models.student.tree, boxes, asked, max_nodes, confirm)


def ask_stability(
    models: Models, boxes: Boxes, decided: FloatArray, max_nodes: int, confirm: Confirm
) -> Answers:
    """Ask whether the teacher answers otherwise than on the row anywhere in its neighbourhood.

    Parameters
    ----------
    models : Models
        The two.

    boxes : Boxes
        The neighbourhoods.

    decided : ndarray of shape (n_rows,)
        The teacher's answers on the rows: positions of classes, or predictions.

    max_nodes : int
        Most boxes that are looked at for a row.

    confirm : callable
        Asks the models themselves about rows that were found.

    Returns
    -------
    answers : Answers
        NO where the teacher is proved to be constant.
    """
    asked = models.teacher_flips(decided)
    return _ask(models, one_leaf(models.cells), boxes, asked, max_nodes, confirm)


def _ask(
    models: Models,
    tree: TreeSum,
    boxes: Boxes,
    asked: Iterator[tuple[IntArray, RowQuestion]],
    max_nodes: int,
    confirm: Confirm,
) -> Answers:
    from interpkd.fidelity.certificate._search_kernels import search_rows

    shape = boxes.low.shape
    state, n_boxes = np.zeros(shape[0], dtype=np.int8), np.zeros(shape[0], dtype=np.int64)
    found, slope = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    none, room = no_sides(models.cells), make_room(models.teacher.trees, models.cells, max_nodes)
    parts = make_parts(tree, shape[1])
    for rows, question in asked:
        sides = none if question.sides is None else question.sides
        if len(sides.limit) != len(room.side_limit):  # the same of all questions
            room = make_room(models.teacher.trees, models.cells, max_nodes, len(sides.limit))
        still = state[rows] != YES
        left = rows[still]
        mine = np.zeros(len(left), dtype=np.int8), n_boxes[left], found[left]
        search_rows(
            models.teacher.trees, question.pair.value, question.pair.active, tree, question.limit,
            question.shift[still], question.extra, sides, question.ask, boxes.rows(left), *mine,
            max_nodes, room, parts,
        )  # fmt: skip
        answer = _checked(left, mine[0], mine[2], question.extra.slope, confirm)
        state[left] = np.where(answer == YES, YES, np.maximum(state[left], answer))
        n_boxes[left], found[left] = mine[1:]
        slope[left[answer == YES]] = question.extra.slope
    return Answers(state, found, slope, n_boxes)


def _checked(
    rows: IntArray, answer: NDArray[np.int8], found: IntArray, slope: FloatArray, confirm: Confirm
) -> NDArray[np.int8]:
    """Let the models say of what was found whether it is so; what they deny stays open."""
    claimed = np.flatnonzero((answer == YES) | (answer == NEAR))
    out = answer.copy()
    if len(claimed):
        slopes = np.tile(slope, (len(claimed), 1))
        holds = confirm(rows[claimed], found[claimed], slopes)
        out[claimed] = np.where(holds, YES, OPEN)
    return out
