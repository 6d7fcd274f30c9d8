"""The columns of a user's table that segments are made of, in an order of their own."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._asking import select_columns
from interpkd._tables import RawMatrix, is_frame, read_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._tables import RawColumn
    from interpkd._typing import Table


def read_columns(X: Table, columns: Sequence[str] | None) -> list[RawColumn]:
    """Read some columns of a table, by name, in the order of their names.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        The table; columns of an array are called ``"x0"``, ``"x1"``, …

    columns : sequence of str or None
        Their names; None for all.

    Returns
    -------
    raw : list of RawColumn
        Sorted by name: whatever is made of them does not depend on the order of the table.

    Raises
    ------
    InvalidInputError
        If the table lacks a column, or `columns` is no list of names.
    """
    if isinstance(columns, str) or (columns is not None and len(columns) == 0):
        msg = f"columns must be a list of column names, or None for all columns, got {columns!r}."
        raise InvalidInputError(msg)
    table = X if is_frame(X) else _named(X)
    names = [column.name for column in table] if isinstance(table, RawMatrix) else _names_of(table)
    wanted = sorted(names) if columns is None else sorted({str(name) for name in columns})
    lacking = [name for name in wanted if name not in names]
    if lacking:
        msg = (
            f"columns names {lacking[0]!r}, which is not a column of X. Columns: "
            f"{', '.join(names[:12])}{' ...' if len(names) > 12 else ''}."
        )
        raise InvalidInputError(msg)
    if isinstance(table, RawMatrix):
        return [table[names.index(name)] for name in wanted]
    return read_frame(select_columns(table, wanted))


def _named(X: Table) -> Table:
    """Give an array as a matrix of numbers, or as a data frame where it holds texts."""
    array = np.asarray(X)
    if array.ndim != 2:
        msg = f"X must have two dimensions, rows and columns, got shape {array.shape}."
        raise InvalidInputError(msg)
    if array.dtype.kind in "fiub":
        return RawMatrix(array.astype(np.float64))
    import pandas as pd

    names = [f"x{i}" for i in range(array.shape[1])]
    return pd.DataFrame(np.asarray(X, dtype=object), columns=names)


def _names_of(frame: Table) -> list[str]:
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(frame):
        return [str(name) for name in frame.columns]
    return list(nw.from_native(frame, eager_only=True).columns)
