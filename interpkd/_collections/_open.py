"""Which engine reads what the user passes as `X`."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from interpkd._optional import is_instance_of_name
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._collections._protocol import Collection

ARROW = ("pyarrow._dataset.Dataset",)
DASK = (
    "dask.array.core.Array",
    "dask.dataframe.core.DataFrame",
    "dask.dataframe.dask_expr._collection.DataFrame",
    "dask_expr._collection.DataFrame",
)


def is_collection(X: Any) -> bool:
    """Tell whether rows are read part by part: a data set, a Dask collection, or an open one."""
    return is_instance_of_name(X, *ARROW, *DASK) or _is_open(X)


def open_collection(
    X: Any, y: Any = None, sample_weight: Any = None, *, scores: str | Sequence[str] | None = None
) -> Collection:
    """Open a table that need not fit in memory.

    Parameters
    ----------
    X : pyarrow.dataset.Dataset, Dask DataFrame or Array, or Collection
        The table. All its columns are features but those that the other parameters name.

    y : str, Dask Series or Array, or None, default=None
        The column of the target; of a Dask collection it may be another one of the same parts.

    sample_weight : str, Dask Series or Array, or None, default=None
        The column of row weights.

    scores : str, sequence of str, or None, default=None
        The columns of the teacher's scores.

    Returns
    -------
    collection : Collection
        Its rows, part by part.

    Raises
    ------
    InvalidInputError
        If a column is not there or not to be read, or there is no row.

    MissingExtraError
        If the engine's library is not installed.
    """
    if _is_open(X):
        if y is not None or sample_weight is not None or scores is not None:
            msg = "This collection is open, and was told its columns then; name none beside it."
            raise InvalidInputError(msg)
        opened: Collection = X
        return opened
    if is_instance_of_name(X, *ARROW):
        from interpkd._collections._arrow import ArrowCollection

        return ArrowCollection(X, y, sample_weight, scores=scores)
    if is_instance_of_name(X, *DASK):
        dask = import_module("interpkd._collections._dask")
        on_cluster: Collection = dask.DaskCollection(X, y, sample_weight, scores=scores)
        return on_cluster
    msg = (
        "X must be a pyarrow.dataset.Dataset, a Dask DataFrame or a Dask Array, got "
        f"{type(X).__name__}."
    )
    raise InvalidInputError(msg)


def names_of(scores: str | Sequence[str] | None) -> list[str]:
    """Give the columns of scores as a list."""
    if scores is None:
        return []
    return [scores] if isinstance(scores, str) else [*scores]


def feature_columns(columns: Sequence[str], roles: Sequence[tuple[str, Any]]) -> list[str]:
    """Give the columns that are features: all but those named for something else.

    Parameters
    ----------
    columns : sequence of str
        All columns.

    roles : sequence of (str, str or None)
        Parameters, and the column that each names.

    Returns
    -------
    features : list of str
        In the order of the table.

    Raises
    ------
    InvalidInputError
        If a name is not a column, is named twice, or no feature is left.
    """
    taken: dict[str, str] = {}
    for parameter, name in roles:
        if name is None:
            continue
        if not isinstance(name, str):
            msg = (
                f"{parameter} must be the name of a column of X, or None, where X is a data set; "
                f"got {type(name).__name__}. Put the values into a column of the data set."
            )
            raise InvalidInputError(msg)
        if name not in columns:
            msg = f"{parameter}={name!r} is not a column of X. Its columns are {[*columns]}."
            raise InvalidInputError(msg)
        if name in taken:
            msg = f"{parameter} and {taken[name]} both name the column {name!r}."
            raise InvalidInputError(msg)
        taken[name] = parameter
    twice = sorted({name for name in columns if [*columns].count(name) > 1})
    if twice:
        msg = f"Column names must be unique; {twice[0]!r} occurs twice. Rename or drop one."
        raise InvalidInputError(msg)
    features = [name for name in columns if name not in taken]
    if not features:
        msg = f"X has no column left that could be a feature; {[*taken]} have other uses."
        raise InvalidInputError(msg)
    return features


def _is_open(X: Any) -> bool:
    return all(hasattr(X, name) for name in ("engine", "n_parts", "map", "keep", "fingerprint"))
