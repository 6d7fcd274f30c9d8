"""Directions in the report: what is proved of both models, against brute force and sweeps."""

import json
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.audit import _monotonicity, audit_report
from interpkd.audit._inputs import read_inputs
from interpkd.audit._monotonicity import monotonicity
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import compare_students


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


def look(student, X, y=None, *, teacher=None, X_train=None):
    """Give the section alone, without the rest of a report."""
    return monotonicity(read_inputs(student, X, y, teacher, 0.5, X_train=X_train), random_state=0)


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
    section = look(student, X)
    said = {one["column"]: one["direction"] for one in section["undeclared"]}
    for name in {"a", "b", "d"} - {one["column"] for one in section["columns"]}:
        rises, falls = by_force(student, X, name)
        assert said.get(name) == (None if rises == falls else 1 if rises else -1), name
    signs = options.get("monotonic_cst", {})
    assert {one["column"]: one["declared"] for one in section["columns"]} == signs
    assert all(one["student_ok"] for one in section["columns"])


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
    section = look(student, X, y)
    a, b = section["columns"]
    assert (a["column"], a["declared"], a["declared_by"]) == ("a", 1, "teacher")
    assert (b["column"], b["declared"], b["declared_by"]) == ("b", -1, "student")
    assert b["student_ok"]
    assert b["student_proof"].startswith("proved: none goes against it")
    # of the teacher its own constraint is proved, and nobody told it about b
    assert (a["teacher"]["status"], a["n_violations_teacher"]) == ("proved", 0)
    assert a["teacher"]["method"].endswith("of every tree")
    everywhere = look(student, X[:90], y[:90], X_train=X)["columns"][1]
    values = np.sort(X["b"].dropna().unique())
    p = [teacher.predict_proba(X[:90].assign(b=value))[:, 1] for value in values]
    wrong = (np.diff(p, axis=0) > 1e-9).any(axis=0)
    assert (everywhere["n_violations_teacher"], everywhere["n_rows_checked"]) == (wrong.sum(), 90)
    assert everywhere["teacher"]["status"] == "violated"
    first, second = pd.DataFrame(everywhere["teacher"]["inputs"]).itertuples(index=False)
    assert (first.a, first.d) == (second.a, second.d)
    assert first.b < second.b
    answers = teacher.predict_proba(pd.DataFrame([first, second]).astype(float))[:, 1]
    assert answers.tolist() == everywhere["teacher"]["answers"]
    assert answers[1] > answers[0]


def test_a_violation_of_the_student_is_shown_with_the_remedy(tmp_path):
    X = np.random.default_rng(0).random((60, 2))
    teacher = HistGradientBoostingRegressor(max_iter=2, monotonic_cst=[1, 0]).fit(X, X[:, 0])
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, -X[:, 0])
    bound = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, teacher.predict(X))
    report = audit_report(tree, X, X[:, 1], teacher=teacher, constrained=bound)
    (one,) = report.data["monotonicity"]["columns"]
    assert not one["student_ok"]
    assert one["n_against"] == one["n_compared"] > 0
    assert one["teacher"]["status"] == "proved"
    rows, answers = one["student"]["inputs"], one["student"]["answers"]
    assert tree.predict([[*row.values()] for row in rows]).tolist() == answers
    assert rows[0]["x1"] == rows[1]["x1"]
    assert 'monotonic_cst="teacher"' in report.data["monotonicity"]["remedy"]
    jsonschema = pytest.importorskip("jsonschema")
    file = resources.files("interpkd.audit") / "schema" / "audit_report-2.json"
    jsonschema.validate(report.to_dict(), json.loads(file.read_text(encoding="utf-8")))
    paper = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    (line,) = [line for line in paper.splitlines() if line.endswith("| the same |")]
    assert f"{answers[1]:.3f}" in line
    for said in ("violated", "differ in one column only", "The remedy: Distil", "(proved: x0)"):
        assert said in paper
    price = report.data["monotonicity"]["price"]
    asked = compare_students(tree, bound, X, X[:, 1], teacher=teacher).to_dict()
    assert {name: price[name] for name in asked} == asked
    assert "This student and the constrained one, 95 % intervals, in pairs" in paper


def test_why_the_remedy_has_no_price_is_said():
    X = np.random.default_rng(0).random((40, 1))
    teacher = HistGradientBoostingRegressor(max_iter=2, monotonic_cst=[1]).fit(X, X[:, 0])
    inputs = read_inputs(DecisionTreeRegressor(max_depth=1).fit(X, -X[:, 0]), X, None, teacher, 0.5)
    for given, told in ((None, "pass it as constrained="), ("Too dear.", "Too dear.")):
        price = monotonicity(inputs, random_state=0, constrained=given)["price"]
        assert (price["is_computed"], told in price["reason"]) == (False, True)
    with pytest.raises(InvalidInputError, match="constrained must be a fitted student"):
        monotonicity(inputs, random_state=0, constrained=3)


def test_a_teacher_that_cannot_be_asked_costs_its_own_part_only(table):
    X = table[0][["a", "b"]].fillna(0.0)

    def strict(X):
        if X["a"].dtype.kind != "i":
            msg = "whole numbers only"
            raise TypeError(msg)
        return X["a"].to_numpy() / 8.0

    student = DistilledTreeRegressor(
        as_teacher(strict), max_leaf_nodes=3, monotonic_cst={"a": 1}, augmentation=None
    ).fit(X)
    (one,) = look(student, X)["columns"]
    assert one["student_ok"]
    assert one["teacher"]["status"] == "not decided"
    assert "could not be asked about moved rows: " in one["teacher"]["reason"]


def test_of_many_rows_those_that_show_categories_and_gaps_are_among_the_asked(table, monkeypatch):
    X, y, P = table
    X = X.assign(c=np.where(np.arange(len(X)) == 299, "rare", X["c"]))
    student = DistilledTreeClassifier(max_leaf_nodes=4, random_state=0)
    student.fit(X, y, teacher_proba=P)
    monkeypatch.setattr(_monotonicity, "MAX_REFERENCE", 3)
    rows = _monotonicity._reference(read_inputs(student, X, y, None, 0.5), 0)
    assert {*rows["c"]} == {*X["c"]}
    assert rows["b"].isna().any()
    assert len(rows) < 12


def test_undeclared_directions_are_facts():
    X = np.random.default_rng(0).normal(size=(80, 3))
    line = LinearRegression().fit(X, X @ [1.0, -2.0, 0.0])
    line.coef_[2] = 0.0
    section = look(line, X, teacher=RandomForestRegressor(3).fit(X, X[:, 0]))
    assert section["columns"] == []
    assert section["teacher_signs"] == "The teacher has none."
    assert [(one["column"], one["direction"]) for one in section["undeclared"]] == [
        ("x0", 1), ("x1", -1),
    ]  # fmt: skip


def test_why_nothing_is_proved_is_said(reports):
    assert "more than two classes" in reports["multiclass"].data["monotonicity"]["reason"]
    assert "Nothing is proved of" in reports["any_student"].data["monotonicity"]["reason"]
    for name in ("binary", "regression", "scorecard", "line_with_refits"):
        assert reports[name].data["monotonicity"]["is_computed"]
