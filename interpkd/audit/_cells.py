"""What stands in a cell or a sentence: numbers that carry their exact value, and words.

A number reaches a reader only as a `Number`, so what is shown is the data model's, rounded.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

Style = Literal["count", "score", "percent", "level", "plain"]

ABSENT = "–"
"""What stands in a cell that has nothing to say; a blank could be an error."""


@dataclass(frozen=True)
class Number:
    """A number of the data model as a reader sees it.

    Attributes
    ----------
    value : int or float
        The exact value, as it stands in the JSON.

    style : {"count", "score", "percent", "level", "plain"}
        How it is written; "level" is a percentage such as a confidence.
    """

    value: float
    style: Style = "score"
    kind: ClassVar[str] = "number"

    @property
    def exact(self) -> str:
        """The value as JSON writes it."""
        return repr(self.value)

    @property
    def shown(self) -> str:
        """The value rounded for reading."""
        value = self.value
        if self.style == "score":
            return _round(value)
        if self.style == "percent":
            return f"{100 * value:.1f} %"
        if self.style == "level":
            return f"{100 * value:.6g} %"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


@dataclass(frozen=True)
class Text:
    """Words; `is_code` for hashes and names of types, `is_absent` for "not provided".

    `anchor` is the section that the words, which are its title, lead to. `sign` stands before the
    words and says the same for the eye: colour is never alone.
    """

    text: str
    is_code: bool = False
    is_absent: bool = False
    anchor: str | None = None
    sign: str | None = None
    kind: ClassVar[str] = "text"


Part: TypeAlias = Number | Text
Cell: TypeAlias = tuple[Part, ...]


def words(text: Any) -> Cell:
    """Give a cell of words; nothing becomes a dash."""
    return (Text(ABSENT),) if text is None else (Text(str(text)),)


def code(text: Any) -> Cell:
    """Give a cell of code, such as a hash."""
    return (Text(ABSENT),) if text is None else (Text(str(text), is_code=True),)


def number(value: float | None, style: Style = "score") -> Cell:
    """Give a cell of one number; None becomes a dash."""
    return (Text(ABSENT),) if value is None else (Number(value, style),)


def either(value: Any) -> Cell:
    """Give a cell for a value that may be a number or words, such as a parameter."""
    if value is None:
        return (Text("none", is_absent=True),)
    if isinstance(value, list):
        parts: list[Part] = []
        for i, one in enumerate(value):
            parts += [Text(", ")] if i else []
            parts += either(one)
        return tuple(parts)
    if isinstance(value, bool):
        return (Text("yes" if value else "no"),)
    return (Number(value, "plain"),) if isinstance(value, (int, float)) else (Text(str(value)),)


def interval(low: float | None, high: float | None) -> Cell:
    """Give a cell for an interval."""
    if low is None or high is None:
        return (Text(ABSENT),)
    return (Text("["), Number(low), Text(", "), Number(high), Text("]"))


def provided(text: str | None) -> Cell:
    """Give a cell for what only the user can fill in."""
    return (Text("not provided", is_absent=True),) if text is None else (Text(text),)


def is_number(cell: Cell) -> bool:
    """Say whether a cell is nothing but a number, or stands for one that is not there."""
    if cell == (Text(ABSENT),):
        return True
    texts = [part.text for part in cell if isinstance(part, Text)]
    is_wordy = any(sign.isalpha() for text in texts for sign in text)
    return len(texts) < len(cell) and not is_wordy


def _round(value: float) -> str:
    if value == 0:
        return "0"
    if 0.001 <= abs(value) < 100:
        return f"{value:.3f}"
    return f"{value:.1e}" if abs(value) < 0.001 else f"{value:,.1f}"
