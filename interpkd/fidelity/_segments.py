"""Segments of the rows: who is in which, as the user says."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import plain_label, read_labels, sort_labels

if TYPE_CHECKING:
    from interpkd._typing import BoolArray

MAX_VALUES = 50
"""Most different values a segment may have; a column with more wants to be binned first."""


@dataclass(frozen=True)
class Segment:
    """The rows that share one value.

    Attributes
    ----------
    name : str
        What the rows are divided by.

    value : str, int, float, bool or None
        What these rows share; None for rows without a value.

    rows : ndarray of bool of shape (n_samples,)
        Which rows they are.
    """

    name: str
    value: Any
    rows: BoolArray


def read_segments(segments: Any, n: int) -> list[Segment]:
    """Read the segments in any of the shapes a user may have them in.

    Parameters
    ----------
    segments : mapping, data frame, array-like of shape (n_samples,) or None
        Labels of rows, by name; a single array is named ``"segment"``, a series by its name.

    n : int
        The number of rows.

    Returns
    -------
    segments : list of Segment
        By name in the order given, then by value; rows without a value come last.

    Raises
    ------
    InvalidInputError
        If a length is wrong, or there are too many different values.
    """
    return [
        segment
        for name, values in _columns(segments)
        for segment in _split(name, read_labels(values, n, name=f"segments[{name!r}]"))
    ]


def _columns(segments: Any) -> list[tuple[str, Any]]:
    if segments is None:
        return []
    if isinstance(segments, Mapping):
        return [(str(name), values) for name, values in segments.items()]
    if is_frame(segments):
        import narwhals.stable.v1 as nw

        frame = nw.from_native(segments, eager_only=True)
        return [(str(column.name), column.to_list()) for column in frame.iter_columns()]
    if np.ndim(segments) == 2 and np.shape(segments)[1] != 1:
        msg = (
            f"segments is an array of shape {np.shape(segments)}, whose columns have no names. "
            "Pass a mapping of names to labels, or a data frame."
        )
        raise InvalidInputError(msg)
    name = getattr(segments, "name", None)
    return [("segment" if name is None else str(name), segments)]


def _split(name: str, labels: list[Any]) -> list[Segment]:
    values = sort_labels({label for label in labels if label is not None})
    if len(values) > MAX_VALUES:
        msg = (
            f"segments[{name!r}] has {len(values)} different values; a segment may have at most "
            f"{MAX_VALUES}. Bin it first, for instance with pandas.cut."
        )
        raise InvalidInputError(msg)
    code = {value: k for k, value in enumerate([*values, None])}
    codes = np.fromiter((code[label] for label in labels), dtype=np.intp, count=len(labels))
    return [
        Segment(name, plain_label(value), codes == k)
        for value, k in code.items()
        if (codes == k).any()
    ]
