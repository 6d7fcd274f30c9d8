"""KD007: answers that lie above or below the teacher's on average."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

CODE = "KD007"


def test_probabilities_that_are_too_low_are_found(audited, rows, student, answers, says):
    above = np.clip(answers[:, 1] + 0.2, 0, 1)
    teacher = np.column_stack([1 - above, above])
    said = says(audited(student, rows[0][300:], teacher=teacher), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["calibration_bias"] < -0.15
    assert said["evidence"]["calibration_bias_ceiling"] == 0.05


def test_predictions_that_are_too_low_are_found(audited, rows, says):
    X = np.nan_to_num(rows[0])
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X[:300], X[:300, 0])
    said = says(audited(tree, X[300:], teacher=X[300:, 0] + 1), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["estimate"] < -0.8  # in standard deviations, which are about 1
    same = says(audited(tree, X[300:], teacher=X[300:, 0]), CODE)
    assert same["status"] == "clear"


def test_the_teachers_own_level_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
