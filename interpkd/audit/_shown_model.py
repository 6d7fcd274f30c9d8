"""Whether the rules, coefficients or points that a report shows are those of the student it holds."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._inputs import plain
from interpkd.audit._read_report import close, find
from interpkd.export import rule_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


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
    if student.kind == "tree":
        yield from _rules(find(data, "student", "rules") or [], rule_list(student))


def _rules(shown: list[Any], rules: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "the number of rules shown", len(shown), len(rules)
    other = 0
    for one, rule in zip(shown, rules, strict=False):
        distribution = None if rule.distribution is None else list(rule.distribution.values())
        pairs = {
            "text": rule.text,
            "conditions": [condition.text for condition in rule.conditions],
            "n_rows": rule.n_rows,
            "distribution": distribution,
            "value": rule.value,
        }
        for name, found in pairs.items():
            known = find(one, name)
            if name == "conditions":
                known = [find(condition, "text") for condition in known or []]
            if not _alike(known, found):
                other += 1
                yield f"rule {rule.number} as shown, its {name.replace('_', ' ')}", known, found
    if not other:
        yield "the rules shown", "as the student's", "as the student's"


def _alike(one: Any, two: Any) -> bool:
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_alike, one, two))
    return close(plain(one), plain(two))
