"""Many weightings of the same rows, without writing them down."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray


class LeaveOneOut:
    """The weights of rows with one unit after the other left out, one column per unit.

    It stands in for a matrix of shape (n_rows, n_units) wherever that is summed over rows: a sum
    without a unit is the whole sum less that of the unit.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Row weights.

    unit : ndarray of int of shape (n_rows,)
        The unit of each row, from 0.

    n_units : int
        The number of units.
    """

    __array_ufunc__ = None  # so that `rows @ weightings` ends up here

    def __init__(self, weights: FloatArray, unit: NDArray[np.intp], n_units: int) -> None:
        self.weights, self.unit = weights, unit
        self.shape = (len(weights), n_units)

    def __rmatmul__(self, rows: FloatArray) -> FloatArray:
        """Sum numbers of rows, shape (n_rows,) or (k, n_rows), under each weighting."""
        if rows.ndim > 1:
            return np.array([row @ self for row in rows])
        return (rows @ self.weights) - self.of_units(rows * self.weights)

    def sum(self, axis: int = 0) -> FloatArray:
        """Sum the weights of each weighting."""
        del axis  # as of an array; there is no other sum to ask for
        return self.weights.sum() - self.of_units(self.weights)

    def of_units(self, per_row: FloatArray) -> FloatArray:
        """Sum a number per row over each unit, shape (n_units,)."""
        sums = np.bincount(self.unit, weights=per_row, minlength=self.shape[1])
        return sums.astype(np.float64)

    def columns(self) -> Iterator[FloatArray]:
        """Write the weightings down one by one."""
        for left_out in range(self.shape[1]):
            yield np.where(self.unit == left_out, 0.0, self.weights)


def columns(W: FloatArray | LeaveOneOut) -> Iterator[FloatArray]:
    """Give weightings one by one, for statistics that know no better."""
    yield from W.columns() if isinstance(W, LeaveOneOut) else W.T
