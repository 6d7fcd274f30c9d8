"""Partial dependence laid out: a picture with both models, and its values."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, either, number, words
from interpkd.audit._section_blocks import empty_section, said, span
from interpkd.audit._svg import STUDENT, TEACHER, drawing, new_figure, short, to_svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANCHOR, TITLE = "dependence", "Partial dependence"

ROLES = ("student", "teacher")
STYLES: dict[str, dict[str, Any]] = {
    "student": {"color": STUDENT, "ls": "-", "marker": "o", "ms": 3.5},
    "teacher": {"color": TEACHER, "ls": (0, (4, 2)), "marker": "D", "ms": 3.5},
}


def dependence_section(data: Mapping[str, Any]) -> Section:
    """Lay out what both models do with the most important columns.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Picture, values, interactions.
    """
    section = data["dependence"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    blocks: list[Block] = [_intro(section)]
    if any(one["points"] for one in section["columns"]):
        blocks.append(_picture())
        blocks.append(_summary(section))
    blocks += _values(section)
    blocks += _interactions(section)
    return Section(ANCHOR, TITLE, tuple(blocks))


def _intro(section: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text("Both models' mean "),
            Text(section["answer"]),
            Text(" over the same "),
            Number(section["n_rows"], "count"),
            Text(
                " evaluation rows, which all get each value of a column in turn (partial "
                "dependence, Friedman). Where columns go together, some of these rows could not "
                "exist. The spread says where nine single rows in ten lie: where it is wide, the "
                "mean hides interactions. Columns are those most important to either model."
            ),
        )
    )


def _picture() -> Block:
    return Picture(
        "dependence",
        "Partial dependence of student and teacher",
        "One line chart per column: the mean answer against the column's value, the student as a "
        "solid line with round marks, the teacher as a dashed line with diamonds. The tables below "
        "give the values.",
    )


def _summary(section: Mapping[str, Any]) -> Block:
    header = ["Column", "Values", "Mean distance of the two lines", "Correlation of the two lines"]
    body = []
    for one in section["columns"]:
        row = [words(one["column"]), words(one["kind"])]
        body.append([*row, number(one["mean_gap"]), number(one["correlation"])])
    return table("How far the two models' lines are apart", header, body)


def _values(section: Mapping[str, Any]) -> Iterator[Block]:
    roles = ["student"] if section["teacher_missing"] else ROLES
    header = ["Value"]
    for who in roles:
        header += [f"Mean, {who}", f"Nine rows in ten, {who}"]
    for one in section["columns"]:
        body = []
        for point in one["points"]:
            row: list[Cell] = [either(point["value"])]
            for who in roles:
                row.append(number(point[who]["mean"]))
                row.append(span(point[who]["ice_q05"], point[who]["ice_q95"]))
            body.append(row)
        if body:
            yield table(f"Partial dependence on {one['column']}", header, body)


def _interactions(section: Mapping[str, Any]) -> Iterator[Block]:
    found = section["interactions"]
    if found["reason"]:
        yield said(f"Interactions were not measured. {found['reason']}")
        return
    yield said(
        "Interactions: the share of the variance of a model's answers that the sum of its partial "
        "dependences leaves over (Friedman and Popescu's statistic for all interactions together). "
        "It is zero for a sum of functions of single columns, and may exceed one where columns go "
        f"together. It is taken on the scale of the {found['scale']}, on which linear students are "
        "sums. It has no interval."
    )
    rows = [
        ("Rows", number(found["n_rows"], "count")),
        ("Student", number(found["student"], "percent")),
        ("Teacher", number(found["teacher"], "percent")),
        ("Teacher less student: lost by distillation", number(found["lost"], "percent")),
    ]
    yield facts("Share of the answers that is interaction", rows)


def draw_dependence(section: Mapping[str, Any]) -> str:
    """Draw the lines of both models, one panel per column.

    Parameters
    ----------
    section : mapping
        data["dependence"].

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    columns = [one for one in section["columns"] if one["points"]]
    n_rows = -(-len(columns) // 2)
    with drawing():
        height = 2.5 * n_rows + 0.4
        figure = new_figure(7.2, height)
        figure.subplots_adjust(
            left=0.09,
            right=0.99,
            top=1 - 0.35 / height,
            bottom=0.75 / height,
            wspace=0.1,
            hspace=0.6,
        )
        panels = figure.subplots(n_rows, 2, squeeze=False, sharey=True)
        for axes, one in zip(panels.flat, columns, strict=False):
            _draw_panel(axes, one)
        for axes in panels[:, 0]:
            axes.set_ylabel(f"Mean {short(section['answer'], 22)}")
        for axes in panels.flat[len(columns) :]:
            axes.set_axis_off()
        figure.legend(*panels.flat[0].get_legend_handles_labels(), loc="upper center", ncols=2)
        return to_svg(figure, "dependence")


def _draw_panel(axes: Any, one: Mapping[str, Any]) -> None:
    values = [point["value"] for point in one["points"]]
    is_number = one["kind"] == "numeric"
    x = np.array(values if is_number else range(len(values)), dtype=np.float64)
    line = {"lw": 1.3} if is_number else {"ls": "none"}  # categories have no way between them
    for who in ROLES:
        if one["points"][0][who] is not None:
            y = [point[who]["mean"] for point in one["points"]]
            axes.plot(x, y, label=who, **{**STYLES[who], **line})
    if is_number:
        axes.locator_params(axis="x", nbins=5)
    else:
        axes.set_xticks(x, [short(value, 12) for value in values], rotation=30, ha="right")
    axes.set_xlabel(short(one["column"], 34))
