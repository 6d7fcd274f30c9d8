"""Monotone constraints on a finished tree: which leaves must be ordered, and what they answer then.

Two leaves must be ordered when a row can go from one to the other along a constrained feature
alone. Answers in that order which lose least are an isotonic regression over it; the one of least
squares is also the one of least divergence (Robertson, Wright and Dykstra 1988, section 1.5).
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._tree_model import TreeModel

MANY_LEAVES = 256
"""Above, the isotonic regression is replaced by a rule that is not the best, but quick."""


def pairs_of_codes(tree: CodeTree, n_bins: NDArray[np.int64], signs: NDArray[np.int8]) -> IntArray:
    """Give the pairs of leaves that must be ordered, the lower first, shape (n_pairs, 2)."""
    from interpkd.learners import _search_kernels as kernels

    low, high, lost = kernels.boxes_of_codes(
        tree.left, tree.right, tree.feature, tree.code, tree.missing_left, n_bins
    )
    return np.asarray(kernels.ordered_pairs(tree.left, low, high, lost, signs))


def in_order(model: TreeModel, signs: NDArray[np.int8]) -> TreeModel:
    """Give the tree with leaves that keep the constraints and are nearest to what they were.

    Parameters
    ----------
    model : TreeModel
        A tree of one output, or of the probabilities of two classes; the constraints are about
        the last.

    signs : ndarray of shape (n_features,)
        1, 0 or -1 per feature.

    Returns
    -------
    model : TreeModel
        The same splits; between known values that differ in one feature alone, the last output
        rises or falls as the feature's sign says.
    """
    from interpkd.learners import _search_kernels as kernels

    low, high, lost = kernels.boxes_of_values(
        model.left, model.right, model.feature, model.threshold, model.missing_left, len(signs)
    )
    pairs = kernels.ordered_pairs(model.left, low, high, lost, signs)
    last = ordered_values(model.value[:, -1], model.weight, pairs)
    return replace(model, value=with_last(model.value, last))


def with_last(answers: FloatArray, last: FloatArray) -> FloatArray:
    """Give the answers with others in the last column; of two classes the first is the rest."""
    if answers.shape[1] == 1:
        return last[:, None]
    changed = answers[:, -1] != last
    return np.where(changed[:, None], np.column_stack([1 - last, last]), answers)


def ordered_values(values: FloatArray, weights: FloatArray, pairs: IntArray) -> FloatArray:
    """Give the values in some order that are nearest to given ones in weighted squares.

    Parameters
    ----------
    values, weights : ndarray of shape (n_nodes,)
        What the nodes would answer, and their weights.

    pairs : ndarray of shape (n_pairs, 2)
        The node in the first column must not be above that in the second.

    Returns
    -------
    values : ndarray of shape (n_nodes,)
        Exactly in order.
    """
    if (values[pairs[:, 0]] <= values[pairs[:, 1]]).all():
        return values
    nodes, where = np.unique(pairs, return_inverse=True)
    edges = where.reshape(pairs.shape)
    nearest = _quickly if len(nodes) > MANY_LEAVES else _isotonic
    result = values.copy()
    result[nodes] = nearest(values[nodes], np.maximum(weights[nodes], 1e-12), edges)
    while (result[pairs[:, 0]] > result[pairs[:, 1]]).any():  # rounding alone
        np.maximum.at(result, pairs[:, 1], result[pairs[:, 0]])
    return result


def _isotonic(values: FloatArray, weights: FloatArray, edges: IntArray) -> FloatArray:
    """Solve the dual: how hard each pair must push, at least 0."""
    before = np.zeros((len(values), len(values)), dtype=np.float32)
    before[edges[:, 0], edges[:, 1]] = 1
    needed = (before > 0) & (before @ before == 0)  # the others follow from two of them
    low, high = np.nonzero(needed)
    push = np.zeros((len(values), len(low)))
    push[low, np.arange(len(low))], push[high, np.arange(len(low))] = -1, 1
    root = np.sqrt(weights)
    force, _ = nnls(push / root[:, None], -root * values, maxiter=100 * len(low))
    moved: FloatArray = values + push @ force / weights
    return moved


def _quickly(values: FloatArray, weights: FloatArray, edges: IntArray) -> FloatArray:
    """Give the middle between the highest value below and the lowest above."""
    del weights
    highest, lowest = values.copy(), values.copy()
    while (highest[edges[:, 0]] > highest[edges[:, 1]]).any():
        np.maximum.at(highest, edges[:, 1], highest[edges[:, 0]])
    while (lowest[edges[:, 0]] > lowest[edges[:, 1]]).any():
        np.minimum.at(lowest, edges[:, 0], lowest[edges[:, 1]])
    return (highest + lowest) / 2
