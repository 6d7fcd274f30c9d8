"""Raw boosters of XGBoost and LightGBM as teachers.

A raw booster is less than its scikit-learn wrapper: what its answers are depends on its objective,
XGBoost's uses all its trees unless told of the best iteration, and LightGBM's takes columns in any
order without a word. Here a booster is read once, when it becomes a teacher, and asked so that
none of this can go wrong. What cannot be right is refused.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import is_instance_of_name
from interpkd.exceptions import NotATeacherError
from interpkd.teachers._opened_booster import lightgbm_objective, open_lightgbm, open_xgboost

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.teachers._opened_booster import Booster

XGBOOST = "xgboost.core.Booster"
LIGHTGBM = "lightgbm.basic.Booster"

BINARY = {"binary:logistic", "binary"}
MULTICLASS = {"multi:softprob", "multi:softmax", "multiclass"}
REGRESSION = {
    *("reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror"),
    *("reg:quantileerror", "reg:gamma", "reg:tweedie", "count:poisson"),
    *("regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma"),
    "tweedie",
}
SHARES = {"reg:logistic", "cross_entropy"}
"""A share between 0 and 1: a regression, or with `classes` the probability of the second."""

NO_ANSWER = {
    "binary:logitraw": "raw margins",
    "binary:hinge": "decisions 0 and 1",
    "multiclassova": "one probability per class that do not sum to one",
    "cross_entropy_lambda": "an intensity and no probability",
    "custom": "raw margins of a custom objective",
}
RANKING = ("rank", "lambdarank", "survival")


@dataclass(frozen=True)
class BoosterClassifier:
    """A booster whose answers are class probabilities.

    Attributes
    ----------
    source : Booster
        The booster, opened.

    classes_ : ndarray of shape (n_classes,)
        The labels 0, 1, …, which both libraries are trained on.
    """

    source: Booster
    classes_: NDArray[Any]

    @property
    def feature_names_in_(self) -> list[str] | None:
        """The names of the columns it was trained on, None when they had none."""
        return self.source.names

    def predict_proba(self, X: Table) -> FloatArray:
        """Give class probabilities, shape (n_samples, n_classes)."""
        p = self.source.answers(X)
        return p if p.ndim == 2 else np.column_stack([1 - p, p])


@dataclass(frozen=True)
class BoosterRegressor:
    """A booster whose answers are predictions.

    Attributes
    ----------
    source : Booster
        The booster, opened.
    """

    source: Booster

    @property
    def feature_names_in_(self) -> list[str] | None:
        """The names of the columns it was trained on, None when they had none."""
        return self.source.names

    def predict(self, X: Table) -> FloatArray:
        """Give predictions, shape (n_samples,)."""
        return self.source.answers(X)


def open_booster(model: Any, *, has_classes: bool) -> BoosterClassifier | BoosterRegressor:
    """Open a raw booster by its objective.

    Parameters
    ----------
    model : xgboost.Booster or lightgbm.Booster
        A trained booster.

    has_classes : bool
        Whether the user names classes, and so wants probabilities.

    Returns
    -------
    opened : BoosterClassifier or BoosterRegressor
        What `FrozenClassifier` and `FrozenRegressor` ask.

    Raises
    ------
    NotATeacherError
        If the objective gives neither class probabilities nor predictions.
    """
    is_xgboost = is_instance_of_name(model, XGBOOST)
    source: Booster = open_xgboost(model) if is_xgboost else open_lightgbm(model)
    name = source.objective
    refuse_objective(name)
    if name in MULTICLASS:
        return BoosterClassifier(source, np.arange(source.n_outputs))
    if name in BINARY or (name in SHARES and has_classes):
        return BoosterClassifier(source, np.arange(2))
    if has_classes:
        msg = (
            f"classes= was given, but the booster's objective {name!r} predicts numbers. Leave "
            "classes out for a regression. If it was trained with a custom objective (XGBoost "
            "keeps no note of that), its answers are raw margins: pass a function that turns them "
            "into probabilities, as_teacher(lambda X: ..., classes=[...])."
        )
        raise NotATeacherError(msg)
    if source.n_outputs != 1:
        msg = (
            f"The booster predicts {source.n_outputs} numbers per row (objective {name!r}); a "
            "student imitates one. Pass a function that picks it: as_teacher(lambda X: ...)."
        )
        raise NotATeacherError(msg)
    return BoosterRegressor(source)


def is_booster(model: Any) -> bool:
    """Tell whether a model is a raw booster of XGBoost or LightGBM."""
    return is_instance_of_name(model, XGBOOST, LIGHTGBM)


def refuse_objective(name: str) -> None:
    """Raise for an objective whose answers are neither probabilities nor predictions.

    Parameters
    ----------
    name : str
        The objective, as its library writes it.

    Raises
    ------
    NotATeacherError
        With what the answers are, and the remedy.
    """
    if name in BINARY | MULTICLASS | REGRESSION | SHARES:
        return
    ranks = name.startswith(RANKING)
    what = "scores of a ranking or a survival model" if ranks else "answers unknown here"
    what = NO_ANSWER.get(name, what)
    msg = (
        f"The objective {name!r} gives {what}, which are no soft targets. Train with an "
        "objective that gives probabilities (binary:logistic, multi:softprob; LightGBM: binary, "
        "multiclass), or pass a function that makes them: as_teacher(lambda X: ..., "
        "classes=[...])."
    )
    raise NotATeacherError(msg)


def refuse_wrapper(model: Any) -> None:
    """Raise for a fitted wrapper whose answers are neither probabilities nor predictions.

    Parameters
    ----------
    model : object
        Anything; only wrappers of XGBoost, LightGBM and CatBoost are looked at.

    Raises
    ------
    NotATeacherError
        With what the answers are, and the remedy.
    """
    if is_instance_of_name(model, "xgboost.sklearn.XGBModel"):
        objective = model.objective if isinstance(model.objective, str) else "custom"
    elif is_instance_of_name(model, "lightgbm.sklearn.LGBMModel"):
        objective = lightgbm_objective(model.booster_)[0]
    elif is_instance_of_name(model, "catboost.core.CatBoost"):
        _refuse_catboost(model)
        return
    else:
        return
    # a regressor may have any other objective, its own included: it says that it predicts
    if hasattr(model, "predict_proba") or objective.startswith(RANKING):
        refuse_objective(objective)


def _refuse_catboost(model: Any) -> None:
    if is_instance_of_name(
        model, "catboost.core.CatBoostClassifier", "catboost.core.CatBoostRegressor"
    ):
        return
    msg = (
        f"{type(model).__name__} gives raw values, which are no soft targets. Load the model into "
        "CatBoostClassifier or CatBoostRegressor, or pass a function that makes probabilities of "
        "them: as_teacher(lambda X: ..., classes=[...])."
    )
    raise NotATeacherError(msg)
