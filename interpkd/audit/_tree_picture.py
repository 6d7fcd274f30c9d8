"""The student as a tree diagram: one line per node, indented like an outline.

Drawn as boxes, a tree of thirty rules is confetti; as an outline it is a page of readable lines,
with the answer of each rule on the line of its leaf.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._svg import (
    INK,
    LINE,
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

    from interpkd._structure import Structure

MAX_LEAVES = 64
"""Larger trees are not drawn: nobody could read them."""

ROW, INDENT, LETTER = 0.235, 0.2, 0.062
"""Height of a line, indent per condition, width of a letter, in inches."""

PANEL = 3.9
"""Width of the answers beside the outline."""

TOP = 0.4
"""Height of the headings."""

MAX_LABEL = 58
"""Most letters of a condition in the picture."""


@dataclass(frozen=True)
class _Line:
    """A node's line: its number, condition, depth, and the line of its parent (-1 for the root)."""

    node: int
    label: str
    depth: int
    parent: int


def draw_tree(structure: Structure, data: Mapping[str, Any]) -> str:
    """Draw the student.

    Parameters
    ----------
    structure : Structure
        The student taken apart.

    data : mapping
        The data model; its rules supply numbers, answers and rows.

    Returns
    -------
    svg : str
        The picture.
    """
    rules = {rule["leaf"]: rule for rule in data["student"]["rules"]}
    lines = _outline(structure)
    outline = max(INDENT * line.depth + LETTER * len(line.label) for line in lines) + 0.5
    width, height = max(outline, 2.5) + PANEL, ROW * len(lines) + TOP
    with drawing():
        figure = new_figure(width, height)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height - TOP, -TOP))
        axes.set_axis_off()
        _draw_outline(axes, lines, width - PANEL)
        _draw_answers(axes, lines, width - PANEL, rules, data)
        return to_svg(figure, "tree")


def _outline(structure: Structure) -> list[_Line]:
    """Give the nodes in the order in which an outline lists them."""
    tree = structure.core.tree_
    lines: list[_Line] = []
    todo: list[tuple[int, str, int, int, dict[int, tuple[Any, ...]]]] = [(0, "all rows", 0, -1, {})]
    while todo:
        node, label, depth, parent, seen = todo.pop()
        lines.append(_Line(node, label, depth, parent))
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left == right:
            continue
        feature, here = int(tree.feature[node]), len(lines) - 1
        for child, is_left in ((right, False), (left, True)):  # the left one is popped first
            text, rest = _branch(structure, node, seen.get(feature), is_left=is_left)
            todo.append((child, text, depth + 1, here, {**seen, feature: rest}))
    return lines


def _branch(
    structure: Structure, node: int, seen: tuple[Any, ...] | None, *, is_left: bool
) -> tuple[str, tuple[Any, ...]]:
    """Word one branch of a split; for categories, those that can still come this way."""
    tree = structure.core.tree_
    column = structure.columns[int(tree.feature[node])]
    threshold = float(tree.threshold[node])
    missing = bool(tree.missing_go_to_left[node]) == is_left and column.has_missing
    rest: tuple[Any, ...] = ()
    if column.kind == "numeric":
        text = f"{column.name} {'<=' if is_left else '>'} {threshold:,.6g}"
    else:
        values = (False, True) if column.kind == "boolean" else column.categories
        codes = seen if seen is not None else tuple(range(len(values)))
        rest = tuple(code for code in codes if (code <= threshold) == is_left)
        names = ", ".join(str(values[code]) for code in rest)
        text = f"{column.name} in {{{names}}}" if rest else f"{column.name} is missing"
        missing = missing and bool(rest)
    ending = " or missing" if missing else ""
    return short(text, MAX_LABEL - len(ending)) + ending, rest


def _draw_outline(axes: Any, lines: list[_Line], end: float) -> None:
    """Draw elbows from parents to children and the conditions beside them."""
    for i, line in enumerate(lines):
        x, y = INDENT * line.depth + 0.1, _height(i)
        if line.parent >= 0:
            elbow = [x - INDENT, x - INDENT, x - 0.03]
            axes.plot(elbow, [_height(line.parent) + 0.07, y, y], color=SOFT, lw=0.8)
        axes.text(x, y, line.label, va="center", fontsize=8, color=INK)
        if _is_leaf(lines, i):
            start = x + LETTER * len(line.label) + 0.15
            axes.plot([start, end], [y, y], color=LINE, lw=0.8, ls=(0, (1, 2)))


def _draw_answers(
    axes: Any, lines: list[_Line], x: float, rules: Mapping[int, Any], data: Mapping[str, Any]
) -> None:
    """Write on each leaf's line: rule, bar of the answer, teacher's mean, decision and rows."""
    classes = data["classes"]
    places = {"Rule": x + 0.1, _answer_title(classes): x + 0.55, "Then": x + 2.15}
    if classes is None:
        del places["Then"]
    for title, place in places.items():
        axes.text(place, -0.08, title, va="bottom", fontsize=7.5, color=SOFT)
    axes.text(x + 3.8, -0.08, "training rows", va="bottom", ha="right", fontsize=7.5, color=SOFT)
    scale = _scale(rules, classes)
    for i, line in enumerate(lines):
        if not _is_leaf(lines, i):
            continue
        rule, y = rules[line.node], _height(i)
        axes.text(x + 0.1, y, str(rule["number"]), va="center", fontweight="bold")
        _draw_bar(axes, x + 0.55, y, _answers(rule, classes), scale)
        if classes is not None:
            axes.text(x + 2.15, y, short(rule["decision"], 16), va="center")
        axes.text(x + 3.8, y, f"{rule['n_rows']:,}", va="center", ha="right")


def _draw_bar(
    axes: Any, x: float, y: float, answers: tuple[float, float | None], scale: tuple[float, float]
) -> None:
    """Draw the student's answer as a bar with its number, the teacher's mean as a diamond."""
    student, teacher = answers
    width, (low, high) = 1.0, scale
    axes.plot([x, x + width], [y, y], color=LINE, lw=6, solid_capstyle="butt")
    end = x + width * (student - low) / (high - low)
    axes.plot([x, end], [y, y], color=STUDENT, lw=6, solid_capstyle="butt")
    if teacher is not None:
        place = x + width * min(max((teacher - low) / (high - low), 0), 1)
        axes.plot([place], [y], "D", ms=4.5, color=TEACHER, mec=PAPER, mew=0.8)
    axes.text(x + width + 0.08, y, f"{student:,.3g}", va="center")


def _is_leaf(lines: list[_Line], i: int) -> bool:
    return i + 1 == len(lines) or lines[i + 1].depth <= lines[i].depth


def _answer_title(classes: list[Any] | None) -> str:
    if classes is None:
        return "prediction, ◆ teacher"
    what = short(classes[1], 8) if len(classes) == 2 else "class"
    return f"P({what}), ◆ teacher"


def _answers(rule: Mapping[str, Any], classes: list[Any] | None) -> tuple[float, float | None]:
    """Give the student's answer of a leaf and the teacher's mean there."""
    mean = rule["evaluation"]["teacher_mean"]
    if classes is None:
        return rule["value"], mean
    k = 1 if len(classes) == 2 else classes.index(rule["decision"])
    return rule["distribution"][k], None if mean is None else mean[k]


def _scale(rules: Mapping[int, Any], classes: list[Any] | None) -> tuple[float, float]:
    if classes is not None:
        return 0.0, 1.0
    values = [rule["value"] for rule in rules.values()] + [0.0]
    return (min(values), max(values)) if max(values) > min(values) else (0.0, 1.0)


def _height(line: int) -> float:
    return ROW * (line + 0.5)
