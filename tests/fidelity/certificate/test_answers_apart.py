"""How far apart the answers are: on average, at worst, in a drawing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd._betting import betting_interval
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify


@pytest.fixture(scope="module")
def three(rows):
    teacher = RandomForestClassifier(9, max_depth=4, random_state=0).fit(rows.full, rows.three)
    student = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(rows.full, rows.three)
    X = pd.DataFrame(rows.full, columns=["a", "b", "c"])
    named = [model.fit(X, rows.three) for model in (teacher, student)]
    return X, *named, certify(named[1], named[0], X_ref=X, X_eval=X[:80], radius=[0.01, 0.1])


def total_variation(X, teacher, student):
    return np.abs(teacher.predict_proba(X) - student.predict_proba(X)).sum(axis=1) / 2


def test_mean_difference_has_the_limit_of_bets(three):
    X, teacher, student, certificate = three
    apart, mean = total_variation(X[:80], teacher, student), certificate.mean_difference
    assert mean.estimate == pytest.approx(apart.mean())
    alpha = 2 * 0.05 / 4  # two-sided at twice the level
    wanted = betting_interval(apart, np.ones(80), lowest=0, highest=1, alpha=alpha)[1]
    assert mean.high == pytest.approx(wanted)
    assert apart.mean() < mean.high < 1


def test_a_worst_case_is_attained_in_the_training_range(three):
    X, teacher, student, certificate = three
    worst = certificate.worst_case()
    found = worst.input
    assert worst.difference == pytest.approx(total_variation(found, teacher, student)[0])
    assert worst.difference >= total_variation(X[:80], teacher, student).max()
    assert ((found >= X.min()) & (found <= X.max())).all(axis=None)
    np.testing.assert_allclose(worst.teacher, teacher.predict_proba(found)[0])
    np.testing.assert_allclose(worst.student, student.predict_proba(found)[0])
    assert worst.bound is None
    assert "attained by an input in the training range" in str(worst)
    assert worst.to_dict()["reason"] == "Of classes only what is attained is told."


def test_frozen_columns_and_missing_values_stay_in_a_worst_case(rows):
    X, y = rows.gaps, rows.two
    teacher = RandomForestClassifier(9, max_depth=4, random_state=0).fit(X, y)
    student = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, y)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:60], frozen_features=["x1"])
    worst = certificate.worst_case()
    row = X[worst.row]
    assert worst.input[0, 1] == row[1] or np.isnan(row[1])
    np.testing.assert_array_equal(np.isnan(worst.input[0]), np.isnan(row))
    assert "Frozen at the row's own value: x1." in str(certificate)
    assert certificate.to_dict()["frozen_features"] == ["x1"]


@pytest.mark.parametrize("student", [DecisionTreeRegressor(max_leaf_nodes=6), LinearRegression()])
def test_the_worst_case_of_a_regression_is_an_interval(rows, student):
    X, y = rows.full, rows.score
    teacher = HistGradientBoostingRegressor(max_iter=6, max_leaf_nodes=7).fit(X, y)
    student.fit(X, y)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:40], radius=0.02, tolerance=1.0)
    worst = certificate.worst_case()
    apart = np.abs(teacher.predict(worst.input) - student.predict(worst.input))[0]
    assert worst.difference == pytest.approx(apart)
    assert worst.difference <= worst.bound <= 1.02 * worst.difference  # such small models close it
    rng = np.random.default_rng(0)
    ends = rng.uniform(X.min(axis=0), X.max(axis=0), (4000, 3))
    corners = np.where(rng.random(ends.shape) < 0.5, X.min(axis=0), X.max(axis=0))
    for Z in (ends, corners, X):
        assert np.abs(teacher.predict(Z) - student.predict(Z)).max() <= worst.bound
    assert "proved: no input there exceeds" in str(worst)
    assert certificate.mean_difference.method == "predictions have no known bounds"


def test_without_probabilities_there_is_no_difference(rows):
    X, y = rows.full, rows.two
    teacher = RandomForestClassifier(5, random_state=0).fit(X, y)
    certificate = certify(LinearSVC().fit(X, y), teacher, X_ref=X, X_eval=X[:9], radius=0.01)
    assert certificate.mean_difference.estimate is None
    assert certificate.n_limits == 2
    with pytest.raises(InvalidInputError, match="LinearSVC has no probabilities"):
        certificate.worst_case()


def test_a_drawing_has_a_bar_per_radius_and_a_colour_per_status(three):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    certificate = three[-1]
    ax = certificate.plot()
    heights = np.array([[bar.get_height() for bar in group] for group in ax.containers])
    assert heights.shape == (5, 2)
    np.testing.assert_allclose(heights.sum(axis=0), 1)
    np.testing.assert_allclose(heights[0], [one.share for one in certificate.shares])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 %", "10 %"]
    matplotlib.pyplot.close(ax.figure)
