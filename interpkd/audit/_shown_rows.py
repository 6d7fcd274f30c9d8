"""Single inputs as a reader sees them: every column by name, in plain values."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.audit._cells import Number, Text
from interpkd.audit._inputs import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import Table
    from interpkd.audit._cells import Cell, Part


def shown_rows(table: Table) -> list[dict[str, Any]]:
    """Give the rows of a small table as JSON-able values by column.

    Parameters
    ----------
    table : array-like or data frame of shape (n_samples, n_features)
        The rows; columns of an array are named ``"x0"`` and so on.

    Returns
    -------
    rows : list of dict
        Missing values are None.
    """
    if is_frame(table):
        import narwhals.stable.v1 as nw

        frame = nw.from_native(table, eager_only=True)
        columns = {str(one.name): one.to_list() for one in frame.iter_columns()}
    else:
        array = np.asarray(table)
        columns = {f"x{i}": array[:, i].tolist() for i in range(array.shape[1])}
    n_rows = int(table.shape[0])
    return [{name: _known(values[i]) for name, values in columns.items()} for i in range(n_rows)]


def _known(value: Any) -> Any:
    is_missing = value is None or type(value).__name__ in ("NAType", "NaTType")  # of pandas
    if is_missing or (isinstance(value, float) and math.isnan(value)):
        return None
    return plain(value)


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
        if name == left_out:
            continue
        parts.append(Text(f"{', ' if parts else ''}{name} "))
        parts.append(value_part(value))
    return tuple(parts) or (Text("none"),)


def value_part(value: Any) -> Part:
    """Give a value of a row as it stands in a cell."""
    if value is None:
        return Text("missing", is_absent=True)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return Text(str(value))
    return Number(value, "plain")
