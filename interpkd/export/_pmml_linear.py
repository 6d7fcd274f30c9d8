"""A linear student as a RegressionModel of PMML."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import label, number, write_schema
from interpkd.export._pmml_outputs import apply, constant, refer, write_answers, write_decided
from interpkd.export._pmml_xml import child, node

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

    from interpkd.export._pmml_fields import Names


@dataclass(frozen=True)
class _Part:
    """What a field adds: a coefficient times its value, or where it has a category."""

    field: str
    category: str | None
    values: list[float]


class _Derived:
    """Fields that are computed from the columns, with names that nothing else has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self.elements: list[Element] = []

    def add(self, name: str, expression: Element) -> str:
        """Write a field, and give its name."""
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.elements.append(
            node("DerivedField", expression, name=name, optype="continuous", dataType="double")
        )
        return name


def write_linear(data: dict[str, Any], names: Names) -> Element:
    """Write a linear student.

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
    derived = _Derived(names.taken)
    parts = [
        part
        for column, term in zip(data["columns"], data["terms"], strict=True)
        for part in _write_term(data, column, term, derived)
    ]
    links = {"logistic": "logit", "softmax": "softmax", "identity": "none"}
    if data["classes"] is None:
        outputs = write_answers(data, names)
        tables = [_write_table(parts, data["intercept"][0])]
    else:
        scores = _add_scores(data, parts, derived)
        outputs = write_decided(data, names, scores)
        tables = _write_classes(data, scores, derived)
    model = node(
        "RegressionModel",
        write_schema(data, names),
        node("Output", *outputs),
        functionName=data["task"],
        algorithmName="interpkd",
        normalizationMethod=links[data["link"]],
    )
    if derived.elements:
        model.append(node("LocalTransformations", *derived.elements))
    model.extend(tables)
    return model


def _write_term(
    data: dict[str, Any], column: dict[str, Any], term: dict[str, Any], derived: _Derived
) -> list[_Part]:
    """Write what a column adds, with the fields that stand for its missing values."""
    name = column["name"]
    if column["kind"] == "category":
        # a missing one adds nothing
        parts = [_Part(name, label(one["category"]), one["values"]) for one in term["categories"]]
    else:
        field = name
        if column["kind"] == "boolean":
            field = derived.add(f"{name} as a number", _one_if(name, "true", term["imputed"]))
        elif data["takes_missing"]:
            filled = node("FieldRef", field=name, mapMissingTo=number(term["imputed"]))
            field = derived.add(f"{name} filled", filled)
        parts = [_Part(field, None, term["values"])]
    if term["missing"] is not None:
        flag = constant(1.0)  # of a column without categories every value is missing
        if column["kind"] != "category" or column["categories"]:
            flag = apply("if", apply("isMissing", refer(name)), flag, constant(0.0))
        parts.append(_Part(derived.add(f"{name} is missing", flag), None, term["missing"]))
    return parts


def _one_if(name: str, value: str, missing: float) -> Element:
    return node("NormDiscrete", field=name, value=value, mapMissingTo=number(missing))


def _write_table(parts: Sequence[_Part], intercept: float) -> Element:
    """Write the sum of a regression."""
    table = node("RegressionTable", intercept=number(intercept))
    for one in parts:
        if one.category is None:
            coefficient = number(one.values[0])
            child(table, "NumericPredictor", name=one.field, coefficient=coefficient)
    for one in parts:
        if one.category is not None:
            given = {"value": one.category, "coefficient": number(one.values[0])}
            child(table, "CategoricalPredictor", name=one.field, **given)
    return table


def _add_scores(data: dict[str, Any], parts: Sequence[_Part], derived: _Derived) -> list[str]:
    """Write the scores as fields: of two classes that of the second one, of more one for each."""
    named = data["classes"] if len(data["intercept"]) > 1 else data["classes"][1:]
    scores = []
    for k, value in enumerate(named):
        addends = [constant(data["intercept"][k])]
        for one in parts:
            category = one.category
            what = refer(one.field) if category is None else _one_if(one.field, category, 0.0)
            addends.append(apply("*", constant(one.values[k]), what))
        scores.append(derived.add(f"score({label(value)})", apply("sum", *addends)))
    return scores


def _write_classes(data: dict[str, Any], scores: Sequence[str], derived: _Derived) -> list[Element]:
    """Write a table for each class: its score times the slope of a support vector machine."""
    classes = [label(value) for value in data["classes"]]
    slope = float(data.get("link_slope", 1.0))
    tables = [node("RegressionTable", intercept=number(0.0), targetCategory=one) for one in classes]
    if len(scores) == 1:
        # the first class first, which evaluators take where both are as probable
        child(tables[0], "NumericPredictor", name=scores[0], coefficient=number(-slope))
        return tables
    # less the highest: the exponential of a score above 709 is infinite
    top = derived.add("highest score", apply("max", *map(refer, scores)))
    for table, score in zip(tables, scores, strict=True):
        child(table, "NumericPredictor", name=score, coefficient=number(slope))
        child(table, "NumericPredictor", name=top, coefficient=number(-slope))
    return tables
