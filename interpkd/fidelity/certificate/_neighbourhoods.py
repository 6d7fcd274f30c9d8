"""Neighbourhoods of rows: every number may move by a share of the ranks of the reference rows.

A radius in ranks means the same for every column, whatever its unit and its tails, and stays where
data are. It is taken in mid-ranks, which count half of the rows that have the very value: with
plain ranks a capital gain of 0, which most people have, could become 2,000 at one per cent; with
mid-ranks it stays 0 until the radius is half of the share of zeros.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from interpkd.fidelity.certificate._search_room import Boxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells

NEARLY = 1e-9
"""What rounding may do to a difference of ranks; a radius of 1/n must reach the next value."""


class Ranks(NamedTuple):
    """One column of the reference rows; made by :func:`ranks_of`.

    Attributes
    ----------
    atoms : ndarray of shape (n_atoms,)
        Its different numbers, rising; missing ones are left out.

    below : ndarray of int of shape (n_atoms,)
        Reference rows with a smaller number.

    middle : ndarray of shape (n_atoms,)
        Their mid-ranks, as shares.

    n_known : int
        Reference rows with a number.
    """

    atoms: FloatArray
    below: IntArray
    middle: FloatArray
    n_known: int


def ranks_of(reference: FloatArray) -> Ranks:
    """Rank one column of the reference rows.

    Parameters
    ----------
    reference : ndarray of shape (n_reference,)
        The column.

    Returns
    -------
    ranks : Ranks
        Its numbers and their ranks.
    """
    known = reference[~np.isnan(reference)]
    atoms, counts = np.unique(known, return_counts=True)
    below = np.cumsum(counts) - counts
    return Ranks(atoms, below, (below + counts / 2) / max(len(known), 1), len(known))


def rank_range(ranks: Ranks, values: FloatArray, radius: float) -> tuple[FloatArray, FloatArray]:
    """Give how far the values of one column may move.

    Parameters
    ----------
    ranks : Ranks
        The column in the reference rows.

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
    >>> from interpkd.fidelity.certificate._neighbourhoods import rank_range, ranks_of
    >>> gains = np.array([0.0] * 90 + [*range(1, 11)])
    >>> least, most = rank_range(ranks_of(gains), np.array([0.0, 5.0]), 0.02)
    >>> least.tolist(), most.tolist()
    ([0.0, 3.0], [0.0, 7.0])
    """
    atoms, below, middle, n_known = ranks
    if not n_known:
        return values.copy(), values.copy()
    place = np.searchsorted(atoms, values, side="left")
    at_atom = np.append(atoms, np.nan)[place] == values
    # a value that no reference row has: as many are below it as are below the next
    between = np.append(below, n_known)[place] / n_known
    rank = np.where(at_atom, np.append(middle, 1.0)[place], between)
    first = np.searchsorted(middle, rank - radius - NEARLY, side="left")
    last = np.searchsorted(middle, rank + radius + NEARLY, side="right") - 1
    # a value far from every reference value stays alone
    alone = (first > last) | np.isnan(values)
    least = np.where(alone, values, np.minimum(atoms[np.minimum(first, len(atoms) - 1)], values))
    most = np.where(alone, values, np.maximum(atoms[last], values))
    return least, most


def neighbourhoods(
    ranks: Sequence[Ranks], values: FloatArray, cells: Cells, moves: BoolArray, radius: float
) -> Boxes:
    """Give the boxes of cells and numbers around rows.

    Parameters
    ----------
    ranks : sequence of Ranks
        The columns of the reference rows.

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
    for u in np.flatnonzero(moves).tolist():
        least[:, u], most[:, u] = rank_range(ranks[u], values[:, u], radius)
    is_number = (cells.n_levels == 0) & ~np.isnan(values)
    return Boxes(cells.of(least), cells.of(most), least, most, is_number)
