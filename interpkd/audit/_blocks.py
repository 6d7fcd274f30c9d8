"""What a report is made of on paper: numbers, tables, pictures, sections.

Both renderers write these few kinds of blocks, so HTML and Markdown cannot say different things,
and a number reaches a reader only as a `Number` that carries its exact value.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    `anchor` is the section that the words, which are its title, lead to.
    """

    text: str
    is_code: bool = False
    is_absent: bool = False
    anchor: str | None = None
    kind: ClassVar[str] = "text"


Part: TypeAlias = Number | Text
Cell: TypeAlias = tuple[Part, ...]


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row is its heading.

    Attributes
    ----------
    caption : str
        What the table shows.

    header : tuple of Cell
        Column headings; empty for a list of facts.

    rows : tuple of tuple of Cell
        The rows.

    wide : int or None
        The column that holds long text.
    """

    caption: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: int | None = None
    kind: ClassVar[str] = "table"

    @property
    def numeric(self) -> list[bool]:
        """Whether each column holds nothing but numbers."""
        columns = range(max((len(row) for row in self.rows), default=0))
        return [all(_is_number(row[i]) for row in self.rows) for i in columns]


@dataclass(frozen=True)
class Picture:
    """A drawing by name, in words for those who do not see it; a table follows it.

    Attributes
    ----------
    name : str
        Key of the SVG.

    title : str
        Its caption.

    description : str
        What it shows, for screen readers.

    is_wide : bool
        Whether it keeps its size and scrolls on narrow screens.
    """

    name: str
    title: str
    description: str
    is_wide: bool = False
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Paragraph:
    """A sentence or several, numbers among the words."""

    parts: Cell
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Listing:
    """A list of sentences under their topics."""

    items: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "listing"


@dataclass(frozen=True)
class SignOff:
    """Blank lines to be filled in by hand."""

    roles: tuple[str, ...]
    columns: tuple[str, ...]
    kind: ClassVar[str] = "sign_off"


Block: TypeAlias = Table | Picture | Paragraph | Listing | SignOff


@dataclass(frozen=True)
class Section:
    """A heading with its blocks."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Figure:
    """One of the few figures at the top of the report."""

    label: str
    parts: Cell
    note: Cell = ()


@dataclass(frozen=True)
class Document:
    """The whole report as blocks.

    Attributes
    ----------
    title, subtitle : str
        The name of the model and what the document is.

    created : str
        Time in UTC.

    figures : tuple of Figure
        The figures at the top.

    sections : tuple of Section
        The report.

    pictures : dict
        SVG elements by name; a picture whose SVG is not there is left out.
    """

    title: str
    subtitle: str
    created: str
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    pictures: dict[str, str] = field(default_factory=dict)


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


def facts(caption: str, rows: Sequence[tuple[str, Cell]]) -> Table:
    """Give a table of names and values."""
    return Table(caption, (), tuple((words(name), cell) for name, cell in rows))


def table(
    caption: str,
    header: Sequence[str | Cell],
    rows: Sequence[Sequence[Cell]],
    wide: int | None = None,
) -> Table:
    """Give a table; headings may be plain words."""
    heads = tuple(words(one) if isinstance(one, str) else one for one in header)
    return Table(caption, heads, tuple(tuple(row) for row in rows), wide)


def _round(value: float) -> str:
    if value == 0:
        return "0"
    if 0.001 <= abs(value) < 100:
        return f"{value:.3f}"
    return f"{value:.1e}" if abs(value) < 0.001 else f"{value:,.1f}"


def _is_number(cell: Cell) -> bool:
    return any(isinstance(part, Number) for part in cell) or cell == (Text(ABSENT),)
