"""KD021: a group is treated worse by the student than by the teacher."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

CODE = "KD021"


@pytest.fixture(scope="module")
def look(audited, rows, student, answers, says):
    """Say what is found where the teacher was kinder to a share of those declined in one half."""

    def look(share):
        half, kinder = np.arange(300) % 2, answers.copy()
        declined = np.flatnonzero((answers[:, 1] > 0.5) & (half == 1))
        kinder[declined[: int(share * len(declined))]] = [0.9, 0.1]
        groups = {"half": half}
        return says(
            audited(student, rows[0][300:], teacher=kinder, groups=groups, adverse_class=1), CODE
        )

    return look


def test_a_group_that_is_treated_worse_is_found(look):
    said = look(0.7)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["group"] == "half = 1"
    assert said["evidence"]["high"] < 0
    assert "half = 0" not in said["message"]


def test_a_change_that_may_be_chance_is_milder(look):
    assert look(0.09)["severity"] in {"low", "medium"}


def test_a_student_that_is_its_teacher_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"


def test_without_groups_it_is_not_applicable(overgrown, says):
    assert "No groups were given" in says(overgrown, CODE)["message"]


def test_a_regression_and_a_student_alone_are_not_applicable(audited, rows, says):
    X, y = np.nan_to_num(rows[0][:60]), rows[1][:60]
    groups = {"half": np.arange(60) % 2}
    tree = DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0])
    data = audited(tree, X, teacher=X[:, 0], groups=groups)
    assert "regression" in says(data, CODE)["message"]
    data = audited(DecisionTreeClassifier(max_depth=1).fit(X, y), X, groups=groups)
    assert "no teacher" in says(data, CODE)["message"]


def test_groups_too_small_are_not_applicable(audited, rows, student, says):
    data = audited(student, rows[0][:40], groups={"half": np.arange(40) % 2})
    assert "no group has 30 rows" in says(data, CODE)["message"]
