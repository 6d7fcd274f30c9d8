"""Taking back what makes a generated row impossible: two values that no real row pairs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray
    from interpkd.targets._column_groups import Levels

BLOCK = 4096
"""Rows that are looked at together."""

LOOK_UP = 80
"""What one look-up in a table costs, in multiplications of a matrix product."""


class ImpossiblePairs:
    """The pairs of levels that no real row holds, and the swaps that are undone for them.

    Parameters
    ----------
    levels : Levels
        The real rows in levels.

    groups : ndarray of shape (n_columns,)
        The group that each column moves with.

    never : ndarray of shape (n_levels, n_levels)
        Which two levels no real row holds at once.
    """

    def __init__(self, levels: Levels, groups: NDArray[np.intp], never: BoolArray) -> None:
        compared = levels.compared
        self._levels, self._never = levels, never
        self._of_column = groups[compared]
        self._codes = levels.codes[:, compared] + levels.starts[compared]
        self._members = np.zeros((len(compared), int(groups.max()) + 1), dtype=np.float32)
        self._members[np.arange(len(compared)), self._of_column] = 1
        # equal sums either way: a table of few levels is multiplied, a large one is looked up
        n_levels, n_columns = len(never), len(compared)
        self._is_looked_up = n_columns**2 * LOOK_UP < n_levels**2

    def undo(
        self, rows: NDArray[np.intp], start: NDArray[np.intp], rng: np.random.Generator
    ) -> None:
        """Undo swaps, in place, until no row holds a pair of levels that no real row holds.

        Ends because a row of which everything is undone is a real one: of two levels that never
        meet at least one was swapped in.

        Parameters
        ----------
        rows : ndarray of shape (n_generated, n_groups)
            For each group of columns the real row that its values are taken from.

        start : ndarray of shape (n_generated,)
            The real row that each generated one started as.

        rng : numpy.random.Generator
            Decides which of two equally impossible swaps goes first.
        """
        for begin in range(0, len(rows), BLOCK):
            left = np.arange(begin, min(begin + BLOCK, len(rows)))
            codes = self._codes[rows[left][:, self._of_column], np.arange(self._codes.shape[1])]
            counts = self._count(codes)
            while len(left):
                clashes = counts @ self._members
                clashes[rows[left] == start[left, None]] = 0
                is_bad = clashes.any(axis=1)
                left, clashes = left[is_bad], clashes[is_bad]
                codes, counts = codes[is_bad], counts[is_bad]
                # the swap in most clashes goes first, chance decides among equals
                worst = (clashes + rng.random(clashes.shape) * (clashes > 0) / 2).argmax(axis=1)
                rows[left, worst] = start[left]
                self._take_back(codes, counts, self._codes[start[left]], worst)

    def _count(self, codes: NDArray[np.intp]) -> NDArray[np.float32]:
        """Count for each value of each row the others that it never meets."""
        if not self._is_looked_up:
            indicators = np.zeros((len(codes), len(self._never)), dtype=np.float32)
            np.put_along_axis(indicators, codes, 1, axis=1)
            return np.take_along_axis(indicators @ self._never.astype(np.float32), codes, axis=1)
        counts = np.zeros(codes.shape, dtype=np.float32)
        for column in codes.T:
            counts += self._meets_never(column[:, None], codes)
        return counts

    def _take_back(
        self,
        codes: NDArray[np.intp],
        counts: NDArray[np.float32],
        own: NDArray[np.intp],
        group: NDArray[np.intp],
    ) -> None:
        """Give one group of each row its own values again, and count anew what that changes."""
        row, column = np.nonzero((self._of_column == group[:, None]) & (codes != own))
        if len(row) == 0:
            return
        before, after = codes[row, column], own[row, column]
        codes[row, column] = after
        gained = self._meets_never(after[:, None], codes[row]).astype(np.float32)
        lost = self._meets_never(before[:, None], codes[row])
        first = np.flatnonzero(np.append(True, np.diff(row) > 0))
        counts[row[first]] += np.add.reduceat(gained - lost, first, axis=0)
        counts[row, column] = gained.sum(axis=1)

    def _meets_never(self, one: NDArray[np.intp], other: NDArray[np.intp]) -> BoolArray:
        found: BoolArray = self._never.ravel().take(one * len(self._never) + other)
        return found
