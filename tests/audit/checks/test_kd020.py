"""KD020: a protected attribute, or a proxy of it, is used."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

CODE = "KD020"

rng = np.random.default_rng(0)
SEX = rng.integers(0, 2, 200)
NOISE = rng.normal(size=200)


@pytest.fixture(scope="module")
def look(audited, says):
    def look(Z, labels):
        tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit(Z, SEX)
        return says(audited(tree, Z, teacher=tree, groups=labels), CODE)

    return look


def test_an_attribute_that_is_used_is_found(look):
    said = look(np.column_stack([SEX, NOISE]), {"x0": SEX})
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert "The student uses the column x0" in said["message"]


def test_a_copy_under_another_name_is_found(look):
    said = look(np.column_stack([SEX, NOISE]), {"sex": SEX})
    assert (said["status"], said["severity"]) == ("finding", "high")
    assert said["evidence"]["column"] == "x0"
    assert said["evidence"]["its_auc"] == said["evidence"]["auc_of_used_columns"] == 1


def test_a_proxy_is_found(look):
    said = look(np.column_stack([SEX + 0.5 * NOISE, NOISE]), {"sex": SEX})
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert 0.8 < said["evidence"]["auc_of_used_columns"] < 0.95


def test_a_column_that_is_not_used_is_milder(look):
    said = look(np.column_stack([SEX, NOISE]), {"x1": NOISE > 0})
    assert (said["status"], said["severity"]) == ("finding", "low")
    assert "does not use it" in said["message"]


def test_an_attribute_that_cannot_be_told_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"


def test_without_groups_it_is_not_applicable(overgrown, says):
    assert "No groups were given" in says(overgrown, CODE)["message"]


def test_an_attribute_of_one_value_is_not_applicable(look):
    assert "fewer than two values" in look(NOISE[:, None], {"all": np.ones(200)})["message"]
