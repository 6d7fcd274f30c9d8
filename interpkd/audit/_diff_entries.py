"""What two students are made of, compared: rules, coefficients, bins, columns, values by name."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from interpkd.audit._read_report import close, find, list_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Key: TypeAlias = tuple[Any, ...]


def compare_entries(
    one: Mapping[str, Any],
    two: Mapping[str, Any],
    name: str,
    key: Callable[[Any], Key],
    facts: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """Compare rules, coefficients or bins by their keys."""
    listed = [
        {key(entry): facts(entry) for entry in list_of(find(data, "student", name))}
        for data in (one, two)
    ]
    first, second = listed
    both = [place for place in first if place in second]
    changed = [place for place in both if not same(first[place], second[place])]
    return {
        "added": [entry for place, entry in second.items() if place not in first],
        "removed": [entry for place, entry in first.items() if place not in second],
        "changed": [{"a": first[place], "b": second[place]} for place in changed],
        "n_unchanged": len(both) - len(changed),
    }


def rule_key(rule: Any) -> Key:
    """Give what makes a rule the same: its conditions in any order."""
    return tuple(sorted(str(find(one, "text")) for one in list_of(find(rule, "conditions"))))


def rule_facts(rule: Any) -> dict[str, Any]:
    """Give what is said of a rule."""
    conditions = [str(find(one, "text")) for one in list_of(find(rule, "conditions"))]
    names = ("n_rows", "distribution", "value", "decision")
    return {"conditions": conditions, **{name: find(rule, name) for name in names}}


def coefficient_key(entry: Any) -> Key:
    """Give what makes a coefficient the same: column and category."""
    return (find(entry, "column"), find(entry, "kind"), find(entry, "category"))


def coefficient_facts(entry: Any) -> dict[str, Any]:
    """Give what is said of a coefficient."""
    return {name: find(entry, name) for name in ("text", "column", "category", "values")}


def bin_key(entry: Any) -> Key:
    """Give what makes a bin the same: column and values."""
    return (find(entry, "feature"), find(entry, "bin"))


def bin_facts(entry: Any) -> dict[str, Any]:
    """Give what is said of a bin."""
    return {name: find(entry, name) for name in ("feature", "bin", "points", "n_rows")}


def same(one: Any, two: Any) -> bool:
    """Say whether two values of reports are the same, numbers to the ninth digit."""
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(same(one[name], two[name]) for name in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(same, one, two))
    return close(one, two)


def compare_columns(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, list[str]]:
    """Compare the columns that the students use."""
    first, second = (list_of(find(data, "student", "columns_used")) for data in (one, two))
    first, second = [str(name) for name in first], [str(name) for name in second]
    return {
        "added": [name for name in second if name not in first],
        "removed": [name for name in first if name not in second],
    }


def compare_students(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare what a student has but once: kind, classes, intercepts, the scale of its points."""
    names = ("kind", "depth", "intercepts", "imputed_values", "reference_levels", "base_points")
    first, second = (
        {
            "task": find(data, "task"),
            "classes": find(data, "classes"),
            **{name: find(data, "student", name) for name in names},
            **{f"scale {k}": v for k, v in mapping_of(find(data, "student", "scale")).items()},
        }
        for data in (one, two)
    )
    yield from compare_values(first, second)


def compare_values(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the names whose values differ."""
    for name in dict.fromkeys([*first, *second]):
        x, y = first.get(name), second.get(name)
        if not same(x, y):
            yield {"name": str(name), "a": x, "b": y}
