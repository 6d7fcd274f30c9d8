"""What holds of every built-in check."""

import json
from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import BUILTIN_CHECKS, FLOORS, SEVERITIES, AuditReport, run_checks
from interpkd.audit._document import build_document

CODES = [one.code for one in BUILTIN_CHECKS]
DOCS = Path(__file__).parents[3] / "docs" / "checks"


@pytest.fixture(scope="module")
def minimal(audited):
    """A report with as little as there can be: no teacher, no labels, nothing known of training."""
    X, y = load_iris(return_X_y=True)
    return audited(DecisionTreeClassifier(max_depth=1).fit(X, y), X[::5])


def test_codes_are_unique_and_in_order():
    assert sorted(set(CODES)) == CODES
    assert CODES[0] == "KD001"


@pytest.mark.parametrize("check", BUILTIN_CHECKS, ids=CODES)
def test_every_check_has_a_page_and_a_test_file(check):
    if not DOCS.exists():
        pytest.skip("tests run without the checkout: there are no docs beside them")
    page = (DOCS / f"{check.code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {check.code}: {check.title}\n")
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    assert f"[{check.code}]({check.code}.md)" in index
    assert f"\n{check.code}\n" in index  # the table of contents
    assert (Path(__file__).parent / f"test_{check.code.lower()}.py").exists()


def test_every_floor_is_documented():
    if not DOCS.exists():
        pytest.skip("tests run without the checkout: there are no docs beside them")
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for name, value in FLOORS.items():
        assert f"| `{name}` | {value:g} |" in index


def test_a_run_without_a_fault_passes(clean):
    found = [one for one in clean["findings"] if one["status"] in {"finding", "failed"}]
    assert found == []
    assert clean["passed"]


@pytest.mark.parametrize("check", BUILTIN_CHECKS, ids=CODES)
def test_every_check_speaks_of_the_least_report(check, minimal, says):
    said = says(minimal, check.code)
    assert said["status"] in {"clear", "not applicable"}, said
    assert said["severity"] == check.severity
    assert said["severity"] in SEVERITIES
    if said["status"] == "not applicable":
        assert said["message"].startswith("Not applicable because ")


@pytest.mark.parametrize("check", BUILTIN_CHECKS, ids=CODES)
def test_every_section_of_evidence_is_in_the_document(check, clean):
    anchors = {one.anchor for one in build_document(clean, {}).sections}
    later = {"discrimination", "monotonicity"} - set(clean)  # sections that may not be there
    assert check.section in anchors | later


def test_a_file_gives_the_findings_of_the_object(clean, overgrown, minimal):
    for data in (clean, overgrown, minimal):
        again = run_checks(json.loads(json.dumps(data)))
        assert [one.to_dict() for one in again] == data["findings"]
        assert AuditReport(data, {}).findings == again


def test_no_check_of_ours_changes_what_it_reads(clean, overgrown, minimal):
    """They share one copy of the report; what a user's check may do is in test_own_checks.py."""
    for data in (clean, overgrown, minimal):
        read = json.loads(json.dumps(data))
        for check in BUILTIN_CHECKS:
            check.look(read)
            assert read == data


@pytest.mark.parametrize("part", ["fidelity", "student", "worst_segments", "lineage", "data"])
def test_a_report_that_was_cut_fails_the_gate(clean, part):
    without = {name: value for name, value in clean.items() if name != part}
    for broken in (without, {**clean, part: {"is_computed": True}}):
        failed = [one for one in run_checks(broken) if one.status == "failed"]
        assert {one.severity for one in failed} == {"high"}
