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
CODE_BLOCK = 256  # rows that are coded feature by feature
NOTHING = 1e-9  # the weight of no rows, up to rounding
SAME = 1e-12  # share by which scores differ from rounding alone: the first of equals is taken


@njit(cache=True, nogil=True)
def place_of(value, by_digits):
    """Give where a float32 lies: its value, or the number of floats between it and zero.

    The second rises with the logarithm of the value, and is the better scale for skewed features.
    """
    if not by_digits:
        return np.float64(value)
    bits = np.float32(value).view(np.int32)
    return np.float64(bits if bits >= 0 else -(bits & np.int32(0x7FFFFFFF)))


@njit(cache=True, nogil=True)
def code_values(Z, table, grid, low, scale, by_digits, missing, codes, first, last):
    """Write the number of thresholds below each value of the blocks from `first` to `last`.

    The line between a feature's first and last threshold is cut into equal cells, and `grid` says
    how many thresholds lie below each cell: what is left to search for is within one. Block by
    block, feature by feature, table and grid of a feature stay in the nearest cache. Values are
    compared as float32, as scikit-learn's trees compare them.
    """
    n, d = Z.shape
    n_cells = grid.shape[1] - 1
    for block in range(first, last):
        for j in range(d):
            for i in range(block * CODE_BLOCK, min(n, (block + 1) * CODE_BLOCK)):
                value = np.float32(Z[i, j])
                if np.isnan(value):
                    codes[i, j] = missing
                    continue
                place = (place_of(value, by_digits[j]) - low[j]) * scale[j]
                cell = np.uint32(min(max(place, 0.0), n_cells - 1.0))
                at, end = np.uint32(grid[j, cell]), np.uint32(grid[j, cell + np.uint32(1)])
                while at < end:
                    middle = (at + end) >> np.uint32(1)
                    if table[j, middle] < value:
                        at = middle + np.uint32(1)
                    else:
                        end = middle
                codes[i, j] = at


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


@njit(cache=True, nogil=True)
def divergence_costs(row_sums, log_answers, decided, decision_weight, leaves):
    """Give what each row would cost in each leaf: divergence and disagreement.

    A column for each node, of which those of `leaves` are filled.
    """
    n, (m, K) = len(row_sums), log_answers.shape
    costs = np.empty((n, m))
    for i in range(n):
        for leaf in leaves:
            total = 0.0
            for k in range(K):
                total -= row_sums[i, 1 + k] * log_answers[leaf, k]
            agreed = row_sums[i, 2 + K + decided[leaf]]
            costs[i, leaf] = total + decision_weight * (row_sums[i, 0] - agreed)
    return costs


@njit(cache=True, nogil=True)
def squared_costs(row_sums, answers, leaves):
    """Give what each row would cost in each leaf, as `divergence_costs`: the squared error."""
    costs = np.empty((len(row_sums), len(answers)))
    for i in range(len(row_sums)):
        for leaf in leaves:
            v = answers[leaf]
            costs[i, leaf] = v * (v * row_sums[i, 0] - 2.0 * row_sums[i, 1])
    return costs


@njit(cache=True, nogil=True)
def route(codes, rows, start, left, right, feature, code, missing_left, missing):
    """Give the leaf that each row reaches from a node."""
    out = np.empty(len(rows), dtype=np.int64)
    for r in range(len(rows)):
        i, node = rows[r], start
        while left[node] >= 0:
            c = codes[i, feature[node]]
            goes_left = missing_left[node] if c == missing else c <= code[node]
            node = left[node] if goes_left else right[node]
        out[r] = node
    return out


@njit(cache=True, nogil=True)
def find_cost_split(columns, rows, difference, n_bins, missing, n_codes):
    """Find the split that sends rows left where that costs less.

    `columns` holds the codes feature by feature, so that one feature of some ten thousand rows
    stays in the nearest cache. `difference` is what each row costs on the left minus on the
    right. Returns feature, last code on the left, whether missing values go left, and the sum of
    the differences that go left.
    """
    n = len(rows)
    even, odd = np.zeros(n_codes), np.zeros(n_codes)
    rounding = 0.0
    for r in range(n):
        rounding += abs(difference[r])
    rounding *= SAME
    best_feature, best_code, best_missing_left, best = -1, 0, False, np.inf
    for j in range(len(columns)):
        column = columns[j]
        even[:] = 0.0
        odd[:] = 0.0
        # two cells a code: an addition need not wait for the one before
        for r in range(0, n - 1, 2):
            even[column[rows[r]]] += difference[r]
            odd[column[rows[r + 1]]] += difference[r + 1]
        if n % 2 == 1:
            even[column[rows[n - 1]]] += difference[n - 1]
        lost = even[missing] + odd[missing]
        total = min(lost, 0.0)
        for c in range(n_bins[j]):  # a code without rows changes nothing, and is passed over
            total += even[c] + odd[c]
            if total < best - rounding:
                best, best_feature, best_code = total, j, c
                best_missing_left = lost < 0.0
    return best_feature, best_code, best_missing_left, best
