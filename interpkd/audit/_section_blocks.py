"""What the evidence sections share: a section without evidence, scores in cells, a row of text."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Section
from interpkd.audit._cells import Cell, Number, Text, interval, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS = {"student": "Student", "teacher": "Teacher"}


def nothing(reason: str) -> dict[str, Any]:
    """Give a section of the data model that has nothing, and says why."""
    return {"is_computed": False, "reason": reason}


def empty_section(anchor: str, title: str, section: Mapping[str, Any]) -> Section:
    """Lay out the reason why there is nothing."""
    return Section(anchor, title, (said(section["reason"]),))


def said(text: str) -> Block:
    """Give a paragraph of words."""
    return Paragraph(words(text))


def score_cells(score: Mapping[str, Any] | None) -> list[Cell]:
    """Give a score and its interval as two cells."""
    if score is None:
        return [words(None), words(None)]
    return [number(score["estimate"]), interval(score["low"], score["high"])]


def share_cells(score: Mapping[str, Any] | None) -> list[Cell]:
    """Give a share in percent and its interval as two cells."""
    if score is None or score["estimate"] is None:
        return [words(None), words(None)]
    return [number(score["estimate"], "percent"), interval(score["low"], score["high"])]


def confidence_cell(confidence: float) -> Cell:
    """Give the heading of a column of intervals."""
    return (Number(confidence, "level"), Text(" interval"))


def span(low: float, high: float) -> Cell:
    """Give the numbers of a bin."""
    return number(low) if low == high else (Number(low), Text(" to "), Number(high))
