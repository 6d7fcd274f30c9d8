"""A table beside a student: its columns in the student's order, and a hash of what they hold."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import issparse

from interpkd._asking import select_columns, trained_names
from interpkd._structure import read_object_array
from interpkd._tables import is_frame, read_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd._structure import Structure
    from interpkd._typing import Table


def refuse_sparse(X: Table, *, name: str) -> None:
    """Refuse a sparse table where the values of every column are shown.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix
        The table.

    name : str
        The parameter's name, for the error.

    Raises
    ------
    InvalidInputError
        If it is sparse.
    """
    if issparse(X):
        msg = (
            f"{name} is sparse, and what is asked for shows the values of every column. Give "
            f"{name}.toarray(), of some rows where all would be too many."
        )
        raise InvalidInputError(msg)


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
    refuse_sparse(X, name=name)
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
    digest = hashlib.sha256(f"{X.shape[0]} rows\n".encode())
    for header, body in _column_bytes(X, structure):
        digest.update(header + b"\n")
        digest.update(body)
    return digest.hexdigest()


def hash_columns(X: Table, structure: Structure) -> dict[str, str]:
    """Give the SHA-256 of each column by itself, as :func:`hash_rows` writes it.

    Parameters
    ----------
    X : ndarray or data frame of shape (n_samples, n_columns)
        An aligned table.

    structure : Structure
        The student taken apart; gives names and kinds of the columns.

    Returns
    -------
    digests : dict
        Name of the column to 64 hexadecimal digits.
    """
    written = _column_bytes(X, structure)
    return {
        column.name: hashlib.sha256(header + b"\n" + body).hexdigest()
        for column, (header, body) in zip(structure.columns, written, strict=True)
    }


def _column_bytes(X: Table, structure: Structure) -> Iterator[tuple[bytes, bytes]]:
    """Give name and values of each column in canonical form."""
    if is_frame(X):
        values = [column.values for column in read_frame(X)]
    elif X.dtype == object:
        values = [column.values for column in read_object_array(X, structure.columns)]
    else:
        values = [*X.T]
    for column, one in zip(structure.columns, values, strict=True):
        is_category = column.kind == "category"
        header = [column.name, "categories" if is_category else "numbers"]
        if is_category:
            body = json.dumps([_category_text(value) for value in one.tolist()]).encode()
        else:
            body = np.where(np.isnan(one), np.nan, one + 0.0).astype("<f8").tobytes()
        yield json.dumps(header).encode(), body


def _category_text(value: Any) -> str | None:
    """Write a category; 1, 1.0 and True are one category, whichever way a table holds them."""
    if value is None or value != value:  # noqa: PLR0124  (NaN, which an all-missing column is read as)
        return None
    if isinstance(value, (bool, int, float)) and float(value).is_integer():
        return str(int(value))
    return str(value)
