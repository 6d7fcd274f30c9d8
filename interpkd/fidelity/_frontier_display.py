"""A frontier as text and as a drawing."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._html import paragraphs, show, table, whisker
from interpkd._optional import require
from interpkd.fidelity._aligned import aligned_table, with_interval
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from interpkd.fidelity._frontier_findings import Frontier, FrontierPoint

TITLES = {
    "leaves": "leaves",
    "bins": "bins",
    "nonzero_coefficients": "coefficients",
    "features": "columns used",
    "conditions_per_decision": "conditions per decision",
}
"""Short names of what is counted."""


def frontier_text(frontier: Frontier) -> str:
    """Write a frontier as a text table."""
    title, header, rows = _table(frontier)
    return "\n\n".join([aligned_table(title, header, rows), *_notes(frontier)])


def frontier_html(frontier: Frontier) -> str:
    """Write a frontier as HTML: one row per size, the chosen one marked."""
    title, header, rows = _table(frontier)
    drawn = [[row[0], mark, *row[1:]] for row, mark in zip(rows, _marks(frontier), strict=True)]
    marked = [frontier.points.index(frontier.choice.chosen)] if frontier.has_choice else []
    header = [header[0], f"{frontier.score} by fold", *header[1:]]
    numeric = range(2, len(header))
    name, _, rest = title.partition(": ")
    found = table(f"Sizes; {rest}", header, drawn, numeric=numeric, marked=marked)
    return show(name, paragraphs(*_notes(frontier)), found)


def _marks(frontier: Frontier) -> list[Any]:
    """Draw the mean of the choosing score over folds of each size, on one scale."""
    folds = [point.by_fold[frontier.score] for point in frontier.points]
    spans = [
        (one.mean - (one.standard_error or 0.0), one.mean, one.mean + (one.standard_error or 0.0))
        for one in folds
        if one.mean is not None
    ]
    if not spans:
        return [""] * len(folds)
    ends = (min(low for low, _, _ in spans), max(high for _, _, high in spans))
    marks = iter([whisker(*span, ends) for span in spans])
    return ["" if one.mean is None else next(marks) for one in folds]


def _table(frontier: Frontier) -> tuple[str, list[str], list[list[str]]]:
    """Give title, header and rows: one row per size."""
    counted = [name for name in TITLES if frontier.points[0].counts[name] is not None]
    scores = list(frontier.points[0].fidelity)
    labels = list(frontier.points[0].performance)[:2]
    header = ["size", *(TITLES[name] for name in counted), *scores]
    header += [f"{frontier.score} by fold", *labels, "microseconds per row"]
    rows = [
        [
            point.name,
            *(format_number(point.counts[name]) for name in counted),
            *(with_interval(point.fidelity[name]) for name in scores),
            _by_fold(frontier, point),
            *(with_interval(point.performance[name]) for name in labels),
            f"{1e6 * point.seconds_per_row:.3g}",
        ]
        for point in frontier.points
    ]
    title = (
        f"Frontier of {frontier.student}: {frontier.n_rows} held-out rows of {frontier.n_folds} "
        f"folds, {100 * frontier.confidence:g} % intervals"
    )
    return title, header, rows


def _notes(frontier: Frontier) -> list[str]:
    """Say which size is chosen, and whether folds are missing."""
    notes = [frontier.choice.text] if frontier.has_choice else []
    if frontier.n_folds < frontier.n_folds_planned:
        notes.append(f"Interrupted: {frontier.n_folds} of {frontier.n_folds_planned} folds.")
    return notes


def draw_frontier(frontier: Frontier, ax: Any) -> Any:
    """Draw the choosing score over the size."""
    if ax is None:
        plt = require("matplotlib.pyplot", purpose="draw a frontier")
        ax = plt.figure().add_subplot()
    choice = frontier.choice
    known = [p for p in frontier.points if p.by_fold[frontier.score].mean is not None]
    places = [_place(frontier, point) for point in known]
    order = sorted(range(len(known)), key=places.__getitem__)
    x = [places[k] for k in order]
    folds = [known[k].by_fold[frontier.score] for k in order]
    ax.errorbar(
        x,
        [one.mean for one in folds],
        yerr=[one.standard_error or 0.0 for one in folds],
        marker="o",
        capsize=3,
        label="mean over folds, one standard error",
    )
    ax.axhline(choice.limit, linestyle="--", color="grey", label="one standard error of the best")
    ax.axvline(
        _place(frontier, choice.chosen), linestyle=":", color="grey", label=choice.chosen.name
    )
    if frontier.size is None:
        ax.set_xticks(x, [known[k].name for k in order])
    else:
        ax.set_xlabel(TITLES[frontier.size])
    ax.set_ylabel(frontier.score)
    ax.legend()
    return ax


def _place(frontier: Frontier, point: FrontierPoint) -> float:
    count = None if frontier.size is None else point.counts[frontier.size]
    return float(frontier.points.index(point)) if count is None else count


def _by_fold(frontier: Frontier, point: FrontierPoint) -> str:
    folds = point.by_fold[frontier.score]
    if folds.standard_error is None:
        return format_number(folds.mean)
    return f"{format_number(folds.mean)} ± {format_number(folds.standard_error)}"
