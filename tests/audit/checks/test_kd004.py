"""KD004: agreement that comes from one decision being rare."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

CODE = "KD004"


@pytest.fixture(scope="module")
def never():
    """A student that never decides for the second class."""
    return DummyClassifier().fit(np.zeros((10, 3)), [0] * 9 + [1])


def test_agreement_by_imbalance_is_found(audited, rows, never, says):
    teacher = np.tile([0.9, 0.1], (300, 1))
    teacher[:18] = [0.2, 0.8]
    data = audited(never, np.nan_to_num(rows[0][300:]), teacher=teacher)
    assert says(data, "KD001")["status"] == "clear"  # 94 % agree
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["cohen_kappa"] == 0
    assert said["evidence"]["agreement_by_chance"] == pytest.approx(0.94)
    assert "agreement on the class 1 is 0.000" in said["message"]


def test_two_models_that_decide_one_thing_only_are_found(audited, rows, never, says):
    teacher = np.tile([0.8, 0.2], (300, 1))
    said = says(audited(never, np.nan_to_num(rows[0][300:]), teacher=teacher), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")


def test_bad_agreement_on_even_classes_is_another_fault(audited, rows, student, answers, says):
    teacher = answers.copy()
    teacher[:100] = teacher[:100, ::-1]
    data = audited(student, rows[0][300:], teacher=teacher)
    assert says(data, "KD001")["status"] == "finding"
    assert says(data, CODE)["status"] == "clear"


def test_agreement_on_both_classes_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
