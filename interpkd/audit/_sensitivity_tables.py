"""Sensitivity laid out: one table of changes, one of cut-offs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, table
from interpkd.audit._cells import Cell, Number, Text, either, number, words
from interpkd.audit._section_blocks import empty_section

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCHOR, TITLE = "sensitivity", "Sensitivity"

CHANGES = {
    "low": "all low",
    "high": "all high",
    "below range": "below the range",
    "above range": "above the range",
    "most frequent": "all the most frequent",
    "missing": "all missing",
}


def sensitivity_section(data: Mapping[str, Any]) -> Section:
    """Lay out what changes of one column, and of the cut-off, do.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Two tables, or why there are none.
    """
    section = data["sensitivity"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    blocks: list[Block] = [_intro(section), _shifts(data)]
    if section["cutoffs"]:
        blocks.append(_cutoffs(section))
    return Section(ANCHOR, TITLE, tuple(blocks))


def _intro(section: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text("On "),
            Number(section["n_rows"], "count"),
            Text(
                " evaluation rows one column at a time was given the same value on every row: a low "
                "one (twentieth part of the values below) and a high one, one beyond either end of "
                "the range by a tenth of it, the most frequent category, or none. Some of these "
                "rows could not exist; the question is how far decisions hang on the column. "
                f"Ranges are those of the {section['ranges_from']}. Before any change both models "
                "decided alike on "
            ),
            *number(section["agreement_before"], "percent"),
            Text(" of these rows."),
        )
    )


def _shifts(data: Mapping[str, Any]) -> Block:
    section = data["sensitivity"]
    has_teacher = any(one["teacher"] is not None for one in section["shifts"])
    decides = data["classes"] is not None
    roles = ["student", "teacher"] if has_teacher else ["student"]
    header = ["Column", "Changed to", "Value"]
    for who in roles:
        header += [f"Mean change, {who}"]
        header += [f"Decisions changed, {who}"] if decides else []
    header += ["Decide alike then"] if decides and has_teacher else []
    body = []
    for one in section["shifts"]:
        row = [words(one["column"]), words(CHANGES[one["change"]]), either(one["value"])]
        for who in roles:
            row += _effect(one[who], decides=decides)
        row += [number(one["agreement"], "percent")] if decides and has_teacher else []
        body.append(row)
    return table("One column changed on every row", header, body)


def _effect(effect: Mapping[str, Any], *, decides: bool) -> list[Cell]:
    mean = words(effect["why"]) if effect["why"] else number(effect["mean_change"])
    return [mean, number(effect["changed_decisions"], "percent")] if decides else [mean]


def _cutoffs(section: Mapping[str, Any]) -> Block:
    has_teacher = section["cutoffs"][0]["teacher"] is not None
    roles = ["student", "teacher"] if has_teacher else ["student"]
    header = ["Cut-off"]
    for who in roles:
        header += [f"Decided for the second class, {who}", f"Decisions changed, {who}"]
    header += ["Decide alike then"] if has_teacher else []
    body = []
    for one in section["cutoffs"]:
        row = [number(one["cutoff"], "plain")]
        for who in roles:
            row.append(number(one[who]["share_second"], "percent"))
            row.append(number(one[who]["changed_decisions"], "percent"))
        row += [number(one["agreement"], "percent")] if has_teacher else []
        body.append(row)
    return table("Another cut-off, on all evaluation rows", header, body)
