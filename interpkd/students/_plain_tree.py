"""Genuine scikit-learn trees, filled with numbers that were fitted elsewhere.

The only module, beside `_validation`, that uses a private name of scikit-learn: the tree's state.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.tree._tree import NODE_DTYPE, TREE_LEAF, TREE_UNDEFINED, Tree

from interpkd.learners import LEAF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners import TreeModel


def plain_classifier(
    model: TreeModel, proba: FloatArray, classes: NDArray[Any], n_features: int, **params: Any
) -> DecisionTreeClassifier:
    """Fill a `DecisionTreeClassifier`.

    Parameters
    ----------
    model : TreeModel
        Structure and sizes of the tree.

    proba : ndarray of shape (n_nodes, n_classes)
        Class distribution of each node.

    classes : ndarray of shape (n_classes,)
        The classes.

    n_features : int
        Number of columns of the matrix.

    **params : dict
        Parameters of the classifier, for the record.

    Returns
    -------
    tree : DecisionTreeClassifier
        As if fitted on rows labelled by chance with their soft targets; impurities are the Gini
        impurities of `proba`.
    """
    tree = DecisionTreeClassifier(**params)
    tree.classes_ = classes
    tree.n_classes_ = np.intp(len(classes))
    gini = 1 - (proba**2).sum(axis=1)
    counts = np.array([len(classes)], dtype=np.intp)
    return _fill(tree, model, proba[:, None, :], gini, counts, n_features)


def plain_regressor(
    model: TreeModel, value: FloatArray, n_features: int, **params: Any
) -> DecisionTreeRegressor:
    """Fill a `DecisionTreeRegressor`.

    Parameters
    ----------
    model : TreeModel
        Structure and sizes of the tree.

    value : ndarray of shape (n_nodes,)
        Prediction of each node.

    n_features : int
        Number of columns of the matrix.

    **params : dict
        Parameters of the regressor, for the record.

    Returns
    -------
    tree : DecisionTreeRegressor
        As if fitted on the teacher's predictions.
    """
    tree = DecisionTreeRegressor(**params)
    counts = np.array([1], dtype=np.intp)
    return _fill(tree, model, value[:, None, None], model.impurity, counts, n_features)


def _fill(
    estimator: Any,
    model: TreeModel,
    values: FloatArray,
    impurity: FloatArray,
    n_classes: NDArray[np.intp],
    n_features: int,
) -> Any:
    inner = model.left != LEAF
    nodes = np.zeros(len(model.left), dtype=NODE_DTYPE)
    nodes["left_child"] = np.where(inner, model.left, TREE_LEAF)
    nodes["right_child"] = np.where(inner, model.right, TREE_LEAF)
    nodes["feature"] = np.where(inner, model.feature, TREE_UNDEFINED)
    nodes["threshold"] = np.where(inner, model.threshold, TREE_UNDEFINED)
    nodes["impurity"] = impurity
    nodes["n_node_samples"] = model.n_rows
    nodes["weighted_n_node_samples"] = model.weight
    nodes["missing_go_to_left"] = inner & model.missing_left
    estimator.tree_ = Tree(n_features, n_classes, 1)
    estimator.tree_.__setstate__(
        {
            "max_depth": int(_depths(model).max()),
            "node_count": len(nodes),
            "nodes": nodes,
            "values": np.ascontiguousarray(values, dtype=np.float64),
        }
    )
    estimator.n_features_in_ = estimator.max_features_ = n_features
    estimator.n_outputs_ = 1
    return estimator


def _depths(model: TreeModel) -> IntArray:
    depth = np.zeros(len(model.left), dtype=np.int64)
    for node in np.flatnonzero(model.left != LEAF):  # parents come before their children
        depth[model.left[node]] = depth[model.right[node]] = depth[node] + 1
    return depth
