"""KD013: rows outside the training values."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

CODE = "KD013"


def test_a_shifted_column_is_found(audited, rows, student, says):
    X = rows[0][300:] + np.array([2, 0, 0])
    said = says(audited(student, X), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["column"] == "x0"
    n = (X[:, 0] > rows[0][:300, 0].max()).sum()
    assert said["evidence"]["estimate"] == n / 300
    assert said["evidence"]["low"] > said["evidence"]["ceiling"] == 0.05


def test_a_bare_tree_needs_the_training_rows(audited, rows, overgrown, says):
    assert "pass X_train" in says(overgrown, CODE)["message"]
    X, y = np.nan_to_num(rows[0]), rows[1]
    tree = DecisionTreeClassifier(max_depth=1).fit(X[:300], y[:300])
    said = says(audited(tree, X[300:] + np.array([2, 0, 0]), X_train=X[:300]), CODE)
    assert (said["status"], said["evidence"]["column"]) == ("finding", "x0")


def test_rows_of_the_same_kind_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
