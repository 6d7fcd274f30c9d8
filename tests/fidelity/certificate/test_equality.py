"""Equality on the whole domain, against asking both models about every cell of it."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledScorecardClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify_equality
from interpkd.fidelity.certificate import _equality
from interpkd.teachers import split_thresholds


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 6, size=(150, 3)).astype(float)
    y = (X[:, 0] + X[:, 1] * (X[:, 2] > 2) > 3).astype(int)
    return X, y


def beside(thresholds):
    """Numbers on both sides of thresholds, in single and in double precision."""
    t = np.unique(np.asarray(thresholds, dtype=float))
    t = t[np.isfinite(t)]  # a split off of missing values alone has none
    f = t.astype(np.float32)
    out = [t, f.astype(float), [-1e30, 1e30]]
    for sign in (-1, 1):
        out += [np.nextafter(t, sign * np.inf), np.nextafter(f, np.float32(sign * np.inf))]
    return np.unique(np.concatenate([np.asarray(one, dtype=float) for one in out]))


def everything(teacher, student, X):
    """All inputs that the thresholds of two models tell apart."""
    cuts = split_thresholds(teacher, ["a", "b", "c"])
    own = student.tree_
    axes = []
    for j in range(X.shape[1]):
        axis = beside([*cuts[j], *own.threshold[own.feature == j]])
        axes.append([*axis, np.nan] if np.isnan(X[:, j]).any() else axis)
    return np.array(list(itertools.product(*axes)))


def gaps(X):
    X = X.copy()
    X[::7, 0], X[::5, 2] = np.nan, np.nan
    return X


TEACHERS = {
    "tree": lambda: DecisionTreeClassifier(max_leaf_nodes=4, random_state=0),
    "stumps": lambda: HistGradientBoostingClassifier(max_iter=6, max_depth=1, learning_rate=0.9),
    "forest": lambda: RandomForestClassifier(3, max_depth=2, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=2, max_depth=2, random_state=0),
}


@pytest.mark.parametrize("name", list(TEACHERS))
@pytest.mark.parametrize("has_gaps", [False, True])
def test_every_verdict(table, name, has_gaps):
    X, y = table
    if has_gaps and name == "boosting":
        pytest.skip("takes no missing values")
    X = gaps(X) if has_gaps else X
    teacher = TEACHERS[name]().fit(X, y)
    seen = set()
    for n_leaves, seed in itertools.product((2, 3, 5, 30), (0, 1)):
        student = DecisionTreeClassifier(max_leaf_nodes=n_leaves, random_state=seed)
        student.fit(X, teacher.predict(X))
        told = certify_equality(student, teacher, X_ref=X)
        Z = everything(teacher, student, X)
        apart = teacher.predict(Z) != student.predict(Z)
        assert told.status == ("different" if apart.any() else "identical")
        if told.status == "different":
            assert teacher.predict(told.witness) != student.predict(told.witness)
            assert told.teacher == teacher.predict(told.witness)[0]
            assert "not the same" in str(told)
        else:
            assert "proved" in str(told)
        seen.add(told.status)
    assert "different" in seen


def test_a_tree_is_itself_and_two_leaves_apart_it_is_not(table):
    X, y = table
    teacher = DecisionTreeClassifier(random_state=0).fit(X, y)
    assert certify_equality(teacher, teacher, X_ref=X).is_identical
    less = DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y)
    assert certify_equality(less, teacher, X_ref=X).status == "different"


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_categories_and_missing_values_of_a_frame(kind):
    xgboost = pytest.importorskip("xgboost")
    n = 90
    frame = pd.DataFrame(
        {"a": np.arange(n) % 9.0, "k": np.array(["u", "v", "w"])[np.arange(n) % 3]}
    )
    frame.loc[::4, "a"] = np.nan
    frame["k"] = frame["k"].astype("category")
    y = ((frame["a"] > 4) | (frame["k"] == "v")).astype(int)
    teacher = xgboost.XGBClassifier(n_estimators=1, max_depth=3, enable_categorical=True, n_jobs=1)
    teacher.fit(frame, y)
    card = DistilledScorecardClassifier(max_bins=4, random_state=0)
    card.fit(frame, y, teacher_proba=teacher.predict_proba(frame))
    X = frame
    if kind == "polars":
        X = pytest.importorskip("polars").from_pandas(frame)
    told = certify_equality(card, teacher, X_ref=X)
    assert told.n_boxes == 6
    grid = pd.DataFrame(
        list(itertools.product([*beside(np.arange(9.0)), *beside(np.arange(9) + 0.5), np.nan],
                               ["u", "v", "w"])), columns=["a", "k"],
    )  # fmt: skip
    grid["k"] = grid["k"].astype(frame["k"].dtype)
    apart = (teacher.predict(grid) != card.predict(grid)).any()
    assert told.status == ("different" if apart else "identical")


def test_a_linear_student_is_followed_in_the_range_of_the_reference(table):
    X, _ = table
    teacher = DecisionTreeClassifier(max_depth=1).fit(X[:, :1], X[:, 0] > 2)
    student = LogisticRegression(C=100.0).fit(X[:, :1], X[:, 0] > 2)
    with pytest.raises(InvalidInputError, match="must be 'reference'"):
        certify_equality(student, teacher, X_ref=X[:, :1])
    told = certify_equality(student, teacher, X_ref=X[:, :1], domain="reference")
    assert told.status == "different"  # between two and three the borders differ
    assert 2 < told.witness[0, 0] < 3


def test_a_class_that_a_linear_student_does_not_know():
    X = np.arange(10.0)[:, None]
    student = LogisticRegression().fit([*X, [1000.0]], [0] * 10 + [1])
    # where the teacher decides 2, the first class is still ahead of the second
    between, labels = [[4.5]] * 10, [2] * 6 + [0] * 3 + [1]
    teacher = DecisionTreeClassifier().fit([*X, *between, [1000.0]], [0] * 10 + [*labels, 1])
    told = certify_equality(student, teacher, X_ref=X, domain="reference")
    assert (told.status, told.teacher, told.student) == ("different", 2, 0)
    assert 4 < told.witness[0, 0] < 5


def test_regression_within_a_tolerance(table):
    X, _ = table
    teacher = DecisionTreeRegressor(max_leaf_nodes=5).fit(X, X[:, 0] * X[:, 1])
    student = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, X[:, 0] * X[:, 1])
    gap = np.abs(teacher.predict(X) - student.predict(X)).max()
    assert certify_equality(teacher, teacher, X_ref=X, tolerance=1e-9).is_identical
    assert certify_equality(student, teacher, X_ref=X, tolerance=gap / 2).status == "different"


def test_what_cannot_be_decided_says_so(table, monkeypatch):
    X, y = table
    teacher = RandomForestClassifier(25, random_state=0).fit(X, y)
    student = DecisionTreeClassifier(random_state=0).fit(X, teacher.predict(X))
    told = certify_equality(student, teacher, X_ref=X[:1], max_nodes=1)
    assert told.status == "undecided"
    assert "too large" in told.reason
    assert told.to_dict()["status"] == "undecided"
    monkeypatch.setattr(_equality, "MOST_BOXES", 1)
    tree = DecisionTreeClassifier().fit(gaps(X), y)
    told = certify_equality(tree, tree, X_ref=gaps(X))
    assert "combinations" in str(told)


@pytest.mark.parametrize(
    ("change", "rule"), [({"domain": "x"}, "domain"), ({"max_nodes": 0}, "max_nodes")]
)
def test_rules_of_parameters(table, change, rule):
    X, y = table
    tree = DecisionTreeClassifier().fit(X, y)
    with pytest.raises(InvalidInputError, match=rule):
        certify_equality(tree, tree, X_ref=X, **change)


def test_an_opaque_teacher_is_refused(table):
    X, y = table
    with pytest.raises(InvalidInputError, match="LogisticRegression"):
        certify_equality(
            DecisionTreeClassifier().fit(X, y), LogisticRegression().fit(X, y), X_ref=X
        )
