"""A linear student as a RegressionModel of PMML."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import label, number, write_schema
from interpkd.export._pmml_outputs import apply, constant, refer, write_answers
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
    slope = float(data.get("link_slope", 1.0))
    write = _write_single if len(data["intercept"]) == 1 else _write_softmax
    tables = write(data, parts, slope, derived)
    links = {"logistic": "logit", "softmax": "softmax", "identity": "none"}
    model = node(
        "RegressionModel",
        write_schema(data, names),
        node("Output", *write_answers(data, names)),
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


def _write_single(
    data: dict[str, Any], parts: Sequence[_Part], slope: float, derived: _Derived
) -> list[Element]:
    """Write one table, and for two classes the empty one of the other.

    The score is for the second class. Of equal probabilities evaluators take the first table's
    class, the student its first class: so that table is of the first class, all signs turned.
    """
    del derived  # nothing more is computed
    [intercept] = data["intercept"]
    if data["classes"] is None:
        return [_write_table(parts, intercept, 1.0)]
    first, second = (label(value) for value in data["classes"])
    return [
        _write_table(parts, intercept, -slope, targetCategory=first),
        node("RegressionTable", intercept=number(0.0), targetCategory=second),
    ]


def _write_table(parts: Sequence[_Part], intercept: float, factor: float, **target: str) -> Element:
    table = node("RegressionTable", intercept=number(factor * intercept), **target)
    for one in parts:
        if one.category is None:
            child(
                table,
                "NumericPredictor",
                name=one.field,
                coefficient=number(factor * one.values[0]),
            )
    for one in parts:
        if one.category is not None:
            child(
                table,
                "CategoricalPredictor",
                name=one.field,
                value=one.category,
                coefficient=number(factor * one.values[0]),
            )
    return table


def _write_softmax(
    data: dict[str, Any], parts: Sequence[_Part], slope: float, derived: _Derived
) -> list[Element]:
    """Write the scores as fields, and tables of their distances from the highest.

    Evaluators that take the exponential of a score as it is get infinity from scores above 709.
    """
    scores = []
    for k, value in enumerate(data["classes"]):
        addends = [constant(data["intercept"][k])]
        for one in parts:
            category = one.category
            what = refer(one.field) if category is None else _one_if(one.field, category, 0.0)
            addends.append(apply("*", constant(one.values[k]), what))
        total = apply("sum", *addends)
        scores.append(derived.add(f"score({label(value)})", total))
    top = derived.add("highest score", apply("max", *map(refer, scores)))
    tables = []
    for value, score in zip(data["classes"], scores, strict=True):
        table = node("RegressionTable", intercept=number(0.0), targetCategory=label(value))
        child(table, "NumericPredictor", name=score, coefficient=number(slope))
        child(table, "NumericPredictor", name=top, coefficient=number(-slope))
        tables.append(table)
    return tables
