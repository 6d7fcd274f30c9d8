"""Reasons of declines and agreement of explanations, as a report shows them."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons


def test_shown_declines_are_declined_by_the_student(reports):
    section = reports["scorecard"].data["reasons"]
    assert section["is_computed"]
    assert section["adverse_class"] == "bad"  # the card's good class was said
    assert section["scale"] == "points"
    assert len(section["declines"]) == 5
    assert section["n_declines"] >= section["n_compared"] >= 5
    for one in section["declines"]:
        assert one["score"] >= 0.5
        names = [side["reference"] for side in one["by_reference"]]
        assert names == ["all applicants", "at the cut-off"]
        for side in one["by_reference"]:
            assert 1 <= len(side["reasons"]) <= 4
            assert side["measured"] == pytest.approx(side["claimed"])
            total = sum(reason["contribution"] for reason in side["reasons"])
            assert side["claimed"] == pytest.approx(total)


def test_teachers_support_is_that_of_the_reasons_shown(reports):
    for name in ("binary", "scorecard"):
        section = reports[name].data["reasons"]
        for k, reference in enumerate(section["references"]):
            shown = [
                reason["teacher_supports"]
                for one in section["declines"]
                for reason in one["by_reference"][k]["reasons"]
            ]
            assert reference["teacher_support"] == pytest.approx(np.mean(shown))


def test_why_there_are_no_reasons_is_said(reports, tmp_path):
    for name, why in [
        ("multiclass", "of which a student of two classes has"),
        ("regression", "of which a student of two classes has"),
        ("any_student", "neither a tree nor linear nor a scorecard"),
    ]:
        section = reports[name].data["reasons"]
        assert not section["is_computed"]
        assert why in section["reason"]
        text = reports[name].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
        assert "## Reasons of declines" in text
        assert why in text


def test_agreement_is_in_every_report_with_a_teacher(reports, tmp_path):
    for name, report in reports.items():
        section = report.data["explanation_agreement"]
        teacher = "teacher" in report.data["explanation"]["method"]
        assert section["is_computed"] == teacher
        if teacher:
            assert section["n_rows"] == report.data["explanation"]["n_rows"]
            assert section["top_overlap"]["low"] <= section["top_overlap"]["estimate"]
        else:
            text = report.to_markdown(tmp_path / f"{name}.md").read_text(encoding="utf-8")
            assert f"are not compared: {section['reason']}." in text


def test_a_report_of_a_student_without_declines(reports):
    """With a cut-off that nobody reaches, the section counts none and gives none."""
    X = load_iris().data
    tree = DecisionTreeClassifier(max_depth=1, min_samples_leaf=20).fit(X, np.arange(150) % 3 == 0)
    report = audit_report(tree, X, cutoff=0.9)
    section = report.data["reasons"]
    assert (section["n_declines"], section["declines"]) == (0, [])
    assert section["comparison"] is None
    assert not reasons(tree, X, reference="all applicants", cutoff=0.9).declines


def test_declines_are_counted_on_all_rows(reports):
    data = reports["binary"].data
    section, rules = data["reasons"], data["student"]["rules"]
    label = section["adverse_class"]
    wanted = sum(one["evaluation"]["n"] for one in rules if one["decision"] == label)
    assert section["n_declines"] == wanted


def test_the_adverse_class_is_said_or_assumed(reports, tmp_path):
    assert reports["binary"].data["reasons"]["adverse_class_is_assumed"]
    assert not reports["scorecard"].data["reasons"]["adverse_class_is_assumed"]
    text = reports["binary"].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "good, assumed: nobody said which one is" in text
    X = load_iris().data
    tree = DecisionTreeClassifier(max_depth=1).fit(X, X[:, 0] > 6)
    section = audit_report(tree, X, adverse_class=False).data["reasons"]
    assert section["adverse_class"] is False
    assert section["n_declines"] == (tree.predict(X) == 0).sum()
    with pytest.raises(InvalidInputError, match="adverse_class must be one of the classes"):
        audit_report(tree, X, adverse_class="bad")


def test_nobody_at_the_cutoff_is_said():
    X = load_iris().data
    tree = DecisionTreeClassifier(max_depth=1).fit(X, X[:, 0] > 6)
    section = audit_report(tree, X, background=X[X[:, 0] > 6]).data["reasons"]
    assert not section["is_computed"]
    assert section["reason"].startswith("No background row passes the cut-off")


def test_agreement_by_group(reports):
    section = reports["binary"].data["explanation_agreement"]
    names = [(one["segment"], one["value"], one["n"]) for one in section["segments"]]
    assert [name[:2] for name in names] == [
        ("sex", "f"),
        ("sex", "m"),
        ("sex", None),
        ("owner", False),
        ("owner", True),
    ]
    assert sum(n for name, _, n in names if name == "sex") == section["n_rows"]
    means = [(one["cosine"]["estimate"], one["cosine"]["n"]) for one in section["segments"][:3]]
    total = sum(mean * n for mean, n in means) / sum(n for _, n in means)
    assert total == pytest.approx(section["cosine"]["estimate"])


def test_a_users_sentences_state_the_reasons():
    X = np.random.default_rng(0).normal(size=(80, 2))
    student = DecisionTreeClassifier(max_depth=1).fit(X, X[:, 0] > 0)
    report = audit_report(student, X, dictionary={"x0": "Saldo {value}"}).to_dict()
    texts = [
        one["text"]
        for row in report["reasons"]["declines"]
        for one in row["by_reference"][0]["reasons"]
    ]
    assert texts
    assert all(text.startswith("Saldo ") for text in texts)
    with pytest.raises(InvalidInputError, match="dictionary names 'saldo'"):
        audit_report(student, X, dictionary={"saldo": "Saldo {value}"})
