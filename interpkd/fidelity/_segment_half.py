"""The rows of a search for segments, in an order of their own, and the half that is searched."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd._tables import RawColumn, describe_columns, encode
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import own_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._inputs import Answers
    from interpkd.fidelity._sample import Sample


@dataclass(frozen=True)
class Rows:
    """Rows in an order of their own, with all that a search or a test needs.

    Attributes
    ----------
    raw : list of RawColumn
        The columns that rules may ask for.

    loss : ndarray of shape (n_rows,)
        What is high in a bad segment.

    sample : Sample
        Weights and groups.

    positions : ndarray of shape (n_rows,)
        Where the rows stand in the user's table.
    """

    raw: list[RawColumn]
    loss: FloatArray
    sample: Sample
    positions: NDArray[np.intp]

    def take(self, rows: BoolArray | NDArray[np.intp]) -> Rows:
        """Give some of the rows, by mask or by position."""
        raw = [RawColumn(one.name, one.kind, one.values[rows]) for one in self.raw]
        return Rows(raw, self.loss[rows], self.sample.take(rows), self.positions[rows])


def in_own_order(raw: list[RawColumn], loss: FloatArray, answers: Answers) -> Rows:
    """Sort rows by all that is known of them, so that their order in the table plays no part."""
    raw = [RawColumn(one.name, one.kind, one.values[answers.rows]) for one in raw]
    Z = encode(raw, describe_columns(raw))
    sample = answers.sample
    order = own_order([answers.teacher, answers.student, sample.weights, sample.groups, Z])
    return Rows(raw, loss, sample, answers.rows).take(order)


def searched_half(sample: Sample, seed: int) -> BoolArray:
    """Draw half of the rows, or of the groups; of an odd number the test gets one more."""
    units = np.arange(sample.n_rows) if sample.groups is None else sample.groups
    names, unit = np.unique(units, return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(len(names))[: len(names) // 2]
    is_searched = np.zeros(len(names), dtype=bool)
    is_searched[drawn] = True
    searched = is_searched[unit]
    if not searched.any():
        msg = "X needs at least 2 rows, or 2 groups of rows, that count: one half is searched."
        raise InvalidInputError(msg)
    return searched
