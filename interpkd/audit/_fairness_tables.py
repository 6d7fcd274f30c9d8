"""Group fairness laid out: the picture, and tables that say the same and more."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Listing, Paragraph, Picture, Section, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words
from interpkd.audit._fairness_layout import methods_of, rows_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interpkd.audit._fairness_layout import Column

TITLE = "Fairness by group"

MAX_SHOWN_COLUMNS = 8
"""Most columns of a proxy screen that are laid out; the JSON has all."""

CHANGES = {
    "selection_rate": "selection rate",
    "impact_ratio": "adverse-impact ratio",
}

USES = {
    "teacher": "the teacher's decisions",
    "student": "the student's decisions",
    "change": "the change between them",
}


def fairness_section(data: Mapping[str, Any]) -> Section:
    """Lay out the numbers of each group.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        What was measured, the picture, tables, the proxy screen, definitions and methods.
    """
    found = data["fairness"]
    if not found["is_computed"]:
        return Section("fairness", TITLE, (Paragraph(words(found["reason"])),))
    groups = [found["overall"], *found["groups"]]
    blocks: list[Block] = [Paragraph(_intro(found)), _picture(found)]
    for caption, columns in tables_of(groups):
        blocks.append(_numbers(caption, columns, rows_of(groups, columns)))
    blocks += _too_small(found)
    blocks += _changes(found)
    blocks.append(_references(found))
    if found["left_out"]:
        text = f"Intersections with too many cells, left out: {'; '.join(found['left_out'])}."
        blocks.append(Paragraph(words(text)))
    blocks += _proxies(found)
    meanings = [(name.replace("_", " "), text) for name, text in found["definitions"].items()]
    blocks.append(Listing(tuple(meanings)))
    blocks.append(_methods(groups))
    return Section("fairness", TITLE, tuple(blocks))


def _intro(found: Mapping[str, Any]) -> Cell:
    """Say what is favourable, how sure the numbers are, and what they are not."""
    parts: list[Text | Number] = []
    if found["task"] == "classification":
        what = (
            f"A decision for any class but {found['adverse']} counts as favourable"
            if found["favourable"] is None
            else f"A decision for {found['favourable']} counts as favourable"
        )
        parts.append(Text(f"{what}{', which was assumed' if found['is_assumed'] else ''}. "))
    parts += [
        Text("Each interval holds by itself with "),
        Number(found["confidence"], "level"),
        Text(" confidence: among many, some miss by chance. Nothing is computed from fewer than "),
        Number(found["min_cell"], "count"),
        Text(
            " rows. An attribute need not be an input of either model. These are measurements on "
        ),
        Text("the evaluation rows; no legal conclusion is drawn from them. Plain rates by "),
        Text(f"{found['library']['name']} {found['library']['version']}."),
    ]
    return tuple(parts)


def _picture(found: Mapping[str, Any]) -> Block:
    what = "Selection rates and adverse-impact ratios"
    if found["task"] == "regression":
        what = "Mean predictions and their differences"
    return Picture(
        "fairness",
        f"{what} by group, with intervals",
        "One line per group: the student filled, the teacher hatched, intervals as thin lines; a "
        "cross marks a group with insufficient data. The tables below say the same.",
    )


def _numbers(caption: str, columns: Sequence[Column], groups: Sequence[Mapping[str, Any]]) -> Block:
    rows = [
        [
            words(one["label"]),
            number(one["n"], "count"),
            *(_score(one[part].get(name)) for _, part, name in columns),
        ]
        for one in groups
    ]
    return table(caption, ["Group", "Rows", *(head for head, _, _ in columns)], rows)


def _score(score: Mapping[str, Any] | None) -> Cell:
    """Give a number with its interval, or why there is none."""
    if score is None:
        return words(None)
    if score["estimate"] is None:
        return words(score["method"])
    parts = number(score["estimate"])
    if score["low"] is not None:
        return (*parts, Text(" "), *interval(score["low"], score["high"]))
    return (
        *parts,
        Text(" (reference)" if "reference group" in score["method"] else " (no interval)"),
    )


def _too_small(found: Mapping[str, Any]) -> Iterator[Block]:
    rows = [
        [words(one["label"]), number(one["n"], "count"), words(one["insufficient"])]
        for one in (found["overall"], *found["groups"])
        if one["insufficient"]
    ]
    if rows:
        yield table("Insufficient data: groups without numbers", ["Group", "Rows", "Why"], rows)


def _changes(found: Mapping[str, Any]) -> Iterator[Block]:
    """Say in which groups the student is shown to be less favourable, all tests together."""
    if not found["n_joint"]:
        return
    intro = (
        Text("Changes tested together: "),
        Number(found["n_joint"], "count"),
        Text(". Where the student is lower than its teacher with all intervals holding at once "),
        Text(
            "(Bonferroni), the table says so; a group that is not in it is not shown to be equal."
        ),
    )
    yield Paragraph(intro)
    rows = [
        [
            words(one["label"]),
            words(CHANGES[name]),
            _score(one["change_jointly"][name]),
        ]
        for one in found["groups"]
        for name in one["worse_in"]
    ]
    if not rows:
        yield Paragraph(words("None was shown to be lower."))
        return
    yield table(
        "Lower for the student than for its teacher",
        ["Group", "In", "Change, with its joint interval"],
        rows,
    )


def _references(found: Mapping[str, Any]) -> Block:
    rows = [
        [
            words(" and ".join(one["attributes"])),
            words(USES[one["use"]]),
            words(one["group"]),
            words(one["chosen"]),
        ]
        for one in found["references"]
    ]
    header = ["Attributes", "Of", "Compared with", "How it was chosen"]
    return table("Groups that the others are compared with", header, rows)


def _proxies(found: Mapping[str, Any]) -> Iterator[Block]:
    rows = [
        [
            words(one["attribute"]),
            words(_input(one)),
            number(one["n"], "count"),
            number(one["auc"]),
            number(one["auc_used"]),
            _score(one["accuracy"]),
            number(one["baseline"]),
        ]
        for one in found["proxies"]
    ]
    header = ["Attribute", "A column of the model", "Rows", "AUC", "AUC, used columns only"]
    header += ["Accuracy", "Accuracy of guessing"]
    caption = "Proxy screen: how well each attribute can be told from the model's other columns"
    yield table(caption, header, rows)
    for one in found["proxies"]:
        if one["not_computed"]:
            text = f"Not computed of {one['attribute']}: {one['not_computed']}."
            yield Paragraph(words(text))
            continue
        shown = [
            [
                words(column["column"]),
                words("yes" if column["is_used"] else "no"),
                number(column["auc"]),
            ]
            for column in one["columns"][:MAX_SHOWN_COLUMNS]
        ]
        caption = f"Columns that tell {one['attribute']} best, each alone"
        yield table(caption, ["Column", "Used by the student", "AUC"], shown)


def _input(screen: Mapping[str, Any]) -> str:
    if not screen["is_input"]:
        return "no"
    return "yes, and the student uses it" if screen["is_used"] else "yes, unused by the student"


def _methods(groups: Sequence[Mapping[str, Any]]) -> Block:
    rows = [
        [words(name.replace("_", " ")), words("; ".join(methods))]
        for name, methods in methods_of(groups).items()
    ]
    return table("How the intervals were made", ["Number", "Method"], rows)
