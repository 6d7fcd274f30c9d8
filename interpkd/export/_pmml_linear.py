"""A linear student as a RegressionModel of PMML."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import (
    apply,
    constant,
    label,
    number,
    refer,
    write_answers,
    write_schema,
)
from interpkd.export._pmml_xml import child, node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.export._pmml_fields import Names
    from interpkd.export._pmml_xml import Element


@dataclass(frozen=True)
class _Part:
    """What a field adds: a coefficient times its value, or where it has a category."""

    field: str
    category: str | None
    values: list[float]


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
    taken = set(names.taken)
    derived: list[Element] = []
    parts: list[_Part] = []
    for column, term in zip(data["columns"], data["terms"], strict=True):
        parts += _write_term(column, term, data["takes_missing"], derived, taken)
    slope = float(data.get("link_slope", 1.0))
    if len(data["intercept"]) > 1:
        tables = _write_softmax(data, parts, slope, derived, taken)
    else:
        tables = _write_single(data, parts, slope)
    links = {"logistic": "logit", "softmax": "softmax", "identity": "none"}
    model = node(
        "RegressionModel",
        write_schema(data, names),
        node("Output", *write_answers(data, names)),
        functionName=data["task"],
        algorithmName="interpkd",
        normalizationMethod=links[data["link"]],
    )
    if derived:
        model.append(node("LocalTransformations", *derived))
    model.extend(tables)
    return model


def _write_term(
    column: dict[str, Any],
    term: dict[str, Any],
    takes_missing: bool,  # noqa: FBT001
    derived: list[Element],
    taken: set[str],
) -> list[_Part]:
    """Write what a column adds, with the fields that stand for its missing values."""
    name = column["name"]
    parts = []
    if column["kind"] == "category":
        parts += [_Part(name, label(one["category"]), one["values"]) for one in term["categories"]]
    elif column["kind"] == "boolean":
        field = _derive(f"{name} as a number", derived, taken, _one_if(name, "true", term["imputed"]))
        parts.append(_Part(field, None, term["values"]))
    elif takes_missing:
        filled = node("FieldRef", field=name, mapMissingTo=number(term["imputed"]))
        parts.append(_Part(_derive(f"{name} filled", derived, taken, filled), None, term["values"]))
    else:
        parts.append(_Part(name, None, term["values"]))
    if term["missing"] is not None:
        flag = apply("if", apply("isMissing", refer(name)), constant(1.0), constant(0.0))
        field = _derive(f"{name} is missing", derived, taken, flag)
        parts.append(_Part(field, None, term["missing"]))
    return parts


def _one_if(name: str, value: str, missing: float) -> Element:
    return node("NormDiscrete", field=name, value=value, mapMissingTo=number(missing))


def _derive(name: str, derived: list[Element], taken: set[str], expression: Element) -> str:
    """Write a field that is computed, and give its name."""
    while name in taken:
        name += "_"
    taken.add(name)
    derived.append(
        node("DerivedField", expression, name=name, optype="continuous", dataType="double")
    )
    return name


def _write_single(data: dict[str, Any], parts: Sequence[_Part], slope: float) -> list[Element]:
    """Write one table, and for two classes the empty one of the other.

    The score is for the second class. Of equal probabilities evaluators take the first table's
    class, the student its first class: so that table is of the first class, all signs turned.
    """
    [intercept] = data["intercept"]
    if data["classes"] is None:
        return [_write_table(parts, intercept, 1.0)]
    first, second = (label(value) for value in data["classes"])
    return [
        _write_table(parts, intercept, -slope, targetCategory=first),
        node("RegressionTable", intercept=number(0.0), targetCategory=second),
    ]


def _write_table(
    parts: Sequence[_Part], intercept: float, factor: float, **target: str
) -> Element:
    table = node("RegressionTable", intercept=number(factor * intercept), **target)
    for one in parts:
        if one.category is None:
            child(
                table, "NumericPredictor", name=one.field, coefficient=number(factor * one.values[0])
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
    data: dict[str, Any],
    parts: Sequence[_Part],
    slope: float,
    derived: list[Element],
    taken: set[str],
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
        scores.append(_derive(f"score({label(value)})", derived, taken, total))
    highest = apply("max" if slope >= 0 else "min", *map(refer, scores))
    top = _derive("highest score", derived, taken, highest)
    tables = []
    for value, score in zip(data["classes"], scores, strict=True):
        table = node("RegressionTable", intercept=number(0.0), targetCategory=label(value))
        child(table, "NumericPredictor", name=score, coefficient=number(slope))
        child(table, "NumericPredictor", name=top, coefficient=number(-slope))
        tables.append(table)
    return tables
