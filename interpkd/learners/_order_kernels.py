"""The inner loops of monotone constraints: which leaves must be ordered, and whether they are."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit


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
