"""Adding up the points of rows, compiled.

A column of numbers is a function of steps: its points change by so much above each cut, and by so
much at a special or a missing value. A block of rows stays in the cache while all are added, several
rows in one instruction and without a branch. Points are whole numbers, so that the sums are exact.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray

ROWS_IN_STEP = 512
"""Rows that are added at once: their values and sums fill half of the smallest cache."""


@njit(cache=True, nogil=True)
def add_steps(
    rows: FloatArray,
    columns: IntArray,
    starts: IntArray,
    cuts: FloatArray,
    rises: IntArray,
    at_missing: IntArray,
    sums: IntArray,
) -> None:
    """Add the points of columns of numbers to the sums of rows.

    `rows` has shape (n_rows, n_features). Of the column ``columns[j]`` the cuts from ``starts[2 j]``
    on are passed by values above them, and those from ``starts[2 j + 1]`` up to ``starts[2 j + 2]``
    are hit by values equal to them; each adds its rise, and a value that is NaN adds `at_missing`.
    """
    held = np.empty(ROWS_IN_STEP)
    added = np.empty(ROWS_IN_STEP, dtype=np.int64)
    for first in range(0, len(rows), ROWS_IN_STEP):
        n = min(ROWS_IN_STEP, len(rows) - first)
        added[:] = 0
        for j in range(len(columns)):
            column, missing = columns[j], at_missing[j]
            for i in range(n):
                value = rows[first + i, column]
                held[i] = value
                added[i] += missing if np.isnan(value) else 0
            for k in range(starts[2 * j], starts[2 * j + 1]):
                cut, rise = cuts[k], rises[k]
                for i in range(n):
                    added[i] += rise if held[i] > cut else 0
            for k in range(starts[2 * j + 1], starts[2 * j + 2]):
                cut, rise = cuts[k], rises[k]
                for i in range(n):
                    added[i] += rise if held[i] == cut else 0
        for i in range(n):
            sums[first + i] += added[i]
