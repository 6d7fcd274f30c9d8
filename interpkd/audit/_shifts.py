"""One change of one column on all rows: what it may become, and the rows with it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._mixing import mixer
from interpkd._tables import is_frame, select_rows
from interpkd.audit._asking_again import encoded_column
from interpkd.audit._inputs import plain

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs

QUANTILES = (0.05, 0.95)
"""The low and the high value of a column of numbers."""

BEYOND = 0.1
"""How far outside the training range a number is put, in its range."""


@dataclass(frozen=True)
class Shift:
    """One change of one column on all rows.

    Attributes
    ----------
    kind : {"low", "high", "below range", "above range", "most frequent", "missing"}
        What it is.

    value : object
        What the column becomes; None where it is missing.

    encoded : float
        The same as the student reads it.
    """

    kind: str
    value: Any
    encoded: float

    @property
    def is_number(self) -> bool:
        """Whether the column becomes a number, which need be no row's."""
        return self.kind not in ("most frequent", "missing")


def shifts_of(inputs: Inputs, pool: Table, i: int) -> list[Shift]:
    """Say what one column may become.

    Parameters
    ----------
    inputs : Inputs
        The student and its columns.

    pool : table
        The rows that show what values there are.

    i : int
        Number of the column.

    Returns
    -------
    shifts : list of Shift
        Numbers to a low, a high and two values out of range; anything else to its most frequent
        value; and all to missing.
    """
    column = inputs.structure.columns[i]
    z = encoded_column(inputs, pool, i)
    known = z[~np.isnan(z)]
    missing = Shift("missing", None, float("nan"))
    if not len(known):
        return [missing]
    if column.kind != "numeric":
        values, counts = np.unique(known, return_counts=True)
        code = float(values[counts.argmax()])
        value = bool(code) if column.kind == "boolean" else plain(column.categories[int(code)])
        return [Shift("most frequent", value, code), missing]
    low, high = np.quantile(known, QUANTILES, method="inverted_cdf").tolist()
    least, most = float(known.min()), float(known.max())
    reach = BEYOND * (most - least)
    numbers = {"low": low, "high": high, "below range": least - reach, "above range": most + reach}
    return [*(Shift(kind, value, value) for kind, value in numbers.items()), missing]


def shifted(inputs: Inputs, pool: Table, rows: Table, i: int, shifts: list[Shift]) -> Table | None:
    """Give the rows with each of some changes, one copy after the other.

    Parameters
    ----------
    inputs : Inputs
        The student and its columns.

    pool : table
        The rows that show what values there are.

    rows : table of shape (n_rows, n_columns)
        The rows to change.

    i : int
        Number of the column.

    shifts : list of Shift
        Numbers, or one other change.

    Returns
    -------
    rows : table of shape (n_shifts * n_rows, n_columns) or None
        None where the type of the column holds no missing value.
    """
    n = rows.shape[0]
    if shifts[0].is_number:
        copies = select_rows(rows, np.tile(np.arange(n), len(shifts)))
        return with_numbers(copies, i, np.repeat([one.encoded for one in shifts], n))
    if shifts[0].kind == "missing":
        return without_values(rows, i)
    source = np.flatnonzero(encoded_column(inputs, pool, i) == shifts[0].encoded)[0]
    numbers = np.repeat(np.arange(n)[:, None], len(inputs.structure.columns), axis=1)
    numbers[:, i] = n + source
    return mixer({"X": rows, "X_train": pool})(numbers)


def with_numbers(rows: Table, i: int, values: FloatArray) -> Table:
    """Give rows with other numbers in one column.

    Parameters
    ----------
    rows : ndarray or data frame of shape (n_rows, n_columns)
        The rows; never changed.

    i : int
        Number of the column.

    values : ndarray of float of shape (n_rows,)
        Its numbers, NaN for missing.

    Returns
    -------
    rows : ndarray or data frame
        Of the same library.
    """
    if not is_frame(rows):
        out = np.array(rows)
        out[:, i] = values
        return out
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(rows):
        out = rows.copy()
        out.isetitem(i, values)
        return out
    frame = nw.from_native(rows, eager_only=True)
    column = nw.new_series(frame.columns[i], values, backend=frame.implementation)
    return frame.with_columns(column).to_native()


def without_values(rows: Table, i: int) -> Table | None:
    """Give rows whose value of one column is missing; None where its type holds no such value."""
    if not is_frame(rows):
        out = np.array(rows)
        out[:, i] = None if out.dtype == object else np.nan
        return out
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(rows):
        if rows.dtypes.iloc[i] == np.dtype(bool):
            return None
        out = rows.copy()
        out.isetitem(i, rows.iloc[:, i].where(np.zeros(len(rows), dtype=bool)))
        return out
    frame = nw.from_native(rows, eager_only=True)
    name = frame.columns[i]
    return frame.with_columns(nw.lit(None, frame.schema[name]).alias(name)).to_native()
