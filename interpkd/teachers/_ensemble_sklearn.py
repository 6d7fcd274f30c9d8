"""scikit-learn's trees, forests and boosters as plain arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.dummy import DummyClassifier, DummyRegressor
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
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.exceptions import InvalidInputError
from interpkd.teachers._ensemble import CategorySets, OneTree, stack_trees

if TYPE_CHECKING:
    from interpkd._typing import BoolArray
    from interpkd.teachers._ensemble import Link, TreeEnsemble

TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
)
BOOSTERS = (GradientBoostingClassifier, GradientBoostingRegressor)
HISTOGRAM_BOOSTERS = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)

LOG_LINKS = {"poisson", "gamma"}


def of_forest(model: Any) -> TreeEnsemble:
    """Read a tree, a forest or extra trees: the mean of the trees' answers.

    Parameters
    ----------
    model : fitted estimator
        One of `TREES` or `FORESTS`.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays.
    """
    if model.n_outputs_ != 1:
        msg = f"This {type(model).__name__} has {model.n_outputs_} outputs; one can be read."
        raise InvalidInputError(msg)
    members = [model] if isinstance(model, TREES) else model.estimators_
    trees = [_read_tree(member.tree_, weight=1 / len(members)) for member in members]
    n_outputs = len(model.classes_) if is_classifier(model) else 1
    return stack_trees(
        trees,
        base=np.zeros(n_outputs),
        link="mean" if is_classifier(model) else "identity",
        precision="float32",
        categories=[None] * model.n_features_in_,
    )


def of_booster(model: Any) -> TreeEnsemble:
    """Read scikit-learn's gradient boosting.

    Parameters
    ----------
    model : GradientBoostingClassifier or GradientBoostingRegressor
        The fitted model.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays.
    """
    if not (isinstance(model.init_, (DummyClassifier, DummyRegressor)) or model.init_ == "zero"):
        msg = (
            f"This {type(model).__name__} begins at the answers of another model "
            f"(init={type(model.init_).__name__}), which is no constant; it cannot be read."
        )
        raise InvalidInputError(msg)
    nowhere = np.zeros((1, model.n_features_in_), dtype=np.float32)
    base = model._raw_predict_init(nowhere)[0]  # noqa: SLF001 (the prior has no public name)
    trees = [
        _read_tree(member.tree_, weight=model.learning_rate, output=k)
        for round_ in model.estimators_
        for k, member in enumerate(round_)
    ]
    link: Link = "identity"
    if is_classifier(model):
        link = "logistic" if len(base) == 1 else "softmax"
    return stack_trees(
        trees,
        base=base,
        link=link,
        scale=2.0 if model.loss == "exponential" else 1.0,
        precision="float32",
        categories=[None] * model.n_features_in_,
    )


def of_histogram_booster(model: Any) -> TreeEnsemble:
    """Read scikit-learn's histogram boosting, whose own matrix has the category columns first.

    Parameters
    ----------
    model : HistGradientBoostingClassifier or HistGradientBoostingRegressor
        The fitted model.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays, columns in the order of the user's table.
    """
    is_category = model.is_categorical_
    n_columns = model.n_features_in_
    categories: list[tuple[Any, ...] | None] = [None] * n_columns
    order = np.arange(n_columns)
    if is_category is not None:
        order = np.concatenate([np.flatnonzero(is_category), np.flatnonzero(~is_category)])
        encoder = model._preprocessor.named_transformers_["encoder"]  # noqa: SLF001
        for column, known in zip(order, encoder.categories_, strict=False):
            # a missing value stands last among the categories and is none of them
            categories[column] = tuple(one for one in known.tolist() if one == one)  # noqa: PLR0124
            categories[column] = tuple(one for one in categories[column] or () if one is not None)
    sets = CategorySets()
    trees = [
        _read_histogram_tree(predictor, order, categories, sets, output=k)
        for round_ in model._predictors  # noqa: SLF001 (its trees have no public name)
        for k, predictor in enumerate(round_)
    ]
    base = np.ravel(model._baseline_prediction)  # noqa: SLF001
    link: Link = "exp" if model.loss in LOG_LINKS else "identity"
    if is_classifier(model):
        link = "logistic" if len(base) == 1 else "softmax"
    return stack_trees(
        trees, sets, base=base, link=link, precision="float64", categories=categories
    )


def _read_tree(tree: Any, *, weight: float, output: int = 0) -> OneTree:
    return OneTree(
        feature=np.where(tree.children_left == tree.children_right, -1, tree.feature),
        threshold=tree.threshold,
        left=tree.children_left,
        right=tree.children_right,
        missing_left=tree.missing_go_to_left,
        value=tree.value[:, 0, :],
        output=output,
        weight=weight,
    )


def _read_histogram_tree(
    predictor: Any, order: Any, categories: Any, sets: CategorySets, *, output: int
) -> OneTree:
    nodes = predictor.nodes
    feature = np.where(nodes["is_leaf"] == 1, -1, order[nodes["feature_idx"]])
    missing_left = nodes["missing_go_to_left"] == 1
    category_set = np.full(len(nodes), -1)
    for i in np.flatnonzero((nodes["is_categorical"] == 1) & (feature >= 0)):
        goes = bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][i]])
        goes = goes[: len(categories[feature[i]])]
        # what training has never seen counts as missing
        category_set[i] = sets.add(goes, unknown_left=bool(missing_left[i]))
    return OneTree(
        feature=feature,
        threshold=nodes["num_threshold"],
        left=nodes["left"],
        right=nodes["right"],
        missing_left=missing_left,
        value=nodes["value"],
        category_set=category_set,
        output=output,
    )


def bits(words: Any) -> BoolArray:
    """Unpack words of 32 bits, the lowest bit first, into one bool per bit."""
    packed = np.asarray(words, dtype="<u4").view(np.uint8)
    return np.unpackbits(packed, bitorder="little").astype(bool)
