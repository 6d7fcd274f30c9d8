"""Single inputs on the screen: every column by name, on one line."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def listed(row: Mapping[str, Any]) -> str:
    """Give column and value, one after the other."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in row.items())


def value_text(value: Any) -> str:
    """Give a value; a missing one is said to be so."""
    if value is None:
        return "missing"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def visible(text: str) -> str:
    """Give a text with signs that terminals act on spelled out, lines kept."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in text
    )
