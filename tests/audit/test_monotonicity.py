"""Directions: proofs against brute force, and the teacher's violations against a sweep."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
)
from interpkd._structure import take_apart
from interpkd.audit import audit_report
from interpkd.audit._directions import directions


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 300
    X = pd.DataFrame(
        {
            "a": rng.integers(0, 8, n),
            "b": rng.integers(0, 6, n).astype(float),
            "c": rng.choice(["u", "v", "w"], n),
            "d": rng.random(n) < 0.5,
        }
    )
    X.loc[::9, "b"] = np.nan
    z = 0.6 * X["a"] - np.where(X["c"] == "u", X["b"].fillna(3), -X["b"].fillna(3)) / 2 + X["d"]
    p = 1 / (1 + np.exp(-(z - z.mean())))
    return X, np.where(p > 0.5, "yes", "no"), np.column_stack([1 - p, p])


def by_force(student, X, column):
    """Ask on every combination of values whether the answer rises and falls along a column."""
    values = {name: list(pd.unique(X[name])) for name in X}
    others = [name for name in X if name != column]
    grid = pd.MultiIndex.from_product([values[name] for name in others]).to_frame(index=False)
    grid.columns = others
    known = sorted(value for value in values[column] if not pd.isna(value))
    rows = [grid.assign(**{column: value})[list(X)].astype(X.dtypes) for value in known]
    steps = np.diff([student.predict_proba(one)[:, 1] for one in rows], axis=0)
    return bool((steps >= -1e-12).all()), bool((steps <= 1e-12).all())


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (DistilledTreeClassifier, {"max_leaf_nodes": 6}),
        (DistilledTreeClassifier, {"max_leaf_nodes": 14}),
        (DistilledTreeClassifier, {"max_leaf_nodes": 12, "monotonic_cst": {"a": 1, "b": -1}}),
        (DistilledLogisticRegression, {}),
        (DistilledScorecardClassifier, {"good_class": "no"}),
        (DistilledScorecardClassifier, {"monotonic_cst": {"a": 1}}),
    ],
)
def test_proofs_are_what_every_combination_shows(table, kind, options):
    X, y, P = table
    student = kind(random_state=0, **options).fit(X, y, teacher_proba=P)
    found = directions(student, take_apart(student))
    assert set(found) == {"a", "b", "d"}
    for name, one in found.items():
        assert (one.rises, one.falls) == by_force(student, X, name), name
    for name, sign in options.get("monotonic_cst", {}).items():
        assert found[name].rises if sign > 0 else found[name].falls


def test_random_trees_against_brute_force():
    """Asked at every threshold and beyond it, a tree shows all that it ever does."""
    rng = np.random.default_rng(0)
    X = rng.random((60, 3))
    seen = set()
    for seed in range(40):
        tree = DecisionTreeRegressor(
            max_leaf_nodes=4 + seed % 5, splitter="random", random_state=seed
        )
        tree.fit(X, np.round(X[:, 0] + rng.normal(size=60) / 4, 1))
        splits = [tree.tree_.threshold[tree.tree_.feature == j] for j in range(3)]
        values = [np.unique([-1.0, *one, *(one + 1e-6)]) for one in splits]
        grid = np.stack(np.meshgrid(*values, indexing="ij"), -1)
        answers = tree.predict(grid.reshape(-1, 3)).reshape(grid.shape[:3])
        for j, one in enumerate(directions(tree, take_apart(tree)).values()):
            steps = np.diff(answers, axis=j)
            assert (one.rises, one.falls) == ((steps >= 0).all(), (steps <= 0).all())
            seen.add((one.is_used, one.rises))
    assert len(seen) == 3  # every kind of answer was met


@pytest.fixture(scope="module")
def declared(table):
    """A teacher that says it rises and a student that says it falls, along different columns."""
    X, y, _ = table
    X = X[["a", "b"]].assign(d=X["d"].astype(float))
    teacher = HistGradientBoostingClassifier(max_iter=8, monotonic_cst={"a": 1}, random_state=0)
    teacher.fit(X, y)
    student = DistilledTreeClassifier(
        as_teacher(teacher), max_leaf_nodes=9, monotonic_cst={"b": -1}, random_state=0
    ).fit(X)
    return student, X, y, teacher


def test_declarations_of_both_are_checked(declared):
    student, X, y, teacher = declared
    section = audit_report(student, X, y).data["monotonicity"]
    a, b = section["columns"]
    assert (a["column"], a["declared"], a["declared_by"]) == ("a", 1, "teacher")
    assert (b["column"], b["declared"], b["declared_by"]) == ("b", -1, "student")
    assert b["student_ok"]
    assert b["student_proof"].startswith("proved: none goes against it")
    assert (a["n_violations_teacher"], a["n_rows_checked"]) == (0, 100)
    # nobody told the teacher about b: every row is followed along all its values
    everywhere = audit_report(student, X[:90], y[:90], X_train=X).data["monotonicity"]["columns"][1]
    values = np.sort(X["b"].dropna().unique())
    p = [teacher.predict_proba(X[:90].assign(b=value))[:, 1] for value in values]
    wrong = (np.diff(p, axis=0) > 1e-9).any(axis=0)
    assert (everywhere["n_violations_teacher"], everywhere["n_rows_checked"]) == (wrong.sum(), 90)
    assert wrong.sum() > 0


def test_a_violation_of_the_student_is_shown(tmp_path):
    X = np.random.default_rng(0).random((60, 2))
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, -X[:, 0])
    tree.monotonic_cst = [1, 0]  # declared, and not kept
    report = audit_report(tree, X, X[:, 1])
    (one,) = report.data["monotonicity"]["columns"]
    assert not one["student_ok"]
    assert one["n_against"] == one["n_compared"] > 0
    assert one["n_violations_teacher"] is None
    assert "violated" in report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")


def test_undeclared_directions_are_facts():
    X = np.random.default_rng(0).normal(size=(80, 3))
    line = LinearRegression().fit(X, X @ [1.0, -2.0, 0.0])
    line.coef_[2] = 0.0
    section = audit_report(line, X, X[:, 0], teacher=RandomForestRegressor(3).fit(X, X[:, 0])).data
    section = section["monotonicity"]
    assert section["columns"] == []
    assert section["teacher_signs"] == "The teacher has none."
    assert [(one["column"], one["direction"]) for one in section["undeclared"]] == [
        ("x0", 1), ("x1", -1),
    ]  # fmt: skip


def test_why_nothing_is_proved_is_said(reports):
    assert "more than two classes" in reports["multiclass"].data["monotonicity"]["reason"]
    assert "neither a tree" in reports["any_student"].data["monotonicity"]["reason"]
    for name in ("binary", "regression", "scorecard", "line_with_refits"):
        assert reports[name].data["monotonicity"]["is_computed"]
