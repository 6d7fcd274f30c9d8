"""KD001: fidelity below the floor."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

CODE = "KD001"


def test_a_student_of_another_column_is_found(audited, rows, answers, says):
    X, y = rows
    stump = DecisionTreeClassifier(max_depth=1).fit(X[:300, 2:], y[:300])
    said = says(audited(stump, X[300:, 2:], teacher=answers), CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["high"] < said["evidence"]["floor"] == 0.9
    assert "the whole interval is below" in said["message"]


def test_an_interval_that_reaches_the_floor_is_milder(audited, rows, student, answers, says):
    teacher = answers.copy()
    teacher[:36] = teacher[:36, ::-1]
    said = says(audited(student, rows[0][300:], teacher=teacher), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["estimate"] == pytest.approx(1 - 36 / 300)
    assert said["evidence"]["high"] > 0.9


def test_a_regression_is_judged_by_its_r2(audited, rows, says):
    X = np.nan_to_num(rows[0])
    tree = DecisionTreeRegressor(max_depth=1).fit(X[:300], X[:300, 0])
    said = says(audited(tree, X[300:], teacher=X[300:, 1] + X[300:, 0]), CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["floor"] == 0.8


def test_a_floor_of_ones_own_is_used(audited, rows, student, answers, says):
    teacher = answers.copy()
    teacher[:3] = teacher[:3, ::-1]
    data = audited(student, rows[0][300:], teacher=teacher, floors={"agreement": 0.999})
    assert says(data, CODE)["evidence"]["floor"] == data["floors"]["agreement"] == 0.999
    assert says(data, CODE)["status"] == "finding"


def test_a_faithful_student_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
