"""Directions laid out: what is proved of the student, what was counted of the teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Section, table
from interpkd.audit._cells import number, words
from interpkd.audit._section_blocks import empty_section, said

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCHOR, TITLE = "monotonicity", "Directions"

WAYS = {1: "may only rise", -1: "may only fall"}
FACTS = {1: "rises or stays", -1: "falls or stays"}


def monotonicity_section(data: Mapping[str, Any]) -> Section:
    """Lay out declared and undeclared directions.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Two tables, or why there are none.
    """
    section = data["monotonicity"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    answer = "prediction" if data["classes"] is None else f"probability of {data['classes'][1]}"
    intro = (
        f"What a column does to the {answer} while all other columns stay as they are. What is "
        "said of the student is proved from its numbers, for all rows and not only those here; "
        "missing values and codes of special values are outside the order. The teacher was tried "
        "out, by moving the column over its training range on a sample of rows, which proves "
        f"nothing. {section['teacher_signs']}"
    )
    blocks: list[Block] = [said(intro)]
    if section["columns"]:
        blocks.append(_declared(section["columns"]))
    else:
        blocks.append(said("No direction was declared, of the student or of the teacher."))
    if section["undeclared"]:
        blocks.append(_undeclared(section["undeclared"]))
    return Section(ANCHOR, TITLE, tuple(blocks))


def _declared(columns: list[dict[str, Any]]) -> Block:
    body = [
        [
            words(one["column"]),
            words(WAYS[one["declared"]]),
            words(one["declared_by"]),
            words("kept" if one["student_ok"] else "violated"),
            words(one["student_proof"]),
            number(one["n_compared"], "count"),
            number(one["n_against"], "count"),
            number(one["n_violations_teacher"], "count"),
            number(one["n_rows_checked"], "count"),
        ]
        for one in columns
    ]
    header = [
        "Column", "Declared", "By", "Student", "Proof", "Compared", "Against it",
        "Rows on which the teacher goes against it", "Rows tried",
    ]  # fmt: skip
    return table("Declared directions", header, body, wide=4)


def _undeclared(columns: list[dict[str, Any]]) -> Block:
    body = [
        [words(one["column"]), words(FACTS[one["direction"]]), words(one["proof"])]
        for one in columns
    ]
    caption = "Directions that the student has though nobody declared them"
    return table(caption, ["Column", "The student's answer", "Proof"], body)
