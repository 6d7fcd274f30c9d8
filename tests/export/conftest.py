"""Fitted students of every kind and task, with rows that are hard to score."""

import importlib.util
import os
import shutil
from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)

STUDENTS = {
    "tree, binary": lambda: DistilledTreeClassifier(max_leaf_nodes=10, effort="greedy"),
    "tree, multiclass": lambda: DistilledTreeClassifier(max_leaf_nodes=10, effort="greedy"),
    "tree, regression": lambda: DistilledTreeRegressor(max_leaf_nodes=10, effort="greedy"),
    "logistic, binary": DistilledLogisticRegression,
    "logistic, multiclass": DistilledLogisticRegression,
    "svm, binary": DistilledLinearSVC,
    "svm, multiclass": DistilledLinearSVC,
    "linear, regression": DistilledLinearRegression,
    "scorecard, binary": lambda: DistilledScorecardClassifier(
        special_values={"age": [20, 33]}, good_class="bad", base_score=512.3
    ),
}


# fitted on arrays without names, some of them without missing values
BARE = {
    "bare tree, infinite thresholds": DecisionTreeClassifier,
    "bare tree, three classes": lambda: DecisionTreeClassifier(max_leaf_nodes=9, random_state=0),
    "bare tree, regression": lambda: DecisionTreeRegressor(max_leaf_nodes=9, random_state=0),
    "complete, logistic": DistilledLogisticRegression,
    "complete, three classes": DistilledLinearSVC,
    "complete, linear": DistilledLinearRegression,
}

HOSTILE_NAMES = [
    "__proto__",
    "constructor",
    "</script><script>alert(1)</script>",
    "<!-- ${alert(1)} `",
    "\u2028\u2029",
    "quote \" and ' and `` and \\",
    "\"\"\"; import os; '''",
    "*/ drop table students; --",
    "]]> {{x}} %s {0} [a] :name $1 ?",
    "line\nbreak\r\ttab",
    "\u202eright to left",
    "é\u0301 ß ı 中 \U0001f600",
    "x" * 500,
]

HOSTILE = {
    "hostile, tree": lambda: DistilledTreeClassifier(max_leaf_nodes=12, effort="greedy"),
    "hostile, logistic": DistilledLogisticRegression,
    "hostile, scorecard": DistilledScorecardClassifier,
}

PROGRAMS = ("node", "java")
"""Engines that are programs; the others are Python modules."""


def make_table(n=300):
    """Numbers, categories, numbers as categories and truth values; missing in three of five."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "purpose": rng.choice(["car", "tv", "<b>", "__proto__", "\u2028"], n),
            "rooms": pd.Categorical(rng.choice([1, 2, 5], n)),
            "owner": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "income": np.round(rng.lognormal(3, 1, n), 3),
        }
    )
    frame.loc[rng.random(n) < 0.1, "purpose"] = None
    frame.loc[rng.random(n) < 0.1, "owner"] = pd.NA
    frame.loc[rng.random(n) < 0.2, "income"] = np.nan
    return frame


def make_answers(frame, task):
    """What a teacher says of the rows: all columns matter, missing values too."""
    z = (frame["age"] - 45) / 20 + 1.5 * (frame["purpose"] == "tv") - (frame["purpose"].isna())
    z += (frame["rooms"].astype(int) == 2) + frame["owner"].fillna(False).astype(float)
    z = (z + np.log(frame["income"].fillna(90)) / 3 - 2).to_numpy(np.float64)
    if task == "regression":
        return 100 * z
    scores = np.stack([np.zeros(len(z)), z, *([1 - z**2] if task == "multiclass" else [])], axis=1)
    proba = np.exp(scores)
    return proba / proba.sum(axis=1, keepdims=True)


def hard_rows(frame, cuts):
    """Rows of the table, with missing values, unseen categories, and values on every border.

    Parameters: the table, and for columns of numbers the values on which a student changes.
    """
    rng = np.random.default_rng(1)
    nothing = pd.Series([None] * 3, dtype=object)
    rows = [frame, *(frame.iloc[:3].assign(**{name: nothing}) for name in frame.columns)]
    rows.append(pd.DataFrame({name: [None] for name in frame.columns}, dtype=object))
    rows.append(frame.iloc[:3].assign(purpose="balloon", rooms=pd.Categorical([7, 7, 7])))
    for name, values in cuts.items():
        near = [
            np.nextafter(kind(value), kind(towards))
            for value in values
            if np.isfinite(value)
            for kind in (np.float32, np.float64)
            for towards in (-np.inf, value, np.inf)
        ]
        if near:
            base = frame.iloc[rng.integers(0, len(frame), len(near))]
            rows.append(base.assign(**{name: np.array(near, dtype=np.float64)}))
    out = pd.concat([one.astype(object) for one in rows], ignore_index=True)
    out = out.where(out.notna(), None)
    return out.astype({"age": float, "income": float, "owner": "boolean"}).assign(
        rooms=pd.Categorical(out["rooms"])
    )


@cache
def fit_student(name):
    frame = make_table()
    answers = make_answers(frame, name.split(", ")[1])
    y = answers if answers.ndim == 1 else np.array(["bad", "good", "so so"])[answers.argmax(axis=1)]
    student = STUDENTS[name]().fit(frame, y, teacher_proba=answers)
    return student, hard_rows(frame, cuts_of(student))


@cache
def fit_bare(name):
    """A student of arrays, and rows of them."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200, 3)) * [1.0, 50.0, 1e-3]
    z = X @ [1.0, 0.02, 900.0]
    if "complete" not in name:
        X[rng.random(X.shape) < 0.2] = np.nan
    if "infinite" in name:
        X = np.round(X[:, :1])
        return BARE[name]().fit(X, np.isnan(X[:, 0])), X
    if "regression" in name or "linear" in name:
        return BARE[name]().fit(X, z), X
    return BARE[name]().fit(X, np.digitize(z, [-0.7, 0.7] if "three" in name else [0])), X


@cache
def fit_hostile(name):
    """A student of a table whose names, categories and classes are written to do harm."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({one: rng.choice(HOSTILE_NAMES, 200) for one in HOSTILE_NAMES})
    number, *texts, good, bad = HOSTILE_NAMES[3], *HOSTILE_NAMES[:2], *HOSTILE_NAMES[6:8]
    frame = frame.assign(**{number: rng.normal(size=200)})
    p = 0.1 + 0.03 * sum(frame[one].map(HOSTILE_NAMES.index) for one in texts)
    p = np.clip(p + 0.1 * frame[number], 0.01, 0.99).to_numpy()
    y = np.where(p > 0.5, good, bad)
    proba = np.column_stack([p, 1 - p])[:, np.argsort([good, bad])]
    return HOSTILE[name]().fit(frame, y, teacher_proba=proba), frame


def fit_any(name):
    """The student of a name in any of the lists, and rows."""
    if name in STUDENTS:
        return fit_student(name)
    return fit_bare(name) if name in BARE else fit_hostile(name)


@pytest.fixture(scope="session")
def needs_engine():
    """A function that skips a test without its engine, or fails it where engines are required."""

    def check(name):
        if name in PROGRAMS:
            is_there = shutil.which(name) is not None
        else:
            is_there = importlib.util.find_spec(name) is not None
        if not is_there:
            is_required = os.environ.get("INTERPKD_ENGINES") == "required"
            (pytest.fail if is_required else pytest.skip)(f"{name} is not installed")

    return check


@pytest.fixture(scope="session", params=[*STUDENTS, *BARE, *HOSTILE])
def exported(request):
    """Every student in turn, those of arrays and of hostile names too, and rows of it."""
    return fit_any(request.param)


@pytest.fixture(scope="session")
def student_of():
    """A function from a kind and task to a fitted student and the rows that it is tried on."""
    return fit_any


@pytest.fixture(scope="session", params=STUDENTS)
def written(request):
    """Every student in turn, and the rows that it is tried on."""
    return fit_student(request.param)


def cuts_of(student):
    """The numbers on which a student changes, by column."""
    if hasattr(student, "card_"):
        model = student.card_.model
        names = [student.columns_[i].name for i in model.columns]
        return {
            name: [*bins.cuts, *bins.special]
            for name, bins in zip(names, model.bins, strict=True)
            if name in ("age", "income")
        }
    core = student.student_.steps[-1][1]
    if hasattr(core, "tree_"):
        pairs = list(zip(core.tree_.feature, core.tree_.threshold, strict=True))
        return {
            name: [t for i, t in pairs if i >= 0 and student.columns_[i].name == name]
            for name in ("age", "income")
        }
    return {"age": [0.0], "income": [-1e30, 1e30]}
