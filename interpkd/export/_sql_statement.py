"""A student as one SELECT.

The innermost level makes doubles and NULL of the table's columns. The next has the leaf, or the
scores. The outermost has the answers.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.export._rules import rule_list
from interpkd.export._sql_levels import Levels
from interpkd.export._sql_order import Order, read_order
from interpkd.export._sql_parts import Lines, case
from interpkd.export._sql_scores import write_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.export._sql_levels import Answered

TITLES = {
    "tree": "a tree",
    "logistic": "a logistic regression",
    "svm": "a linear support vector machine",
    "linear": "a linear regression",
    "scorecard": "a scorecard",
}


def emit_sql(
    data: dict[str, Any],
    *,
    note: str = "",
    table: str | Sequence[str],
    dialect: str = "duckdb",
    keep: str | Sequence[str] = (),
    columns: str | Sequence[str] = "prediction",
    names: Mapping[str, str] | None = None,
    cutoff: float | None = None,
    n_reasons: int = 4,
    adverse_class: Any = None,
    reference: Any = None,
    dictionary: Mapping[str, str] | None = None,
) -> str:
    """Write the document of a student as SQL.

    Parameters
    ----------
    data : dict
        What :func:`~interpkd.export.to_json` gave.

    note : str, default=""
        A line for the header.

    table, dialect, keep, columns, names, cutoff : object
        As in :func:`~interpkd.export.to_sql`.

    n_reasons, adverse_class, reference, dictionary : object
        As there.

    Returns
    -------
    sql : str
        The statement.
    """
    order = read_order(
        data,
        table=table,
        dialect=dialect,
        keep=keep,
        columns=columns,
        names=names,
        cutoff=cutoff,
        n_reasons=n_reasons,
        adverse_class=adverse_class,
        reference=reference,
        dictionary=dictionary,
    )
    return write_statement(data, order, note)


def write_statement(data: dict[str, Any], order: Order, note: str = "") -> str:
    """Write the statement that was asked for."""
    levels = Levels(data, order)
    lines = _write_tree(levels) if data["kind"] == "tree" else write_scores(levels)
    comments = [f"-- {_plain(line)}" for line in (*_header(data, order), note) if line]
    return "\n".join([*comments, *lines]) + "\n"


def _write_tree(levels: Levels) -> Lines:
    """Give the statement of a tree."""
    data, order, dialect = levels.data, levels.order, levels.dialect
    used, write = levels.parts.leaf(levels.student.student_.tree_)
    levels.begin(used)
    leaf = levels.fresh("leaf")
    levels.level([(leaf, write(levels.guard))])
    nodes = [node for node in data["nodes"] if "left" not in node]
    classes = data["classes"]

    def by_leaf(texts: Mapping[int, str]) -> Lines:
        return case([(str(number), text) for number, text in texts.items()], subject=leaf)

    answers: Answered = {("leaf", 0): [leaf]}
    for k in range(len(classes or [0])):
        numbers = {node["node"]: levels.number(node["answer"][k]) for node in nodes}
        answers["value" if classes is None else "probability", k] = by_leaf(numbers)
    if classes is not None:
        labels = {node["node"]: _decision(node, classes, order.cutoff) for node in nodes}
        written = {number: dialect.write_label(label) for number, label in labels.items()}
        answers["prediction", 0] = by_leaf(written)
    if order.has("rule"):
        rules = rule_list(levels.student)
        answers["rule", 0] = by_leaf(
            {one.leaf: dialect.write_text(one.text, "the rule") for one in rules}
        )
    return levels.finish(answers)


def _decision(node: Mapping[str, Any], classes: Sequence[Any], cutoff: float | None) -> Any:
    return node["decision"] if cutoff is None else classes[int(node["answer"][1] > cutoff)]


def _header(data: Mapping[str, Any], order: Order) -> list[str]:
    lines = [f"A student, {TITLES[data['kind']]}, as SQL for {order.dialect.title}."]
    classes = data["classes"]
    if classes is not None and len(classes) == 2:
        lines.append(f"The column probability is that of class {classes[1]!a}.")
    if order.cutoff is not None:
        lines.append(f"That class is predicted where it is above {order.cutoff!r}.")
    return lines


def _plain(text: str) -> str:
    """Give a text that stays in its line, and in its statement."""
    shown = text.replace(";", ",").replace("$", "?")
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in shown)[:800]
