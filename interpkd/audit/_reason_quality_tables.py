"""The quality of reasons laid out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, table
from interpkd.audit._cells import Cell, Number, Text, number, words
from interpkd.audit._section_blocks import confidence_cell, empty_section, said, share_cells

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCHOR, TITLE = "reason-quality", "Quality of the reasons"


def reason_quality_section(data: Mapping[str, Any]) -> Section:
    """Lay out coverage, agreement and stability of the reasons.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Shares with intervals, and which columns are reasons.
    """
    section = data["reason_quality"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    blocks: list[Block] = [_intro(section), _shares(section), _columns(section)]
    if section["flags"]:
        blocks.append(_flags(section))
    else:
        text = "No reason of these declines is a protected or frozen column of the table."
        blocks.append(said(text))
    return Section(ANCHOR, TITLE, tuple(blocks))


def _intro(section: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text("Judged on the reasons of "),
            Number(section["n_declines"], "count"),
            Text(" declines, of which at most "),
            Number(section["n_asked_for"], "count"),
            Text(" reasons each were asked for. For stability, "),
            Number(section["stability"]["n_rows"], "count"),
            Text(" of them were changed a little, every number at random by at most "),
            Number(section["stability"]["jitter"], "level"),
            Text(
                " of its training range (whole numbers by whole steps; categories, missing values "
                "and codes stay), and given reasons again."
            ),
        )
    )


def _shares(section: Mapping[str, Any]) -> Block:
    stability = section["stability"]
    rows: list[tuple[str, Mapping[str, Any] | None]] = []
    for one in section["by_reference"]:
        against = f"against {one['reference']}"
        rows.append((f"With at least a reason, {against}", one["covered"]))
        rows.append((f"With fewer reasons than asked for, {against}", one["fewer"]))
    rows += [
        ("Same first reason by both reference groups", section["first_same"]),
        ("Same set of reasons by both reference groups", section["set_same"]),
        ("Still declined after a small change", stability["still_declined"]),
        ("Of these, same first reason", stability["first_kept"]),
        ("Of these, same set of reasons", stability["set_kept"]),
    ]
    header: list[str | Cell] = [
        "Share of declines", "Estimate", confidence_cell(section["confidence"]), "Declines",
    ]  # fmt: skip
    body = [
        [words(name), *share_cells(one), number(None if one is None else one["n"], "count")]
        for name, one in rows
    ]
    return table("What the reasons are worth", header, body)


def _columns(section: Mapping[str, Any]) -> Block:
    header = ["Column", "First reason", "Any reason", "Share of declines"]
    body = [
        [
            words(one["column"]),
            number(one["n_first"], "count"),
            number(one["n_any"], "count"),
            number(one["share_any"], "percent"),
        ]
        for one in section["columns"]
    ]
    reference = section["by_reference"][0]["reference"]
    return table(f"How often each column is a reason, against {reference}", header, body)


def _flags(section: Mapping[str, Any]) -> Block:
    header = ["Column", "Why it is named here", "First reason", "Any reason"]
    body = [
        [
            words(one["column"]),
            words(one["why"]),
            number(one["n_first"], "count"),
            number(one["n_any"], "count"),
        ]
        for one in section["flags"]
    ]
    return table("Reasons that are protected or frozen columns", header, body)
