"""Directions, against asking the model along every line of an exhaustive grid."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledScorecardClassifier, DistilledTreeClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify_monotonicity

SIGNS = {"x0": 1, "x1": 1, "x2": -1}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(160, 3))
    gaps = X.copy()
    gaps[::5, 0], gaps[::7, 2] = np.nan, np.nan
    score = 2 * X[:, 0] + np.sin(3 * X[:, 1]) - X[:, 2] + rng.normal(size=160) / 3
    return X, gaps, score


def grid_of(tree, X):
    """Answers of a tree on all cells; per column numbers first, missing last."""
    axes, inner = [], tree.tree_
    for j in range(X.shape[1]):
        t = np.unique(inner.threshold[inner.feature == j])
        t = t[np.isfinite(t)].astype(np.float32)
        axis = np.unique(np.concatenate([t, np.nextafter(t, np.float32(9e9)), [-9e9]]))
        axes.append([*axis.astype(float), np.nan] if np.isnan(X[:, j]).any() else axis)
    Z = np.array(list(itertools.product(*axes)))
    own = tree.predict(Z) if not hasattr(tree, "classes_") else tree.predict_proba(Z)[:, 1]
    return own.reshape([len(axis) for axis in axes]), [np.isnan(axis[-1]) for axis in axes]


@pytest.mark.parametrize("is_class", [False, True])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_trees_against_every_line(rows, is_class, has_gaps):
    X, y = rows[int(has_gaps)], rows[2]
    seen = set()
    for n_leaves, cst in itertools.product((2, 4, 8, 14), (None, [1, 0, -1])):
        made = DecisionTreeClassifier if is_class else DecisionTreeRegressor
        use = None if has_gaps else cst  # scikit-learn has not both
        tree = made(max_leaf_nodes=n_leaves, monotonic_cst=use, random_state=0)
        tree.fit(X, (y > 0).astype(int) if is_class else y)
        told = certify_monotonicity(tree, X_ref=X, columns=SIGNS).student
        answers, lost = grid_of(tree, X)
        for j, (name, sign) in enumerate(SIGNS.items()):
            along = sign * np.moveaxis(answers, j, 0)[: -1 if lost[j] else None]
            falls = (np.maximum.accumulate(along, axis=0) - along > 1e-9).any()
            one = told[name]
            assert one.status == ("violated" if falls else "proved")
            seen.add(one.status)
            if falls:
                check_witness(tree, one, j, sign)
    assert seen == {"violated", "proved"}


def check_witness(model, one, j, sign):
    a, b = np.asarray(one.witness, dtype=float)
    assert a[j] < b[j]
    np.testing.assert_array_equal(np.delete(a, j), np.delete(b, j))
    ask = (
        model.predict if not hasattr(model, "classes_") else lambda Z: model.predict_proba(Z)[:, 1]
    )
    first, second = ask(np.stack([a, b]))
    assert sign * (first - second) > 0
    assert one.answers == (first, second)


def test_a_pair_that_no_row_shows():
    # the fall is where a row would have to have x1 above 5, and no reference row has
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 9.0], [1.0, 9.0]])
    tree = DecisionTreeRegressor().fit(X, [0.0, 1.0, 3.0, 2.0])
    told = certify_monotonicity(tree, X_ref=X[:2], columns={0: 1}).student["x0"]
    assert told.status == "violated"
    check_witness(tree, told, 0, 1)


def test_constrained_boosting_is_proved_and_its_student_is_not(rows):
    _, gaps, y = rows
    xgboost = pytest.importorskip("xgboost")
    size = {"n_estimators": 15, "max_depth": 3, "n_jobs": 1}
    for teacher in (
        xgboost.XGBRegressor(**size, monotone_constraints=(1, 0, -1)),
        HistGradientBoostingRegressor(max_iter=15, monotonic_cst=[1, 0, -1]),
    ):
        teacher.fit(gaps, y)
        student = DecisionTreeRegressor(max_leaf_nodes=40, random_state=0)
        student.fit(gaps, teacher.predict(gaps))
        told = certify_monotonicity(student, teacher, X_ref=gaps)
        assert told.signs == {"x0": 1, "x2": -1}
        assert {one.status for one in told.teacher.values()} == {"proved"}
        assert "violated" in {one.status for one in told.student.values()}
        assert 'monotonic_cst="teacher"' in told.remedy()
        assert told.remedy() in str(told)
        told = certify_monotonicity(student, teacher, X_ref=gaps, columns={"x1": 1})
        # a student keeps only what it is told, so the teacher's constraints are named, too
        assert "monotonic_cst={'x0': 1, 'x2': -1, 'x1': 1}" in told.remedy()


def test_free_boosting_is_denied_by_two_inputs(rows):
    X, _, y = rows
    teacher = HistGradientBoostingClassifier(max_iter=15).fit(X, y > 0)
    student = LogisticRegression().fit(X, y > 0)
    told = certify_monotonicity(student, teacher, X_ref=X, columns={"x0": 1, "x1": 1})
    assert told.teacher["x1"].status == "violated"
    check_witness(teacher, told.teacher["x1"], 1, 1)
    assert told.student["x0"].status == "proved"
    assert told.to_dict()["columns"][1]["teacher"]["n_rows_swept"] >= 1


def test_classes_in_another_order_turn_the_direction(rows):
    X, _, y = rows
    teacher = HistGradientBoostingClassifier(max_iter=9, monotonic_cst=[1, 0, 0]).fit(X, y > 0)
    student = DecisionTreeClassifier(max_leaf_nodes=4).fit(X, y > 0)
    told = certify_monotonicity(student, teacher, X_ref=X, columns={"x0": -1})
    assert told.teacher["x0"].status == "violated"
    told = certify_monotonicity(student, teacher, X_ref=X)
    assert told.signs == {"x0": 1}
    assert told.teacher["x0"].status == "proved"


def test_linear_students_and_an_opaque_teacher(rows):
    X, _, y = rows
    svm = LinearSVC().fit(X, y > 0)
    told = certify_monotonicity(svm, X_ref=X, columns=SIGNS).student
    for j, (name, sign) in enumerate(SIGNS.items()):
        assert told[name].status == ("proved" if sign * svm.coef_[0, j] >= 0 else "violated")
    network = MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, random_state=0)
    with pytest.warns(UserWarning, match="converged"):
        network.fit(X, y)
    student = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, y)
    rising, falling = (
        certify_monotonicity(student, network, X_ref=X, columns={"x0": sign}).teacher["x0"]
        for sign in (1, -1)
    )
    assert "violated" in {rising.status, falling.status}
    assert "proved" not in {rising.status, falling.status}


def test_scorecards_and_frames():
    n = 200
    frame = pd.DataFrame(
        {
            "age": np.arange(n) % 50 + 20.0,
            "kind": pd.Categorical(np.array(["u", "v"])[np.arange(n) % 2]),
        }
    )
    frame.loc[::9, "age"] = np.nan
    p = (
        np.where(frame["age"] > 40, 0.8, 0.3)
        - 0.2 * (frame["age"] > 60)
        + 0.1 * (frame["kind"] == "u")
    )
    y = (np.arange(n) % 10 < 10 * p).astype(int)
    proba = np.column_stack([1 - p, p])
    for student in (DistilledScorecardClassifier(), DistilledTreeClassifier(max_leaf_nodes=6)):
        student.set_params(random_state=0).fit(frame, y, teacher_proba=proba)
        one = certify_monotonicity(student, X_ref=frame, columns={"age": 1}).student["age"]
        table = frame.iloc[:2].copy()
        ages = np.linspace(20, 70, 101)
        falls = False
        for kind in ("u", "v"):
            line = pd.concat([table.iloc[:1]] * len(ages), ignore_index=True)
            line["age"], line["kind"] = ages, pd.Categorical([kind] * len(ages), ["u", "v"])
            falls |= bool((np.diff(student.predict_proba(line)[:, 1]) < -1e-9).any())
        assert one.status == ("violated" if falls else "proved")
        if falls:
            first, second = student.predict_proba(one.witness)[:, 1]
            assert first > second
    with pytest.raises(InvalidInputError, match="holds categories"):
        certify_monotonicity(student, X_ref=frame, columns={"kind": 1})


def test_what_it_is_not_for(rows):
    X, _, y = rows
    tree = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, y)
    with pytest.raises(InvalidInputError, match="no direction to ask about"):
        certify_monotonicity(tree, X_ref=X)
    with pytest.raises(InvalidInputError, match="no column of X_ref"):
        certify_monotonicity(tree, X_ref=X, columns={"z": 1})
    with pytest.raises(InvalidInputError, match="must give 1 or -1"):
        certify_monotonicity(tree, X_ref=X, columns={0: 2})
    with pytest.raises(InvalidInputError, match="max_rows"):
        certify_monotonicity(tree, X_ref=X, columns={0: 1}, max_rows=0)
    three = DecisionTreeClassifier(max_leaf_nodes=3).fit(X, np.digitize(y, [-1, 1]))
    with pytest.raises(InvalidInputError, match="has 3 classes"):
        certify_monotonicity(three, X_ref=X, columns={0: 1})
    forest = RandomForestClassifier(2, max_depth=2).fit(X, y > 0)
    with pytest.raises(InvalidInputError, match="is a classifier and the student a regression"):
        certify_monotonicity(tree, forest, X_ref=X, columns={0: 1})
