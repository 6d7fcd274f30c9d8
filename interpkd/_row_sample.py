"""A sample of rows that does not depend on the order in which they come.

Every row has a number made of its content and a seed, and the rows with the smallest numbers are
the sample. So parts can be sampled apart and put together, in any order, and the same rows are
drawn wherever they lie.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

    Keys = NDArray[np.uint64]

ALL = np.uint64(2**64 - 1)
"""The largest number a row can have: with this limit nothing was left out."""

LEAST_OF_A_PART = 1000
"""Rows that every part may send, however many parts there are."""

SPARE = 4
"""A part may have this many times the rows of a fair share in the sample."""


def row_keys(X: Table, *, seed: int) -> Keys:
    """Give every row a number made of its content, shape (n_rows,).

    Equal rows of one table are numbered on, so that each is drawn or not by itself.

    Parameters
    ----------
    X : data frame or ndarray of shape (n_rows, n_features)
        The rows.

    seed : int
        Another seed draws other rows.

    Returns
    -------
    keys : ndarray of uint64 of shape (n_rows,)
        As good as random, and the same for the same content.

    Examples
    --------
    >>> import numpy as np
    >>> keys = row_keys(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), seed=0)
    >>> bool(keys[0] == row_keys(np.array([[1.0, 2.0]]), seed=0)[0]), len(set(keys.tolist()))
    (True, 3)
    """
    content = _content(X)
    return _mixed(content + _numbered(content) * _ODD, np.uint64(seed))


def share_keys(X: Table, *, seed: int) -> FloatArray:
    """Give every row a number in [0, 1) made of its content alone: equal rows have equal ones.

    Parameters
    ----------
    X : data frame or ndarray of shape (n_rows, n_features)
        The rows.

    seed : int
        Another seed gives other numbers.

    Returns
    -------
    keys : ndarray of shape (n_rows,)
        As good as uniform.
    """
    # another seed than that of a sample, or the rows of one side would be drawn first
    keys = _mixed(_content(X), np.uint64(seed) ^ _SIDE)
    return (keys >> np.uint64(11)).astype(np.float64) / 2.0**53


def rows_a_part_may_send(n_rows: int, n_parts: int) -> int:
    """Give how many rows of one part may be in a sample: more than its share, so that none lacks."""
    return max(min(n_rows, LEAST_OF_A_PART), math.ceil(SPARE * n_rows / max(n_parts, 1)))


@dataclass(frozen=True)
class RowSample:
    """The rows with the smallest keys, and which keys are below all that was left out.

    Attributes
    ----------
    keys : ndarray of uint64 of shape (n_rows,)
        The rows' numbers, rising.

    columns : sequence
        What is known of the rows: arrays, lists or frames of that length, None for nothing.

    limit : int
        Every row whose number is below it is in the sample.
    """

    keys: Keys
    columns: Sequence[Any]
    limit: np.uint64 = ALL

    @classmethod
    def of(cls, keys: Keys, columns: Sequence[Any], most: int) -> RowSample:
        """Draw at most so many rows of one part."""
        order = np.argsort(keys, kind="stable")
        limit = ALL
        if len(order) > most:
            limit = keys[order[most]]
            order = order[:most]
            order = order[keys[order] < limit]
        return cls(keys[order], [take(one, order) for one in columns], limit)

    @classmethod
    def merge(cls, samples: Iterable[RowSample], most: int) -> RowSample:
        """Put the samples of parts together: what is below the limit of each of them."""
        samples = list(samples)
        limit = min(sample.limit for sample in samples)
        keys = np.concatenate([sample.keys for sample in samples])
        columns = [
            joined([sample.columns[k] for sample in samples])
            for k in range(len(samples[0].columns))
        ]
        within = np.flatnonzero(keys < limit) if limit < ALL else np.arange(len(keys))
        kept = cls.of(keys[within], [take(one, within) for one in columns], most)
        return cls(kept.keys, kept.columns, min(limit, kept.limit))

    def __len__(self) -> int:
        return len(self.keys)


def take(values: Any, rows: NDArray[Any]) -> Any:
    """Give some of the rows of an array, a frame or a series; None stays None."""
    if values is None:
        return None
    return values.iloc[rows] if hasattr(values, "iloc") else values[rows]


def joined(pieces: Sequence[Any]) -> Any:
    """Put arrays or frames below each other; None stays None."""
    if pieces[0] is None:
        return None
    if hasattr(pieces[0], "iloc"):
        import pandas as pd
        from pandas.api.types import union_categoricals

        if len(pieces) == 1:
            return pieces[0]
        columns: dict[str, Any] = {}
        for name in pieces[0].columns:
            parts = [piece[name] for piece in pieces]
            if isinstance(parts[0].dtype, pd.CategoricalDtype):
                columns[name] = union_categoricals(parts, sort_categories=False)
            else:
                columns[name] = pd.concat(parts, ignore_index=True)
        return pd.DataFrame(columns)
    return np.concatenate(pieces)


_ODD = np.uint64(0x9E3779B97F4A7C15)


_SIDE = np.uint64(0xD1B54A32D192ED03)


def _content(X: Table) -> Keys:
    """Hash the values of every row."""
    import pandas as pd

    if not is_frame(X):
        frame = pd.DataFrame(np.asarray(X))
    elif isinstance(X, pd.DataFrame):
        frame = X
    else:
        import narwhals.stable.v1 as nw

        frame = nw.from_native(X, eager_only=True).to_pandas()
    return pd.util.hash_pandas_object(frame, index=False).to_numpy(dtype=np.uint64)


def _numbered(content: Keys) -> Keys:
    """Count equal rows on: 0 for the first, 1 for the second."""
    order = np.argsort(content, kind="stable")
    ordered = content[order]
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    position = np.arange(len(ordered), dtype=np.uint64)
    start = np.maximum.accumulate(np.where(is_first, position, np.uint64(0)))
    numbers = np.empty(len(ordered), dtype=np.uint64)
    numbers[order] = position - start
    return numbers


def _mixed(keys: Keys, seed: np.uint64) -> Keys:
    """Mix the bits (splitmix64's finaliser), so that any seed gives an order of its own."""
    with np.errstate(over="ignore"):
        z = keys + (seed + np.uint64(1)) * _ODD
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@dataclass(frozen=True)
class DrawnRows:
    """Rows of a collection that were brought into memory.

    Attributes
    ----------
    X : data frame or ndarray of shape (n_rows, n_features)
        The rows, by their numbers.

    y, sample_weight : ndarray of shape (n_rows,) or None
        What belongs to them.

    facts : dict
        "n_rows", "n_rows_available", "seed", and "how" in words.
    """

    X: Table
    y: NDArray[Any] | None
    sample_weight: NDArray[Any] | None
    facts: dict[str, Any]


def draw_rows(rows: Any, most: int, *, seed: int) -> DrawnRows:
    """Bring a sample of a collection's rows into memory: all, where they are few.

    Parameters
    ----------
    rows : Collection
        The rows.

    most : int
        How many at most.

    seed : int
        Another one draws other rows.

    Returns
    -------
    drawn : DrawnRows
        The same rows whatever the order of the parts.
    """
    parts = [one for one in rows.map(draw_part, most, seed, rows.n_parts) if one is not None]
    if not parts:
        msg = "X has no rows to draw from."
        raise InvalidInputError(msg)
    sample = RowSample.merge([one for one, _ in parts], most)
    X, y, weights = sample.columns
    n = sum(rows for _, rows in parts)
    whole = len(sample) == n
    how = "all rows" if whole else f"{len(sample)} of {n} rows, by their content, seed {seed}"
    facts = {"n_rows": len(sample), "n_rows_available": n, "seed": seed, "how": how}
    if hasattr(X, "reset_index"):
        X = X.reset_index(drop=True)
    return DrawnRows(X, y, weights, facts)


def draw_part(part: Any, most: int, seed: int, n_parts: int) -> tuple[RowSample, int] | None:
    """Draw rows of a part, and count them; None where there are none."""
    n = len(part.X)
    if n == 0:
        return None
    columns = [part.X, part.y, part.sample_weight]
    keys = row_keys(part.X, seed=seed)
    return RowSample.of(keys, columns, rows_a_part_may_send(most, n_parts)), n
