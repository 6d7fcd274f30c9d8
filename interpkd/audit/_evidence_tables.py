"""Fidelity and performance laid out as tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SCORES: dict[str, tuple[str, str]] = {
    "agreement": ("Agreement: share of rows with the same decision", "higher"),
    "kl_divergence": ("KL divergence, KL(teacher || student), in nats", "lower"),
    "proba_r2": ("R² of the probabilities", "higher"),
    "proba_mae": ("Mean absolute difference of the probabilities", "lower"),
    "decision_auc": ("AUC of the student for the teacher's decision", "higher"),
    "cohen_kappa": ("Cohen's kappa of the decisions", "higher"),
    "positive_agreement": ("Agreement on the second class", "higher"),
    "negative_agreement": ("Agreement on the first class", "higher"),
    "js_divergence": ("Jensen-Shannon divergence, in nats", "lower"),
    "total_variation": ("Total variation distance", "lower"),
    "proba_rmse": ("Root mean squared difference of the probabilities", "lower"),
    "logit_mae": ("Mean absolute difference of the log odds", "lower"),
    "logit_rmse": ("Root mean squared difference of the log odds", "lower"),
    "logit_r2": ("R² of the log odds", "higher"),
    "spearman": ("Spearman's rank correlation", "higher"),
    "kendall": ("Kendall's tau-b", "higher"),
    "calibration_bias": ("Calibration in the large: student less teacher", "nearer zero"),
    "calibration_slope": ("Calibration slope of teacher on student", "nearer one"),
    "calibration_error": ("Calibration error against the teacher", "lower"),
    "mean_error": ("Mean error: student less teacher", "nearer zero"),
    "error_q50": ("Median absolute error", "lower"),
    "error_q90": ("Absolute error that nine rows in ten do not exceed", "lower"),
    "accuracy": ("Accuracy", "higher"),
    "auc": ("AUC", "higher"),
    "log_loss": ("Log loss", "lower"),
    "brier": ("Brier score", "lower"),
    "r2": ("R²", "higher"),
    "mae": ("Mean absolute error", "lower"),
    "rmse": ("Root mean squared error", "lower"),
}
"""Titles of the scores and which way is better."""

LEADING = "Student against teacher on the evaluation rows"
FURTHER = "Further scores of student against teacher"


def fidelity_section(data: Mapping[str, Any]) -> Section:
    """Lay out how closely the student follows the teacher.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Scores, comparison picture and table, segments.
    """
    fidelity = data["fidelity"]
    blocks: list[Block] = []
    if not fidelity["is_computed"]:
        blocks.append(Paragraph(words(f"{fidelity['reason']} Fidelity was not measured.")))
        return Section("fidelity", "Fidelity to the teacher", tuple(blocks))
    scores = {name: one for name, one in fidelity.items() if is_score(one)}
    if fidelity["cutoff"] is not None:
        blocks.append(_cutoff(data))
    blocks.append(_score_table(LEADING, scores, fidelity["confidence"]))
    blocks.append(_definition_table(scores, fidelity["definitions"]))
    blocks.append(_score_table(FURTHER, fidelity["more"], fidelity["confidence"]))
    blocks.append(_definition_table(fidelity["more"], fidelity["definitions"]))
    blocks.append(
        Picture(
            "comparison",
            "Answers of student and teacher on the evaluation rows",
            "Scatter plot of the student's answer against the teacher's, one mark per row (of many "
            "rows a sample), with the line of equal answers and the teacher's mean per bin. The "
            "table below gives its bins.",
        )
    )
    if "comparison" in data["pictures_left_out"]:
        blocks.append(Paragraph(words(data["pictures_left_out"]["comparison"])))
    blocks += [_bin_table(one) for one in data["comparison"]]
    for name in dict.fromkeys(one["segment"] for one in fidelity["segments"]):
        rows = [one for one in fidelity["segments"] if one["segment"] == name]
        what = "group" if name in data["group_names"] else "segment"
        blocks.append(_segment_table(f"Fidelity by {what}: {name}", rows))
    return Section("fidelity", "Fidelity to the teacher", tuple(blocks))


def performance_section(data: Mapping[str, Any]) -> Section:
    """Lay out how both models do against the labels.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        One table, or the sentence that no labels were given.
    """
    performance = data["fidelity"].get("performance") or {}
    title = "Performance against labels"
    if not performance:
        text = "No labels were given, so the performance of either model is unknown."
        return Section("performance", title, (Paragraph(words(text)),))
    student, teacher = performance["student"], performance.get("teacher")
    header: list[str | Cell] = ["Score", "Better", "Student", _confidence(data["fidelity"])]
    if teacher is not None:
        header += ["Teacher", _confidence(data["fidelity"])]
    rows = []
    for name, score in student.items():
        row = [*_title_cells(name), number(score["estimate"]), _bounds(score)]
        if teacher is not None:
            row += [number(teacher[name]["estimate"]), _bounds(teacher[name])]
        rows.append(row)
    block = table("Student and teacher against the labels of the evaluation rows", header, rows)
    definitions = _definition_table(student, data["fidelity"]["definitions"])
    return Section("performance", title, (block, definitions))


def is_score(value: Any) -> bool:
    """Tell whether an entry of a fidelity report is a score with its interval."""
    return isinstance(value, dict) and "estimate" in value


def _score_table(caption: str, scores: Mapping[str, Any], confidence: float) -> Block:
    header: list[str | Cell] = [
        "Score",
        "Better",
        "Estimate",
        _confidence({"confidence": confidence}),
        "Rows",
        "Method",
    ]
    rows = [
        [
            *_title_cells(name),
            number(one["estimate"]),
            _bounds(one),
            number(one["n"], "count"),
            words(one["method"]),
        ]
        for name, one in scores.items()
    ]
    return table(caption, header, rows, wide=5)


def _definition_table(scores: Mapping[str, Any], definitions: Mapping[str, str]) -> Block:
    rows = [(_short_title(name), words(definitions[name])) for name in scores]
    return facts("What the scores are", rows)


def _cutoff(data: Mapping[str, Any]) -> Block:
    return Paragraph(
        (
            Text(f"Both models decide for {data['classes'][1]} where its probability exceeds "),
            Number(data["fidelity"]["cutoff"], "plain"),
            Text("."),
        )
    )


def _segment_table(caption: str, segments: Sequence[Mapping[str, Any]]) -> Block:
    names = [name for name, one in segments[0].items() if is_score(one)]
    header: list[str | Cell] = ["Value", "Rows"]
    for name in names:
        header += [_short_title(name), "Interval"]
    rows = []
    for one in segments:
        value = "missing" if one["value"] is None else one["value"]
        row = [words(value), number(one["n"], "count")]
        for name in names:
            row += [number(one[name]["estimate"]), _bounds(one[name])]
        rows.append(row)
    return table(caption, header, rows)


def _bin_table(one: Mapping[str, Any]) -> Block:
    rows = [
        [
            _span(b["low"], b["high"]),
            number(b["n"], "count"),
            number(b["student_mean"]),
            number(b["teacher_mean"]),
            number(b["mean_absolute_difference"]),
        ]
        for b in one["bins"]
    ]
    caption = f"{one['answer']} in bins of the student's answer"
    header = [
        "Student's answer",
        "Rows",
        "Mean, student",
        "Mean, teacher",
        "Mean absolute difference",
    ]
    return table(caption, header, rows)


def _span(low: float, high: float) -> Cell:
    return number(low) if low == high else (Number(low), Text(" to "), Number(high))


def _confidence(fidelity: Mapping[str, Any]) -> Cell:
    return (Number(fidelity["confidence"], "level"), Text(" interval"))


def _bounds(score: Mapping[str, Any]) -> Cell:
    return interval(score["low"], score["high"])


def _title_cells(name: str) -> list[Cell]:
    title, better = SCORES.get(name, (name, "–"))
    return [words(title), words(better)]


def _short_title(name: str) -> str:
    return SCORES.get(name, (name, ""))[0].partition(":")[0].partition(",")[0]
