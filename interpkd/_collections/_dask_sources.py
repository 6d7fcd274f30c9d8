"""The Dask collections that a user passes: what belongs together, and its partitions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_work import Layout
from interpkd._collections._open import feature_columns
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_dask(X: Any) -> bool:
    """Tell whether `X` is a Dask DataFrame, Series or Array; loads nothing."""
    if "dask" not in sys.modules:
        return False
    import dask

    return dask.is_dask_collection(X) and (hasattr(X, "npartitions") or hasattr(X, "chunks"))


def layout_of(X: Any, roles: Sequence[tuple[str, Any]]) -> tuple[Any, Layout, list[str], bool]:
    """Give the rows in whole chunks, how they are read, and the names of the features."""
    if hasattr(X, "columns"):
        given = {str(column): column for column in X.columns}
        features = feature_columns([str(column) for column in X.columns], roles)
        target, weight, *scores = (None if name is None else given[name] for _, name in roles)
        layout = Layout([given[name] for name in features], target, weight, tuple(scores))
        return X, layout, features, all(isinstance(column, str) for column in X.columns)
    if not hasattr(X, "chunks") or X.ndim != 2:
        msg = (
            "X must be a Dask DataFrame, or a Dask Array of 2 dimensions; got a "
            f"{type(X).__name__}. Take columns by a list: ddf[['a', 'b']]."
        )
        raise InvalidInputError(msg)
    for parameter, name in roles:
        if name is not None:
            msg = (
                f"{parameter}={name!r} names a column, and a Dask Array has none. Give a Dask "
                "Array of the same chunks, or a Dask DataFrame as X."
            )
            raise InvalidInputError(msg)
    return X.rechunk({1: -1}), Layout(None), [f"x{i}" for i in range(X.shape[1])], False


def beside(X: Any, given: Any, parameter: str) -> Any:
    """Check that a collection has the same partitions."""
    if not is_dask(given) or getattr(given, "ndim", 1) > 2:
        msg = (
            f"{parameter} must be the name of a column, or a Dask Series or Array of the same "
            f"partitions as X; got a {type(given).__name__}."
        )
        raise InvalidInputError(msg)
    if hasattr(given, "chunks"):
        if given.ndim == 2:
            given = given.rechunk({1: -1})
        if hasattr(X, "chunks") and given.chunks[0] != X.chunks[0] and X.shape[0] == given.shape[0]:
            given = given.rechunk({0: X.chunks[0]})
    if n_parts(given) != n_parts(X):
        msg = (
            f"{parameter} has {n_parts(given)} partitions and X has {n_parts(X)}; both must have "
            "the same. Take both from one collection, or name a column."
        )
        raise InvalidInputError(msg)
    return given


def n_parts(source: Any) -> int:
    """Give how many partitions, or chunks of rows, a collection has."""
    return int(source.numblocks[0] if hasattr(source, "chunks") else source.npartitions)


def delayed(source: Any) -> list[Any]:
    """Give the partitions of a collection, each to be computed on its own.

    Of a frame only the columns that are asked for are read. More is not optimised: Dask would put
    partitions of few columns together, and those of the rows and of the target would not fit.
    """
    if hasattr(source, "chunks"):
        return list(source.to_delayed().ravel())
    return list(source.simplify().to_delayed(optimize_graph=False))


def some_parts(source: Any, numbers: Sequence[int]) -> Any:
    """Give some partitions of a collection, as a collection that keeps them as they are."""
    if hasattr(source, "chunks"):
        import dask.array

        return dask.array.concatenate([source.blocks[k] for k in numbers])
    import dask.dataframe

    parts = delayed(source)
    meta = source._meta  # noqa: SLF001  # Dask's own name for it, in its documentation too
    return dask.dataframe.from_delayed([parts[k] for k in numbers], meta=meta, verify_meta=False)
