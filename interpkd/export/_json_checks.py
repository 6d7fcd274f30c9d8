"""Reading a document that anybody may have written: each value checked before it is used.

Every function takes the value, and where it stands, which errors name.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

INFINITE = {"inf": math.inf, "-inf": -math.inf}
"""How a number without an end is written: JSON has no sign for it."""

MAX_INTEGER = 2**53
"""Whole numbers above this are not told apart by programs whose only numbers are float64."""


def refuse(where: str, rule: str, value: Any) -> NoReturn:
    """Raise the error of a document that breaks a rule."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    msg = f"This is no student written by to_json: {where} must be {rule}, got {shown}."
    raise InvalidInputError(msg)


def get(part: Any, name: str, where: str) -> Any:
    """Give a named part of an object."""
    if not isinstance(part, dict):
        refuse(where, "an object", part)
    if name not in part:
        msg = f"This is no student written by to_json: {where} lacks {name!r}. Write it again."
        raise InvalidInputError(msg)
    return part[name]


def read_list(value: Any, where: str, *, length: int | None = None) -> list[Any]:
    """Give a list, of a stated length where one is needed."""
    if not isinstance(value, (list, tuple)):
        refuse(where, "a list", value)
    if length is not None and len(value) != length:
        refuse(where, f"a list of {length}", value)
    return list(value)


def read_text(value: Any, where: str) -> str:
    """Give a text."""
    if not isinstance(value, str):
        refuse(where, "a text", value)
    return value


def read_flag(value: Any, where: str) -> bool:
    """Give a truth value."""
    if not isinstance(value, bool):
        refuse(where, "true or false", value)
    return value


def read_choice(value: Any, choices: Sequence[str], where: str) -> str:
    """Give one of a few texts."""
    if not isinstance(value, str) or value not in choices:
        refuse(where, f"one of {', '.join(choices)}", value)
    return value


def read_integer(value: Any, where: str, *, least: int | None = None) -> int:
    """Give a whole number."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INTEGER:
        refuse(where, "a whole number", value)
    if least is not None and value < least:
        refuse(where, f"at least {least}", value)
    return value


def read_number(value: Any, where: str, *, may_be_infinite: bool = False) -> float:
    """Give a number: finite, unless it may be infinite and says so; never NaN."""
    if may_be_infinite and isinstance(value, str) and value in INFINITE:
        return INFINITE[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(where, "a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        refuse(where, "a finite number", value)
    return number


def read_optional(value: Any, where: str) -> float | None:
    """Give a number or None."""
    return None if value is None else read_number(value, where)


def read_numbers(value: Any, where: str, *, length: int) -> list[float]:
    """Give a list of finite numbers."""
    listed = read_list(value, where, length=length)
    return [read_number(one, f"{where}[{i}]") for i, one in enumerate(listed)]


def read_label(value: Any, where: str) -> Any:
    """Give a class or category: a text, number or truth value."""
    if not isinstance(value, (str, bool, int)):
        return read_number(value, where)
    return value


def write_number(value: Any) -> float | str:
    """Give a number as JSON holds it."""
    number = float(value)
    return number if math.isfinite(number) else f"{number}"


def write_label(value: Any, where: str) -> Any:
    """Give a class or category as JSON holds it, if that loses nothing."""
    plain = value.item() if hasattr(value, "item") else value
    is_odd_number = isinstance(plain, float) and not math.isfinite(plain)
    if not isinstance(plain, (str, bool, int, float)) or is_odd_number:
        msg = (
            f"to_json writes classes and categories that are texts, finite numbers or truth "
            f"values; {where} is {plain!r}. Convert it to text before fitting."
        )
        raise InvalidInputError(msg)
    if not isinstance(plain, (str, bool)) and abs(plain) > MAX_INTEGER:
        msg = (
            f"to_json writes numbers of at most 2**53 as classes and categories, so that every "
            f"program reads the same; {where} is {plain!r}. Convert it to text before fitting."
        )
        raise InvalidInputError(msg)
    return plain
