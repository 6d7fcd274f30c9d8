"""Conceptual soundness and oversight: words that follow from the settings, shares from the rows."""

from types import SimpleNamespace

import numpy as np
import pytest

from interpkd.audit._oversight import _differ


def topics(entries):
    return {one["topic"]: one["text"] for one in entries}


def test_choices_follow_from_the_settings(reports):
    choices = topics(reports["binary"].data["conceptual_soundness"]["choices"])
    assert choices["Form"].startswith("A decision tree")
    assert choices["What is optimised"].startswith("Least divergence of the leaves")
    assert choices["Soft targets"].startswith("out of fold")
    assert "(max_leaf_nodes) 5" in choices["Limits of its size"]
    used = reports["binary"].data["student"]["columns_used"]
    assert choices["Columns"] == f"It uses {len(used)} of 4 columns: {', '.join(used)}."
    choices = topics(reports["scores_only"].data["conceptual_soundness"]["choices"])
    assert choices["Soft targets"].startswith("scores that were given")
    choices = topics(reports["bare_tree"].data["conceptual_soundness"]["choices"])
    assert "was not fitted by distillation" in choices["What is optimised"]
    assert choices["Soft targets"] == "The student keeps no record of how it was taught."
    choices = topics(reports["any_student"].data["conceptual_soundness"]["choices"])
    assert choices["Form"] == "A MLPClassifier, which the report cannot write out."
    for name, form in (("scorecard", "A scorecard"), ("line_with_refits", "A sum of one term")):
        section = reports[name].data["conceptual_soundness"]
        assert topics(section["choices"])["Form"].startswith(form)
        assert "Columns add up" in topics(section["assumptions"])


def test_the_frontiers_choice_is_marked(reports):
    data = reports["with_refits"].data
    trade_off, choice = data["conceptual_soundness"]["trade_off"], data["frontier"]["choice"]
    assert trade_off["text"] == choice["text"]
    assert [one["name"] for one in trade_off["points"]] == [
        one["name"] for one in data["frontier"]["points"]
    ]
    assert [one["name"] for one in trade_off["points"] if one["is_chosen"]] == [choice["chosen"]]
    assert "Distil or not" in data["conceptual_soundness"]["challengers"]
    section = reports["binary"].data["conceptual_soundness"]
    assert "interpkd.fidelity.frontier(student" in section["trade_off"]["text"]
    assert "interpkd.fidelity.distil_or_not(student" in section["challengers"]


def test_every_place_that_is_pointed_to_is_there(reports, tmp_path):
    text = reports["binary"].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    for title in (
        "Directions", "Discrimination and calibration", "Sensitivity", "Partial dependence",
        "Conceptual soundness", "Human oversight", "Distil or not", "Performance", "At the cut-off",
    ):  # fmt: skip
        assert f"\n## {title}" in text, title


def test_shares_are_those_of_the_rows(reports):
    report = reports["binary"]
    section, fidelity = report.data["oversight"], report.data["fidelity"]
    rules = report.data["student"]["rules"]
    n = report.data["data"]["n_rows"]
    near = sum(
        rule["evaluation"]["n"] for rule in rules if abs(rule["distribution"][1] - 0.5) <= 0.05
    )
    assert section["near_cutoff"]["estimate"] == pytest.approx(near / n)
    parts = [section["agreement_inside"], section["agreement_outside"]]
    agreed = sum(one["estimate"] * one["n"] for one in parts if one is not None)
    assert agreed / n == pytest.approx(fidelity["agreement"]["estimate"])
    assert section["differ"]["estimate"] <= section["abstain"]["estimate"]
    assert section["near_cutoff"]["estimate"] <= section["abstain"]["estimate"]
    assert section["abstain"]["low"] <= section["abstain"]["estimate"] <= section["abstain"]["high"]


def test_what_does_not_apply_is_none(reports):
    section = reports["regression"].data["oversight"]
    assert section["near_cutoff"] is section["agreement_inside"] is None
    assert section["abstain"] == section["differ"]
    section = reports["scores_only"].data["oversight"]
    assert section["differ"] is section["agreement_outside"] is None
    assert section["abstain"] == section["near_cutoff"]
    assert "Where both models differ" not in topics(section["override"])
    assert reports["multiclass"].data["oversight"]["near_cutoff"]["estimate"] < 0.5


def test_differ_is_a_distance_of_probabilities():
    inputs = SimpleNamespace(
        classes=["a", "b", "c"],
        student_answers=np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]]),
        teacher_answers=np.array([[0.5, 0.45, 0.05], [0.3, 0.6, 0.1]]),
    )
    assert _differ(inputs).tolist() == [False, True]
