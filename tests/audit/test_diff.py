"""The difference of two reports: nothing for the same, every kind of change by name."""

import copy
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

from interpkd import (
    DistilledLinearRegression,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
)
from interpkd.audit import audit_report, diff


@pytest.fixture(scope="module")
def rows():
    X, y = load_iris(return_X_y=True, as_frame=True)
    return X[y > 0].iloc[:, 1:].reset_index(drop=True), y[y > 0].to_numpy()


@pytest.fixture(scope="module")
def made(rows):
    """Reports of one teacher's students that differ in one thing each."""
    X, y = rows
    teacher = as_teacher(LogisticRegression().fit(X, y))
    settings = {"augmentation": None, "random_state": 0}
    students = {
        "small": DistilledTreeClassifier(teacher, max_leaf_nodes=2, **settings),
        "large": DistilledTreeClassifier(teacher, max_leaf_nodes=4, **settings),
        "line": DistilledLogisticRegression(teacher, **settings),
        "other line": DistilledLogisticRegression(teacher, temperature=2.0, **settings),
        "card": DistilledScorecardClassifier(teacher, **settings),
        "other card": DistilledScorecardClassifier(teacher, pdo=40.0, **settings),
    }
    reports = {
        name: audit_report(student.fit(X), X, y).to_dict() for name, student in students.items()
    }
    line = as_teacher(LinearRegression().fit(X, y))
    number = DistilledLinearRegression(line, **settings).fit(X)
    return reports | {"number": audit_report(number, X, y).to_dict()}


def test_a_report_equals_itself_at_another_time(made, rows):
    later = copy.deepcopy(made["small"])
    later["created_utc"] = "2099-01-01T00:00:00Z"
    found = diff(made["small"], later, rows[0])
    assert found.is_equal
    assert found.to_dict()["swap_set"]["n_changed"] == 0
    assert "equal but for their times" in str(found)


def test_rules_are_new_gone_and_changed(made):
    found = diff(made["small"], made["large"]).to_dict()
    assert not found["is_equal"]
    one, two = (
        {rule["text"] for rule in made[name]["student"]["rules"]} for name in ("small", "large")
    )
    conditions = {
        kind: [" and ".join(rule["conditions"]) for rule in found["rules"][kind]]
        for kind in ("added", "removed")
    }
    assert len(conditions["added"]) == len(two - one)
    assert len(conditions["removed"]) == len(one - two)
    assert {"name": "student: max_leaf_nodes", "a": 2, "b": 4} in found["parameters"]
    assert [one["name"] for one in found["student"]] == ["depth"]
    assert found["software"] == found["data"] == []


def test_a_rule_with_the_same_conditions_is_changed(made):
    later = copy.deepcopy(made["small"])
    later["student"]["rules"][0]["distribution"][0] += 1e-3
    found = diff(made["small"], later).to_dict()["rules"]
    assert len(found["changed"]) == 1
    assert found["added"] == found["removed"] == []
    assert found["n_unchanged"] == 1


def test_order_of_rules_is_no_difference(made):
    later = copy.deepcopy(made["large"])
    later["student"]["rules"].reverse()
    assert diff(made["large"], later).is_equal


def test_coefficients_and_points(made):
    found = diff(made["line"], made["other line"]).to_dict()
    assert found["coefficients"]["changed"]
    assert found["coefficients"]["added"] == []
    assert "intercepts" in [one["name"] for one in found["student"]]
    found = diff(made["card"], made["other card"]).to_dict()
    assert found["points"]["changed"]
    assert {"name": "scale pdo", "a": 20.0, "b": 40.0} in found["student"]
    one = found["points"]["changed"][0]
    assert one["b"]["points"] == pytest.approx(2 * one["a"]["points"], abs=1)


def test_scores_have_both_intervals(made):
    found = {one["score"]: one for one in diff(made["small"], made["large"]).to_dict()["scores"]}
    one = found["fidelity: kl divergence"]
    for side, name in (("a", "small"), ("b", "large")):
        stated = made[name]["fidelity"]["kl_divergence"]
        assert one[side] == {part: stated[part] for part in ("estimate", "low", "high")}
    assert one["change"] == one["b"]["estimate"] - one["a"]["estimate"]
    overlap = one["a"]["low"] <= one["b"]["high"] and one["b"]["low"] <= one["a"]["high"]
    assert one["intervals_overlap"] == overlap


def test_the_swap_set_is_that_of_the_students(made, rows):
    X, _ = rows
    found = diff(made["small"], made["large"], X).to_dict()["swap_set"]
    from interpkd.export import read_json

    before, after = (read_json(made[name]["model"]).predict(X) for name in ("small", "large"))
    assert found["n_changed"] == (before != after).sum()
    assert found["rows"] == np.flatnonzero(before != after)[:50].tolist()
    assert sum(one["n"] for one in found["swaps"]) == found["n_changed"]
    assert all(one["from"] != one["to"] for one in found["swaps"])


def test_another_cutoff_swaps_decisions(made, rows):
    later = copy.deepcopy(made["line"])
    later["fidelity"]["cutoff"] = 0.99
    found = diff(made["line"], later, rows[0]).to_dict()["swap_set"]
    assert found["n_changed"] > 0
    assert {(one["from"], one["to"]) for one in found["swaps"]} == {(2, 1)}


def test_why_there_is_no_swap_set(made, rows):
    none = copy.deepcopy(made["small"])
    none["model"], none["model_left_out"] = None, "it is no tree"
    reasons = [
        diff(made["small"], made["large"]),
        diff(made["small"], none, rows[0]),
        diff(made["small"], made["number"], rows[0]),
    ]
    texts = [found.to_dict()["swap_set"]["reason"] for found in reasons]
    assert texts[0] == "No rows were given."
    assert texts[1].endswith("it is no tree.")
    assert texts[2] == "One is a classification, the other a regression."


def test_a_regression_moves_by_so_much(made, rows):
    later = copy.deepcopy(made["number"])
    later["model"]["intercept"] = [value + 1 for value in later["model"]["intercept"]]
    found = diff(made["number"], later, rows[0]).to_dict()["swap_set"]
    assert found["n_changed"] == len(rows[0])
    assert found["mean_change"] == pytest.approx(1)


def test_columns_software_and_data(made):
    later = copy.deepcopy(made["small"])
    later["student"]["columns_used"] = ["a new one"]
    later["lineage"]["software"]["numpy"] = "9.9"
    later["provenance"]["hashes"]["data"]["labels"] = "0" * 64
    later["findings"][0]["status"] = "failed"
    found = diff(made["small"], later).to_dict()
    assert [one["b"] for one in found["findings"]] == ["failed"]
    assert found["columns"]["added"] == ["a new one"]
    assert [one["name"] for one in found["software"]] == ["numpy"]
    assert [one["name"] for one in found["data"]] == ["labels"]


def test_names_are_text_in_every_form(made):
    nasty = "<script>alert(1)</script>|`x` \x1b[31m\u202eevil"
    later = copy.deepcopy(made["small"])
    later["identity"]["model_name"] = nasty
    later["student"]["rules"][0]["conditions"][0]["text"] = nasty
    found = diff(made["small"], later)
    for text in (str(found), found.to_markdown()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in found.to_markdown()
    assert json.loads(found.to_json())["b"]["name"] == nasty


def test_tables_are_aligned(made):
    lines = str(diff(made["small"], made["large"])).splitlines()
    start = lines.index("Parameters") + 2
    header, row = lines[start], lines[start + 1]
    assert header.index("A") == row.index("2")
    assert pd.Series(lines).str.len().max() < 200
