"""Group fairness as aligned text and as HTML tables, from one list of tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from interpkd._html import show, table, visible, words
from interpkd.audit._fairness_layout import rows_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interpkd.audit._fairness_findings import CarryingColumn, GroupFairness

Table: TypeAlias = "tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]"


def to_text(found: GroupFairness) -> str:
    """Give group fairness as aligned text."""
    blocks = [_headline(found)]
    for title, header, rows in _tables(found):
        blocks.append("\n".join([title, *_align([header, *rows])]))
    notes = [f"{name}: {text}" for name, text in found.definitions.items()]
    notes.append("to_frame() has every number with its method.")
    return "\n\n".join([*blocks, "\n".join(notes)])


def to_html(found: GroupFairness) -> str:
    """Give group fairness as HTML tables, without script."""
    parts = [
        table(title, header, rows, numeric=_figures_of(rows, len(header)))
        for title, header, rows in _tables(found)
    ]
    return show(_headline(found), *parts, words("What the numbers are", found.definitions))


def _figures_of(rows: Sequence[tuple[str, ...]], n_columns: int) -> list[int]:
    """Give the columns that hold figures: some cell begins with a digit, perhaps after a sign."""
    return [
        i for i in range(1, n_columns) if any(row[i].lstrip("+-")[:1].isdigit() for row in rows)
    ]


def _headline(found: GroupFairness) -> str:
    facts = [f"{found.n_rows} rows"]
    if found.weighted:
        facts.append("weighted")
    if found.cutoff is not None:
        facts.append(f"cutoff {found.cutoff:g}")
    if found.task == "classification":
        named = (
            f"favourable: {visible(found.favourable)}"
            if found.favourable is not None
            else f"favourable: any class but {visible(found.adverse)}"
        )
        facts.append(named + (" (assumed)" if found.is_assumed else ""))
    return "Group fairness: " + ", ".join(facts)


def _tables(found: GroupFairness) -> Iterator[Table]:
    groups = [one.to_dict() for one in (found.overall, *found.groups)]
    level = f"{100 * found.confidence:g} % intervals, one by one"
    for caption, columns in tables_of(groups):
        rows = [
            (
                visible(one["label"]),
                str(one["n"]),
                *(_figure(one[part].get(name)) for _, part, name in columns),
            )
            for one in rows_of(groups, columns)
        ]
        yield f"{caption} ({level})", ("group", "rows", *(head for head, _, _ in columns)), rows
    few = [(visible(one["label"]), str(one["n"]), one["insufficient"]) for one in groups]
    few = [row for row in few if row[2]]
    if few:
        yield "Insufficient data", ("group", "rows", "why"), few
    worse = [(visible(one["label"]), ", ".join(one["worse_in"])) for one in groups]
    worse = [row for row in worse if row[1]]
    if worse:
        yield "Lower for the student, all intervals at once", ("group", "in"), worse
    chosen = [
        (visible(" and ".join(one["attributes"])), one["use"], visible(one["group"]), one["chosen"])
        for one in found.references
    ]
    yield "Groups that others are compared with", ("attributes", "of", "group", "chosen"), chosen
    yield _screens(found)


def _screens(found: GroupFairness) -> Table:
    rows = [
        (
            visible(one.attribute),
            one.not_computed or ", ".join(_column(column) for column in one.columns[:3]),
            format_number(one.auc),
            format_number(one.auc_used),
            format_number(None if one.accuracy is None else one.accuracy.estimate),
            format_number(one.baseline),
        )
        for one in found.proxies
    ]
    header = (
        "attribute",
        "most telling columns",
        "AUC",
        "AUC of used columns",
        "accuracy",
        "baseline",
    )
    return "How well the attribute can be told from the model's columns", header, rows


def _column(one: CarryingColumn) -> str:
    return visible(one.column) + ("" if one.is_used else " (not used by the student)")


def _figure(score: Mapping[str, Any] | None) -> str:
    """Give a number with its interval, or the word for there being none."""
    if score is None:
        return "-"
    if score["estimate"] is None:
        return "insufficient data" if score["method"].startswith("insufficient") else "-"
    text = format_number(score["estimate"])
    if score["low"] is not None:
        return f"{text} [{format_number(score['low'])}, {format_number(score['high'])}]"
    return f"{text} (reference)" if "reference group" in score["method"] else text


def format_number(value: float | None) -> str:
    """Give four decimals, or four significant digits for very large and very small numbers."""
    if value is None:
        return "-"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.4g}"


def _align(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
