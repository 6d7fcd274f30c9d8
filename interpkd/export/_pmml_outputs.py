"""What comes out of a PMML document, and the expressions that it takes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import data_type, label, labels, number
from interpkd.export._pmml_xml import node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from interpkd.export._pmml_fields import Names


def output(name: str, feature: str, *expression: Element, kind: str, **more: str) -> Element:
    """Write an output field; `kind` is the type of its values."""
    optype = {"optype": "continuous" if kind == "double" else "categorical"}
    attributes = {"name": name, "dataType": kind, "feature": feature} | optype | more
    return node("OutputField", *expression, **attributes)


def write_answers(data: dict[str, Any], names: Names) -> list[Element]:
    """Write the outputs of a model whose target is the student's answer."""
    classes = data["classes"]
    if classes is None:
        return [output(names.prediction, "predictedValue", kind="double")]
    kind = data_type(classes)
    decided = output(names.prediction, "predictedValue", kind=kind, optype="categorical")
    return [decided, *_probabilities(data, names)]


def write_decided(data: dict[str, Any], names: Names, scores: Sequence[str]) -> list[Element]:
    """Write the outputs of a linear classifier, whose class is decided by its scores.

    Evaluators decide by probabilities, and different scores may have equal ones.

    Parameters
    ----------
    data : dict
        The document of the student.

    names : Names
        The names of its fields.

    scores : sequence of str
        The fields with its scores.

    Returns
    -------
    outputs : list of Element
        The output fields.
    """
    probabilities = _probabilities(data, names)
    if len(scores) == 1:
        return [*probabilities, decide(data, names, scores[0], [0.0])]
    place = output(
        names.place,
        "transformedValue",
        _first_largest(scores),
        kind="double",
        isFinalResult="false",
    )
    borders = [k + 0.5 for k in range(len(scores) - 1)]
    return [*probabilities, place, decide(data, names, names.place, borders)]


def _probabilities(data: dict[str, Any], names: Names) -> list[Element]:
    texts = labels(data["classes"], "the classes")
    return [
        output(name, "probability", kind="double", value=text)
        for name, text in zip(names.probabilities, texts, strict=True)
    ]


def decide(data: dict[str, Any], names: Names, field: str, borders: Sequence[float]) -> Element:
    """Write the class as an output: the next one above each border of a field."""
    classes, kind = data["classes"], data_type(data["classes"])
    expression = (_numbers if kind == "double" else _texts)(field, borders, classes)
    return output(names.prediction, "transformedValue", expression, kind=kind, optype="categorical")


def _numbers(field: str, borders: Sequence[float], classes: Sequence[float]) -> Element:
    expression = constant(classes[0])
    for border, value in zip(borders, classes[1:], strict=True):
        is_above = apply("greaterThan", refer(field), constant(border))
        expression = apply("if", is_above, constant(value), expression)
    return expression


def _texts(field: str, borders: Sequence[float], classes: Sequence[Any]) -> Element:
    # in attributes: of a text between tags PMML4S reads only what follows the last escaped sign
    ends = [None, *borders, None]
    expression = node("Discretize", field=field, dataType="string")
    for value, lower, upper in zip(classes, ends[:-1], ends[1:], strict=True):
        margins = {"closure": "openOpen" if upper is None else "openClosed"}
        margins |= {} if lower is None else {"leftMargin": number(lower)}
        margins |= {} if upper is None else {"rightMargin": number(upper)}
        expression.append(node("DiscretizeBin", node("Interval", **margins), binValue=label(value)))
    return expression


def refer(name: str) -> Element:
    """Write the value of a field in an expression."""
    return node("FieldRef", field=name)


def constant(value: float) -> Element:
    """Write a number in an expression."""
    return node("Constant", text=number(value), dataType="double")


def apply(function: str, *arguments: Element) -> Element:
    """Write a function of expressions."""
    return node("Apply", *arguments, function=function)


def _first_largest(names: Sequence[str]) -> Element:
    """Write the place of the largest of some fields, the first one of equals."""
    expression = constant(len(names) - 1)
    for k in reversed(range(len(names) - 1)):
        rest = apply("max", *map(refer, names[k + 1 :]))
        is_largest = apply("greaterOrEqual", refer(names[k]), rest)
        expression = apply("if", is_largest, constant(k), expression)
    return expression
