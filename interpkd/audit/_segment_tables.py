"""The worst segment and the cut-off laid out as tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURES = {"agreement": "Agreement", "mae": "Mean absolute error"}
"""Titles of what is compared."""


def worst_segment_section(data: Mapping[str, Any]) -> Section:
    """Lay out the segments that were searched for and tested.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        What was done, the table, the outcome.
    """
    found = data["worst_segments"]
    title = "Worst segment"
    if not found["is_computed"]:
        return Section("worst-segment", title, (Paragraph(words(found["reason"])),))
    blocks: list[Block] = [Paragraph(_how(found))]
    if found["segments"]:
        blocks += [_segment_table(found), Paragraph(_outcome(found))]
    else:
        blocks.append(Paragraph(words(found["verdict"])))
    return Section("worst-segment", title, tuple(blocks))


def cutoff_section(data: Mapping[str, Any]) -> Section:
    """Lay out the decisions at the cut-off and at others.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Decisions at the same and at matched cut-offs, and the sweep.
    """
    found = data["cutoff"]
    title = "At the cut-off"
    if not found["is_computed"]:
        return Section("cutoff", title, (Paragraph(words(found["reason"])),))
    own = (
        Text("Two scores seldom mean the same number. The second table has the student at a "),
        Text(f"cut-off of its own, at which it decides as often for {found['classes'][0]} as the "),
        Text("teacher, or nearly. Every interval holds by itself with "),
        Number(found["confidence"], "level"),
        Text(" confidence."),
    )
    blocks = [
        Paragraph(own),
        _in_short(found, found["same"]),
        _decisions("Decisions at the same cut-off", found, found["same"]),
        _in_short(found, found["matched"]),
        _decisions("Decisions, the student at its own cut-off", found, found["matched"]),
        _sweep(found),
    ]
    return Section("cutoff", title, tuple(blocks))


def _how(found: Mapping[str, Any]) -> Cell:
    return (
        Text("The rows were split into halves. On one, rules of up to "),
        Number(found["max_conditions"], "count"),
        Text(" conditions were searched for those under which the student follows the teacher "),
        Text("worst; those found were tested against the rest on the other half, of "),
        Number(found["n_test"], "count"),
        Text(" rows. All figures are of this half."),
    )


def _outcome(found: Mapping[str, Any]) -> Cell:
    return (
        Text("Segments tested: "),
        Number(found["n_segments"], "count"),
        Text("; worse than the rest by Holm's correction at a confidence of "),
        Number(found["confidence"], "level"),
        Text(" in all: "),
        Number(found["n_worse"], "count"),
        Text(". All intervals hold at once. A segment that was not found is not shown to be fine."),
    )


def _segment_table(found: Mapping[str, Any]) -> Block:
    title = MEASURES[found["measure"]]
    header: list[str | Cell] = ["Segment", "Rows", f"{title} inside", "Interval", "Rest"]
    header += ["Difference", "Interval", "p-value", "Adjusted", "Worse", "Test"]
    rows = [
        [
            words(one["rule"]),
            number(one["n_rows"], "count"),
            number(one["inside"]["estimate"]),
            _bounds(one["inside"]),
            number(one["rest"]["estimate"]),
            number(one["difference"]["estimate"]),
            _bounds(one["difference"]),
            number(one["p_value"]),
            number(one["p_adjusted"]),
            words("yes" if one["is_worse"] else "not shown"),
            words(one["test"]),
        ]
        for one in found["segments"]
    ]
    return table(f"{title} in the segments found", header, rows, wide=0)


def _decisions(caption: str, found: Mapping[str, Any], part: Mapping[str, Any]) -> Block:
    header: list[str | Cell] = ["Teacher decides", "Student decides", "Rows", "Share", "Interval"]
    has_labels = part["cells"][0]["bad_rate"] is not None
    if has_labels:
        header += ["Labelled so", "Interval"]
        caption += f"; labelled so: share of rows labelled {found['bad_class']}"
    rows = []
    for cell in part["cells"]:
        row = [words(cell["teacher"]), words(cell["student"]), number(cell["n_rows"], "count")]
        row += [number(cell["share"]["estimate"]), _bounds(cell["share"])]
        if has_labels:
            row += [number(cell["bad_rate"]["estimate"]), _bounds(cell["bad_rate"])]
        rows.append(row)
    return table(caption, header, rows)


def _in_short(found: Mapping[str, Any], part: Mapping[str, Any]) -> Block:
    """Say at which cut-offs the decisions are taken, and what they come to."""
    return Paragraph(
        (
            Text("Cut-off of the teacher: "),
            Number(part["teacher_cutoff"], "plain"),
            Text(", of the student: "),
            Number(part["student_cutoff"], "plain"),
            Text(". Agreement: "),
            Number(part["agreement"]["estimate"]),
            Text(" "),
            *_bounds(part["agreement"]),
            Text(f". Share decided for {found['classes'][0]}: teacher "),
            Number(part["teacher_approval"]["estimate"]),
            Text(", student "),
            Number(part["student_approval"]["estimate"]),
            Text("."),
        )
    )


def _sweep(found: Mapping[str, Any]) -> Block:
    header: list[str | Cell] = ["Cut-off", "Teacher's share", "Student's share", "Agreement"]
    header += ["Interval", "Own cut-off", "Share there", "Agreement there", "Interval there"]
    rows = [
        [
            number(one["cutoff"], "plain"),
            number(one["teacher_approval"]),
            number(one["student_approval"]),
            number(one["agreement"]["estimate"]),
            _bounds(one["agreement"]),
            number(one["matched_cutoff"], "plain"),
            number(one["matched_approval"]),
            number(one["matched_agreement"]["estimate"]),
            _bounds(one["matched_agreement"]),
        ]
        for one in found["sweep"]
    ]
    caption = (
        f"Sweep of cut-offs of P({found['classes'][1]}); shares: of rows decided for "
        f"{found['classes'][0]}"
    )
    return table(caption, header, rows)


def _bounds(score: Mapping[str, Any]) -> Cell:
    return interval(score["low"], score["high"])
