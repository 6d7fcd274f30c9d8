"""The inner loops: compiled, parallel, and the same to the last bit for any number of threads.

Sums over rows are taken block by block, one thread a block, and the blocks are added in the order
of the rows. So the result depends on the rows and not on how many threads share the work.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit, prange

BLOCK = 32768
NOTHING = 1e-9  # the weight of no rows, up to rounding
SAME = 1e-12  # share by which scores differ from rounding alone: the first of equals is taken


@njit(parallel=True, cache=True, nogil=True)
def code_values(Z, table, first_step, missing, codes):
    """Write the number of thresholds below each value; `table` is padded with infinity.

    A binary search of a fixed number of steps has no branch that could be mispredicted. Values
    are compared as float32, as scikit-learn's trees compare them.
    """
    n, d = Z.shape
    for block in prange((n + BLOCK - 1) // BLOCK):
        for i in range(block * BLOCK, min(n, (block + 1) * BLOCK)):
            for j in range(d):
                value = np.float64(np.float32(Z[i, j]))
                at, step = 0, first_step[j]
                while step > 0:
                    at += step * (table[j, at + step - 1] < value)
                    step //= 2
                codes[i, j] = missing if np.isnan(value) else at


@njit(cache=True, nogil=True)
def add_cells(codes, weighted, weights, counts, rows, first, last, cells):
    """Add count, weight and weighted targets of some rows to the cells of their codes."""
    d, K = codes.shape[1], weighted.shape[1]
    for r in range(first, last):
        i = rows[r]
        w, count = weights[i], counts[i]
        if K == 1:
            wt = weighted[i, 0]
            for j in range(d):
                cell = cells[j, codes[i, j]]
                cell[0] += count
                cell[1] += w
                cell[2] += wt
        else:
            for j in range(d):
                cell = cells[j, codes[i, j]]
                cell[0] += count
                cell[1] += w
                for k in range(K):
                    cell[2 + k] += weighted[i, k]


@njit(cache=True, nogil=True)
def sum_few(codes, weighted, weights, counts, rows, n_codes):
    """Sum the histograms of one block of rows; threads would only wait for each other."""
    cells = np.zeros((codes.shape[1], n_codes, 2 + weighted.shape[1]))
    add_cells(codes, weighted, weights, counts, rows, 0, len(rows), cells)
    return cells


@njit(parallel=True, cache=True, nogil=True)
def sum_many(codes, weighted, weights, counts, rows, n_codes):
    """Sum the histograms of many rows, block by block.

    Gives an array of shape (n_features, n_codes, 2 + n_outputs).
    """
    n = len(rows)
    n_blocks = (n + BLOCK - 1) // BLOCK
    parts = np.zeros((n_blocks, codes.shape[1], n_codes, 2 + weighted.shape[1]))
    for block in prange(n_blocks):
        last = min(n, (block + 1) * BLOCK)
        add_cells(codes, weighted, weights, counts, rows, block * BLOCK, last, parts[block])
    total = parts[0].copy()  # a view would keep all the parts alive
    for block in range(1, n_blocks):
        total += parts[block]
    return total


@njit(cache=True, nogil=True)
def sum_rows(weighted, weights, counts, rows):
    """Sum count, weight, weighted squared length and weighted targets over some rows."""
    n, K = len(rows), weighted.shape[1]
    total = np.zeros(3 + K)
    part = np.zeros(3 + K)
    for r in range(n):
        i = rows[r]
        part[0] += counts[i]
        part[1] += weights[i]
        for k in range(K):
            wt = weighted[i, k]
            part[2] += wt * wt / weights[i]
            part[3 + k] += wt
        if (r + 1) % BLOCK == 0:  # block by block, as the histograms
            total += part
            part[:] = 0.0
    return total + part


@njit(cache=True, nogil=True)
def score(cell, low, high, entropy):
    """Minus the loss of a leaf, up to a constant; `cell` is count, weight, weighted targets.

    Squared sums over weight, or what is left of them when the mean must lie in [low, high]; for
    the entropy, the sums times the logarithm of their shares.
    """
    w = cell[1]
    if w <= 0.0:
        return 0.0
    total = 0.0
    for k in range(len(cell) - 2):
        s = cell[2 + k]
        if entropy:
            if s > 0.0:
                total += s * np.log(s / w)
        else:
            mean = min(max(s / w, low), high)
            total += mean * (2.0 * s - w * mean)
    return total


@njit(cache=True, nogil=True)
def find_split(hist, n_bins, missing, min_rows, signs, low, high, entropy):  # noqa: PLR0912
    """Find the boundary between codes that lowers the loss most.

    Returns feature, last code on the left, whether missing values go left, and the score of the
    two children; feature -1 when no split is allowed. `signs` constrains single-output means; a
    feature without bins is left out.
    """
    d, _, S = hist.shape
    best_feature, best_code, best_missing_left, best = -1, 0, False, -1e300
    total, lost, left, right = np.zeros(S), np.zeros(S), np.zeros(S), np.zeros(S)
    for j in range(d):
        if n_bins[j] == 0:
            continue
        total[:] = 0.0
        for c in range(n_bins[j]):
            total += hist[j, c]
        lost[:] = hist[j, missing]
        has_lost = lost[1] > NOTHING
        for side in range(2 if has_lost else 1):  # 0: missing right, 1: missing left
            left[:] = 0.0
            if side == 1:
                left += lost
            # with missing values on the right, all known ones may be on the left
            last = n_bins[j] if (has_lost and side == 0) else n_bins[j] - 1
            for c in range(last):
                if hist[j, c, 1] <= NOTHING:
                    continue
                left += hist[j, c]
                for s in range(S):
                    right[s] = total[s] + lost[s] - left[s]
                if right[1] <= NOTHING or right[0] < min_rows - 0.5:
                    break
                if left[0] < min_rows - 0.5:
                    continue
                if signs[j] != 0:
                    a = min(max(left[2] / left[1], low), high)
                    b = min(max(right[2] / right[1], low), high)
                    if (b - a) * signs[j] < 0.0:
                        continue
                both = score(left, low, high, entropy) + score(right, low, high, entropy)
                if both > best + SAME * abs(best):
                    best, best_feature, best_code = both, j, c
                    best_missing_left = side == 1 if has_lost else left[0] > right[0]
    return best_feature, best_code, best_missing_left, best


@njit(cache=True, nogil=True)
def split_rows(codes, rows, feature, code, missing, missing_left):
    """Give the rows that go left and those that go right, each in their old order."""
    n = len(rows)
    goes_left = np.empty(n, dtype=np.bool_)
    n_left = 0
    for r in range(n):
        c = codes[rows[r], feature]
        goes_left[r] = missing_left if c == missing else c <= code
        n_left += goes_left[r]
    left_rows = np.empty(n_left, dtype=rows.dtype)
    right_rows = np.empty(n - n_left, dtype=rows.dtype)
    at_left = 0
    for r in range(n):
        if goes_left[r]:
            left_rows[at_left] = rows[r]
            at_left += 1
        else:
            right_rows[r - at_left] = rows[r]
    return left_rows, right_rows
