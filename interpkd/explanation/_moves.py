"""Asking models again after some columns of a row were moved to the values of a reference group."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._mixing import mixer
from interpkd.explanation._rows import same_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interpkd._typing import FloatArray, IntArray, Table

ROWS_AT_ONCE = 100_000
"""About how many mixed rows a model is asked at once."""


class Moves:
    """Rows of which some columns take the values of each row of a reference group.

    Parameters
    ----------
    X : ndarray or data frame of shape (n_samples, n_columns)
        The rows.

    group : ndarray or data frame of shape (n_reference, n_columns)
        The reference group, a table of the same library.
    """

    def __init__(self, X: Table, group: Table) -> None:
        self._mix = mixer({"X": X, "background": group})
        self._n, self._n_group, self._n_columns = X.shape[0], group.shape[0], X.shape[1]
        self._same = same_values(X, group)[self._n :]

    def means(
        self,
        model: Callable[[Table], FloatArray],
        moves: Sequence[tuple[int, Sequence[int]]],
    ) -> FloatArray:
        """Give a model's mean answer over the reference group after each of some moves.

        Parameters
        ----------
        model : callable
            Gives answers of shape (n,) to a table of n rows.

        moves : sequence of (row, columns)
            Which row, and which of its columns are moved together.

        Returns
        -------
        means : ndarray of shape (n_moves,)
            Group values that are the same in all moved columns are asked once.
        """
        out: list[float] = []
        for block in self._blocks(moves):
            answers = model(self._mix(np.concatenate([numbers for numbers, _ in block])))
            ends = np.cumsum([len(numbers) for numbers, _ in block])[:-1]
            parts = np.split(np.asarray(answers, dtype=np.float64), ends)
            out += [float(w @ part) for part, (_, w) in zip(parts, block, strict=True)]
        return np.array(out)

    def _blocks(
        self, moves: Sequence[tuple[int, Sequence[int]]]
    ) -> Iterator[list[tuple[IntArray, FloatArray]]]:
        block: list[tuple[IntArray, FloatArray]] = []
        n_rows = 0
        for row, columns in moves:
            block.append(self._numbers(row, columns))
            n_rows += len(block[-1][0])
            if n_rows >= ROWS_AT_ONCE:
                yield block
                block, n_rows = [], 0
        if block:
            yield block

    def _numbers(self, row: int, columns: Sequence[int]) -> tuple[IntArray, FloatArray]:
        """Give the numbers of the mixed rows of one move, and the share of the group of each."""
        if not len(columns):  # nothing is moved
            return np.full((1, self._n_columns), row), np.ones(1)
        _, first, counts = np.unique(
            self._same[:, [*columns]], axis=0, return_index=True, return_counts=True
        )
        numbers = np.full((len(first), self._n_columns), row)
        numbers[:, [*columns]] = self._n + first[:, None]
        return numbers, counts / self._n_group
