"""Findings of monitoring as text, as HTML tables and as a document."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._html import paragraphs, show, visible
from interpkd._html import table as shown_table
from interpkd.audit._blocks import (
    Block,
    Document,
    Figure,
    Listing,
    Paragraph,
    Section,
    facts,
    table,
)
from interpkd.audit._cells import code, number, provided, words
from interpkd.audit._monitoring_bins import bin_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADER = ("Level", "What", "Name", "Found", "What to do")

NOTHING = "Nothing is at a warning or an alarm."


def to_text(data: Mapping[str, Any]) -> str:
    """Give the findings as text, the worst first."""
    lines = [headline(data), ""]
    for one in raised(data):
        lines.append(f"{one['level'].upper()}: {visible(one['message'])}")
        lines.append(f"  {visible(one['what_to_do'])}")
    if not raised(data):
        lines.append(NOTHING)
    left_out = [f"{one['what']}: {visible(one['reason'])}" for one in data["not_measured"]]
    if left_out:
        lines += ["", *(f"Not measured: {one}" for one in left_out)]
    return "\n".join(lines)


def to_html(data: Mapping[str, Any]) -> str:
    """Give the findings as an HTML table, without script."""
    rows = _rows(data)
    found = shown_table("", HEADER, rows) if rows else paragraphs(NOTHING)
    left_out = [f"Not measured: {one['what']}: {one['reason']}" for one in data["not_measured"]]
    return show(headline(data), found, paragraphs(*left_out, soft=True))


def to_document(data: Mapping[str, Any]) -> Document:
    """Lay out the findings: what is raised, every number, the bins of what moved."""
    worst = data["worst_level"]
    raised_ = [[words(cell) for cell in row] for row in _rows(data)]
    first: Block = Paragraph(words(NOTHING))
    if raised_:
        first = table("Warnings and alarms, the worst first", HEADER, raised_, wide=4)
    left_out = tuple(
        (f"Not measured: {one['what']}", one["reason"]) for one in data["not_measured"]
    )
    sections = [
        Section("found", "What was found", (first, *([Listing(left_out)] if left_out else []))),
        Section("signals", "Every signal", (_signals(data),)),
        Section("bins", "Bins", tuple(_bins(one) for one in (*data["columns"], *data["scores"]))),
        Section("compared", "What was compared", tuple(_compared(data))),
    ]
    title = data["manifest"]["model_name"] or "A distilled model"
    return Document(
        title=title,
        subtitle="Monitoring of a distilled model",
        created=data["created_utc"],
        figures=(
            Figure("Worst level", words(worst)),
            Figure("Alarms", number(data["n_alarms"], "count")),
            Figure("Warnings", number(data["n_warnings"], "count")),
            Figure("Rows", number(data["n_rows"], "count")),
        ),
        sections=tuple(sections),
    )


def headline(data: Mapping[str, Any]) -> str:
    """Say in one line how it went."""
    name = data["manifest"]["model_name"]
    return (
        f"Monitoring{f' of {visible(name)}' if name else ''}: {data['worst_level']}, "
        f"{data['n_alarms']} alarms and {data['n_warnings']} warnings in {len(data['signals'])} "
        f"signals on {data['n_rows']} rows"
    )


def raised(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the alarms, then the warnings."""
    return [
        one for level in ("alarm", "warning") for one in data["signals"] if one["level"] == level
    ]


def _rows(data: Mapping[str, Any]) -> list[list[str]]:
    return [
        [one["level"], one["kind"], one["name"], one["message"], one["what_to_do"]]
        for one in raised(data)
    ]


def _signals(data: Mapping[str, Any]) -> Block:
    header = ["Of", "Name", "Level", "Number", "Low", "High", "Warning", "Alarm", "Chance"]
    names = ("value", "low", "high", "warning", "alarm", "p_value")
    body = [
        [words(one["kind"]), words(one["name"]), words(one["level"])]
        + [number(one[name]) for name in names]
        for one in data["signals"]
    ]
    return table("Signals: numbers, thresholds, and how often chance makes as much", header, body)


def _bins(one: Mapping[str, Any]) -> Block:
    name = one.get("column") or one["name"]
    body = [
        [
            words(bin_text(a)),
            number(a["baseline_share"], "percent"),
            number(a["share"], "percent"),
            number(a["n"], "count"),
        ]
        for a in one["bins"]
    ]
    return table(f"{name}: then and now", ["Bin", "Baseline", "Now", "Rows now"], body)


def _compared(data: Mapping[str, Any]) -> Sequence[Block]:
    manifest = data["manifest"]
    return [
        facts(
            "The report whose plan was followed",
            [
                ("Model", provided(manifest["model_name"])),
                ("Version", provided(manifest["version"])),
                ("Written", words(manifest["created_utc"])),
                ("SHA-256 of the student", code(manifest["student_sha256"])),
            ],
        ),
        facts(
            "The rows",
            [
                ("Rows", number(data["n_rows"], "count")),
                ("Equal rows that say as much", number(data["n_effective"], "plain")),
                ("SHA-256", code(data["rows_sha256"])),
            ],
        ),
    ]
