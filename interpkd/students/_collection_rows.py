"""The rows of a part as a matrix, and what all parts together say of the columns."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import (
    MAX_CATEGORIES,
    Column,
    RawColumn,
    RawMatrix,
    describe_columns,
    encode,
    is_frame,
    read_frame,
)
from interpkd._validation import check_target
from interpkd.exceptions import InvalidInputError
from interpkd.learners import Sketch, category_hashes, merge_sketches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from interpkd._collections import Part
    from interpkd._typing import FloatArray


GENEROUS = 2.0
"""How many times its share of the sketch a part gives: enough if none is twice the mean size."""


class NamedMatrix(RawMatrix):
    """The columns of a data frame of numbers of one type, which need not be put together again.

    Parameters
    ----------
    names : sequence of str
        The columns.

    matrix : ndarray of float of shape (n_rows, n_columns)
        The numbers; never changed.
    """

    def __init__(self, names: Sequence[str], matrix: FloatArray) -> None:
        list.__init__(
            self, (RawColumn(name, "numeric", matrix[:, i]) for i, name in enumerate(names))
        )
        self.matrix = matrix


def read_rows(part: Part) -> list[RawColumn]:
    """Read the features of a part, float32 as float32."""
    X = part.X
    if not is_frame(X):
        return RawMatrix(_as_floats(np.asarray(X)))
    kinds = {str(kind) for kind in X.dtypes}
    if kinds <= {"float32"} or kinds <= {"float64"}:
        return NamedMatrix([str(name) for name in X.columns], np.ascontiguousarray(X.to_numpy()))
    return read_frame(X)


def weights_of(part: Part) -> FloatArray | None:
    """Give the checked weights of a part, None where each is one."""
    if part.sample_weight is None:
        return None
    weights: FloatArray = np.asarray(part.sample_weight, dtype=np.float64)
    wrong = ~(np.isfinite(weights) & (weights >= 0))  # a part may hold no weight above 0
    if wrong.any():
        at = int(wrong.argmax())
        msg = (
            f"sample_weight must be at least 0 and finite, got {weights[at]} in row "
            f"{part.first_row + at} of {part.where}."
        )
        raise InvalidInputError(msg)
    return weights


@dataclass
class Description:
    """What is wanted of the parts.

    Attributes
    ----------
    task : {"classification", "regression"}
        What the target is.

    most : int
        Most rows of a sketch.

    limit : int
        Rows of larger hashes are not wanted. Where parts are read one after another it falls as the
        sketch fills.

    n_parts : int or None, default=None
        Where parts are read at the same time, how many there are. Each then gives `GENEROUS` times
        what it would if all were as large, and not all that may be wanted of it alone.
    """

    task: str
    most: int
    limit: int = 2**64 - 1
    n_parts: int | None = None

    def limit_for(self, n_rows: int) -> int:
        """Give the largest hash that is wanted of a part."""
        if self.n_parts is None:
            return self.limit
        share = GENEROUS * self.most / (n_rows * self.n_parts)
        return self.limit if share >= 1 else min(self.limit, int(share * 2**64))


@dataclass(frozen=True)
class PartFacts:
    """What one part says.

    Attributes
    ----------
    n_rows, n_counted : int
        Rows, and those of a weight above 0.

    columns : tuple of Column
        The columns as this part has them.

    sketch : Sketch
        Of the rows that count, categories by their position in this part's columns.

    labels : ndarray or None
        The different labels; none for a regression.

    are_weighted : bool
        Whether some row that counts has another weight than 1.
    """

    n_rows: int
    n_counted: int
    columns: tuple[Column, ...]
    sketch: Sketch
    labels: NDArray[Any] | None
    are_weighted: bool


def describe_part(part: Part, wanted: Description) -> PartFacts | None:
    """Describe a part; None where it has no rows."""
    if len(part) == 0:
        return None
    raw = read_rows(part)
    columns = describe_columns(raw)
    _check_finite(part, raw, columns)
    labels = _labels(part, wanted.task)
    weights = weights_of(part)
    Z = encode(raw, columns)
    if weights is not None and (weights == 0).any():
        Z, weights = Z[weights > 0], weights[weights > 0]
    limit = wanted.limit_for(len(part))
    sketch = Sketch.of(Z, weights, tables=hash_tables(columns), most=wanted.most, limit=limit)
    are_weighted = weights is not None and bool((weights != 1).any())
    return PartFacts(len(part), len(Z), columns, sketch, labels, are_weighted)


def hash_tables(columns: Sequence[Column]) -> list[NDArray[np.uint64] | None]:
    """Give for each column what its codes hash as."""
    return [
        category_hashes(column.categories) if column.kind == "category" else None
        for column in columns
    ]


class CollectionFacts:
    """What all parts say, whatever their order.

    Parameters
    ----------
    wanted : Description
        What was wanted of each; its limit falls as the sketch fills.

    Attributes
    ----------
    n_rows, n_counted : int
        Rows, and those of a weight above 0.

    are_weighted : bool
        Whether some row that counts has another weight than 1.
    """

    def __init__(self, wanted: Description) -> None:
        self.n_rows = self.n_counted = 0
        self._labels: list[NDArray[Any]] = []
        self.are_weighted = False
        self._wanted = wanted
        self._columns: list[Column] = []
        self._sketches: list[Sketch] = []

    def add(self, parts: Iterable[PartFacts | None]) -> CollectionFacts:
        """Take in what parts say."""
        for facts in parts:
            if facts is None:
                continue
            self.n_rows += facts.n_rows
            self.n_counted += facts.n_counted
            self.are_weighted |= facts.are_weighted
            if facts.labels is not None:
                self._labels = [np.unique(np.concatenate([*self._labels, facts.labels]))]
            self._columns = (
                [together(a, b) for a, b in zip(self._columns, facts.columns, strict=True)]
                if self._columns
                else [*facts.columns]
            )
            self._sketches.append(_recoded(facts.sketch, facts.columns, self._columns))
            if sum(map(len, self._sketches)) > 1.5 * self._wanted.most:
                self._merge()
        return self

    def labels(self) -> NDArray[Any] | None:
        """Give the different labels, sorted; None where there are none."""
        return self._labels[0] if self._labels else None

    def columns(self) -> tuple[Column, ...]:
        """Give the columns, categories in the order of their text."""
        return tuple(
            replace(column, categories=tuple(sorted(column.categories, key=_in_text)))
            for column in self._columns
        )

    def sketch(self) -> Sketch:
        """Give the sketch of all rows that count, codes as of `columns`."""
        self._merge()
        return _recoded(self._sketches[0], self._columns, self.columns())

    def lacks_rows(self) -> bool:
        """Tell whether parts held rows back that the sketch would have room for."""
        self._merge()
        sketch = self._sketches[0]
        return not sketch.is_whole and len(sketch) < self._wanted.most

    def _merge(self) -> None:
        self._sketches = [merge_sketches(self._sketches)]
        self._wanted.limit = min(self._wanted.limit, self._sketches[0].limit)


def merge_facts(parts: Sequence[PartFacts | None]) -> PartFacts | None:
    """Give what several parts say as if they were one."""
    known = [facts for facts in parts if facts is not None]
    if len(known) < 2:
        return known[0] if known else None
    wanted = Description("", known[0].sketch.most)
    facts = CollectionFacts(wanted).add(known)
    columns, labels = facts.columns(), facts.labels()
    sketch = facts.sketch()
    return PartFacts(facts.n_rows, facts.n_counted, columns, sketch, labels, facts.are_weighted)


def together(one: Column, two: Column) -> Column:
    """Give what two parts of a column are together.

    Parameters
    ----------
    one, two : Column
        The column in each.

    Returns
    -------
    column : Column
        Categories of the second after those of the first.

    Raises
    ------
    InvalidInputError
        If one part holds numbers and the other texts, or there are too many categories.
    """
    has_missing = one.has_missing or two.has_missing
    known = [column for column in (one, two) if _has_values(column)]
    if len(known) < 2:
        return replace((known or [one])[0], has_missing=has_missing)
    kinds = {one.kind, two.kind}
    if kinds >= {"category"} and len(kinds) > 1:
        msg = (
            f"Column {one.name!r} mixes numbers and texts: some parts of X hold {one.kind} values, "
            f"others {two.kind} ones. Write it with one type."
        )
        raise InvalidInputError(msg)
    if kinds == {"category"}:
        categories = tuple(dict.fromkeys([*one.categories, *two.categories]))
        if len(categories) > MAX_CATEGORIES:
            msg = (
                f"Column {one.name!r} has more than {MAX_CATEGORIES} different texts, the most a "
                "category column may have. Drop it if it identifies rows, or group its rare values."
            )
            raise InvalidInputError(msg)
        return replace(one, categories=categories, has_missing=has_missing)
    lows = [column.minimum for column in known if column.minimum is not None]
    highs = [column.maximum for column in known if column.maximum is not None]
    kind = one.kind if len(kinds) == 1 else "numeric"
    return Column(one.name, kind, (), has_missing, min(lows), max(highs))


def _has_values(column: Column) -> bool:
    return bool(column.categories) or column.minimum is not None


def _in_text(category: Any) -> tuple[str, str]:
    return str(category), type(category).__name__


def _recoded(sketch: Sketch, own: Sequence[Column], wanted: Sequence[Column]) -> Sketch:
    """Write the categories of a sketch by their positions in other columns."""
    changed = [
        j
        for j, (a, b) in enumerate(zip(own, wanted, strict=True))
        if a.categories and (a.categories != b.categories[: len(a.categories)])
    ]
    if not changed:
        return sketch
    Z = sketch.Z.copy()
    for j in changed:
        place = {category: float(k) for k, category in enumerate(wanted[j].categories)}
        codes = np.array([*(place[category] for category in own[j].categories), np.nan])
        Z[:, j] = codes[np.where(np.isnan(Z[:, j]), len(codes) - 1, Z[:, j]).astype(np.intp)]
    return sketch.with_rows(Z)


def _labels(part: Part, task: str) -> NDArray[Any] | None:
    """Check the target of a part, and give its different labels."""
    if part.y is None:
        return None
    dtype = np.float64 if task == "regression" else None
    try:
        y = check_target(part.y, estimator=None, dtype=dtype)
    except ValueError as error:
        msg = f"{part.where}: {error}"
        raise InvalidInputError(msg) from error
    if task == "regression":
        return None
    import pandas as pd

    return np.asarray(pd.unique(y))


def _check_finite(part: Part, raw: Sequence[RawColumn], columns: Sequence[Column]) -> None:
    for values, column in zip(raw, columns, strict=True):
        ends = (column.minimum, column.maximum)
        if any(end is not None and np.isinf(end) for end in ends):
            row = part.first_row + int(np.isinf(values.values).argmax())
            msg = f"Input X contains infinity: column {column.name!r}, row {row} of {part.where}."
            raise InvalidInputError(msg)


def _as_floats(X: NDArray[Any]) -> FloatArray:
    return np.ascontiguousarray(X, dtype=np.float32 if X.dtype == np.float32 else np.float64)
