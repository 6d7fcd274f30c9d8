"""Ready teachers for raw tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import importlib.util
import warnings
from typing import TYPE_CHECKING, Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.teachers._boosting import MOST_ROUNDS, PATIENCE, boosting_device
from interpkd.teachers._neural import (
    NeuralClassifier,
    NeuralRegressor,
    cuda_or_cpu,
    quiet_pytabkit,
)
from interpkd.teachers._tabular import TabularClassifier, TabularRegressor

if TYPE_CHECKING:
    import numpy as np

KINDS = ("boosted", "neural", "forest")
TASKS = ("classification", "regression")
DEVICES = ("auto", "cpu", "cuda")


def make_teacher(
    kind: str = "boosted",
    *,
    task: str = "classification",
    device: str = "auto",
    random_state: int | np.random.RandomState | None = None,
) -> TabularClassifier | TabularRegressor:
    """Make a strong, unfitted teacher for raw tables.

    The teacher reads data frames with category columns and missing values, and labels of any
    kind. Give it to a student as it is: the student fits it and learns from its out-of-fold
    probabilities.

    Parameters
    ----------
    kind : {"boosted", "neural", "forest"}, default="boosted"
        Gradient boosting: XGBoost when it is installed, else scikit-learn's histogram boosting,
        with a warning. A neural network: RealMLP of pytabkit, from the extra ``neural``. A random
        forest.

    task : {"classification", "regression"}, default="classification"
        What the teacher predicts.

    device : {"auto", "cpu", "cuda"}, default="auto"
        Where XGBoost and RealMLP train and predict. "auto" is CUDA when the library was built
        for it and a device is there, and else the CPU; which one it is, `teacher.model.device`
        says. Forests and histogram boosting know the CPU only.

    random_state : int, RandomState instance or None, default=None
        Seed of everything random in the teacher.

    Returns
    -------
    teacher : TabularClassifier or TabularRegressor
        The unfitted teacher; its model is `teacher.model`.

    Raises
    ------
    InvalidInputError
        If a parameter is not one of its options, or "cuda" is asked for and cannot be had.

    MissingExtraError
        If the neural teacher's libraries are not installed.

    Notes
    -----
    XGBoost stops early: a fifth of the rows, of every class, is kept back to see how many rounds
    help (at most 1000; it stops after 50 without a gain), and the model is then fitted to all
    rows with as many. With fewer than about 100 rows, 300 rounds are taken.

    RealMLP gets each number's median where it is missing, and a column that says so; missing and
    unseen categories are a value of their own. A fifth of the rows, of every class, chooses the
    epoch to keep, and is not trained on. It takes no `sample_weight`.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from interpkd.teachers import make_teacher
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> teacher = make_teacher("forest", random_state=0).fit(X, y)
    >>> print(teacher.predict_proba(X).shape)
    (569, 2)
    """
    for name, value, options in (
        ("kind", kind, KINDS),
        ("task", task, TASKS),
        ("device", device, DEVICES),
    ):
        if value not in options:
            msg = f"The {name!r} parameter of make_teacher must be one of {options}, got {value!r}."
            raise InvalidInputError(msg)
    wrap = TabularClassifier if task == "classification" else TabularRegressor
    if kind == "forest":
        if device == "cuda":
            msg = (
                "device='cuda' needs kind='boosted' or 'neural'; scikit-learn's forests run on the "
                "CPU only."
            )
            raise InvalidInputError(msg)
        forest = RandomForestClassifier if task == "classification" else RandomForestRegressor
        # one thread: with more, the last digits of the answers depend on which tree ends first
        model = forest(n_estimators=300, min_samples_leaf=3, random_state=random_state)
        return wrap(model, categories="ordinal")
    if kind == "neural":
        return wrap(_neural(task, device, random_state))
    model = _boosted(task, device, random_state)
    return wrap(model, validation_fraction=0.2 if hasattr(model, "early_stopping_rounds") else None)


def default_teacher(task: str, *, has_categories: bool) -> Any:
    """Give the teacher of a student that was given none: histogram boosting of default settings.

    Parameters
    ----------
    task : {"classification", "regression"}
        What the teacher predicts.

    has_categories : bool
        Whether the table has category columns, which scikit-learn's booster does not read from
        text.

    Returns
    -------
    teacher : estimator
        The unfitted teacher.

    Examples
    --------
    >>> from interpkd.teachers import default_teacher
    >>> type(default_teacher("regression", has_categories=False)).__name__
    'HistGradientBoostingRegressor'
    """
    if task == "classification":
        booster, wrap = HistGradientBoostingClassifier(), TabularClassifier
    else:
        booster, wrap = HistGradientBoostingRegressor(), TabularRegressor
    return wrap(booster) if has_categories else booster


def _boosted(task: str, device: str, random_state: Any) -> Any:
    if importlib.util.find_spec("xgboost") is None:
        if device == "cuda":
            msg = 'device="cuda" needs XGBoost. Install it with: pip install "interpkd[xgboost]"'
            raise InvalidInputError(msg)
        warnings.warn(
            "XGBoost is not installed; the boosted teacher is scikit-learn's histogram boosting. "
            'For XGBoost: pip install "interpkd[xgboost-cpu]"',
            DistillationWarning,
            stacklevel=3,
        )
        if task == "classification":
            return HistGradientBoostingClassifier(random_state=random_state)
        return HistGradientBoostingRegressor(random_state=random_state)
    from xgboost import XGBClassifier, XGBRegressor

    return (XGBClassifier if task == "classification" else XGBRegressor)(
        n_estimators=MOST_ROUNDS,
        early_stopping_rounds=PATIENCE,
        learning_rate=0.05,
        max_depth=5,
        min_child_weight=2,
        subsample=0.8,
        colsample_bytree=0.8,
        enable_categorical=True,
        device=boosting_device(device),
        random_state=random_state,
    )


def _neural(task: str, device: str, random_state: Any) -> Any:
    with quiet_pytabkit():  # says now, and not in the student's first fold, what is not installed
        device = cuda_or_cpu(device)
    network = NeuralClassifier if task == "classification" else NeuralRegressor
    return network(device=device, random_state=random_state)
