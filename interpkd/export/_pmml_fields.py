"""The fields of a PMML document: columns of the table, the target, and what comes out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.export._pmml_xml import child, node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element


MAX_REASONS = 4
"""Most reason codes of a scorecard: more are not asked for of a notice."""

LARGEST_SINGLE = float(np.nextafter(2.0**128 - 2.0**103, 0.0))
"""The largest double that does not become infinite in single precision."""


def number(value: float) -> str:
    """Write a number so that it reads back as the same double."""
    return repr(float(value))


def label(value: Any) -> str:
    """Write a class or category."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return value if isinstance(value, str) else number(value)


def data_type(values: Sequence[Any]) -> str:
    """Give the type of a field of these classes or categories.

    Whole numbers are doubles, too: of a field of integers PMML4S cuts 1.5 to 1. Truth values are
    the texts "true" and "false": of a boolean field it reads null as false.
    """
    is_number = [
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in values
    ]
    return "double" if values and all(is_number) else "string"


def labels(values: Sequence[Any], what: str) -> list[str]:
    """Write classes or categories, if they stay different.

    Parameters
    ----------
    values : sequence
        The classes or categories.

    what : str
        Whose they are, for the error.

    Returns
    -------
    texts : list of str
        One per value.

    Raises
    ------
    InvalidInputError
        If two of them have the same text.
    """
    texts = [label(value) for value in values]
    seen: dict[str, Any] = {}
    for value, text in zip(values, texts, strict=True):
        if text in seen:
            msg = (
                f"PMML compares {what} as texts, and {seen[text]!r} and {value!r} have the same "
                "one. Rename one of them before fitting."
            )
            raise InvalidInputError(msg)
        seen[text] = value
    return texts


@dataclass(frozen=True)
class Names:
    """What the fields are called that are no columns of the table.

    Attributes
    ----------
    target : str
        The target field.

    prediction : str
        The output with the class or the predicted number.

    probabilities : tuple of str
        The outputs with the probabilities, in the order of the classes.

    points, leaf, place : str
        The outputs with the points of a scorecard, the leaf of a tree, and an inner one.

    reasons : tuple of str
        The outputs with the reason codes of a scorecard.

    taken : frozenset of str
        All names, those of the columns too.
    """

    target: str
    prediction: str
    probabilities: tuple[str, ...]
    points: str
    leaf: str
    place: str
    reasons: tuple[str, ...]
    taken: frozenset[str]


def make_names(data: dict[str, Any]) -> Names:
    """Choose names that no column has."""
    taken = {column["name"] for column in data["columns"]}
    if "" in taken:
        msg = "PMML cannot name a field with an empty text. Rename the column before fitting."
        raise InvalidInputError(msg)

    def fresh(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    classes = labels(data["classes"] or [], "the classes")
    n_reasons = min(MAX_REASONS, len(data.get("features", ())))
    return Names(
        target=fresh("y"),
        prediction=fresh("prediction"),
        probabilities=tuple(fresh(f"probability({one})") for one in classes),
        points=fresh("points"),
        leaf=fresh("leaf"),
        place=fresh("place of the class"),
        reasons=tuple(fresh(f"reason {k + 1}") for k in range(n_reasons)),
        taken=frozenset(taken),
    )


def write_dictionary(data: dict[str, Any], names: Names) -> Element:
    """Write what values the columns and the target may have.

    Parameters
    ----------
    data : dict
        The document of the student.

    names : Names
        The names of the other fields.

    Returns
    -------
    dictionary : Element
        The data dictionary.
    """
    fields = [_write_field(column, data) for column in data["columns"]]
    if data["classes"] is None or data["kind"] == "scorecard":
        fields.append(node("DataField", name=names.target, optype="continuous", dataType="double"))
    else:
        fields.append(_categorical(names.target, data["classes"], "the classes", is_target=True))
    return node("DataDictionary", *fields, numberOfFields=str(len(fields)))


def write_schema(data: dict[str, Any], names: Names) -> Element:
    """Write what becomes of missing values and of those that are not in the dictionary.

    Parameters
    ----------
    data : dict
        The document of the student.

    names : Names
        The names of the other fields.

    Returns
    -------
    schema : Element
        The mining schema.
    """
    schema = node("MiningSchema")
    for column in data["columns"]:
        # a category that was never seen is as good as none; a number that is none is an error
        unseen = column["kind"] == "category" and data["takes_missing"]
        rules = {"invalidValueTreatment": "asMissing" if unseen else "returnInvalid"}
        if not data["takes_missing"]:
            rules["missingValueTreatment"] = "returnInvalid"
        child(schema, "MiningField", name=column["name"], **rules)
    child(schema, "MiningField", name=names.target, usageType="target")
    return schema


def _write_field(column: dict[str, Any], data: dict[str, Any]) -> Element:
    name, kind = column["name"], column["kind"]
    if kind == "boolean":
        return _categorical(name, [True, False], f"the values of {name!r}")
    if kind == "category":
        return _categorical(name, column["categories"], f"the categories of {name!r}")
    # what the student refuses: infinity, and in a tree what single precision makes infinite
    end = LARGEST_SINGLE if data["kind"] == "tree" else float(np.finfo(np.float64).max)
    reach = node(
        "Interval", closure="closedClosed", leftMargin=number(-end), rightMargin=number(end)
    )
    return node("DataField", reach, name=name, optype="continuous", dataType="double")


def _categorical(
    name: str, values: Sequence[Any], what: str, *, is_target: bool = False
) -> Element:
    listed = [node("Value", value=text) for text in labels(values, what)]
    kind = data_type(values)
    # PMML4S compares a categorical double with the place of its category; a continuous one may
    # list its values, too
    optype = "continuous" if kind == "double" and not is_target else "categorical"
    return node("DataField", *listed, name=name, optype=optype, dataType=kind)
