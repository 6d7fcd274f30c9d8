"""The monotone constraints under which a teacher was trained."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from interpkd._optional import is_instance_of_name
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._booster import LIGHTGBM, XGBOOST
from interpkd.teachers._column_paths import follow_columns
from interpkd.teachers._ensemble_sklearn import FORESTS, HISTOGRAM_BOOSTERS, TREES
from interpkd.teachers._unwrap import plain_name, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


def teacher_monotonic_cst(model: Any, columns: Sequence[str] | int) -> NDArray[np.int8]:
    """Read the monotone constraints under which a fitted teacher was trained.

    Read are XGBoost and LightGBM (wrappers and raw boosters), CatBoost, and scikit-learn's trees,
    forests, extra trees and histogram boosting; also inside a frozen teacher,
    :class:`TabularClassifier` or :class:`TabularRegressor`, and as the last step of a pipeline
    whose other steps keep the order of values (scalers, imputers, `ColumnTransformer` of these).

    Parameters
    ----------
    model : fitted estimator, booster or teacher
        The teacher.

    columns : sequence of str or int
        Names of the table's columns in their order; of an array their number.

    Returns
    -------
    signs : ndarray of shape (n_columns,)
        1 where the answer (of two classes the probability of the second) may only rise along the
        column, -1 where it may only fall, 0 where it is free.

    Raises
    ------
    InvalidInputError
        If constraints cannot be read, or belong to a column that the table does not have.

    Notes
    -----
    XGBoost keeps its constraints in memory and when pickled, but not in model files: of a booster
    that was loaded from one all signs are 0.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from interpkd.teachers import teacher_monotonic_cst
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X[["mean radius", "mean texture"]]
    >>> model = HistGradientBoostingClassifier(monotonic_cst={"mean texture": -1}).fit(X, y)
    >>> print(teacher_monotonic_cst(model, X.columns))
    [ 0 -1]
    """
    inner = unwrap(model)
    if isinstance(columns, int):
        names, n_columns = None, columns
    else:
        names, n_columns = [plain_name(name) for name in columns], len(columns)
    own = _signs(inner.model)
    signs = np.zeros(n_columns, dtype=np.int8)
    if names is None or inner.names is None:
        if len(own) != n_columns:
            msg = (
                f"The teacher {type(inner.model).__name__} was trained on {len(own)} columns, and "
                f"the table has {n_columns}; without names its constraints cannot be matched."
            )
            raise InvalidInputError(msg)
        signs[:] = own
        return signs
    place = {name: i for i, name in enumerate(names)}
    for name, sign in zip(inner.names, own, strict=True):
        if sign and plain_name(name) not in place:
            msg = f"The teacher constrains the column {name!r}, which the table does not have."
            raise InvalidInputError(msg)
        if sign:
            signs[place[plain_name(name)]] = sign
    return signs


def _signs(model: Any) -> NDArray[np.int8]:
    """Give the signs of an unwrapped model's columns, in its own order."""
    if isinstance(model, Pipeline):
        return _of_pipeline(model)
    if isinstance(model, (*TREES, *FORESTS, *HISTOGRAM_BOOSTERS)):
        return _of_sklearn(model)
    for name, read in LIBRARIES:
        if is_instance_of_name(model, name):
            return read(model)
    msg = (
        f"The monotone constraints of the teacher {type(model).__name__} cannot be read: it has "
        "none, or keeps them where only it knows. State them: monotonic_cst={'column': 1}."
    )
    raise InvalidInputError(msg)


def _of_sklearn(model: Any) -> NDArray[np.int8]:
    stated = model.monotonic_cst
    if isinstance(stated, Mapping):
        names = getattr(model, "feature_names_in_", ())
        return np.array([stated.get(name, 0) for name in names], dtype=np.int8)
    if stated is None:
        return np.zeros(model.n_features_in_, dtype=np.int8)
    return np.asarray(stated, dtype=np.int8)


def _of_xgboost(booster: Any) -> NDArray[np.int8]:
    trainer = json.loads(booster.save_config())["learner"]["gradient_booster"]
    trainer = trainer.get("gbtree", trainer)  # DART keeps it one level deeper
    text = trainer.get("tree_train_param", {}).get("monotone_constraints", "")
    stated = [int(sign) for sign in text.strip("()").split(",") if sign.strip()]
    return _padded(stated, booster.num_features())


def _of_lightgbm(booster: Any) -> NDArray[np.int8]:
    head = booster.model_to_string(num_iteration=1).partition("\nTree=")[0]
    line = next((x for x in head.splitlines() if x.startswith("monotone_constraints=")), "=")
    return _padded([int(sign) for sign in line.partition("=")[2].split()], booster.num_feature())


def _of_catboost(model: Any) -> NDArray[np.int8]:
    stated = model.get_all_params().get("monotone_constraints") or {}
    signs = np.zeros(len(model.feature_names_), dtype=np.int8)
    for place, sign in stated.items():
        signs[int(place)] = sign
    return signs


LIBRARIES: tuple[tuple[str, Callable[[Any], NDArray[np.int8]]], ...] = (
    (XGBOOST, _of_xgboost),
    (LIGHTGBM, _of_lightgbm),
    ("xgboost.sklearn.XGBModel", lambda model: _of_xgboost(model.get_booster())),
    ("lightgbm.sklearn.LGBMModel", lambda model: _of_lightgbm(model.booster_)),
    ("catboost.core.CatBoost", _of_catboost),
)


def _padded(stated: Sequence[int], n_columns: int) -> NDArray[np.int8]:
    """Give one sign per column; columns that are not named at the end are free."""
    signs = np.zeros(n_columns, dtype=np.int8)
    signs[: len(stated)] = stated
    return signs


def _of_pipeline(pipeline: Pipeline) -> NDArray[np.int8]:
    """Lead the last step's signs back to the columns of the table."""
    own = _signs(unwrap(pipeline.steps[-1][1]).model)
    if len(pipeline.steps) == 1:
        return own
    n_columns = int(pipeline.n_features_in_)
    paths = follow_columns(pipeline, n_columns)
    signs = np.zeros(n_columns, dtype=np.int8)
    if len(paths) != len(own):
        msg = (
            f"The pipeline's last step {type(pipeline.steps[-1][1]).__name__} was trained on "
            f"{len(own)} columns; which of the table they are cannot be followed through its "
            "other steps. State the constraints: monotonic_cst={'column': 1}."
        )
        if own.any():
            raise InvalidInputError(msg)
        return signs
    for j in np.flatnonzero(own):
        source = paths[j].source
        shared = [k for k, path in enumerate(paths) if source in path.reads and own[k] != own[j]]
        if source is None or shared:
            made = paths[j] if source is None else paths[shared[0]]
            msg = (
                f"The pipeline's last step constrains its column {j}, but the step {made.made_by} "
                "before it makes new columns of the table's, so the constraint belongs to no "
                "column of the table. State constraints on the table's own columns: "
                "monotonic_cst={'column': 1}."
            )
            raise InvalidInputError(msg)
        signs[source] = own[j]
    return signs
