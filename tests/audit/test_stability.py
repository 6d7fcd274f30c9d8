"""Stability: nothing changes where nothing can, and every share is a count of refits."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import adjusted_rand_score

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd._borders import short_border
from interpkd.audit import stability
from interpkd.audit._refits import MISSING, Split, read_refit
from interpkd.audit._stability import _fit, _read_rows, _task
from interpkd.audit._stability_summary import _between_pairs, summarise
from interpkd.exceptions import InterruptedRun, InvalidInputError


@pytest.fixture(scope="module")
def rows():
    return make_classification(200, 4, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)


@pytest.fixture(scope="module")
def student(rows):
    teacher = as_teacher(LogisticRegression().fit(*rows))
    return DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, effort="greedy", augmentation=None, random_state=0
    )


@pytest.fixture(scope="module")
def found(rows, student):
    return stability(student, rows[0], n_refits=6)


def test_without_noise_nothing_changes(rows, student):
    found = stability(student, rows[0], n_refits=4, kind="seed")
    assert found.churn.estimate == found.change.estimate == 0
    assert found.same_rules.lowest == 1
    for one in (*found.splits, *found.columns):
        assert (one.n_again, one.verdict) == (4, "stable")
    assert {one.text for one in found.splits} == {"Chosen again in 4 of 4 refits."}


def test_a_resample_is_fitted_by_hand(rows, student, found):
    """Churn, leaves and columns recomputed from the students themselves."""
    X, _ = rows
    data = _read_rows(X, None, None, None, 0.25, 0)
    tasks = [
        _task(clone(student), data, seed, np.array([0, 1]), kind="bootstrap", cutoff=0.5)
        for seed in np.random.SeedSequence(0).spawn(6)
    ]
    students = []
    for task in tasks:
        twice = np.repeat(np.arange(len(data.X)), task.counts)
        assert len(twice) == len(data.X) == 150
        students.append(clone(student).fit(data.X[twice]))
    D = [one.predict(data.X_test) for one in students]
    expected = np.mean([np.mean(a != b) for a, b in combinations(D, 2)])
    assert found.churn.estimate == pytest.approx(expected)
    reference = clone(student).fit(data.X)
    change = np.mean([np.mean(d != reference.predict(data.X_test)) for d in D])
    assert found.change.estimate == pytest.approx(change)
    leaves = [one.student_.apply(data.X_test) for one in (reference, *students)]
    indices = [adjusted_rand_score(leaves[0], one) for one in leaves[1:]]
    assert found.same_rules.lowest == pytest.approx(min(indices))
    for one in found.columns:
        i = int(one.name[1:])
        assert one.n_again == sum(i in s.student_.tree_.feature for s in students)
    for one in found.splits:
        i, t = int(one.name.split(" <= ")[0][1:]), float(one.name.split(" <= ")[1])
        z, n = data.X[:, i], 0
        for s in students:
            tree = s.student_.tree_
            others = tree.threshold[tree.feature == i]
            n += any(np.mean((z <= t) != (z <= other)) <= 0.05 for other in others)
        assert one.n_again == n


def test_permuting_refits_changes_nothing(rows, student):
    X, _ = rows
    data = _read_rows(X, None, None, None, 0.25, 0)
    classes = np.array([0, 1])
    reference = clone(student).fit(data.X)
    refits = []
    for seed in np.random.SeedSequence(1).spawn(5):
        task = _task(clone(student), data, seed, classes, kind="bootstrap", cutoff=0.5)
        one = _fit(task.student, data, task.counts)
        refits.append(read_refit(one, data.X, data.X_test, classes, 0.5))
    kept = read_refit(reference, data.X, data.X_test, classes, 0.5)
    options = {"kind": "bootstrap", "n_planned": 5, "tolerance": 0.05, "alpha": 0.05}
    plain = summarise(reference, kept, refits, data, is_given=False, **options)
    assert summarise(reference, kept, refits[::-1], data, is_given=False, **options) == plain


def test_same_for_any_n_jobs(rows, student, found):
    assert stability(student, rows[0], n_refits=6, n_jobs=2) == found


def test_pairs_by_hand():
    D = np.random.default_rng(0).integers(3, size=(7, 20))
    expected = np.mean([a != b for a, b in combinations(D, 2)], axis=0)
    np.testing.assert_allclose(_between_pairs(D, is_regression=False), expected)
    V = np.random.default_rng(1).normal(size=(7, 20))
    expected = np.mean([np.abs(a - b) for a, b in combinations(V, 2)], axis=0)
    np.testing.assert_allclose(_between_pairs(V, is_regression=True), expected)


def test_when_a_split_is_the_same():
    z = np.arange(100)
    at = {
        t: Split("a", f"a <= {t}", (z <= t).astype(np.int8), is_ordered=True) for t in (49, 54, 55)
    }
    assert at[49].is_again(at[54], 0.05)
    assert not at[49].is_again(at[55], 0.05)
    assert not at[49].is_again(Split("b", "b", at[49].sides, is_ordered=True), 0.05)
    turned = Split("a", "a > 49", 1 - at[49].sides, is_ordered=True)
    assert not at[49].is_again(turned, 0.05)
    left, right = (Split("a", "a", s, is_ordered=False) for s in (at[49].sides, turned.sides))
    assert left.is_again(right, 0.0)
    lacking = np.where(z < 50, MISSING, at[49].sides)
    assert at[54].is_again(Split("a", "a", lacking, is_ordered=True), 0.1)
    nothing = Split("a", "a", np.full(100, MISSING), is_ordered=True)
    assert not nothing.is_again(nothing, 0.05)


def test_a_fitted_student_is_the_reference(rows, student):
    X, _ = rows
    fitted = clone(student).set_params(max_leaf_nodes=2).fit(X)
    found = stability(fitted, X, n_refits=2, kind="seed")
    assert found.reference == "the student"
    [split] = found.splits
    column, threshold = fitted.student_.tree_.feature[0], fitted.student_.tree_.threshold[0]
    assert split.name == f"x{column} <= {short_border(threshold).value:.9g}"


def test_groups_stay_whole(rows, student):
    X, _ = rows
    groups = np.repeat(np.arange(40), 5)
    data = _read_rows(X, None, None, groups, 0.25, 0)
    assert len(data.X) == 150
    assert len(np.unique(data.test_groups)) == 10
    seed = np.random.SeedSequence(0)
    task = _task(student, data, seed, None, kind="bootstrap", cutoff=0.5)
    assert len(np.unique(task.counts.reshape(30, 5), axis=1)[0]) == 1
    found = stability(student, X, groups=groups, n_refits=2)
    assert "group" in found.churn.method


def test_a_teacher_that_is_fitted_is_fitted_anew(rows):
    X, y = rows
    student = DistilledTreeClassifier(
        RandomForestClassifier(3, max_depth=2), max_leaf_nodes=3, cv=2, augmentation=None
    )
    found = stability(student, X, y, n_refits=3, kind="seed")
    assert found.churn.estimate > 0
    assert found == stability(student, X, y, n_refits=3, kind="seed")


def test_seeds_of_a_frozen_teacher_are_left_alone(rows):
    X, y = rows
    forest = RandomForestClassifier(3, max_depth=2).fit(X, y)
    for freeze in (as_teacher, FrozenEstimator):
        student = DistilledTreeClassifier(freeze(forest), max_leaf_nodes=2, augmentation=None)
        stability(student, X, y, n_refits=2, kind="seed")
        assert forest.random_state is None
        assert student.random_state is None


def test_categories_and_missing_values(mixed_table):
    X, y = mixed_table
    teacher = as_teacher(
        lambda X: np.column_stack([1 - (p := score(X)), p]), classes=["bad", "good"]
    )

    def score(X):
        kind = pd.Series(X["purpose"]).map({"tv": 0.8, "boat": 0.2}).astype(float).fillna(0.5)
        return kind.to_numpy() * 0.8 + 0.1 * (X["age"].to_numpy() > 40)

    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, effort="greedy", augmentation=None, random_state=0
    )
    found = stability(student, X, y, n_refits=3)
    assert any(one.name.startswith("purpose in {") for one in found.splits)
    first = next(one for one in found.splits if one.column == "purpose")
    assert first.n_again == 3


def test_signs_and_coefficients(mixed_table):
    X, y = mixed_table
    X = X.assign(amount=X["amount"].fillna(0.0), purpose=X["purpose"].fillna("car"))
    student = DistilledLogisticRegression(C=1.0, augmentation=None, random_state=0)
    P = np.column_stack([1 - (p := np.where(X["age"] > 45, 0.8, 0.2)), p])
    fitted = student.fit(X, y, teacher_proba=P)
    one = read_refit(fitted, X, X, np.array(["bad", "good"]), 0.5)
    assert {key[0] for key in one.coefficients} == set(X.columns)
    assert set(one.references) == {"purpose"}
    teacher = as_teacher(
        clone(student).fit(X, y, teacher_proba=P).predict_proba, classes=["bad", "good"]
    )
    found = stability(student.set_params(teacher=teacher), X, n_refits=3)
    age = next(one for one in found.signs if one.name == "age")
    assert age.text == "The same sign in 3 of 3 refits."
    spread = next(one for one in found.values if one.name == "age")
    assert 0 < spread.lowest <= spread.median <= spread.highest
    assert found.splits == ()
    assert found.same_rules is None


def test_points_by_bin(rows):
    X, y = rows
    teacher = as_teacher(LogisticRegression().fit(X, y))
    card = DistilledScorecardClassifier(teacher, augmentation=None, max_features=2, random_state=0)
    found = stability(card, X, n_refits=3)
    table = clone(card).fit(_read_rows(X, None, None, None, 0.25, 0).X).points_table_
    shown = [one.reference for one in found.values]
    assert shown == table["points"][1:][table["rows"][1:] > 0].tolist()
    same = stability(card, X, n_refits=2, kind="seed")
    assert all(one.lowest == one.highest == one.reference for one in same.values)


def test_regression():
    X, y = make_regression(120, 3, random_state=0)
    teacher = as_teacher(LinearRegression().fit(X, y))
    student = DistilledTreeRegressor(
        teacher, max_leaf_nodes=4, effort="greedy", augmentation=None, random_state=0
    )
    found = stability(student, X, n_refits=3)
    assert found.task == "regression"
    assert found.churn.estimate > 0
    assert "mean absolute difference of predictions between two refits" in str(found)
    with pytest.raises(InvalidInputError, match="but the student has a regression"):
        stability(student, X, n_refits=2, cutoff=0.2)


def test_output(found):
    data = found.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    frame = found.to_frame()
    assert len(frame) == len(found.splits) + len(found.columns)
    assert str(found).startswith(
        "Stability of DistilledTreeClassifier: 6 refits (bootstrap) on 150"
    )


def test_interruption_keeps_finished_refits(rows, student):
    def stop(text):
        if text == "refit 3 of 5":
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRun, match="after 3 of 5 refits") as caught:
        stability(student, rows[0], n_refits=5, progress=stop)
    partial = caught.value.partial
    assert (partial.n_refits, partial.n_refits_planned) == (3, 5)
    assert "Interrupted: 3 of 5 refits were finished." in partial.notes
    assert {one.n_refits for one in partial.splits} == {3}


def test_resamples_hold_every_class():
    X = np.arange(40.0)[:, None]
    y = np.r_[np.zeros(38, int), 1, 1]
    data = _read_rows(X, y, None, None, 0.25, 3)
    base = DistilledTreeClassifier()
    for seed in np.random.SeedSequence(0).spawn(5):
        task = _task(base, data, seed, np.array([0, 1]), kind="bootstrap", cutoff=0.5)
        assert set(data.y[task.counts > 0]) == set(data.y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_refits": 1}, "n_refits must be an int of at least 2, got 1"),
        ({"kind": "jackknife"}, 'kind must be "bootstrap"'),
        ({"held_out": 0}, "held_out must be a number strictly between 0 and 1"),
        ({"alpha": 1e-5}, "alpha must be at least 0.001"),
        ({"tolerance": 0.7}, "tolerance must be a share from 0 to below 0.5"),
        ({"random_state": None}, "random_state must be an int of at least 0"),
        ({"groups": [1, 2]}, "groups must have one entry per row of X"),
        ({"held_out": 0.001}, "leaves nothing on one side"),
        ({"student": DistilledTreeClassifier}, "student must be a student, an instance"),
    ],
)
def test_refusals(rows, student, options, message):
    given = {"student": student, "n_refits": 2} | options
    with pytest.raises(InvalidInputError, match=message):
        stability(given.pop("student"), rows[0], **given)
