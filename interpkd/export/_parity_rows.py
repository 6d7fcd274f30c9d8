"""Rows as engines get them: one pandas data frame, whatever table the user has."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import encode
from interpkd.exceptions import InvalidInputError
from interpkd.export._read_json import read_json, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._tables import RawColumn
    from interpkd._typing import Table


def make_frame(data: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Put rows together from lists of values by column.

    Parameters
    ----------
    data : mapping
        The document of a student.

    values : mapping
        A sequence per column, None or NaN where a value is missing.

    Returns
    -------
    rows : pandas.DataFrame
        The student's columns in their order: numbers as float64 with NaN, truth values as
        "boolean" with NA, categories as objects with None.
    """
    import pandas as pd

    made = {}
    for column in data["columns"]:
        name, kind = column["name"], column["kind"]
        if kind == "category":
            made[name] = pd.Series([None if _is_nan(v) else v for v in values[name]], dtype=object)
        elif kind == "boolean":
            plain = [pd.NA if v is None or _is_nan(v) else bool(v) for v in values[name]]
            made[name] = pd.Series(pd.array(plain, dtype="boolean"))
        else:
            made[name] = pd.Series(np.array(values[name], dtype=np.float64))
    return pd.DataFrame(made)


def frame_of(data: Mapping[str, Any], X: Table) -> Any:
    """Give a user's table as such a data frame.

    Parameters
    ----------
    data : mapping
        The document of a student.

    X : array-like or data frame of shape (n_samples, n_features)
        The user's rows.

    Returns
    -------
    rows : pandas.DataFrame
        As `make_frame`.

    Raises
    ------
    InvalidInputError
        If the table is not the student's.
    """
    student = read_json(dict(data))
    raw = read_table(student, X)
    encode(raw, student.columns_)  # says it where a column holds texts instead of numbers
    pairs = zip(data["columns"], raw, strict=True)
    return make_frame(data, {column["name"]: _values(column, one) for column, one in pairs})


def as_asked(data: Mapping[str, Any], rows: Any) -> Any:
    """Give such a data frame as the student takes it: a matrix where it knows no names.

    Parameters
    ----------
    data : mapping
        The document of a student.

    rows : pandas.DataFrame
        As `make_frame`.

    Returns
    -------
    X : pandas.DataFrame or ndarray of shape (n_samples, n_features)
        The same rows.
    """
    if data["has_names"]:
        return with_categories(data, rows)
    if any(column["kind"] == "category" for column in data["columns"]):
        return rows.astype(object).to_numpy()
    return rows.to_numpy(np.float64, na_value=np.nan)


def with_categories(data: Mapping[str, Any], rows: Any) -> Any:
    """Give rows with pandas categories: columns of objects may not mix numbers and texts."""
    import pandas as pd

    names = [column["name"] for column in data["columns"] if column["kind"] == "category"]
    return rows.assign(**{name: pd.Categorical(rows[name]) for name in names})


def in_single(data: Mapping[str, Any], rows: Any) -> Any:
    """Round the numbers of rows to single precision.

    Parameters
    ----------
    data : mapping
        The document of a student.

    rows : pandas.DataFrame
        As `make_frame`.

    Returns
    -------
    rows : pandas.DataFrame
        The same, with numbers that single precision holds.

    Raises
    ------
    InvalidInputError
        If a number is too large.
    """
    rounded = {}
    for column in data["columns"]:
        name = column["name"]
        if column["kind"] != "numeric":
            continue
        values = rows[name].to_numpy()
        with np.errstate(over="ignore"):
            near = values.astype(np.float32).astype(np.float64)
        if np.isinf(near).any():
            msg = (
                f"The engine takes numbers of single precision, and column {name!r} of X holds "
                f"{values[np.isinf(near)][0]!r}. Leave such rows out, or export in float64."
            )
            raise InvalidInputError(msg)
        rounded[name] = near
    return rows.assign(**rounded)


def _values(column: Mapping[str, Any], raw: RawColumn) -> Any:
    """Give the values of a column; known categories as the document has them: 1 and not 1.0."""
    if column["kind"] != "category":
        if raw.kind == "category":  # of missing values only
            return np.full(len(raw.values), np.nan)
        odd = raw.values[~np.isnan(raw.values) & (raw.values != 0) & (raw.values != 1)]
        if column["kind"] == "boolean" and len(odd) > 0:
            msg = (
                f"Column {column['name']!r} held truth values when the student was fitted and now "
                f"holds {float(odd[0])!r}; exports know true, false and missing there."
            )
            raise InvalidInputError(msg)
        return raw.values
    known = {label: label for label in column["categories"]}
    return [known.get(value, value) for value in raw.values.tolist()]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124  # NaN alone is not itself
