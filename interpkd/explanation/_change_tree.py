"""The smallest change that brings a row to a leaf of another decision."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._structure import Reach, leaf_paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import FloatArray
    from interpkd.explanation._decider import Decider
    from interpkd.explanation._options import Room


def change_on_tree(
    decider: Decider, z: FloatArray, rooms: Mapping[int, Room]
) -> dict[int, float] | None:
    """Find the smallest change over all leaves: each leaf is a box, onto which the row is put.

    Parameters
    ----------
    decider : Decider
        The student; the adverse class is the one to get away from.

    z : ndarray of shape (n_columns,)
        The row, encoded.

    rooms : mapping
        What may change.

    Returns
    -------
    change : dict or None
        Numbers of columns to values; the fewest columns, then the least cost, then the leftmost
        leaf. None where no leaf of the other decision can be reached.
    """
    tree = decider.structure.core.tree_
    best: tuple[int, float, dict[int, float]] | None = None
    for leaf, reach in leaf_paths(tree):
        answer = tree.value[leaf, 0]
        if decider.is_adverse(np.array([answer[1] / answer.sum()]))[0]:
            continue
        change = _onto(z, reach, rooms)
        if change is None:
            continue
        cost = sum(rooms[i].cost(value) for i, value in change.items())
        if best is None or (len(change), cost) < best[:2]:
            best = (len(change), cost, change)
    return None if best is None else best[2]


def _onto(
    z: FloatArray, reach: Mapping[int, Reach], rooms: Mapping[int, Room]
) -> dict[int, float] | None:
    """Put a row into a box by the nearest value of each column that is outside."""
    change: dict[int, float] = {}
    for i, one in reach.items():
        if one.holds(z[[i]])[0]:
            continue
        value = None if i not in rooms else _into(one, rooms[i])
        if value is None:
            return None
        change[i] = value
    return change


def _into(reach: Reach, room: Room) -> float | None:
    if room.is_number:
        return room.nearest(reach.lower, reach.upper)
    inside = room.codes[reach.holds(room.codes)]
    return float(inside[0]) if len(inside) else None
