"""`interpkd audit`: a written report as a gate."""

import json

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import BUILTIN_CHECKS, Finding, audit_report


class Mine:
    """A check that `interpkd audit` does not know."""

    code, title, severity, section = "MINE1", "My \x1b[31mfault", "high", "data"

    def look(self, data):
        return Finding("finding", "Seen [red]here[/red].\x07", severity="low")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write a report with findings of medium and of low severity."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    tree = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0).fit(
        X[:100], X[:100, 0] > X[:100, 1]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interpkd.audit._report.draw_pictures", lambda *_: {})
        report = audit_report(
            tree, X[100:], teacher=tree.predict_proba(X[100:]), checks=(*BUILTIN_CHECKS, Mine())
        )
    assert report.worst_severity == "medium"
    return report.to_json(tmp_path_factory.mktemp("audit") / "report.json")


@pytest.mark.parametrize(
    ("fail_on", "code"), [("high", 0), ("medium", 1), ("low", 1), ("never", 0)]
)
def test_the_exit_code_is_the_verdict(run, written, fail_on, code):
    result = run("audit", written, "--fail-on", fail_on)
    assert result.exit_code == code
    assert "KD010" in result.stdout
    assert result.stderr == ""


def test_everything_that_was_asked_is_printed(run, written):
    result = run("audit", written)
    lines = " ".join(result.stdout.split())
    assert all(one.code in lines for one in BUILTIN_CHECKS)
    assert "Seen [red]here[/red].\\x07" in lines
    assert "My \\x1b[31mfault" in lines
    assert "Nothing found by KD001" in lines
    assert "pass it as stability=" in lines
    assert (
        lines.index("KD010") < lines.index("MINE1") < lines.index("KD011")
    )  # grave, mild, not asked


def test_a_floor_takes_the_place_of_the_written_one(run, written):
    assert run("audit", written, "--floor", "agreement=1.01").exit_code == 1
    thin = ("--floor", "leaf_rows=1", "--floor", "rows_per_rule=1")
    result = run("audit", written, *thin, "--fail-on", "medium")
    assert (result.exit_code, "1 finding (1 low)" in result.stdout) == (0, True)


def test_a_report_whose_evidence_is_broken_fails(run, written, tmp_path):
    data = json.loads(written.read_text(encoding="utf-8"))
    del data["student"]["kind"], data["student"]["rules"]
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    result = run("audit", path)
    assert result.exit_code == 1
    assert "could not be made: it raised KeyError" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# Report", "is not JSON"),
        ("\x80", "is not JSON"),
        ("[1, 2]", "is JSON, but no audit report"),
        ('{"schema": {"name": "interpkd.student"}}', "is JSON, but no audit report"),
    ],
)
def test_what_is_no_report_is_wrong_usage(run, tmp_path, text, message):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="latin-1")
    result = run("audit", path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--floor", "agreement"], "--floor must be NAME=VALUE"),
        (["--floor", "agremeent=1"], "unknown name 'agremeent'"),
        (["--fail-on", "info"], "'info' is not one of"),
    ],
)
def test_wrong_options_are_wrong_usage(run, written, options, message):
    result = run("audit", written, *options)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


def test_findings_that_are_none_are_said_to_be(run, written, tmp_path):
    data = json.loads(written.read_text(encoding="utf-8"))
    data["findings"].append({"code": "X", "nothing": 1})
    path = tmp_path / "strange.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    result = run("audit", path)
    assert (result.exit_code, "holds findings that are none" in result.stderr) == (2, True)
