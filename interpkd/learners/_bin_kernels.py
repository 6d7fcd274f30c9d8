"""Compiled sums over pairs of binned columns."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray


@njit(cache=True, nogil=True)
def sum_pairs(
    codes: NDArray[np.integer[Any]], starts: IntArray, weights: FloatArray, out: FloatArray
) -> None:
    """Add the weight of each row to the cell of its bins in every two columns.

    `codes` has shape (n_columns, n_rows), `out` (n_bins, n_bins) with the bins of column ``a``
    from ``starts[a]`` on. Only cells of a column and the same or a later one are filled.
    """
    n_columns, n_rows = codes.shape
    for a in range(n_columns):
        for i in range(n_rows):
            k = starts[a] + codes[a, i]
            out[k, k] += weights[i]
        for b in range(a + 1, n_columns):
            for i in range(n_rows):
                out[starts[a] + codes[a, i], starts[b] + codes[b, i]] += weights[i]
