"""The rows of an explanation: aligned with the student's columns, hashed, mixed.

Rows stay in the user's own table wherever a teacher is asked, so that a teacher sees the types it
was trained on: a row "half from X, half from the background" is put together by row numbers, and
no value is ever translated.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import select_columns, trained_names
from interpkd._structure import Structure, read_object_array
from interpkd._tables import is_frame, read_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import IntArray, Table


def align(X: Table, student: Any, structure: Structure, *, name: str) -> Table:
    """Give a table with exactly the student's columns, in the student's order.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        The table.

    student : fitted estimator
        The student.

    structure : Structure
        The student taken apart.

    name : str
        The parameter's name, for errors.

    Returns
    -------
    X : ndarray or data frame of shape (n_samples, n_columns)
        The same values; columns selected by name where both sides have names.

    Raises
    ------
    InvalidInputError
        If there are no rows, or the columns are not the student's.
    """
    if is_frame(X):
        names = trained_names(student)
        X = X if names is None else select_columns(X, names)
    else:
        has_categories = any(column.kind == "category" for column in structure.columns)
        X = np.asarray(X, dtype=object if has_categories else np.float64)
    if len(X.shape) != 2 or X.shape[1] != len(structure.columns) or X.shape[0] == 0:
        msg = (
            f"{name} must be a table of at least one row and the student's "
            f"{len(structure.columns)} columns, got shape {tuple(X.shape)}."
        )
        raise InvalidInputError(msg)
    return X


def hash_rows(X: Table, structure: Structure) -> str:
    """Give the SHA-256 of a table's column names and values, whatever library holds it.

    Numbers and truth values are hashed as little-endian float64 (one NaN, one zero), categories
    as texts, after the number of rows and the columns' names.

    Parameters
    ----------
    X : ndarray or data frame of shape (n_samples, n_columns)
        An aligned table.

    structure : Structure
        The student taken apart; gives names and kinds of the columns.

    Returns
    -------
    digest : str
        64 hexadecimal digits.
    """
    if is_frame(X):
        values = [column.values for column in read_frame(X)]
    elif X.dtype == object:
        values = [column.values for column in read_object_array(X, structure.columns)]
    else:
        values = [*X.T]
    digest = hashlib.sha256(f"{X.shape[0]} rows\n".encode())
    for column, one in zip(structure.columns, values, strict=True):
        is_category = column.kind == "category"
        header = [column.name, "categories" if is_category else "numbers"]
        digest.update(json.dumps(header).encode() + b"\n")
        if is_category:
            # `value != value` finds NaN, which an all-missing column is read as
            texts = [None if v is None or v != v else str(v) for v in one.tolist()]  # noqa: PLR0124
            digest.update(json.dumps(texts).encode())
        else:
            numbers = np.where(np.isnan(one), np.nan, one + 0.0)
            digest.update(numbers.astype("<f8").tobytes())
    return digest.hexdigest()


def original_values(X: Table) -> NDArray[Any]:
    """Give the values of an aligned table as Python objects, shape (n_samples, n_columns)."""
    out = np.empty(X.shape, dtype=object)
    if not is_frame(X):
        out[:] = X.tolist()
        return out
    import narwhals.stable.v1 as nw

    for i, series in enumerate(nw.from_native(X, eager_only=True).iter_columns()):
        out[:, i] = series.to_list()
    return out


def same_values(background: Table, X: Table) -> IntArray:
    """Give numbers to the values of each column of two tables, equal ones to equal values.

    Parameters
    ----------
    background, X : ndarray or data frame
        Two aligned tables, of (n_background, n_columns) and (n_samples, n_columns).

    Returns
    -------
    same : ndarray of shape (n_background + n_samples, n_columns)
        Integers.
    """
    import pandas as pd

    both = np.concatenate([original_values(background), original_values(X)])
    return np.column_stack([pd.factorize(column, use_na_sentinel=False)[0] for column in both.T])


def mixer(background: Table, X: Table) -> Callable[[NDArray[np.intp]], Table]:
    """Give the function that puts rows together from the values of two aligned tables.

    Parameters
    ----------
    background, X : ndarray or data frame
        Two aligned tables of the same library, shapes (n_background, n_columns) and
        (n_samples, n_columns).

    Returns
    -------
    mix : callable
        Takes row numbers of shape (n_rows, n_columns), counted through `background` and then
        through `X`, and gives the table whose entry (r, i) is column i of that row.

    Raises
    ------
    InvalidInputError
        If the tables are of different libraries.
    """
    if type(background) is not type(X):
        msg = (
            f"background and X must be tables of the same kind, got {_library(background)} and "
            f"{_library(X)}. Take both from the same table."
        )
        raise InvalidInputError(msg)
    if not is_frame(X):
        both = np.concatenate([background, X])
        return lambda numbers: both[numbers, np.arange(both.shape[1])]
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(X):
        return _pandas_mixer(background, X)
    stacked = nw.concat(
        [nw.from_native(background, eager_only=True), nw.from_native(X, eager_only=True)]
    )
    names = stacked.columns
    return lambda numbers: (
        nw.from_dict({name: stacked[name][numbers[:, i]] for i, name in enumerate(names)})
    ).to_native()


def _library(X: Table) -> str:
    return type(X).__module__.partition(".")[0]


def _pandas_mixer(background: Any, X: Any) -> Callable[[NDArray[np.intp]], Table]:
    import pandas as pd

    stacked = []
    for i in range(X.shape[1]):
        one, two = background.iloc[:, i], X.iloc[:, i]
        if isinstance(one.dtype, pd.CategoricalDtype) and isinstance(
            two.dtype, pd.CategoricalDtype
        ):
            stacked.append(pd.api.types.union_categoricals([one, two], ignore_order=False))
        else:
            with warnings.catch_warnings():  # of pandas 2, about columns of missing values only
                warnings.simplefilter("ignore", FutureWarning)
                stacked.append(pd.concat([one, two], ignore_index=True).array)
    return lambda numbers: pd.DataFrame(
        {name: stacked[i].take(numbers[:, i]) for i, name in enumerate(X.columns)}
    )
