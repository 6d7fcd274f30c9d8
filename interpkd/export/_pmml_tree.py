"""A tree as a TreeModel of PMML."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from interpkd._borders import double_border
from interpkd.export._json_checks import INFINITE
from interpkd.export._json_tree import SIDES
from interpkd.export._pmml_fields import label, number, write_schema
from interpkd.export._pmml_outputs import output, write_answers
from interpkd.export._pmml_predicates import is_between, is_known, is_missing
from interpkd.export._pmml_xml import child, node

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from interpkd.export._pmml_fields import Names


def write_tree(data: dict[str, Any], names: Names) -> Element:
    """Write a tree.

    Parameters
    ----------
    data : dict
        The document of the student.

    names : Names
        The names of its fields.

    Returns
    -------
    model : Element
        The model.
    """
    outputs = [*write_answers(data, names), output(names.leaf, "entityId", kind="string")]
    strategy = "defaultChild" if data["takes_missing"] else "nullPrediction"
    return node(
        "TreeModel",
        write_schema(data, names),
        node("Output", *outputs),
        _write_nodes(data),
        functionName=data["task"],
        algorithmName="interpkd",
        missingValueStrategy=strategy,
        splitCharacteristic="binarySplit",
    )


def _write_nodes(data: dict[str, Any]) -> Element:
    """Write the nodes, each after its parent and in it."""
    columns = {column["name"]: column for column in data["columns"]}
    written: list[Element] = []
    predicates = {0: node("True")}
    parents: dict[int, Element] = {}
    for one in data["nodes"]:  # parents come before their children
        here = _write_node(one, data, predicates[one["node"]])
        written.append(here)
        if one["node"]:
            parents[one["node"]].append(here)
        if "left" in one:
            for side, predicate in _split(columns[one["column"]], one).items():
                predicates[one[side]], parents[one[side]] = predicate, here
    return written[0]


def _write_node(one: dict[str, Any], data: dict[str, Any], predicate: Element) -> Element:
    is_regression = data["classes"] is None
    attributes = {
        "id": str(one["node"]),
        "score": number(one["answer"][0]) if is_regression else label(one["decision"]),
        "recordCount": str(one["n_rows"]),
    }
    if "left" in one and data["takes_missing"]:
        attributes["defaultChild"] = str(one[one["missing"]])
    element = node("Node", predicate, **attributes)
    if not is_regression:
        for share, value in zip(one["answer"], data["classes"], strict=True):
            child(
                element,
                "ScoreDistribution",
                value=label(value),
                recordCount=number(share * one["n_rows"]),
                probability=number(share),
            )
    return element


def _split(column: dict[str, Any], one: dict[str, Any]) -> dict[str, Element]:
    """Write what goes to each side; where a missing value would be asked in vain, say so."""
    threshold = INFINITE.get(one["threshold"], one["threshold"])
    border = double_border(threshold) if column["kind"] == "numeric" else threshold
    known = {
        "left": is_between(column, -math.inf, border),
        "right": is_between(column, border, math.inf),
    }
    # an empty side makes the other one everything: then no answer is unknown, and none is needed
    for side, other in (SIDES, SIDES[::-1]):
        if known[side].tag == "False":
            known[other] = is_known(column)
            if one["missing"] == side:
                known[side] = is_missing(column)
            else:
                known[other] = node("True")
    return known
