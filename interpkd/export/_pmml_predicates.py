"""Conditions on the columns of a table as predicates of PMML."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from interpkd.export._pmml_fields import label, number
from interpkd.export._pmml_xml import node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element


def compare(name: str, operator: str, value: str | None = None) -> Element:
    """Write the comparison of a column with a value, or whether it is missing."""
    given = {} if value is None else {"value": value}
    return node("SimplePredicate", field=name, operator=operator, **given)


def is_missing(column: dict[str, Any]) -> Element:
    """Write that a value is missing, as every value is of a column without categories."""
    if column["kind"] == "category" and not column["categories"]:
        return node("True")  # where none is listed, evaluators let all of them pass
    return compare(column["name"], "isMissing")


def is_known(column: dict[str, Any]) -> Element:
    """Write that a value is not missing."""
    if column["kind"] == "category" and not column["categories"]:
        return node("False")
    return compare(column["name"], "isNotMissing")


def either(joint: str, *predicates: Element) -> Element:
    """Join predicates; one alone stays as it is."""
    if len(predicates) == 1:
        return predicates[0]
    return node("CompoundPredicate", *predicates, booleanOperator=joint)


def is_one_of(name: str, values: Sequence[Any]) -> Element:
    """Write that a column has one of some categories.

    Not as a set: the list of one is a text with quotes and blanks, which evaluators take apart
    in different ways.
    """
    if not values:
        return node("False")
    return either("or", *(compare(name, "equal", label(value)) for value in values))


def is_between(column: dict[str, Any], lower: float, upper: float) -> Element:
    """Write that a value that is not missing lies above `lower` and up to `upper`.

    Parameters
    ----------
    column : dict
        The column; of a category column the codes are compared, of truth values 0 and 1.

    lower, upper : float
        May be infinite.

    Returns
    -------
    predicate : Element
        A predicate that need not be right for missing values, unless all or no others have it.
    """
    name, known = column["name"], _known(column)
    if known is None:
        return _is_number_between(column, lower, upper)
    inside = [value for code, value in known if lower < code <= upper]
    if len(inside) == len(known):
        return is_known(column)
    return is_one_of(name, inside)


def _known(column: dict[str, Any]) -> list[tuple[int, Any]] | None:
    """Give the codes of a column with the values that they stand for; None for numbers."""
    if column["kind"] == "boolean":
        return [(0, False), (1, True)]
    return [*enumerate(column["categories"])] if column["kind"] == "category" else None


def _is_number_between(column: dict[str, Any], lower: float, upper: float) -> Element:
    if not lower < upper or lower == math.inf or upper == -math.inf:
        return node("False")
    name = column["name"]
    above = [] if lower == -math.inf else [compare(name, "greaterThan", number(lower))]
    below = [] if upper == math.inf else [compare(name, "lessOrEqual", number(upper))]
    return either("and", *above, *below) if above or below else is_known(column)
