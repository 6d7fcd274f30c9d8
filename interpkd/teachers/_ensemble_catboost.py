"""CatBoost's trees as plain arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.teachers._ensemble import OneTree, stack_trees

if TYPE_CHECKING:
    from interpkd.teachers._ensemble import Link, TreeEnsemble

LINKS: dict[str, Link] = {
    "Logloss": "logistic",
    "CrossEntropy": "logistic",
    "MultiClass": "softmax",
    "Poisson": "exp",
    "Tweedie": "exp",
    **dict.fromkeys(("RMSE", "MAE", "Quantile", "MAPE", "Huber", "LogCosh", "Lq"), "identity"),
    **dict.fromkeys(("Expectile", "SMAPE", "R2"), "identity"),
}


def of_catboost(model: Any) -> TreeEnsemble:
    """Read a CatBoost classifier or regressor on numeric columns.

    Parameters
    ----------
    model : CatBoostClassifier or CatBoostRegressor
        The fitted model; symmetric trees and others.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays.
    """
    saved = _as_json(model)
    info = saved["features_info"]
    others = sorted(key for key in info if key.endswith("_features") and key != "float_features")
    if others:
        kinds = " and ".join(others).replace("_", " ")
        msg = (
            f"This CatBoost model has {kinds}: it splits on statistics of the target or on hashes "
            "of their texts, which cannot be read as trees of its columns. Code them as numbers, "
            "or use XGBoost or LightGBM, which split on sets of categories."
        )
        raise InvalidInputError(msg)
    loss = saved["model_info"]["params"]["loss_function"]["type"]
    if loss not in LINKS:
        msg = f"The answers of CatBoost's loss {loss!r} cannot be read from its trees."
        raise InvalidInputError(msg)
    columns = info["float_features"]
    scale, bias = saved["scale_and_bias"]
    base = np.atleast_1d(np.asarray(bias, dtype=np.float64))
    n_outputs = len(model.classes_) if loss == "MultiClass" else 1
    trees = [_read_symmetric(tree, columns, n_outputs) for tree in saved.get("oblivious_trees", ())]
    trees += [_read_free(tree, columns, n_outputs) for tree in saved.get("trees", ())]
    return stack_trees(
        [OneTree(**{**vars(tree), "weight": scale}) for tree in trees],
        base=np.broadcast_to(base, n_outputs) if len(base) == 1 else base,
        link=LINKS[loss],
        precision="float32",
        categories=[None] * len(model.feature_names_),
    )


def _as_json(model: Any) -> dict[str, Any]:
    """Save the model as JSON, which CatBoost does to a file only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        saved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return saved


def _read_symmetric(tree: dict[str, Any], columns: Any, n_outputs: int) -> OneTree:
    """Unfold a symmetric tree: one split per level, the last split at the root.

    CatBoost numbers a leaf by its answers, the first split in the lowest bit. With the last split
    at the root the leaves, from left to right, come in the order of their numbers.
    """
    splits = (tree.get("splits") or [])[::-1]
    depth = len(splits)
    n_inner = 2**depth - 1
    level = np.repeat(np.arange(depth), 2 ** np.arange(depth))
    feature = np.array([_column(split, columns) for split in splits], dtype=np.int64)[level]
    border = np.array([split["border"] for split in splits], dtype=np.float64)[level]
    missing_left = np.array([_missing_left(split, columns) for split in splits], dtype=bool)[level]
    child = 2 * np.arange(n_inner) + 1  # as in a heap
    leaves = np.full(n_inner + 1, -1)
    value = np.reshape(tree["leaf_values"], (n_inner + 1, n_outputs))
    return OneTree(
        feature=np.append(feature, leaves),
        threshold=np.append(border, leaves),
        left=np.append(child, leaves),
        right=np.append(child + 1, leaves),
        missing_left=np.append(missing_left, leaves == 0),
        value=np.concatenate([np.zeros((n_inner, n_outputs)), value]),
    )


def _read_free(tree: dict[str, Any], columns: Any, n_outputs: int) -> OneTree:
    """Read a tree of another grow policy, whose nodes lie in each other."""
    rows: list[tuple[int, float, bool, Any]] = []
    children: list[list[int]] = []
    todo: list[tuple[dict[str, Any], int, int]] = [(tree, -1, 0)]
    while todo:
        node, parent, side = todo.pop()
        here = len(rows)
        if parent >= 0:
            children[parent][side] = here
        children.append([-1, -1])
        if "split" not in node:
            rows.append((-1, np.nan, False, np.broadcast_to(node["value"], n_outputs)))
            continue
        split = node["split"]
        goes_left = _missing_left(split, columns)
        rows.append((_column(split, columns), split["border"], goes_left, np.zeros(n_outputs)))
        todo += [(node["right"], here, 1), (node["left"], here, 0)]
    feature, threshold, missing_left, value = zip(*rows, strict=True)
    left, right = zip(*children, strict=True)
    return OneTree(feature, threshold, left, right, missing_left, np.array(value))


def _column(split: dict[str, Any], columns: Any) -> int:
    return int(columns[split["float_feature_index"]]["flat_feature_index"])


def _missing_left(split: dict[str, Any], columns: Any) -> bool:
    # right is "above the border", which a missing value is where it counts as the maximum
    return bool(columns[split["float_feature_index"]]["nan_value_treatment"] != "AsTrue")
