"""The published schema: every report fits it, and what is no report does not."""

import copy
import json
from importlib.resources import files

import pytest

from interpkd.audit._read_report import SCHEMA

jsonschema = pytest.importorskip("jsonschema")

FILE = files("interpkd.audit") / "schema" / f"audit_report-{SCHEMA['version']}.json"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def validator():
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    return jsonschema.Draft202012Validator(PUBLISHED)


def score_like(value):
    """Yield every score of a data model, wherever it lies."""
    if isinstance(value, dict):
        if {"estimate", "low", "high"} <= set(value):
            yield value
        for name, one in value.items():
            if name != "evidence":  # of a finding: a score and the floor it was held against
                yield from score_like(one)
    elif isinstance(value, list):
        for one in value:
            yield from score_like(one)


def test_every_report_fits(report, validator):
    data = json.loads(json.dumps(report.to_dict()))
    problems = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(data)]
    assert problems == []


def test_every_score_has_the_shared_shape(report):
    # the monitoring plan adds its thresholds to a score
    shape = {**PUBLISHED["$defs"]["score"], "additionalProperties": True}
    for score in score_like(report.data):
        jsonschema.validate(score, shape)


def test_name_and_version_are_those_of_the_package():
    stated = PUBLISHED["properties"]["schema"]["properties"]
    assert {name: one["const"] for name, one in stated.items()} == SCHEMA
    assert set(PUBLISHED["properties"]) <= set(PUBLISHED["$defs"]["names"]["enum"])


BREAKS = {
    "an unknown section": lambda data: data.update(surprise={}),
    "no provenance": lambda data: data.pop("provenance"),
    "another version": lambda data: data["schema"].update(version=1),
    "a score without its interval": lambda data: data["fidelity"]["agreement"].pop("low"),
    "a score too few": lambda data: data["fidelity"].pop("kl_divergence"),
    "a number as text": lambda data: data["fidelity"]["agreement"].update(estimate="0.9"),
    "a share above one": lambda data: data["student"]["rules"][0].update(share=1.1),
    "a rule without conditions": lambda data: data["student"]["rules"][0].pop("conditions"),
    "a tree without rules": lambda data: data["student"].update(rules=[]),
    "half a hash": lambda data: data["provenance"]["hashes"].update(report="12ab"),
    "a silent empty section": lambda data: data["frontier"].update(is_computed=False, reason=None),
    "a later section that is silent": lambda data: data.update(fairness={"is_computed": False}),
    "a finding of unknown severity": lambda data: data.update(
        findings=[
            {
                "code": "KD001",
                "title": "",
                "severity": "dire",
                "status": "clear",
                "message": "",
                "evidence": {},
                "remedy": "",
                "section": "fidelity",
            }
        ]
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_no_report_is_refused(reports, validator, name):
    data = copy.deepcopy(reports["binary"].data)
    assert validator.is_valid(data)
    BREAKS[name](data)
    assert not validator.is_valid(data)


def test_later_sections_are_allowed(reports, validator):
    data = copy.deepcopy(reports["binary"].data)
    data["fairness"] = {"is_computed": False, "reason": "No groups were given.", "more": 1}
    data["monitoring"] = {"is_computed": True, "reason": None, "columns": []}
    assert validator.is_valid(data)
