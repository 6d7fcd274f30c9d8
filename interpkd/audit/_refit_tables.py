"""Frontier, distil or not, and stability laid out as tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Listing, Paragraph, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COUNTS = {
    "leaves": "Leaves",
    "bins": "Bins",
    "nonzero_coefficients": "Coefficients not zero",
    "features": "Columns used",
    "conditions_per_decision": "Conditions per decision",
}

LESSONS = {
    "soft": "teacher's probabilities or predictions",
    "hard": "teacher's decisions",
    "labels": "true labels or values",
    "teacher": "(the teacher itself)",
}


def frontier_section(data: Mapping[str, Any]) -> Section:
    """Lay out fidelity against size.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        The sizes, the choice, what is counted.
    """
    found = data["frontier"]
    if not found["is_computed"]:
        return Section("frontier", "Frontier", (Paragraph(words(found["reason"])),))
    how = (
        Text(f"The same kind of student ({found['student']}) in several sizes, on "),
        Number(found["n_rows"], "count"),
        Text(" held-out rows of "),
        Number(found["n_folds"], "count"),
        Text(" folds. Every interval holds by itself with "),
        Number(found["confidence"], "level"),
        Text(" confidence."),
    )
    blocks: list[Block] = [Paragraph(how), _sizes(found), _scores_by_size(found)]
    choice = found["choice"]
    if choice is not None:
        limit: list[Text | Number] = [Text(f"{choice['text']} Limit: "), Number(choice["limit"])]
        if choice["standard_error"] is not None:
            limit += [Text("; standard error over folds: "), Number(choice["standard_error"])]
        blocks.append(Paragraph((*limit, Text("."))))
    counted = [
        (COUNTS[name], text)
        for name, text in found["counted"].items()
        if found["points"][0]["counts"][name] is not None
    ]
    blocks.append(Listing((*counted, ("Latency", found["latency"]))))
    return Section("frontier", "Frontier", tuple(blocks))


def distil_section(data: Mapping[str, Any]) -> Section:
    """Lay out what the teacher's answers bring over true labels.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        The lessons, their differences, and notes.
    """
    found = data["distil_or_not"]
    title = "Distil or not"
    if not found["is_computed"]:
        return Section("distil-or-not", title, (Paragraph(words(found["reason"])),))
    how = (
        Text(f"The same student ({found['student']}) taught in several ways, on "),
        Number(found["n_rows"], "count"),
        Text(" held-out rows of "),
        Number(found["n_folds"], "count"),
        Text(" folds."),
    )
    blocks: list[Block] = [Paragraph(how), _lessons(found)]
    blocks.append(_differences("Lessons against each other", found["comparisons"]))
    blocks.append(_differences("The price against the teacher", found["price"]))
    blocks += [Paragraph(words(note)) for note in found["notes"]]
    return Section("distil-or-not", title, tuple(blocks))


def stability_section(data: Mapping[str, Any]) -> Section:
    """Lay out what refits repeat.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Churn, and what recurs.
    """
    found = data["stability"]
    if not found["is_computed"]:
        return Section("stability", "Stability", (Paragraph(words(found["reason"])),))
    how = (
        Number(found["n_refits"], "count"),
        Text(f" refits of {found['student']} on "),
        Number(found["n_train"], "count"),
        Text(" rows, compared on "),
        Number(found["n_test"], "count"),
        Text(" held-out rows."),
    )
    blocks: list[Block] = [Paragraph(how), _churn(found)]
    parts = {"splits": "Split", "signs": "Sign of the coefficient", "columns": "Column"}
    blocks += [_recurring(title, found[name]) for name, title in parts.items() if found[name]]
    if found["values"]:
        blocks.append(_values(found["values"]))
    blocks += [Paragraph(words(note)) for note in found["notes"]]
    return Section("stability", "Stability", tuple(blocks))


def _sizes(found: Mapping[str, Any]) -> Block:
    counted = [name for name in COUNTS if found["points"][0]["counts"][name] is not None]
    header: list[str | Cell] = ["Size", *(COUNTS[name] for name in counted)]
    header += [f"Mean {found['score']} by fold", "Standard error", "Seconds per row"]
    rows = []
    for point in found["points"]:
        folds = point["by_fold"][found["score"]]
        rows.append(
            [
                words(point["name"]),
                *(number(point["counts"][name], "plain") for name in counted),
                number(folds["mean"]),
                number(folds["standard_error"]),
                number(point["seconds_per_row"], "plain"),
            ]
        )
    return table("Sizes, means over folds", header, rows)


def _scores_by_size(found: Mapping[str, Any]) -> Block:
    header: list[str | Cell] = [
        "Size",
        "Student against",
        "Score",
        "Estimate",
        "Interval",
        "Method",
    ]
    rows = [
        [
            words(point["name"]),
            words(against),
            words(name),
            number(score["estimate"]),
            _bounds(score),
            words(score["method"]),
        ]
        for point in found["points"]
        for against, part in (("teacher", "fidelity"), ("true values", "performance"))
        for name, score in point[part].items()
    ]
    rows += [
        [
            words("teacher"),
            words("true values"),
            words(name),
            number(score["estimate"]),
            _bounds(score),
            words(score["method"]),
        ]
        for name, score in found["teacher_performance"].items()
    ]
    return table("Scores on all held-out rows", header, rows)


def _lessons(found: Mapping[str, Any]) -> Block:
    scores = list(found["teacher"])
    header: list[str | Cell] = ["Learned from"]
    for name in scores:
        header += [name.replace("_", " "), "Interval"]
    header.append("Generated rows")
    models = [(one["name"], one["performance"], one["n_generated"]) for one in found["lessons"]]
    rows = [
        [words(LESSONS[name]), *_figures(part, scores), number(n, "plain")]
        for name, part, n in (*models, ("teacher", found["teacher"], None))
    ]
    return table("Performance against the true values", header, rows)


def _figures(part: Mapping[str, Any], scores: Sequence[str]) -> list[Cell]:
    cells = []
    for name in scores:
        cells += [number(part[name]["estimate"]), _bounds(part[name])]
    return cells


def _differences(caption: str, differences: Sequence[Mapping[str, Any]]) -> Block:
    header: list[str | Cell] = [
        "Finding",
        "Difference",
        "Interval",
        "Confidence",
        "p-value",
        "Test",
    ]
    rows = [
        [
            words(one["text"]),
            number(one["difference"]["estimate"]),
            _bounds(one["difference"]),
            number(one["confidence"], "level"),
            number(one["p_value"]),
            words(one["test"]),
        ]
        for one in differences
    ]
    return table(caption, header, rows, wide=0)


def _churn(found: Mapping[str, Any]) -> Block:
    what = "decisions" if found["task"] == "classification" else "predictions"
    rows: list[tuple[str, Cell]] = []
    for name, title in (
        ("churn", f"Change of {what} between two refits"),
        ("change", f"Change of {what} between {found['reference']} and a refit"),
    ):
        score = found[name]
        rows.append((title, (*number(score["estimate"]), Text(" "), *_bounds(score))))
        rows.append((f"{title}: method", words(score["method"])))
    rules = found["same_rules"]
    if rules is not None:
        rows.append(("Adjusted Rand index of the leaves, median", number(rules["median"])))
        rows.append(("Adjusted Rand index of the leaves, lowest", number(rules["lowest"])))
    rows.append(("Confidence of the intervals", number(found["confidence"], "level")))
    return facts("What changes", rows)


def _recurring(title: str, many: Sequence[Mapping[str, Any]]) -> Block:
    header: list[str | Cell] = [title, "Refits", "Of the reference", "Verdict", "Finding"]
    rows = [
        [
            words(one["name"]),
            number(one["n_again"], "count"),
            words("yes" if one["is_of_reference"] else "no"),
            words(one["verdict"]),
            words(one["text"]),
        ]
        for one in many
    ]
    return table(f"{title}: what refits repeat", header, rows)


def _values(values: Sequence[Mapping[str, Any]]) -> Block:
    header: list[str | Cell] = ["Value", "Reference", "Lowest", "Median", "Highest", "Refits"]
    rows = [
        [
            words(one["name"]),
            number(one["reference"], "plain"),
            number(one["lowest"], "plain"),
            number(one["median"], "plain"),
            number(one["highest"], "plain"),
            number(one["n_refits"], "count"),
        ]
        for one in values
    ]
    return table("Coefficients or points beside those of the refits", header, rows)


def _bounds(score: Mapping[str, Any]) -> Cell:
    return interval(score["low"], score["high"])
