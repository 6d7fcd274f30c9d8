"""JSON: what is read answers as what was written, and what is no student is refused."""

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledClassifier, fidelity_report
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import explain
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
