"""From a transfer set to a tree: bin, grow or search, and read the tree off in values."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._binning import between, bin_rows
from interpkd.learners._objective import Objective
from interpkd.learners._tree_growth import NO_LIMIT, Limits
from interpkd.learners._tree_model import LEAF, TreeModel
from interpkd.learners._tree_refinement import Refiner
from interpkd.learners._tree_search import EFFORTS, search_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray
    from interpkd.learners._code_tree import CodeTree


def fit_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    is_regression: bool,
    max_leaf_nodes: int,
    max_depth: int | None,
    min_samples_leaf: int,
    effort: str,
    decision_weight: float | None,
    cutoff: float,
    random_state: np.random.RandomState,
    progress: Callable[[int, int], object] | None = None,
) -> TreeModel:
    """Search for the tree of a given size that imitates the targets best.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Class probabilities, or the values of a regression in one column.

    weights : ndarray of shape (n_samples,)
        Row weights, above 0.

    is_regression : bool
        What the targets are.

    max_leaf_nodes : int
        Most leaves.

    max_depth : int or None
        Most conditions along a path; None for no limit.

    min_samples_leaf : int
        Fewest rows in a leaf.

    effort : {"refined", "balanced", "thorough"}
        How hard to search.

    decision_weight : float or None
        What one disagreement of decisions costs, in nats; None to set it from the data.

    cutoff : float
        With two classes the second is decided above it.

    random_state : RandomState
        Draws the perturbations.

    progress : callable or None, default=None
        Called with the steps done and all steps.

    Returns
    -------
    tree : TreeModel
        The best tree that was found; its values are mean targets.
    """
    binned = bin_rows(Z, weights)
    objective = Objective.make(targets, weights, is_regression=is_regression, cutoff=cutoff)
    limits = Limits(
        max_leaf_nodes, NO_LIMIT if max_depth is None else max_depth, min_samples_leaf, 0.0
    )
    tree = search_tree(
        binned,
        objective,
        limits,
        effort=EFFORTS[effort],
        decision_weight=decision_weight,
        random_state=random_state,
        progress=progress,
    )
    return _in_values(tree, Refiner(binned, objective, min_samples_leaf), Z, targets, weights)


def _in_values(
    tree: CodeTree, refiner: Refiner, Z: FloatArray, targets: FloatArray, weights: FloatArray
) -> TreeModel:
    """Give thresholds, means and sizes of a tree on codes."""
    rows_of = refiner.rows_of(tree)
    n_nodes = len(tree.left)
    threshold = np.full(n_nodes, np.nan)
    missing_left = tree.missing_left.copy()
    for node in tree.inner:
        threshold[node] = _threshold(tree, int(node), refiner, Z, rows_of[int(node)])
        if not np.isnan(Z[rows_of[int(node)], tree.feature[node]]).any():
            # nothing is known of missing values here: they follow the larger side
            n_left = len(rows_of[int(tree.left[node])])
            missing_left[node] = 2 * n_left > len(rows_of[int(node)])
    value = np.empty((n_nodes, targets.shape[1]))
    weight, impurity = np.empty(n_nodes), np.empty(n_nodes)
    for node in range(n_nodes):
        w, t = weights[rows_of[node]], targets[rows_of[node]]
        weight[node] = w.sum()
        value[node] = w @ t / weight[node]
        impurity[node] = w @ ((t - value[node]) ** 2).sum(axis=1) / weight[node]
    is_inner = tree.left != LEAF
    return TreeModel(
        left=tree.left,
        right=tree.right,
        feature=np.where(is_inner, tree.feature, -1),
        threshold=threshold,
        missing_left=is_inner & missing_left,
        value=value,
        weight=weight,
        n_rows=np.array([len(rows_of[node]) for node in range(n_nodes)]),
        impurity=impurity,
    )


def _threshold(tree: CodeTree, node: int, refiner: Refiner, Z: FloatArray, rows: object) -> float:
    """Give the threshold between the values that a split parts; infinite for missing or not."""
    values = Z[rows, tree.feature[node]]
    codes = refiner.binned.codes[rows, tree.feature[node]]
    known = codes != refiner.binned.missing
    low, high = values[known & (codes <= tree.code[node])], values[codes > tree.code[node]]
    high = high[~np.isnan(high)]
    if not len(high):
        return np.inf
    if not len(low):
        return -np.inf
    return float(between(low.max(keepdims=True), high.min(keepdims=True))[0])
