"""A certificate laid out: what is proved, what is likely, what one input attains."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, Picture, Section, facts, table
from interpkd.audit._cells import Cell, Number, Text, either, number, words
from interpkd.audit._section_blocks import empty_section, said
from interpkd.audit._shown_rows import row_cell
from interpkd.audit._svg import (
    INK,
    LINE,
    LOW,
    PAPER,
    STUDENT,
    TEACHER,
    drawing,
    new_figure,
    to_svg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ANCHOR, TITLE = "certificate", "What is proved near single rows, and everywhere"

STATUSES = {
    "proved": "Proved",
    "undecided": "Undecided",
    "student_border": "Student's border",
    "teacher_unstable": "Teacher changes nearby",
    "wrong_on_row": "Wrong on the row",
}
"""What becomes of a row, in the order of the bars."""

COLOURS = {
    "proved": LOW,
    "undecided": LINE,
    "student_border": STUDENT,
    "teacher_unstable": TEACHER,
    "wrong_on_row": INK,
}


def certificate_section(data: Mapping[str, Any]) -> Section:
    """Lay out a certificate.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        Picture, rows by what became of them, counterexamples, the worst case, and whether both are the
        same everywhere.
    """
    section, everywhere = data["certificate"], _everywhere(data["equality"])
    if not section["is_computed"]:
        empty = empty_section(ANCHOR, TITLE, section)
        return Section(ANCHOR, TITLE, (*empty.blocks, *everywhere))
    blocks: list[Block] = [_rows(section)]
    if section["not_searched"] is not None:
        reason = section["not_searched"]
        blocks.append(
            said(
                f"Nothing near the rows was searched, so nothing is proved of other inputs. {reason}"
            )
        )
        return Section(ANCHOR, TITLE, (*blocks, _limits(section), *everywhere))
    blocks += [_how(), _picture(), _radii(section), _limits(section)]
    if section["counterexamples"]:
        blocks.append(_examples(section))
    if section["worst_case"] is not None:
        blocks.append(_worst(section["worst_case"]))
    return Section(ANCHOR, TITLE, (*blocks, *everywhere))


def _rows(section: Mapping[str, Any]) -> Block:
    which = (
        " rows, which are the evaluation rows."
        if section["is_of_evaluation_rows"]
        else " rows, which are not the evaluation rows, or not all of them."
    )
    return Paragraph((Text("Made of "), Number(section["n_rows"], "count"), Text(which)))


def _how() -> Block:
    return said(
        "A row is proved when student and teacher agree on every input whose numbers are all "
        "within the stated share of ranks from the row's own: an exhaustive search, no sample. Of "
        "the others, the models disagree on the row itself; or on an input near it, where the "
        "teacher's own answer changes too, or where no change of the teacher was found and the "
        "student's border lies elsewhere; or the search ended before it could decide."
    )


def _picture() -> Block:
    return Picture(
        "certificate",
        "What became of the rows, by the size of their neighbourhood",
        "One bar per radius. From the left: rows that are proved, undecided, at the student's "
        "border, where the teacher changes nearby, wrong on the row itself. The table below gives "
        "the numbers.",
    )


def _radii(section: Mapping[str, Any]) -> Block:
    header: list[str | Cell] = [
        "Proved for every input within, of ranks",
        "Share of rows proved",
        _population(section, "at least"),
        *(title for name, title in STATUSES.items()),
    ]
    body = [
        [
            number(one["radius"], "level"),
            number(one["proved"]["estimate"], "percent"),
            number(one["proved"]["low"], "percent"),
            *(number(one["counts"][name], "count") for name in STATUSES),
        ]
        for one in section["radii"]
    ]
    return table("Rows by what became of them", header, body)


def _population(section: Mapping[str, Any], bound: str) -> Cell:
    """Say of whom a limit holds, and how surely."""
    level = Number(section["confidence"], "level")
    return (
        Text(f"{bound[:1].upper()}{bound[1:]}, with "),
        level,
        Text(" confidence for rows like the held-out ones"),
    )


def _limits(section: Mapping[str, Any]) -> Block:
    agreement, mean = section["agreement"], section["mean_difference"]
    rows: list[tuple[str, Cell]] = [
        ("Both models agree on the row itself", number(agreement["estimate"], "percent")),
        ("At least, of rows like the held-out ones", number(agreement["low"], "percent")),
    ]
    if mean["estimate"] is not None:
        rows.append(("Mean difference of answers on the row", number(mean["estimate"])))
    if mean["high"] is not None:
        rows.append(("At most, of rows like the held-out ones", number(mean["high"])))
    rows += [
        ("Limits that hold together", number(section["n_limits"], "count")),
        ("Confidence in all of them together", number(section["confidence"], "level")),
        ("Tolerance", number(section["tolerance"], "plain")),
        ("Most boxes searched for a row and a radius", number(section["max_nodes"], "count")),
        ("Frozen columns", either(", ".join(section["frozen_features"]) or None)),
        ("SHA-256 of the rows", (Text(section["rows_sha256"], is_code=True),)),
    ]
    return facts("Limits for rows not yet seen, and how the search was made", rows)


def _examples(section: Mapping[str, Any]) -> Block:
    header: list[str | Cell] = [
        "Row, counted from 0",
        "Within, of ranks",
        "Column",
        "Value of the row",
        "Changed to",
        "Teacher answers",
        "Student answers",
    ]
    body = [
        [
            number(one["row"], "plain"),
            number(one["radius"], "level"),
            words(one["column"]),
            number(one["value"], "plain"),
            number(one["changed_to"], "plain"),
            either(one["teacher"]),
            either(one["student"]),
        ]
        for one in section["counterexamples"]
    ]
    return table("Disagreements near rows, each attained by this input", header, body)


def _worst(worst: Mapping[str, Any]) -> Block:
    """Lay out the largest difference of answers that was found."""
    per_class = ", per class" if isinstance(worst["teacher"], list) else ""
    rows: list[tuple[str, Cell]] = [
        ("The answers differ by, attained by this input", number(worst["difference"])),
        ("The input", row_cell(worst["input"])),
        (f"Teacher answers{per_class}", either(worst["teacher"])),
        (f"Student answers{per_class}", either(worst["student"])),
        ("Search began at row, counted from 0", either(worst["row"])),
    ]
    if worst["bound"] is not None:
        rows.append(("Proved: no input in that range exceeds", number(worst["bound"])))
    else:
        rows.append(("Why no bound is proved", words(worst["reason"])))
    return facts("The largest difference of answers found in the range of the reference rows", rows)


def _everywhere(equality: Mapping[str, Any]) -> list[Block]:
    """Say whether both decide the same everywhere; without a certificate of it nothing."""
    if not equality["is_computed"]:
        return []
    blocks = [said(f"Everywhere, and not only near rows. {equality['statement']}")]
    rows: list[tuple[str, Cell]] = [
        ("Outcome", words(equality["status"])),
        ("Domain", words(equality["domain"])),
        ("Cells that the two models can tell apart", either(equality["n_cells"])),
        ("Combinations of categories and missing values", number(equality["n_boxes"], "count")),
        ("Boxes searched", number(equality["n_nodes"], "count")),
        ("Tolerance", number(equality["tolerance"], "plain")),
    ]
    if equality["witness"] is not None:
        rows += [
            ("The input", row_cell(equality["witness"])),
            ("Teacher answers", either(equality["teacher"])),
            ("Student answers", either(equality["student"])),
        ]
    return [*blocks, facts("Whether student and teacher are the same on a whole domain", rows)]


def draw_certificate(section: Mapping[str, Any]) -> str:
    """Draw what became of the rows, one bar per radius.

    Parameters
    ----------
    section : mapping
        data["certificate"].

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    radii = section["radii"]
    with drawing():
        figure = new_figure(7.2, 0.34 * len(radii) + 1.1)
        axes = figure.add_subplot()
        for row, one in enumerate(radii):
            left = 0.0
            for name, colour in COLOURS.items():
                share = one["counts"][name] / section["n_rows"]
                axes.barh(row, share, 0.62, left, color=colour, edgecolor=PAPER, lw=0.8)
                left += share
            axes.plot([one["proved"]["low"]] * 2, [row - 0.42, row + 0.42], color=INK, lw=1.4)
        labels = [f"within {100 * one['radius']:g} %" for one in radii]
        axes.set_yticks(range(len(radii)), labels)
        axes.set_ylim(len(radii) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Share of rows; upright marks: lower limits of the share proved")
        handles = [
            axes.barh(0, 0, color=colour, label=STATUSES[name].lower())
            for name, colour in COLOURS.items()
        ]
        figure.legend(handles=handles, loc="upper center", ncols=5)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
        return to_svg(figure, "certificate")
