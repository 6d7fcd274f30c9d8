"""Asking about neighbourhoods, row by row."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from interpkd.fidelity.certificate._search_room import (
    NEAR,
    NO,
    OPEN,
    YES,
    make_near,
    make_parts,
    make_room,
    make_small,
    no_sides,
)
from interpkd.fidelity.certificate._student_sum import one_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._questions import Models, RowQuestion
    from interpkd.fidelity.certificate._search_room import Boxes, Near
    from interpkd.fidelity.certificate._tree_sum import TreeSum

    # rows, their cells, the slopes behind them: whether the models answer so
    Confirm = Callable[[IntArray, IntArray, FloatArray], BoolArray]

MOST_CELLS = 4096
"""Most inputs near a row that the models are asked about where rounding leaves boxes open."""


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

    def asked() -> Iterator[tuple[IntArray, RowQuestion]]:
        return ((everyone, question) for question in models.disagreements(boxes))

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

    def asked() -> Iterator[tuple[IntArray, RowQuestion]]:
        return models.teacher_flips(decided)

    return _ask(models, one_leaf(models.cells), boxes, asked, max_nodes, confirm)


def _ask(
    models: Models,
    tree: TreeSum,
    boxes: Boxes,
    asked: Callable[[], Iterator[tuple[IntArray, RowQuestion]]],
    max_nodes: int,
    confirm: Confirm,
) -> Answers:
    """Ask all questions about rows, then the models about all that was found.

    To ask the models takes long however few rows it is about. Where they deny what was found, the
    questions behind it are still asked.
    """
    run = _Run(models, tree, boxes, max_nodes, confirm)
    following = np.zeros(len(boxes.low), dtype=np.int64)  # the question that comes next
    while True:
        for place, (rows, question) in enumerate(asked()):
            still = (run.state[rows] != YES) & (following[rows] <= place)
            following[rows[still]] = place + 1
            if still.any():
                run.search(rows[still], question, question.shift[still])
        if not run.confirm_claims():
            return Answers(run.state, run.found, run.slope, run.n_boxes)


class _Run:
    """Answers while they are found; YES is a claim until it `is_confirmed`."""

    def __init__(
        self, models: Models, tree: TreeSum, boxes: Boxes, max_nodes: int, confirm: Confirm
    ) -> None:
        self.models, self.tree, self.boxes = models, tree, boxes
        self.max_nodes, self.confirm = max_nodes, confirm
        n_rows, n_columns = boxes.low.shape
        self.state: NDArray[np.int8] = np.full(n_rows, NO, dtype=np.int8)
        self.n_boxes = np.zeros(n_rows, dtype=np.int64)
        self.found = np.zeros((n_rows, n_columns), dtype=np.int64)
        self.slope = np.zeros((n_rows, n_columns))
        self.is_confirmed = np.zeros(n_rows, dtype=bool)
        self.no_sides, self.parts = no_sides(models.cells), make_parts(tree, n_columns)
        self.room = make_room(models.teacher.trees, models.cells, max_nodes)
        self.small = make_small(models.teacher.trees)

    def search(self, rows: IntArray, question: RowQuestion, shift: FloatArray) -> None:
        """Search the boxes of some rows for what a question is about."""
        from interpkd.fidelity.certificate._kernels import search_rows

        trees = self.models.teacher.trees
        sides = self.no_sides if question.sides is None else question.sides
        if len(sides.limit) != len(self.room.side_limit):  # the same of all questions
            self.room = make_room(trees, self.models.cells, self.max_nodes, len(sides.limit))
        near = make_near(len(rows), self.found.shape[1])
        state: NDArray[np.int8] = np.full(len(rows), NO, dtype=np.int8)
        said = Said(state, self.n_boxes[rows], self.found[rows], near)
        search_rows(
            trees, question.pair.value, question.pair.active, self.tree, question.limit, shift,
            question.extra, sides, question.ask, self.boxes.rows(rows), *said, self.max_nodes,
            self.room, self.small, self.parts,
        )  # fmt: skip
        slope, has_near = question.extra.slope, near.n_boxes > 0
        if has_near.any():
            _confirm_found(rows, said, np.flatnonzero(has_near), slope, self.confirm)
            by_cells = not slope.any() and not sides.slope.any()
            _settle_near(rows, said, self.confirm, by_cells=by_cells)
            self.is_confirmed[rows] = has_near & (said.state == YES)
        self.state[rows] = np.maximum(self.state[rows], said.state)
        self.n_boxes[rows], self.found[rows] = said.n_boxes, said.found
        self.slope[rows[said.state == YES]] = slope

    def confirm_claims(self) -> bool:
        """Let the models say of all claims whether they are so; give whether one is not."""
        claimed = np.flatnonzero((self.state == YES) & ~self.is_confirmed)
        if not len(claimed):
            return False
        holds = self.confirm(claimed, self.found[claimed], self.slope[claimed])
        self.is_confirmed[claimed[holds]] = True
        self.state[claimed[~holds]] = OPEN
        return not holds.all()


class Said(NamedTuple):
    """What the search said of rows to one question; the models may correct it."""

    state: NDArray[np.int8]
    n_boxes: IntArray
    found: IntArray
    near: Near


def _confirm_found(
    rows: IntArray, said: Said, which: IntArray, slope: FloatArray, confirm: Confirm
) -> None:
    """Let the models say of what was found whether it is so; what they deny stays open."""
    claimed = which[said.state[which] == YES]
    if len(claimed):
        slopes = np.tile(slope, (len(claimed), 1))
        holds = confirm(rows[claimed], said.found[claimed], slopes)
        said.state[claimed[~holds]] = OPEN


def _settle_near(rows: IntArray, said: Said, confirm: Confirm, *, by_cells: bool) -> None:
    """Let the models say of boxes that only rounding decides which way they go.

    Where both models are constant on a cell, one row of each tells the whole box; each is asked, so
    that nothing is assumed of how a library rounds.
    """
    asked = np.flatnonzero((said.near.n_boxes > 0) & (said.state != YES))
    which, cells, is_told = [], [], np.full(len(rows), by_cells)
    for r in asked.tolist():
        room = MOST_CELLS
        for k in range(said.near.n_boxes[r]):
            low, high = said.near.low[r, k], said.near.high[r, k]
            inside = _cells_of(low, high, room) if by_cells else None
            room -= 0 if inside is None else len(inside)
            if inside is None:
                is_told[r] = False  # a row that is asked about may still be one that is looked for
                inside = low[None]
            which.append(np.full(len(inside), r))
            cells.append(inside)
    if not which:
        return
    near, inside = np.concatenate(which), np.concatenate(cells)
    holds = confirm(rows[near], inside, np.zeros(inside.shape))
    for i in np.flatnonzero(holds)[::-1]:  # of several the first is kept
        said.found[near[i]] = inside[i]
    is_hit = np.zeros(len(rows), dtype=bool)
    is_hit[near[holds]] = True
    told = np.isin(np.arange(len(rows)), asked) & is_told & (said.state == NEAR)
    said.state[told] = NO
    said.state[(said.state == NEAR) & ~told] = OPEN
    said.state[is_hit] = YES


def _cells_of(low: IntArray, high: IntArray, most: int) -> IntArray | None:
    """Give all rows of cells of a box, or None if they are too many."""
    if np.prod(high - low + 1.0) > most:
        return None
    axes = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(low))
