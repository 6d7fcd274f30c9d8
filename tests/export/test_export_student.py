"""One door to all exports: formats, options, files, and what happens when parity fails."""

import json
import re

import pytest

from interpkd.exceptions import InvalidInputError, MissingExtraError, ParityError, ParityWarning
from interpkd.export import (
    _node_engine,
    export_student,
    parity_report,
    read_json,
    to_javascript,
    to_json,
    to_rules,
)
from interpkd.export._formats import FORMATS
from interpkd.export._json_engine import JsonEngine


@pytest.mark.parametrize("suffix", [".js", ".json", ".py", ".txt", ".md"])
def test_the_ending_says_the_format(student_of, needs_engine, suffix, tmp_path):
    if suffix == ".js":
        needs_engine("node")
    student, rows = student_of("tree, multiclass")
    path = tmp_path / f"student{suffix}"
    report = export_student(student, path, X=rows, parity="require")
    assert report.passed
    text = path.read_text()
    assert str(report) in text
    if suffix == ".json":
        assert read_json(path).predict(rows).tolist() == student.predict(rows).tolist()
        assert json.loads(text).pop("parity") == str(report)
    elif suffix in (".txt", ".md"):
        assert text.startswith(to_rules(student, format="text" if suffix == ".txt" else "markdown"))


def test_every_format_can_be_asked_for_its_parity(student_of, needs_engine):
    needs_engine("node")
    for name in ("bare tree, infinite thresholds", "tree, regression"):
        student, rows = student_of(name)
        for to in ("javascript", "json", "python", "rules"):
            report = parity_report(student, rows, to=to)
            assert report.passed, report.reason
            assert report.export == to


def test_options_are_those_of_the_format(student_of, tmp_path):
    student, _ = student_of("tree, binary")
    path = tmp_path / "student.py"
    export_student(student, path, vectorised=True, parity="skip")
    assert "import numpy as np" in path.read_text()
    export_student(student, tmp_path / "rules.csv", to="rules", format="frame", parity="skip")
    assert (tmp_path / "rules.csv").read_text().startswith("rule,leaf,conditions")
    with pytest.raises(InvalidInputError, match=re.escape("has no option 'fast'; it has ['vec")):
        export_student(student, path, fast=True)
    with pytest.raises(InvalidInputError, match="'to' parameter must be one of"):
        parity_report(student, to="cobol")
    with pytest.raises(InvalidInputError, match=r"The ending '.cob' is no format's"):
        export_student(student, tmp_path / "student.cob")
    for one in FORMATS.values():
        assert "parity" not in one.options()


def test_nothing_is_written_on_failure(student_of, monkeypatch, tmp_path):
    student, rows = student_of("tree, binary")
    own = JsonEngine.answers

    def wrong(self, artefact, rows):
        found = own(self, artefact, rows)
        found.probabilities[3] = found.probabilities[3][::-1]
        return found

    monkeypatch.setattr(JsonEngine, "answers", wrong)
    path = tmp_path / "student.json"
    with pytest.raises(ParityError, match="Row 3 of X: the student says"):
        export_student(student, path, X=rows)
    with pytest.raises(ParityError, match="FAILS"):
        to_json(student, path, parity="auto")
    assert not path.exists()
    assert not parity_report(student, to="json").passed
    with pytest.warns(ParityWarning, match="FAILS"):
        export_student(student, path, X=rows, parity="warn")
    assert "FAILS" in path.read_text()


def test_a_missing_engine_is_said(student_of, monkeypatch, tmp_path):
    student, _ = student_of("tree, binary")
    monkeypatch.setattr(_node_engine.shutil, "which", lambda name: None)
    report = parity_report(student, to="javascript")
    assert report.passed is None
    assert "install Node.js" in report.reason
    path = tmp_path / "student.js"
    assert to_javascript(student, path=path, parity="auto").startswith(
        "// Parity with the student was not checked. Node is not installed"
    )
    assert path.read_text().startswith("// Parity")
    assert to_javascript(student).startswith("const interpkdStudent")
    with pytest.raises(MissingExtraError, match="Install it with: install Node"):
        to_javascript(student, parity="require")
