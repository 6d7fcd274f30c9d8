"""JSON: what is read answers as what was written, and what is no student is refused."""

import contextlib
import copy
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLogisticRegression,
    fidelity_report,
)
from interpkd._structure import take_apart
from interpkd.audit._provenance import hash_student
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import explain, reasons
from interpkd.export import read_json, rule_list, to_json


def same_answers(read, student, rows, *, tolerance=0.0):
    np.testing.assert_array_equal(read.predict(rows), student.predict(rows))
    for method in ("predict_proba", "decision_function", "score_samples"):
        assert hasattr(read, method) == hasattr(student, method), method
        if hasattr(student, method):
            own, wanted = getattr(read, method)(rows), getattr(student, method)(rows)
            np.testing.assert_allclose(own, wanted, rtol=tolerance, atol=tolerance)


def test_a_read_student_answers_as_the_one_written(written):
    student, rows = written
    data = to_json(student)
    read = read_json(json.loads(json.dumps(data, allow_nan=False)))
    same_answers(read, student, rows, tolerance=0.0 if data["kind"] == "tree" else 1e-12)
    assert to_json(read) == data
    # columns are taken by name, and more than enough are no trouble
    same_answers(read, read, rows)
    turned = rows[rows.columns[::-1]].assign(more=1.0)
    np.testing.assert_array_equal(read.predict(turned), read.predict(rows))
    assert is_classifier(read) == is_classifier(student)
    assert is_regressor(read) == is_regressor(student)
    np.testing.assert_array_equal(read.feature_names_in_, student.feature_names_in_)
    assert read.columns_ == student.columns_


def test_the_leaves_of_a_tree_are_its_nodes():
    X, y = load_iris(return_X_y=True, as_frame=True)
    tree = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, y)
    data = to_json(tree)
    read = read_json(data)
    np.testing.assert_array_equal(read.apply(X), tree.apply(X))
    for rule in rule_list(tree):
        node = data["nodes"][rule.leaf]
        assert node["n_rows"] == rule.n_rows
        assert node["answer"] == list(rule.distribution.values())
        assert node["decision"] == rule.decision
        assert "left" not in node
    assert str(rule_list(read)) == str(rule_list(tree))


def test_it_serves_as_a_student():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    tree = DecisionTreeRegressor(max_leaf_nodes=4, random_state=0).fit(X, y)
    read = read_json(to_json(tree))
    report = fidelity_report(read, X, teacher=tree)
    assert report.to_dict()["r2"]["estimate"] == 1.0
    own, wanted = (explain(one, X[:3], background=X[:9]).student.values for one in (read, tree))
    np.testing.assert_array_equal(own, wanted)
    assert repr(clone(read)) == repr(read)
    with pytest.raises(InvalidInputError, match="cannot be fitted"):
        read.fit(X, y)


def test_a_file_is_the_document(tmp_path):
    X, y = load_iris(return_X_y=True)
    names = np.array(["\ud800", "ö", "</script>"])[y]
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, names)
    data = to_json(tree, tmp_path / "student.json")
    text = (tmp_path / "student.json").read_text(encoding="utf-8")
    assert json.loads(text) == data
    assert '"ö"' in text
    read = read_json(tmp_path / "student.json")
    np.testing.assert_array_equal(read.predict(X), tree.predict(X))
    assert [path.name for path in tmp_path.iterdir()] == ["student.json"]


def test_infinite_thresholds_and_missing_routes_survive():
    X = np.array([[1.0], [2.0], [np.nan], [np.nan]])
    tree = DecisionTreeClassifier().fit(X, [0, 0, 1, 1])
    data = to_json(tree)
    assert data["nodes"][0]["threshold"] == "inf"
    assert data["nodes"][0]["left_text"] == "x0 is not missing"
    read = read_json(json.loads(json.dumps(data, allow_nan=False)))
    np.testing.assert_array_equal(read.predict(X), [0, 0, 1, 1])
    assert math.isinf(read.student_.tree_.threshold[0])
    with pytest.raises(InvalidInputError, match="too large for float32"):
        read.predict([[1e300]])
    with pytest.raises(ValueError, match="infinity"):  # scikit-learn's
        read.predict([[np.inf]])


def test_students_of_other_kinds_are_refused():
    X, y = load_iris(return_X_y=True)
    student = DistilledClassifier(student=DecisionTreeRegressor(max_depth=2))
    student.fit(X, teacher_proba=np.eye(3)[y])
    with pytest.raises(InvalidInputError, match="trees, linear students and scorecards"):
        to_json(student)
    with pytest.raises(InvalidInputError, match="trees of one output; this one has 2"):
        to_json(DecisionTreeClassifier(max_depth=1).fit(X, np.column_stack([y, y])))
    odd = DecisionTreeClassifier(max_depth=1).fit(X, y)
    odd.classes_ = np.array([np.datetime64(f"2026-01-0{i + 1}") for i in range(3)])
    with pytest.raises(InvalidInputError, match=r"texts, finite numbers or truth values"):
        to_json(odd)
    with pytest.raises(InvalidInputError, match=r"at most 2\*\*53"):
        to_json(DecisionTreeClassifier(max_depth=1).fit(X, y + 2**60))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_random_trees_come_back(data):
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n, d = data.draw(st.integers(2, 40)), data.draw(st.integers(1, 4))
    X = rng.normal(size=(n, d)).round(data.draw(st.integers(0, 17)))
    X[rng.random((n, d)) < data.draw(st.sampled_from([0, 0.3]))] = np.nan
    kind = data.draw(st.sampled_from([DecisionTreeClassifier, DecisionTreeRegressor]))
    y = rng.integers(0, 4, n) if kind is DecisionTreeClassifier else rng.normal(size=n)
    tree = kind(max_leaf_nodes=data.draw(st.integers(2, 12)), random_state=0).fit(X, y)
    read = read_json(json.loads(json.dumps(to_json(tree), allow_nan=False)))
    rows = np.concatenate([X, rng.normal(size=(20, d))])
    same_answers(read, tree, rows)
    np.testing.assert_array_equal(read.apply(rows), tree.apply(rows))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_random_linear_students_come_back(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    n, d, k = data.draw(st.integers(5, 30)), data.draw(st.integers(1, 3)), 2
    X = rng.normal(size=(n, d)) * 10.0 ** data.draw(st.integers(-9, 9))
    X[rng.random((n, d)) < data.draw(st.sampled_from([0, 0.3]))] = np.nan
    kind = data.draw(st.sampled_from([DistilledLogisticRegression, DistilledLinearRegression]))
    if kind is DistilledLogisticRegression:
        k = data.draw(st.integers(2, 4))
    P = rng.dirichlet(np.ones(k), n)
    answers = P if kind is DistilledLogisticRegression else P[:, 0]
    student = kind(fit_intercept=data.draw(st.booleans())).fit(X, teacher_proba=answers)
    same_answers(read_json(to_json(student)), student, X, tolerance=1e-12)


@pytest.mark.parametrize("kind", ["svm, binary", "scorecard, binary", "tree, binary"])
def test_reasons_of_a_read_student_are_those_of_the_one_written(student_of, kind):
    student, rows = student_of(kind)
    read, rows = read_json(to_json(student)), rows.iloc[:60]
    own, wanted = (reasons(one, rows, reference="all applicants") for one in (read, student))
    assert own.to_dict() == wanted.to_dict()
    assert hash_student(take_apart(read), read) == hash_student(take_apart(student), student)


def test_terms_add_up_to_the_score(student_of):
    for kind in ("logistic, multiclass", "linear, regression", "scorecard, binary"):
        student, rows = student_of(kind)
        read = read_json(to_json(student))
        method = "score_samples" if "card" in kind else "decision_function"
        score = getattr(read, method, read.predict)(rows)
        start = read.card_.base_points if "card" in kind else read.intercept_
        terms = read.terms(rows)
        assert terms.shape[:2] == (len(rows), 5)
        np.testing.assert_allclose(start + terms.sum(axis=1), score, rtol=1e-12, atol=1e-9)


def test_what_the_student_refuses_is_refused():
    X = np.arange(8.0)[:, None]
    student = DistilledLinearRegression().fit(X, teacher_proba=X[:, 0])
    read = read_json(to_json(student))
    assert not to_json(student)["takes_missing"]
    for one in (student, read):
        with pytest.raises(InvalidInputError, match="Input X contains NaN: row 0, column 'x0'"):
            one.predict([[np.nan]])
        with pytest.raises(ValueError, match="expecting 1 features"):
            one.predict([[1.0, 2.0]])
    table = pd.DataFrame({"amount": [1.0, 2.0, 3.0, np.nan]})
    read = read_json(to_json(DecisionTreeRegressor().fit(table, [1, 2, 3, 4])))
    with pytest.raises(InvalidInputError, match="infinity: column 'amount', row 1"):
        read.predict(table.replace(2.0, np.inf))
    with pytest.raises(InvalidInputError, match="lacks"):
        read.predict(table.rename(columns=str.upper))


@pytest.fixture(scope="module")
def small():
    X, y = load_iris(return_X_y=True, as_frame=True)
    return to_json(DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y))


def at(data, path, value):
    """Give the document with another value in one place; "gone" takes the place away."""
    data = copy.deepcopy(data)
    part = data
    for step in path[:-1]:
        part = part[step]
    if value == "gone":
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["schema", "name"], "other", "schema.name must be 'interpkd.student'"),
        (["schema", "version"], 2, "schema.version must be 1"),
        (["schema", "version"], True, "schema.version must be 1"),
        (["schema"], "gone", "the document lacks 'schema'"),
        (["kind"], "forest", "kind must be one of"),
        (["kind"], ["tree"], "kind must be one of"),
        (["task"], "ranking", "task must be one of"),
        (["task"], "regression", "classes must be fitting"),
        (["classes"], [0, 1, 1], "classes must be different labels"),
        (["classes"], [0, 1, {}], "must be a number"),
        (["classes"], [0, 1], "must be a list of 2"),
        (["columns"], [], "columns with different names"),
        (["columns", 1, "name"], "petal width (cm)", "columns with different names"),
        (["columns", 1, "kind"], "date", "must be one of numeric"),
        (["columns", 1, "categories"], ["a"], "categories of a category column"),
        (["columns", 1, "minimum"], math.nan, "must be a finite number"),
        (["has_names"], 1, "must be true or false"),
        (["nodes"], [], "at least one node"),
        (["nodes"], {}, "must be a list"),
        (["nodes", 0, "left"], 0, "must be a node from 1 to 4"),
        (["nodes", 0, "left"], -1, "must be a node from 1 to 4"),
        (["nodes", 0, "left"], 5, "must be a node from 1 to 4"),
        (["nodes", 0, "left"], 10**400, "must be a whole number"),
        (["nodes", 0, "left"], "gone", "lacks 'left'"),
        (["nodes", 2, "left"], 1, "must be a node from 3 to 4"),
        (["nodes", 2, "left"], 4, "the child of one other"),
        (["nodes", 0, "column"], "waist", "the name of a column"),
        (["nodes", 0, "threshold"], math.nan, "must be a finite number"),
        (["nodes", 0, "threshold"], "nan", "must be a number"),
        (["nodes", 0, "threshold"], 10**400, "must be a finite number"),
        (["nodes", 0, "missing"], "up", "must be one of left, right"),
        (["nodes", 0, "n_rows"], 149, "the rows of its children, 150"),
        (["nodes", 1, "n_rows"], -1, "at least 0"),
        (["nodes", 1, "n_rows"], 1.5, "must be a whole number"),
        (["nodes", 1, "node"], 3, "must be its place, 1"),
        (["nodes", 1, "answer"], [0.5, 0.5], "must be a list of 3"),
        (["nodes", 1, "answer"], [0.5, 0.5, 0.5], "probabilities that sum to one"),
        (["nodes", 1, "decision"], 1, "the most probable class, 0"),
        (["compares_in"], "float16", "must be one of float32"),
    ],
)
def test_what_is_no_student_is_refused(small, path, value, message):
    with pytest.raises(InvalidInputError, match=message):
        read_json(at(small, path, value))


@pytest.mark.parametrize(
    ("kind", "path", "value", "message"),
    [
        ("logistic, binary", ["task"], "regression", "classes must be fitting"),
        ("logistic, binary", ["kind"], "linear", "none of a regression"),
        ("logistic, binary", ["link"], "softmax", "link must be one of logistic"),
        ("logistic, binary", ["intercept"], [1.0, 2.0], "must be a list of 1"),
        ("logistic, binary", ["terms"], [], "must be a list of 5"),
        ("logistic, binary", ["terms", 0, "column"], "waist", "the name of that column, 'age'"),
        ("logistic, binary", ["terms", 0, "values"], [math.inf], "a finite number"),
        ("logistic, binary", ["terms", 0, "imputed"], None, "a number"),
        ("logistic, binary", ["terms", 0, "missing"], [1.0], "null elsewhere"),
        ("logistic, binary", ["terms", 1, "missing"], None, "there where training rows"),
        ("logistic, binary", ["terms", 1, "reference"], "boat", "a category of 'purpose'"),
        ("logistic, binary", ["terms", 1, "reference"], None, "a category of 'purpose'"),
        ("logistic, binary", ["terms", 1, "categories", 0, "category"], "x", "the next category"),
        ("logistic, binary", ["terms", 1, "categories"], [], "must be a list of 4"),
        ("svm, binary", ["link_slope"], "gone", "lacks 'link_slope'"),
        ("scorecard, binary", ["factor"], 1.0, "must be those of the scale"),
        ("scorecard, binary", ["scale", "good_class"], "good", "must be those of the scale"),
        ("scorecard, binary", ["scale", "good_class"], "fair", "must be one of"),
        ("scorecard, binary", ["scale", "pdo"], 0, "above 0"),
        ("scorecard, binary", ["classes"], ["bad"], "classes must be two"),
        ("scorecard, binary", ["features"], [], "different columns of the table"),
        ("scorecard, binary", ["features", 1, "column"], "age", "different columns"),
        ("scorecard, binary", ["features", 0, "bins"], [], "bins of kind 'interval'"),
        ("scorecard, binary", ["features", 0, "bins", 0, "upper"], 99.0, "without gaps"),
        ("scorecard, binary", ["features", 0, "bins", 0, "upper"], None, "without gaps"),
        ("scorecard, binary", ["features", 0, "bins", -2, "value"], 1.0, "ascending values"),
        ("scorecard, binary", ["features", 0, "bins", -1, "kind"], "special", "then missing"),
        ("scorecard, binary", ["features", 0, "bins", 0, "points"], 1.5, "a whole number"),
        ("scorecard, binary", ["features", 1, "bins", 0, "categories"], [], "of which one holds"),
    ],
)
def test_no_linear_student_and_no_scorecard(student_of, kind, path, value, message):
    data = to_json(student_of(kind)[0])
    with pytest.raises(InvalidInputError, match=message):
        read_json(at(data, path, value))


ODD = [None, True, 0, -1, 3, 1e308, math.nan, 10**400, "", "inf", "\ud800", [], {}, [[1]], 2**53]


def places_in(part, path=()):
    """The way to every value of a document."""
    if path:
        yield path
    inner = part.items() if isinstance(part, dict) else enumerate(part)
    for step, value in inner if isinstance(part, (dict, list)) else ():
        yield from (
            places_in(value, (*path, step)) if isinstance(value, (dict, list)) else [(*path, step)]
        )


@pytest.mark.parametrize("kind", ["tree, binary", "logistic, multiclass", "scorecard, binary"])
def test_whatever_is_changed_it_is_refused_or_answers(student_of, kind):
    student, rows = student_of(kind)
    data, rng = to_json(student), np.random.default_rng(0)
    places, n_refused = list(places_in(data)), 0
    for _ in range(150):
        path = places[rng.integers(len(places))]
        changed = at(data, path, [*ODD, "gone"][rng.integers(len(ODD) + 1)])
        try:
            read = read_json(changed)
            with np.errstate(all="ignore"):
                assert len(read.predict(rows)) == len(rows)
        except InvalidInputError:
            n_refused += 1
    assert n_refused > 75


def test_broken_bytes_are_refused_or_read(small, tmp_path):
    good, rng = json.dumps(small).encode(), np.random.default_rng(0)
    file = tmp_path / "student.json"
    for _ in range(150):
        bad = bytearray(good)
        for place in rng.integers(len(good), size=rng.integers(1, 4)):
            bad[place] = rng.integers(256)
        file.write_bytes(bad[: rng.integers(len(good))] if rng.random() < 0.3 else bad)
        with contextlib.suppress(InvalidInputError):
            assert read_json(file).n_features_in_ == 4


def test_files_that_are_no_students_are_refused(small, tmp_path):
    file = tmp_path / "student.json"
    text = json.dumps(small)
    for strange in (text[:-40], "", "[" * 100_000, text.replace("0.8000", "NaN"), "1" * 9999):
        file.write_text(strange, encoding="utf-8")
        with pytest.raises(InvalidInputError, match="is not JSON, or was cut short"):
            read_json(file)
    file.write_bytes(text.encode("utf-16"))
    with pytest.raises(InvalidInputError, match="is not JSON"):
        read_json(str(file))
    file.write_text("[1]", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="must be an object"):
        read_json(file)
    with pytest.raises(InvalidInputError, match="does not exist"):
        read_json(tmp_path / "nothing.json")
    with pytest.raises(InvalidInputError, match="path of its file"):
        read_json(3)


def test_every_key_is_documented(student_of):
    page = Path(__file__).parents[2] / "docs" / "student_json.md"
    if not page.exists():
        pytest.skip("tests run without the checkout: there are no docs beside them")
    said = set(re.findall(r"`(\w+)`", page.read_text(encoding="utf-8")))
    for kind in ("tree, binary", "svm, binary", "linear, regression", "scorecard, binary"):
        todo, keys = [to_json(student_of(kind)[0])], set()
        while todo:
            one = todo.pop()
            keys |= set(one) if isinstance(one, dict) else set()
            inner = one.values() if isinstance(one, dict) else one
            todo += [part for part in inner if isinstance(part, (dict, list))]
        assert keys <= said, keys - said
