"""Columns cut into bins, and the conditions that are runs of neighbouring bins.

A condition such as ``20 < age <= 35`` is a run of bins of one column. With the sums of rows per
bin at hand, the sum of every run is a difference of two running totals, so all conditions of all
columns are scored at once.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from interpkd._digits import short_decimal
from interpkd.fidelity._segment_rules import SegmentCondition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import BoolArray, FloatArray

N_BINS = 20
"""Bins of a column of numbers: thresholds at every twentieth of its rows."""

PRIOR_ROWS = 10.0
"""Rows of average loss added to each category before they are ordered: a rare one says little."""


@dataclass(frozen=True)
class _ColumnBins:
    """One column: borders of its bins, or categories in the order of their bins."""

    column: Column
    borders: FloatArray
    categories: tuple[Any, ...]
    codes: NDArray[np.intp]
    n_ordered: int
    runs: list[tuple[int, int]]

    def price(self, first: int, stop: int) -> float:
        """Give the logarithm of the number of conditions like the run of bins [first, stop)."""
        is_one_sided = first == 0 or stop >= self.n_ordered
        if self.column.kind == "numeric" and is_one_sided:
            return float(np.log(2 * self.n_ordered))
        return float(np.log(len(self.runs)))

    def condition(self, first: int, stop: int) -> SegmentCondition:
        """Write the run of bins [first, stop) as a condition."""
        name = self.column.name
        if first == self.n_ordered:
            return SegmentCondition(name, "is missing")
        if (first, stop) == (0, self.n_ordered):
            return SegmentCondition(name, "is not missing")
        if self.column.kind != "numeric":
            chosen = set(self.categories[first:stop])
            known = (False, True) if self.column.kind == "boolean" else self.column.categories
            return SegmentCondition(
                name, "in", categories=tuple(one for one in known if one in chosen)
            )
        lower = None if first == 0 else float(self.borders[first - 1])
        upper = None if stop == self.n_ordered else float(self.borders[stop - 1])
        kind = "<=" if lower is None else ">" if upper is None else "between"
        return SegmentCondition(name, kind, lower, upper)  # type: ignore[arg-type]


class Bins:
    """All columns cut into bins.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The encoded rows: numbers, positions of categories, NaN where a value is missing.

    columns : sequence of Column
        What the columns are.

    loss : ndarray of shape (n_rows,)
        Loss of each row: categories are ordered by their mean, the highest first.

    weights : ndarray of shape (n_rows,)
        Row weights.

    Attributes
    ----------
    first, stop : ndarray of shape (n_runs,)
        The runs of bins that are conditions.

    of_column : ndarray of shape (n_runs,)
        The column of each run.

    price : ndarray of shape (n_runs,)
        Logarithm of the number of conditions of the same kind.
    """

    def __init__(
        self, Z: FloatArray, columns: Sequence[Column], loss: FloatArray, weights: FloatArray
    ) -> None:
        self._columns = [_cut(Z[:, i], column, loss, weights) for i, column in enumerate(columns)]
        sizes = [bins.n_ordered + 1 for bins in self._columns]  # one more for missing values
        self._offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
        starts = self._offsets[:-1]
        codes = [bins.codes + start for bins, start in zip(self._columns, starts, strict=True)]
        self._codes = np.stack(codes, axis=1)
        n, d = self._codes.shape
        indptr = np.arange(0, n * d + 1, d)
        self._member = csr_array(
            (np.ones(n * d), self._codes.ravel(), indptr), shape=(n, int(self._offsets[-1]))
        ).T.tocsr()
        runs = [
            (i, first + int(start), stop + int(start))
            for i, (bins, start) in enumerate(zip(self._columns, starts, strict=True))
            for first, stop in bins.runs
        ]
        table = np.array(runs, dtype=np.intp).reshape(-1, 3)
        self.of_column, self.first, self.stop = table.T
        price = [bins.price(*run) for bins in self._columns for run in bins.runs]
        self.price = np.array(price) + np.log(len(columns))

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self._codes)

    def sums(self, per_row: FloatArray) -> FloatArray:
        """Sum numbers over the rows of each run.

        Parameters
        ----------
        per_row : ndarray of shape (n_rows, k)
            The numbers.

        Returns
        -------
        sums : ndarray of shape (n_runs, k)
            One row per condition.
        """
        totals = np.zeros((self._member.shape[0] + 1, per_row.shape[1]))
        np.cumsum(self._member @ per_row, axis=0, out=totals[1:])
        return totals[self.stop] - totals[self.first]

    def rows(self, runs: Sequence[int]) -> BoolArray:
        """Tell which rows meet all the conditions named by position."""
        inside = np.ones(self.n_rows, dtype=bool)
        for run in runs:
            codes = self._codes[:, self.of_column[run]]
            inside &= (self.first[run] <= codes) & (codes < self.stop[run])
        return inside

    def conditions(self, runs: Sequence[int]) -> tuple[SegmentCondition, ...]:
        """Write conditions named by position, in that order."""
        out = []
        for run in runs:
            i = int(self.of_column[run])
            start = int(self._offsets[i])
            first, stop = int(self.first[run]) - start, int(self.stop[run]) - start
            out.append(self._columns[i].condition(first, stop))
        return tuple(out)


def _cut(z: FloatArray, column: Column, loss: FloatArray, weights: FloatArray) -> _ColumnBins:
    """Cut one column; missing values have the bin after the last ordered one."""
    missing = np.isnan(z)
    borders = np.empty(0)
    categories: tuple[Any, ...] = ()
    if column.kind == "numeric":
        borders = _borders(z[~missing])
        n_ordered = len(borders) + 1
        codes = np.searchsorted(borders, z, side="left")
        runs = [(i, j) for i in range(n_ordered) for j in range(i + 1, n_ordered + 1)]
    elif column.kind == "boolean":
        n_ordered, categories = 2, (False, True)
        codes = np.where(missing, 0, z).astype(np.intp)
        runs = [(0, 1), (1, 2)]
    else:
        place = _rank_categories(z, len(column.categories), loss, weights)
        n_ordered = len(place)
        categories = tuple(column.categories[k] for k in np.argsort(place).tolist())
        # the place behind the last one is for a column without categories
        codes = np.append(place, 0)[np.where(missing, 0, z).astype(np.intp)]
        runs = [(k, k + 1) for k in range(n_ordered)] + [(0, k) for k in range(2, n_ordered)]
    codes = np.where(missing, n_ordered, codes).astype(np.intp)
    runs = [run for run in runs if run != (0, n_ordered)]
    if missing.any() and not missing.all():
        runs += [(0, n_ordered), (n_ordered, n_ordered + 1)]
    return _ColumnBins(column, borders, categories, codes, n_ordered, runs)


def _borders(known: FloatArray) -> FloatArray:
    """Give thresholds: all values but the largest where there are few, else near quantiles."""
    if len(known) == 0:
        return np.empty(0)
    values = np.unique(known)
    if len(values) <= N_BINS:
        return values[:-1]
    shares = np.arange(1, N_BINS) / N_BINS
    place = np.searchsorted(values, np.quantile(known, shares, method="inverted_cdf"))
    place = np.unique(place[place < len(values) - 1])
    return np.array([short_decimal(float(values[k]), float(values[k + 1])) for k in place])


def _rank_categories(
    z: FloatArray, n_categories: int, loss: FloatArray, weights: FloatArray
) -> NDArray[np.intp]:
    """Give the place of each category when the one of the highest mean loss stands first."""
    known = ~np.isnan(z)
    codes = z[known].astype(np.intp)
    weight = np.bincount(codes, weights[known], n_categories)
    lost = np.bincount(codes, (weights * loss)[known], n_categories)
    prior = PRIOR_ROWS * float(weights.mean())
    mean = float((weights * loss).sum() / weights.sum())
    shrunk = np.round((lost + prior * mean) / (weight + prior), 12)
    place = np.empty(n_categories, dtype=np.intp)
    place[np.argsort(-shrunk, kind="stable")] = np.arange(n_categories)
    return place
