"""A cut-off report as aligned text and as HTML, from one list of tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interpkd._html import paragraphs, show, table
from interpkd.fidelity._aligned import aligned_table, with_interval
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from interpkd.fidelity._cutoff_findings import CutoffDecisions, CutoffReport, TierTable


def to_text(report: CutoffReport) -> str:
    """Give the report as aligned text."""
    blocks = [_headline(report)]
    for part in _parts(report):
        text = aligned_table(part.title, part.header, part.rows, n_words=part.n_words)
        blocks.append("\n".join([text, *part.facts]))
    return "\n\n".join([*blocks, _note(report)])


def to_html(report: CutoffReport) -> str:
    """Give the report as HTML tables, without script."""
    blocks = []
    for part in _parts(report):
        numbers = range(part.n_words, len(part.header))
        blocks.append(table(part.title, part.header, part.rows, numeric=numbers))
        blocks.append(paragraphs(*part.facts))
    return show(_headline(report), *blocks, paragraphs(_note(report), soft=True))


@dataclass(frozen=True)
class _Part:
    """A table, and sentences below it."""

    title: str
    header: list[str]
    rows: list[list[str]]
    facts: tuple[str, ...] = ()
    n_words: int = 1


def _parts(report: CutoffReport) -> list[_Part]:
    parts = [
        _decisions("Both models at the same cut-off", report.same),
        _decisions("The student at a cut-off of its own", report.matched),
        _sweep(report),
    ]
    return parts if report.tiers is None else [*parts, _tiers(report.tiers)]


def _note(report: CutoffReport) -> str:
    return f"Every interval holds by itself with {100 * report.confidence:g} % confidence."


def _headline(report: CutoffReport) -> str:
    facts = [f"{report.n_rows} rows"]
    if report.n_bad is not None:
        facts.append(f"{report.n_bad} of them {report.bad_class}")
    if report.n_groups is not None:
        facts.append(f"{report.n_groups} groups")
    if report.weighted:
        facts.append("weighted")
    side = "above" if report.bad_class == report.classes[1] else "not above"
    rule = f"declined where P({report.classes[1]}) is {side} the cut-off"
    return f"Cut-off report: {', '.join(facts)}; {rule}"


def _decisions(title: str, part: CutoffDecisions) -> _Part:
    title += f": teacher {part.teacher_cutoff:.6g}, student {part.student_cutoff:.6g}"
    header = ["decisions", "rows", "share"]
    rows = [[cell.name, str(cell.n_rows), with_interval(cell.share)] for cell in part.cells]
    if part.cells[0].bad_rate is not None:
        header.append("bad rate")
        for row, cell in zip(rows, part.cells, strict=True):
            row.append("-" if cell.bad_rate is None else with_interval(cell.bad_rate))
    facts = [
        f"agreement {with_interval(part.agreement)}",
        f"approval rate: teacher {with_interval(part.teacher_approval)}, "
        f"student {with_interval(part.student_approval)}",
    ]
    if part.teacher_cost and part.student_cost and part.extra_cost:
        facts.append(
            f"mean cost: teacher {with_interval(part.teacher_cost)}, "
            f"student {with_interval(part.student_cost)}, "
            f"difference {with_interval(part.extra_cost)}"
        )
    return _Part(title, header, rows, tuple(facts))


def _sweep(report: CutoffReport) -> _Part:
    header = ["cut-off", "teacher approves", "student approves", "agreement"]
    header += ["own cut-off", "then approves", "agreement"]
    with_costs = report.costs is not None
    header += ["cost teacher", "student", "at own cut-off"] if with_costs else []
    rows = []
    for point in report.sweep:
        figures = [point.teacher_approval, point.student_approval]
        row = [f"{point.cutoff:.6g}", *map(format_number, figures), with_interval(point.agreement)]
        row += [f"{point.matched_cutoff:.6g}", format_number(point.matched_approval)]
        row.append(with_interval(point.matched_agreement))
        if with_costs:
            costs = (point.teacher_cost, point.student_cost, point.matched_cost)
            row += [format_number(cost) for cost in costs]
        rows.append(row)
    title = "Sweep of cut-offs; own cut-off: where the student approves as many as the teacher"
    if with_costs:
        title += f"; mean cost per row by {report.cost_basis}"
    return _Part(title, header, rows, n_words=0)


def _tiers(tiers: TierTable) -> _Part:
    header = ["teacher's tier", *tiers.labels]
    rows = [
        [label, *map(str, counts)] for label, counts in zip(tiers.labels, tiers.counts, strict=True)
    ]
    facts = [
        f"same tier {with_interval(tiers.agreement)}",
        f"at most one tier apart {with_interval(tiers.within_one)}",
        f"kappa with quadratic weights {with_interval(tiers.kappa)}",
    ]
    if tiers.teacher_bad_rates and tiers.student_bad_rates:
        for who, rates in (
            ("teacher", tiers.teacher_bad_rates),
            ("student", tiers.student_bad_rates),
        ):
            facts.append(f"bad rate by tier of the {who}: {', '.join(map(with_interval, rates))}")
    return _Part("Rows by tier, student's across", header, rows, tuple(facts))
