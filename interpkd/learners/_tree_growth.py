"""Growing a tree on soft targets."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from interpkd.exceptions import InvalidInputError
from interpkd.learners._tree_model import LEAF, TreeModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray


def grow_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    max_leaf_nodes: int | None,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float,
    monotonic_cst: NDArray[np.int8] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> TreeModel:
    """Grow a tree best-first on target vectors.

    The criterion is squared error, summed over outputs. On probability vectors that is the Gini
    criterion of rows labelled by chance with their soft targets: a row with target ``p``
    contributes as much as rows of every class ``k`` with weight ``p[k]``.

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

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        1, 0 or -1 per feature: the single output may only rise, is free, may only fall.

    random_state : int, RandomState instance or None, default=None
        Breaks ties between equally good splits.

    Returns
    -------
    tree : TreeModel
        The tree, values as in the leaves after constraints.

    Raises
    ------
    InvalidInputError
        If constraints are given together with several outputs or with missing values.
    """
    if monotonic_cst is not None and not monotonic_cst.any():
        monotonic_cst = None
    if monotonic_cst is not None and np.isnan(Z).any():
        column = int(np.isnan(Z).any(axis=0).argmax())
        msg = (
            "The 'monotonic_cst' parameter cannot be combined with missing values yet; column "
            f"{column} has some. Impute them first."
        )
        raise InvalidInputError(msg)
    grower = DecisionTreeRegressor(
        max_leaf_nodes=max_leaf_nodes,
        max_depth=max_depth,
        min_samples_leaf=min_samples_leaf,
        min_impurity_decrease=min_impurity_decrease / targets.shape[1],
        monotonic_cst=monotonic_cst,
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
    """Put each threshold half-way between the values it separates, as they were given.

    scikit-learn takes the middle of the values rounded to float32, so that halfway between 16.78
    and 16.81 reads 16.795000076293945. Twelve digits of the true middle send every row to the
    same side, also after rounding to float32, or the threshold is left as it is.
    """
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
            low, high = values[at_most].max(), values[above].min()
            middle = float(f"{low / 2 + high / 2:.12g}")
            if max(low, np.float32(low)) <= middle < min(high, np.float32(high)):
                threshold[node] = middle
        goes_left = at_most | (np.isnan(values) & model.missing_left[node])
        todo.append((int(model.left[node]), rows[goes_left]))
        todo.append((int(model.right[node]), rows[~goes_left]))
    return threshold
