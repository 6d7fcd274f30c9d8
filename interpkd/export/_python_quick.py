"""The short way of a student in plain Python, for rows in which nothing is missing or odd.

Looking every value over costs more than adding them up. So values are added as they come, and the
sum itself says whether they were plain numbers: of texts and None it is an error, of missing and
infinite numbers it is not finite, and of numbers of other libraries it is no float. What is not
plain goes the long way, which treats it as the student does.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PER_LINE = 4
"""Terms in one line: one sum of thousands would be nested too deeply to be compiled."""

LINEAR = '''
def _quick(row):
    """Give the sum of a row of plain numbers and known categories; None for any other row."""
    try:
        total = INTERCEPT
{lines}
    except (KeyError, TypeError, OverflowError):
        return None
    return total if type(total) is float and total - total == 0.0 else None
'''

CARD = '''
def _quick(row):
    """Give the points of a row of plain numbers and known categories; None for any other row."""
    try:
        numbers = 0.0
        total = BASE_POINTS
{lines}
    except (KeyError, TypeError, OverflowError):
        return None
    return total if type(numbers) is float and numbers - numbers == 0.0 else None
'''


def write_quick_sum(data: dict[str, Any]) -> Iterator[str]:
    """Write the short way of a linear student with one score.

    Parameters
    ----------
    data : dict
        The document of the student.

    Yields
    ------
    part : str
        Lines, for a module that has the tables NUMBERS and LABELS.
    """
    numbers, labels = _split(data, [term["column"] for term in data["terms"]])
    yield from _names("_unit", len(numbers), "per_unit for per_unit, _, _ in NUMBERS.values()")
    yield from _names("_adds", len(labels), "adds for adds, _ in LABELS.values()")
    terms = [f"_unit{i} * row[{name!a}]" for i, name in enumerate(numbers)]
    terms += [f"_adds{i}[row[{name!a}]]" for i, name in enumerate(labels)]
    yield LINEAR.format(lines="\n".join(_sums("total", terms)))


def write_quick_card(data: dict[str, Any]) -> Iterator[str]:
    """Write the short way of a scorecard.

    Parameters
    ----------
    data : dict
        The document of the student.

    Yields
    ------
    part : str
        Lines, for a module that has the tables NUMBERS, LABELS and NOT_IN_CARD_LABELS.
    """
    asked = [feature["column"] for feature in data["features"]]
    numbers, labels = _split(data, asked)
    every, kinds = _split(data, [column["name"] for column in data["columns"]])
    others = [name for name in kinds if name not in labels]
    parts = {"_special": 0, "_ends": 1, "_points": 2}
    for name, place in parts.items():
        yield from _names(name, len(numbers), f"one[{place}] for one in NUMBERS.values()")
    yield from _names("_adds", len(labels), "adds for adds, _ in LABELS.values()")
    lines = [*_sums("numbers", [f"row[{name!a}]" for name in every])]
    has_special = {
        feature["column"]: any(one["kind"] == "special" for one in feature["bins"])
        for feature in data["features"]
    }
    for i, name in enumerate(numbers):
        lines.append(f"        x = 1.0 * row[{name!a}]")
        inside = f"_points{i}[bisect_left(_ends{i}, x)]"
        special = f"_special{i}[x] if x in _special{i} else "
        lines.append(f"        total += {special if has_special[name] else ''}{inside}")
    lines += _sums("total", [f"_adds{i}[row[{name!a}]]" for i, name in enumerate(labels)])
    lines += [f"        NOT_IN_CARD_LABELS[{name!a}][row[{name!a}]]" for name in others]
    yield CARD.format(lines="\n".join(lines))


def _split(data: dict[str, Any], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part columns into numbers and categories, in the order in which the tables hold them."""
    kinds = {column["name"]: column["kind"] for column in data["columns"]}
    numbers = [name for name in names if kinds[name] != "category"]
    return numbers, [name for name in names if kinds[name] == "category"]


def _names(stem: str, n: int, each: str) -> Iterator[str]:
    """Give the entries of a table names of their own: quicker to look up."""
    if n:
        yield f"[{', '.join(f'{stem}{i}' for i in range(n))}] = [{each}]"


def _sums(name: str, terms: Sequence[str]) -> Iterator[str]:
    for at in range(0, len(terms), PER_LINE):
        # each is added to a float, so that integers too large for one are noticed
        yield f"        {name} = {' + '.join([name, *terms[at : at + PER_LINE]])}"
