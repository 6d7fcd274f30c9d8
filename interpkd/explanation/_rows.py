"""The rows of an explanation, put together from those to explain and the background.

Rows stay in the user's own table wherever a teacher is asked, so that a teacher sees the types it
was trained on: a row "half from X, half from the background" is put together by row numbers, and
no value is ever translated.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import IntArray, Table


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
