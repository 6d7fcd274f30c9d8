"""Two statistics of weighted rows without a derivative: a quantile, and a distance by bins."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._scales import PLAIN
from interpkd.fidelity._statistics import ROUNDING, BoundedMean
from interpkd.fidelity._weightings import columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.fidelity._weightings import LeaveOneOut


class Quantile:
    """The smallest number below or at which a share of the weight lies.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        The numbers.

    level : float
        The share, strictly between 0 and 1.
    """

    undefined = ""
    note = ""
    is_ranked = False
    bounded = None
    scale = PLAIN
    kinds = None

    def __init__(self, rows: FloatArray, level: float) -> None:
        self.rows, self.level = rows, level
        self._order = np.argsort(rows, kind="stable")

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the quantile under each weighting."""
        return np.array([self._value(w) for w in columns(W)])

    def _value(self, w: FloatArray) -> float:
        cumulated = np.cumsum(w[self._order])
        # a share that is reached but for rounding is reached
        reached = cumulated >= self.level * cumulated[-1] * (1 - ROUNDING)
        return float(self.rows[self._order][reached.argmax()])

    def influence(self, w: FloatArray) -> FloatArray:
        """Give NaN: a quantile of rows jumps from one to the next."""
        return np.full(len(w), np.nan)


class BinnedDifference:
    """Mean over rows of the absolute mean difference in the row's bin.

    Parameters
    ----------
    difference : ndarray of shape (n_rows, n_columns)
        Differences of two numbers in [0, 1]; the statistic is the mean over columns.

    bins : ndarray of int of shape (n_rows, n_columns)
        The bin of the first of the two, from 0.

    edges : ndarray of shape (n_bins + 1,)
        The bins' edges, from 0 to 1.
    """

    undefined = ""
    note = ""
    is_ranked = False
    bounded = None
    scale = PLAIN
    kinds = None

    def __init__(
        self, difference: FloatArray, bins: NDArray[np.intp], *, edges: FloatArray
    ) -> None:
        self.difference, self.bins, self.edges = difference, bins, edges

    def parts(self) -> list[BoundedMean]:
        """Give per column and bin the mean of the differences of its rows, 0 on the others."""
        return [
            BoundedMean(np.where(bins == b, difference, 0.0), float(least), float(most))
            for difference, bins in zip(self.difference.T, self.bins.T, strict=True)
            for b in np.unique(bins)
            for least, most in [self._limits(b)]
        ]

    def _limits(self, b: int) -> tuple[float, float]:
        """Bound a difference by the bin: the one answer is in it, the other in [0, 1]."""
        return self.edges[b] - 1, self.edges[b + 1]

    @property
    def n_columns(self) -> int:
        """The number of columns that are averaged."""
        return self.difference.shape[1]

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the mean under each weighting."""
        total = W.sum(axis=0) * self.n_columns
        return np.sum([np.abs(part.rows @ W) for part in self.parts()], axis=0) / total

    def influence(self, w: FloatArray) -> FloatArray:
        """Give NaN: where a bin is calibrated, its part has a kink."""
        return np.full(len(w), np.nan)
