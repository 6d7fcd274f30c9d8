"""Tables of any library, read once: which columns are numbers, which are categories.

A student works on one float64 matrix with exactly one column per column of the user's table:
numbers as they are, categories as their position in a stated order, missing values as NaN. So a
split, a coefficient or a SHAP value always belongs to a column that the user knows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd._validation import safe_indexing
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

Kind = Literal["numeric", "boolean", "category"]

MAX_CATEGORIES = 255
"""Most categories a column may have: more is an identifier or free text, not a category."""

ROWS_AT_ONCE = 4096
"""Rows in a block."""


@dataclass(frozen=True)
class Column:
    """What a student knows of one column of its training table.

    Attributes
    ----------
    name : str
        The column's name; ``"x0"``, ``"x1"``, … for arrays without names.

    kind : {"numeric", "boolean", "category"}
        How the column is read.

    categories : tuple
        The categories of a category column; the student's code of a value is its position here.

    has_missing : bool
        Whether a value was missing in the training rows.

    minimum, maximum : float or None
        Range of the training values of a numeric or boolean column; None when there is none.
    """

    name: str
    kind: Kind = "numeric"
    categories: tuple[Any, ...] = ()
    has_missing: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class RawColumn:
    """One column as read: float64 values, or objects with None where a category is missing."""

    name: str
    kind: Kind
    values: NDArray[Any]


class RawMatrix(list[RawColumn]):
    """The columns of one matrix of numbers, which need not be put together again.

    Parameters
    ----------
    matrix : ndarray of float of shape (n_samples, n_features)
        The numbers; never changed.
    """

    def __init__(self, matrix: FloatArray) -> None:
        super().__init__(
            RawColumn(f"x{i}", "numeric", matrix[:, i]) for i in range(matrix.shape[1])
        )
        self.matrix = matrix


def is_frame(X: Any) -> bool:
    """Tell whether `X` is a pandas, polars, pyarrow or other eager data frame."""
    import narwhals.stable.v1 as nw

    return bool(nw.dependencies.is_into_dataframe(X))


def select_rows(X: Table, indices: NDArray[np.intp]) -> Table:
    """Give some rows of an array or of a data frame of any library, in the order of `indices`."""
    import narwhals.stable.v1 as nw

    if is_frame(X) and not nw.dependencies.is_pandas_dataframe(X):
        return nw.from_native(X, eager_only=True)[indices].to_native()
    return safe_indexing(X, indices)


def read_frame(X: Table) -> list[RawColumn]:
    """Read every column of a data frame.

    Parameters
    ----------
    X : data frame of shape (n_samples, n_features)
        A pandas, polars or pyarrow table.

    Returns
    -------
    columns : list of RawColumn
        In the order of the table.

    Raises
    ------
    InvalidInputError
        If two columns share a name or a column holds neither numbers nor categories.
    """
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(X):
        names = [str(name) for name in X.columns]
        series: Iterable[Any] = (X.iloc[:, i] for i in range(X.shape[1]))
        read = _read_pandas
    else:
        frame = nw.from_native(X, eager_only=True)
        names = list(frame.columns)
        series = frame.iter_columns()
        read = _read_narwhals
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"Column names must be unique; {twice[0]!r} occurs twice. Rename or drop one."
        raise InvalidInputError(msg)
    return [read(name, values) for name, values in zip(names, series, strict=True)]


def describe_columns(raw: Iterable[RawColumn]) -> tuple[Column, ...]:
    """Sum up the columns of a training table, categories in the order of their text.

    Parameters
    ----------
    raw : iterable of RawColumn
        The training table.

    Returns
    -------
    columns : tuple of Column
        One per column of the table.

    Raises
    ------
    InvalidInputError
        If a category column has more than `MAX_CATEGORIES` different values.
    """
    if isinstance(raw, RawMatrix):
        return _describe_matrix(raw)
    return tuple(_describe(column) for column in raw)


def encode(raw: Sequence[RawColumn], columns: Sequence[Column]) -> FloatArray:
    """Turn a table into the matrix a student works on.

    Parameters
    ----------
    raw : sequence of RawColumn
        The table to encode.

    columns : sequence of Column
        The columns of the training table, in the same order.

    Returns
    -------
    Z : ndarray of shape (n_samples, n_features)
        Numbers, positions of categories, NaN for missing and for categories never seen. A matrix
        of numbers itself and not a copy.

    Raises
    ------
    InvalidInputError
        If a column holds text where the training table held numbers.
    """
    if isinstance(raw, RawMatrix) and not any(column.kind == "category" for column in columns):
        return raw.matrix
    Z = np.empty((len(raw[0].values), len(columns)))
    for i, (values, column) in enumerate(zip(raw, columns, strict=True)):
        Z[:, i] = _encode_column(values, column)
    return Z


def row_blocks(n_rows: int) -> Iterator[slice]:
    """Give blocks of rows: few enough to stay in the cache while one thing after another is done."""
    for start in range(0, n_rows, ROWS_AT_ONCE):
        yield slice(start, start + ROWS_AT_ONCE)


def has_nan(Z: FloatArray) -> bool:
    """Tell whether a matrix holds NaN, without another one that says where."""
    return any(np.isnan(Z[rows]).any() for rows in row_blocks(len(Z)))


def category_frame(raw: Sequence[RawColumn], columns: Sequence[Column]) -> Any:
    """Give a pandas DataFrame with categories as pandas categories and numbers as float64.

    Parameters
    ----------
    raw : sequence of RawColumn
        The table.

    columns : sequence of Column
        The columns of the training table; values that are not in their categories become missing.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_samples, n_features)
        The table as boosting libraries like it. They refuse names with brackets, braces, quotes
        and some other signs; where one name is like that, all columns are named by position.
    """
    import pandas as pd

    Z = encode(raw, columns)
    plain = all(re.fullmatch(r"[\w .%/()+-]+", column.name) for column in columns)
    names = [column.name if plain else f"x{i}" for i, column in enumerate(columns)]
    data: dict[str, Any] = {}
    for i, column in enumerate(columns):
        if column.kind == "category":
            codes = np.where(np.isnan(Z[:, i]), -1, Z[:, i]).astype(np.int64)
            data[names[i]] = pd.Categorical.from_codes(codes, categories=[*column.categories])
        else:
            data[names[i]] = Z[:, i]
    return pd.DataFrame(data)


def _describe(column: RawColumn) -> Column:
    if column.kind != "category":
        missing = np.isnan(column.values)
        if missing.all():
            return Column(column.name, column.kind, has_missing=True)
        low, high = float(np.nanmin(column.values)), float(np.nanmax(column.values))
        return Column(column.name, column.kind, (), bool(missing.any()), low, high)
    seen = {value for value in column.values if value is not None}
    if len(seen) > MAX_CATEGORIES:
        msg = (
            f"Column {column.name!r} has {len(seen)} different texts; a category column may have "
            f"at most {MAX_CATEGORIES}. Drop it if it identifies rows, or group its rare values."
        )
        raise InvalidInputError(msg)
    has_missing = any(value is None for value in column.values)
    return Column(column.name, "category", tuple(sorted(seen, key=str)), has_missing)


def _describe_matrix(raw: RawMatrix) -> tuple[Column, ...]:
    """Describe all columns at once, row by row as they lie in memory."""
    X, step = raw.matrix, 4096
    blocks = [X[start : start + step] for start in range(0, len(X), step)]
    low = np.fmin.reduce([np.fmin.reduce(block, axis=0) for block in blocks])
    high = np.fmax.reduce([np.fmax.reduce(block, axis=0) for block in blocks])
    # of a missing value the minimum is missing too
    has_missing = np.isnan(np.minimum.reduce([block.min(axis=0) for block in blocks]))
    return tuple(
        Column(column.name, column.kind, (), bool(lost), float(least), float(most))
        if not np.isnan(least)
        else Column(column.name, column.kind, has_missing=True)
        for column, lost, least, most in zip(raw, has_missing, low, high, strict=True)
    )


def _encode_column(raw: RawColumn, column: Column) -> NDArray[Any]:
    if column.kind != "category":
        if raw.kind == "category":
            example = next((value for value in raw.values if value is not None), None)
            if example is None:  # nothing but missing values: no text to complain about
                return np.full(len(raw.values), np.nan)
            msg = (
                f"Column {raw.name!r} was numeric when the model was fitted and now holds the "
                f"text {example!r}. Convert the column to numbers."
            )
            raise InvalidInputError(msg)
        return raw.values
    values = raw.values
    coded_as_text = not all(isinstance(value, (int, float)) for value in column.categories)
    if raw.kind != "category" and coded_as_text and not np.isnan(values).all():
        msg = (
            f"Column {raw.name!r} held categories such as {column.categories[0]!r} when the model "
            "was fitted and now holds numbers. Convert the column to the same texts."
        )
        raise InvalidInputError(msg)
    return _codes(values, column.categories)


def _codes(values: NDArray[Any], categories: tuple[Any, ...]) -> NDArray[np.float64]:
    """Give the position of each value among the categories, NaN for missing and for others."""
    import pandas as pd

    place, different = pd.factorize(values)  # one look-up per different value, not per row
    code = {value: float(i) for i, value in enumerate(categories)}
    codes = [code.get(value, np.nan) for value in different.tolist()]
    return np.array([*codes, np.nan])[place]  # a missing value has place -1, the last one


def _read_pandas(name: str, series: Any) -> RawColumn:
    import pandas as pd

    if pd.api.types.is_bool_dtype(series.dtype):
        return RawColumn(name, "boolean", series.to_numpy(np.float64, na_value=np.nan))
    if pd.api.types.is_numeric_dtype(series.dtype):
        if pd.api.types.is_complex_dtype(series.dtype):
            msg = f"Complex data not supported: column {name!r} holds complex numbers."
            raise InvalidInputError(msg)
        return RawColumn(name, "numeric", series.to_numpy(np.float64, na_value=np.nan))
    if isinstance(series.dtype, pd.CategoricalDtype):
        # through the codes, or integers beside missing values would become floats
        categories = np.array([*series.cat.categories, None], dtype=object)
        return RawColumn(name, "category", categories[series.cat.codes.to_numpy()])
    if pd.api.types.is_string_dtype(series.dtype) or series.dtype == object:
        return _read_objects(name, _objects(series, series.isna()))
    raise InvalidInputError(_neither(name, series.dtype))


def _read_narwhals(name: str, series: Any) -> RawColumn:
    import narwhals.stable.v1 as nw

    dtype = series.dtype
    if dtype == nw.Boolean:
        values = [np.nan if value is None else float(value) for value in series.to_list()]
        return RawColumn(name, "boolean", np.array(values, dtype=np.float64))
    if dtype.is_numeric():
        values = series.cast(nw.Float64).to_numpy()
        return RawColumn(name, "numeric", np.array(values, dtype=np.float64))
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object):
        values = series.to_list()
        return _read_objects(name, _objects(values, [value is None for value in values]))
    if dtype == nw.Unknown and series.null_count() == len(series):  # a column of nulls only
        return RawColumn(name, "numeric", np.full(len(series), np.nan))
    raise InvalidInputError(_neither(name, dtype))


def _objects(values: Any, missing: Any) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    array[np.asarray(missing, dtype=bool)] = None
    return array


def _read_objects(name: str, values: NDArray[Any]) -> RawColumn:
    """Read a column of Python objects: all texts, all numbers, or an error."""
    kinds = {_kind_of(kind) for kind in set(map(type, values)) if kind is not type(None)}
    if kinds <= {"number"}:
        numbers = [np.nan if value is None else float(value) for value in values]
        return RawColumn(name, "numeric", np.array(numbers, dtype=np.float64))
    if kinds == {"text"}:
        return RawColumn(name, "category", values)
    if "other" in kinds:
        strange = next(v for v in values if v is not None and _kind_of(type(v)) == "other")
        raise InvalidInputError(_neither(name, type(strange).__name__))
    text = next(value for value in values if isinstance(value, str))
    msg = (
        f"Column {name!r} mixes numbers and texts such as {text!r}. Make it numbers, with missing "
        "values where there is none, or convert every value to text."
    )
    raise InvalidInputError(msg)


def _kind_of(kind: type) -> str:
    if issubclass(kind, str):
        return "text"
    # bool is a number here, as everywhere in Python
    return "number" if issubclass(kind, (int, float, np.number, np.bool_)) else "other"


def _neither(name: str, dtype: Any) -> str:
    return (
        f"Column {name!r} holds {dtype}, which is neither numbers nor categories. Convert it, a "
        "date for instance to a number of days, or drop it. (could not convert to float)"
    )
