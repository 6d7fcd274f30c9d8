"""Single inputs as a reader sees them: every column by name."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._cells import Number, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._cells import Cell, Part


def row_cell(row: Mapping[str, Any], left_out: str | None = None) -> Cell:
    """Give a cell that names every value of a row.

    Parameters
    ----------
    row : mapping
        Column to value.

    left_out : str or None, default=None
        A column that stands elsewhere.

    Returns
    -------
    cell : Cell
        Numbers among words.
    """
    parts: list[Part] = []
    for name, value in row.items():
        if name != left_out:
            parts += [Text(f"{', ' if parts else ''}{name} "), value_part(value)]
    return tuple(parts) or (Text("none"),)


def value_part(value: Any) -> Part:
    """Give a value of a row as it stands in a cell."""
    if value is None:
        return Text("missing", is_absent=True)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Text(str(value))
    return Number(value, "plain")
