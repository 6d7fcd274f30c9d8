"""Single rows of any table as plain values by column, for JSON and for a reader."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame

if TYPE_CHECKING:
    from interpkd._typing import Table


def plain_rows(table: Table) -> list[dict[str, Any]]:
    """Give the rows of a small table as values that JSON can hold.

    Parameters
    ----------
    table : array-like or data frame of shape (n_samples, n_features)
        The rows.

    Returns
    -------
    rows : list of dict
        Column to value; columns of an array are named ``"x0"`` and so on. Missing values are None,
        and what is neither number nor truth value is text.
    """
    if is_frame(table):
        import narwhals.stable.v1 as nw

        frame = nw.from_native(table, eager_only=True)
        columns = {str(one.name): one.to_list() for one in frame.iter_columns()}
    else:
        array = np.asarray(table)
        columns = {f"x{i}": array[:, i].tolist() for i in range(array.shape[1])}
    n_rows = int(table.shape[0])
    return [{name: _plain(values[i]) for name, values in columns.items()} for i in range(n_rows)]


def _plain(value: Any) -> Any:
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # the latter of pandas
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, (str, bool, int, float)) else str(value)
