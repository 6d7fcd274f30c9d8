"""KD015: missing values that go where no training row told them to."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

CODE = "KD015"


def test_a_column_that_training_rows_never_lacked_is_found(audited, rows, student, says):
    X = rows[0][300:].copy()
    X[:30, 0] = np.nan
    said = says(audited(student, X), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["n_columns_new_used"] == 1
    assert "x0 in 30 rows, never in training" in said["message"]


def test_a_column_the_student_does_not_use_is_milder(audited, rows, says):
    X = np.nan_to_num(rows[0])
    tree = DecisionTreeClassifier(max_depth=1).fit(X[:300], X[:300, 0] > 0)
    new = X[300:].copy()
    new[0, 2] = np.nan
    said = says(audited(tree, new, X_train=X[:300]), CODE)
    assert (said["status"], said["severity"]) == ("finding", "low")


def test_a_node_that_no_such_row_reached_is_found(audited, says):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] > 0) & (X[:, 1] > -0.8)
    X[(X[:, 0] < -0.5) & (X[:, 1] > 0), 1] = np.nan  # missing only where x0 is small
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    assert tree.tree_.feature[0] == 0
    new = X.copy()
    new[(X[:, 0] > 0).nonzero()[0][:7], 1] = np.nan
    data = audited(tree, new, X_train=X)
    assert [one["column"] for one in data["training"]["missing_routes"]] == ["x0", "x1"]
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert (said["evidence"]["n_nodes"], said["evidence"]["n_rows_most"]) == (1, 7)


def test_missing_values_as_in_training_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
    assert any(one["n_missing"] for one in clean["data"]["columns"])
