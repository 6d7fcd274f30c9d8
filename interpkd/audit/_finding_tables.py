"""The findings laid out: what was found first, then what was looked at and not found."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Figure, Paragraph, Section, Table, table
from interpkd.audit._cells import Cell, Number, Text, number, words
from interpkd.audit._checks import COUNTED, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIGNS = {"high": "▲", "medium": "◆", "low": "▽", "info": "○", "passed": "✓", "not passed": "✗"}
"""What stands before a severity or verdict."""


def findings_section(data: Mapping[str, Any], titles: Mapping[str, str]) -> Section:
    """Lay out the findings.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    titles : mapping of str to str
        Anchors and titles of the other sections.

    Returns
    -------
    section : Section
        The verdict, the findings from the gravest, the checks without a finding, those that could
        not be made and why, the floors.
    """
    entries = data["findings"]
    found = sorted(
        (one for one in entries if one["status"] in COUNTED),
        key=lambda one: SEVERITIES.index(one["severity"]),
    )
    clear = [one for one in entries if one["status"] == "clear"]
    absent = [one for one in entries if one["status"] == "not applicable"]
    blocks: list[Block] = [_verdict(data)]
    if found:
        blocks.append(_found(found, titles))
    if clear:
        blocks.append(_others("Looked at, and nothing found", clear, titles))
    if absent:
        blocks.append(_others("Not applicable, and why", absent, titles))
    numbers = _numbers(found)
    if numbers.rows:
        blocks.append(numbers)
    rows = [[words(name), number(value, "plain")] for name, value in data["floors"].items()]
    blocks.append(table("Floors the checks used", ["Floor", "Value"], rows))
    return Section("findings", "Findings", tuple(blocks))


def findings_figure(data: Mapping[str, Any]) -> Figure:
    """Count the findings by severity, for the top of the report."""
    found = data["finding_counts"]["by_severity"]
    counts = {severity: n for severity, n in found.items() if n}
    passed = "passed" if data["passed"] else "not passed"
    if not counts:
        return Figure("Findings", words("none"), (_signed(passed),))
    parts: list[Number | Text] = []
    for severity, n in counts.items():
        parts += [Text(", ")] if parts else []
        parts += [Number(n, "count"), Text(" "), _signed(severity)]
    return Figure("Findings", tuple(parts), (_signed(passed),))


def _signed(word: str) -> Text:
    """Give a severity or verdict with its sign."""
    return Text(word, sign=SIGNS[word])


def _verdict(data: Mapping[str, Any]) -> Block:
    if not data["findings"]:
        return Paragraph(words("No check was made, so the report does not pass."))
    said = data["finding_counts"]["by_status"]
    verdict = (
        "The report passes: no finding is of high severity. "
        if data["passed"]
        else "The report does not pass: at least one finding is of high severity. "
    )
    return Paragraph(
        (
            Text(verdict),
            Number(said["finding"], "count"),
            Text(" checks found something, "),
            Number(said["clear"], "count"),
            Text(" found nothing, "),
            Number(said["not applicable"], "count"),
            Text(" do not apply, and "),
            Number(said["failed"], "count"),
            Text(
                " broke. A check reads the evidence in the sections below. Its floors "
                "are conventions, not law, and its silence is no proof."
            ),
        )
    )


def _found(entries: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> Table:
    rows = [
        [
            words(one["code"]),
            (_signed(one["severity"]),),
            words(one["title"]),
            words(one["message"]),
            words(one["remedy"] or None),
            _link(one, titles),
        ]
        for one in entries
    ]
    header = ["Code", "Severity", "Finding", "What was seen", "What to do", "Evidence"]
    return table("What the checks found, the gravest first", header, rows, wide=3, stacks=True)


def _others(caption: str, entries: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> Table:
    rows = [
        [
            words(one["code"]),
            words(one["title"]),
            words(one["message"]),
            _link(one, titles),
        ]
        for one in entries
    ]
    header = ["Code", "Would be found", "What was seen", "Evidence"]
    return table(caption, header, rows, wide=2, stacks=True)


def _link(entry: Mapping[str, Any], titles: Mapping[str, str]) -> Cell:
    """Link to the section of the evidence; the section of a user's check may be elsewhere."""
    anchor = entry["section"]
    if anchor not in titles:
        return words(anchor or None)
    return (Text(titles[anchor], anchor=anchor),)


def _numbers(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Lay out the numbers that the findings rest on; their texts are in the messages."""
    rows = [
        [words(one["code"]), words(name.replace("_", " ")), number(value, "plain")]
        for one in entries
        for name, value in one["evidence"].items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return table("Numbers that the findings rest on", ["Code", "What", "Value"], rows)
