"""KD005: two models that decide alike for different reasons."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

CODE = "KD005"


def test_another_reason_for_the_same_decision_is_found(audited, rows, says):
    X = np.nan_to_num(rows[0])
    X[:, 1] = X[:, 0] + 1e-6 * X[:, 2]  # a copy of the column that decides
    y = (X[:, 0] > 0).astype(int)
    teacher, student = (
        DecisionTreeClassifier(max_depth=1).fit(X * weights, y)
        for weights in ([1, 0, 0], [0, 1, 0])
    )
    data = audited(student, X[300:], teacher=teacher)
    assert says(data, "KD001")["status"] == "clear"
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["rank_correlation"] < 0
    assert said["section"] == "explanation-agreement"


def test_the_same_reasons_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"


def test_answers_alone_are_not_applicable(overgrown, says):
    assert "only the teacher's answers were given" in says(overgrown, CODE)["message"]
