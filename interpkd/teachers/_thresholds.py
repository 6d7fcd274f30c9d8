"""Where a tree ensemble may change its mind: the thresholds of its splits.

Along one column, the others held still, an ensemble of trees is constant between two neighbouring
thresholds. Somewhere between two values of the data a student must put its own threshold; where
the teacher has one there, that is the place at which the teacher's answer changes.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd._optional import is_instance_of_name
from interpkd.teachers._as_teacher import FrozenClassifier, FrozenRegressor
from interpkd.teachers._tabular import TabularClassifier, TabularRegressor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

    Splits = Iterator[tuple[NDArray[np.int64], FloatArray]]

TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
HISTOGRAM_BOOSTERS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
ENSEMBLES = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)


def split_thresholds(teacher: Any, names: Sequence[str] | None = None) -> list[FloatArray] | None:
    """Give the thresholds at which a tree ensemble splits each of its columns.

    Parameters
    ----------
    teacher : estimator
        A fitted teacher; a frozen one is looked into.

    names : sequence of str or None, default=None
        Columns of the table in their order, for a teacher that was trained on named columns in
        another order. None for the teacher's own order.

    Returns
    -------
    thresholds : list of ndarray, or None
        Per column, rising and without repetition: values up to and with the threshold go one
        way, values above it the other. Splits on categories are left out. None for a teacher
        that is not a tree, forest or booster of scikit-learn, XGBoost or LightGBM, and for one
        that rearranges its columns before it splits them.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.teachers import split_thresholds
    >>> tree = DecisionTreeClassifier().fit([[1.0, 0.0], [2.0, 0.0]], [0, 1])
    >>> [column.tolist() for column in split_thresholds(tree)]
    [[1.5], []]
    """
    model = _core(teacher)
    splits = _splits(model)
    n_columns = getattr(model, "n_features_in_", None)
    if splits is None or n_columns is None:
        return None
    parts = list(splits)
    feature = np.concatenate([one for one, _ in parts]) if parts else np.empty(0, np.int64)
    threshold = np.concatenate([one for _, one in parts]) if parts else np.empty(0)
    own = [np.unique(threshold[feature == j]) for j in range(n_columns)]
    return _in_order(own, getattr(model, "feature_names_in_", None), names)


def _core(teacher: Any) -> Any:
    """Unwrap what asks a model without changing its numeric columns."""
    while True:
        if isinstance(teacher, (FrozenClassifier, FrozenRegressor)):
            teacher = teacher.model
        elif isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif isinstance(teacher, (TabularClassifier, TabularRegressor)):
            teacher = teacher.model_
        else:
            return teacher


def _splits(model: Any) -> Splits | None:
    """Give feature and threshold of every numeric split, tree by tree."""
    if isinstance(model, TREES):
        return _of_trees([model])
    if isinstance(model, ENSEMBLES):
        return _of_trees(np.asarray(model.estimators_, dtype=object).ravel())
    if isinstance(model, HISTOGRAM_BOOSTERS):
        is_category = getattr(model, "is_categorical_", None)
        # categories come first in its own matrix, so the numbers of the columns are not ours
        return None if is_category is not None and is_category.any() else _of_histograms(model)
    if is_instance_of_name(model, "xgboost.sklearn.XGBModel"):
        return _of_xgboost(model.get_booster())
    if is_instance_of_name(model, "lightgbm.sklearn.LGBMModel"):
        return _of_lightgbm(model.booster_)
    return None


def _of_trees(trees: Any) -> Splits:
    for tree in trees:
        inner = tree.tree_.children_left != tree.tree_.children_right
        yield tree.tree_.feature[inner].astype(np.int64), tree.tree_.threshold[inner]


def _of_histograms(model: Any) -> Splits:
    for round_ in model._predictors:  # noqa: SLF001 (its trees have no public name)
        for predictor in round_:
            nodes = predictor.nodes[predictor.nodes["is_leaf"] == 0]
            yield nodes["feature_idx"].astype(np.int64), nodes["num_threshold"].astype(np.float64)


def _of_xgboost(booster: Any) -> Splits:
    saved = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    saved = saved.get("gbtree", saved)  # DART keeps its trees one level deeper
    for tree in saved.get("model", {}).get("trees", []):  # a linear booster has none
        inner = np.array(tree["left_children"]) != -1
        inner &= np.array(tree["split_type"]) == 0
        threshold = np.array(tree["split_conditions"], dtype=np.float32)[inner]
        # XGBoost sends left what is below its threshold, not what equals it
        below = np.nextafter(threshold, np.float32(-np.inf)).astype(np.float64)
        yield np.array(tree["split_indices"], dtype=np.int64)[inner], below


def _of_lightgbm(booster: Any) -> Splits:
    found: dict[str, NDArray[Any]] = {}
    for line in booster.model_to_string().splitlines():
        key, _, text = line.partition("=")
        if key in ("split_feature", "threshold", "decision_type"):
            found[key] = np.array(text.split(), dtype=np.float64)
        elif line.startswith("shrinkage") and found:  # the last line of a tree
            is_number = found["decision_type"].astype(np.int64) % 2 == 0
            yield found["split_feature"].astype(np.int64)[is_number], found["threshold"][is_number]
            found = {}


def _in_order(
    thresholds: list[FloatArray], own: Any, names: Sequence[str] | None
) -> list[FloatArray] | None:
    """Put the columns into the order of a table."""
    if names is None or own is None:
        return thresholds if names is None or len(names) == len(thresholds) else None
    at = {name: i for i, name in enumerate(own)}
    if set(at) - set(names):
        return None
    return [thresholds[at[name]] if name in at else np.empty(0) for name in names]
