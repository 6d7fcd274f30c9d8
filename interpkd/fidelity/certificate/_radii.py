"""The run over radii: from small to large, so that what is found nearby need not be found again."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity.certificate._neighbourhoods import neighbourhoods
from interpkd.fidelity.certificate._search_room import NO, YES
from interpkd.fidelity.certificate._verdicts import ask_disagreement, ask_stability
from interpkd.fidelity.certificate._witnesses import changed_table, witness_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._asking_both import BothModels
    from interpkd.fidelity.certificate._models import Prepared
    from interpkd.fidelity.certificate._search_room import Boxes

STATUSES = ("proved", "wrong_on_row", "teacher_unstable", "student_border", "undecided")
"""What can be said of a row's neighbourhood."""

PROVED, WRONG, UNSTABLE, BORDER, UNDECIDED = range(5)

CHUNK = 512
"""Rows between two words of progress, and most that an interruption loses."""


class Radii:
    """What is known of every row at every radius.

    Parameters
    ----------
    both : BothModels
        The models as they are asked.

    prepared : Prepared or str
        The models on cells, or why the teacher is opaque.

    X : ndarray or data frame of shape (n_rows, n_features)
        The rows.

    decided : ndarray of shape (n_rows,)
        The teacher's answers on them.

    moves : ndarray of bool of shape (n_columns,) or None
        The columns that may change; None for an opaque teacher.

    radii : sequence of float
        Rising.

    max_nodes : int
        Most boxes for a row and a radius.

    Attributes
    ----------
    status : ndarray of int of shape (n_radii, n_rows)
        Places in `STATUSES`.

    n_boxes : ndarray of int of shape (n_radii, n_rows)
        Boxes that were looked at.

    witness : ndarray of shape (n_rows, n_columns)
        An input on which the models disagree, for the rows that have one.

    witness_radius : ndarray of shape (n_rows,)
        The smallest radius at which one was found, 0 for the row itself, NaN where none was.
    """

    def __init__(
        self,
        both: BothModels,
        prepared: Prepared | str,
        X: Table,
        decided: FloatArray,
        moves: BoolArray | None,
        radii: Sequence[float],
        max_nodes: int,
    ) -> None:
        self.both, self.prepared, self.X, self.decided = both, prepared, X, decided
        self.moves, self.radii, self.max_nodes = moves, tuple(radii), max_nodes
        shape = (len(self.radii), len(decided))
        self.wrong = both.contradicts(X)
        self.status: NDArray[np.int8] = np.full(shape, UNDECIDED, dtype=np.int8)
        self.status[:, self.wrong] = WRONG
        self.n_boxes = np.zeros(shape, dtype=np.int64)
        self.witness = (
            np.empty((shape[1], 0)) if isinstance(prepared, str) else prepared.values.copy()
        )
        self.witness_radius = np.where(self.wrong, 0.0, np.nan)

    def decide(self, progress: Callable[[str], Any] | None = None) -> None:
        """Search all rows at all radii; what is decided stays when this is interrupted.

        Parameters
        ----------
        progress : callable or None, default=None
            Called with a text now and then.
        """
        if isinstance(self.prepared, str):
            return
        rows = np.flatnonzero(~self.wrong)
        try:
            for i, radius in enumerate(self.radii):
                for start in range(0, len(rows), CHUNK):
                    part = rows[start : start + CHUNK]
                    self._decide_rows(i, part)
                    if progress is not None:
                        done = start + len(part)
                        progress(f"radius {radius:g}: {done} of {len(rows)} rows")
        finally:
            # what is proved of a neighbourhood is proved of all within it
            for i in range(len(self.radii) - 2, -1, -1):
                self.status[i, self.status[i + 1] == PROVED] = PROVED

    def _decide_rows(self, i: int, rows: IntArray) -> None:
        prepared, models = self._opened(), self._opened().models
        boxes = neighbourhoods(
            prepared.reference, prepared.values[rows], models.cells, self._moves(), self.radii[i]
        )
        is_new = np.isnan(self.witness_radius[rows])
        new, of_new = rows[is_new], boxes.rows(np.flatnonzero(is_new))

        def disagrees(which: IntArray, found: IntArray, slope: FloatArray) -> BoolArray:
            table, _ = self._table(new[which], found, slope, of_new.rows(which))
            return self.both.contradicts(table)

        answers = ask_disagreement(models, of_new, self.max_nodes, disagrees)
        hit = np.flatnonzero(answers.state == YES)
        _, witness = self._table(new[hit], answers.found[hit], answers.slope[hit], of_new.rows(hit))
        self.status[i, new] = np.where(answers.state == NO, PROVED, UNDECIDED)
        self.n_boxes[i, new] = answers.n_boxes
        self.witness[new[hit]], self.witness_radius[new[hit]] = witness, self.radii[i]
        self._blame(i, rows, boxes)

    def _blame(self, i: int, rows: IntArray, boxes: Boxes) -> None:
        """Tell the rows on whose neighbourhood the teacher itself is not of one mind."""
        broken = ~np.isnan(self.witness_radius[rows])
        was_unstable = (self.status[:i, rows] == UNSTABLE).any(axis=0)
        self.status[i, rows[broken]] = np.where(was_unstable[broken], UNSTABLE, BORDER)
        asked = np.flatnonzero(broken & ~was_unstable)
        if not len(asked):
            return
        mine, near = rows[asked], boxes.rows(asked)

        def flips(which: IntArray, found: IntArray, slope: FloatArray) -> BoolArray:
            table, _ = self._table(mine[which], found, slope, near.rows(which))
            return self.both.flips(table, self.decided[mine[which]])

        answers = ask_stability(
            self._opened().models, near, self.decided[mine], self.max_nodes, flips
        )
        self.status[i, mine[answers.state == YES]] = UNSTABLE
        self.n_boxes[i, mine] += answers.n_boxes

    def _table(
        self, rows: IntArray, found: IntArray, slope: FloatArray, boxes: Boxes
    ) -> tuple[Table, FloatArray]:
        """Give rows of the user's table with the values that cells stand for."""
        prepared = self._opened()
        values = prepared.values[rows]
        new = witness_values(found, slope, values, boxes, prepared.models.cells, prepared.reference)
        return changed_table(self.X, rows, prepared.layout.names, values, new), new

    def _opened(self) -> Prepared:
        if isinstance(self.prepared, str):  # nothing is searched then
            raise TypeError(self.prepared)
        return self.prepared

    def _moves(self) -> BoolArray:
        if self.moves is None:  # likewise
            msg = "An opaque teacher has no columns."
            raise TypeError(msg)
        return self.moves
