"""The rows of a report as a sample: what they weigh, which depend on each other, how to resample."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

SEED = 20150309
"""Seed of all resamples: the same rows give the same report."""

CELLS = 1_000_000
"""Weights held in memory at once while resampling."""


@dataclass(frozen=True)
class Sample:
    """What the rows weigh, and which of them belong together.

    Attributes
    ----------
    weights : ndarray of shape (n_rows,)
        Row weights, above 0.

    groups : ndarray of shape (n_rows,) or None
        Codes of dependent rows; None when rows are independent.
    """

    weights: FloatArray
    groups: NDArray[np.intp] | None = None

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self.weights)

    @property
    def is_plain(self) -> bool:
        """Whether the rows are independent and weigh the same."""
        return self.groups is None and bool((self.weights == self.weights[0]).all())

    @property
    def n_units(self) -> int:
        """The number of independent units: rows or groups."""
        return self.n_rows if self.groups is None else int(self._unit.max()) + 1

    @cached_property
    def _unit(self) -> NDArray[np.intp]:
        """The position of each row's unit among the units that occur, shape (n_rows,)."""
        groups = np.arange(self.n_rows) if self.groups is None else self.groups
        return np.unique(groups, return_inverse=True)[1].astype(np.intp)

    @property
    def units(self) -> str:
        """What is resampled, in words."""
        return "rows" if self.groups is None else f"{self.n_units} groups"

    def take(self, rows: BoolArray | NDArray[np.intp]) -> Self:
        """Give the sample of some of the rows, by mask or by position."""
        groups = None if self.groups is None else self.groups[rows]
        return type(self)(self.weights[rows], groups)

    def total_by_unit(self, per_row: FloatArray) -> FloatArray:
        """Sum a number per row over each unit, shape (n_units,)."""
        if self.groups is None:
            return per_row
        return np.bincount(self._unit, weights=per_row).astype(np.float64)

    def resamples(self, n_resamples: int) -> Iterator[FloatArray]:
        """Draw units with replacement; give row weights of shape (n_rows, block), block by block.

        A resample weighs each row with its weight times the number of times its unit was drawn.
        """
        rng = np.random.default_rng(SEED)
        n_units = self.n_units
        size = max(1, min(n_resamples, CELLS // self.n_rows))
        for start in range(0, n_resamples, size):
            block = min(size, n_resamples - start)
            drawn = rng.integers(n_units, size=(block, n_units))
            drawn += n_units * np.arange(block)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=block * n_units)
            counts = counts.reshape(block, n_units).T
            W = (counts if self.groups is None else counts[self._unit]).astype(
                np.float64, order="C"
            )
            W *= self.weights[:, None]
            yield W
