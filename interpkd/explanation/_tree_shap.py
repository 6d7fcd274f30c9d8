"""Exact SHAP values of trees and forests, leaf by leaf.

A leaf's game is simple: with some columns from the explained row and the rest from a background
row, the mixed row arrives if every column on the path holds a value that may pass. Columns where
both rows pass do not matter. If the explained row alone passes on `a` columns and the background
row alone on `b`, the coalition must hold all of the first and none of the second, and the Shapley
values of such a game have a closed form (Lundberg et al. 2020, "interventional TreeSHAP"). A tree
is the sum of its leaves.

shap's own TreeExplainer computes the same sum, but version 0.51 was seen to miss it on deep trees,
and its "probability" output for boosted trees adds up without being the Shapley values of the
probability: it rescales those of the log-odds. So it is not used here.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from functools import cache
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.tree import BaseDecisionTree

from interpkd._asking import select_columns, trained_names
from interpkd._optional import is_instance_of_name
from interpkd._structure import leaf_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray

FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
)

WRAPPERS = {
    "interpkd.teachers._as_teacher._Frozen": "model",
    "interpkd.teachers._tabular._Tabular": "model_",
}
"""Teachers that only hand a table on, and where they keep the model that answers."""


def tree_shap(tree: Any, background: FloatArray, Z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute exact SHAP values of a tree.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        The arrays of a fitted tree of one output, its `tree_`.

    background : ndarray of shape (n_background, n_columns)
        The background, encoded.

    Z : ndarray of shape (n_samples, n_columns)
        The rows, encoded.

    Returns
    -------
    values : ndarray of shape (n_samples, n_columns, n_outputs)
        SHAP values.

    base : ndarray of shape (n_outputs,)
        Mean answer over the background.
    """
    answers = tree.value[:, 0, :]
    values = np.zeros((*Z.shape, answers.shape[1]))
    base = np.zeros(answers.shape[1])
    for leaf, reach in leaf_paths(tree):
        columns = [*reach]
        if not columns:  # a tree that never splits
            return values, answers[leaf]
        own = _patterns(np.array([reach[i].holds(Z[:, i]) for i in columns]))
        other = _patterns(np.array([reach[i].holds(background[:, i]) for i in columns]))
        share = np.bincount(other[1], minlength=len(other[0])) / len(background)
        base += share[other[0].all(axis=1)].sum() * answers[leaf]
        part = _leaf_shap(own[0], other[0], share)[own[1]]
        values[:, columns] += part[:, :, None] * answers[leaf]
    return values, base


def path_shap(tree: Any, background: FloatArray, z: FloatArray, players: set[int]) -> FloatArray:
    """Compute exact Shapley values of some columns, where all others are the background's.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        The arrays of a fitted tree of one output, its `tree_`.

    background : ndarray of shape (n_background, n_columns)
        The background, encoded.

    z : ndarray of shape (n_columns,)
        The row, encoded.

    players : set of int
        Columns that a coalition may hold, those on the row's path for instance.

    Returns
    -------
    values : ndarray of shape (n_columns, n_outputs)
        0 for a column that is no player.
    """
    answers = tree.value[:, 0, :]
    values = np.zeros((len(z), answers.shape[1]))
    for leaf, reach in leaf_paths(tree):
        columns = [i for i in reach if i in players]
        arrives = np.ones(len(background), dtype=bool)
        for i in reach.keys() - players:
            arrives &= reach[i].holds(background[:, i])
        if not columns or not arrives.any():
            continue
        own = np.array([reach[i].holds(z[[i]]) for i in columns]).T
        passes = np.array([reach[i].holds(background[arrives, i]) for i in columns])
        other, which = _patterns(passes)
        share = np.bincount(which, minlength=len(other)) / len(background)
        values[columns] += _leaf_shap(own, other, share)[0][:, None] * answers[leaf]
    return values


def forest_shap(
    teacher: Any, names: Sequence[str], background: FloatArray, Z: FloatArray
) -> tuple[FloatArray, FloatArray] | str:
    """Compute exact SHAP values of a teacher that is a tree or a forest.

    Parameters
    ----------
    teacher : fitted estimator
        The teacher.

    names : sequence of str
        Names of the columns of the matrices.

    background : ndarray of shape (n_background, n_columns)
        The background, numbers only.

    Z : ndarray of shape (n_samples, n_columns)
        The rows, numbers only.

    Returns
    -------
    answer : (values, base) or str
        As `tree_shap` gives them, one output per class of the teacher; or the reason, in words,
        why there is no exact way.
    """
    order = list(range(len(names)))
    while True:
        trained = trained_names(teacher)
        if trained is not None:
            order = [order[i] for i in _positions(names, trained)]
            names = trained
        inner = _unwrap(teacher)
        if inner is teacher:
            break
        teacher = inner
    if isinstance(teacher, FORESTS):
        trees = [one.tree_ for one in teacher.estimators_]
    elif isinstance(teacher, BaseDecisionTree):
        trees = [teacher.tree_]
    else:
        return f"{type(teacher).__name__} is no tree or forest of scikit-learn"
    if teacher.n_outputs_ != 1:
        return f"this {type(teacher).__name__} has {teacher.n_outputs_} outputs"
    sums = [tree_shap(tree, background[:, order], Z[:, order]) for tree in trees]
    values = np.zeros((*Z.shape, len(sums[0][1])))
    values[:, order] = np.mean([part for part, _ in sums], axis=0)
    return values, np.mean([base for _, base in sums], axis=0)


def _patterns(passes: Any) -> tuple[Any, Any]:
    """Give the different rows of a (n_columns, n_samples) table of bools, and which is whose."""
    packed = np.ascontiguousarray(np.packbits(passes, axis=0).T)  # much faster than axis=0
    keys = packed.view(f"S{packed.shape[1]}").ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return passes.T[first], which


def _leaf_shap(own: Any, other: Any, share: FloatArray) -> FloatArray:
    """Give the Shapley values of arriving at a leaf, shape (n_own, n_columns)."""
    n_columns = own.shape[1]
    a, b = _counts(own, ~other), _counts(~own, other)
    weight = np.where(_counts(~own, ~other) > 0, 0.0, share)  # where neither passes none arrives
    with_own, with_other = _weights(n_columns)
    return own * ((weight * with_own[a, b]) @ ~other) - ~own * ((weight * with_other[a, b]) @ other)


def _counts(one: Any, two: Any) -> Any:
    return one.astype(np.intp) @ two.T.astype(np.intp)


@cache
def _weights(n_columns: int) -> tuple[FloatArray, FloatArray]:
    """Give the shares of a column that must, and of one that must not, be in the coalition."""
    with_own, with_other = np.zeros((2, n_columns + 1, n_columns + 1))
    for a in range(n_columns + 1):
        for b in range(n_columns + 1 - a):
            if a:
                with_own[a, b] = factorial(a - 1) * factorial(b) / factorial(a + b)
            if b:
                with_other[a, b] = factorial(a) * factorial(b - 1) / factorial(a + b)
    return with_own, with_other


def _unwrap(teacher: Any) -> Any:
    """Give the model inside one wrapper, or the teacher itself."""
    if isinstance(teacher, FrozenEstimator):
        return teacher.estimator
    for wrapper, attribute in WRAPPERS.items():
        if is_instance_of_name(teacher, wrapper):
            return getattr(teacher, attribute)
    return teacher


def _positions(names: Sequence[str], wanted: list[str]) -> list[int]:
    """Give the position of each wanted column, found as `ask` finds it."""
    import pandas as pd

    places = pd.DataFrame([range(len(names))], columns=[*names])
    return select_columns(places, wanted).iloc[0].tolist()
