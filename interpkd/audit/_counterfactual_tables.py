"""Counterfactuals laid out: what would have to change, and what both models say then."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Section, facts, table
from interpkd.audit._cells import Cell, code, either, number, words
from interpkd.audit._section_blocks import empty_section, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANCHOR, TITLE = "counterfactuals", "What would have to change"

INTRO = (
    "For each decline above the smallest change that gives the student's other decision: the "
    "fewest columns, and among these the shortest way, numbers measured in mean distances of the "
    "values from their median. The search is exact and the student has scored the changed row; "
    "the teacher was asked about it, too. Values stay within those of the rows named below. It is "
    "no advice, for the world may not let a column change alone, and no promise, for the student "
    "may be replaced."
)


def counterfactual_section(data: Mapping[str, Any]) -> Section:
    """Lay out the smallest changes.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        What may change, and the changes.
    """
    section = data["counterfactuals"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    return Section(ANCHOR, TITLE, (said(INTRO), _facts(section), _changes(section)))


def _facts(section: Mapping[str, Any]) -> Block:
    background = section["background"]
    rows: list[tuple[str, Cell]] = [
        ("Declines looked at", number(section["n_declines"], "count")),
        ("Of these, a change was found for", number(section["n_found"], "count")),
        (
            "Of these, the teacher, too, then decides otherwise",
            number(section["n_teacher_agrees"], "count"),
        ),
        ("Columns that might change", number(section["n_changeable"], "count")),
    ]
    frozen = section["frozen"]
    rows += [(f"May not change: {one['column']}", words(one["why"])) for one in frozen]
    if not frozen:
        rows.append(("May not change", words("none: no column was frozen")))
    rows += [
        (f"Values are those of {background['source']}", number(background["n_rows"], "count")),
        ("SHA-256 of these", code(background["sha256"])),
    ]
    return facts("What was asked", rows)


def _changes(section: Mapping[str, Any]) -> Block:
    header = [
        "Row", "Column", "From", "To", "Student, other decision, before", "After",
        "Teacher, before", "After", "The teacher agrees",
    ]  # fmt: skip
    body = [line for one in section["rows"] for line in _lines(one)]
    return table("The smallest change of each decline", header, body)


def _lines(one: Mapping[str, Any]) -> Iterator[list[Cell]]:
    agrees = {True: "yes", False: "no", None: None}[one["teacher_agrees"]]
    scores = [
        number(one["student_before"]),
        number(one["student_after"]),
        number(one["teacher_before"]),
        number(one["teacher_after"]),
        words(agrees),
    ]
    row = number(one["row"], "plain")
    if not one["found"]:
        yield [
            row,
            words("no change of these columns gives the other decision"),
            *[words(None)] * 2,
            *scores,
        ]
    for k, change in enumerate(one["changes"]):
        values = [words(change["column"]), either(change["before"]), either(change["after"])]
        yield [row, *values, *(scores if k == 0 else [words(None)] * len(scores))]
