"""Reasons of adverse decisions laid out, both reference groups side by side."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, code, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "Reasons of declines"


def reasons_section(data: Mapping[str, Any]) -> Section:
    """Lay out the reasons of some adverse decisions.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        What is compared with whom, the reasons, and the check by scoring again.
    """
    section = data["reasons"]
    if not section["is_computed"]:
        text = f"No reasons are given. {section['reason']}"
        return Section("reasons", TITLE, (Paragraph(words(text)),))
    intro = (
        "A reason is a column that the student used on the row and that made its score worse than "
        "that of a reference group; contributions of the columns used add up to the distance from "
        "the group's mean score. Reasons depend on the group, so both that the official "
        "interpretation of Regulation B names are shown. Values usual in the group are the mean of "
        "numbers, else the most frequent value. The teacher supports a reason if moving the column "
        "alone to the values of the group lowers its probability of the adverse class. Rows are "
        "counted from zero."
    )
    blocks: list[Block] = [Paragraph(words(intro)), _facts(section)]
    if section["declines"]:
        blocks += [_references(section), _reasons(section), _check(section)]
    return Section("reasons", TITLE, tuple(blocks))


def _facts(section: Mapping[str, Any]) -> Block:
    sources = {"given": ", of those given", "evaluation rows": ", of the evaluation rows"}
    background, comparison = section["background"], section["comparison"]
    rows = [
        ("Adverse class", _adverse(section)),
        ("Cut-off", number(section["cutoff"], "plain")),
        ("Adverse decisions on the evaluation rows", number(section["n_declines"], "count")),
        (
            "Applicants that the groups are chosen from",
            (Number(background["n_rows"], "count"), Text(sources[background["source"]])),
        ),
        ("SHA-256 of the applicants", code(background["sha256"])),
        ("Scale of contributions", words(section["scale"])),
        ("Order of reasons", words(section["tie_rule"])),
    ]
    if comparison is not None:
        rows += [
            ("Adverse decisions compared", number(section["n_compared"], "count")),
            (
                "Of these, the first reason depends on the group",
                number(comparison["first_differs"], "percent"),
            ),
            (
                "Of these, the set of reasons depends on the group",
                number(comparison["set_differs"], "percent"),
            ),
        ]
    return facts("How the reasons were found", rows)


def _adverse(section: Mapping[str, Any]) -> Cell:
    label = words(section["adverse_class"])
    assumed = Text(", assumed: nobody said which one is")
    return (*label, assumed) if section["adverse_class_is_assumed"] else label


def _references(section: Mapping[str, Any]) -> Block:
    body = [
        [
            words(one["reference"]),
            number(one["n_reference"], "count"),
            number(one["teacher_support"], "percent"),
            number(one["check_error"]),
            code(one["reference_sha256"]),
        ]
        for one in section["references"]
    ]
    header = [
        "Reference group", "Rows", "Reasons below that the teacher supports",
        "Largest miss of the sum of contributions", "SHA-256",
    ]  # fmt: skip
    return table("The reference groups", header, body)


def _reasons(section: Mapping[str, Any]) -> Block:
    body: list[list[Cell]] = []
    for one in section["declines"]:
        sides = [side["reasons"] for side in one["by_reference"]]
        for pair in zip_longest(*sides):
            line = [number(one["row"], "plain"), number(one["score"])]
            for reason in pair:
                line += _reason(reason)
            body.append(line)
    header = ["Row", "Score"]
    for side in section["references"]:
        header += [
            f"Against {side['reference']}",
            "Contribution",
            "The teacher's probability falls by",
        ]
    caption = "Declined evaluation rows with their reasons, the principal one first"
    return table(caption, header, body, wide=2)


def _reason(reason: Mapping[str, Any] | None) -> list[Cell]:
    if reason is None:
        return [words(None)] * 3
    return [
        words(reason["text"]),
        number(reason["contribution"]),
        number(reason["teacher_drop"]),
    ]


def _check(section: Mapping[str, Any]) -> Block:
    body = [
        [
            number(one["row"], "plain"),
            words(side["reference"]),
            number(side["claimed"]),
            number(side["measured"]),
            number(side["share_passing"], "percent"),
        ]
        for one in section["declines"]
        for side in one["by_reference"]
    ]
    header = [
        "Row", "Reference group", "Contributions of the reasons, summed up",
        "The score falls by", "Passes with values of the group",
    ]  # fmt: skip
    caption = (
        "Scored again with the values of the group in all columns named; in a tree columns act "
        "together, so the fall may differ from the sum"
    )
    return table(caption, header, body)
