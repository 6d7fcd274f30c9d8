"""A fidelity report as aligned text and as an HTML table, from one list of tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd._html import show, table, whisker, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interpkd.fidelity._fidelity_report import FidelityReport
    from interpkd.fidelity._intervals import ScoreEstimate

NUMERIC = 3
"""The columns of numbers (estimate, interval, rows) stand before the last one, to the right."""

DRAWN = ("agreement", "decision_auc", "proba_r2", "r2")
"""Scores between 0 and 1, greater is better: a notebook draws their intervals."""


@dataclass(frozen=True)
class _Section:
    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def to_text(report: FidelityReport) -> str:
    """Give the report as aligned text."""
    blocks = [_headline(report)]
    blocks += ["\n".join([part.title, *_align(part)]) for part in _sections(report)]
    notes = [
        f"{name}: {text}" for name, text in report.definitions.items() if name not in report.more
    ]
    if report.more:
        notes.append("report.definitions says what the further scores are.")
    return "\n\n".join([*blocks, "\n".join(notes)])


def to_html(report: FidelityReport) -> str:
    """Give the report as HTML tables, without script."""
    first, *others = _sections(report)
    drawn = [
        [*row[:1], _drawn(name, score), *row[1:]]
        for row, (name, score) in zip(first.rows, report.scores.items(), strict=True)
    ]
    header = [*first.header[:1], "0 to 1", *first.header[1:]]
    parts = [table(first.title, header, drawn, numeric=(2, 3, 4))]
    for section in others:
        last = len(section.header) - 1
        parts.append(
            table(section.title, section.header, section.rows, numeric=range(last - NUMERIC, last))
        )
    return show(_headline(report), *parts, words("What the scores are", report.definitions))


def _drawn(name: str, score: ScoreEstimate) -> Any:
    if name not in DRAWN or score.estimate is None:
        return ""
    return whisker(score.low, score.estimate, score.high, (0, 1))


def format_number(value: float | None) -> str:
    """Give four decimals, or four significant digits for very large and very small numbers."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"


def _headline(report: FidelityReport) -> str:
    facts = [report.task]
    if report.classes is not None:
        facts.append(f"{len(report.classes)} classes")
    facts.append(f"{report.n_rows} rows")
    if report.n_groups is not None:
        facts.append(f"{report.n_groups} groups")
    if report.weighted:
        facts.append("weighted")
    if report.cutoff is not None:
        facts.append(f"cutoff {report.cutoff:g}")
    return "Fidelity report: " + ", ".join(facts)


def _sections(report: FidelityReport) -> list[_Section]:
    figures = ("estimate", f"{100 * report.confidence:g} % interval", "rows", "method")
    sections = [
        _Section(
            "Student against teacher (fidelity)",
            ("score", *figures),
            [(name, *_figures(score)) for name, score in report.scores.items()],
        )
    ]
    if report.performance:
        rows = _interleaved(report)
        sections.append(
            _Section("Against the true values (performance)", ("score", "model", *figures), rows)
        )
    if report.segments:
        rows = [
            (f"{of.segment} = {of.value}", name, *_figures(score))
            for of in report.segments
            for name, score in of.scores.items()
        ]
        sections.append(
            _Section(
                "Fidelity by segment (intervals one by one)", ("segment", "score", *figures), rows
            )
        )
    if report.more:
        rows = [(name, *_figures(score)) for name, score in report.more.items()]
        sections.append(_Section("Further scores (fidelity)", ("score", *figures), rows))
    return sections


def _interleaved(report: FidelityReport) -> list[tuple[str, ...]]:
    """Give the student's and the teacher's score of one kind next to each other."""
    names = report.performance["student"]
    return [
        (name, who, *_figures(report.performance[who][name]))
        for name in names
        for who in report.performance
    ]


def _figures(score: ScoreEstimate) -> tuple[str, str, str, str]:
    interval = "-"
    if score.low is not None:
        interval = f"[{format_number(score.low)}, {format_number(score.high)}]"
    return format_number(score.estimate), interval, str(score.n), score.method


def _align(section: _Section) -> Iterable[str]:
    table = [section.header, *section.rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(section.header))]
    first = len(widths) - 1 - NUMERIC
    for row in table:
        cells = [
            cell.rjust(width) if first <= i < first + NUMERIC else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
