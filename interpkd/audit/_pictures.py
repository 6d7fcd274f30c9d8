"""The pictures of a report; a table of the same numbers stands under each."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._certificate_tables import draw_certificate
from interpkd.audit._fairness_picture import draw_fairness
from interpkd.audit._interactive_tree import MAX_LEAVES
from interpkd.audit._points_picture import MAX_COLUMNS, draw_points
from interpkd.audit._rule_sections import answer_columns
from interpkd.audit._section_evidence import draw_sections
from interpkd.audit._svg import (
    HIGH,
    INK,
    LINE,
    LOW,
    MIDDLE,
    PAPER,
    SOFT,
    STUDENT,
    TEACHER,
    drawing,
    new_figure,
    short,
    to_svg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import FloatArray
    from interpkd.audit._attributions import Attributions
    from interpkd.audit._inputs import Inputs

MAX_MARKS = 1000
"""Most rows in the comparison picture; its table counts all."""

MAX_PANELS = 6
"""Most classes in the comparison picture; the tables have all."""

MAX_BEESWARMS = 4
"""Most classes with a beeswarm: four of them weigh a megabyte."""

MAX_BARS = 15
"""Most columns in the bar chart."""

MAX_SWARMS = 10
"""Most columns in a beeswarm."""

ROLES = ("student", "teacher")
LEVELS = (
    ("low value", "v", LOW),
    ("middle value", "o", MIDDLE),
    ("high value", "^", HIGH),
    ("category or missing", "D", SOFT),
)


def left_out(data: Mapping[str, Any]) -> dict[str, str]:
    """Say which pictures a report goes without, and why.

    Parameters
    ----------
    data : mapping
        The data model.

    Returns
    -------
    reasons : dict
        Picture to sentence.
    """
    reasons = {}
    n, answers = data["student"].get("n_rules", 0), data["explanation"]["answers"]
    if n is None:
        reasons["tree"] = "The student is no tree."
    elif n > MAX_LEAVES:
        reasons["tree"] = (
            f"A tree of {n} rules is too large for an outline; the table has every rule."
        )
    if data["student"].get("n_features", 0) > MAX_COLUMNS:
        reasons["points"] = (
            f"A card of {data['student']['n_features']} columns is too large for a picture; the "
            "table has every bin."
        )
    if len(answers) > MAX_BEESWARMS:
        reasons["beeswarm"] = (
            f"SHAP values are drawn for the first {MAX_BEESWARMS} of {len(answers)} classes; the "
            "tables have all."
        )
    if data["comparison"] and len(answers) > MAX_PANELS:
        reasons["comparison"] = (
            f"The picture shows the first {MAX_PANELS} of {len(answers)} classes; the tables have "
            "all."
        )
    return reasons


def draw_pictures(
    inputs: Inputs, attributions: Attributions, data: Mapping[str, Any]
) -> dict[str, str]:
    """Draw everything.

    Parameters
    ----------
    inputs : Inputs
        Models and answers.

    attributions : Attributions
        SHAP values.

    data : mapping
        The data model.

    Returns
    -------
    pictures : dict
        Name to SVG element.
    """
    pictures = {"importance": draw_importance(attributions)}
    if "bins" in data["student"] and "points" not in data["pictures_left_out"]:
        pictures["points"] = draw_points(data["student"])
    if data["comparison"]:
        seed = data["lineage"]["random_state"]
        pictures["comparison"] = draw_comparison(inputs, data["comparison"], seed)
    if data["fairness"]["is_computed"]:
        pictures["fairness"] = draw_fairness(data["fairness"])
    if data["certificate"].get("radii"):
        pictures["certificate"] = draw_certificate(data["certificate"])
    for k in range(min(len(attributions.answers), MAX_BEESWARMS)):
        pictures[f"beeswarm-{k}"] = draw_beeswarm(attributions, k)
    return pictures | draw_sections(data)


def draw_comparison(inputs: Inputs, bins: list[dict[str, Any]], random_state: int) -> str:
    """Draw the student's answer against the teacher's, with the mean of each bin."""
    answers = answer_columns(inputs)[:MAX_PANELS]
    chosen = np.arange(inputs.n_rows)
    if len(chosen) > MAX_MARKS:
        rng = np.random.default_rng(random_state)
        chosen = np.sort(rng.choice(chosen, size=MAX_MARKS, replace=False))
    n_columns = min(len(answers), 3)
    n_rows = -(-len(answers) // n_columns)
    with drawing():
        figure = new_figure(max(3.4 * n_columns, 5.4), 3.7 * n_rows)
        for k, (name, student, teacher) in enumerate(answers):
            axes = figure.add_subplot(n_rows, n_columns, k + 1)
            _draw_panel(axes, name, student[chosen], teacher[chosen], bins[k]["bins"])
        figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=3)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.3 / (3.7 * n_rows)))
        return to_svg(figure, "comparison")


def _draw_panel(
    axes: Any, name: str, student: FloatArray, teacher: FloatArray, bins: list[dict[str, Any]]
) -> None:
    ends = [0.0, 1.0]
    if name == "prediction":
        ends = [min(student.min(), teacher.min()), max(student.max(), teacher.max())]
    axes.plot(ends, ends, color=SOFT, lw=1, ls=(0, (4, 3)), label="equal answers", zorder=1)
    axes.scatter(
        teacher, student, s=12, marker="o", color=STUDENT, alpha=0.35, lw=0, label="one row"
    )
    axes.scatter(
        [one["teacher_mean"] for one in bins],
        [one["student_mean"] for one in bins],
        s=38, marker="D", color=TEACHER, edgecolor=PAPER, lw=0.8, label="mean of a bin", zorder=3,
    )  # fmt: skip
    axes.set_xlabel(f"Teacher, {short(name, 24)}")
    axes.set_ylabel(f"Student, {short(name, 24)}")


def draw_importance(attributions: Attributions) -> str:
    """Draw the mean absolute SHAP values of both models as bars, the student's filled."""
    rows = attributions.facts["columns"][:MAX_BARS]
    place = np.arange(len(rows))
    both = "teacher" in attributions.values
    with drawing():
        figure = new_figure(7.2, 0.34 * len(rows) + 1.1)
        axes = figure.add_subplot()
        shift = 0.19 if both else 0.0
        style = {"height": 0.34, "lw": 1}
        axes.barh(
            place - shift, [one["student"] for one in rows],
            color=STUDENT, edgecolor=STUDENT, label="student", **style,
        )  # fmt: skip
        if both:
            axes.barh(
                place + shift, [one["teacher"] for one in rows],
                color="none", edgecolor=TEACHER, hatch="////", label="teacher", **style,
            )  # fmt: skip
        axes.set_yticks(place, [short(one["column"], 30) for one in rows])
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"Mean |SHAP value|, in units of the {attributions.facts['scale']}")
        axes.legend(loc="lower right")
        figure.tight_layout()
        return to_svg(figure, "importance")


def draw_beeswarm(attributions: Attributions, k: int) -> str:
    """Draw one mark per explained row and column, student and teacher on the same axis."""
    names = [one["column"] for one in attributions.facts["columns"][:MAX_SWARMS]]
    roles = [who for who in ROLES if who in attributions.values]
    with drawing():
        figure = new_figure(3.1 + 2.9 * len(roles), 0.36 * len(names) + 1.3)
        panels = figure.subplots(1, len(roles), sharex=True, sharey=True, squeeze=False)[0]
        for axes, who in zip(panels, roles, strict=True):
            axes.axvline(0, color=SOFT, lw=0.8)
            axes.set_title(who, color=INK)
            for row, name in enumerate(names):
                i = attributions.columns.index(name)
                _draw_swarm(axes, row, attributions.values[who][:, i, k], attributions, i)
            axes.set_xlabel(f"SHAP value for {short(attributions.answers[k], 20)}")
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(range(len(names)), [short(name, 26) for name in names])
        panels[0].set_ylim(len(names) - 0.5, -0.5)
        handles = [
            panels[0].scatter([], [], s=16, marker=marker, color=colour, label=label)
            for label, marker, colour in LEVELS
        ]
        figure.legend(handles=handles, loc="lower center", ncols=4)
        figure.tight_layout(rect=(0, 0.26 / figure.get_figheight(), 1, 1))
        return to_svg(figure, f"beeswarm-{k}")


def _draw_swarm(
    axes: Any, row: int, values: FloatArray, attributions: Attributions, i: int
) -> None:
    axes.axhline(row, color=LINE, lw=0.6, zorder=0)
    levels = _levels(attributions.encoded[:, i], is_ordered=attributions.is_ordered[i])
    offsets = row + _spread_out(values)
    for level, (_, marker, colour) in enumerate(LEVELS):
        here = levels == level
        if here.any():
            axes.scatter(values[here], offsets[here], s=9, marker=marker, color=colour, lw=0)


def _levels(column: FloatArray, *, is_ordered: bool) -> FloatArray:
    """Give 0, 1, 2 for the lower, middle and upper third of a column, 3 for what has no order."""
    out = np.full(len(column), 3)
    known = ~np.isnan(column)
    if is_ordered and known.any():
        low, high = np.quantile(column[known], [1 / 3, 2 / 3])
        if low == high:  # few values, as in a yes-no column: below, at and above the usual one
            out[known] = 1 + np.sign(column[known] - low).astype(int)
        else:
            out[known] = (column[known] > low).astype(int) + (column[known] > high)
    return out


def _spread_out(values: FloatArray, n_cells: int = 80, step: float = 0.09) -> FloatArray:
    """Give each mark a height of its own among the marks of about the same value."""
    span = np.ptp(values)
    cells = np.zeros(len(values), dtype=int)
    if span > 0:
        cells = np.floor((values - values.min()) / span * n_cells).astype(int)
    offsets = np.zeros(len(values))
    for cell in np.unique(cells):
        members = np.flatnonzero(cells == cell)
        order = np.arange(len(members))
        heights = (order + 1) // 2 * np.where(order % 2, 1, -1) * step
        widest = np.abs(heights).max()
        offsets[members] = heights * min(1.0, 0.42 / widest) if widest > 0 else heights
    return offsets
