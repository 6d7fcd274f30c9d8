"""Two statistics of weighted rows without a derivative: a quantile, and a distance by bins."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray


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
    bounded = None

    def __init__(self, rows: FloatArray, level: float) -> None:
        self.rows, self.level = rows, level
        self._order = np.argsort(rows, kind="stable")

    def values(self, W: FloatArray) -> FloatArray:
        """Give the quantile under each weighting."""
        cumulated = np.cumsum(W[self._order], axis=0)
        # a share that is reached but for rounding is reached
        reached = cumulated >= self.level * cumulated[-1] * (1 - 1e-12)
        return self.rows[self._order][reached.argmax(axis=0)]

    def influence(self, w: FloatArray) -> FloatArray:
        """Give NaN: a quantile of rows jumps from one to the next."""
        return np.full(len(w), np.nan)


class BinnedDifference:
    """Mean over rows of the absolute mean difference in the row's bin.

    Parameters
    ----------
    difference : ndarray of shape (n_rows, n_columns)
        Differences in [-1, 1]; the statistic is the mean over columns.

    bins : ndarray of int of shape (n_rows, n_columns)
        The bin of each, from 0.
    """

    undefined = ""
    note = ""
    bounded = None

    def __init__(self, difference: FloatArray, bins: NDArray[np.intp]) -> None:
        self.difference, self.bins = difference, bins

    def parts(self) -> list[FloatArray]:
        """Give per column and bin the differences of its rows, 0 on the others."""
        return [
            np.where(bins == b, difference, 0.0)
            for difference, bins in zip(self.difference.T, self.bins.T, strict=True)
            for b in np.unique(bins)
        ]

    @property
    def n_columns(self) -> int:
        """The number of columns that are averaged."""
        return self.difference.shape[1]

    def values(self, W: FloatArray) -> FloatArray:
        """Give the mean under each weighting."""
        total = W.sum(axis=0) * self.n_columns
        return np.sum([np.abs(part @ W) for part in self.parts()], axis=0) / total

    def influence(self, w: FloatArray) -> FloatArray:
        """Give NaN: where a bin is calibrated, its part has a kink."""
        return np.full(len(w), np.nan)
