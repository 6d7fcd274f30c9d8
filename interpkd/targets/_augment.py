"""Augmentation: rows near the data for the teacher to label.

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

from interpkd.exceptions import InvalidInputError
from interpkd.targets._column_groups import count_pairs, find_levels, group_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.targets._column_groups import Levels

N_NEIGHBOURS = 10
SWAP_PROBABILITY = 0.5

MAX_BASE_ROWS = 5_000
"""Most different rows to start from; the neighbours are searched among them."""

MAX_COMPARED = 20
"""Most categories of a column that are told apart in the search; the rarer ones count as one."""

MAX_GENERATED = 15_000
"""Rows that "auto" generates; twice as many gave no closer trees."""

MAX_PER_ROW = 25
MIN_ROWS = 20
MAX_ROWS = 100_000
MAX_VALUES = 20_000_000


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


def n_generated_rows(
    Z: FloatArray,
    *,
    augmentation: str | None,
    n_augmented: int | str,
    alpha: float,
    can_ask: bool,
    has_size_limit: bool,
) -> int:
    """Decide how many rows to generate.

    "auto" generates none where there is nothing to win: without a teacher that can be asked, with
    ``alpha=1``, for a student without a size limit (it repeats its rows), for a single column,
    for fewer than 20 different rows and for more than 100,000. Otherwise it generates 15,000
    rows, but at most 25 per real one and at most 20 million values. Real rows are counted as
    different rows, so that a weight of 2 is a row given twice.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The real rows.

    augmentation : {"auto", "neighbours"} or None
        The student's parameter.

    n_augmented : int or "auto"
        The student's parameter; a number is kept to.

    alpha : float
        Weight of the true labels.

    can_ask : bool
        Whether there is a teacher to ask about new rows.

    has_size_limit : bool
        Whether the student is limited in size.

    Returns
    -------
    n_generated : int
        The number of rows.

    Raises
    ------
    InvalidInputError
        If a number is asked for and there can be no such rows.
    """
    if n_augmented != "auto":
        n_wanted = int(n_augmented)
        if n_wanted > 0:
            _check_possible(n_wanted, augmentation, alpha, can_ask=can_ask)
        return n_wanted
    no_use = not can_ask or alpha == 1 or not has_size_limit or Z.shape[1] < 2
    if augmentation is None or no_use or len(Z) < MIN_ROWS or _surely_too_many(Z):
        return 0
    n_rows = len(distinct_rows(Z)[0])
    if not MIN_ROWS <= n_rows <= MAX_ROWS:
        return 0
    return min(MAX_GENERATED, MAX_PER_ROW * n_rows, MAX_VALUES // Z.shape[1])


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
    first, place = distinct_rows(Z)
    D, mass = Z[first], _mass(place, weights)
    levels = find_levels(D, mass, is_category)
    counts = count_pairs(levels)
    scores = _scores(D, mass, is_category)
    groups, is_one_hot = group_columns(levels, counts, scores)
    starts = np.ones(len(D), dtype=np.bool_)
    if may_start is not None:
        starts = np.bincount(place, may_start, len(D)) > 0
    base_rows = _base_rows(starts, rng)
    points = _points(D, mass, scores, is_category, is_one_hot)[base_rows]
    masses = mass[base_rows], (mass * starts)[base_rows]
    start, rows = _swap(points, *masses, n_generated, int(groups.max()) + 1, rng)
    start, rows = base_rows[start], base_rows[rows]
    _undo_impossible(rows, start, groups, levels, counts == 0, rng)
    return RowPlan(first[rows[:, groups]], first[start], float(mass.sum() / len(D)))


def _base_rows(starts: BoolArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """Choose the different rows to work with: those to start from first, then others."""
    if len(starts) <= MAX_BASE_ROWS:
        return np.arange(len(starts))
    chosen = np.flatnonzero(starts)
    if len(chosen) >= MAX_BASE_ROWS:
        return np.sort(rng.choice(chosen, MAX_BASE_ROWS, replace=False))
    more = rng.choice(np.flatnonzero(~starts), MAX_BASE_ROWS - len(chosen), replace=False)
    return np.sort(np.append(chosen, more))


def distinct_rows(Z: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the different rows, in an order that does not depend on the order of the rows.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The rows; missing values are equal to each other.

    Returns
    -------
    first : ndarray of shape (n_distinct,)
        Where each different row stands first.

    place : ndarray of shape (n_rows,)
        Which of them each row is.
    """
    same = Z + 0.0  # one zero
    same[np.isnan(same)] = np.nan  # one missing value
    whole = np.ascontiguousarray(same).view(np.dtype((np.void, same.itemsize * same.shape[1])))
    _, first, place = np.unique(whole.ravel(), return_index=True, return_inverse=True)
    return first, place


def _check_possible(
    n_wanted: int, augmentation: str | None, alpha: float, *, can_ask: bool
) -> None:
    if augmentation is None:
        msg = f"n_augmented={n_wanted} asks for rows that augmentation=None switches off."
        raise InvalidInputError(msg + " Set n_augmented=0, or augmentation='auto'.")
    if not can_ask:
        msg = (
            f"n_augmented={n_wanted} needs a teacher that can be asked about new rows; "
            "teacher_proba covers X only. Set n_augmented=0."
        )
        raise InvalidInputError(msg)
    if alpha == 1:
        msg = (
            f"n_augmented={n_wanted} asks the teacher about new rows, but alpha=1 leaves it no "
            "say. Lower alpha, or set n_augmented=0."
        )
        raise InvalidInputError(msg)


def _surely_too_many(Z: FloatArray) -> bool:
    """Spare millions of rows the comparison as wholes where the first column tells."""
    return len(Z) > MAX_ROWS and len(np.unique(Z[:, 0])) > MAX_ROWS


def _scores(D: FloatArray, mass: FloatArray, is_category: BoolArray) -> FloatArray:
    """Give numbers the mean of a rank score and a standard score; two values are 0 and 1."""
    scores = np.zeros(D.shape)
    for i in np.flatnonzero(~is_category):
        known = ~np.isnan(D[:, i])
        values, place = np.unique(D[known, i], return_inverse=True)
        if len(values) == 2:
            scores[known, i] = place
        elif len(values) > 2:
            share = np.bincount(place, mass[known])
            rank = (np.cumsum(share) - share / 2)[place]
            both = _standard(rank, mass[known]) + _standard(D[known, i], mass[known])
            scores[known, i] = both / 2
    return scores


def _mass(place: NDArray[np.intp], weights: FloatArray) -> FloatArray:
    """Add up the weights in each place."""
    return np.asarray(np.bincount(place, weights), dtype=np.float64)


def _standard(values: FloatArray, mass: FloatArray) -> FloatArray:
    centred = values - np.average(values, weights=mass)
    # by the largest first: squares of the largest floats are infinite
    centred = centred / np.abs(centred).max()
    return centred / np.sqrt(np.average(centred**2, weights=mass))


def _points(
    D: FloatArray,
    mass: FloatArray,
    scores: FloatArray,
    is_category: BoolArray,
    is_one_hot: BoolArray,
) -> FloatArray:
    """Place the rows in the space whose Euclidean distance tells how near they are."""
    # two rows of different categories differ in two indicators
    points = [scores[:, ~is_category] * np.where(is_one_hot, np.sqrt(0.5), 1.0)[~is_category]]
    has_missing = ~is_category & np.isnan(D).any(axis=0)
    points.append(np.isnan(D[:, has_missing]).astype(np.float64))
    for column in D[:, is_category].T:
        values, place = np.unique(column, return_inverse=True)
        rank = np.argsort(np.argsort(-np.bincount(place, mass), kind="stable"))
        code = np.minimum(rank, MAX_COMPARED)[place]
        points.append(np.eye(min(len(values), MAX_COMPARED + 1))[code] * np.sqrt(0.5))
    return np.concatenate(points, axis=1)


def _swap(
    points: FloatArray,
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
    k = min(N_NEIGHBOURS, len(points) - 1)
    if k == 0:
        return start, rows
    near = NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)
    odds = np.cumsum(mass[near], axis=1)
    odds /= odds[:, -1:]
    row, group = np.nonzero(rng.random(rows.shape) < SWAP_PROBABILITY)
    drawn = rng.random(len(row))
    which = np.zeros(len(row), dtype=np.intp)
    for j in range(k - 1):
        which += drawn >= odds[start[row], j]
    rows[row, group] = near[start[row], which]
    return start, rows


def _undo_impossible(
    rows: NDArray[np.intp],
    start: NDArray[np.intp],
    groups: NDArray[np.intp],
    levels: Levels,
    never: BoolArray,
    rng: np.random.Generator,
) -> None:
    """Undo swaps, in place, until no row holds a pair of levels that no real row holds.

    Ends because a row of which everything is undone is a real one: of two levels that never meet
    at least one was swapped in.
    """
    compared = levels.compared
    member = np.zeros((len(compared), int(groups.max()) + 1), dtype=np.float32)
    member[np.arange(len(compared)), groups[compared]] = 1
    forbidden = never.astype(np.float32)
    for begin in range(0, len(rows), 4096):
        left = np.arange(begin, min(begin + 4096, len(rows)))
        while len(left):
            codes = levels.codes[rows[left][:, groups[compared]], compared]
            clashes = levels.indicators(codes) @ forbidden
            clashes = np.take_along_axis(clashes, codes + levels.starts[compared], axis=1) @ member
            clashes[rows[left] == start[left, None]] = 0
            impossible = clashes.any(axis=1)
            left, clashes = left[impossible], clashes[impossible]
            # the swap in most clashes goes first, chance decides among equals
            worst = (clashes + rng.random(clashes.shape) * (clashes > 0) / 2).argmax(axis=1)
            rows[left, worst] = start[left]
