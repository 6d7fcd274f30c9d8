"""The inner loops, compiled.

Sums over rows are taken block by block, a block in one thread, and the blocks are added in the order
of the rows. So the result depends on the rows and not on how many threads share the work. The
loops let go of Python's lock, and take a range of blocks: plain threads run them. (Numba's own
threads take seconds to compile for, and more than one thread at a time may not start them.)
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit

BLOCK = 32768
CHUNK = 65536  # rows that are told apart by two bytes
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
def multiple_of(value, magic):
    """Round to the nearest multiple of a step, halves to even ones.

    `magic` is 1.5 * 2**52 steps, and the value at most 2**51: their sum has no room for less than a
    step.
    """
    return (value + magic) - magic


@njit(cache=True, nogil=True)
def add_cells(codes, values, weights, counts, one_number, magic, rows, cells):  # noqa: PLR0912
    """Add count, weight and weighted targets of rows to the cells of their codes.

    `cells` has shape (n_features, n_codes, 2 + n_outputs), or one less where `one_number` is both
    count and weight. Empty `weights` and `counts` are of ones.

    `values` are the weighted targets; but where `magic`, of shape (3,), is not zero they are targets
    alone, and weights, weighted targets and squares are rounded to multiples, see `multiple_of`.
    """
    d, K = codes.shape[1], values.shape[1]
    is_stepped, magic_weight, magic_value = magic[1] != 0.0, magic[0], magic[1]
    has_weights, has_counts = len(weights) > 0, len(counts) > 0
    for r in range(len(rows)):
        i = rows[r]
        w = weights[i] if has_weights else 1.0
        if is_stepped:
            w = multiple_of(w, magic_weight)
        if K == 1:
            wt = np.float64(values[i, 0])
            if is_stepped:
                wt = multiple_of(w * wt, magic_value)
            if one_number:
                for j in range(d):
                    cell = cells[j, codes[i, j]]
                    cell[0] += w
                    cell[1] += wt
            else:
                count = counts[i] if has_counts else 1.0
                for j in range(d):
                    cell = cells[j, codes[i, j]]
                    cell[0] += count
                    cell[1] += w
                    cell[2] += wt
        else:
            at = 0 if one_number else 1
            count = counts[i] if has_counts else 1.0
            for j in range(d):
                cell = cells[j, codes[i, j]]
                if not one_number:
                    cell[0] += count
                cell[at] += w
                for k in range(K):
                    wt = np.float64(values[i, k])
                    if is_stepped:
                        wt = multiple_of(w * wt, magic_value)
                    cell[at + 1 + k] += wt


@njit(cache=True, nogil=True)
def add_sums(values, weights, counts, one_number, magic, rows, sums):
    """Add count, weight, weighted squared length and weighted targets of rows.

    `sums` has shape (3 + n_outputs,); the others are those of `add_cells`.
    """
    K = values.shape[1]
    is_stepped = magic[1] != 0.0
    has_weights, has_counts = len(weights) > 0, len(counts) > 0
    for r in range(len(rows)):
        i = rows[r]
        w = weights[i] if has_weights else 1.0
        if is_stepped:
            w = multiple_of(w, magic[0])
        count = w if one_number else counts[i] if has_counts else 1.0
        sums[0] += count
        sums[1] += w
        for k in range(K):
            wt = np.float64(values[i, k])
            if is_stepped:
                sums[2] += multiple_of(w * wt * wt, magic[2])
                sums[3 + k] += multiple_of(w * wt, magic[1])
            else:
                sums[2] += wt * wt / w
                sums[3 + k] += wt


@njit(cache=True, nogil=True)
def sum_cells(codes, values, weights, counts, one_number, magic, rows, parts, first, last):
    """Add the cells of blocks of rows, each to its part, see `add_cells`."""
    for block in range(first, last):
        own = rows[block * BLOCK : (block + 1) * BLOCK]
        add_cells(codes, values, weights, counts, one_number, magic, own, parts[block])


@njit(cache=True, nogil=True)
def sum_rows(values, weights, counts, one_number, magic, rows, parts, first, last):
    """Add the sums of blocks of rows, each to its part, see `add_sums`."""
    for block in range(first, last):
        own = rows[block * BLOCK : (block + 1) * BLOCK]
        add_sums(values, weights, counts, one_number, magic, own, parts[block])


@njit(cache=True, nogil=True)
def score(cell, at, low, high, entropy):
    """Minus the loss of a leaf, up to a constant; `cell[at]` is the weight, weighted targets after.

    Squared sums over weight, or what is left of them when the mean must lie in [low, high]; for
    the entropy, the sums times the logarithm of their shares.
    """
    w = cell[at]
    if w <= 0.0:
        return 0.0
    total = 0.0
    for k in range(at + 1, len(cell)):
        s = cell[k]
        if entropy:
            if s > 0.0:
                total += s * np.log(s / w)
        else:
            mean = min(max(s / w, low), high)
            total += mean * (2.0 * s - w * mean)
    return total


@njit(cache=True, nogil=True)
def find_split(hist, at, n_bins, missing, min_rows, signs, low, high, entropy):  # noqa: PLR0912
    """Find the boundary between codes that lowers the loss most.

    The cells of `hist` hold the count first, the weight at `at`, and weighted targets after it.
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
            for s in range(S):
                total[s] += hist[j, c, s]
        lost[:] = hist[j, missing]
        has_lost = lost[at] > NOTHING
        for side in range(2 if has_lost else 1):  # 0: missing right, 1: missing left
            left[:] = 0.0
            if side == 1:
                left += lost
            # with missing values on the right, all known ones may be on the left
            last = n_bins[j] if (has_lost and side == 0) else n_bins[j] - 1
            for c in range(last):
                if hist[j, c, at] <= NOTHING:
                    continue
                for s in range(S):
                    left[s] += hist[j, c, s]
                    right[s] = total[s] + lost[s] - left[s]
                if right[at] <= NOTHING or right[0] < min_rows - 0.5:
                    break
                if left[0] < min_rows - 0.5:
                    continue
                if signs[j] != 0:
                    a = min(max(left[at + 1] / left[at], low), high)
                    b = min(max(right[at + 1] / right[at], low), high)
                    if (b - a) * signs[j] < 0.0:
                        continue
                both = score(left, at, low, high, entropy) + score(right, at, low, high, entropy)
                if both > best + SAME * abs(best):
                    best, best_feature, best_code = both, j, c
                    best_missing_left = side == 1 if has_lost else left[0] > right[0]
    return best_feature, best_code, best_missing_left, best


@njit(cache=True, nogil=True)
def part_rows(codes, rows, feature, code, missing, missing_left, parted, n_left, first, last):
    """Part blocks of rows, those that go left first and those that go right last and backwards.

    Every row is written to both ends of what is left of its block, and one end then moves: there
    is no branch that could be mispredicted. `n_left` is set for each block.
    """
    n = len(rows)
    for block in range(first, last):
        start, end = block * BLOCK, min(n, (block + 1) * BLOCK)
        low, high = start, end - 1
        for r in range(start, end):
            row = rows[r]
            c = codes[row, feature]
            goes_left = np.int64(missing_left if c == missing else c <= code)
            parted[low] = row
            parted[high] = row
            low += goes_left
            high -= 1 - goes_left
        n_left[block] = low - start


@njit(cache=True, nogil=True)
def part_chunk(codes, rows, feature, code, missing, missing_left, spare):
    """Part rows in place, both sides in their old order; give how many go left.

    Rows are written to both sides and counted on one, as in `part_rows`; those on the right wait in
    `spare`.
    """
    n_left, n_right = 0, 0
    for r in range(len(rows)):
        row = rows[r]
        c = codes[row, feature]
        goes_left = np.int64(missing_left if c == missing else c <= code)
        rows[n_left] = row
        spare[n_right] = row
        n_left += goes_left
        n_right += 1 - goes_left
    rows[n_left:] = spare[:n_right]
    return n_left


@njit(cache=True, nogil=True)
def part_and_add(
    codes, values, weights, counts, one_number, magic, rows, bounds, split, added, sums, cells
):
    """Part the rows of a node and add sums and cells of those of a child, see `add_cells`.

    Parameters
    ----------
    rows : ndarray of uint16 of shape (n_rows,)
        Numbers within chunks of `CHUNK` rows, those of each node together. A chunk is done with before
        the next one is begun: it is near in memory.

    bounds : ndarray of shape (3, n_chunks, 2)
        Where the rows of the node begin and end in each chunk; those of its children are written.

    split : ndarray of shape (4,)
        Feature, last code on the left, code of a missing value, and whether it goes left; without a
        split (shape (0,)) bounds are as they are.

    added : int
        Whose rows are added: 0 for the node itself, 1 for its left child, 2 for its right, -1 for none.

    sums, cells
        As of `add_sums` and `add_cells`; empty `cells` are left out.
    """
    spare = np.empty(CHUNK, dtype=rows.dtype)
    for chunk in range(bounds.shape[1]):
        start, end = chunk * CHUNK, (chunk + 1) * CHUNK
        of_chunk = codes[start:end]
        if len(split):
            first, last = bounds[0, chunk, 0], bounds[0, chunk, 1]
            goes_left = split[3] != 0
            part = rows[first:last], split[0], split[1], split[2], goes_left, spare
            middle = first + part_chunk(of_chunk, *part)
            bounds[1, chunk, 0], bounds[1, chunk, 1] = first, middle
            bounds[2, chunk, 0], bounds[2, chunk, 1] = middle, last
        if added < 0:
            continue
        own = rows[bounds[added, chunk, 0] : bounds[added, chunk, 1]]
        v, w, n = values[start:end], weights[start:end], counts[start:end]
        add_sums(v, w, n, one_number, magic, own, sums)
        if len(cells):
            add_cells(of_chunk, v, w, n, one_number, magic, own, cells)


@njit(cache=True, nogil=True)
def add_leaves(
    codes,
    targets,
    weights,
    counts,
    magic,
    left,
    right,
    feature,
    code,
    missing_left,
    missing,
    cutoff,
    sums,
    lost,
):
    """Add count, weight, squares, weighted targets and weighted decisions of rows to their leaves.

    `sums` has shape (n_nodes, 3 + n_outputs + n_classes): without classes no decisions; two of them
    have one target, the probability of the second, which is decided above `cutoff`. Classes in a tie
    share a decision. `lost`, of shape (n_nodes,), counts the rows whose value is missing where a node
    asks for it. Numbers are rounded as in `add_cells`.
    """
    n, K = targets.shape
    n_classes = sums.shape[1] - 3 - K
    has_weights, has_counts = len(weights) > 0, len(counts) > 0
    for i in range(n):
        node = 0
        while left[node] >= 0:
            c = codes[i, feature[node]]
            if c == missing:
                lost[node] += 1
                node = left[node] if missing_left[node] else right[node]
            else:
                node = left[node] if c <= code[node] else right[node]
        cell = sums[node]
        w = multiple_of(weights[i] if has_weights else 1.0, magic[0])
        cell[0] += counts[i] if has_counts else 1.0
        cell[1] += w
        top, n_top = -np.inf, 0
        for k in range(K):
            t = np.float64(targets[i, k])
            cell[2] += multiple_of(w * t * t, magic[2])
            cell[3 + k] += multiple_of(w * t, magic[1])
            if t > top:
                top, n_top = t, 1
            elif t == top:
                n_top += 1
        if n_classes == 2:
            second = 0.5 if top == cutoff else 1.0 if top > cutoff else 0.0
            cell[3 + K] += multiple_of(w * (1.0 - second), magic[0])
            cell[4 + K] += multiple_of(w * second, magic[0])
        elif n_classes > 0:
            for k in range(K):
                if targets[i, k] == top:
                    cell[3 + K + k] += multiple_of(w / n_top, magic[0])


@njit(cache=True, nogil=True)
def sum_differences(
    codes,
    weighted,
    weights,
    rows,
    node,
    left,
    right,
    feature,
    code,
    missing_left,
    missing,
    answers,
    parts,
    first,
    last,
):
    """Sum by code of a node's feature what rows cost more on its left than on its right.

    The cost is the squared error to the answer of the leaf that a row would reach; what is below
    the node stays as it is. `parts` has shape (n_blocks, n_codes).
    """
    n, K = len(rows), weighted.shape[1]
    for block in range(first, last):
        cells = parts[block]
        for r in range(block * BLOCK, min(n, (block + 1) * BLOCK)):
            i = rows[r]
            w = weights[i] if len(weights) else 1.0
            difference = 0.0
            for side in range(2):
                at = left[node] if side == 0 else right[node]
                while left[at] >= 0:
                    c = codes[i, feature[at]]
                    goes_left = missing_left[at] if c == missing else c <= code[at]
                    at = left[at] if goes_left else right[at]
                cost = 0.0
                for k in range(K):
                    cost += answers[at, k] * (w * answers[at, k] - 2.0 * weighted[i, k])
                difference += cost if side == 0 else -cost
            cells[codes[i, feature[node]]] += difference


@njit(cache=True, nogil=True)
def pass_codes(codes, left, right, feature, code, missing_left, missing, leaf):
    """Write the leaf that each row reaches from the root."""
    for i in range(len(codes)):
        node = 0
        while left[node] >= 0:
            c = codes[i, feature[node]]
            goes_left = missing_left[node] if c == missing else c <= code[node]
            node = left[node] if goes_left else right[node]
        leaf[i] = node


@njit(cache=True, nogil=True)
def pass_values(Z, left, right, feature, threshold, missing_left, leaf, first, last):
    """Write the leaf that rows of blocks reach; values are compared as float32."""
    for block in range(first, last):
        for i in range(block * BLOCK, min(len(Z), (block + 1) * BLOCK)):
            node = 0
            while left[node] >= 0:
                value = np.float32(Z[i, feature[node]])
                goes_left = missing_left[node] if np.isnan(value) else value <= threshold[node]
                node = left[node] if goes_left else right[node]
            leaf[i] = node
