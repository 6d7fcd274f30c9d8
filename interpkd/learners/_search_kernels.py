"""The inner loops of the search: sums by leaf, one sweep of refinement, two levels at once.

What a row costs in a leaf is linear in the sums that the row adds (see `Objective.prices`), so one
loop serves every loss. All of it runs in one thread: the result cannot depend on their number.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit

NOTHING = 1e-9  # the weight of no rows, up to rounding
NONE = 1e300  # the loss of what is not possible; infinite, it could not be compared up to rounding
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
def sum_by_node(codes, row_sums, counts, left, right, feature, code, missing_left, missing):
    """Sum the rows that pass through each node; their counts are the last column."""
    S = row_sums.shape[1]
    sums = np.zeros((len(left), S + 1))
    for i in range(len(row_sums)):
        leaf = step_down(codes, i, 0, left, right, feature, code, missing_left, missing)
        for s in range(S):
            sums[leaf, s] += row_sums[i, s]
        sums[leaf, S] += counts[i]
    for node in range(len(left) - 1, -1, -1):  # children come after their parents
        if left[node] >= 0:
            sums[node] = sums[left[node]] + sums[right[node]]
    return sums


@njit(cache=True, nogil=True)
def part_rows(codes, left, right, feature, code, missing_left, missing):
    """Sort the rows by leaf: node ``v`` is reached by ``order[first[v] : last[v]]``."""
    n, m = len(codes), len(left)
    order = np.arange(n).astype(np.int32)
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


@njit(cache=True, nogil=True)
def sweep(
    codes, columns, row_sums, prices, values, signs, n_bins, missing, worth,
    left, right, feature, code, missing_left, settled,
):  # fmt: skip
    """Choose every split again that is not settled, deepest first; the tree is changed in place.

    A split is settled as long as neither its rows nor anything under it changes. Under signs, a
    change that would put the leaves' `values` out of order is not made.
    """
    m, S = len(left), row_sums.shape[1]
    order, first, last = part_rows(codes, left, right, feature, code, missing_left, missing)
    difference = np.empty(len(codes))
    moved = np.zeros(m, dtype=np.bool_)
    for node in range(m - 1, -1, -1):  # what is above a node changes after it, not before
        if left[node] < 0 or settled[node]:
            continue
        settled[node] = True
        rows = order[first[node] : last[node]]
        if len(rows) == 0:
            continue
        now, j = 0.0, feature[node]
        for r in range(len(rows)):
            i = rows[r]
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
        new = find_cost_split(columns, rows, difference[: len(rows)], n_bins, missing, missing + 1)
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


# ---------------------------------------------------------------- monotone constraints
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


# ---------------------------------------------------------------- two levels at once
@njit(cache=True, nogil=True)
def coarsen(columns, rows, weights, features, n_bins, missing, most):
    """Put the codes of some rows into at most `most` bins of about equal weight a feature.

    Returns the coarse codes, shape (n_features, n_rows), `most` for a missing value; the last
    code in each bin; the number of bins of each feature; and whether values are missing.
    """
    d, n = len(features), len(rows)
    coarse = np.empty((d, n), dtype=np.uint8)
    last = np.zeros((d, most), dtype=np.int64)
    n_coarse = np.zeros(d, dtype=np.int64)
    has_lost = np.zeros(d, dtype=np.bool_)
    bin_of = np.zeros(missing + 1, dtype=np.uint8)
    for f in range(d):
        j = features[f]
        column = columns[j]
        weight = np.zeros(missing + 1)
        for r in range(n):
            weight[column[rows[r]]] += weights[rows[r]]
        has_lost[f] = weight[missing] > NOTHING
        known = weight[: n_bins[j]]
        total, n_used = known.sum(), (known > NOTHING).sum()
        below, at, before = 0.0, -1, -1.0
        for c in range(n_bins[j]):
            if known[c] <= NOTHING:
                continue
            place = at + 1.0 if n_used <= most else np.floor((below + known[c] / 2) * most / total)
            if place != before:
                at, before = at + 1, place
            bin_of[c], last[f, at] = at, c
            below += known[c]
        n_coarse[f] = at + 1
        bin_of[missing] = most
        for r in range(n):
            coarse[f, r] = bin_of[column[rows[r]]]
    return coarse, last, n_coarse, has_lost


@njit(cache=True, nogil=True)
def leaf_loss(cell, K, is_regression, decision_weight, cutoff, floor):
    """Give the loss of a leaf up to a constant per row; see `Objective.leaf_losses`.

    `cell` holds count, weight, weighted targets and weighted decisions.
    """
    w = cell[1]
    if is_regression:
        return -cell[2] * cell[2] / w
    total, length, top = 0.0, 0.0, 0
    for k in range(K):
        share = max(cell[2 + k] / w, floor)
        length += share
        total -= cell[2 + k] * np.log(share)
        if cell[2 + k] > cell[2 + top]:
            top = k
    total += w * np.log(length)
    if decision_weight > 0.0:
        if K == 2:
            top = 1 if cell[3] / w > cutoff else 0
        total += decision_weight * (w - cell[2 + K + top])
    return total


@njit(cache=True, nogil=True)
def second_split(region, n_bins, has_lost, min_rows, total, left, right, loss):
    """Give the lowest loss of two leaves of a region, the last bin on the left, and the side.

    `region` holds the sums of each bin of a feature, missing values in the last; `loss` is what
    `leaf_loss` needs to know.
    """
    S = region.shape[1]
    missing = len(region) - 1
    best, best_bin, best_side = NONE, -1, 0
    for side in range(2 if has_lost else 1):  # 0: missing right, 1: missing left
        for s in range(S):
            left[s] = region[missing, s] if side == 1 else 0.0
        for c in range(n_bins):
            if region[c, 1] <= NOTHING:
                continue
            for s in range(S):
                left[s] += region[c, s]
                right[s] = total[s] - left[s]
            if right[1] <= NOTHING or right[0] < min_rows - 0.5:
                break
            if left[0] < min_rows - 0.5:
                continue
            both = leaf_loss(left, *loss) + leaf_loss(right, *loss)
            if both < best - SAME * abs(best):
                best, best_bin, best_side = both, c, side
    return best, best_bin, best_side


@njit(cache=True, nogil=True)
def try_second(  # noqa: PLR0912
    pair, n_first, n_second, first_lost, second_lost, second, min_rows, best, split, alone, loss,
    regions, cells,
):  # fmt: skip
    """Try all splits on one feature under all splits on another.

    `pair` holds the sums of rows by their bins of both features. `best[c, side, region]` is the
    lowest loss so far of a region made by the first split, `split` how it was reached, `alone`
    the loss of the region as one leaf. `regions` and `cells` are room to work in.
    """
    C, _, S = pair.shape
    total, left, right = cells
    everything, upto, both = regions[0], regions[1], regions[2:]
    everything[:] = 0.0
    upto[:] = 0.0
    for c in range(C):
        for e in range(C):
            for s in range(S):
                everything[e, s] += pair[c, e, s]
    for c in range(n_first):
        for e in range(C):
            for s in range(S):
                upto[e, s] += pair[c, e, s]
        for side in range(2 if first_lost else 1):
            for e in range(C):
                for s in range(S):
                    here = upto[e, s] + (pair[C - 1, e, s] if side == 1 else 0.0)
                    both[0, e, s], both[1, e, s] = here, everything[e, s] - here
            if not (fits(both[0], min_rows) and fits(both[1], min_rows)):
                continue
            for region in range(2):
                for s in range(S):
                    total[s] = 0.0
                    for e in range(C):
                        total[s] += both[region, e, s]
                if alone[c, side, region] == NONE:
                    alone[c, side, region] = leaf_loss(total, *loss)
                found = second_split(
                    both[region], n_second, second_lost, min_rows, total, left, right, loss
                )
                old = best[c, side, region]
                if found[0] < old - SAME * abs(old):
                    best[c, side, region] = found[0]
                    split[c, side, region, 0] = second
                    split[c, side, region, 1] = found[1]
                    split[c, side, region, 2] = found[2]


@njit(cache=True, nogil=True)
def fits(region, min_rows):
    """Tell whether a region has rows enough for a leaf."""
    weight, count = 0.0, 0.0
    for c in range(len(region)):
        count += region[c, 0]
        weight += region[c, 1]
    return weight > NOTHING and count >= min_rows - 0.5


@njit(cache=True, nogil=True)
def look_ahead(coarse, n_coarse, has_lost, channels, most, min_rows, loss):
    """Try every pair of coarse splits, one under the other.

    The sums of rows by their bins of two features give the losses of all splits on one of them
    under all splits on the other. Returns `best`, `split` and `alone` of `try_second` for every
    first feature.
    """
    d, n = coarse.shape
    S, C = channels.shape[1], most + 1
    best = np.full((d, C, 2, 2), NONE)
    alone = np.full((d, C, 2, 2), NONE)
    split = np.full((d, C, 2, 2, 3), -1)
    pair, turned = np.empty((C, C, S)), np.empty((C, C, S))
    regions, cells = np.empty((4, C, S)), np.empty((3, S))
    for a in range(d):
        for b in range(a, d):
            pair[:] = 0.0
            for r in range(n):
                cell = pair[coarse[a, r], coarse[b, r]]
                for s in range(S):
                    cell[s] += channels[r, s]
            try_second(
                pair, n_coarse[a], n_coarse[b], has_lost[a], has_lost[b], b, min_rows,
                best[a], split[a], alone[a], loss, regions, cells,
            )  # fmt: skip
            if a == b:
                continue
            for c in range(C):
                for e in range(C):
                    turned[e, c] = pair[c, e]
            try_second(
                turned, n_coarse[b], n_coarse[a], has_lost[b], has_lost[a], a, min_rows,
                best[b], split[b], alone[b], loss, regions, cells,
            )  # fmt: skip
    return best, split, alone
