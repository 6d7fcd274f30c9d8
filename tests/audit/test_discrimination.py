"""Both models against the labels, as a report shows them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, precision_score, recall_score, roc_curve
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report
from interpkd.fidelity import discrimination


@pytest.fixture(scope="module")
def audited():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = X[:, 0] + rng.logistic(size=400) > 0.5
    teacher = LogisticRegression().fit(X, y)
    student = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, teacher.predict(X))
    p = {"student": student.predict_proba(X)[:, 1], "teacher": teacher.predict_proba(X)[:, 1]}
    return audit_report(student, X, y, teacher=teacher, cutoff=0.4, alpha=0.1), y, p


def test_scores_are_those_of_the_fidelity_room(audited):
    report, y, p = audited
    section = report.data["discrimination"]
    found = discrimination(y, p, alpha=0.1)
    for one in section["scores"]:
        for who in ("student", "teacher"):
            assert one[who] == found.models[who][one["score"]].to_dict()
        assert one["difference"] == found.differences[one["score"]].to_dict()
    area = next(one for one in section["scores"] if one["score"] == "auc")
    performance = report.data["fidelity"]["performance"]["teacher"]["auc"]
    assert area["teacher"]["estimate"] == performance["estimate"]


def test_decisions_are_those_of_scikit_learn(audited):
    report, y, p = audited
    section = report.data["discrimination"]
    for table, rates in zip(section["confusion"], section["decisions"], strict=True):
        decided = p[table["model"]] > 0.4
        counts = [row["counts"] for row in table["rows"]]
        assert counts == confusion_matrix(y, decided).tolist()
        found = {one["rate"]: one["score"]["estimate"] for one in rates["rates"]}
        assert found["recall"] == pytest.approx(recall_score(y, decided))
        assert found["precision"] == pytest.approx(precision_score(y, decided))
        assert found["specificity"] == pytest.approx(recall_score(~y, ~decided))
        assert found["decided for the positive class"] == pytest.approx(decided.mean())


def test_lift_and_curves_hold_every_row(audited):
    report, y, p = audited
    section = report.data["discrimination"]
    for one in section["lift"]:
        assert sum(row["n"] for row in one["rows"]) == 400
        assert sum(row["n_positive"] for row in one["rows"]) == y.sum()
        assert one["rows"][-1]["share_captured"] == pytest.approx(1)
        assert one["rows"][0]["lift"] >= one["rows"][-1]["lift"]
        lows = [row["low"] for row in one["rows"]]
        assert lows == sorted(lows, reverse=True)
    for one in section["curves"]:
        fpr, tpr, _ = roc_curve(y, p[one["model"]], drop_intermediate=False)
        corners = {(round(a, 9), round(b, 9)) for a, b in zip(fpr, tpr, strict=True)}
        assert {(round(a, 9), round(b, 9)) for a, b in one["roc"]} <= corners
        assert one["roc"][-1] == one["cap"][-1] == [1, 1]


def test_calibration_bins_mean_what_they_say(audited):
    report, y, p = audited
    tables = report.data["discrimination"]["calibration"]
    assert [(one["model"], one["against"]) for one in tables] == [
        ("student", "labels"), ("teacher", "labels"), ("student", "teacher"),
    ]  # fmt: skip
    for one in tables:
        truth = y if one["against"] == "labels" else p["teacher"]
        answer = p[one["model"]]
        for row in one["bins"]:
            here = (answer >= row["low"]) & (answer <= row["high"])
            assert here.sum() == row["n"]
            assert row["mean_truth"] == pytest.approx(truth[here].mean())
            assert row["mean_answer"] == pytest.approx(answer[here].mean())


def test_what_applies_is_computed(reports):
    section = reports["regression"].data["discrimination"]
    assert section["left_out"].startswith("A regression has no classes")
    assert [one["model"] for one in section["calibration"]] == ["student", "teacher"] * 1 + [
        "student"
    ]
    assert section["scores"] == section["confusion"] == []
    assert reports["multiclass"].data["discrimination"]["reason"].startswith("No labels were given")
    section = reports["scores_only"].data["discrimination"]
    assert section["left_out"].startswith("AUC, KS")
    assert np.sum([row["counts"] for row in section["confusion"][0]["rows"]]) == 150
    section = reports["any_student"].data["discrimination"]
    assert [one["model"] for one in section["decisions"]] == ["student", "teacher"]


def test_weights_reach_the_section():
    X = np.random.default_rng(0).normal(size=(80, 1))
    y = X[:, 0] + np.sin(9 * X[:, 0]) > 0
    student = LogisticRegression().fit(X, y)
    w = np.where(X[:, 0] > 0, 3.0, 1.0)
    section = audit_report(student, X, y, sample_weight=w).data["discrimination"]
    accuracy = section["decisions"][0]["rates"][1]["score"]["estimate"]
    assert accuracy == pytest.approx(np.average(student.predict(X) == y, weights=w))
    assert section["scores"][0]["teacher"] is section["scores"][0]["difference"] is None
