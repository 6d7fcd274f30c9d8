"""From cells that contradict to rows that a model can be asked about."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._tables import is_frame, select_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._neighbourhoods import Ranks
    from interpkd.fidelity.certificate._search_room import Boxes


def witness_values(
    found: IntArray,
    slope: FloatArray,
    values: FloatArray,
    boxes: Boxes,
    cells: Cells,
    ranks: Sequence[Ranks],
) -> FloatArray:
    """Choose a number from each cell of the rows that were found.

    Where only the cell counts, a column keeps its value if it may, and else takes the nearest value
    of a reference row in the cell, or failing that the nearest number. Where a student multiplies
    the number, it is at the end that the search had in mind.

    Parameters
    ----------
    found : ndarray of int of shape (n_rows, n_columns)
        The cells.

    slope : ndarray of shape (n_rows, n_columns)
        Where it is not 0, its sign says which end of the cell is meant: the upper for above 0.

    values : ndarray of shape (n_rows, n_columns)
        The rows as they are.

    boxes : Boxes
        Their neighbourhoods.

    cells : Cells
        The cells.

    ranks : sequence of Ranks
        The columns of the reference rows.

    Returns
    -------
    witnesses : ndarray of shape (n_rows, n_columns)
        Values in the neighbourhoods.
    """
    out = values.copy()
    lowest, highest = cells.ends()
    own = cells.of(values)
    for u in range(found.shape[1]):
        changed = boxes.is_number[:, u] & ((found[:, u] != own[:, u]) | (slope[:, u] != 0))
        rows = np.flatnonzero(changed)
        if not len(rows):
            continue
        at = cells.starts[u] + found[rows, u]
        least = np.maximum(lowest[at], boxes.least[rows, u])
        most = np.minimum(highest[at], boxes.most[rows, u])
        nearest = _nearest(ranks[u].atoms, values[rows, u], least, most)
        end = np.where(slope[rows, u] > 0, most, least)
        out[rows, u] = np.where(slope[rows, u] != 0, end, nearest)
    return out


def _nearest(known: FloatArray, now: FloatArray, least: FloatArray, most: FloatArray) -> FloatArray:
    """Give the known value nearest to the present one within bounds, or else the nearest bound."""
    clipped = np.clip(now, least, most)
    if not len(known):
        return clipped
    above = np.minimum(np.searchsorted(known, clipped, side="left"), len(known) - 1)
    options = np.stack([known[above], known[np.maximum(above - 1, 0)]])
    inside = (options >= least) & (options <= most)
    distance = np.where(inside, np.abs(options - now), np.inf)
    best = np.take_along_axis(options, distance.argmin(axis=0)[None], axis=0)[0]
    return np.where(inside.any(axis=0), best, clipped)


def changed_table(
    X: Table, rows: IntArray, names: Sequence[str], values: FloatArray, witnesses: FloatArray
) -> Table:
    """Give rows of a table with the values of witnesses in them.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        The table.

    rows : ndarray of int of shape (n_rows,)
        The rows to take.

    names : sequence of str
        The columns of the values.

    values, witnesses : ndarray of shape (n_rows, n_columns)
        The numbers of these rows as they are, and as they are to be.

    Returns
    -------
    table : array or data frame
        Columns without a change are left as they are, kind and all.
    """
    differs = (values != witnesses) & ~(np.isnan(values) & np.isnan(witnesses))
    columns = np.flatnonzero(differs.any(axis=0)).tolist()
    if not is_frame(X):
        table = np.asarray(X)[rows]  # a copy
        for u in columns:
            here = differs[:, u]
            table[here, int(names[u][1:])] = witnesses[here, u]
        return table
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(X):  # which would align series by the index
        return select_rows(X, rows).assign(**{names[u]: witnesses[:, u] for u in columns})
    table = nw.from_native(select_rows(X, rows), eager_only=True)
    backend = nw.get_native_namespace(table)
    changed = [
        nw.new_series(names[u], witnesses[:, u], nw.Float64, backend=backend) for u in columns
    ]
    return table.with_columns(*changed).to_native()
