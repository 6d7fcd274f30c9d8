"""Linear students and scorecards of two classes: Shapley's definition, without coalitions."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.datasets import make_classification

from interpkd import (
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
)
from interpkd.explanation import explain
from interpkd.explanation._logistic_sum import Addends, find_addends, logistic_shap


def shapley(start, background, own):
    """Shapley values of the logistic function of a sum, by their definition."""
    d = len(own)
    v = {
        s: expit(start + background.sum(axis=1) + (own - background)[:, list(s)].sum(axis=1)).mean()
        for k in range(d + 1)
        for s in combinations(range(d), k)
    }
    return [
        sum(
            factorial(len(s)) * factorial(d - len(s) - 1) / factorial(d)
            * (v[tuple(sorted((*s, j)))] - v[s])
            for s in v
            if j not in s
        )
        for j in range(d)
    ]  # fmt: skip


@pytest.mark.parametrize(("d", "scale"), [(1, 1.0), (2, 5.0), (3, 0.01), (6, 2.0), (9, 2.0)])
def test_values_are_shapleys_by_definition(d, scale):
    rng = np.random.default_rng(d)
    addends = Addends(-0.7, rng.normal(0, scale, (5, d)), rng.normal(0, scale, (3, d)))
    want = [shapley(addends.start, addends.background, own) for own in addends.own]
    np.testing.assert_allclose(logistic_shap(addends), want, atol=1e-10)


@pytest.mark.parametrize("d", [11, 12, 13, 14, 40, 64])
def test_values_of_many_columns_add_up(d):
    rng = np.random.default_rng(d)
    addends = Addends(0.4, rng.normal(0, 0.5, (7, d)), rng.normal(0, 0.5, (2, d)))
    mean = expit(addends.start + addends.background.sum(axis=1)).mean()
    want = expit(addends.start + addends.own.sum(axis=1)) - mean
    np.testing.assert_allclose(logistic_shap(addends).sum(axis=1), want, atol=1e-10)


def test_equal_columns_share_and_columns_without_effect_have_none():
    rng = np.random.default_rng(0)
    background, own = rng.normal(0, 1, (4, 12)), rng.normal(0, 1, (3, 12))
    background[:, 1], own[:, 1] = background[:, 0], own[:, 0]
    background[:, 5] = own[:, 5] = 0.25
    values = logistic_shap(Addends(0.0, background, own))
    np.testing.assert_allclose(values[:, 0], values[:, 1], atol=1e-11)
    assert (values[:, 5] == 0).all()
    assert not logistic_shap(Addends(1.0, np.zeros((4, 3)), np.zeros((2, 3)))).any()


def test_log_odds_too_far_apart_and_too_many_columns_are_said():
    far = Addends(0.0, np.array([[-200.0]]), np.array([[200.0]]))
    assert logistic_shap(far) == "log odds from -200 to 200 are too far apart"
    many = Addends(0.0, np.zeros((1, 65)), np.ones((1, 65)))
    assert logistic_shap(many).startswith("65 columns count, and more than 64")


def test_a_product_is_no_sum_over_columns():
    rows = np.random.default_rng(0).normal(size=(8, 3))
    columns = np.arange(3)
    found = find_addends(lambda numbers: rows[numbers, columns].sum(axis=1), 5, 3, 3)
    np.testing.assert_allclose(found.own - found.background[0], rows[5:] - rows[0], atol=1e-12)
    assert find_addends(lambda numbers: rows[numbers, columns].prod(axis=1), 5, 3, 3) is None


@pytest.mark.parametrize(
    "kind", [DistilledScorecardClassifier, DistilledLogisticRegression, DistilledLinearSVC]
)
def test_students_of_two_classes_are_exact(kind):
    X, y = make_classification(200, 8, n_informative=6, random_state=0)
    p = expit(2 * X[:, 0] - X[:, 1] + np.abs(X[:, 2]))
    proba = np.column_stack([1 - p, p])
    student = kind().fit(X, y, teacher_proba=proba)
    own, background = X[:3], X[100:110]
    # so few permutations that all coalitions are more work, and none are enumerated
    exact = explain(student, own, background=background, n_permutations=2)
    assert exact.method["student"] == "exact, a logistic function of a sum over columns"
    counted = explain(student, own, background=background, n_permutations=40)
    assert counted.method["student"] == "exact, all 256 coalitions of columns"
    np.testing.assert_allclose(exact.student.values, counted.student.values, atol=1e-9)
    np.testing.assert_allclose(exact.student.base_values, counted.student.base_values, atol=1e-12)
    assert exact.additivity_error["student"] < 1e-9
    assert exact.student.error_std is None


def test_a_scorecard_on_categories_and_missing_values_is_exact(mixed_table):
    frame, label = mixed_table
    frame = pd.concat(
        [frame, pd.DataFrame({f"u{i}": np.sin(i * frame["age"]) for i in range(9)})], axis=1
    )
    p = expit((frame["age"] - 45) / 9 + (frame["purpose"] == "tv") - frame["u1"] + frame["u3"])
    student = DistilledScorecardClassifier(good_class="bad")
    student.fit(frame, label, teacher_proba=np.column_stack([p, 1 - p]))
    rows = frame.head(6).copy()
    rows.loc[0, ["age", "purpose"]] = [np.nan, "balloon"]
    both = explain(student, rows, background=frame.iloc[50:90])
    assert both.method["student"] == "exact, a logistic function of a sum over columns"
    total = both.student.base_values + both.student.values.sum(axis=1)
    np.testing.assert_allclose(total, student.predict_proba(rows), atol=1e-9)
    used = set(student.points_table_["feature"])
    unused = [i for i, name in enumerate(frame) if name not in used]
    assert (both.student.values[:, unused] == 0).all()
