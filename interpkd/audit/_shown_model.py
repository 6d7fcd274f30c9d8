"""Whether the rules, coefficients or points that a report shows are those of the student it holds."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.audit._read_report import close, find
from interpkd.export import coefficient_list, points_table, rule_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from interpkd.export import Coefficient, PointsBin, Rule


def compare_shown_model(data: Mapping[str, Any], student: Any) -> Iterator[tuple[str, Any, Any]]:
    """Give what is shown of the student beside what the rebuilt student has.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    student : ReadStudent
        The student built from it.

    Yields
    ------
    what : str
        What is compared.

    shown, found : object
        What the report shows, and what the student has: a short text, or a number.
    """
    shown = find(data, "student") or {}
    if student.kind == "tree":
        yield from _compare("rule", _list(shown, "rules"), map(_rule, rule_list(student)))
    elif student.kind == "scorecard":
        table = points_table(student)
        yield "the base points shown", find(shown, "base_points"), table.base_points
        for name in ("pdo", "base_score", "base_odds"):
            yield f"the scale shown, its {name}", find(shown, "scale", name), getattr(table, name)
        yield from _compare("bin", _list(shown, "bins"), map(_bin, table.bins))
    else:
        intercepts = [float(one) for one in np.atleast_1d(student.intercept_)]
        if not _alike(find(shown, "intercepts"), intercepts):
            yield "the intercepts shown", find(shown, "intercepts"), intercepts
        found = map(_coefficient, coefficient_list(student))
        yield from _compare("coefficient", _list(shown, "coefficients"), found)


def _compare(
    kind: str, shown: list[Any], entries: Iterable[dict[str, Any]]
) -> Iterator[tuple[str, Any, Any]]:
    """Compare entry by entry, and name those that differ."""
    found = list(entries)
    yield f"the number of {kind}s shown", len(shown), len(found)
    other = 0
    for i, (one, two) in enumerate(zip(shown, found, strict=False), 1):
        for name, value in two.items():
            known = find(one, name)
            if name == "conditions":
                known = [find(condition, "text") for condition in known or []]
            if not _alike(known, value):
                other += 1
                yield f"{kind} {i} as shown, its {name.replace('_', ' ')}", known, value
    if not other:
        yield f"the {kind}s shown", "the student's", "the student's"


def _list(shown: Any, name: str) -> list[Any]:
    found = find(shown, name)
    return found if isinstance(found, list) else []


def _rule(rule: Rule) -> dict[str, Any]:
    given = rule.distribution
    return {
        "text": rule.text,
        "conditions": [condition.text for condition in rule.conditions],
        "n_rows": rule.n_rows,
        "distribution": None if given is None else list(given.values()),
        "value": rule.value,
    }


def _bin(one: PointsBin) -> dict[str, Any]:
    return {
        "feature": one.feature,
        "bin": one.text,
        "lower": one.lower,
        "upper": one.upper,
        "categories": list(one.categories),
        "points": one.points,
        "n_rows": one.n_rows,
    }


def _coefficient(one: Coefficient) -> dict[str, Any]:
    return {
        "text": one.text,
        "column": one.column,
        "category": one.category,
        "values": list(one.values),
    }


def _alike(one: Any, two: Any) -> bool:
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_alike, one, two))
    return close(plain(one), plain(two))
