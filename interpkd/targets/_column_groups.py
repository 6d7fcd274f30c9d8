"""What holds between the columns of a table: which move together, which values never meet."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

FEW_VALUES = 20
"""An integer column with at most so many values is compared value by value, as a category is."""

MAX_LEVELS = 1500
"""Most values of all compared columns together; the columns with the most values are left out."""

FREQUENT = 0.01
"""Share from which the most frequent value of a column of many values is a value apart."""

BY_CHANCE = 0.01
"""How likely a rule between two columns may be by chance before it is taken for one."""

SAME_ORDER = 0.97
"""Correlation from which two columns of many values are one thing said twice."""

BLOCK = 4096
"""Rows that are expanded to indicators at a time."""


@dataclass(frozen=True)
class Levels:
    """The rows in levels: the values of a column of few, the special values of one of many.

    A column of many values has the levels "any other value", "its most frequent value" where that
    is frequent, and "missing" where that occurs.

    Attributes
    ----------
    codes : ndarray of shape (n_rows, n_columns)
        The level of every entry; -1 in a column that is not compared.

    sizes : ndarray of shape (n_columns,)
        Number of levels of each column; 0 where it is not compared.

    is_few : ndarray of shape (n_columns,)
        Whether every value is a level.

    is_indicator : ndarray of shape (n_columns,)
        Whether a column holds 0 and 1 and nothing else; the codes are these values.
    """

    codes: NDArray[np.intp]
    sizes: NDArray[np.intp]
    is_few: BoolArray
    is_indicator: BoolArray

    @property
    def compared(self) -> NDArray[np.intp]:
        """The columns that are compared."""
        return np.flatnonzero(self.sizes)

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where the levels of each column start when all are counted through."""
        return np.cumsum(self.sizes) - self.sizes

    def indicators(self, codes: NDArray[np.intp]) -> NDArray[np.float32]:
        """Expand the codes of compared columns to 0/1, shape (n_rows, sum of sizes)."""
        out = np.zeros((len(codes), int(self.sizes.sum())), dtype=np.float32)
        np.put_along_axis(out, codes + self.starts[self.compared], 1, axis=1)
        return out


def find_levels(Z: FloatArray, weights: FloatArray, is_category: BoolArray) -> Levels:
    """Give every entry its level.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        Different rows, NaN where a value is missing.

    weights : ndarray of shape (n_rows,)
        Their weights.

    is_category : ndarray of shape (n_columns,)
        Which columns hold categories.

    Returns
    -------
    levels : Levels
        The levels.
    """
    codes = np.empty(Z.shape, dtype=np.intp)
    sizes = np.empty(Z.shape[1], dtype=np.intp)
    is_few = np.empty(Z.shape[1], dtype=bool)
    is_indicator = np.zeros(Z.shape[1], dtype=bool)
    for i, column in enumerate(Z.T):
        values, place = np.unique(column, return_inverse=True)
        is_integer = len(values) <= FEW_VALUES + 1 and not (values % 1 > 0).any()
        is_few[i] = is_category[i] or len(values) <= 2 or is_integer
        is_indicator[i] = not is_category[i] and np.array_equal(values, [0, 1])
        codes[:, i] = place if is_few[i] else _special(values, place, weights)
        sizes[i] = len(values) if is_few[i] else codes[:, i].max() + 1
    too_many = np.cumsum(np.sort(sizes)) > MAX_LEVELS
    left_out = np.argsort(sizes, kind="stable")[too_many]
    codes[:, left_out], sizes[left_out] = -1, 0
    return Levels(codes, sizes, is_few, is_indicator)


def count_pairs(levels: Levels) -> NDArray[np.float32]:
    """Count the rows that hold two levels at once, shape (n_levels, n_levels)."""
    codes = levels.codes[:, levels.compared]
    n_levels = int(levels.sizes.sum())
    counts = np.zeros((n_levels, n_levels), dtype=np.float32)
    for start in range(0, len(codes), BLOCK):
        block = levels.indicators(codes[start : start + BLOCK])
        counts += block.T @ block
    return counts


def group_columns(
    levels: Levels, counts: NDArray[np.float32], scores: FloatArray
) -> tuple[NDArray[np.intp], BoolArray]:
    """Find the columns that have to move together.

    These are the columns of a one-hot coding (0/1 columns of which no row holds two), a column
    of many values with the indicator that settles its value (of missing values, say), and columns
    of many values in nearly the same order.

    Parameters
    ----------
    levels : Levels
        The rows in levels.

    counts : ndarray of shape (n_levels, n_levels)
        How many rows hold two levels at once.

    scores : ndarray of shape (n_rows, n_columns)
        Standardised values, 0 where there is none.

    Returns
    -------
    groups : ndarray of shape (n_columns,)
        The number of each column's group, counted from 0.

    is_one_hot : ndarray of shape (n_columns,)
        Which columns are part of a one-hot coding.
    """
    one_hot = _one_hot_pairs(levels, counts)
    pairs = [*one_hot, *_settled_pairs(levels, counts), *_same_pairs(levels, scores)]
    d = len(levels.sizes)
    edges = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(d, d))
    is_one_hot = np.zeros(d, dtype=bool)
    is_one_hot[np.array(one_hot, dtype=np.intp).ravel()] = True
    _, groups = connected_components(graph, directed=False)
    return groups.astype(np.intp), is_one_hot


def _special(values: FloatArray, place: NDArray[np.intp], weights: FloatArray) -> NDArray[np.intp]:
    """Give the levels of a column of many values; `values` are sorted, a missing one is last."""
    mass = np.bincount(place, weights)
    level = np.zeros(len(values), dtype=np.intp)
    known = len(values) - int(np.isnan(values[-1]))
    most = int(mass[:known].argmax())
    if mass[most] >= FREQUENT * mass.sum():
        level[most] = 1
    level[known:] = level.max() + 1
    return level[place]


def _one_hot_pairs(levels: Levels, counts: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Put each 0/1 column into the first set with none of whose columns it shares a row."""
    columns = np.flatnonzero(levels.is_indicator & (levels.sizes > 0))
    ones = levels.starts[columns] + 1
    apart = counts[np.ix_(ones, ones)] == 0
    sets: list[list[int]] = []
    for i in range(len(columns)):
        home = next((members for members in sets if apart[i, members].all()), None)
        if home is None:
            sets.append([i])
        else:
            home.append(i)
    return [(int(columns[members[0]]), int(columns[i])) for members in sets for i in members[1:]]


def _settled_pairs(levels: Levels, counts: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Find columns of many values whose value is settled where a column of two has one of them."""
    n = len(levels.codes)
    total = counts.diagonal()
    starts, sizes = levels.starts, levels.sizes
    many = np.flatnonzero(~levels.is_few & (sizes > 1))
    special = np.array(
        [start for i in many for start in range(starts[i] + 1, starts[i] + sizes[i])], dtype=np.intp
    )
    owner = np.repeat(many, sizes[many] - 1)
    pairs = []
    for i in np.flatnonzero(levels.is_few & (sizes == 2)):
        for level in (starts[i], starts[i] + 1):
            always = counts[level, special] == total[level]
            chance = (total[special] / n) ** total[level]
            pairs += [(int(i), int(j)) for j in owner[always & (chance < BY_CHANCE)]]
    return pairs


def _same_pairs(levels: Levels, scores: FloatArray) -> list[tuple[int, int]]:
    """Find columns of many values in nearly the same order, or the opposite one."""
    many = np.flatnonzero(~levels.is_few)
    part = scores[:, many]
    length = np.sqrt((part**2).sum(axis=0))
    near = np.abs(part.T @ part) > SAME_ORDER * np.outer(length, length)
    return [(int(many[i]), int(many[j])) for i, j in np.argwhere(np.triu(near, 1))]
