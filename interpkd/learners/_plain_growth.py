"""Growing a tree as scikit-learn does, ties included."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from interpkd.learners._binning import between
from interpkd.learners._tree_model import LEAF, TreeModel

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


def grow_plain_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    max_leaf_nodes: int | None,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float,
    random_state: int | np.random.RandomState | None = None,
) -> TreeModel:
    """Grow the tree that scikit-learn grows, for targets without a teacher in them.

    Among hard labels many splits are equally good, and scikit-learn takes one of them at random.
    Whoever asks for labels alone expects its very tree.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Target vectors.

    weights : ndarray of shape (n_samples,)
        Row weights.

    max_leaf_nodes, max_depth : int or None
        Size limits; None for none.

    min_samples_leaf : int
        Fewest rows in a leaf.

    min_impurity_decrease : float
        Smallest decrease of impurity, weighted by the node's share of the weight, that is worth
        a split.

    random_state : int, RandomState instance or None, default=None
        Breaks ties between equally good splits.

    Returns
    -------
    tree : TreeModel
        The tree, thresholds half-way between the values as given.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import grow_plain_tree
    >>> Z = np.arange(8.0)[:, None]
    >>> tree = grow_plain_tree(
    ...     Z, np.where(Z < 3, 1.0, 5.0), np.ones(8), max_leaf_nodes=2, max_depth=None,
    ...     min_samples_leaf=1, min_impurity_decrease=0.0,
    ... )
    >>> float(tree.threshold[0])
    2.5
    """
    grower = DecisionTreeRegressor(
        max_leaf_nodes=max_leaf_nodes,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        min_impurity_decrease=min_impurity_decrease / targets.shape[1],
        random_state=random_state,
    )
    tree = grower.fit(Z, targets, sample_weight=weights).tree_
    inner = tree.children_left != LEAF
    model = TreeModel(
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        feature=np.where(inner, tree.feature, -1).astype(np.int64),
        threshold=np.where(inner, tree.threshold, np.nan),
        missing_left=tree.missing_go_to_left.astype(bool),
        value=tree.value[:, :, 0].copy(),
        weight=tree.weighted_n_node_samples.copy(),
        n_rows=tree.n_node_samples.astype(np.int64),
        # scikit-learn averages the outputs, here they are summed
        impurity=tree.impurity * targets.shape[1],
    )
    return replace(model, threshold=_readable_thresholds(model, Z))


def _readable_thresholds(model: TreeModel, Z: FloatArray) -> FloatArray:
    """Put each threshold half-way between the values it separates, as they were given."""
    threshold = model.threshold.copy()
    todo = [(0, np.arange(len(Z)))]
    while todo:
        node, rows = todo.pop()
        if model.left[node] == LEAF:
            continue
        values = Z[rows, model.feature[node]]
        at_most = values.astype(np.float32) <= threshold[node]
        above = values.astype(np.float32) > threshold[node]
        if at_most.any() and above.any():
            low, high = values[at_most].max(keepdims=True), values[above].min(keepdims=True)
            threshold[node] = between(low, high)[0]
        goes_left = at_most | (np.isnan(values) & model.missing_left[node])
        todo.append((int(model.left[node]), rows[goes_left]))
        todo.append((int(model.right[node]), rows[~goes_left]))
    return threshold
