"""Directions laid out: proved of student and teacher, or denied by two inputs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Section, table
from interpkd.audit._cells import ABSENT, Cell, Number, Text, number, words
from interpkd.audit._direction_price import price_blocks
from interpkd.audit._section_blocks import LABELS, empty_section, said
from interpkd.audit._shown_rows import row_cell, value_part

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
        What is proved of declared directions, the inputs that deny one, the remedy, and the
        undeclared directions; or why there is nothing.
    """
    section = data["monotonicity"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    answer = "prediction" if data["classes"] is None else f"probability of {data['classes'][1]}"
    intro = (
        f"What a column does to the {answer} while all other columns stay as they are. What is "
        "proved follows from the numbers of a model, and holds for all numbers of all columns, with "
        f"the categories and missing values of the {section['reference']}; missing values of the "
        "column itself and codes of special values are outside the order. Of a model that is not "
        "proved to keep a direction, rows are moved along the column: two inputs that go against it "
        f"are answered so by the model itself, and finding none proves nothing. "
        f"{section['teacher_signs']}"
    )
    blocks: list[Block] = [said(intro)]
    if section["columns"]:
        blocks.append(_declared(section["columns"]))
        pairs = [line for one in section["columns"] for line in _pairs(one)]
        if pairs:
            blocks.append(_violations(pairs))
    else:
        blocks.append(said("No direction was declared, of the student or of the teacher."))
    if section["remedy"]:
        blocks.append(said(f"The remedy: {section['remedy']}"))
    if section["remedy"] or section["price"]["is_computed"]:
        blocks += price_blocks(section["price"])
    if section["undeclared"]:
        blocks.append(_undeclared(section["undeclared"]))
    if section["undeclared_reason"]:
        blocks.append(said(f"Of other columns nothing is proved. {section['undeclared_reason']}"))
    return Section(ANCHOR, TITLE, tuple(blocks))


def _declared(columns: list[dict[str, Any]]) -> Block:
    body = []
    for one in columns:
        for who, title in LABELS.items():
            told = one[who]
            if told is not None:
                start = [words(one["column"]), words(WAYS[one["declared"]])]
                body.append([*start, words(one["declared_by"]), words(title), *_outcome(one, who)])
    header = [
        "Column", "Declared", "By", "Model", "Outcome", "How", "Compared", "Against it",
        "Rows moved", "Sampled rows that go against it",
    ]  # fmt: skip
    return table("Declared directions", header, body, wide=5)


def _outcome(one: Mapping[str, Any], who: str) -> list[Cell]:
    told = one[who]
    how = told["method"] if told["status"] != "not decided" else told["reason"]
    sampled: Cell = (Text(ABSENT),)
    if who == "teacher" and told["status"] == "violated":
        counts = one["n_violations_teacher"], one["n_rows_checked"]
        sampled = (Number(counts[0], "count"), Text(" of "), Number(counts[1], "count"))
    return [
        words(told["status"]),
        words(how),
        number(told["n_compared"] or None, "count"),
        number(told["n_against"] if told["n_compared"] else None, "count"),
        number(told["n_rows_swept"] or None, "count"),
        sampled,
    ]


def _pairs(one: Mapping[str, Any]) -> list[list[Cell]]:
    """Give two lines for each model that goes against a direction: its two inputs."""
    lines = []
    for who, title in LABELS.items():
        told = one[who]
        if told is None or told["inputs"] is None:
            continue
        name, (first, second) = one["column"], told["inputs"]
        others = row_cell(first, left_out=name), words("the same")
        for row, answer, rest in zip((first, second), told["answers"], others, strict=True):
            moved: Cell = (value_part(row[name]),)
            lines.append([words(title), words(name), moved, number(answer), rest])
    return lines


def _violations(lines: list[list[Cell]]) -> Block:
    header = ["Model", "Column", "Its value", "Answer", "All other columns, alike in both inputs"]
    caption = "Two inputs each that differ in one column only, with the model's own answers"
    return table(caption, header, lines, wide=4)


def _undeclared(columns: list[dict[str, Any]]) -> Block:
    body = [
        [words(one["column"]), words(FACTS[one["direction"]]), words(one["proof"])]
        for one in columns
    ]
    caption = "Directions that the student has though nobody declared them"
    return table(caption, ["Column", "The student's answer", "Proof"], body)
