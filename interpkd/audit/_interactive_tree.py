"""The student as a tree that a reader opens and closes: one line per node, nested as it splits.

Drawn as boxes, a tree of thirty rules is confetti; as an outline it is a page of readable lines,
with the answer of each rule on the line of its leaf. Without a script it is a nested list.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._borders import short_bound
from interpkd.audit._blocks import Line, Outline
from interpkd.audit._cells import ABSENT, Cell, Number, Text, number, words
from interpkd.export import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._structure import Structure
    from interpkd.audit._inputs import Inputs

MAX_LEAVES = 300
"""Larger trees are not laid out as an outline: nobody could read them."""


def tree_nodes(inputs: Inputs, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give every node of the student in the order in which an outline lists them.

    Parameters
    ----------
    inputs : Inputs
        The student, whose core is a tree.

    rules : sequence of mapping
        The rules of the report; what is said of an inner node is their mean by rows.

    Returns
    -------
    nodes : list of dict
        Number of the node and of its parent, the condition that leads there, training rows, the
        student's mean answer over them, evaluation rows and the teacher's mean over those; of a
        leaf also its rule and decision.
    """
    nodes = _outline(inputs.structure)
    by_leaf = {rule["leaf"]: rule for rule in rules}
    below: dict[int, list[Mapping[str, Any]]] = {one["node"]: [] for one in nodes}
    for one in reversed(nodes):  # children stand after their parents
        if one["node"] in by_leaf:
            below[one["node"]] = [by_leaf[one["node"]]]
        if one["parent"] is not None:
            below[one["parent"]] += below[one["node"]]
    n_all = sum(rule["n_rows"] for rule in rules)
    for one in nodes:
        one.update(_summary(below[one["node"]], n_all))
    return nodes


def outline(data: Mapping[str, Any]) -> Outline:
    """Lay out the nodes of the student.

    Parameters
    ----------
    data : mapping
        The data model of a report on a tree.

    Returns
    -------
    block : Outline
        One line per node.
    """
    student, classes = data["student"], data["classes"]
    nodes = student["nodes"]
    has_teacher = data["fidelity"]["is_computed"]
    label = _answer_label(classes)
    title = f"The tree; of each node the rows and the {label} of the student"
    title += ", a bar, and of the teacher, a diamond" if has_teacher else ", a bar"
    scale = _scale(nodes, classes)
    lines = []
    for i, one in enumerate(nodes):
        following = nodes[i + 1]["depth"] if i + 1 < len(nodes) else 0
        lines.append(
            Line(
                node=one["node"],
                label=one["text"],
                depth=one["depth"],
                n_closed=max(one["depth"] - following, 0),
                is_leaf=one["rule"] is not None,
                rule=() if one["rule"] is None else number(one["rule"], "count"),
                rows=(Number(one["n_rows"], "count"),),
                answer=_answer(one, classes, "answer"),
                teacher=_answer(one, classes, "teacher_mean") if has_teacher else (),
                decision=words(one["decision"]) if one["decision"] is not None else (),
                bar=_place(_value(one, classes, "answer"), scale),
                diamond=_place(_value(one, classes, "teacher_mean"), scale),
            )
        )
    return Outline("student-tree", title, label, tuple(lines))


def _outline(structure: Structure) -> list[dict[str, Any]]:
    """Give the nodes from top to bottom with the words on their branches."""
    tree = structure.core.tree_
    nodes: list[dict[str, Any]] = []
    todo: list[tuple[dict[str, Any], dict[int, tuple[Any, ...]]]]
    todo = [({"node": 0, "parent": None, "depth": 0, "column": None, "text": "all rows"}, {})]
    while todo:
        one, seen = todo.pop()
        nodes.append(one)
        node = one["node"]
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left == right:
            continue
        feature = int(tree.feature[node])
        for child, is_left in ((right, False), (left, True)):  # the left one is popped first
            text, rest = _branch(structure, node, seen.get(feature), is_left=is_left)
            below = {
                "node": child,
                "parent": node,
                "depth": one["depth"] + 1,
                "column": structure.columns[feature].name,
                "text": text,
            }
            todo.append((below, {**seen, feature: rest}))
    return nodes


def _branch(
    structure: Structure, node: int, seen: tuple[Any, ...] | None, *, is_left: bool
) -> tuple[str, tuple[Any, ...]]:
    """Word one branch of a split, bounds in the digits of single precision; for categories, those that come this way."""
    tree = structure.core.tree_
    column = structure.columns[int(tree.feature[node])]
    threshold = float(tree.threshold[node])
    missing = bool(tree.missing_go_to_left[node]) == is_left

    def word(kind: Any, **parts: Any) -> str:
        one = Condition(
            column.name, kind, **parts, or_missing=missing, missing_seen=column.has_missing
        )
        return one.text

    if column.kind == "numeric":
        if threshold == np.inf:  # the split is between what is missing and what is not
            return word("is not missing" if is_left else "is missing"), ()
        bound = short_bound(threshold)
        return (word("<=", upper=bound) if is_left else word(">", lower=bound)), ()
    values = (False, True) if column.kind == "boolean" else column.categories
    codes = seen if seen is not None else tuple(range(len(values)))
    rest = tuple(code for code in codes if (code <= threshold) == is_left)
    if not rest:
        return word("is missing"), rest
    return word("in", categories=tuple(values[code] for code in rest)), rest


def _summary(rules: Sequence[Mapping[str, Any]], n_all: int) -> dict[str, Any]:
    """Sum up the rules below a node; of a leaf, give its own."""
    n_rows = sum(rule["n_rows"] for rule in rules)
    n_here = sum(rule["evaluation"]["n"] for rule in rules)
    is_leaf = len(rules) == 1
    answers = [_own_answer(rule) for rule in rules]
    mean = _mean([rule["n_rows"] for rule in rules], answers)
    return {
        "n_rows": n_rows,
        "share": n_rows / n_all if n_all else None,
        "answer": _plain(answers[0]) if is_leaf else mean,
        "n_evaluation": n_here,
        "teacher_mean": _mean(
            [rule["evaluation"]["n"] for rule in rules],
            [rule["evaluation"]["teacher_mean"] for rule in rules],
        ),
        "rule": rules[0]["number"] if is_leaf else None,
        "decision": rules[0]["decision"] if is_leaf and rules[0]["distribution"] else None,
    }


def _own_answer(rule: Mapping[str, Any]) -> NDArray[np.float64]:
    value = rule["value"] if rule["distribution"] is None else rule["distribution"]
    return np.asarray(value, dtype=np.float64)


def _mean(weights: list[int], answers: Sequence[Any]) -> Any:
    """Give the mean of answers by rows; None where there are no rows, or no answers."""
    known = [
        (w, np.asarray(a)) for w, a in zip(weights, answers, strict=True) if w and a is not None
    ]
    if not known:
        return None
    if len(known) == 1:  # the number itself, not the number times one
        return _plain(known[0][1])
    total = sum(w for w, _ in known)
    return _plain(np.sum([w * a for w, a in known], axis=0) / total)


def _plain(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64).tolist()


def _answer_label(classes: list[Any] | None) -> str:
    if classes is None:
        return "mean prediction"
    return f"mean P({classes[1]})" if len(classes) == 2 else "mean probability of the class"


def _answer(one: Mapping[str, Any], classes: list[Any] | None, name: str) -> Cell:
    value = _value(one, classes, name)
    if value is None:
        return (Text(ABSENT),)
    return (Number(value, "plain" if classes is None else "score"),)


def _value(one: Mapping[str, Any], classes: list[Any] | None, name: str) -> float | None:
    """Give the one number that a line shows; for many classes that of a leaf's class."""
    found = one[name]
    if found is None or classes is None:
        return found
    if len(classes) == 2:
        return found[1]
    return None if one["decision"] is None else found[classes.index(one["decision"])]


def _scale(nodes: Sequence[Mapping[str, Any]], classes: list[Any] | None) -> tuple[float, float]:
    if classes is not None:
        return 0.0, 1.0
    values = [one["answer"] for one in nodes if one["answer"] is not None] + [0.0]
    return (min(values), max(values)) if max(values) > min(values) else (0.0, 1.0)


def _place(value: float | None, scale: tuple[float, float]) -> float | None:
    """Give a place on the scale in percent."""
    if value is None:
        return None
    low, high = scale
    return round(100 * min(max((value - low) / (high - low), 0.0), 1.0), 2)
