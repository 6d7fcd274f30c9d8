"""The inner loops of the search: sums by leaf, and one sweep of refinement.

What a row costs in a leaf is linear in the sums that the row adds (see `Objective.prices`), so one
loop serves every loss. All of it runs in one thread: the result cannot depend on their number.

Numba keeps what it compiled by the text of the file: compiled functions call none of another file, or a
change there would not be seen here.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit

SAME = 1e-12  # share by which scores differ from rounding alone: the first of equals is taken


# ---------------------------------------------------------------- rows and leaves
@njit(cache=True, nogil=True)
def step_down(codes, i, node, left, right, feature, code, missing_left, missing):
    """Give the leaf that a row reaches from a node."""
    while left[node] >= 0:
        c = codes[i, feature[node]]
        goes_left = missing_left[node] if c == missing else c <= code[node]
        node = left[node] if goes_left else right[node]
    return node


@njit(cache=True, nogil=True)
def route(codes, rows, left, right, feature, code, missing_left, missing):
    """Give the leaf that each of some rows reaches."""
    out = np.empty(len(rows), dtype=np.int64)
    for r in range(len(rows)):
        out[r] = step_down(codes, rows[r], 0, left, right, feature, code, missing_left, missing)
    return out


@njit(cache=True, nogil=True)
def sum_by_node(codes, rows, row_sums, counts, left, right, feature, code, missing_left, missing):
    """Sum the rows that pass through each node; their counts are the last column."""
    S = row_sums.shape[1]
    sums = np.zeros((len(left), S + 1))
    for i in rows:
        leaf = step_down(codes, i, 0, left, right, feature, code, missing_left, missing)
        for s in range(S):
            sums[leaf, s] += row_sums[i, s]
        sums[leaf, S] += counts[i]
    for node in range(len(left) - 1, -1, -1):  # children come after their parents
        if left[node] >= 0:
            sums[node] = sums[left[node]] + sums[right[node]]
    return sums


@njit(cache=True, nogil=True)
def part_rows(codes, rows, left, right, feature, code, missing_left, missing):
    """Sort rows by leaf: node ``v`` is reached by ``order[first[v] : last[v]]``."""
    n, m = len(rows), len(left)
    order = rows.copy()
    aside = np.empty(n, dtype=np.int32)
    first, last = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
    last[0] = n
    for node in range(m):
        if left[node] < 0:
            continue
        at, n_aside, j = first[node], 0, feature[node]
        for r in range(first[node], last[node]):
            i = order[r]
            c = codes[i, j]
            if missing_left[node] if c == missing else c <= code[node]:
                order[at] = i
                at += 1
            else:
                aside[n_aside] = i
                n_aside += 1
        order[at : at + n_aside] = aside[:n_aside]
        first[left[node]], last[left[node]] = first[node], at
        first[right[node]], last[right[node]] = at, last[node]
    return order, first, last


# ---------------------------------------------------------------- refinement
@njit(cache=True, nogil=True)
def find_cost_split(columns, features, rows, difference, n_bins, missing):
    """Find the split on some features that sends rows left where that costs less.

    `columns` holds the codes feature by feature, so that one feature of some ten thousand rows
    stays in the nearest cache. `difference` is what each row costs on the left minus on the
    right. Returns feature, last code on the left, whether missing values go left, and the sum of
    the differences that go left.
    """
    n = len(rows)
    even, odd = np.zeros(missing + 1), np.zeros(missing + 1)
    rounding = 0.0
    for r in range(n):
        rounding += abs(difference[r])
    rounding *= SAME
    best_feature, best_code, best_missing_left, best = -1, 0, False, np.inf
    for j in features:
        column = columns[j]
        even[: n_bins[j]] = odd[: n_bins[j]] = 0.0
        even[missing] = odd[missing] = 0.0
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


@njit(cache=True, nogil=True)
def sweep(
    codes, columns, features, rows, row_sums, prices, values, signs, n_bins, missing, worth,
    left, right, feature, code, missing_left, settled,
):  # fmt: skip
    """Choose every split again that is not settled, deepest first; the tree is changed in place.

    A split is settled as long as neither its rows nor anything under it changes. Under signs, a
    change that would put the leaves' `values` out of order is not made.
    """
    m, S = len(left), row_sums.shape[1]
    order, first, last = part_rows(codes, rows, left, right, feature, code, missing_left, missing)
    difference = np.empty(len(rows))
    moved = np.zeros(m, dtype=np.bool_)
    for node in range(m - 1, -1, -1):  # what is above a node changes after it, not before
        if left[node] < 0 or settled[node]:
            continue
        settled[node] = True
        here = order[first[node] : last[node]]
        if len(here) == 0:
            continue
        now, j = 0.0, feature[node]
        for r in range(len(here)):
            i = here[r]
            a = step_down(codes, i, left[node], left, right, feature, code, missing_left, missing)
            b = step_down(codes, i, right[node], left, right, feature, code, missing_left, missing)
            total = 0.0
            for s in range(S):
                total += row_sums[i, s] * (prices[a, s] - prices[b, s])
            difference[r] = total
            c = codes[i, j]
            if missing_left[node] if c == missing else c <= code[node]:
                now += total
        before = feature[node], code[node], missing_left[node]
        new = find_cost_split(columns, features, here, difference[: len(here)], n_bins, missing)
        if new[3] >= now - worth:
            continue
        feature[node], code[node], missing_left[node] = new[0], new[1], new[2]
        if len(signs) > 0:
            low, high, lost = boxes_of_codes(left, right, feature, code, missing_left, n_bins)
            if not is_ordered(left, low, high, lost, signs, values):
                feature[node], code[node], missing_left[node] = before
                continue
        moved[node] = True
    unsettle(left, right, moved, settled)


@njit(cache=True, nogil=True)
def unsettle(left, right, moved, settled):
    """Mark what depends on the nodes that moved: all above them, all below them, and they."""
    m = len(left)
    above, below = moved.copy(), moved.copy()
    for node in range(m):
        if left[node] >= 0 and below[node]:
            below[left[node]] = below[right[node]] = True
    for node in range(m - 1, -1, -1):
        if left[node] >= 0:
            above[node] = above[node] or above[left[node]] or above[right[node]]
    for node in range(m):
        if above[node] or below[node]:
            settled[node] = False


# ---------------------------------------------------------------- another part for a tree
@njit(cache=True, nogil=True)
def leaf_loss(cell, K, is_regression, decision_weight, cutoff, floor):
    """Give the loss of a leaf whose rows add up to `cell`; see `Objective.leaf_losses`."""
    w = cell[0]
    if w <= 0.0:
        return 0.0
    if is_regression:
        return cell[2] - cell[1] * cell[1] / w
    total, length, top = cell[1 + K], 0.0, 0
    for k in range(K):
        share = max(cell[1 + k] / w, floor)
        length += share
        total -= cell[1 + k] * np.log(share)
        if cell[1 + k] > cell[1 + top]:
            top = k
    total += w * np.log(length)
    if K == 2:
        top = 1 if cell[2] / w > cutoff else 0
    return total + decision_weight * (w - cell[2 + K + top])


@njit(cache=True, nogil=True)
def leaf_prices(prices, cell, K, is_regression, decision_weight, cutoff, floor):
    """Write down what the leaf asks for each unit of what a row adds; see `Objective.prices`."""
    w = max(cell[0], 1e-300)
    prices[:] = 0.0
    if is_regression:
        mean = cell[1] / w
        prices[0], prices[1] = mean * mean, -2.0 * mean
        return
    length, top = 0.0, 0
    for k in range(K):
        length += max(cell[1 + k] / w, floor)
        if cell[1 + k] > cell[1 + top]:
            top = k
    for k in range(K):
        prices[1 + k] = -np.log(max(cell[1 + k] / w, floor) / length)
    if K == 2:
        top = 1 if cell[2] / w > cutoff else 0
    prices[0], prices[2 + K + top] = decision_weight, -decision_weight


@njit(cache=True, nogil=True)
def find_loss_split(columns, features, rows, row_sums, counts, cell, n_bins, missing, least, loss):
    """Find the split on some features after which the loss is lowest.

    Returns feature (-1 for none), last code on the left, whether missing values go left, and what
    the loss falls by.
    """
    S = row_sums.shape[1]
    hist = np.zeros((missing + 1, S + 1))
    left, right = np.zeros(S + 1), np.zeros(S + 1)
    before = leaf_loss(cell, *loss)
    best_feature, best_code, best_missing_left, best = -1, 0, False, before * (1 - SAME)
    for j in features:
        column = columns[j]
        hist[: n_bins[j]] = 0.0
        hist[missing] = 0.0
        for i in rows:
            c = column[i]
            for s in range(S):
                hist[c, s] += row_sums[i, s]
            hist[c, S] += counts[i]
        has_lost = hist[missing, 0] > 0.0
        for side in range(2 if has_lost else 1):  # 0: missing right, 1: missing left
            left[:] = 0.0
            if side == 1:
                left += hist[missing]
            for c in range(n_bins[j] if has_lost and side == 0 else n_bins[j] - 1):
                if hist[c, 0] <= 0.0:
                    continue
                for s in range(S + 1):
                    left[s] += hist[c, s]
                    right[s] = cell[s] - left[s]
                if right[S] < least:
                    break
                if left[S] < least:
                    continue
                both = leaf_loss(left, *loss) + leaf_loss(right, *loss)
                if both < best - SAME * abs(best):
                    best, best_feature, best_code = both, j, c
                    best_missing_left = side == 1 if has_lost else left[S] > right[S]
    return best_feature, best_code, best_missing_left, before - best


@njit(cache=True, nogil=True)
def part_at(codes, rows, aside, feature, code, missing_left, missing):
    """Part rows in place, those that go left first; give their number."""
    n_left, n_aside = 0, 0
    for r in range(len(rows)):
        i = rows[r]
        c = codes[i, feature]
        if missing_left if c == missing else c <= code:
            rows[n_left] = i
            n_left += 1
        else:
            aside[n_aside] = i
            n_aside += 1
    rows[n_left:] = aside[:n_aside]
    return n_left


@njit(cache=True, nogil=True)
def grow_part(  # noqa: PLR0912
    codes, columns, features, looked_at, rows, row_sums, counts, n_bins, missing,
    first_split, n_leaves, depth, least, loss,
):  # fmt: skip
    """Grow a tree on some rows best-first: the first split on some features, or given.

    Those after it are on the features `looked_at`. Returns the tree, children after their parents.
    """
    S, m = row_sums.shape[1], 2 * n_leaves - 1
    left, right = np.full(m, -1), np.full(m, -1)
    feature, code = np.full(m, -1), np.zeros(m, dtype=np.int64)
    missing_left = np.zeros(m, dtype=np.bool_)
    first, last, level = np.zeros(m, np.int64), np.zeros(m, np.int64), np.zeros(m, np.int64)
    cells, gain = np.zeros((m, S + 1)), np.full(m, -1.0)
    order, aside = rows.copy(), np.empty_like(rows)
    last[0] = len(rows)
    for i in rows:
        for s in range(S):
            cells[0, s] += row_sums[i, s]
        cells[0, S] += counts[i]
    n, n_known = 1, 0
    while True:
        for one in range(n_known, n):
            some = features if one == 0 else looked_at
            if one == 0 and first_split[0] >= 0:
                feature[0], code[0], missing_left[0] = first_split
                gain[0] = 0.0
            elif n + 1 < m and level[one] < depth and cells[one, S] >= 2 * least:
                here = order[first[one] : last[one]]
                feature[one], code[one], missing_left[one], gain[one] = find_loss_split(
                    columns, some, here, row_sums, counts, cells[one], n_bins, missing, least, loss
                )
        n_known, node = n, -1
        for one in range(n):
            if left[one] < 0 and feature[one] >= 0 and (node < 0 or gain[one] > gain[node]):
                node = one
        if node < 0 or n + 1 >= m:
            break
        here = order[first[node] : last[node]]
        n_left = part_at(codes, here, aside, feature[node], code[node], missing_left[node], missing)
        left[node], right[node] = n, n + 1
        first[n], last[n] = first[node], first[node] + n_left
        first[n + 1], last[n + 1] = first[node] + n_left, last[node]
        for i in here[:n_left]:
            for s in range(S):
                cells[n, s] += row_sums[i, s]
            cells[n, S] += counts[i]
        cells[n + 1] = cells[node] - cells[n]
        level[n] = level[n + 1] = level[node] + 1
        n += 2
    for node in range(n):
        if left[node] < 0:
            feature[node] = -1
    return left[:n], right[:n], feature[:n], code[:n], missing_left[:n]


@njit(cache=True, nogil=True)
def propose(
    codes, columns, features, looked_at, rows, row_sums, counts, n_bins, missing,
    first_split, n_leaves, depth, least, loss, worth, max_sweeps,
):  # fmt: skip
    """Grow a tree on some rows, see `grow_part`, and refine it there.

    Returns the tree and the sums of its nodes.
    """
    left, right, feature, code, missing_left = grow_part(
        codes, columns, features, looked_at, rows, row_sums, counts, n_bins, missing,
        first_split, n_leaves, depth, least, loss)  # fmt: skip
    m, S = len(left), row_sums.shape[1]
    prices, no_signs = np.zeros((m, S)), np.zeros(0, dtype=np.int8)
    sums = sum_by_node(
        codes, rows, row_sums, counts, left, right, feature, code, missing_left, missing
    )
    settled, before = np.zeros(m, dtype=np.bool_), np.inf
    f, c, side, new = feature, code, missing_left, sums
    for turn in range(max_sweeps + 1):
        after, is_thin = 0.0, False
        for node in range(m):
            leaf_prices(prices[node], new[node], *loss)
            if left[node] < 0:
                after += leaf_loss(new[node], *loss)
                is_thin = is_thin or new[node, S] < least
        if turn > 0 and (is_thin or after >= before - worth):
            break
        before, feature, code, missing_left, sums = after, f, c, side, new
        if turn == max_sweeps:
            break
        f, c, side = feature.copy(), code.copy(), missing_left.copy()
        sweep(
            codes, columns, looked_at, rows, row_sums, prices, sums[:, 0], no_signs, n_bins,
            missing, worth, left, right, f, c, side, settled,
        )  # fmt: skip
        new = sum_by_node(codes, rows, row_sums, counts, left, right, f, c, side, missing)
    return left, right, feature, code, missing_left, sums


# ---------------------------------------------------------------- the order of leaves
@njit(cache=True, nogil=True)
def boxes_of_codes(left, right, feature, code, missing_left, n_bins):
    """Give the codes that reach each node: above `low`, at most `high`, and missing or not."""
    m, d = len(left), len(n_bins)
    low, high = np.full((m, d), -1.0), np.empty((m, d))
    lost = np.ones((m, d), dtype=np.bool_)
    for j in range(d):
        high[0, j] = n_bins[j] - 1
    for node in range(m):
        if left[node] >= 0:
            share_box(node, left[node], right[node], feature[node], float(code[node]),
                      missing_left[node], low, high, lost)  # fmt: skip
    return low, high, lost


@njit(cache=True, nogil=True)
def boxes_of_values(left, right, feature, threshold, missing_left, n_features):
    """Give the values that reach each node, as `boxes_of_codes`."""
    m = len(left)
    low, high = np.full((m, n_features), -np.inf), np.full((m, n_features), np.inf)
    lost = np.ones((m, n_features), dtype=np.bool_)
    for node in range(m):
        if left[node] >= 0:
            share_box(node, left[node], right[node], feature[node], threshold[node],
                      missing_left[node], low, high, lost)  # fmt: skip
    return low, high, lost


@njit(cache=True, nogil=True)
def share_box(node, left, right, j, at, missing_left, low, high, lost):
    """Give each child its part of the node's box."""
    for child in (left, right):
        low[child], high[child], lost[child] = low[node], high[node], lost[node]
    high[left, j] = min(high[node, j], at)
    low[right, j] = max(low[node, j], at)
    lost[left, j] = lost[node, j] and missing_left
    lost[right, j] = lost[node, j] and not missing_left


@njit(cache=True, nogil=True)
def order_of(a, b, low, high, lost, signs):
    """Tell how two leaves must be ordered: 1 when `a` at most `b`, -1 the other way, 0 not at all.

    They must be when some row can go from one to the other along one constrained feature: their
    boxes overlap in all features but that.
    """
    apart = -1
    for j in range(low.shape[1]):
        if max(low[a, j], low[b, j]) < min(high[a, j], high[b, j]) or (lost[a, j] and lost[b, j]):
            continue
        if apart >= 0:
            return 0
        apart = j
    if apart < 0 or low[a, apart] >= high[a, apart] or low[b, apart] >= high[b, apart]:
        return 0  # missing values are outside the order
    return signs[apart] if high[a, apart] <= low[b, apart] else -signs[apart]


@njit(cache=True, nogil=True)
def is_ordered(left, low, high, lost, signs, values):
    """Tell whether the leaves' values keep the constraints."""
    for a in range(len(left)):
        if left[a] >= 0:
            continue
        for b in range(a + 1, len(left)):
            if left[b] < 0 and values[a] != values[b]:
                sign = order_of(a, b, low, high, lost, signs)
                if sign * (values[b] - values[a]) < 0.0:
                    return False
    return True


@njit(cache=True, nogil=True)
def ordered_pairs(left, low, high, lost, signs):
    """Give all pairs of leaves, the one that must not be above first, shape (n_pairs, 2)."""
    m = len(left)
    pairs = np.empty((m * m, 2), dtype=np.int64)
    n = 0
    for a in range(m):
        for b in range(a + 1, m):
            if left[a] < 0 and left[b] < 0:
                sign = order_of(a, b, low, high, lost, signs)
                if sign != 0:
                    pairs[n, 0], pairs[n, 1] = (a, b) if sign > 0 else (b, a)
                    n += 1
    return pairs[:n]
