"""Conceptual soundness and human oversight laid out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Listing, Paragraph, Section, table
from interpkd.audit._cells import Cell, Number, Text, number, words
from interpkd.audit._section_blocks import confidence_cell, said, share_cells

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def soundness_section(data: Mapping[str, Any]) -> Section:
    """Lay out what was chosen, and what that takes for granted.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Choices, assumptions, size against fidelity, challengers.
    """
    section = data["conceptual_soundness"]
    trade_off = section["trade_off"]
    blocks: list[Block] = [
        _topics(section["choices"]),
        said("What this takes for granted, and where the report puts it to the test:"),
        _topics(section["assumptions"]),
        said(trade_off["text"]),
    ]
    if trade_off["points"]:
        body = [
            [words(one["name"]), number(one["mean"]), words("chosen" if one["is_chosen"] else None)]
            for one in trade_off["points"]
        ]
        header = ["Size", f"Mean over folds of {trade_off['score']}", "Choice"]
        blocks.append(table("Size against fidelity", header, body))
    blocks.append(said(section["challengers"]))
    return Section("conceptual-soundness", "Conceptual soundness", tuple(blocks))


def oversight_section(data: Mapping[str, Any]) -> Section:
    """Lay out how to read the student, and where not to rely on it.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Advice in words, and the share of rows that it is about.
    """
    section = data["oversight"]
    blocks: list[Block] = [_topics(section["reading"]), _region(section), _shares(section)]
    blocks += [said("When to overrule the student:"), _topics(section["override"])]
    return Section("oversight", "Human oversight", tuple(blocks))


def _topics(entries: Sequence[Mapping[str, str]]) -> Block:
    return Listing(tuple((one["topic"], one["text"]) for one in entries))


def _region(section: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text(
                "A person should look at rows on which the models' answers are further apart than "
            ),
            Number(section["distance"], "plain"),
            Text(f" ({section['distance_unit']}), or whose decision is within "),
            Number(section["band"], "plain"),
            Text(
                " of changing. Both numbers are a convention of this report, to be replaced by "
                "those of whoever answers for the decisions."
            ),
        )
    )


def _shares(section: Mapping[str, Any]) -> Block:
    rows = [
        ("Models further apart than stated", section["differ"]),
        ("Decision near to changing", section["near_cutoff"]),
        ("Either: a person should look", section["abstain"]),
        ("Both models decide alike, where it is near to changing", section["agreement_inside"]),
        ("Both models decide alike elsewhere", section["agreement_outside"]),
    ]
    header: list[str | Cell] = [
        "Share of evaluation rows", "Estimate", confidence_cell(section["confidence"]), "Rows",
    ]  # fmt: skip
    body = [
        [words(name), *share_cells(one), number(None if one is None else one["n"], "count")]
        for name, one in rows
    ]
    return table("Where the student should not decide alone", header, body)
