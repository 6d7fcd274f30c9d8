"""The rows of a report as a sample: what they weigh, and which depend on each other."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from interpkd.fidelity._weightings import LeaveOneOut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray


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

    @cached_property
    def unit_weights(self) -> FloatArray:
        """What the units weigh together, shape (n_units,)."""
        return self.total_by_unit(self.weights)

    @property
    def n_equal_units(self) -> float:
        """How many units of equal weight would tell as much (Kish): at most their number."""
        return float(self.unit_weights.sum() ** 2 / (self.unit_weights**2).sum())

    @property
    def units(self) -> str:
        """What is independent of each other, in words."""
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

    def by_row(self, per_unit: FloatArray) -> FloatArray:
        """Give every row the number of its unit, shape (n_rows,)."""
        return per_unit if self.groups is None else per_unit[self._unit]

    def leave_one_out(self) -> LeaveOneOut:
        """Give the weightings without each unit."""
        return LeaveOneOut(self.weights, self._unit, self.n_units)
