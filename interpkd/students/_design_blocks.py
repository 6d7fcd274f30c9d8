"""The design of rows in blocks: one pass says what it is made of, and each pass makes it anew.

Medians are those of the sketch of the rows: of more than 200,000 different ones, their rank is within
0.3 % of all rows with 95 % confidence. Means, standard deviations and reference levels are those of
all rows: what blocks say of theirs is put together as Chan, Golub and LeVeque (1983) do, which loses
no digits, and in exact sums, so that the order of the blocks does not matter.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners import RowFacts, read_targets, read_weights, sum_targets
from interpkd.students._design import Design, most_frequent, weighted_median
from interpkd.students._linear_scaling import Moments, Scaling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import FloatArray
    from interpkd.learners import Block, Blocks, Sketch


@dataclass(frozen=True)
class StandardRows:
    """Makes standardised design columns of encoded rows; it travels to the blocks.

    Attributes
    ----------
    design : Design
        Makes design columns.

    scaling : Scaling
        Standardises them.
    """

    design: Design
    scaling: Scaling

    @property
    def n_columns(self) -> int:
        """Columns that are used; where none are, one of zeros."""
        return max(int(self.scaling.used.sum()), 1)

    def __call__(self, Z: NDArray[Any]) -> FloatArray:
        """Make the columns of some rows."""
        S, _ = self.scaling.apply(self.design.matrix(Z))
        return S


def survey(
    blocks: Blocks, columns: Sequence[Column], sketch: Sketch, *, n_classes: int, centred: bool
) -> tuple[StandardRows, RowFacts]:
    """Choose medians, reference levels and scales, and sum up the rows: one pass.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "Z", "targets" and, where not all are 1, "weights".

    columns : sequence of Column
        The columns of the user's table.

    sketch : Sketch
        Of all rows.

    n_classes : int
        Classes; 1 for a regression.

    centred : bool
        Whether columns may be shifted, as they may beside an intercept.

    Returns
    -------
    rows : StandardRows
        Makes the columns of the learner.

    facts : RowFacts
        What the learner must know of all rows.
    """
    widths = np.array([len(c.categories) if c.kind == "category" else -1 for c in columns])
    medians = np.zeros(len(columns))
    for j in np.flatnonzero(widths < 0).tolist():
        known = ~np.isnan(sketch.Z[:, j])
        medians[j] = weighted_median(sketch.Z[known, j].astype(np.float64), sketch.weights[known])
    parts = list(blocks.each(_survey_block, widths, medians, n_classes))
    total = math.fsum(part.total for part in parts)
    n_rows = sum(part.n_rows for part in parts)
    fills, moments = medians.copy(), []
    for j, column in enumerate(columns):
        own = [part.columns[j] for part in parts]
        fills[j], of_column = _sum_up(column, own, medians[j], n_rows, total)
        moments += of_column
    together = Moments(*(np.array(values) for values in zip(*moments, strict=True)))
    scaling = together.scaling(centred=centred)
    mass = np.array([math.fsum(one) for one in zip(*(part.mass for part in parts), strict=True)])
    rows = StandardRows(Design(tuple(columns), fills), scaling)
    return rows, RowFacts(n_rows, total, mass, scaling.largest(together))


def _sum_up(
    column: Column, parts: Sequence[_ColumnPart], median: float, n_rows: int, total: float
) -> tuple[float, list[tuple[float, ...]]]:
    """Give what stands for a missing value of a column, and the moments of its design columns."""
    missing = _Level.together(one.missing for one in parts)
    if column.kind == "category":
        levels = [
            _Level.together(level) for level in zip(*(one.levels for one in parts), strict=True)
        ]
        masses = np.array([one.mass for one in levels])
        fill = float(most_frequent(masses, column.categories)) if levels else 0.0
        every = [*levels, missing]
        moments = [_indicator(every, k, n_rows, total) for k in range(len(levels)) if k != fill]
    else:
        fill = median
        every = [_Level(n_rows - missing.n_rows, math.fsum([total, -missing.mass])), missing]
        moments = [_together([one.number for one in parts], total)]
    if column.has_missing:
        moments.append(_indicator(every, len(every) - 1, n_rows, total))
    return fill, moments


@dataclass(frozen=True)
class _Level:
    """Rows of one kind: how many, and their weight."""

    n_rows: int
    mass: float

    @classmethod
    def together(cls, parts: Iterable[_Level]) -> _Level:
        given = list(parts)
        return cls(sum(one.n_rows for one in given), math.fsum(one.mass for one in given))


@dataclass(frozen=True)
class _Number:
    """A filled column of numbers in a block, in units of its largest size."""

    unit: float
    weight: float
    mean: float
    squares: float
    low: float
    high: float


@dataclass(frozen=True)
class _ColumnPart:
    """What a block says of a column: its missing values, and its levels or its numbers."""

    missing: _Level
    levels: list[_Level]
    number: _Number | None = None


@dataclass(frozen=True)
class _BlockPart:
    """What a block says."""

    n_rows: int
    total: float
    mass: list[float]
    columns: list[_ColumnPart]


def _survey_block(
    block: Block, widths: NDArray[np.intp], medians: FloatArray, n_classes: int
) -> _BlockPart:
    Z, weights = block["Z"], read_weights(block)
    columns = []
    for j, n_levels in enumerate(widths):
        values = Z[:, j].astype(np.float64)
        is_missing = np.isnan(values)
        missing = _Level(int(is_missing.sum()), float(weights[is_missing].sum()))
        if n_levels < 0:
            values[is_missing] = medians[j]
            columns.append(_ColumnPart(missing, [], _number(values, weights)))
            continue
        codes = values[~is_missing].astype(np.intp)
        counts = np.bincount(codes, minlength=n_levels)
        mass = np.bincount(codes, weights[~is_missing], n_levels)
        pairs = zip(counts.tolist(), mass.tolist(), strict=True)
        columns.append(_ColumnPart(missing, [_Level(n, w) for n, w in pairs]))
    sums = sum_targets(read_targets(block, n_classes), weights, n_classes)
    return _BlockPart(len(Z), float(weights.sum()), sums.tolist(), columns)


def _number(values: FloatArray, weights: FloatArray) -> _Number:
    low, high, total = float(values.min()), float(values.max()), float(weights.sum())
    unit = max(-low, high) or 1.0
    values = values / unit
    mean = float(weights @ values) / total
    return _Number(unit, total, mean, float(weights @ (values - mean) ** 2), low, high)


def _together(parts: Sequence[_Number | None], total: float) -> tuple[float, ...]:
    """Give unit, mean and standard deviation in that unit, and ends, from those of blocks."""
    given = [part for part in parts if part is not None]
    unit = max(part.unit for part in given)
    low, high = min(part.low for part in given), max(part.high for part in given)
    means = [part.mean * (part.unit / unit) for part in given]
    pairs = list(zip(given, means, strict=True))
    mean = math.fsum(part.weight * own for part, own in pairs) / total
    within = [part.squares * (part.unit / unit) ** 2 for part in given]
    squares = math.fsum([*within, *(part.weight * (own - mean) ** 2 for part, own in pairs)])
    return unit, mean, math.sqrt(squares / total) if low < high else 0.0, low, high


def _indicator(levels: Sequence[_Level], k: int, n_rows: int, total: float) -> tuple[float, ...]:
    """Give the same of the indicator of one of all levels of a column."""
    n, rest = levels[k].n_rows, math.fsum(one.mass for i, one in enumerate(levels) if i != k)
    share = levels[k].mass / total
    varies = 0 < n < n_rows
    deviation = math.sqrt(max(share * (rest / total), 0.0)) if varies else 0.0
    return 1.0, share if varies else float(n > 0), deviation, float(n == n_rows), float(n > 0)
