"""Checks of the user's own: the protocol, and what breaks it."""

import dataclasses
import re

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import BUILTIN_CHECKS, FLOORS, AuditReport, Check, Finding, run_checks, worst
from interpkd.exceptions import InvalidInputError


@dataclasses.dataclass(frozen=True)
class Says:
    """A check that says, or does, whatever it is told."""

    answer: object
    code: str = "MINE1"
    title: str = "Mine"
    severity: str = "medium"
    section: str = "nowhere"

    def look(self, data):
        return self.answer(data) if callable(self.answer) else self.answer


def ask(clean, *checks):
    return run_checks(clean, checks)[-1]


@pytest.fixture
def plain(rows):
    X, y = np.nan_to_num(rows[0]), rows[1]
    return DecisionTreeClassifier(max_depth=1).fit(X[:50], y[:50]), X[:50]


def test_the_protocol_is_what_the_builtin_checks_have():
    assert all(isinstance(one, Check) for one in BUILTIN_CHECKS)
    assert isinstance(Says(None), Check)
    assert not isinstance(object(), Check)


def test_a_finding_takes_what_the_check_is(clean):
    said = ask(clean, Says(Finding("finding", "Bad.", {"n": np.int64(3), "x": np.nan})))
    assert said == Finding(
        "finding", "Bad.", {"n": 3, "x": "nan"}, "medium", "", "MINE1", "Mine", "nowhere"
    )
    assert ask(clean, Says(Finding("finding", "Bad.", severity="low"))).severity == "low"


def test_a_check_that_raises_does_not_lose_the_report(audited, plain):
    tree, X = plain
    data = audited(tree, X, checks=(*BUILTIN_CHECKS, Says(lambda data: data["nothing"])))
    said = data["findings"][-1]
    assert (said["status"], said["severity"]) == ("failed", "high")
    assert said["message"] == "The check could not be made: it raised KeyError: 'nothing'."
    assert data["passed"] is False


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (None, "look returned NoneType"),
        (True, "look returned bool"),
        (Finding("fine", "Well."), "its status is 'fine'"),
        (Finding("failed", "Well."), "its status is 'failed'"),
        (Finding("finding", "Bad.", severity="grave"), "its severity is 'grave'"),
        (Finding("finding", " "), "it has no message"),
        (Finding("finding", "Bad.", evidence=[1]), "its evidence a mapping"),
        (Finding("finding", "Bad.", remedy=None), "its remedy must be a text"),
    ],
)
def test_a_wrong_answer_is_said_to_be_one(clean, answer, match):
    said = ask(clean, Says(answer))
    assert said.status == "failed"
    assert match in said.message


def test_a_check_cannot_change_what_others_read(clean):
    def spoil(data):
        data["fidelity"].clear()
        return Finding("clear", "Nothing left.")

    said = run_checks(clean, (Says(spoil), *BUILTIN_CHECKS))
    assert [one.to_dict() for one in said[1:]] == clean["findings"]


@pytest.mark.parametrize(
    ("checks", "match"),
    [
        ((Says(None), Says(None)), "two of the code 'MINE1'"),
        ((object(),), "a object without code, title, severity, section, look"),
        ((Says,), r"the class Says. Make one of it: Says\(\)"),
        ((Says(None, code=""),), "code of the check Says must be a text"),
        ((Says(None, title=3),), "title of the check Says must be a text"),
        ((Says(None, severity="grave"),), "severity of the check MINE1 must be one of high"),
        (Says(None), "checks must be a sequence of checks"),
    ],
)
def test_what_is_no_check_is_refused(clean, checks, match):
    with pytest.raises(InvalidInputError, match=match):
        run_checks(clean, checks)


@pytest.mark.parametrize(
    ("floors", "match"),
    [
        ({"agreemnt": 1}, "unknown name 'agreemnt'. Known names: agreement, r2"),
        ({"agreement": "high"}, r"floors\['agreement'\] must be a finite number, got 'high'"),
        ({"agreement": float("nan")}, "must be a finite number, got nan"),
        ({"agreement": True}, "must be a finite number, got True"),
        ([0.9], "floors must be a mapping of names to numbers, got list"),
    ],
)
def test_a_wrong_floor_is_refused(plain, audited, floors, match):
    tree, X = plain
    with pytest.raises(InvalidInputError, match=match):
        audited(tree, X, floors=floors)


def test_floors_and_no_checks_stand_in_the_report(audited, plain):
    tree, X = plain
    data = audited(tree, X, checks=(), floors={"churn": 1})
    assert data["floors"] == {**FLOORS, "churn": 1.0}
    assert (data["findings"], data["passed"]) == ([], False)  # nobody asked anything


def test_floors_can_be_stated_anew(clean):
    said = {one.code: one for one in run_checks(clean, floors={"leaf_rows": 1000})}
    assert said["KD010"].status == "finding"
    assert clean["floors"]["leaf_rows"] == 20


def test_only_a_report_can_be_judged():
    for other in ({}, {"schema": {"name": "other"}}, [], None):
        with pytest.raises(InvalidInputError, match="report must be an AuditReport or its data"):
            run_checks(other)


def test_the_gravest_severity_counts():
    found = [
        Finding("finding", "a", severity="low"),
        Finding("clear", "b", severity="high"),
        Finding("not applicable", "c", severity="high"),
        Finding("finding", "d", severity="medium").to_dict(),
    ]
    assert worst(found) == worst(found, "medium") == "medium"
    assert worst(found, "high") is worst(found, "never") is worst([]) is None
    assert worst([*found, Finding("failed", "e", severity="high")], "high") == "high"
    with pytest.raises(InvalidInputError, match="severity must be one of high, medium"):
        worst(found, "grave")


def test_the_report_gives_findings_and_verdict(clean):
    report = AuditReport(clean, {})
    assert report.passed
    assert report.worst_severity is None
    assert [one.code for one in report.findings] == [one.code for one in BUILTIN_CHECKS]


def test_findings_come_first_in_the_files(overgrown, tmp_path):
    report = AuditReport(overgrown, {})
    html = report.to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.index('<h2 id="findings">') < html.index('<h2 id="identity">')
    assert '><a href="#student">' in html
    text = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    title = re.search(r"\| KD010 \| ◆ medium \|.*\| \[([^\]]+)\]\(#([\w-]+)\) \|", text)
    assert f"\n## {title[1]}\n" in text
    assert title[2] == re.sub(r"[^\w -]", "", title[1]).lower().replace(" ", "-")
