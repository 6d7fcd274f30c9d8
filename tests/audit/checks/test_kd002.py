"""KD002: fidelity below the floor in a group."""

import numpy as np

CODE = "KD002"


def test_a_group_that_is_followed_badly_is_found(audited, rows, student, answers, says):
    group = np.where(np.arange(300) < 40, "few", "many")
    teacher = np.where(
        (group == "few")[:, None] & (np.arange(300) % 2 == 0)[:, None], 1 - answers, answers
    )
    data = audited(student, rows[0][300:], teacher=teacher, groups={"size": group})
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "high")
    evidence = said["evidence"]
    assert (evidence["group"], evidence["n"]) == ("size = few", 40)
    assert (evidence["n_groups"], evidence["n_below"], evidence["n_surely_below"]) == (2, 1, 1)
    assert "size = few: 0.500" in said["message"]


def test_even_groups_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"


def test_no_group_is_not_applicable(overgrown, says):
    assert says(overgrown, CODE)["status"] == "not applicable"
