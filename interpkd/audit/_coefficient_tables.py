"""A linear student laid out: its table of coefficients."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, facts, table
from interpkd.audit._cells import Number, Text, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping


def coefficient_section(data: Mapping[str, Any]) -> Section:
    """Lay out every coefficient of a linear student.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        How a score comes about, and the table.
    """
    student = data["student"]
    size = (
        Text("A linear model of "),
        Number(student["n_coefficients"], "count"),
        Text(" coefficients, of which "),
        Number(student["n_used"], "count"),
        Text(" are not 0. A score is the intercept plus, for each column, the coefficient times "),
        Text("the value in the column's own unit, or the coefficient of what stands there. "),
        Text(student["answer"]),
    )
    used = ", ".join(student["columns_used"]) or "none"
    body = [[words("Intercept"), *(number(one, "plain") for one in student["intercepts"])]]
    body += [
        [words(one["text"]), *(number(value, "plain") for value in one["values"])]
        for one in student["coefficients"]
    ]
    blocks: list[Block] = [
        Paragraph(size),
        Paragraph((Text("Columns used: "), Text(used), Text("."))),
    ]
    if student["imputed_values"]:
        filled = [(name, number(one, "plain")) for name, one in student["imputed_values"].items()]
        blocks.append(facts("Values in place of missing ones", filled))
    caption = "Every coefficient of the student, in units of the columns"
    blocks.append(table(caption, ["For", *student["scores"]], body, wide=0))
    return Section("student", "The student, complete", tuple(blocks))
