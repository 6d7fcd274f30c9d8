"""Predicting for Dask collections: partition by partition, when somebody computes it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Method = TypeVar("Method", bound="Callable[..., Any]")

ELSEWHERE = ("dask", "pyarrow._dataset")
"""Where the classes are from of tables that are not in memory."""


def by_parts(method: Method) -> Method:
    """Let a method that answers for rows take Dask collections too.

    The answer is a Dask collection of the same partitions and divisions, and of the shape that the
    method gives for a table in memory: a Series, or a DataFrame with a column for each class; for a
    Dask Array an Array. Nothing is computed yet, and the teacher does not travel.

    Parameters
    ----------
    method : callable
        A method ``(self, X)`` of a student.

    Returns
    -------
    method : callable
        The method, for both.
    """

    @wraps(method)
    def answer(self: Any, X: Any) -> Any:
        if type(X).__module__.startswith(ELSEWHERE):
            return _lazily(self, X, method.__name__)
        return method(self, X)

    return cast("Method", answer)


def _lazily(student: Any, X: Any, name: str) -> Any:
    """Give a Dask collection of the answers."""
    check_is_fitted(student)
    if not hasattr(X, "columns") and not hasattr(X, "chunks"):
        msg = (
            f"{name} takes tables in memory and Dask collections, not a {type(X).__name__}. For a "
            "data set use the command 'interpkd predict', or ask batch by batch: [student."
            f"{name}(pyarrow.Table.from_batches([batch])) for batch in dataset.to_batches()]."
        )
        raise InvalidInputError(msg)
    light = student._without_teacher()  # noqa: SLF001  # its own method, for here
    like = _example(student, name)
    if hasattr(X, "chunks"):
        if X.ndim != 2 or X.shape[1] != student.n_features_in_:
            msg = (
                f"X has shape {X.shape}, but {type(student).__name__} is expecting "
                f"{student.n_features_in_} features as input."
            )
            raise InvalidInputError(msg)
        rows = X.rechunk({1: -1})
        shape: dict[str, Any] = (
            {"drop_axis": 1} if like.ndim == 1 else {"chunks": (rows.chunks[0], like.shape[1:])}
        )
        return rows.map_blocks(
            _of_chunk, student=light, method=name, like=like, dtype=like.dtype, meta=like, **shape
        )
    validate_data(light, X._meta, reset=False, skip_check_array=True)  # noqa: SLF001  # Dask's way
    frame = _framed(student, like, None)
    return X.map_partitions(_of_partition, light, name, frame, meta=frame)


def _example(student: Any, name: str) -> NDArray[Any]:
    """Give an answer for no rows."""
    classes = getattr(student, "classes_", None)
    if classes is None:
        return np.empty(0)
    if name == "predict":
        return np.asarray(classes)[:0]
    if name == "score_samples":
        return np.empty(0, dtype=np.int64)
    wide = name == "predict_proba" or len(classes) > 2
    return np.empty((0, len(classes)) if wide else 0)


def _framed(student: Any, answers: NDArray[Any], index: Any) -> Any:
    """Give answers as pandas would hold them."""
    import pandas as pd

    if answers.ndim == 2:
        return pd.DataFrame(answers, index=index, columns=list(student.classes_))
    if answers.dtype == object and len(answers) == 0:  # the type that some labels would have
        return pd.Series(student.classes_).iloc[:0]
    return pd.Series(answers, index=index)


def _of_partition(rows: Any, student: Any, name: str, like: Any) -> Any:
    if len(rows) == 0:
        return like.set_axis(rows.index)
    return _framed(student, getattr(student, name)(rows), rows.index)


def _of_chunk(rows: Any, *, student: Any, method: str, like: NDArray[Any]) -> Any:
    return like if len(rows) == 0 else getattr(student, method)(rows)
