"""Rows put together from other rows by their numbers.

A teacher is asked on the user's own table, so that it sees the types it was trained on. A row
"half this one, half that one" is therefore made of row numbers, and no value is ever translated.
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
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import Table


def mixer(tables: Mapping[str, Table]) -> Callable[[NDArray[np.intp]], Table]:
    """Give the function that puts rows together from the values of one or more tables.

    Parameters
    ----------
    tables : mapping of str to ndarray or data frame
        Tables of the same library with the same columns, each of shape (n_rows, n_columns). The
        keys are the names of the parameters they came in, for the error.

    Returns
    -------
    mix : callable
        Takes row numbers of shape (n_rows, n_columns), counted through the tables in their order,
        and gives the table whose entry (r, i) is column i of that row.

    Raises
    ------
    InvalidInputError
        If the tables are of different libraries.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd._mixing import mixer
    >>> mix = mixer({"X": np.array([[1, 10], [2, 20]]), "more": np.array([[3, 30]])})
    >>> mix(np.array([[0, 2], [2, 1]])).tolist()
    [[1, 30], [3, 20]]
    """
    parts = list(tables.values())
    first = parts[0]
    for name, part in tables.items():
        if type(part) is not type(first):
            one = next(iter(tables))
            msg = (
                f"{one} and {name} must be tables of the same kind, got {_library(first)} and "
                f"{_library(part)}. Take both from the same table."
            )
            raise InvalidInputError(msg)
    if not is_frame(first):
        stacked = np.concatenate(parts) if len(parts) > 1 else np.asarray(first)
        return lambda numbers: stacked[numbers, np.arange(stacked.shape[1])]
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(first):
        return _pandas_mixer(parts)
    frames = [nw.from_native(part, eager_only=True) for part in parts]
    frame = nw.concat(frames) if len(frames) > 1 else frames[0]
    names = frame.columns
    return lambda numbers: (
        nw.from_dict({name: frame[name][numbers[:, i]] for i, name in enumerate(names)})
    ).to_native()


def _library(X: Table) -> str:
    return type(X).__module__.partition(".")[0]


def _pandas_mixer(frames: Sequence[Any]) -> Callable[[NDArray[np.intp]], Table]:
    import pandas as pd

    columns = frames[0].columns
    stacked = [_stack([frame.iloc[:, i] for frame in frames]) for i in range(len(columns))]
    return lambda numbers: pd.DataFrame(
        {name: stacked[i].take(numbers[:, i]) for i, name in enumerate(columns)}
    )


def _stack(series: Sequence[Any]) -> Any:
    """Put one column's parts under each other, as a pandas array."""
    import pandas as pd

    if len(series) == 1:
        return series[0].array
    if all(isinstance(part.dtype, pd.CategoricalDtype) for part in series):
        return pd.api.types.union_categoricals(series, ignore_order=False)
    with warnings.catch_warnings():  # of pandas 2, about columns of missing values only
        warnings.simplefilter("ignore", FutureWarning)
        return pd.concat(series, ignore_index=True).array
