"""The training rows laid out beside the evaluation rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section, facts, table
from interpkd.audit._cells import number, words

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLE = "Training rows beside the evaluation rows"


def training_section(data: Mapping[str, Any]) -> Section:
    """Lay out what the training rows say of the evaluation rows.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Rows in both tables, ranges of the training columns, nodes without a learned route.
    """
    found = data["training"]
    if not found["is_computed"]:
        text = f"{found['reason']} Without them it is not known whether evaluation rows were among them."
        return Section("training-rows", TITLE, (Paragraph(words(text)),))
    same = found["n_shared_same_label"]
    rows = [
        ("Training rows", number(found["n_rows"], "count")),
        ("Evaluation rows that equal one of them", number(found["n_shared"], "count")),
        ("Their share of the evaluation rows", number(found["shared_share"], "percent")),
        (
            "Of these, with the label of one they equal",
            words("not known: labels of both are needed")
            if same is None
            else number(same, "count"),
        ),
        ("Training rows that equal another one", number(found["n_training_twins"], "count")),
        ("Their share of the training rows", number(found["training_twin_share"], "percent")),
    ]
    teacher = found["teacher"]
    if teacher is not None:
        title = {"accuracy": "accuracy", "r2": "R²"}[teacher["score"]]
        rows.append((f"The teacher's {title} on training rows", number(teacher["value"])))
        rows.append(("Training rows it was asked about", number(teacher["n"], "count")))
    blocks: list[Block] = [
        Paragraph(words("Two rows are equal when every column is, missing values included.")),
        facts("Rows in both tables", rows),
        _columns(found),
    ]
    if found["missing_routes"]:
        blocks.append(_routes(found))
    return Section("training-rows", TITLE, tuple(blocks))


def _columns(found: Mapping[str, Any]) -> Block:
    body = [
        [
            words(one["column"]),
            number(one["n_missing"], "count"),
            number(one["missing_share"], "percent"),
            number(one["minimum"], "plain"),
            number(one["maximum"], "plain"),
            number(one["n_outside"], "count"),
        ]
        for one in found["columns"]
    ]
    header = [
        "Column", "Missing", "Missing share", "Minimum", "Maximum", "Evaluation rows outside",
    ]  # fmt: skip
    return table("Columns of the training rows", header, body)


def _routes(found: Mapping[str, Any]) -> Block:
    body = [
        [
            number(one["node"], "plain"),
            words(one["column"]),
            number(one["n_evaluation_missing"], "count"),
        ]
        for one in found["missing_routes"]
    ]
    return table(
        "Nodes whose side for missing values no training row decided",
        ["Node", "Column", "Evaluation rows with a missing value there"],
        body,
    )
