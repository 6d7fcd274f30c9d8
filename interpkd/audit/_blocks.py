"""What a report is made of on paper: tables, pictures, outlines, sections.

Both renderers write these few kinds of blocks, so HTML and Markdown cannot say different things.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from interpkd.audit._cells import Cell, is_number, words

if TYPE_CHECKING:
    from collections.abc import Sequence


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

    keys : tuple of str
        An id for each row, for links and scripts; empty for none.

    stacks : bool
        Whether a row reads from top to bottom where the page is narrow.
    """

    caption: str
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    wide: int | None = None
    keys: tuple[str, ...] = ()
    stacks: bool = False
    kind: ClassVar[str] = "table"

    @cached_property
    def numeric(self) -> list[bool]:
        """Whether each column holds nothing but numbers; the templates ask at every cell."""
        columns = range(max((len(row) for row in self.rows), default=0))
        return [all(is_number(row[i]) for row in self.rows) for i in columns]


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


@dataclass(frozen=True)
class Line:
    """One node of an outline.

    Attributes
    ----------
    node : int
        Its number.

    label : str
        The condition that leads there.

    depth : int
        Conditions above it.

    n_closed : int
        Levels that end after it.

    is_leaf : bool
        Whether nothing stands below it.

    rule, rows, answer, teacher, decision : Cell
        What is said of it; empty where nothing is.

    bar, diamond : float or None
        Places of the answers of student and teacher on the scale, in percent.
    """

    node: int
    label: str
    depth: int
    n_closed: int
    is_leaf: bool
    rule: Cell
    rows: Cell
    answer: Cell
    teacher: Cell
    decision: Cell
    bar: float | None
    diamond: float | None


@dataclass(frozen=True)
class Outline:
    """A tree as nested lines that a reader opens and closes.

    Attributes
    ----------
    name : str
        Its id on the page.

    title : str
        Its caption.

    answer : str
        What the answers are.

    lines : tuple of Line
        All nodes from top to bottom.
    """

    name: str
    title: str
    answer: str
    lines: tuple[Line, ...]
    kind: ClassVar[str] = "outline"

    @property
    def depth(self) -> int:
        """The most conditions above a line."""
        return max(line.depth for line in self.lines)


@dataclass(frozen=True)
class Field:
    """One column of the student as something to fill in.

    Attributes
    ----------
    place : int
        The column's place in the table.

    label : str
        The column.

    column_kind : {"numeric", "boolean", "category"}
        What it holds.

    start : str or int or None
        What it holds at first: a number as text, the place of a category or truth value, None for
        missing.

    hint : Cell
        What to know of the column before filling it in.

    is_used : bool
        Whether the answer can depend on it.

    takes_missing : bool
        Whether the student answers where its value is missing or not known.
    """

    place: int
    label: str
    column_kind: Literal["numeric", "boolean", "category"]
    start: str | int | None
    hint: Cell
    is_used: bool
    takes_missing: bool
    kind: ClassVar[str] = "field"


@dataclass(frozen=True)
class Panel:
    """A form for one row, answered by the student in the page; paper goes without it.

    Attributes
    ----------
    fields : tuple of Field
        One per column of the student.

    script : str
        The student as JavaScript.

    facts : dict
        What the page's own script needs to know, as JSON.
    """

    fields: tuple[Field, ...]
    script: str
    facts: dict[str, Any]
    kind: ClassVar[str] = "panel"


Block: TypeAlias = Table | Picture | Paragraph | Listing | SignOff | Outline | Panel


@dataclass(frozen=True)
class Section:
    """A heading with its blocks; one that is for screens is left out on paper."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    is_for_screens: bool = False


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


def facts(caption: str, rows: Sequence[tuple[str, Cell]]) -> Table:
    """Give a table of names and values."""
    return Table(caption, (), tuple((words(name), cell) for name, cell in rows))


def table(
    caption: str,
    header: Sequence[str | Cell],
    rows: Sequence[Sequence[Cell]],
    wide: int | None = None,
    keys: Sequence[str] = (),
    *,
    stacks: bool = False,
) -> Table:
    """Give a table; headings may be plain words."""
    heads = tuple(words(one) if isinstance(one, str) else one for one in header)
    return Table(caption, heads, tuple(tuple(row) for row in rows), wide, tuple(keys), stacks)
