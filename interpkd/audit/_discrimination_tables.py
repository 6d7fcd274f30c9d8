"""Discrimination and calibration laid out, with their two pictures."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words
from interpkd.audit._section_blocks import (
    LABELS,
    confidence_cell,
    empty_section,
    said,
    score_cells,
    share_cells,
    span,
)
from interpkd.audit._svg import PAPER, SOFT, STUDENT, TEACHER, drawing, new_figure, to_svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ANCHOR, TITLE = "discrimination", "Discrimination and calibration"

SCORES = {
    "auc": ("Area under the ROC curve", "higher"),
    "gini": ("Gini coefficient (accuracy ratio)", "higher"),
    "ks": ("Kolmogorov-Smirnov distance", "higher"),
    "calibration_slope": ("Calibration slope", "nearer one"),
    "calibration_intercept": ("Calibration intercept", "nearer zero"),
    "calibration_bias": ("Mean probability less share of positive rows", "nearer zero"),
}

DEFINITIONS = {
    "Area under the ROC curve": "Share of pairs of a positive and another row in which the "
    "positive one has the higher probability, ties counted half.",
    "Gini coefficient": "Twice that area, less one.",
    "Kolmogorov-Smirnov distance": "The largest gap, over all cut-offs, between the shares of the "
    "two classes at or below the cut-off.",
    "Calibration slope and intercept": "Of the logistic regression of labels on the model's log "
    "odds (Cox), probabilities kept a thousandth off zero and one. A slope below one means that "
    "the model is too extreme.",
    "Student less teacher": "Difference on the same rows, with an interval of its own: what both "
    "models have in common cancels.",
}

STYLES: dict[str, dict[str, Any]] = {
    "student": {"color": STUDENT, "ls": "-", "marker": "o"},
    "teacher": {"color": TEACHER, "ls": (0, (4, 2)), "marker": "D"},
}


def discrimination_section(data: Mapping[str, Any]) -> Section:
    """Lay out both models against the labels.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Scores, ROC and CAP curves with the lift table, calibration, decision table.
    """
    section = data["discrimination"]
    if not section["is_computed"]:
        return empty_section(ANCHOR, TITLE, section)
    blocks: list[Block] = []
    if section["left_out"]:
        blocks.append(said(section["left_out"]))
    if section["scores"]:
        blocks += [_about(section), _scores(section), _definitions(), *_lift(section)]
    blocks += _calibration(section)
    blocks += _confusion(section)
    blocks += _rates(section)
    return Section(ANCHOR, TITLE, tuple(blocks))


def _about(section: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text("Positive rows are those of the class "),
            Text(str(section["positive_class"])),
            Text(". Scores are of the "),
            Number(section["n_rows"], "count"),
            Text(" evaluation rows with their labels: performance, not fidelity."),
        )
    )


def _scores(section: Mapping[str, Any]) -> Block:
    level = confidence_cell(section["confidence"])
    header: list[str | Cell] = ["Score", "Better", "Student", level]
    both = section["scores"][0]["teacher"] is not None
    if both:
        header += ["Teacher", level, "Student less teacher", level]
    header.append("Method")
    rows = []
    for one in section["scores"]:
        row = [*map(words, SCORES[one["score"]]), *score_cells(one["student"])]
        if both:
            row += [*score_cells(one["teacher"]), *score_cells(one["difference"])]
        rows.append([*row, words(one["student"]["method"])])
    return table("Both models against the labels", header, rows, wide=len(header) - 1)


def _definitions() -> Block:
    rows = [(name, words(text)) for name, text in DEFINITIONS.items()]
    return facts("What these scores are", rows)


def _lift(section: Mapping[str, Any]) -> Iterator[Block]:
    yield Picture(
        "discrimination",
        "ROC and CAP curves",
        "Two line charts with the student as a solid line with round marks and the teacher as a "
        "dashed line with diamonds: the share of positive rows found against the share of other "
        "rows called positive, and against the share of all rows, from the highest probability "
        "down. The tables below give the second by bins.",
    )
    header: list[str | Cell] = [
        "Bin, highest first", "Probability", "Rows", "Positive rows", "Share positive", "Lift",
        "Share of rows so far", "Share of positive rows found so far",
    ]  # fmt: skip
    for one in section["lift"]:
        body = [
            [
                number(row["bin"], "plain"),
                span(row["low"], row["high"]),
                number(row["n"], "count"),
                number(row["n_positive"], "count"),
                number(row["positive_rate"], "percent"),
                number(row["lift"]),
                number(row["share_of_rows"], "percent"),
                number(row["share_captured"], "percent"),
            ]
            for row in one["rows"]
        ]
        yield table(f"Lift of the {one['model']}", header, body)


def _calibration(section: Mapping[str, Any]) -> Iterator[Block]:
    if not section["calibration"]:
        return
    yield Picture(
        "calibration",
        "Calibration curves",
        "Line chart of the mean observed in each bin against the mean answer there, student as "
        "round marks and teacher as diamonds, with the line of equal values. The tables below give "
        "the bins.",
    )
    for one in section["calibration"]:
        level = confidence_cell(section["confidence"])
        is_share = one["against"] == "labels" and section["scores"]
        header: list[str | Cell] = ["Answer", "Rows", "Mean answer"]
        header += ["Share positive", level] if is_share else [f"Mean of the {one['against']}"]
        body = []
        for row in one["bins"]:
            cells = [
                span(row["low"], row["high"]),
                number(row["n"], "count"),
                number(row["mean_answer"]),
                number(row["mean_truth"]),
            ]
            body.append([*cells, interval(row["truth_low"], row["truth_high"])][: len(header)])
        yield table(f"Calibration of the {one['model']} against the {one['against']}", header, body)


def _confusion(section: Mapping[str, Any]) -> Iterator[Block]:
    for one in section["confusion"]:
        body = [
            [words(row["label"]), *(number(n, "count") for n in row["counts"])]
            for row in one["rows"]
        ]
        header: list[str | Cell] = ["Label", *(words(row["label"]) for row in one["rows"])]
        yield table(
            f"Rows by label, down, and decision of the {one['model']}, across", header, body
        )


def _rates(section: Mapping[str, Any]) -> Iterator[Block]:
    if not section["decisions"]:
        return
    level = confidence_cell(section["confidence"])
    header: list[str | Cell] = ["Rate at the cut-off"]
    for one in section["decisions"]:
        header += [LABELS[one["model"]], level]
    body = []
    for pair in zip(*(one["rates"] for one in section["decisions"]), strict=True):
        row = [words(pair[0]["rate"])]
        for one in pair:
            row += share_cells(one["score"])
        body.append(row)
    yield table("What the decisions are worth", header, body)


def draw_discrimination(section: Mapping[str, Any]) -> str:
    """Draw ROC and CAP curves of both models.

    Parameters
    ----------
    section : mapping
        data["discrimination"].

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    titles = {
        "roc": ("Share of other rows called positive", "Share of positive rows found"),
        "cap": ("Share of rows, highest first", "Share of positive rows found"),
    }
    with drawing():
        figure = new_figure(7.2, 3.7)
        figure.subplots_adjust(left=0.08, right=0.99, top=0.86, bottom=0.14, wspace=0.22)
        for axes, (curve, (x, y)) in zip(figure.subplots(1, 2), titles.items(), strict=True):
            axes.plot([0, 1], [0, 1], color=SOFT, lw=1, ls=(0, (1, 2)), label="chance")
            for one in section["curves"]:
                style = {**STYLES[one["model"]], "marker": None}
                points = [*zip(*one[curve], strict=True)] or [(), ()]
                axes.plot(*points, lw=1.6, label=one["model"], **style)
            axes.set_title(curve.upper())
            axes.set_xlabel(x)
            axes.set_ylabel(y)
        figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=3)
        return to_svg(figure, "discrimination")


def draw_calibration(section: Mapping[str, Any]) -> str:
    """Draw calibration curves of both models against the labels.

    Parameters
    ----------
    section : mapping
        data["discrimination"].

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    shown = [one for one in section["calibration"] if one["against"] == "labels"]
    with drawing():
        figure = new_figure(5.4, 4.0)
        figure.subplots_adjust(left=0.14, right=0.98, top=0.98, bottom=0.13)
        axes = figure.add_subplot()
        ends = [
            end(row["mean_answer"] for one in shown for row in one["bins"]) for end in (min, max)
        ]
        axes.plot(ends, ends, color=SOFT, lw=1, ls=(0, (1, 2)), label="equal")
        for one in shown:
            x = [row["mean_answer"] for row in one["bins"]]
            y = [row["mean_truth"] for row in one["bins"]]
            style = STYLES[one["model"]]
            axes.plot(x, y, lw=1.2, ms=5, mec=PAPER, mew=0.6, label=one["model"], **style)
            if one["bins"][0]["truth_low"] is not None:
                low = [row["truth_low"] for row in one["bins"]]
                high = [row["truth_high"] for row in one["bins"]]
                axes.vlines(x, low, high, color=style["color"], lw=0.9)
        axes.set_xlabel("Mean answer in the bin")
        axes.set_ylabel("Observed in the bin")
        axes.legend(loc="upper left")
        return to_svg(figure, "calibration")
