"""Rows near the data, planned: which real row each value of a generated row is taken from.

A generated row is put together from real rows: it starts as one of them, and every group of
columns that belong together keeps its values or takes those of one of the nearest other rows. So
every value is one that a real row holds, and so is every pair of values of columns with few of
them. What is planned here are row numbers; a table is made of them where the teacher is asked.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.neighbors import NearestNeighbors

from interpkd.targets._column_groups import count_pairs, find_levels, group_columns
from interpkd.targets._impossible_pairs import ImpossiblePairs
from interpkd.targets._row_space import distinct_rows, place_rows, score_columns, total_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

N_NEIGHBOURS = 10
SWAP_PROBABILITY = 0.5

MAX_BASE_ROWS = 5_000
"""Most different rows to start from; the neighbours are searched among them."""


@dataclass(frozen=True)
class RowPlan:
    """Generated rows as numbers of the real rows that they are put together from.

    Attributes
    ----------
    numbers : ndarray of shape (n_generated, n_columns)
        For each value of each generated row the real row to take it from.

    start : ndarray of shape (n_generated,)
        The real row that each started as.

    weight : float
        The weight of each: the mean weight of a different real row.
    """

    numbers: NDArray[np.intp]
    start: NDArray[np.intp]
    weight: float


def plan_rows(
    Z: FloatArray,
    weights: FloatArray,
    n_generated: int,
    *,
    is_category: BoolArray,
    rng: np.random.Generator,
    may_start: BoolArray | None = None,
) -> RowPlan:
    """Plan generated rows as numbers of the real rows whose values they take.

    The plan depends on the rows as a weighted multiset: a weight of 2 is a row given twice, and
    the order of the rows does not matter.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The real rows: numbers, codes of categories, NaN where a value is missing.

    weights : ndarray of shape (n_rows,)
        Their weights, above 0. A row is started from, and is chosen among the neighbours, in
        proportion to them.

    n_generated : int
        The number of rows to plan.

    is_category : ndarray of shape (n_columns,)
        Which columns hold categories.

    rng : numpy.random.Generator
        Where chance comes from.

    may_start : ndarray of bool of shape (n_rows,) or None, default=None
        Rows that generated ones may start from, at least one; None for all.

    Returns
    -------
    plan : RowPlan
        Where the values of each generated row come from, and how much it weighs.

    Notes
    -----
    The distance between rows is Euclidean over columns: for numbers the mean of a rank score and
    a standard score, for two values and for categories 0 or 1, for one missing value 1. The
    scheme is that of MUNGE (Buciluǎ et al. 2006, section 3.3) with three differences: the values
    are real ones, each group of columns has a neighbour of its own, and pairs of values that no
    row holds are undone.

    References
    ----------
    .. [1] C. Buciluǎ, R. Caruana and A. Niculescu-Mizil, "Model compression", KDD 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import plan_rows
    >>> rng = np.random.default_rng(0)
    >>> Z = rng.normal(size=(50, 3))
    >>> plan = plan_rows(Z, np.ones(50), 200, is_category=np.zeros(3, dtype=bool), rng=rng)
    >>> Z[plan.numbers, np.arange(3)].shape, plan.weight
    ((200, 3), 1.0)
    """
    planner = RowPlanner(Z, weights, is_category)
    return planner.plan(n_generated, rng=rng, may_start=may_start)


class RowPlanner:
    """Plans generated rows, more than once if need be; what holds of the real rows is found once.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The real rows, as in :func:`plan_rows`.

    weights : ndarray of shape (n_rows,)
        Their weights, above 0.

    is_category : ndarray of shape (n_columns,)
        Which columns hold categories.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import RowPlanner
    >>> rng = np.random.default_rng(0)
    >>> planner = RowPlanner(rng.normal(size=(50, 3)), np.ones(50), np.zeros(3, dtype=bool))
    >>> planner.plan(200, rng=rng).start.shape, planner.plan(10, rng=rng).start.shape
    ((200,), (10,))
    """

    def __init__(self, Z: FloatArray, weights: FloatArray, is_category: BoolArray) -> None:
        self._first, self._place = distinct_rows(Z)
        D, self._mass = Z[self._first], total_weights(self._place, weights)
        levels = find_levels(D, self._mass, is_category)
        counts = count_pairs(levels)
        scores = score_columns(D, self._mass, is_category)
        self._groups, is_one_hot = group_columns(levels, counts, scores)
        self._points = place_rows(D, self._mass, scores, is_category, is_one_hot)
        self._impossible = ImpossiblePairs(levels, self._groups, counts == 0)
        self._of_all: NDArray[np.intp] | None = None

    def plan(
        self,
        n_generated: int,
        *,
        rng: np.random.Generator,
        may_start: BoolArray | None = None,
    ) -> RowPlan:
        """Plan rows.

        Parameters
        ----------
        n_generated : int
            The number of rows to plan.

        rng : numpy.random.Generator
            Where chance comes from.

        may_start : ndarray of bool of shape (n_rows,) or None, default=None
            Rows that generated ones may start from, at least one; None for all.

        Returns
        -------
        plan : RowPlan
            The plan.
        """
        n_different = len(self._first)
        starts = np.ones(n_different, dtype=np.bool_)
        if may_start is not None:
            starts = np.bincount(self._place, may_start, n_different) > 0
        base = _base_rows(starts, rng)
        start, rows = _swap(
            self._near(base),
            self._mass[base],
            (self._mass * starts)[base],
            n_generated,
            int(self._groups.max()) + 1,
            rng,
        )
        start, rows = base[start], base[rows]
        self._impossible.undo(rows, start, rng)
        weight = float(self._mass.sum() / n_different)
        return RowPlan(self._first[rows[:, self._groups]], self._first[start], weight)

    def _near(self, base: NDArray[np.intp]) -> NDArray[np.intp]:
        """Give the nearest others of each of these rows; those among all rows are kept."""
        if len(base) < len(self._points):
            return _neighbours(self._points[base])
        if self._of_all is None:
            self._of_all = _neighbours(self._points)
        return self._of_all


def _neighbours(points: FloatArray) -> NDArray[np.intp]:
    """Give the nearest other rows of each, shape (n_rows, n_neighbours)."""
    k = min(N_NEIGHBOURS, len(points) - 1)
    if k == 0:
        return np.zeros((len(points), 0), dtype=np.intp)
    found: NDArray[np.intp] = (
        NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
    )
    return found


def _base_rows(starts: BoolArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Choose the different rows to work with: those to start from first, then others."""
    if len(starts) <= MAX_BASE_ROWS:
        return np.arange(len(starts))
    chosen = np.flatnonzero(starts)
    if len(chosen) >= MAX_BASE_ROWS:
        return np.sort(rng.choice(chosen, MAX_BASE_ROWS, replace=False))
    more = rng.choice(np.flatnonzero(~starts), MAX_BASE_ROWS - len(chosen), replace=False)
    return np.sort(np.append(chosen, more))


def _swap(
    near: NDArray[np.intp],
    mass: FloatArray,
    start_mass: FloatArray,
    n_generated: int,
    n_groups: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Draw where each generated row starts, and for each group the row it takes values from."""
    cumulated = np.cumsum(start_mass)
    steps = (np.arange(n_generated) + rng.random()) / n_generated
    start = np.searchsorted(cumulated, steps * cumulated[-1], side="right")
    start = np.minimum(start, np.flatnonzero(start_mass)[-1])
    rows = np.repeat(start[:, None], n_groups, axis=1)
    k = near.shape[1]
    if k == 0:
        return start, rows
    odds = np.cumsum(mass[near], axis=1)
    odds /= odds[:, -1:]
    row, group = np.nonzero(rng.random(rows.shape) < SWAP_PROBABILITY)
    drawn = rng.random(len(row))
    which = np.zeros(len(row), dtype=np.intp)
    for j in range(k - 1):
        which += drawn >= odds[start[row], j]
    rows[row, group] = near[start[row], which]
    return start, rows
