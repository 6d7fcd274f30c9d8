"""The report of a scorecard: the whole card, what rounding costs, and who gets how many points."""

import numpy as np
import pytest

from interpkd import DistilledScorecardClassifier
from interpkd.audit import audit_report
from interpkd.export import points_table


@pytest.fixture(scope="module")
def small(mixed_table):
    frame, label = mixed_table
    p = 1 / (1 + np.exp(-(frame["age"] - 45) / 9 - (frame["purpose"] == "tv")))
    proba = np.column_stack([1 - p, p])
    student = DistilledScorecardClassifier().fit(
        frame[:300], label[:300], teacher_proba=proba[:300]
    )
    return student, frame[300:], label[300:], proba[300:]


def test_the_report_has_every_bin_of_the_card(reports):
    report = reports["scorecard"]
    student = report.data["student"]
    assert student["kind"] == "scorecard"
    assert "rules" not in student
    assert repr(report) == (
        f"<AuditReport of DistilledScorecardClassifier: {student['n_features']} columns in "
        f"{student['n_bins']} bins, 150 evaluation rows>"
    )
    for name in student["columns_used"]:
        bins = [one for one in student["bins"] if one["feature"] == name]
        assert sum(one["evaluation"]["n"] for one in bins) == 150
        assert sum(one["n_rows"] for one in bins) == student["n_rows"] == 250
        assert sum(one["share"] for one in bins) == pytest.approx(1)
    assert {one["kind"] for one in student["bins"]} >= {"interval", "special", "missing"}
    assert "points" in report.pictures


def test_its_numbers_are_the_cards(small):
    student, X, y, proba = small
    data = audit_report(student, X, y, teacher=proba).data["student"]
    table = points_table(student)
    assert [one["points"] for one in data["bins"]] == [one.points for one in table.bins]
    assert [one["bin"] for one in data["bins"]] == [one.text for one in table.bins]
    assert data["rounding"]["loss"] == student.rounding_loss_
    assert data["rounding"]["largest_change"] == student.rounding_change_
    assert data["scale"] == {
        "pdo": 20.0,
        "base_score": 600.0,
        "base_odds": 50.0,
        "good_class": "good",
        "other_class": "bad",
        "least_score": table.least_score,
        "most_score": table.most_score,
    }
    inside = X["age"].to_numpy() <= next(one.upper for one in table.bins if one.feature == "age")
    first = data["bins"][0]["evaluation"]
    assert first["n"] == inside.sum()
    assert first["teacher_mean"] == pytest.approx(proba[inside, 1].mean())


def test_bands_hold_every_row_and_its_score(small):
    student, X, y, proba = small
    scores = student.score_samples(X)
    sexes = np.where(np.arange(100) % 3, "f", "m").astype(object)
    sexes[::10] = None
    report = audit_report(student, X, y, teacher=proba, groups={"sex": sexes}, segments={"n": y})
    found = report.data["student"]["scores"]
    assert sum(one["n"] for one in found["bands"]) == 100
    assert found["bands"][0]["low"] == scores.min()
    assert found["bands"][-1]["high"] == scores.max()
    for one in found["bands"]:
        here = (scores >= one["low"]) & (scores <= one["high"])
        assert one["n"] == here.sum()
        assert one["student_mean"] == pytest.approx(student.predict_proba(X)[here, 1].mean())
        assert one["teacher_mean"] == pytest.approx(proba[here, 1].mean())
    agreed = sum(one["n"] * one["agreement"] for one in found["bands"]) / 100
    assert agreed == pytest.approx(report.data["fidelity"]["agreement"]["estimate"])
    groups = {(one["segment"], one["value"]): one for one in found["groups"]}
    assert [*groups] == [
        ("sex", "f"), ("sex", "m"), ("sex", None), ("n", "bad"), ("n", "good")
    ]  # fmt: skip
    assert groups["sex", "f"]["mean"] == pytest.approx(scores[sexes == "f"].mean())
    assert groups["sex", None]["n"] == 10


def test_the_files_show_the_card(reports, tmp_path):
    report = reports["scorecard"]
    for write, name in ((report.to_html, "r.html"), (report.to_markdown, "r.md")):
        text = write(tmp_path / name).read_text(encoding="utf-8")
        assert "Every bin of the student" in text
        assert "Who gets how many points" in text
        assert "Columns of the card" in text
        assert "no rules" not in text
        assert "not shown in full" not in text


def test_limits_of_bins_are_named(reports):
    report = reports["scorecard"]
    topics = {one["topic"]: one["text"] for one in report.data["limitations"]}
    assert "age missing" in topics["Bins without training rows"]
    assert "The student is not shown in full" not in topics
    thin = [one for one in report.data["student"]["bins"] if 0 < one["n_rows"] < 20]
    assert ("Thin bins" in topics) == bool(thin)
    assert all(one["bin"] in topics["Thin bins"] for one in thin[:12])


def test_the_hash_knows_the_points(small):
    student, X, y, proba = small

    def digest(card, n):
        report = audit_report(card, X[:n], y[:n], teacher=proba[:n])
        return report.data["hashes"]["student"]

    assert len(digest(student, 100)) == 64
    assert digest(student, 100) == digest(student, 50)
    other = DistilledScorecardClassifier(base_score=601)
    other.fit(X, y, teacher_proba=student.predict_proba(X))
    assert digest(other, 50) != digest(student, 50)


def test_its_explanation_is_exact(reports):
    method = reports["scorecard"].data["explanation"]["method"]["student"]
    assert method.startswith("exact")


def test_a_card_without_a_teacher_is_reported(small):
    student, X, _, _ = small
    report = audit_report(student, X)
    assert report.data["student"]["bins"][0]["evaluation"]["teacher_mean"] is None
    assert report.data["student"]["scores"]["bands"][0]["agreement"] is None
