"""In which direction a readable student's answer goes along each column: proved from its numbers.

A tree answers the same on each leaf's box. Two leaves are neighbours along a column when their
boxes overlap in every other one: some row then goes from one to the other as that column alone
moves. The answer rises along the column if and only if it rises between all such pairs (the same
pairs that learners order; Robertson, Wright and Dykstra 1988). A linear student's direction is its
coefficient's sign, and a scorecard's the order of its points from bin to bin. No row is sampled.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import leaf_paths
from interpkd.exceptions import InvalidInputError
from interpkd.export import coefficient_list, points_table

if TYPE_CHECKING:
    from interpkd._structure import Structure
    from interpkd._typing import BoolArray, FloatArray

MAX_LEAVES = 1000
"""Of more leaves the pairs are not compared."""


@dataclass(frozen=True)
class Direction:
    """What is proved of a student's answer along one column, missing and special values apart.

    Attributes
    ----------
    is_used : bool
        Whether the student's answer depends on the column.

    rises, falls : bool
        Whether it never falls as the column grows; whether it never rises.

    n_compared : int
        Pairs of leaves, coefficients, or steps between bins that this follows from.

    n_up, n_down : int
        Of these the ones that go up, and down.

    method : str
        What was compared.
    """

    is_used: bool
    n_compared: int
    n_up: int
    n_down: int
    method: str

    @property
    def rises(self) -> bool:
        """Whether the answer never falls as the column grows."""
        return self.n_down == 0

    @property
    def falls(self) -> bool:
        """Whether the answer never rises as the column grows."""
        return self.n_up == 0


def directions(student: Any, structure: Structure) -> dict[str, Direction] | None:
    """Prove the direction of the student's answer along each numeric and boolean column.

    Parameters
    ----------
    student : fitted estimator
        The student, of two classes (whose answer is the probability of the second) or a regression.

    structure : Structure
        The student taken apart.

    Returns
    -------
    directions : dict or None
        Column to what is proved; None of a student that is neither tree nor linear nor scorecard,
        or too large.
    """
    names = [column.name for column in structure.columns if column.kind != "category"]
    if structure.is_tree:
        found = _of_tree(structure)
    elif hasattr(student, "card_"):
        found = _of_card(student, structure)
    elif structure.is_plain and hasattr(structure.core, "coef_"):
        found = _of_coefficients(student)
    else:
        return None
    if found is None:
        return None
    unused = Direction(
        is_used=False, n_compared=0, n_up=0, n_down=0, method="the student does not use it"
    )
    return {name: found.get(name, unused) for name in names}


def _of_tree(structure: Structure) -> dict[str, Direction] | None:
    low, high, lost, values = _boxes(structure)
    if len(values) > MAX_LEAVES:
        return None
    used = [j for j in range(low.shape[1]) if len(np.unique(low[:, j])) > 1]
    apart = np.zeros((len(values), len(values)), dtype=np.int64)
    for j in used:
        apart += ~_overlap(low[:, j], high[:, j], lost[:, j])
    found = {}
    for j in used:
        # neighbours along this column: apart in it alone, and both hold known values of it
        known = low[:, j] < high[:, j]
        pairs = (apart == 1) & ~_overlap(low[:, j], high[:, j], lost[:, j])
        pairs &= (high[:, None, j] <= low[None, :, j]) & known[:, None] & known[None, :]
        change = np.sign(values[None, :] - values[:, None])[pairs]
        n_up, n_down = int((change > 0).sum()), int((change < 0).sum())
        method = "pairs of leaves that differ in this column alone"
        name = structure.columns[j].name
        found[name] = Direction(
            is_used=True, n_compared=len(change), n_up=n_up, n_down=n_down, method=method
        )
    return found


def _boxes(structure: Structure) -> tuple[FloatArray, FloatArray, BoolArray, FloatArray]:
    """Give the values that reach each leaf, whether missing ones do, and what it answers."""
    tree = structure.core.tree_
    leaves = list(leaf_paths(tree))
    shape = (len(leaves), len(structure.columns))
    low, high = np.full(shape, -np.inf), np.full(shape, np.inf)
    lost = np.ones(shape, dtype=bool)
    for k, (_, reach) in enumerate(leaves):
        for j, one in reach.items():
            low[k, j], high[k, j], lost[k, j] = one.lower, one.upper, one.missing
    for j, column in enumerate(structure.columns):
        if column.kind != "numeric":  # whole numbers only: codes, or 0 and 1
            last = len(column.categories) - 1 if column.kind == "category" else 1
            low[:, j] = np.clip(np.floor(low[:, j]), -1, last)
            high[:, j] = np.clip(np.floor(high[:, j]), -1, last)
    answers = tree.value[[leaf for leaf, _ in leaves], 0]
    values = answers[:, 0] if structure.classes is None else answers[:, 1] / answers.sum(axis=1)
    return low, high, lost, values


def _overlap(low: FloatArray, high: FloatArray, lost: BoolArray) -> BoolArray:
    """Tell which pairs of leaves share a value of a column."""
    numbers = np.maximum(low[:, None], low) < np.minimum(high[:, None], high)
    shared: BoolArray = numbers | (lost[:, None] & lost)
    return shared


def _of_coefficients(student: Any) -> dict[str, Direction] | None:
    try:
        coefficients = coefficient_list(student)
    except (InvalidInputError, ValueError):  # its design is not that of the columns
        return None
    sign = float(np.sign(getattr(student, "link_slope_", 1.0)))
    found = {}
    for one in coefficients:
        if one.kind == "per unit":
            value = sign * one.values[0]
            found[one.column] = Direction(
                is_used=value != 0,
                n_compared=1,
                n_up=int(value > 0),
                n_down=int(value < 0),
                method="coefficients of it",
            )
    return found


def _of_card(student: Any, structure: Structure) -> dict[str, Direction]:
    table = points_table(student)
    classes = structure.classes.tolist() if structure.classes is not None else []
    sign = 1 if classes.index(table.good_class) == 1 else -1
    found = {}
    for name in table.features:
        bins = [one for one in table.bins if one.feature == name and one.kind == "interval"]
        bins.sort(key=lambda one: -np.inf if one.lower is None else one.lower)
        steps = [sign * (b.points - a.points) for a, b in pairwise(bins)]
        n_up, n_down = sum(one > 0 for one in steps), sum(one < 0 for one in steps)
        found[name] = Direction(
            is_used=True,
            n_compared=len(steps),
            n_up=n_up,
            n_down=n_down,
            method="steps of points from bin to bin",
        )
    return found
