"""The student laid out: its tree and every rule."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, table
from interpkd.audit._cells import Cell, Number, Text, number, words
from interpkd.audit._interactive_tree import outline

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DISTRIBUTION = 6
"""Most classes whose probabilities get a column each in the table of rules."""


def student_section(data: Mapping[str, Any]) -> Section:
    """Lay out every rule of the student.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        The outline and the table of rules, or the sentence that the student has none.
    """
    student = data["student"]
    if student["n_rules"] is None:
        return Section("student", "The student", (Paragraph(words(_without_rules(student))),))
    size = (
        Text("A decision tree of "),
        Number(student["n_rules"], "count"),
        Text(" rules with at most "),
        Number(student["depth"], "count"),
        Text(" conditions along a path. For every row exactly one rule holds. "),
        Text("The table prints bounds at full precision; values are compared as 32-bit floats."),
    )
    used = ", ".join(student["columns_used"]) or "none"
    blocks: list[Block] = [
        Paragraph(size),
        Paragraph((Text("Columns used: "), Text(used), Text("."))),
    ]
    if "tree" in data["pictures_left_out"]:
        blocks.append(Paragraph(words(data["pictures_left_out"]["tree"])))
    elif student.get("nodes"):  # older data models have none
        blocks.append(outline(data))
    return Section("student", "The student, complete", (*blocks, _rule_table(data)))


def _without_rules(student: Mapping[str, Any]) -> str:
    return (
        f"The student answers through its {student['kind']}. It has no rules that this report "
        "could print, so it is not shown in full: its parameters stand under Lineage, and what it "
        "does is shown by its fidelity and its explanations."
    )


def _rule_table(data: Mapping[str, Any]) -> Block:
    student, classes = data["student"], data["classes"]
    labels = _shown_classes(classes)
    has_teacher = data["fidelity"]["is_computed"]
    header = ["Rule", "If", "Then", *(f"P({classes[k]})" for k in labels)]
    header += ["Teacher's mean"] if has_teacher else []
    header += ["Training rows", "Share", "Evaluation rows"]
    header += ["Agreement"] if has_teacher and classes is not None else []
    body = []
    for rule in student["rules"]:
        row = [number(rule["number"], "count"), words(rule["text"]), _then(rule)]
        row += [number(rule["distribution"][k]) for k in labels]
        row += [_teacher_mean(rule, classes)] if has_teacher else []
        row += [
            number(rule["n_rows"], "count"),
            number(rule["share"], "percent"),
            number(rule["evaluation"]["n"], "count"),
        ]
        row += [number(rule["evaluation"]["agreement"])] if "Agreement" in header else []
        body.append(row)
    caption = f"Every rule of the student; training rows: {student['rows_counted']}"
    if has_teacher:
        caption += f"; teacher's mean: {_meaning_of_mean(classes)} on the evaluation rows"
    keys = [f"rule-{rule['number']}" for rule in student["rules"]]
    return table(caption, header, body, wide=1, keys=keys)


def _shown_classes(classes: list[Any] | None) -> list[int]:
    if classes is None:
        return []
    if len(classes) == 2:
        return [1]
    return list(range(len(classes))) if len(classes) <= MAX_DISTRIBUTION else []


def _then(rule: Mapping[str, Any]) -> Cell:
    if rule["distribution"] is None:
        return number(rule["value"], "plain")
    return words(rule["decision"])


def _teacher_mean(rule: Mapping[str, Any], classes: list[Any] | None) -> Cell:
    mean = rule["evaluation"]["teacher_mean"]
    if mean is None or classes is None:
        return number(mean, "plain")
    return number(mean[1 if len(classes) == 2 else classes.index(rule["decision"])])


def _meaning_of_mean(classes: list[Any] | None) -> str:
    if classes is None:
        return "mean prediction"
    return f"mean P({classes[1]})" if len(classes) == 2 else "mean probability of the rule's class"
