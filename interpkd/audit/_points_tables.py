"""A scorecard laid out: its table of points, what a score means, and who gets how many."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Number, Text, number, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def points_section(data: Mapping[str, Any]) -> Section:
    """Lay out every bin of a scorecard.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        How a score comes about, the table of points, and the scores of the evaluation rows.
    """
    student = data["student"]
    used = ", ".join(student["columns_used"])
    return Section(
        "student",
        "The student, complete",
        (
            Paragraph(_what_it_is(student)),
            Paragraph((Text("Columns used: "), Text(used), Text("."))),
            _picture(data),
            _table(data),
            _scale(student),
            _features(student),
            *_scores(data),
        ),
    )


def _picture(data: Mapping[str, Any]) -> Block:
    if "points" in data["pictures_left_out"]:
        return Paragraph(words(data["pictures_left_out"]["points"]))
    return Picture(
        "points",
        "Points of every bin; a column's line is how far it can move a score",
        "One line per column, the longest first; one mark per bin at its points, a larger mark "
        "for more training rows. The table of bins below says the same.",
    )


def _what_it_is(student: Mapping[str, Any]) -> tuple[Text | Number, ...]:
    scale = student["scale"]
    return (
        Text("A scorecard of "),
        Number(student["n_features"], "count"),
        Text(" columns and "),
        Number(student["n_bins"], "count"),
        Text(" bins. A score is the base points, "),
        Number(student["base_points"], "plain"),
        Text(", plus the points of one bin of each column. Points speak for "),
        Text(str(scale["good_class"])),
        Text(" and against "),
        Text(str(scale["other_class"])),
        Text(". A score of "),
        Number(scale["base_score"], "plain"),
        Text(" means odds of "),
        Number(scale["base_odds"], "plain"),
        Text(" to one, and every "),
        Number(scale["pdo"], "plain"),
        Text(" points more double them; the probability follows from the score alone."),
    )


def _table(data: Mapping[str, Any]) -> Block:
    student, label = data["student"], data["classes"][1]
    has_teacher = data["fidelity"]["is_computed"]
    header = ["Column", "Bin", "Points", "Coefficient", "Training rows", "Share"]
    header += ["Teacher's mean", "Evaluation rows"]
    header += ["Teacher's mean on evaluation rows"] if has_teacher else []
    first = [
        *(words("base points"), words("all rows")),
        number(student["base_points"], "plain"),
        number(student["intercept"]),
        number(student["n_rows"], "count"),
        words(None),
        number(student["teacher_mean"]),
        number(data["data"]["n_rows"], "count"),
    ]
    body = [first + [words(None)] * has_teacher]
    body += [
        [
            words(one["feature"]),
            words(one["bin"]),
            number(one["points"], "plain"),
            number(one["coefficient"]),
            number(one["n_rows"], "count"),
            number(one["share"], "percent"),
            number(one["teacher_mean"]),
            number(one["evaluation"]["n"], "count"),
            *([number(one["evaluation"]["teacher_mean"])] if has_teacher else []),
        ]
        for one in student["bins"]
    ]
    caption = (
        f"Every bin of the student; training rows: {student['rows_counted']}; coefficient: log odds "
        f"of {label} before rounding; teacher's mean: soft targets for {label}"
    )
    keys = ["bin-base", *(f"bin-{i}" for i in range(len(student["bins"])))]
    return table(caption, header, body, wide=1, keys=keys)


def _scale(student: Mapping[str, Any]) -> Block:
    scale, rounding = student["scale"], student["rounding"]
    return facts(
        "What a score means, and what whole points cost",
        [
            ("Points to double the odds", number(scale["pdo"], "plain")),
            ("Score at the base odds", number(scale["base_score"], "plain")),
            ("Base odds, of the class that points speak for", number(scale["base_odds"], "plain")),
            ("Base points", number(student["base_points"], "plain")),
            ("Lowest score there can be", number(scale["least_score"], "plain")),
            ("Highest score there can be", number(scale["most_score"], "plain")),
            (
                "Rounding: log loss on the training rows less that before, in nats",
                number(rounding["loss"]),
            ),
            (
                "Rounding: largest change of a probability there",
                number(rounding["largest_change"]),
            ),
        ],
    )


def _features(student: Mapping[str, Any]) -> Block:
    body = [
        [
            words(one["feature"]),
            number(one["n_bins"], "count"),
            number(one["least_points"], "plain"),
            number(one["most_points"], "plain"),
        ]
        for one in student["features"]
    ]
    return table(
        "How much each column can move a score",
        ["Column", "Bins", "Lowest points", "Highest points"],
        body,
    )


def _scores(data: Mapping[str, Any]) -> Iterator[Block]:
    """Lay out who gets how many points: bands of scores, then groups and segments."""
    scores, label = data["student"]["scores"], data["classes"][1]
    has_teacher = data["fidelity"]["is_computed"]
    header = ["Lowest score", "Highest score", "Evaluation rows", "Share"]
    header += ["Student's mean"]
    header += ["Teacher's mean", "Agreement"] if has_teacher else []
    body = [
        [
            number(one["low"], "plain"),
            number(one["high"], "plain"),
            number(one["n"], "count"),
            number(one["share"], "percent"),
            number(one["student_mean"]),
            *([number(one["teacher_mean"]), number(one["agreement"])] if has_teacher else []),
        ]
        for one in scores["bands"]
    ]
    caption = (
        f"Who gets how many points: the evaluation rows in bands of scores; means of P({label})"
    )
    yield table(caption, header, body)
    names = dict.fromkeys(one["segment"] for one in scores["groups"])
    for name in names:
        rows = [one for one in scores["groups"] if one["segment"] == name]
        what = "group" if name in data["group_names"] else "segment"
        yield _group_table(f"Who gets how many points, by {what}: {name}", rows)


def _group_table(caption: str, rows: Sequence[Mapping[str, Any]]) -> Block:
    header = ["Value", "Rows", "Mean score", "Lower quarter", "Median", "Upper quarter"]
    body = [
        [
            words("missing" if one["value"] is None else one["value"]),
            number(one["n"], "count"),
            number(one["mean"], "plain"),
            number(one["q25"], "plain"),
            number(one["median"], "plain"),
            number(one["q75"], "plain"),
        ]
        for one in rows
    ]
    return table(caption, header, body)
