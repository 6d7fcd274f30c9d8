"""The run over radii: from small to large, so that what is found nearby need not be found again."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity.certificate._search_room import NO, YES
from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._asking_both import BothModels
    from interpkd.fidelity.certificate._search import Search

STATUSES = ("proved", "wrong_on_row", "teacher_unstable", "student_border", "undecided")
"""What can be said of a row's neighbourhood."""

PROVED, WRONG, UNSTABLE, BORDER, UNDECIDED = range(5)

CHUNK = 1024
"""Rows between two words of progress, and most that an interruption loses."""


class Radii:
    """What is known of every row at every radius.

    Parameters
    ----------
    both : BothModels
        The models as they are asked.

    search : Search or str
        What answers questions about neighbourhoods, or why the teacher is opaque.

    X : ndarray or data frame of shape (n_rows, n_features)
        The rows.

    decided : ndarray of shape (n_rows,)
        The teacher's answers on them.

    wrong : ndarray of bool of shape (n_rows,)
        Where it contradicts the student on the row itself.

    radii : sequence of float
        Rising.

    max_nodes : int
        Most boxes for a row and a radius.

    frozen : sequence of str, default=()
        The columns that the user keeps at each row's own value; `search` knows.

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
        search: Search | str,
        X: Table,
        decided: FloatArray,
        wrong: BoolArray,
        radii: Sequence[float],
        max_nodes: int,
        frozen: Sequence[str] = (),
    ) -> None:
        self.both, self.search, self.X, self.decided = both, search, X, decided
        self.radii, self.max_nodes, self.frozen = tuple(radii), max_nodes, tuple(frozen)
        shape = (len(self.radii), len(decided))
        self.wrong = wrong
        self._flipped = np.zeros(shape[1], dtype=bool)  # what was found denies the teacher too
        self.status: NDArray[np.int8] = np.full(shape, UNDECIDED, dtype=np.int8)
        self.status[:, self.wrong] = WRONG
        self.n_boxes = np.zeros(shape, dtype=np.int64)
        self.witness = np.empty((shape[1], 0)) if isinstance(search, str) else search.values.copy()
        self.witness_radius = np.where(self.wrong, 0.0, np.nan)

    def decide(self, progress: Callable[[str], Any] | None = None) -> None:
        """Search all rows at all radii; what is decided stays when this is interrupted.

        Parameters
        ----------
        progress : callable or None, default=None
            Called with a text now and then.
        """
        if isinstance(self.search, str):
            return
        rows = np.flatnonzero(~self.wrong)
        try:
            for i, radius in enumerate(self.radii):
                for start in range(0, len(rows), CHUNK):
                    part = rows[start : start + CHUNK]
                    self._decide_rows(self.search, i, part)
                    if progress is not None:
                        done = start + len(part)
                        progress(f"radius {radius:g}: {done} of {len(rows)} rows")
        finally:
            # what is proved of a neighbourhood is proved of all within it
            for i in range(len(self.radii) - 2, -1, -1):
                self.status[i, self.status[i + 1] == PROVED] = PROVED

    def _decide_rows(self, search: Search, i: int, rows: IntArray) -> None:
        boxes = search.near(rows, self.radii[i])
        is_new = np.isnan(self.witness_radius[rows])
        new, of_new = rows[is_new], boxes.rows(np.flatnonzero(is_new))

        def disagrees(which: IntArray, witness: FloatArray) -> BoolArray:
            table = self._changed(search, new[which], witness)
            holds, flips = self.both.contradicts_and_flips(table, self.decided[new[which]])
            self._flipped[new[which[holds & flips]]] = True
            return holds

        found = search.disagreement(new, of_new, self.max_nodes, disagrees)
        hit = found.state == YES
        self.status[i, new] = np.where(found.state == NO, PROVED, UNDECIDED)
        self.n_boxes[i, new] = found.n_boxes
        self.witness[new[hit]] = found.witness[hit]
        self.witness_radius[new[hit]] = self.radii[i]
        self._blame(search, i, rows, boxes)

    def _blame(self, search: Search, i: int, rows: IntArray, boxes: Any) -> None:
        """Tell the rows on whose neighbourhood the teacher itself is not of one mind."""
        broken = ~np.isnan(self.witness_radius[rows])
        # of most that are broken the witness shows it, at this radius or a smaller one
        was_unstable = (self.status[:i, rows] == UNSTABLE).any(axis=0) | self._flipped[rows]
        self.status[i, rows[broken]] = np.where(was_unstable[broken], UNSTABLE, BORDER)
        asked = np.flatnonzero(broken & ~was_unstable)
        if not len(asked):
            return
        mine, near = rows[asked], boxes.rows(asked)

        def flips(which: IntArray, witness: FloatArray) -> BoolArray:
            table = self._changed(search, mine[which], witness)
            return self.both.flips(table, self.decided[mine[which]])

        found = search.flips(mine, near, self.decided[mine], self.max_nodes, flips)
        self.status[i, mine[found.state == YES]] = UNSTABLE
        self.n_boxes[i, mine] += found.n_boxes

    def _changed(self, search: Search, rows: IntArray, witness: FloatArray) -> Table:
        """Give rows of the user's table with other values."""
        return changed_table(self.X, rows, search.names, search.values[rows], witness)
