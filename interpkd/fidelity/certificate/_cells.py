"""The cells of a table's columns: all that two models of trees can tell apart.

Between two neighbouring thresholds an ensemble of trees is constant, and so is a tree that imitates
it. Put together, the thresholds of both cut every column of numbers into cells, which are intervals
of floating-point numbers with two ends that belong to them. Questions about all numbers of a
neighbourhood become questions about whole numbers: exact, whatever the two libraries round to.

Cells of a column of numbers are counted from the left; the one after the last is for missing
values. Cells of a column of categories are the pairs of codes that teacher and student know its
values by.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of the columns of numbers.

    Attributes
    ----------
    borders : tuple of ndarray
        Per column the largest number of each cell but the last, rising. A column of categories has
        none here.

    n_levels : ndarray of shape (n_columns,)
        Number of levels of a column of categories; 0 for numbers.
    """

    borders: tuple[FloatArray, ...]
    n_levels: IntArray

    @property
    def missing(self) -> IntArray:
        """The cell of missing values per column of numbers, -1 for others."""
        counts = np.array([len(one) for one in self.borders], dtype=np.int64)
        return np.where(self.n_levels > 0, -1, counts + 1)

    @property
    def starts(self) -> IntArray:
        """Where each column's cells begin, when all are laid behind each other, and where all end.

        One place per column is left over: sums of differences end there.
        """
        counts = np.array([len(one) + 2 for one in self.borders], dtype=np.int64)
        return np.concatenate([[0], np.cumsum(np.maximum(counts, self.n_levels) + 1)])

    def of(self, values: FloatArray) -> IntArray:
        """Give the cells of rows.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_columns)
            Numbers, NaN where missing; of a column of categories, levels.

        Returns
        -------
        cells : ndarray of shape (n_samples, n_columns)
            Counted from 0 in each column.
        """
        out = np.empty(values.shape, dtype=np.int64)
        for i, borders in enumerate(self.borders):
            column = values[:, i]
            if self.n_levels[i]:
                out[:, i] = column.astype(np.int64)
                continue
            out[:, i] = np.searchsorted(borders, column, side="left")
            out[np.isnan(column), i] = len(borders) + 1
        return out

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Give the least and the largest number of each cell, infinite at the outside.

        Returns
        -------
        lowest, highest : ndarray of shape (n_cells,)
            All columns behind each other, as `starts` says; NaN where a cell holds no numbers.
        """
        starts = self.starts
        lowest, highest = (np.full(starts[-1], np.nan) for _ in range(2))
        for i, borders in enumerate(self.borders):
            if self.n_levels[i] == 0:
                here = slice(starts[i], starts[i] + len(borders) + 1)
                lowest[here] = np.concatenate([[-np.inf], np.nextafter(borders, np.inf)])
                highest[here] = np.concatenate([borders, [np.inf]])
        return lowest, highest


def make_cells(borders: Sequence[Sequence[ArrayLike]], n_levels: ArrayLike) -> Cells:
    """Put the borders of several models together.

    Parameters
    ----------
    borders : sequence of sequence of array-like
        Per model and column, its borders in any order.

    n_levels : array-like of shape (n_columns,)
        Levels of columns of categories, 0 for numbers.

    Returns
    -------
    cells : Cells
        The common cells.
    """
    joined = [
        np.unique(np.concatenate([np.asarray(one, dtype=np.float64) for one in column]))
        for column in zip(*borders, strict=True)
    ]
    # no number is above an infinite border, nor at or below one of minus infinity
    return Cells(tuple(one[np.isfinite(one)] for one in joined), np.asarray(n_levels))


def number_borders(thresholds: FloatArray, *, single: bool, tiny: float = 0.0) -> FloatArray:
    """Give the largest double that a model sends left of each threshold.

    A model that compares ``float32(x) <= t`` sends left what rounds down to t as well; one that
    takes numbers up to a tiny size for 0 sends them all where 0 goes.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        What the model compares with, by "at most".

    single : bool
        Whether it rounds rows to single precision first.

    tiny : float, default=0.0
        Numbers up to this size count as 0.

    Returns
    -------
    borders : ndarray of shape (n_thresholds,)
        For every finite double x, the model goes left exactly where ``x <= border``.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.fidelity.certificate._cells import number_borders
    >>> border = number_borders(np.array([0.1]), single=True)[0]
    >>> float(np.float32(border)) <= 0.1, float(np.float32(np.nextafter(border, 1))) <= 0.1
    (True, False)
    """
    t = np.asarray(thresholds, dtype=np.float64)
    borders = _doubles_below(t) if single else t.copy()
    if tiny:
        near = np.abs(borders) <= tiny
        # 0 itself goes left where 0 <= t, and takes all tiny numbers with it
        borders[near] = np.where(borders[near] >= 0, tiny, np.nextafter(-tiny, -np.inf))
    return borders


def _doubles_below(t: FloatArray) -> FloatArray:
    """Give the largest doubles that single precision rounds to at most the thresholds."""
    with np.errstate(over="ignore", invalid="ignore"):
        near = t.astype(np.float32)
        last = np.where(near > t, np.nextafter(near, np.float32(-np.inf)), near)
        following = np.nextafter(last, np.float32(np.inf)).astype(np.float64)
        middle = (last.astype(np.float64) + following) / 2  # exact in a double
        # halfway goes to the even one
        border = np.where(middle.astype(np.float32) <= last, middle, np.nextafter(middle, -np.inf))
        overflows = np.isinf(following) & ~np.isinf(last)
    # doubles from here on, on both sides, are infinite in single precision
    half = 2.0**128 - 2.0**103
    border = np.where(overflows, np.nextafter(half, -np.inf), border)
    border = np.where(np.isneginf(last) & np.isfinite(t), -half, border)
    return np.where(np.isinf(t), t, border)


def level_pairs(codes: FloatArray) -> tuple[FloatArray, IntArray]:
    """Give numbers to the different rows of a column's codes.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_models)
        What each model knows the values of one column by; NaN for missing and unseen.

    Returns
    -------
    levels : ndarray of shape (n_levels, n_models)
        The different rows.

    level : ndarray of shape (n_samples,)
        Which of them each row is.
    """
    # one NaN is another here
    levels, level = np.unique(
        np.where(np.isnan(codes), -np.inf, codes), axis=0, return_inverse=True
    )
    return np.where(np.isneginf(levels), np.nan, levels), level.ravel()
