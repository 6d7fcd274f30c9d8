"""How much weight lies below a row in two orders at once, for all rows, without comparing pairs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray


FEW_LEVELS = 64
"""Up to so many levels, such as a tree's leaves, a table of both levels is the shorter way."""


class Dominance:
    """Sums of weights below each row in two orders, in n log² n steps.

    Rows are put into the order of `x`; the rows below a row are then a prefix, and a prefix is a
    union of at most log n aligned blocks. Within a block sorted by `y`, a search finds those below
    in both.

    Parameters
    ----------
    x, y : ndarray of int of shape (n_rows,)
        Levels of the rows, from 0.
    """

    def __init__(self, x: NDArray[np.intp], y: NDArray[np.intp]) -> None:
        x, y = (x, y) if x.max() <= y.max() else (y, x)
        self._x_level, self._y_level = x, y
        self._order = np.argsort(x, kind="stable")
        self._y = y[self._order]
        ordered = x[self._order]
        # how many rows lie strictly below in x, and how many at most level with
        self._prefixes = [np.searchsorted(ordered, x, side=side) for side in ("left", "right")]
        self._limits = [y, y + 1]

    def below_both(self, w: FloatArray) -> FloatArray:
        """Sum the weights below each row in both orders, half of them where one order ties.

        Rows level in both orders, the row itself among them, count by a quarter.
        """
        if self._x_level.max() < FEW_LEVELS:
            return self._by_table(w)
        n = len(w)
        n_levels = int(self._y.max()) + 2
        ordered = w[self._order]
        sums = np.zeros(n)
        for bit in range(n.bit_length()):
            key = (np.arange(n) >> bit) * n_levels + self._y
            by_key = np.argsort(key, kind="stable")
            key = key[by_key]
            cumulated = np.concatenate([[0.0], np.cumsum(ordered[by_key])])
            for prefix in self._prefixes:
                # the block of this size that ends the part of the prefix with larger blocks
                has = (prefix >> bit) & 1 == 1
                first = ((prefix[has] >> bit) - 1) * n_levels
                start = cumulated[np.searchsorted(key, first)]
                for limit in self._limits:
                    end = cumulated[np.searchsorted(key, first + limit[has])]
                    sums[has] += end - start
        return sums / 4

    def _by_table(self, w: FloatArray) -> FloatArray:
        """Sum the weights by both levels, and then along both."""
        shape = int(self._x_level.max()) + 1, int(self._y_level.max()) + 1
        cell = self._x_level * shape[1] + self._y_level
        sums = np.bincount(cell, weights=w, minlength=shape[0] * shape[1])
        table: FloatArray = sums.astype(np.float64).reshape(shape)
        for axis in (0, 1):
            table = np.cumsum(table, axis=axis) - table / 2
        return table[self._x_level, self._y_level]
