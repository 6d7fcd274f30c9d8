"""Leaves that are short of rows: their answers from more rows that reach them.

A leaf's answer is a mean over its rows, and the mean of a few is uncertain. The teacher can be asked
about more rows near those; the tree stays as it is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._fit_tree import with_means
from interpkd.learners._monotone import in_order
from interpkd.learners._tree_model import LEAF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.learners._tree_model import TreeModel

ENOUGH_ROWS = 300
"""A leaf with fewer rows is short of them: a share of one half is then known to about 0.03."""


def missing_rows(model: TreeModel, Z: FloatArray) -> IntArray:
    """Tell how many rows each leaf lacks.

    Parameters
    ----------
    model : TreeModel
        A tree.

    Z : ndarray of shape (n_rows, n_features)
        Rows that it was fitted to.

    Returns
    -------
    n_missing : ndarray of shape (n_nodes,)
        0 for a leaf with `ENOUGH_ROWS`, and for inner nodes.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import grow_tree, missing_rows
    >>> Z = np.arange(12.0)[:, None]
    >>> p = np.where(Z < 10, 0.9, 0.2)  # of the first class
    >>> size = {"max_leaf_nodes": 2, "max_depth": None, "min_samples_leaf": 1}
    >>> tree = grow_tree(Z, np.hstack([p, 1 - p]), None, **size, min_impurity_decrease=0.0)
    >>> missing_rows(tree, Z)[1:] > 0  # twelve rows are too few for two leaves
    array([ True,  True])
    """
    reached = np.bincount(model.apply(Z), minlength=len(model.left))
    return np.where(model.left == LEAF, np.maximum(ENOUGH_ROWS - reached, 0), 0)


def wanted_rows(model: TreeModel, Z: FloatArray, n_missing: IntArray) -> BoolArray:
    """Choose the first rows that reach a leaf which lacks some.

    Parameters
    ----------
    model : TreeModel
        A tree.

    Z : ndarray of shape (n_rows, n_features)
        Rows to choose from.

    n_missing : ndarray of shape (n_nodes,)
        How many each leaf lacks.

    Returns
    -------
    is_wanted : ndarray of bool of shape (n_rows,)
        At most as many of each leaf as it lacks.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import grow_tree, wanted_rows
    >>> Z = np.arange(12.0)[:, None]
    >>> p = np.where(Z < 10, 0.9, 0.2)  # of the first class
    >>> size = {"max_leaf_nodes": 2, "max_depth": None, "min_samples_leaf": 1}
    >>> tree = grow_tree(Z, np.hstack([p, 1 - p]), None, **size, min_impurity_decrease=0.0)
    >>> more = np.array([[3.0], [11.0], [4.0]])
    >>> wanted_rows(tree, more, np.array([0, 1, 5]))  # one for the first leaf
    array([ True,  True, False])
    """
    leaf = model.apply(Z)
    order = np.argsort(leaf, kind="stable")
    place = np.arange(len(leaf)) - np.searchsorted(leaf[order], leaf[order])  # among its leaf's
    is_wanted = np.empty(len(leaf), dtype=np.bool_)
    is_wanted[order] = place < n_missing[leaf[order]]
    return is_wanted


def fill_leaves(
    model: TreeModel,
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    n_old: int,
    *,
    monotonic_cst: NDArray[np.int8] | None = None,
) -> TreeModel:
    """Take the answers of leaves from more rows.

    Parameters
    ----------
    model : TreeModel
        A tree.

    Z : ndarray of shape (n_rows, n_features)
        The rows that it was fitted to, and below them the new ones.

    targets : ndarray of shape (n_rows, n_outputs)
        Their targets.

    weights : ndarray of shape (n_rows,)
        Their weights, above 0. In each leaf all are scaled so that the leaf weighs what it did.

    n_old : int
        Number of rows that the tree was fitted to.

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        Monotone constraints on the last output, as of `fit_tree`.

    Returns
    -------
    model : TreeModel
        The same splits; values are means over all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fill_leaves, grow_tree
    >>> Z = np.arange(12.0)[:, None]
    >>> p = np.where(Z < 10, 0.9, 0.2)  # of the first class
    >>> size = {"max_leaf_nodes": 2, "max_depth": None, "min_samples_leaf": 1}
    >>> tree = grow_tree(Z, np.hstack([p, 1 - p]), None, **size, min_impurity_decrease=0.0)
    >>> rows, targets = np.vstack([Z, [[11.0], [11.0]]]), np.vstack([np.hstack([p, 1 - p])] + 2 * [[0.4, 0.6]])
    >>> filled = fill_leaves(tree, rows, targets, np.ones(14), n_old=12)
    >>> tree.value[2].round(2), filled.value[2].round(2)
    (array([0.2, 0.8]), array([0.3, 0.7]))
    """
    leaf = model.apply(Z)
    before = np.bincount(leaf[:n_old], weights[:n_old], len(model.left))
    after = np.bincount(leaf, weights, len(model.left))
    model = with_means(model, Z, targets, weights * (before / np.maximum(after, 1e-300))[leaf])
    return model if monotonic_cst is None else in_order(model, monotonic_cst)
