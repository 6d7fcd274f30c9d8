"""From any fitted ensemble of trees to its arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import is_instance_of_name
from interpkd.exceptions import InvalidInputError
from interpkd.teachers._booster import LIGHTGBM, XGBOOST
from interpkd.teachers._ensemble_boosters import of_lightgbm, of_xgboost
from interpkd.teachers._ensemble_catboost import of_catboost
from interpkd.teachers._ensemble_sklearn import (
    BOOSTERS,
    FORESTS,
    HISTOGRAM_BOOSTERS,
    TREES,
    of_booster,
    of_forest,
    of_histogram_booster,
)
from interpkd.teachers._unwrap import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd.teachers._ensemble import TreeEnsemble


def tree_ensemble(model: Any) -> TreeEnsemble:
    """Give the arrays of a fitted ensemble of trees.

    Read are XGBoost, LightGBM (wrappers and raw boosters) and CatBoost, and scikit-learn's
    decision trees, forests, extra trees, gradient boosting and histogram boosting; also inside a
    frozen teacher, :class:`TabularClassifier` or :class:`TabularRegressor`.

    Parameters
    ----------
    model : fitted estimator, booster or teacher
        The ensemble. Boosters are read up to their best iteration.

    Returns
    -------
    ensemble : TreeEnsemble
        Its nodes; its answers on encoded rows are those of the model to its float precision.

    Raises
    ------
    InvalidInputError
        If the model is no ensemble of trees, or answers in a way its trees do not tell: splits of
        CatBoost on categories, linear models in leaves, several outputs.

    NotATeacherError
        If its objective gives neither probabilities nor predictions.

    See Also
    --------
    split_thresholds : Only the thresholds of each column.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from interpkd.teachers import tree_ensemble
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = HistGradientBoostingRegressor(max_iter=10).fit(X, y)
    >>> ensemble = tree_ensemble(model)
    >>> print(ensemble.n_trees, np.allclose(ensemble.predict(X), model.predict(X)))
    10 True
    """
    inner = unwrap(model)
    ensemble = _read(inner.model)
    categories = ensemble.categories
    if inner.columns is not None:  # a wrapper has coded the categories
        categories = tuple(
            column.categories if column.kind == "category" else None for column in inner.columns
        )
    classes = None if inner.classes is None else np.asarray(inner.classes)
    return replace(ensemble, names=inner.names, categories=categories, classes=classes)


def _read(model: Any) -> TreeEnsemble:
    for kinds, read in SKLEARN:
        if isinstance(model, kinds):
            return read(model)
    for name, get_booster, read in LIBRARIES:
        if is_instance_of_name(model, name):
            return read(get_booster(model))
    msg = (
        f"{type(model).__name__} is no ensemble of trees that can be read: XGBoost, LightGBM, "
        "CatBoost, or a tree, forest or booster of scikit-learn."
    )
    raise InvalidInputError(msg)


def _of_xgboost_model(model: Any) -> TreeEnsemble:
    """Read a wrapper of XGBoost, which may take a number for missing; its booster does not know."""
    missing = np.float32(np.nan if model.missing is None else model.missing)
    return replace(of_xgboost(model.get_booster()), missing_value=float(missing))


SKLEARN: tuple[tuple[Any, Callable[[Any], TreeEnsemble]], ...] = (
    ((*TREES, *FORESTS), of_forest),
    (BOOSTERS, of_booster),
    (HISTOGRAM_BOOSTERS, of_histogram_booster),
)

LIBRARIES: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], TreeEnsemble]], ...] = (
    (XGBOOST, lambda booster: booster, of_xgboost),
    (LIGHTGBM, lambda booster: booster, of_lightgbm),
    ("xgboost.sklearn.XGBModel", lambda model: model, _of_xgboost_model),
    ("lightgbm.sklearn.LGBMModel", lambda model: model.booster_, of_lightgbm),
    ("catboost.core.CatBoostClassifier", lambda model: model, of_catboost),
    ("catboost.core.CatBoostRegressor", lambda model: model, of_catboost),
)
