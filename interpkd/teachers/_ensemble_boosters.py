"""The trees of XGBoost and LightGBM as plain arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import logit

from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers._booster import BINARY, MULTICLASS, SHARES, refuse_objective
from interpkd.teachers._ensemble import CategorySets, OneTree, stack_trees
from interpkd.teachers._ensemble_sklearn import bits
from interpkd.teachers._opened_booster import (
    lightgbm_objective,
    used_rounds,
    xgboost_categories,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interpkd._typing import FloatArray
    from interpkd.teachers._ensemble import Link, TreeEnsemble

LOG_LINKS = {"count:poisson", "reg:gamma", "reg:tweedie", "poisson", "gamma", "tweedie"}

LIGHTGBM_ZERO = float(np.float32(1e-35))
"""Up to this size a number is a zero for LightGBM."""

CATEGORY, DEFAULT_LEFT, MISSING_IS_ZERO, MISSING_IS_NAN = 1, 2, 4, 8
"""Bits of LightGBM's `decision_type`."""


def link_of(objective: str) -> Link:
    """Give the link of an objective of XGBoost or LightGBM.

    Parameters
    ----------
    objective : str
        The objective, as its library writes it.

    Returns
    -------
    link : str
        As in `TreeEnsemble`.
    """
    refuse_objective(objective)
    if objective in MULTICLASS:
        return "softmax"
    if objective in BINARY | SHARES:
        return "logistic"
    return "exp" if objective in LOG_LINKS else "identity"


def of_xgboost(booster: Any) -> TreeEnsemble:
    """Read an `xgboost.Booster` up to its best iteration.

    Parameters
    ----------
    booster : xgboost.Booster
        The booster.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays. XGBoost's rule "below the threshold" is that of the float32 just below it here.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    saved = learner["gradient_booster"]
    outer, saved = saved, saved.get("gbtree", saved)  # DART's trees lie deeper before 3.4
    if "trees" not in saved["model"]:
        msg = "This XGBoost model is linear (booster='gblinear') and has no trees."
        raise InvalidInputError(msg)
    grown, groups = saved["model"]["trees"], saved["model"]["tree_info"]
    drops = outer.get("weight_drop") or saved["model"].get("weight_drop")  # DART only
    n_trees = saved["model"]["iteration_indptr"][used_rounds(booster)[1]]
    sets = CategorySets()
    trees = [
        _read_xgboost_tree(grown[i], sets, output=groups[i], weight=drops[i] if drops else 1.0)
        for i in range(n_trees)
    ]
    names = booster.feature_names or [f"x{i}" for i in range(booster.num_features())]
    try:
        categories = xgboost_categories(learner, names)
    except NotATeacherError:  # cut off by XGBoost: codes are all that can be said
        categories = [None] * len(names)
    link = link_of(learner["objective"]["name"])
    base = _base_margin(learner["learner_model_param"], link)
    return stack_trees(
        trees, sets, base=base, link=link, precision="float32", categories=categories
    )


def _base_margin(param: dict[str, str], link: Link) -> FloatArray:
    """Give the base score, which XGBoost keeps on the scale of the answers, as a margin."""
    score = np.array(param["base_score"].strip("[]").split(","), dtype=np.float64)
    n_outputs = max(int(param["num_class"]), int(param.get("num_target", 1)), 1)
    score = np.broadcast_to(score, n_outputs)
    if link == "logistic":
        return logit(score)
    return np.log(score) if link == "exp" else score


def _read_xgboost_tree(
    tree: dict[str, Any], sets: CategorySets, *, output: int, weight: float
) -> OneTree:
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        msg = (
            "This XGBoost model has vectors in its leaves (multi_strategy='multi_output_tree'), "
            "which cannot be read. Train with multi_strategy='one_output_per_tree'."
        )
        raise InvalidInputError(msg)
    left = np.array(tree["left_children"], dtype=np.int64)
    inner = left != -1
    held = np.array(tree["split_conditions"], dtype=np.float32)  # of a leaf, its value
    category_set = np.full(len(left), -1)
    listed = np.array(tree["categories"], dtype=np.int64)
    for node, start, size in zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    ):
        goes_right = listed[start : start + size]
        goes_left = np.ones(goes_right.max() + 1, dtype=bool)
        goes_left[goes_right] = False
        category_set[node] = sets.add(goes_left, unknown_left=True)
    return OneTree(
        feature=np.where(inner, np.array(tree["split_indices"], dtype=np.int64), -1),
        # x < t is x <= the next float32 below t
        threshold=np.nextafter(held, np.float32(-np.inf)).astype(np.float64),
        left=left,
        right=tree["right_children"],
        missing_left=np.array(tree["default_left"]) == 1,
        value=held,
        category_set=category_set,
        output=output,
        weight=weight,
    )


def of_lightgbm(booster: Any) -> TreeEnsemble:
    """Read a `lightgbm.Booster` up to its best iteration.

    Parameters
    ----------
    booster : lightgbm.Booster
        The booster.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays.
    """
    text = booster.model_to_string()
    head = text.partition("\nTree=")[0].splitlines()
    objective, settings = lightgbm_objective(booster)
    if "sqrt" in settings:
        msg = "This LightGBM model predicts the square of its margin (reg_sqrt), which is no link."
        raise InvalidInputError(msg)
    n_outputs = booster.num_model_per_iteration()
    sets = CategorySets()
    found = [*_lightgbm_trees(text)]
    n_rounds = max(1, len(found) // n_outputs)
    weight = 1 / n_rounds if "average_output" in head else 1.0  # boosting="rf"
    trees = [
        _read_lightgbm_tree(one, sets, output=i % n_outputs, weight=weight)
        for i, one in enumerate(found)
    ]
    return stack_trees(
        trees,
        sets,
        base=np.zeros(n_outputs),  # the first trees hold it
        link=link_of(objective),
        scale=float(settings.get("sigmoid", 1)),
        precision="float64",
        tiny=LIGHTGBM_ZERO,
        categories=_lightgbm_categories(text, booster),
    )


def _lightgbm_trees(text: str) -> Iterator[dict[str, list[str]]]:
    """Give the fields of each tree of a model's text."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, _, values = line.partition("=")
        if key == "Tree":
            found = {}
        elif line.startswith("shrinkage="):  # the last line of a tree
            yield found
        else:
            found[key] = values.split()


def _read_lightgbm_tree(
    fields: dict[str, list[str]], sets: CategorySets, *, output: int, weight: float
) -> OneTree:
    if fields.get("is_linear") == ["1"]:
        msg = "This LightGBM model has linear models in its leaves (linear_tree), not numbers."
        raise InvalidInputError(msg)

    def numbers(key: str, dtype: Any) -> Any:
        return np.array(fields.get(key, ()), dtype=dtype)

    leaf_value, feature = numbers("leaf_value", np.float64), numbers("split_feature", np.int64)
    threshold, kind = numbers("threshold", np.float64), numbers("decision_type", np.int64)
    is_category, missing_is_nan = kind & CATEGORY > 0, kind & MISSING_IS_NAN > 0
    if (kind & MISSING_IS_ZERO > 0)[~is_category].any():
        msg = "This LightGBM model takes zeros for missing values (zero_as_missing=True)."
        raise InvalidInputError(msg)
    n_inner, n_leaves = len(feature), len(leaf_value)
    if n_inner == 0:  # no split: what stands for one is not
        n_leaves, leaf_value = 1, leaf_value[:1]
    # where training saw no missing values, one counts as 0; among categories it goes right
    missing_left = np.where(missing_is_nan, kind & DEFAULT_LEFT > 0, threshold >= 0) & ~is_category
    category_set = np.full(n_inner, -1)
    bounds, words = numbers("cat_boundaries", np.int64), numbers("cat_threshold", np.uint32)
    for i in np.flatnonzero(is_category):
        which = int(threshold[i])
        goes_left = bits(words[bounds[which] : bounds[which + 1]])
        category_set[i] = sets.add(goes_left, unknown_left=False)
    left, right = numbers("left_child", np.int64), numbers("right_child", np.int64)
    leaves = np.full(n_leaves, -1)
    return OneTree(
        feature=np.append(feature, leaves),
        threshold=np.append(threshold, leaves),
        left=np.append(np.where(left < 0, n_inner + ~left, left), leaves),  # leaves follow
        right=np.append(np.where(right < 0, n_inner + ~right, right), leaves),
        missing_left=np.append(missing_left, leaves == 0),
        value=np.append(np.zeros(n_inner), leaf_value),
        category_set=np.append(category_set, leaves),
        output=output,
        weight=weight,
    )


def _lightgbm_categories(text: str, booster: Any) -> Sequence[tuple[Any, ...] | None]:
    """Give the categories of the columns that were pandas categories in training."""
    categories: list[tuple[Any, ...] | None] = [None] * booster.num_feature()
    known = booster.pandas_categorical or []
    line = re.search(r"^\[categorical_feature: ([\d,]+)\]$", text, re.M)
    places = [int(one) for one in line[1].split(",")] if line else []
    if len(places) == len(known):  # else some were codes, and which is not said
        for place, values in zip(places, known, strict=True):
            categories[place] = tuple(values)
    return categories
