"""Fitted students of every kind and task, with rows that are hard to score."""

import importlib.util
import itertools
import math
import os
import shutil
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
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


# ---------------------------------------------------------------- random students
ODD_THRESHOLDS = [
    *(0.0, 0.1, 0.5, -1.0, 1e-45, 5e-324, -1e-40, 3.4e38, -3.4e38, 1e300, 16777217.0),
    *(0.5 + 2.0**-25, 1 + 2.0**-24, "inf", "-inf"),
]
DOCUMENT = {"schema": {"name": "interpkd.student", "version": 1}, "has_names": True}
LABELS = [["a", "A", "a ", "é", "e\u0301"], [1, 2, 5], [0.5, 2.0], ["true", "1", "NULL"], []]


@st.composite
def draw_document(draw, kinds=("tree", "logistic", "svm", "linear", "scorecard")):
    """Draw the document of a student: any that the schema allows, sensible or not."""
    kind = draw(st.sampled_from(kinds))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_classes = {"linear": 0, "scorecard": 2}.get(kind, draw(st.integers(2, 4)))
    if kind == "tree":
        n_classes = draw(st.sampled_from([0, 1, 2, 3]))
    names = draw(st.lists(st.sampled_from(HOSTILE_NAMES), min_size=1, max_size=4, unique=True))
    columns = [random_column(rng, name, kind) for name in names]
    knows = any(
        one["has_missing"] or (kind != "tree" and one["kind"] == "category") for one in columns
    )
    classes = draw(st.sampled_from([["no", "yes", "é", "'"], [0, 1, 2, 3], [-1.5, 0.0, 2.0, 7.5]]))
    document = DOCUMENT | {
        "kind": kind,
        "task": "classification" if n_classes else "regression",
        "classes": classes[:n_classes] or None,
        "takes_missing": knows
        or kind == "scorecard"
        or (kind == "tree" and draw(st.integers(0, 3)) > 0),
        "columns": columns,
    }
    if kind == "tree":
        return document | random_tree(rng, columns, document["classes"], draw(st.integers(1, 12)))
    if kind == "scorecard":
        return document | random_card(rng, columns, document["classes"])
    return document | random_linear(rng, columns, n_classes, kind)


def random_column(rng, name, student):
    kind = rng.choice(["numeric", "category", "boolean"], p=[0.5, 0.35, 0.15])
    # the groups of a card are of at least one category
    n_lists = len(LABELS) - (student == "scorecard")
    labels = list(LABELS[rng.integers(n_lists)]) if kind == "category" else []
    rng.shuffle(labels)
    low, high = sorted(rng.normal(size=2) * 10.0 ** rng.integers(-3, 6))
    ends = {"minimum": float(low), "maximum": float(high)}
    if kind != "numeric":
        ends = dict.fromkeys(ends, None) if kind == "category" else {"minimum": 0.0, "maximum": 1.0}
    out = {"name": name, "kind": str(kind), "categories": labels, "usual": None}
    # a column without categories was missing in every row
    is_lost = kind == "category" and not labels
    return out | {"has_missing": bool(is_lost or rng.random() < 0.5)} | ends


def random_tree(rng, columns, classes, n_leaves):
    nodes, leaves = [{}], [0]
    while len(leaves) < n_leaves:
        place = leaves.pop(rng.integers(len(leaves)))
        column = columns[rng.integers(len(columns))]
        kind, n_labels = column["kind"], len(column["categories"])
        threshold = 0.5 if kind == "boolean" else rng.integers(0, n_labels + 1) - 0.5
        if kind == "numeric":
            threshold = rng.uniform(column["minimum"], column["maximum"])
        odd = [o for o in ODD_THRESHOLDS if kind == "numeric" or isinstance(o, str)]
        threshold = odd[rng.integers(len(odd))] if rng.random() < 0.3 else float(threshold)
        nodes[place] |= {"column": column["name"], "threshold": threshold}
        nodes[place] |= {"missing": str(rng.choice(["left", "right"]))}
        nodes[place] |= {"left": len(nodes), "right": len(nodes) + 1}
        leaves += [len(nodes), len(nodes) + 1]
        nodes += [{}, {}]
    for place in reversed(range(len(nodes))):
        node = nodes[place]
        below = [nodes[node[side]]["n_rows"] for side in ("left", "right") if side in node]
        answer = rng.normal(size=1) * 10.0 ** rng.integers(-3, 6)
        if classes is not None:
            answer = rng.dirichlet(np.ones(len(classes)))
            if rng.random() < 0.3:
                answer = np.full(len(classes), 1 / len(classes))
        decision = None if classes is None else classes[int(answer.argmax())]
        n_rows = sum(below) if below else int(rng.integers(1, 50))
        nodes[place] = {"node": place, "n_rows": n_rows} | node
        nodes[place] |= {"answer": answer.tolist(), "decision": decision}
        if below:
            nodes[place] |= {"left_text": "one side", "right_text": "the other"}
    return {"compares_in": "float32", "nodes": nodes}


def random_linear(rng, columns, n_classes, kind):
    n_outputs = n_classes if n_classes > 2 else 1

    def numbers():
        return (rng.normal(size=n_outputs) * 10.0 ** rng.integers(-4, 3)).tolist()

    terms = []
    for column in columns:
        term = {"column": column["name"], "missing": numbers() if column["has_missing"] else None}
        if column["kind"] == "category":
            labels = column["categories"]
            reference = labels[rng.integers(len(labels))] if labels else None
            others = [label for label in labels if label != reference]
            listed = [{"category": label, "values": numbers()} for label in others]
            terms.append(term | {"reference": reference, "categories": listed})
        else:
            terms.append(term | {"values": numbers(), "imputed": float(rng.normal())})
    link = "softmax" if n_outputs > 1 else "logistic" if n_classes else "identity"
    out = {"link": link, "intercept": numbers(), "terms": terms}
    return out | ({"link_slope": float(rng.uniform(0.2, 3))} if kind == "svm" else {})


def random_card(rng, columns, classes):
    pdo, base, odds = float(rng.uniform(5, 40)), float(rng.normal(600, 50)), 2.0
    good = int(rng.integers(2))
    features = []
    for column in columns[: rng.integers(1, len(columns) + 1)]:
        if column["kind"] == "category":
            groups = rng.integers(0, 2, len(column["categories"]))
            parts = [
                [c for c, g in zip(column["categories"], groups, strict=True) if g == k]
                for k in (0, 1)
            ]
            bins = [{"kind": "categories", "categories": part} for part in parts if part]
        else:
            cuts = sorted({float(np.round(v, 2)) for v in rng.normal(size=rng.integers(0, 4))})
            special = sorted({float(rng.integers(-2, 3)) for _ in range(rng.integers(0, 3))})
            bins = [
                {"kind": "interval", "lower": low, "upper": high}
                for low, high in itertools.pairwise([None, *cuts, None])
            ]
            bins += [{"kind": "special", "value": value} for value in special]
        blank = {"text": "a bin", "lower": None, "upper": None, "categories": [], "value": None}
        blank |= {"n_rows": 1, "share": 0.1, "teacher_mean": None, "coefficient": 0.0}
        bins = [
            blank | one | {"points": int(rng.integers(-40, 90))}
            for one in [*bins, {"kind": "missing"}]
        ]
        features.append({"column": column["name"], "bins": bins})
    factor = pdo / math.log(2)
    scale = {"pdo": pdo, "base_score": base, "base_odds": odds}
    return {
        "base_points": int(rng.integers(0, 600)),
        "factor": factor if good else -factor,
        "offset": base - factor * math.log(odds),
        "scale": scale | {"good_class": classes[good], "good_class_was_given": True},
        "rounding": {"intercept": 0.0, "loss": 0.0, "largest_change": 0.0},
        "n_rows": 10,
        "teacher_mean": 0.5,
        "features": features,
    }


@pytest.fixture(scope="session")
def documents():
    """A strategy of random documents: `document = data.draw(documents(["tree"]))`."""
    return draw_document
