"""The monitoring plan laid out for a reader."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Listing, Paragraph, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, provided, words
from interpkd.audit._monitoring_thresholds import MEANINGS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_CATEGORIES = 12
"""Categories of a column that are shown; the JSON has all."""


def monitoring_section(data: Mapping[str, Any]) -> Section:
    """Lay out what later rows are compared with, and what is an alarm."""
    plan = data["monitoring"]
    rows = plan["rows"]
    intro = Paragraph(
        (
            Text("Later rows are compared with what follows: their columns with "),
            Number(rows["inputs"]["n"], "count"),
            Text(f" {rows['inputs']['source']}, the answers of the models with "),
            Number(rows["scores"]["n"], "count"),
            Text(
                f" {rows['scores']['source']}, by interpkd monitor on the JSON of this report. A "
                "population stability index counts only where it is larger than chance makes it in "
                "so few rows, a figure only where its whole interval lies beyond a bound."
            ),
        )
    )
    said = [(title, provided(plan[name])) for name, title in TEXTS.items()]
    limits = [(text, _limit(name, plan["thresholds"][name])) for name, text in MEANINGS.items()]
    blocks: list[Block] = [
        intro,
        facts("The plan", [*said, ("Retraining", words(plan["retraining_trigger"]))]),
        facts("Thresholds", limits),
    ]
    if plan["watched"]:
        blocks.append(_watched(plan["watched"]))
    if plan["not_watched"]:
        items = tuple((f"Not watched: {one['what']}", one["reason"]) for one in plan["not_watched"])
        blocks.append(Listing(items))
    blocks += [_columns(plan["columns"]), _scores(plan["scores"])]
    return Section("monitoring", "Monitoring plan", tuple(blocks))


def _limit(name: str, value: float) -> Cell:
    return number(value, "percent" if name.startswith("share") else "plain")


def _watched(watched: Sequence[Mapping[str, Any]]) -> Block:
    header = ["Figure", "Of", "Today", "Interval", "Warning below", "Alarm below"]
    header += ["Warning above", "Alarm above"]
    bounds = ("warning_below", "alarm_below", "warning_above", "alarm_above")
    body = [
        [
            words(one["score"].replace("_", " ")),
            words(one["what"]),
            number(one["estimate"]),
            interval(one["low"], one["high"]),
            *(number(one[name]) for name in bounds),
        ]
        for one in watched
    ]
    return table("Figures that are watched, and the bounds for their intervals", header, body)


def _columns(columns: Sequence[Mapping[str, Any]]) -> Block:
    body = [
        [
            words(one["column"]),
            words(one["kind"]),
            number(one["n_bins"], "count"),
            _cuts(one["bins"]),
            number(_missing(one["bins"])["share"], "percent"),
        ]
        for one in columns
    ]
    header = ["Column", "Kind", "Bins", "Ranges end at; or categories", "Missing share"]
    return table("Bins of the columns; missing values are one more", header, body, wide=3)


def _scores(scores: Sequence[Mapping[str, Any]]) -> Block:
    body = [
        [words(one["name"]), number(one["n_bins"], "count"), _cuts(one["bins"])] for one in scores
    ]
    header = ["Answer", "Bins", "Ranges end at; or classes"]
    return table("Bins of the models' answers", header, body, wide=2)


def _missing(bins: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(one for one in bins if one["kind"] == "missing")


def _cuts(bins: Sequence[Mapping[str, Any]]) -> Cell:
    """List where ranges end, or the first categories."""
    parts: list[Number | Text] = []
    if bins[0]["kind"] == "range":
        for one in bins:
            if one["kind"] == "range" and one["high"] is not None:
                parts += [Text(", ")] if parts else []
                parts.append(Number(one["high"], "plain"))
        return tuple(parts) or words("none: one bin for all numbers")
    names = [str(one["category"]) for one in bins if one["kind"] == "category"]
    more = f" and {len(names) - MOST_CATEGORIES} more" if len(names) > MOST_CATEGORIES else ""
    return words(", ".join(names[:MOST_CATEGORIES]) + more)
