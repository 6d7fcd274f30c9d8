"""KD003: a segment in which the student follows the teacher worse."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

CODE = "KD003"


def test_a_worse_segment_is_found(audited, rows, student, answers, says):
    X = rows[0][300:]
    teacher = np.where((X[:, 1] > 0.7)[:, None], 1 - answers, answers)
    said = says(audited(student, X, teacher=teacher), CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert "x1 > 0." in said["evidence"]["segment"]
    assert said["evidence"]["estimate"] < 0.3
    assert said["evidence"]["rest"] > 0.9
    assert said["evidence"]["p_adjusted"] < 0.05


def test_a_worse_segment_of_a_regression_is_found(audited, rows, says):
    X = np.nan_to_num(rows[0])
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X[:300], X[:300, 0])
    noise = np.random.default_rng(0).normal(size=300)
    teacher = tree.predict(X[300:]) + noise * np.where(X[300:, 1] > 0.5, 5, 0.1)
    said = says(audited(tree, X[300:], teacher=teacher), CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["score"] == "mae"
    assert said["evidence"]["low"] > 2 * said["evidence"]["rest"]
    assert said["evidence"]["rest"] == pytest.approx(0.1, abs=0.2)


def test_errors_without_a_place_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
