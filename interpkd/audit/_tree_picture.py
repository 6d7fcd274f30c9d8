"""The student as a tree diagram: root at the left, rules down the right.

Lying down, a tree of thirty rules is a page of readable lines; standing up, it is confetti.
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

ROW, LETTER, MARGIN = 0.34, 0.066, 0.12
"""Height of a leaf, width of a letter, space around, in inches."""

MAX_LABEL = 34
"""Most letters of a condition in the picture."""


@dataclass
class _Node:
    """A node's place: `depth` counts columns, `row` counts leaves from the top."""

    node: int
    depth: int
    row: float
    label: str
    children: tuple[_Node, ...]


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
    root = _place(structure, 0, 0, "", iter(range(len(rules))), {})
    edges = _column_edges(root)
    height = ROW * len(rules) + 0.55
    with drawing():
        figure = new_figure(edges[-1] + 4.1, height)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, edges[-1] + 4.1), ylim=(ROW * len(rules), ROW * len(rules) - height))
        axes.set_axis_off()
        _draw_branches(axes, root, edges)
        _draw_leaves(axes, root, edges, rules, data)
        return to_svg(figure, "tree")


def _place(
    structure: Structure,
    node: int,
    depth: int,
    label: str,
    rows: Any,
    seen: dict[int, tuple[Any, ...]],
) -> _Node:
    """Give every leaf the next row and every other node the middle of its children."""
    tree = structure.core.tree_
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:
        return _Node(node, depth, next(rows), label, ())
    feature = int(tree.feature[node])
    children = []
    for child, is_left in ((left, True), (right, False)):
        text, rest = _branch(structure, node, seen.get(feature), is_left=is_left)
        children.append(
            _place(structure, child, depth + 1, text, rows, {**seen, feature: rest})
        )
    middle = sum(child.row for child in children) / 2
    return _Node(node, depth, middle, label, tuple(children))


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
        text = f"{column.name}: {names}" if rest else f"{column.name} is missing"
        missing = missing and bool(rest)
    ending = " or missing" if missing else ""
    return short(text, MAX_LABEL - len(ending)) + ending, rest


def _column_edges(root: _Node) -> list[float]:
    """Give the left edge of every column, each as wide as its longest condition."""
    widths: dict[int, int] = {}
    todo = [root]
    while todo:
        node = todo.pop()
        widths[node.depth] = max(widths.get(node.depth, 0), len(node.label))
        todo += node.children
    edges = [MARGIN]
    for depth in range(1, len(widths)):
        edges.append(edges[-1] + max(0.7, widths[depth] * LETTER + 0.28))
    return edges


def _draw_branches(axes: Any, root: _Node, edges: list[float]) -> None:
    todo = [root]
    while todo:
        node = todo.pop()
        x, y = edges[node.depth], _height(node.row)
        for child in node.children:
            end, level = edges[child.depth], _height(child.row)
            axes.plot([x, x, end], [y, level, level], color=SOFT, lw=0.9, solid_joinstyle="round")
            axes.text(x + 0.08, level - 0.05, child.label, va="bottom", fontsize=7.5, color=INK)
        if node.children:
            axes.plot([x], [y], "o", ms=4, color=PAPER, mec=SOFT, mew=1)
        else:
            axes.plot([x, edges[-1]], [y, y], color=LINE, lw=0.9, ls=(0, (1, 2)))
        todo += node.children


def _draw_leaves(
    axes: Any, root: _Node, edges: list[float], rules: Mapping[int, Any], data: Mapping[str, Any]
) -> None:
    """Write one line per rule: number, bar of the answer, teacher's mean, decision and rows."""
    x = edges[-1] + 0.1
    bar, width = x + 0.62, 1.1
    classes = data["classes"]
    top = -0.14
    axes.text(x, top, "Rule", va="bottom", fontsize=7.5, color=SOFT)
    axes.text(bar, top, _answer_title(classes), va="bottom", fontsize=7.5, color=SOFT)
    axes.text(bar + width + 0.5, top, "Then", va="bottom", fontsize=7.5, color=SOFT)
    axes.text(x + 3.85, top, "Rows", va="bottom", ha="right", fontsize=7.5, color=SOFT)
    low, high = _scale(rules, classes)
    for node in _leaves(root):
        rule, y = rules[node.node], _height(node.row)
        student, teacher = _answers(rule, classes)
        axes.text(x, y, str(rule["number"]), va="center", fontweight="bold")
        axes.plot([bar, bar + width], [y, y], color=LINE, lw=5, solid_capstyle="butt")
        end = bar + width * (student - low) / (high - low)
        axes.plot([bar, end], [y, y], color=STUDENT, lw=5, solid_capstyle="butt")
        if teacher is not None:
            place = bar + width * min(max((teacher - low) / (high - low), 0), 1)
            axes.plot([place], [y], "D", ms=4.5, color=TEACHER, mec=PAPER, mew=0.7)
        axes.text(bar + width + 0.06, y, f"{student:,.3g}", va="center", fontsize=7.5)
        if classes is not None:
            axes.text(bar + width + 0.5, y, short(rule["decision"], 16), va="center", fontsize=7.5)
        rows = f"{rule['n_rows']:,}"
        axes.text(x + 3.85, y, rows, va="center", ha="right", fontsize=7.5)


def _answer_title(classes: list[Any] | None) -> str:
    if classes is None:
        return "Prediction (◆ teacher)"
    what = short(classes[1], 8) if len(classes) == 2 else "class"
    return f"P({what})  (◆ teacher)"


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


def _leaves(root: _Node) -> list[_Node]:
    todo, leaves = [root], []
    while todo:
        node = todo.pop()
        leaves += [] if node.children else [node]
        todo += node.children
    return leaves


def _height(row: float) -> float:
    return ROW * (row + 0.5)
