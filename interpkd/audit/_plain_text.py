"""A document as plain text for a terminal."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd._html import visible
from interpkd.audit._blocks import Paragraph, Table
from interpkd.audit._cells import Number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd.audit._blocks import Document
    from interpkd.audit._cells import Cell

WIDEST = 60
"""A column of a table is padded up to this width; longer texts push the next columns aside."""


def to_plain_text(document: Document) -> str:
    """Write paragraphs and tables of a document as text, control characters spelled out.

    Parameters
    ----------
    document : Document
        The document.

    Returns
    -------
    text : str
        Lines; columns of tables are aligned.
    """
    lines = [visible(document.title), ""]
    lines += [f"{figure.label}: {_cell(figure.parts)}" for figure in document.figures]
    for section in document.sections:
        lines += ["", visible(section.title), "-" * len(section.title)]
        for block in section.blocks:
            if isinstance(block, Paragraph):
                lines.append(_cell(block.parts))
            elif isinstance(block, Table):
                lines += _table(block)
    return "\n".join(line.rstrip() for line in lines)


def _cell(parts: Cell) -> str:
    return "".join(part.shown if isinstance(part, Number) else visible(part.text) for part in parts)


def _table(block: Table) -> Iterator[str]:
    rows = [[_cell(cell) for cell in row] for row in (block.header, *block.rows) if row]
    widths = [min(WIDEST, max(len(row[i]) for row in rows)) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
