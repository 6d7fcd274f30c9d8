"""The values of the rows to explain and of the background, as they stand in the user's tables."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame

if TYPE_CHECKING:
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
