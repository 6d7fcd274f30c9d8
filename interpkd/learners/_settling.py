"""Settling the thresholds of a tree that was grown on many rows.

A greedy split is placed for two leaves, and then grows more. Once the tree stands, each threshold
is placed again for the leaves that are there, deepest first, features and answers held still: one
sweep of tree alternating optimisation (Carreira-Perpiñán and Tavallali 2018) over the thresholds
alone, on some of the rows. It wins back more than the coarseness of quantiles loses.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._threads import share
from interpkd.learners._tree_model import LEAF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._tree_growth import Grower


ROWS = 200_000
"""About so many rows say where the thresholds are best."""


def settle(grower: Grower) -> None:
    """Place the thresholds of a grown tree again, if that lowers the squared error on all rows.

    Parameters
    ----------
    grower : Grower
        After growing from one root of all rows, without constraints.
    """
    nodes, data = grower.nodes, grower.data
    codes = _settled_codes(grower)
    for node in nodes:
        node.rows = node.rows[:0].copy()  # nobody asks for them again
    least = max(grower.limits.min_samples_leaf, 1) - 0.5
    above = {child: node.number for node in nodes for child in (node.left, node.right)}
    while True:
        rows_of = _parted(grower, codes)
        sums = {leaf: data.sums(own) for leaf, own in rows_of.items()}
        thin = [leaf for leaf in sums if sums[leaf][0] < least]
        if not thin:
            break
        for leaf in thin:  # with the old thresholds on its path it has its old rows
            at = leaf
            while at != 0:
                at = above[at]
                codes[at] = nodes[at].code
    if _loss(sums.values()) >= _loss([n.sums for n in nodes if n.left == LEAF]):
        return
    for node in reversed(nodes):
        if node.left == LEAF:
            node.sums = sums[node.number]
            continue
        node.sums = nodes[node.left].sums + nodes[node.right].sums
        if codes[node.number] != node.code:
            node.code = int(codes[node.number])
            node.threshold = float(data.binned.thresholds[node.feature][node.code])


def _parted(grower: Grower, codes: IntArray) -> dict[int, NDArray[np.int32]]:
    """Give the rows of each leaf under other codes."""
    nodes, data = grower.nodes, grower.data
    rows_of = {0: np.arange(len(data.weighted), dtype=np.int32)}
    for node in nodes:  # parents before children
        if node.left != LEAF:
            rows_of[node.left], rows_of[node.right] = data.part(
                rows_of.pop(node.number),
                node.feature,
                int(codes[node.number]),
                missing_left=node.missing_left,
            )
    return rows_of


def _loss(sums: Iterable[FloatArray]) -> float:
    """Give the squared error of leaves, up to what is the same for all trees."""
    return float(-sum(one[3:] @ one[3:] / one[1] for one in sums))


def _settled_codes(grower: Grower) -> IntArray:
    """Give the last code on the left of each split, placed again."""
    nodes, data = grower.nodes, grower.data
    left, right = np.array([n.left for n in nodes]), np.array([n.right for n in nodes])
    feature, code = np.array([n.feature for n in nodes]), np.array([n.code for n in nodes])
    missing_left = np.array([n.missing_left for n in nodes], dtype=np.bool_)
    answers = np.array([n.mean for n in nodes])
    step = max(sum(len(n.rows) for n in nodes) // ROWS, 1)
    below: dict[int, list[NDArray[np.int32]]] = {}
    for node in reversed(nodes):  # children before parents
        if node.left == LEAF:
            below[node.number] = [node.rows[::step]]
            continue
        below[node.number] = below.pop(node.left) + below.pop(node.right)
        rows = np.concatenate(below[node.number])
        n_blocks = -(-len(rows) // data.kernels.BLOCK)
        parts = np.zeros((n_blocks, data.binned.missing + 1))
        tree = node.number, left, right, feature, code, missing_left, data.binned.missing, answers
        given = data.binned.codes, data.weighted, data.weights, rows, *tree, parts

        share(partial(data.kernels.sum_differences, *given), n_blocks)
        # what the split would cost with each code as the last on the left, up to a constant
        costs = np.cumsum(parts.sum(axis=0)[: len(data.binned.thresholds[node.feature])])
        if node.code < len(costs) and costs.min() < costs[node.code]:
            code[node.number] = costs.argmin()
    return code
