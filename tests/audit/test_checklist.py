"""The checklist in the validator's guide points to places that a real report has."""

import re
from pathlib import Path

import pytest

from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._document import build_document

PAGE = Path(__file__).parents[2] / "docs" / "validators_guide.md"


@pytest.fixture(scope="module")
def items():
    if not PAGE.exists():
        pytest.skip("the documentation is not beside the tests")
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if len(row) == 6 and row[0].isdigit()]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_item_is_there_and_none_is_empty(items):
    assert [int(row[0]) for row in items] == list(range(1, 26))
    for row in items:
        assert all(row)
        assert codes(row[2])
        assert codes(row[3])
        assert re.match(r"KD\d{3}(, KD\d{3})*$|none: ", row[4])


def test_anchors_are_sections_of_a_report(items, reports):
    anchors = {one.anchor for one in build_document(reports["binary"].data, {}).sections}
    named = {anchor for row in items for anchor in codes(row[2])}
    assert named <= anchors


def test_keys_are_in_the_data_model(items, reports):
    for row in items:
        for key in codes(row[3]):
            place = reports["binary"].data
            for part in key.split("."):
                assert part in place, key
                place = place[part]


def test_checks_are_built_in(items):
    built_in = {one.code for one in BUILTIN_CHECKS}
    named = {code for row in items for code in re.findall(r"KD\d{3}", row[4])}
    assert named == built_in  # and no check is left out of the list


def test_every_text_that_asks_is_explained(items):
    text = PAGE.read_text(encoding="utf-8")
    labels = set(re.findall(r"^\(([\w-]+)\)=", text, re.M))
    linked = {label for row in items for label in re.findall(r"\(#([\w-]+)\)", row[5])}
    assert linked == labels - {"checklist-table"}
    for gone in ("SR 11-7", "withdrawn on 12 May 2025", "effects test was removed"):
        assert gone in text
