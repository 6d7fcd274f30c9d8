"""KD008: probabilities that lie above or below what happened."""

import numpy as np

from interpkd.audit import run_checks

CODE = "KD008"


def measured(student, low, high, teacher=None):
    """Evidence as the report's part "discrimination" gives it."""
    score = {"estimate": student, "low": low, "high": high, "n": 300, "method": ""}
    teacher = None if teacher is None else {**score, "estimate": teacher}
    score = {"score": "calibration_bias", "student": score, "teacher": teacher, "difference": None}
    return {"is_computed": True, "reason": None, "scores": [score]}


def look(clean, part):
    return next(one for one in run_checks({**clean, "discrimination": part}) if one.code == CODE)


def test_labels_that_the_student_overstates_are_found(audited, rows, student, says):
    y = (np.random.default_rng(0).random(300) < 0.1).astype(int)
    data = audited(student, rows[0][300:], y)
    if "discrimination" in data:
        assert says(data, CODE)["status"] == "finding"
        assert says(data, CODE)["evidence"]["estimate"] > 0.2


def test_a_bias_is_judged_by_its_interval(clean):
    sure = look(clean, measured(0.2, 0.1, 0.3, teacher=0.0))
    assert (sure.status, sure.severity) == ("finding", "medium")
    assert sure.evidence["teacher"] == 0
    open_ = look(clean, measured(-0.06, -0.1, 0.01))
    assert (open_.status, open_.severity) == ("finding", "low")
    assert look(clean, measured(0.04, -0.1, 0.1)).status == "clear"


def test_no_labels_are_not_applicable(clean):
    part = {"is_computed": False, "reason": "No labels were given."}
    assert look(clean, part).status == "not applicable"
    part = {"is_computed": True, "reason": None, "scores": []}
    assert look(clean, part).status == "not applicable"


def test_calibrated_probabilities_are_not_found(clean, says):
    expected = "clear" if "discrimination" in clean else "not applicable"
    assert says(clean, CODE)["status"] == expected
