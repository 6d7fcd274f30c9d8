"""Settling the thresholds of a tree that was grown on many rows.

A greedy split is placed for two leaves, and then grows more. Once the tree stands, each threshold
is placed again for the leaves that are there, deepest first, features and answers held still: one
sweep of tree alternating optimisation (Carreira-Perpiñán and Tavallali 2018) over the thresholds
alone, on the sketch of the rows. It wins back more than the coarseness of quantiles loses. One pass
over all rows judges the result, and one more for each time that a leaf is found to be short of rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._threads import share
from interpkd.learners._tree_model import LEAF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._growth_blocks import GrowthBlocks
    from interpkd.learners._sketch import Sketch
    from interpkd.learners._tree_growth import Grower


def settle(grower: Grower, data: GrowthBlocks, sketch: Sketch) -> None:
    """Place the thresholds of a grown tree again, if that lowers the squared error on all rows.

    Parameters
    ----------
    grower : Grower
        After growing from one root of all rows, without constraints.

    data : GrowthBlocks
        What it grew on.

    sketch : Sketch
        Of the rows, as codes.
    """
    nodes = grower.nodes
    tree = grower.code_tree_in_order()
    codes = _settled_codes(tree, np.array([node.mean for node in nodes]), data, sketch)
    least = max(grower.limits.min_samples_leaf, 1) - 0.5
    above = {child: node.number for node in nodes for child in (node.left, node.right)}
    while True:
        ((sums, _),) = data.leaf_sums([replace(tree, code=codes)])
        thin = [leaf for leaf in tree.leaves if sums[leaf, 0] < least]
        if not thin:
            break
        for leaf in thin:  # with the old thresholds on its path it has its old rows
            at = int(leaf)
            while at != 0:
                at = above[at]
                codes[at] = nodes[at].code
    if _loss(sums[tree.leaves]) >= _loss([nodes[leaf].sums for leaf in tree.leaves]):
        return
    for node in reversed(nodes):
        if node.left == LEAF:
            node.sums = sums[node.number]
            continue
        node.sums = nodes[node.left].sums + nodes[node.right].sums
        if codes[node.number] != node.code:
            node.code = int(codes[node.number])
            node.threshold = float(data.binned.thresholds[node.feature][node.code])


def _loss(sums: Iterable[FloatArray]) -> float:
    """Give the squared error of leaves, up to what is the same for all trees."""
    return float(-sum(one[3:] @ one[3:] / one[1] for one in sums))


def _settled_codes(
    tree: CodeTree, answers: FloatArray, data: GrowthBlocks, sketch: Sketch
) -> IntArray:
    """Give the last code on the left of each split, placed again."""
    kernels, missing = data.kernels, data.binned.missing
    below = _rows_of(tree, sketch, data)
    code = tree.code.copy()
    for node in tree.inner[::-1]:  # children before parents
        below[node] = np.concatenate([below.pop(tree.left[node]), below.pop(tree.right[node])])
        rows = below[node]
        n_blocks = -(-len(rows) // kernels.BLOCK)
        parts = np.zeros((n_blocks, missing + 1))
        splits = node, tree.left, tree.right, tree.feature, code, tree.missing_left
        given = sketch.Z, sketch.sums, sketch.weights, rows, *splits, missing, answers, parts
        share(partial(kernels.sum_differences, *given), n_blocks)
        # what the split would cost with each code as the last on the left, up to a constant
        costs = np.cumsum(parts.sum(axis=0)[: len(data.binned.thresholds[tree.feature[node]])])
        if code[node] < len(costs) and costs.min() < costs[code[node]]:
            code[node] = costs.argmin()
    return code


def _rows_of(tree: CodeTree, sketch: Sketch, data: GrowthBlocks) -> dict[int, IntArray]:
    """Give the rows of the sketch that reach each leaf."""
    leaf = np.empty(len(sketch), dtype=np.int64)
    splits = tree.left, tree.right, tree.feature, tree.code, tree.missing_left
    data.kernels.pass_codes(sketch.Z, *splits, data.binned.missing, leaf)
    order = np.argsort(leaf, kind="stable")
    ends = np.searchsorted(leaf[order], np.arange(len(tree.left)), side="right")
    parts = np.split(order, ends)
    return {int(one): parts[one] for one in tree.leaves}
