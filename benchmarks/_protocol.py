"""The protocol of the fidelity benchmark: data, splits, teachers, scores.

At most 10 000 rows of a data set (a fixed sample). Per seed 60 / 20 / 20 training, spare and test
rows, stratified by class; the spare rows are not used. The encoding is fitted to the training rows
and is the same for everybody: medians with missing indicators, one-hot categories (at least 1 % of
the rows, at most 20 columns). Teachers see the training rows only. Students and baselines get the
training rows, their labels and the frozen teacher. Everything is measured on the test rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable  # noqa: TC003  (the dataclasses are read at run time)
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import interpkd.datasets

MOST_ROWS = 10_000
SMALLEST_PROBABILITY = 1e-3
BUNDLED = {
    "breast_cancer": (datasets.load_breast_cancer, "classification"),
    "digits": (datasets.load_digits, "classification"),
    "iris": (datasets.load_iris, "classification"),
    "wine": (datasets.load_wine, "classification"),
    "diabetes": (datasets.load_diabetes, "regression"),
}
FETCHED = tuple(
    name.removeprefix("fetch_") for name in interpkd.datasets.__all__ if name.startswith("fetch_")
)


# ---------------------------------------------------------------- data
@dataclass(frozen=True)
class DataSet:
    """A table and its target: classes as numbers from 0, or values."""

    name: str
    frame: pd.DataFrame
    y: np.ndarray
    categorical: tuple[str, ...]
    n_classes: int  # 0 for a regression


@dataclass(frozen=True)
class Task:
    """A split and encoded data set."""

    name: str
    n_rows: int
    n_classes: int
    seed: int
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    X_all: np.ndarray | None = None
    """All rows, spare and test ones too, for what is compared with a student that has seen them."""


def bundled_data():
    """Yield scikit-learn's bundled data sets."""
    for name, (load, task) in BUNDLED.items():
        data = load(as_frame=True)
        frame = data.data.reset_index(drop=True)
        yield _data_set(name, frame, data.target.to_numpy(), (), task)


def catalogued_data(folder):
    """Yield the data sets of a folder whose `datasets.json` lists them.

    Each entry has `name`, `file` (CSV), `target`, `task` ("regression", or anything else for
    classes) and `categorical` (names of columns).
    """
    folder = Path(folder)
    entries = json.loads((folder / "datasets.json").read_text())
    for entry in entries:
        frame = _at_most(MOST_ROWS, pd.read_csv(folder / entry["file"]))
        y = frame.pop(entry["target"]).to_numpy()
        categorical = tuple(c for c in entry["categorical"] if c in frame)
        frame = _as_text(frame, categorical)
        yield _data_set(entry["name"], frame, y, categorical, entry["task"])


def fetched_data(names=None):
    """Yield tables of OpenML, of the names in `FETCHED`; None for all of them.

    They are fetched by `interpkd.datasets` into scikit-learn's cache, and read from there later.
    """
    for name in FETCHED if names is None else names:
        table = getattr(interpkd.datasets, f"fetch_{name}")()
        frame = _at_most(MOST_ROWS, table.frame)
        y = frame.pop(table.target.name).to_numpy()
        categorical = tuple(frame.select_dtypes("category"))
        frame = _as_text(frame, categorical)
        task = "regression" if table.positive_class is None else "classes"
        yield _data_set(name, frame, y, categorical, task)


def _at_most(n_rows, frame):
    """Give a fixed sample of a large table."""
    if len(frame) > n_rows:
        rows = np.random.RandomState(0).choice(len(frame), n_rows, replace=False)
        frame = frame.iloc[np.sort(rows)]
    return frame.reset_index(drop=True)


def _as_text(frame, columns):
    """Give categories as text, missing ones too."""
    for column in columns:
        values = frame[column].astype(object)
        frame[column] = values.where(frame[column].notna(), "missing").astype(str)
    return frame


def _data_set(name, frame, y, categorical, task):
    if task == "regression":
        return DataSet(name, frame, y.astype(float), categorical, 0)
    classes, codes = np.unique(y, return_inverse=True)
    return DataSet(name, frame, codes, categorical, len(classes))


def split(data, seed):
    """Split and encode a data set."""
    y = data.y
    rows = np.arange(len(y))
    strata = y if data.n_classes else None
    rest, test = train_test_split(rows, test_size=0.2, random_state=seed, stratify=strata)
    strata = y[rest] if data.n_classes else None
    train, _ = train_test_split(rest, test_size=0.25, random_state=seed, stratify=strata)
    encoder = _encoder(data).fit(data.frame.iloc[train])
    X = encoder.transform(data.frame).astype(np.float32)
    parts = (X[train], y[train], X[test], y[test], X)
    return Task(data.name, len(y), data.n_classes, seed, *parts)


def _encoder(data):
    numeric = [c for c in data.frame if c not in data.categorical]
    steps = [("numbers", SimpleImputer(strategy="median", add_indicator=True), numeric)]
    if data.categorical:
        one_hot = OneHotEncoder(
            min_frequency=0.01,
            max_categories=20,
            drop="if_binary",
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        steps.append(("categories", one_hot, list(data.categorical)))
    return ColumnTransformer(steps, verbose_feature_names_out=False)


# ---------------------------------------------------------------- teachers
def fit_teacher(name, task):
    """Fit a teacher; give its function from rows to probabilities or predictions."""
    model = TEACHERS[name](task.n_classes > 0, task.seed)
    if name == "mlp":
        return _standardised(model, task)
    model.fit(task.X_train, task.y_train)
    return _answers(model, task.n_classes)


def _answers(model, n_classes) -> Callable[[np.ndarray], np.ndarray]:
    if n_classes:
        return lambda X: model.predict_proba(X).astype(float)
    return lambda X: model.predict(X).astype(float)


def _make_boosted(is_classifier, seed):
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBClassifier if is_classifier else XGBRegressor
    return kind(n_estimators=300, max_depth=6, learning_rate=0.1, n_jobs=1, random_state=seed)


def _make_forest(is_classifier, seed):
    if is_classifier:
        return RandomForestClassifier(500, max_features="sqrt", random_state=seed)
    return RandomForestRegressor(500, max_features=1 / 3, random_state=seed)


def _make_network(is_classifier, seed):
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if is_classifier else MLPRegressor
    return kind(
        hidden_layer_sizes=(128, 128),
        batch_size=256,
        learning_rate_init=1e-3,
        max_iter=80,
        early_stopping=True,
        n_iter_no_change=8,
        random_state=seed,
    )


TEACHERS = {"xgb": _make_boosted, "rf": _make_forest, "mlp": _make_network}


def _standardised(network, task):
    """Fit a network on standardised columns, and in a regression a standardised target."""
    scaler = StandardScaler().fit(task.X_train)
    shift, unit = 0.0, 1.0
    if not task.n_classes:
        shift, unit = float(task.y_train.mean()), float(task.y_train.std())

    def inputs(X):
        return np.clip(scaler.transform(X), -10, 10)

    network.set_params(batch_size=min(256, len(task.X_train) // 2))
    y = task.y_train if task.n_classes else (task.y_train - shift) / unit
    network.fit(inputs(task.X_train), y)
    answers = _answers(network, task.n_classes)
    return lambda X: answers(inputs(X)) * unit + shift


# ---------------------------------------------------------------- scores
def score_classes(target, proba, decision, y):
    """Score a student against the teacher's probabilities and the labels."""
    hard = target.argmax(axis=1)
    return {
        "agreement": float((decision == hard).mean()),
        "kl": kl_divergence(target, proba),
        "accuracy": float((decision == y).mean()),
        "teacher_accuracy": float((hard == y).mean()),
        "auc": auc(y, proba),
        "teacher_auc": auc(y, target),
    }


def score_values(target, prediction, y):
    """Score a regression student against the teacher's predictions and the true values."""
    return {
        "r2": r2(target, prediction),
        "true_r2": r2(y, prediction),
        "teacher_true_r2": r2(y, target),
    }


def kl_divergence(target, proba):
    """Mean KL(teacher ‖ student) in nats, student clipped at 1e-3 and renormalised."""
    student = np.clip(proba, SMALLEST_PROBABILITY, 1)
    student = student / student.sum(axis=1, keepdims=True)
    target = np.clip(target, 1e-12, 1)
    return float((target * np.log(target / student)).sum(axis=1).mean())


def auc(y, proba):
    """Area under the ROC curve; of more than two classes the mean of one against the rest."""
    if proba.shape[1] == 2:
        return float(roc_auc_score(y == 1, proba[:, 1]))
    present = [k for k in range(proba.shape[1]) if 0 < (y == k).sum() < len(y)]
    return float(np.mean([roc_auc_score(y == k, proba[:, k]) for k in present]))


def r2(y, prediction):
    """Share of the variance of `y` that a prediction explains."""
    return float(1 - ((y - prediction) ** 2).sum() / ((y - y.mean()) ** 2).sum())
