"""Of a regression: a difference that is proved to be exceeded nowhere in the training range."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity.certificate._search_room import NO, YES, Boxes
from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._asking_both import BothModels
    from interpkd.fidelity.certificate._cell_search import CellSearch
    from interpkd.fidelity.certificate._radii import Radii

N_QUESTIONS = 24
"""Most limits that are tried."""

CLOSE = 0.01
"""Share of the bound by which it may exceed what is attained, or what could not be excluded."""


def prove_bound(
    run: Radii, search: CellSearch, attained: float
) -> tuple[float | None, FloatArray | None]:
    """Prove that no input in the range of the reference rows exceeds a difference.

    Parameters
    ----------
    run : Radii
        Models and rows.

    search : CellSearch
        The models on cells; all columns are numbers that may change.

    attained : float
        A difference that an input attains.

    Returns
    -------
    bound : float or None
        The smallest that was proved; None where no limit that was tried could be.

    witness : ndarray of shape (n_columns,) or None
        An input that attains more than `attained`, if one was found.
    """
    box, first = _whole_range(search), np.zeros(1, dtype=np.int64)

    def changed(rows: IntArray, values: FloatArray) -> Table:
        return changed_table(run.X, rows, search.names, search.values[rows], values)

    bound, witness = None, None
    floor, limit = attained, 2 * max(attained, 1e-9)
    for _ in range(N_QUESTIONS):
        both = replace(run.both, tolerance=limit)

        def exceeds(which: IntArray, values: FloatArray, both: BothModels = both) -> BoolArray:
            return both.contradicts(changed(first[which], values))

        found = search.with_tolerance(limit).disagreement(first, box, run.max_nodes, exceeds)
        if found.state[0] == NO:
            bound = limit
        else:  # what could not be excluded is no better than what is attained
            floor = limit
        if found.state[0] == YES:
            witness = found.witness[0]
            floor = float(both.differences(changed(first, found.witness))[0])
        if bound is not None and bound - floor <= CLOSE * bound:
            break
        limit = 2 * floor if bound is None else (floor + bound) / 2
    return bound, witness


def _whole_range(search: CellSearch) -> Boxes:
    """Give the box of all numbers between the least and the largest of the reference rows."""
    cells = search.prepared.models.cells
    low, high = np.nanmin(search.reference, axis=0), np.nanmax(search.reference, axis=0)
    is_number = np.ones((1, len(low)), dtype=bool)
    return Boxes(cells.of(low[None]), cells.of(high[None]), low[None], high[None], is_number)
