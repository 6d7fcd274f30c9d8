"""A scorecard as a Scorecard of PMML, with reason codes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import number, write_schema
from interpkd.export._pmml_outputs import apply, constant, decide, output, refer
from interpkd.export._pmml_predicates import compare, is_between, is_missing, is_one_of
from interpkd.export._pmml_xml import child, node

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from interpkd.export._pmml_fields import Names

ROUNDING = 1e-9
"""Points that are none: points are whole, and a mean of them is no nearer to one than this."""

ORDER = {"missing": 0, "special": 1, "interval": 2, "categories": 2}
"""The first bin that holds a value counts: so special values stand before intervals."""


def write_card(data: dict[str, Any], names: Names) -> Element:
    """Write a scorecard.

    Its score are points. Reason codes are the names of columns, by points lost against the mean of
    the training rows: the reasons that `interpkd.explanation.reasons` gives with these rows as the
    background and all of them as the reference group.

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
    columns = {column["name"]: column for column in data["columns"]}
    loses = _speaks_for_good(data)
    # evaluators differ on a column that loses nothing, and take rounding for a loss
    shift = -ROUNDING if loses else ROUNDING
    # of equal losses the first one in the document goes first: as in the table
    order = {name: i for i, name in enumerate(columns)}
    features = sorted(data["features"], key=lambda one: order[one["column"]])
    listed = [_write_feature(one, columns[one["column"]], shift) for one in features]
    return node(
        "Scorecard",
        write_schema(data, names),
        node("Output", *_write_outputs(data, names)),
        node("Characteristics", *listed),
        functionName="regression",
        algorithmName="interpkd",
        initialScore=number(data["base_points"]),
        useReasonCodes="true",
        reasonCodeAlgorithm="pointsBelow" if loses else "pointsAbove",
        baselineMethod="mean",
    )


def _speaks_for_good(data: dict[str, Any]) -> bool:
    """Tell whether points lost are what speaks for the adverse class."""
    scale, classes = data["scale"], data["classes"]
    adverse = 1
    if scale["good_class_was_given"]:
        adverse = 1 - classes.index(scale["good_class"])
    return (adverse == 1) != (data["factor"] > 0)


def _write_feature(feature: dict[str, Any], column: dict[str, Any], shift: float) -> Element:
    name, bins = column["name"], feature["bins"]
    baseline = math.fsum(one["share"] * one["points"] for one in bins) + shift
    element = node("Characteristic", name=name, reasonCode=name, baselineScore=number(baseline))
    for one in sorted(bins, key=lambda one: ORDER[one["kind"]]):
        part = child(element, "Attribute", partialScore=number(one["points"]))
        part.append(_holds(one, column))
    return element


def _holds(one: dict[str, Any], column: dict[str, Any]) -> Element:
    if one["kind"] == "missing":
        return is_missing(column)
    if one["kind"] == "categories":
        return is_one_of(column["name"], one["categories"])
    lower = -math.inf if one["lower"] is None else one["lower"]
    upper = math.inf if one["upper"] is None else one["upper"]
    if one["kind"] == "interval":
        return is_between(column, lower, upper)
    if column["kind"] == "boolean":
        return is_one_of(
            column["name"], [value for value in (False, True) if value == one["value"]]
        )
    return compare(column["name"], "equal", number(one["value"]))


def _write_outputs(data: dict[str, Any], names: Names) -> list[Element]:
    """Write the points, and what they mean: 1 / (1 + exp((offset - points) / factor))."""
    first, second = names.probabilities
    distance = apply("-", constant(data["offset"]), refer(names.points))
    odds = apply("exp", apply("/", distance, constant(data["factor"])))
    probability = apply("/", constant(1.0), apply("+", constant(1.0), odds))
    rest = apply("-", constant(1.0), refer(second))
    return [
        output(names.points, "predictedValue", kind="double"),
        output(second, "transformedValue", probability, kind="double"),
        output(first, "transformedValue", rest, kind="double"),
        decide(data, names, second, [0.5]),
        *(
            output(name, "reasonCode", kind="string", rank=str(k))
            for k, name in enumerate(names.reasons, 1)
        ),
    ]
