"""The inner loops of looking two splits ahead: sums by pairs of bins, and the best split of each."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np
from numba import njit

NOTHING = 1e-9  # the weight of no rows, up to rounding
NONE = 1e300  # the loss of what is not possible; infinite, it could not be compared up to rounding
SAME = 1e-12  # share by which scores differ from rounding alone: the first of equals is taken


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
