"""Searching neighbourhoods where the teacher is an ensemble of trees: on cells."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity.certificate._neighbourhoods import neighbourhoods
from interpkd.fidelity.certificate._search import Found
from interpkd.fidelity.certificate._search_room import YES
from interpkd.fidelity.certificate._verdicts import ask_disagreement, ask_stability
from interpkd.fidelity.certificate._witnesses import witness_values

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._models import Prepared
    from interpkd.fidelity.certificate._search import Holds
    from interpkd.fidelity.certificate._search_room import Boxes
    from interpkd.fidelity.certificate._verdicts import Answers, Confirm


class CellSearch:
    """A `Search` on cells.

    Parameters
    ----------
    prepared : Prepared
        The models on cells, and the rows.

    moves : ndarray of bool of shape (n_columns,)
        The columns that may change.
    """

    def __init__(self, prepared: Prepared, moves: BoolArray) -> None:
        self.prepared, self.moves = prepared, moves
        self.names, self.values = prepared.layout.names, prepared.values
        self.reference = prepared.reference

    def with_tolerance(self, tolerance: float) -> CellSearch:
        """Give a search for differences above another tolerance."""
        models = replace(self.prepared.models, tolerance=tolerance)
        return CellSearch(replace(self.prepared, models=models), self.moves)

    def near(self, rows: IntArray, radius: float) -> Boxes:
        """Give the neighbourhoods of some rows, as `Search` says."""
        cells = self.prepared.models.cells
        return neighbourhoods(self.prepared.ranks, self.values[rows], cells, self.moves, radius)

    def disagreement(self, rows: IntArray, boxes: Boxes, max_nodes: int, holds: Holds) -> Found:
        """Ask whether teacher and student disagree, as `Search` says."""
        confirm = self._confirm(rows, boxes, holds)
        answers = ask_disagreement(self.prepared.models, boxes, max_nodes, confirm)
        return self._found(rows, boxes, answers)

    def flips(
        self, rows: IntArray, boxes: Boxes, decided: FloatArray, max_nodes: int, holds: Holds
    ) -> Found:
        """Ask whether the teacher answers otherwise, as `Search` says."""
        confirm = self._confirm(rows, boxes, holds)
        answers = ask_stability(self.prepared.models, boxes, decided, max_nodes, confirm)
        return self._found(rows, boxes, answers)

    def _confirm(self, rows: IntArray, boxes: Boxes, holds: Holds) -> Confirm:
        def confirm(which: IntArray, cells: IntArray, slope: FloatArray) -> BoolArray:
            return holds(which, self._witness(rows[which], cells, slope, boxes.rows(which)))

        return confirm

    def _found(self, rows: IntArray, boxes: Boxes, answers: Answers) -> Found:
        witness, hit = self.values[rows], np.flatnonzero(answers.state == YES)
        witness[hit] = self._witness(
            rows[hit], answers.found[hit], answers.slope[hit], boxes.rows(hit)
        )
        return Found(answers.state, witness, answers.n_boxes)

    def _witness(
        self, rows: IntArray, cells: IntArray, slope: FloatArray, boxes: Boxes
    ) -> FloatArray:
        known = self.prepared
        return witness_values(
            cells, slope, self.values[rows], boxes, known.models.cells, known.ranks
        )
