"""Neighbourhoods of rows: every number may move by a share of the ranks of the reference rows.

A radius in ranks means the same for every column, whatever its unit and its tails, and stays where
data are. It is taken in mid-ranks, which count half of the rows that have the very value: with
plain ranks a capital gain of 0, which most people have, could become 2,000 at one per cent; with
mid-ranks it stays 0 until the radius is half of the share of zeros.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity.certificate._search_room import Boxes

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity.certificate._cells import Cells

NEARLY = 1e-9
"""What rounding may do to a difference of ranks; a radius of 1/n must reach the next value."""


def rank_range(
    reference: FloatArray, values: FloatArray, radius: float
) -> tuple[FloatArray, FloatArray]:
    """Give how far the values of one column may move.

    Parameters
    ----------
    reference : ndarray of shape (n_reference,)
        The column in the reference rows; missing ones are left out.

    values : ndarray of shape (n_samples,)
        The values, NaN where missing.

    radius : float
        Share of ranks.

    Returns
    -------
    least, most : ndarray of shape (n_samples,)
        The smallest and the largest reference value whose mid-rank is at most the radius away from
        that of the value, which lies between them itself. NaN where missing.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.fidelity.certificate._neighbourhoods import rank_range
    >>> gains = np.array([0.0] * 90 + [*range(1, 11)])
    >>> least, most = rank_range(gains, np.array([0.0, 5.0]), 0.02)
    >>> least.tolist(), most.tolist()
    ([0.0, 3.0], [0.0, 7.0])
    """
    known = reference[~np.isnan(reference)]
    if not len(known):
        return values.copy(), values.copy()
    atoms, counts = np.unique(known, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks = (below + counts / 2) / len(known)
    place = np.searchsorted(atoms, values, side="left")
    at_atom = np.append(atoms, np.nan)[place] == values
    # a value that no reference row has: as many are below it as are below the next
    between = np.append(below, len(known))[place] / len(known)
    rank = np.where(at_atom, np.append(ranks, 1.0)[place], between)
    first = np.searchsorted(ranks, rank - radius - NEARLY, side="left")
    last = np.searchsorted(ranks, rank + radius + NEARLY, side="right") - 1
    # a value far from every reference value stays alone
    alone = (first > last) | np.isnan(values)
    least = np.where(alone, values, np.minimum(atoms[np.minimum(first, len(atoms) - 1)], values))
    most = np.where(alone, values, np.maximum(atoms[last], values))
    return least, most


def neighbourhoods(
    reference: FloatArray, values: FloatArray, cells: Cells, moves: BoolArray, radius: float
) -> Boxes:
    """Give the boxes of cells and numbers around rows.

    Parameters
    ----------
    reference : ndarray of shape (n_reference, n_columns)
        The reference rows.

    values : ndarray of shape (n_samples, n_columns)
        The rows: numbers, NaN where missing, and levels.

    cells : Cells
        The cells of the columns.

    moves : ndarray of bool of shape (n_columns,)
        The columns that may change; of others, and where a value is missing, only the row's own
        is in the box.

    radius : float
        Share of ranks.

    Returns
    -------
    boxes : Boxes
        One per row.
    """
    least, most = values.copy(), values.copy()
    for u in np.flatnonzero(moves):
        least[:, u], most[:, u] = rank_range(reference[:, u], values[:, u], radius)
    is_number = (cells.n_levels == 0) & ~np.isnan(values)
    return Boxes(cells.of(least), cells.of(most), least, most, is_number)
