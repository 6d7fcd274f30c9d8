"""Every verdict against asking both models about every input that any threshold tells apart.

What is asked about is made without the search's own cells: of each column of numbers the two ends
of what is allowed, by the definition of mid-ranks, and for each threshold of either model the
threshold itself and the numbers beside it in single and in double precision, all columns together.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledLogisticRegression, DistilledScorecardClassifier
from interpkd.fidelity import certify
from interpkd.teachers import split_thresholds

RADII = (0.03, 0.1)
N_ROWS = 12
MOST_INPUTS = 3000
NUMBERS = ["a", "b", "c"]
COMPARED = {}


@dataclass
class Problem:
    """A table with and without missing values, and what is to be learned."""

    X: pd.DataFrame
    gaps: pd.DataFrame
    target: dict[str, Any]


@pytest.fixture(scope="module")
def problem():
    rng, n = np.random.default_rng(5), 200
    a, b, c = rng.normal(size=n), rng.normal(size=n).round(1), rng.integers(0, 5, n)
    kind = rng.integers(0, 4, n)
    score = np.sin(2 * a) + b * (c - 2.0) / 2 + np.array([-0.5, 0.0, 0.4, 1.0])[kind]
    X = pd.DataFrame({"a": a, "b": b, "c": c.astype(float)})
    X["d"] = pd.Categorical(np.array(["red", "green", "blue", "grey"])[kind])
    gaps = X.copy()
    for name in ("a", "b", "d"):
        gaps.loc[rng.random(n) < 0.12, name] = np.nan
    target = {
        "two": (score > 0).astype(int),
        "three": np.digitize(score, [-0.6, 0.6]),
        "number": score,
    }
    return Problem(X, gaps, target)


def sizes(**more):
    return {"n_estimators": 6, "random_state": 0, **more}


def boosted(library, kind, **more):
    """A booster of XGBoost or LightGBM."""
    module = pytest.importorskip(library)
    names = {"xgboost": "XGB", "lightgbm": "LGBM"}
    quiet = {"verbose": -1, "min_child_samples": 5} if library == "lightgbm" else {}
    return getattr(module, names[library] + kind)(**sizes(max_depth=3, n_jobs=1, **quiet, **more))


# name: task, whether it takes missing values, whether it takes categories, how it is made
TEACHERS = {
    "xgboost": ("two", True, True, lambda: boosted("xgboost", "Classifier")),
    "xgboost, dart": ("two", True, False, lambda: boosted(
        "xgboost", "Classifier", booster="dart", rate_drop=0.5, skip_drop=0.0)),
    "xgboost, three": ("three", True, True, lambda: boosted("xgboost", "Classifier")),
    "xgboost, number": ("number", True, True, lambda: boosted("xgboost", "Regressor")),
    "lightgbm": ("two", True, True, lambda: boosted("lightgbm", "Classifier")),
    "lightgbm, three": ("three", True, False, lambda: boosted("lightgbm", "Classifier")),
    "lightgbm, number": ("number", True, True, lambda: boosted("lightgbm", "Regressor")),
    "histogram": ("two", True, True, lambda: HistGradientBoostingClassifier(
        max_iter=6, max_leaf_nodes=7)),
    "histogram, three": ("three", True, True, lambda: HistGradientBoostingClassifier(
        max_iter=4, max_leaf_nodes=5)),
    "histogram, number": ("number", True, True, lambda: HistGradientBoostingRegressor(
        max_iter=6, max_leaf_nodes=7)),
    "forest": ("two", True, False, lambda: RandomForestClassifier(**sizes(max_depth=4))),
    "forest, three": ("three", True, False, lambda: RandomForestClassifier(**sizes(max_depth=3))),
    "forest, number": ("number", False, False, lambda: RandomForestRegressor(**sizes(max_depth=4))),
    "extra trees": ("two", True, False, lambda: ExtraTreesClassifier(**sizes(max_depth=4))),
    "boosting": ("two", False, False, lambda: GradientBoostingClassifier(**sizes(max_depth=3))),
    "boosting, three": ("three", False, False, lambda: GradientBoostingClassifier(
        **sizes(max_depth=2))),
    "boosting, number": ("number", False, False, lambda: GradientBoostingRegressor(
        **sizes(max_depth=3))),
    "tree": ("two", True, False, lambda: DecisionTreeClassifier(max_leaf_nodes=12, random_state=0)),
}  # fmt: skip
TEACHERS["catboost"] = (
    "two",
    False,
    False,
    lambda: pytest.importorskip("catboost").CatBoostClassifier(
        n_estimators=5, depth=3, verbose=0, allow_writing_files=False, thread_count=1
    ),
)


@pytest.fixture(scope="module")
def students(problem):
    """Students by task, whether rows have missing values, and kind; no teacher is theirs."""
    made = {}
    for has_gaps, X in ((False, problem.X), (True, problem.gaps)):
        for task, y in problem.target.items():
            tree = DecisionTreeRegressor if task == "number" else DecisionTreeClassifier
            own = [("tree", tree(max_leaf_nodes=7, random_state=0).fit(X[NUMBERS], y))]
            if task == "number" and not has_gaps:
                own.append(("linear", LinearRegression().fit(X[NUMBERS], y)))
            if task == "three" and not has_gaps:
                own.append(("logistic", LogisticRegression().fit(X[NUMBERS], y)))
            if task == "two" and not has_gaps:
                own.append(("svm", LinearSVC().fit(X[NUMBERS], y)))
            if task == "two":
                teacher = HistGradientBoostingClassifier(
                    max_iter=5, categorical_features="from_dtype"
                )
                soft = {"teacher_proba": teacher.fit(X, y).predict_proba(X)}
                card = DistilledScorecardClassifier(max_bins=4, random_state=0)
                logistic = DistilledLogisticRegression(random_state=0)
                own += [("logistic", logistic.fit(X, y, **soft)), ("card", card.fit(X, y, **soft))]
            for name, student in own:
                made[task, has_gaps, name] = student
    return made


def borders(student):
    """Thresholds of a student by the names of its columns."""
    if hasattr(student, "tree_"):
        tree, names = student.tree_, student.feature_names_in_
        return {n: tree.threshold[tree.feature == j] for j, n in enumerate(names)}
    if hasattr(student, "card_"):
        model, names = student.card_.model, student.feature_names_in_
        return {names[j]: bins.cuts for j, bins in zip(model.columns, model.bins, strict=True)}
    return {}


@functools.cache
def mid_ranks(known):
    """Mid-rank of each different value of a column, by definition."""
    known = np.array(known)
    atoms = np.unique(known)
    return atoms, mid_rank(known, atoms)


def mid_rank(known, values):
    below, up_to = (known < values[:, None]).mean(axis=1), (known <= values[:, None]).mean(axis=1)
    return (below + up_to) / 2


def allowed(column, value, radius):
    """The least and the largest number near a value."""
    known = tuple(column.dropna())
    atoms, ranks = mid_ranks(known)
    [rank] = mid_rank(np.array(known), np.array([value]))
    near = atoms[np.abs(ranks - rank) <= radius + 1e-9]
    return min([value, *near]), max([value, *near])


def inputs_near(X, row, radius, thresholds):
    """All numbers near a row that thresholds tell apart; None if too many."""
    axes = []
    for name in NUMBERS:
        value = row[name]
        if np.isnan(value):
            axes.append(np.array([value]))
            continue
        low, high = allowed(X[name], value, radius)
        t = thresholds[name]
        t = t[(t >= low - 1e-3) & (t <= high + 1e-3)]
        f = t.astype(np.float32)
        beside = [np.nextafter(f, np.float32(s * np.inf)).astype(float) for s in (-1, 1)]
        beside += [np.nextafter(t, s * np.inf) for s in (-1, 1)]
        tried = np.unique(np.concatenate([[low, value, high], t, f.astype(float), *beside]))
        axes.append(tried[(tried >= low) & (tried <= high)])
    if np.prod([len(axis) for axis in axes]) > MOST_INPUTS:
        return None
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(NUMBERS))


def as_table(X, rows, grids):
    """Put grids of numbers below each other, with each row's own category."""
    Z = pd.DataFrame(np.concatenate(list(grids.values())), columns=NUMBERS)
    codes = rows["d"].cat.codes.to_numpy()
    own = np.concatenate([np.full(len(grid), codes[r]) for (_, r), grid in grids.items()])
    Z["d"] = pd.Categorical.from_codes(own, X["d"].cat.categories)
    return Z


def columns_of(model):
    names = getattr(model, "feature_names_in_", None)
    return [*(model.feature_names_ if names is None else names)]


def answers(model, Z):
    return np.asarray(model.predict(Z[columns_of(model)])).reshape(-1)


def check(student, teacher, X, tolerance):
    """Compare all statuses; give how many were compared."""
    rows = X.iloc[:N_ROWS]
    certificate = certify(student, teacher, X_ref=X, X_eval=rows, radius=RADII, tolerance=tolerance)
    assert certificate.reason is None
    status = certificate.rows["status"].to_numpy().reshape(len(RADII), N_ROWS)
    columns = columns_of(teacher)
    cuts = dict(zip(columns, split_thresholds(teacher, columns), strict=True))
    own = borders(student)
    cuts = {n: np.concatenate([cuts.get(n, ()), own.get(n, ())]).astype(float) for n in NUMBERS}
    grids = {
        (i, r): inputs_near(X, rows.iloc[r], radius, cuts)
        for i, radius in enumerate(RADII)
        for r in range(N_ROWS)
    }
    grids = {key: Z for key, Z in grids.items() if Z is not None}
    everything = as_table(X, rows, grids)
    of_teacher, of_student = answers(teacher, everything), answers(student, everything)
    on_rows = answers(teacher, rows)
    ends = np.cumsum([len(Z) for Z in grids.values()])
    for (i, r), end, Z in zip(grids, ends, grids.values(), strict=True):
        part = slice(end - len(Z), end)
        apart = differ(of_teacher[part], of_student[part], tolerance)
        flips = differ(of_teacher[part], on_rows[r], tolerance)
        said = status[i, r]
        if said == "proved":
            assert not apart.any(), f"row {r}, radius {RADII[i]}"
        else:
            assert apart.any(), f"row {r}, radius {RADII[i]}"
        if said == "teacher_unstable":
            assert flips.any()
        if said == "student_border":
            assert not flips.any()
    assert "undecided" not in status
    return len(grids)


def differ(one, other, tolerance):
    return one != other if tolerance is None else np.abs(one - other) > tolerance


@pytest.mark.parametrize("name", list(TEACHERS))
def test_every_verdict(problem, students, name):
    task, takes_gaps, takes_categories, make = TEACHERS[name]
    X = problem.gaps if takes_gaps else problem.X
    teacher = make()
    if takes_categories and name.startswith("xgboost"):
        teacher.set_params(enable_categorical=True)
    if takes_categories and name.startswith("histogram"):
        teacher.set_params(categorical_features="from_dtype")
    teacher.fit(X[[*NUMBERS, "d"] if takes_categories else NUMBERS], problem.target[task])
    for (of, has_gaps, kind), student in students.items():
        if of == task and has_gaps == takes_gaps:
            COMPARED[name, kind] = check(student, teacher, X, 0.6 if task == "number" else None)


def test_that_was_a_thousand_comparisons():
    if {name for name, _ in COMPARED} != {*TEACHERS}:
        pytest.skip("only where all of the above were run")
    assert len(COMPARED) == 42
    assert sum(COMPARED.values()) >= 1000
