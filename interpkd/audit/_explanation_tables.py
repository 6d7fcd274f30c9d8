"""Explanations laid out: how they were made, their pictures, their numbers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, code, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping


def explanation_section(data: Mapping[str, Any]) -> Section:
    """Lay out the explanations of both models.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        How they were made, importances, and the values of each answer.
    """
    section = data["explanation"]
    background = section["background"]
    sources = {"evaluation rows": "of the evaluation rows", "given": "of those given"}
    methods = [(f"Method, {who}", words(text)) for who, text in section["method"].items()]
    methods += [
        (f"Largest miss of base plus values, {who}", number(miss))
        for who, miss in section["additivity_error"].items()
    ]
    if section["teacher_missing"] is not None:
        methods.append(("Teacher", words(section["teacher_missing"])))
    limit = section["limited_by"]
    limited = [] if limit is None else [("Fewer rows because", words(limit))]
    about = [
        ("Explained rows", _out_of(section)),
        ("Background rows", (*_out_of(background), Text(f", {sources[background['source']]}"))),
        ("SHA-256 of the background", code(background["sha256"])),
        *limited,
        ("Scale", words(section["scale"])),
        *methods,
    ]
    intro = (
        "SHAP values share out the difference between a model's answer for a row and its mean "
        "answer on the background among the columns. Both models are explained on the same rows "
        "and the same background."
    )
    importance = Picture(
        "importance",
        "Mean absolute SHAP value per column, largest first",
        "Bar chart of the mean absolute SHAP values of student and teacher. The table below gives "
        "its numbers.",
    )
    blocks: list[Block] = [Paragraph(words(intro)), facts("How the explanations were made", about)]
    blocks += [importance, _importance_table(section)]
    if "beeswarm" in data["pictures_left_out"]:
        blocks.append(Paragraph(words(data["pictures_left_out"]["beeswarm"])))
    for k, spread in enumerate(section["spread"]):
        title = f"SHAP values of the explained rows: {spread['answer']}"
        description = (
            f"{spread['answer']}: one mark per explained row and column, for the columns with the "
            "largest values. Its place is the SHAP value, its shape and shade the size of the "
            "column's value. The table below gives quantiles."
        )
        blocks += [Picture(f"beeswarm-{k}", title, description), _spread_table(title, spread)]
    return Section("explanations", "Explanations", tuple(blocks))


def _out_of(sample: Mapping[str, Any]) -> Cell:
    """Say how many rows were used; of how many only where a sample was drawn."""
    drawn, there = sample["n_rows"], sample["n_rows_available"]
    if drawn == there:
        return number(drawn, "count")
    return (Number(drawn, "count"), Text(" drawn from "), Number(there, "count"))


def _importance_table(section: Mapping[str, Any]) -> Block:
    body = [
        [
            words(one["column"]),
            number(one["student"]),
            number(one["student_rank"], "count"),
            number(one["teacher"]),
            number(one["teacher_rank"], "count"),
        ]
        for one in section["columns"]
    ]
    caption = "Mean absolute SHAP value"
    if len(section["answers"]) > 1:
        caption += ", summed over the classes"
    header = ["Column", "Student", "Rank, student", "Teacher", "Rank, teacher"]
    return table(caption, header, body)


def _spread_table(title: str, spread: Mapping[str, Any]) -> Block:
    body = []
    for one in spread["columns"]:
        row = [words(one["column"])]
        for who in ("student", "teacher"):
            quantiles = one[who] or {"q05": None, "median": None, "q95": None}
            row += [number(value) for value in quantiles.values()]
        body.append(row)
    header = ["Column"]
    for who in ("student", "teacher"):
        header += [f"{who}, low", f"{who}, median", f"{who}, high"]
    caption = f"{title}; low and high: nine in ten values lie between"
    return table(caption, header, body)
