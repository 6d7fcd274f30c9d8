"""KD012: a declared direction that the student goes against."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import run_checks

CODE = "KD012"


def proved(**student_ok):
    """Evidence as the report's part "monotonicity" gives it."""
    columns = [
        {"column": name, "declared": 1, "student_ok": is_ok, "n_violations_teacher": None}
        for name, is_ok in student_ok.items()
    ]
    return {"is_computed": True, "reason": None, "columns": columns}


def look(clean, part):
    return next(one for one in run_checks({**clean, "monotonicity": part}) if one.code == CODE)


def test_a_tree_against_its_teachers_constraint_is_found(audited, rows, says):
    X, _ = rows
    y = (np.abs(X[:, 0]) > 0.7).astype(int)
    teacher = HistGradientBoostingClassifier(max_iter=5, monotonic_cst=[1, 0, 0]).fit(X, y)
    tree = DecisionTreeClassifier(max_leaf_nodes=3).fit(X, y)  # falls, then rises
    data = audited(tree, X[300:360], teacher=teacher)
    if "monotonicity" in data:
        said = says(data, CODE)
        assert (said["status"], said["severity"]) == ("finding", "high")
        assert "x0 rising" in said["message"]


def test_a_violation_is_found(clean):
    said = look(clean, proved(age=False, income=True))
    assert (said.status, said.severity) == ("finding", "high")
    assert said.message == "The student goes against age rising."
    assert dict(said.evidence) == {
        "n_declared": 2,
        "n_violated": 1,
        "n_not_decided": 0,
        "n_violated_by_teacher": 0,
    }


def test_what_is_not_decided_is_no_proof(clean):
    said = look(clean, proved(age=None, income=True))
    assert (said.status, said.severity) == ("finding", "low")
    assert said.message == "Not proved of the student, and not denied: age rising."


def test_violations_of_the_teacher_are_told_and_not_found(clean):
    part = proved(age=True)
    part["columns"][0] |= {"declared": -1, "n_violations_teacher": 3}
    said = look(clean, part)
    assert said.status == "clear"
    assert said.message.endswith("The teacher goes against age falling.")
    part["columns"][0] |= {"n_violations_teacher": 0, "teacher": {"status": "violated"}}
    assert look(clean, part).message == said.message  # no sampled row shows it, two inputs do


def test_nothing_declared_is_not_applicable(clean):
    assert look(clean, proved()).status == "not applicable"


def test_kept_directions_are_not_found(clean, says):
    expected = "clear" if "monotonicity" in clean else "not applicable"
    assert says(clean, CODE)["status"] == expected
