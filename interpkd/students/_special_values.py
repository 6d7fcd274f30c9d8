"""Numbers that are codes: which values of which columns stand apart from the scale."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._tables import Column
    from interpkd._typing import FloatArray


def check_special_values(special_values: Any, columns: Sequence[Column]) -> list[FloatArray]:
    """Check special values and give those of each column.

    Parameters
    ----------
    special_values : array-like of float, dict or None
        Values for all numeric columns, or a dictionary from column names to values.

    columns : sequence of Column
        The columns of the training table.

    Returns
    -------
    values : list of ndarray
        Ascending special values of each column.

    Raises
    ------
    InvalidInputError
        If a name is no numeric column of the table, or a value is not a finite number.
    """
    none = np.zeros(0)
    if special_values is None:
        return [none] * len(columns)
    if not isinstance(special_values, Mapping):
        values = _numbers(special_values, "every column")
        return [values if column.kind == "numeric" else none for column in columns]
    kinds = {column.name: column.kind for column in columns}
    for name in special_values:
        if name not in kinds:
            msg = f"The 'special_values' parameter names {name!r}, which is not a column of X."
            raise InvalidInputError(msg)
        if kinds[name] != "numeric":
            msg = (
                f"The 'special_values' parameter names {name!r}, a {kinds[name]} column; only a "
                "column of numbers has special values. Leave it out: its values are bins already."
            )
            raise InvalidInputError(msg)
    return [
        _numbers(special_values[column.name], repr(column.name))
        if column.name in special_values
        else none
        for column in columns
    ]


def _numbers(values: Any, where: str) -> FloatArray:
    try:
        numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        msg = (
            f"The 'special_values' parameter needs a list of finite numbers for {where}, got "
            f"{values!r}. Missing values (NaN) have a bin of their own anyway."
        )
        raise InvalidInputError(msg)
    return np.unique(numbers)
