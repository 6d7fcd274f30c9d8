"""The inner loop of hashing rows, compiled."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit

STRETCH = 256  # rows that are hashed column by column

ODD = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
MISSING = np.uint64(0x7FF8000000000000)
HALF, FIRST_SHIFT, SECOND_SHIFT = np.uint64(32), np.uint64(30), np.uint64(27)
LAST_SHIFT = np.uint64(31)


@njit(cache=True, nogil=True)
def hash_rows(Z, starts, tables, hashes, first, last):
    """Write the hash of each row from `first` to `last`.

    Every value is mixed with a key of its column, as the steps of SplitMix64 do (Steele, Lea and
    Flood 2014), and the row's hash is the sum of them, mixed once more: the values wait for none
    before them. `tables` holds what stands for the codes of column ``j`` from ``starts[j]`` to
    ``starts[j + 1]``; a column of numbers has nothing there.
    """
    d = Z.shape[1]
    sums = np.empty(STRETCH, dtype=np.uint64)
    for start in range(first, last, STRETCH):
        n = min(last - start, STRETCH)
        sums[:] = np.uint64(0)
        for j in range(d):
            key = ODD * np.uint64(j + 1)
            begin, is_category = starts[j], starts[j + 1] > starts[j]
            for i in range(n):
                value = np.float64(Z[start + i, j])
                if is_category:
                    known = value == value  # noqa: PLR0124
                    x = tables[begin + np.int64(value)] if known else MISSING
                else:
                    x = np.float64(value + 0.0).view(np.uint64)  # the zeros are one value
                    x = x if value == value else MISSING  # noqa: PLR0124
                x ^= key
                x ^= x >> HALF
                x *= FIRST
                x ^= x >> FIRST_SHIFT
                sums[i] += x
        for i in range(n):
            x = sums[i]
            x ^= x >> HALF
            x *= FIRST
            x ^= x >> SECOND_SHIFT
            x *= SECOND
            hashes[start - first + i] = x ^ (x >> LAST_SHIFT)
