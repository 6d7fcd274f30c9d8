"""Searching neighbourhoods where the teacher is a network: on boxes of numbers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from interpkd.fidelity.certificate._crown import DOUBLE, SINGLE
from interpkd.fidelity.certificate._neighbourhoods import neighbourhoods, ranks_of
from interpkd.fidelity.certificate._network_boxes import (
    Boxed,
    Condition,
    NetworkQuestion,
    Term,
    search_boxes,
)
from interpkd.fidelity.certificate._questions import sum_slack
from interpkd.fidelity.certificate._search import Found
from interpkd.fidelity.certificate._search_room import NO, OPEN, YES, Boxes, make_parts
from interpkd.fidelity.certificate._teacher_sum import LINK_ROUNDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._network import Layers
    from interpkd.fidelity.certificate._search import Holds
    from interpkd.fidelity.certificate._student_sum import StudentSum

ROWS = 64
"""Rows that are searched at a time."""


class NetworkSearch:
    """A `Search` on boxes of numbers.

    Parameters
    ----------
    names : tuple of str
        The columns.

    values, reference : ndarray
        Rows in question and reference rows, as `Search` says.

    inputs : ndarray of shape (n_rows, n_columns)
        What the network takes for the rows; 0 in columns that it does not know.

    layers : Layers
        The network.

    link : {"identity", "logistic", "softmax"}
        From its margins to its answers.

    student : StudentSum
        The student, on cells of its own borders.

    cells : Cells
        These cells.

    class_at : ndarray of int
        The position among the network's classes of each class of the student; empty for a
        regression.

    tolerance : float
        As for `certify`.

    moves : ndarray of bool of shape (n_columns,)
        The columns that may change.
    """

    def __init__(
        self,
        *,
        names: tuple[str, ...],
        values: FloatArray,
        reference: FloatArray,
        inputs: FloatArray,
        layers: Layers,
        link: str,
        student: StudentSum,
        cells: Cells,
        class_at: IntArray,
        tolerance: float,
        moves: BoolArray,
    ) -> None:
        self.names, self.values, self.reference, self.inputs = names, values, reference, inputs
        self.layers, self.link, self.student, self.cells = layers, link, student, cells
        self.class_at, self.tolerance, self.moves = class_at, tolerance, moves
        self._ranks = [ranks_of(column) for column in reference.T]

    def near(self, rows: IntArray, radius: float) -> Boxes:
        """Give the neighbourhoods of some rows, as `Search` says."""
        return neighbourhoods(self._ranks, self.values[rows], self.cells, self.moves, radius)

    def disagreement(self, rows: IntArray, boxes: Boxes, max_nodes: int, holds: Holds) -> Found:
        """Ask whether teacher and student disagree, as `Search` says."""
        return self._ask(rows, boxes, max_nodes, holds, None)

    def flips(
        self, rows: IntArray, boxes: Boxes, decided: FloatArray, max_nodes: int, holds: Holds
    ) -> Found:
        """Ask whether the teacher answers otherwise, as `Search` says."""
        return self._ask(rows, boxes, max_nodes, holds, decided)

    def _ask(
        self, rows: IntArray, boxes: Boxes, max_nodes: int, holds: Holds, decided: FloatArray | None
    ) -> Found:
        state, used = np.full(len(rows), NO, dtype=np.int8), np.zeros(len(rows), dtype=np.int64)
        witness = self.values[rows].copy()
        # no network takes a missing value; a student may, in a column of its own
        is_whole: BoolArray = np.asarray(~np.isnan(self.values[rows]).any(axis=1))
        state[~is_whole] = OPEN
        for start in range(0, len(rows), ROWS):
            part = np.arange(start, min(start + ROWS, len(rows)))
            part = part[is_whole[part]]
            near, own = boxes.rows(part), None if decided is None else decided[part]

            def asked(which: IntArray, Z: FloatArray, part: IntArray = part) -> BoolArray:
                return holds(part[which], self._values(rows[part[which]], Z))

            for question, todo in self._questions(rows[part], near, own):
                todo = todo.of((state[part] != YES)[todo.owner])  # noqa: PLW2901
                spent = used[part]
                said, hit = search_boxes(self.layers, todo, question, spent, max_nodes, asked)
                used[part] = spent
                witness[part[said == YES]] = self._values(rows[part[said == YES]], hit[said == YES])
                state[part] = np.maximum(state[part], said)
        return Found(state, witness, used)

    def _values(self, rows: IntArray, Z: FloatArray) -> FloatArray:
        """Give rows of the table with numbers in their place."""
        return np.where(self.cells.n_levels > 0, self.values[rows], Z)

    def _questions(
        self, rows: IntArray, boxes: Boxes, decided: FloatArray | None
    ) -> Iterator[tuple[NetworkQuestion, Boxed]]:
        if decided is not None:
            whole = self._whole(rows, boxes)
            yield NetworkQuestion(slack=self._link_slack()), self._flips(whole, decided)
        elif self.student.answer is not None:
            parts, answers = self._parts(rows, boxes)
            yield NetworkQuestion(slack=self._link_slack()), self._flips(parts, answers)
        elif not len(self.class_at):
            for side in (1.0, -1.0):
                added = self._condition(-side, 0, None, boxes)
                objective = np.full((len(rows), 1), side)
                limit = np.full(len(rows), self.tolerance)
                whole = self._whole(rows, boxes)._replace(objective=objective, limit=limit)
                yield NetworkQuestion(added=added), whole
        else:
            yield from self._of_scores(rows, boxes)

    def _of_scores(self, rows: IntArray, boxes: Boxes) -> Iterator[tuple[NetworkQuestion, Boxed]]:
        """Ask for each class c of the student and b of the teacher about both together."""
        for c, of_student in enumerate(self.class_at):
            for b in range(self._n_classes):
                other = np.flatnonzero(self.class_at == b)
                if b == of_student:
                    continue
                others = [int(k) for k in other]  # none of a class that the student does not know
                others += [k for k in range(len(self.class_at)) if k not in (c, *others)]
                conditions = [self._condition(1.0, c, k, boxes) for k in others]
                whole = self._whole(rows, boxes)
                objective = np.tile(self._pair(b, int(of_student)), (len(rows), 1))
                limit = np.full(len(rows), self._limit())
                question = NetworkQuestion(tuple(conditions), slack=self._link_slack())
                yield question, whole._replace(objective=objective, limit=limit)

    def _flips(self, boxes: Boxed, answers: FloatArray) -> Boxed:
        """Ask where the teacher contradicts an answer that is the same in all of a box."""
        if not len(self.class_at):
            one, other = np.ones((len(answers), 1)), -np.ones((len(answers), 1))
            return boxes._replace(objective=one, limit=answers + self.tolerance).and_also(
                boxes._replace(objective=other, limit=self.tolerance - answers)
            )
        found = []
        for a in np.unique(answers).astype(np.int64):
            own = boxes.of(answers == a)
            limit = np.full(len(own.owner), self._limit())
            for b in range(self._n_classes):
                if b != a:
                    objective = np.tile(self._pair(b, int(a)), (len(own.owner), 1))
                    found.append(own._replace(objective=objective, limit=limit))
        return found[0].and_also(*found[1:]) if found else boxes

    @property
    def _n_classes(self) -> int:
        return max(2, len(self.layers.biases[-1]))

    def _pair(self, one: int, other: int) -> FloatArray:
        """Give what turns margins into that of one class minus that of another."""
        n_outputs = len(self.layers.biases[-1])
        if n_outputs == 1:
            return np.array([1.0 if one > other else -1.0])
        return np.eye(n_outputs)[one] - np.eye(n_outputs)[other]

    def _limit(self) -> float:
        return float(logit(0.5 + self.tolerance)) if self.tolerance else 0.0

    def _link_slack(self) -> float:
        if self.link == "identity":
            return 0.0
        p = 0.5 + self.tolerance
        unit = SINGLE if self.layers.is_single else DOUBLE
        return LINK_ROUNDINGS * unit / (p * (1 - p))

    def _whole(self, rows: IntArray, boxes: Boxes) -> Boxed:
        """Give the neighbourhoods as boxes of numbers; objective and limit are still to come."""
        low = np.where(boxes.is_number, boxes.least, self.inputs[rows])
        high = np.where(boxes.is_number, boxes.most, self.inputs[rows])
        nothing = np.zeros((len(rows), len(self.layers.biases[-1])))
        return Boxed(np.arange(len(rows)), low, high, nothing, np.zeros(len(rows)))

    def _parts(self, rows: IntArray, boxes: Boxes) -> tuple[Boxed, FloatArray]:
        """Cut the neighbourhoods by the student's leaves, and give the answer in each part."""
        from interpkd.fidelity.certificate._kernels import cut_box

        tree, whole = self.student.tree, self._whole(rows, boxes)
        lowest, highest = self.cells.ends()
        first = self.cells.starts[:-1]
        parts, owner, low, high, answers = make_parts(tree, len(self.names)), [], [], [], []
        known = np.zeros(0) if self.student.answer is None else self.student.answer
        if len(self.class_at):
            known = self.class_at[known.astype(np.int64)].astype(np.float64)
        for r in range(len(rows)):
            n = cut_box(
                tree, tree.root[0], boxes.low[r], boxes.high[r], parts.low, parts.high, parts.leaf
            )
            for p in range(n):
                least = np.maximum(lowest[first + parts.low[p]], whole.low[r])
                most = np.minimum(highest[first + parts.high[p]], whole.high[r])
                low.append(np.where(boxes.is_number[r], least, whole.low[r]))
                high.append(np.where(boxes.is_number[r], most, whole.high[r]))
                owner.append(r)
                answers.append(known[parts.leaf[p]])
        n_outputs = len(self.layers.biases[-1])
        shape = (len(owner), len(self.names))
        boxed = Boxed(
            np.array(owner, dtype=np.int64), np.reshape(low, shape), np.reshape(high, shape),
            np.zeros((len(owner), n_outputs)), np.zeros(len(owner)),
        )  # fmt: skip
        return boxed, np.array(answers)

    def _condition(self, sign: float, one: int, other: int | None, boxes: Boxes) -> Condition:
        """Give the student's score of one class minus that of another, as a sum over columns."""
        own = self.student
        if other is None:
            slope, table, constant = (
                sign * part for part in (own.slope[0], own.table[0], own.intercept[0])
            )
        elif len(own.intercept) == 1:  # of two classes there is one score, that of the second
            turned = sign if one > other else -sign
            slope, table, constant = (
                turned * part for part in (own.slope[0], own.table[0], own.intercept[0])
            )
        else:
            slope, table, constant = (
                sign * (part[one] - part[other]) for part in (own.slope, own.table, own.intercept)
            )
        constant = float(constant)
        slope = np.where(self.cells.n_levels > 0, 0.0, slope)
        term = Term(
            slope, table, constant, sum_slack(table, slope, constant, boxes, self.cells), self.cells
        )
        still = np.setdiff1d(np.arange(len(self.names)), term.jumps())
        rest = table[self.cells.starts[still] + boxes.low[:, still]].sum(axis=1)
        return Condition(term, rest)
