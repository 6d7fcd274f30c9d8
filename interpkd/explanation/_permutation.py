"""SHAP values of any model: all coalitions where they are few, else sampled permutations.

The value of a coalition S of columns at a row x is the model's mean answer over the background
rows with the columns in S set to x (Strumbelj and Kononenko 2014; Lundberg and Lee 2017).
Permutations are walked forwards and backwards, which is exact for interactions of two columns
(Mitchell et al., "Sampling permutations for Shapley value estimation", 2022). This is what
`shap.PermutationExplainer` does; here the model is asked about many rows of `X` at once, the
sampling error is estimated, and numpy's global random state is left alone.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray

ROWS_AT_ONCE = 100_000
"""About how many mixed rows a model is asked at once."""


@dataclass(frozen=True)
class Game:
    """A model, a background and rows, as a cooperative game of the columns.

    Attributes
    ----------
    answer : callable
        Takes row numbers of shape (n_rows, n_columns), background rows first, then the explained
        rows, and gives the model's answers to the mixed rows, shape (n_rows, n_outputs).

    same : ndarray of int of shape (n_background + n_rows, n_columns)
        Equal numbers in a column where its values are equal: the model is asked only once about
        mixed rows that are the same, which with category columns are many.

    n_background : int
        Number of background rows.
    """

    answer: Callable[[NDArray[np.intp]], FloatArray]
    same: IntArray
    n_background: int

    @property
    def n_rows(self) -> int:
        """Number of explained rows."""
        return len(self.same) - self.n_background

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return self.same.shape[1]

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Give the values of no column, (n_outputs,), and of all, (n_rows, n_outputs)."""
        numbers = np.arange(self.n_background + self.n_rows)
        answers = self.answer(np.repeat(numbers[:, None], self.n_columns, axis=1))
        return answers[: self.n_background].mean(axis=0), answers[self.n_background :]

    def values(self, rows: NDArray[np.intp], coalitions: BoolArray) -> FloatArray:
        """Give the values of coalitions.

        Parameters
        ----------
        rows : ndarray of shape (n_games,)
            The explained row of each coalition.

        coalitions : ndarray of bool of shape (n_games, n_columns)
            Which columns come from the explained row.

        Returns
        -------
        values : ndarray of shape (n_games, n_outputs)
            Mean answers over the background.
        """
        step = max(1, ROWS_AT_ONCE // self.n_background)
        means = [
            self._mean_answers(self.n_background + rows[at : at + step], coalitions[at : at + step])
            for at in range(0, len(rows), step)
        ]
        return np.concatenate(means)

    def _mean_answers(self, own: NDArray[np.intp], coalitions: BoolArray) -> FloatArray:
        """Ask about each different mixed row once, and average over the background."""
        # A mixed row is known by a sum of 64-bit hashes of its values, which wraps around; that
        # two of 100 000 rows share a sum by chance happens about once in 10**9 calls.
        hashes = self.same * np.random.default_rng(0).integers(1, 2**62, self.n_columns)
        base = hashes[: self.n_background]
        from_own = np.where(coalitions, hashes[own], 0).sum(axis=1)
        keys = from_own[:, None] + ((~coalitions).astype(np.int64) @ base.T)
        _, first, which = np.unique(keys.ravel(), return_index=True, return_inverse=True)
        game, other = np.divmod(first, self.n_background)
        mixed = np.where(coalitions[game], own[game, None], other[:, None])
        return self.answer(mixed)[which].reshape(*keys.shape, -1).mean(axis=1)


def is_enumerable(n_columns: int, n_permutations: int) -> bool:
    """Tell whether all coalitions are no more work than the permutations."""
    return bool(2**n_columns - 2 <= 2 * n_permutations * (n_columns - 1))


def enumerate_coalitions(game: Game) -> tuple[FloatArray, FloatArray]:
    """Compute exact Shapley values from all coalitions.

    Parameters
    ----------
    game : Game
        The game; of few columns.

    Returns
    -------
    values : ndarray of shape (n_rows, n_columns, n_outputs)
        Shapley values.

    base : ndarray of shape (n_outputs,)
        Value of no column.
    """
    d = game.n_columns
    coalitions = (np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1
    nothing, everything = game.ends()
    v = np.empty((game.n_rows, 2**d, len(nothing)))
    v[:, 0], v[:, -1] = nothing, everything
    if d > 1:
        inner = coalitions[1:-1]
        rows = np.repeat(np.arange(game.n_rows), len(inner))
        answers = game.values(rows, np.tile(inner, (game.n_rows, 1)))
        v[:, 1:-1] = answers.reshape(game.n_rows, len(inner), -1)
    size = coalitions.sum(axis=1)
    values = np.empty((game.n_rows, d, len(nothing)))
    for i in range(d):
        without = np.flatnonzero(~coalitions[:, i])
        weight = [factorial(s) * factorial(d - s - 1) / factorial(d) for s in size[without]]
        gain = v[:, without + 2**i] - v[:, without]
        values[:, i] = np.tensordot(gain, weight, axes=(1, 0))
    return values, nothing


def sample_permutations(
    game: Game, n_permutations: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Estimate Shapley values from random permutations, each walked in both directions.

    Parameters
    ----------
    game : Game
        The game; of at least two columns.

    n_permutations : int
        Permutations per row, at least 2.

    rng : numpy.random.Generator
        Source of the permutations; each row has its own.

    Returns
    -------
    values : ndarray of shape (n_rows, n_columns, n_outputs)
        Estimates; they add up to the answer less `base` whatever the sample.

    base : ndarray of shape (n_outputs,)
        Value of no column.

    error : ndarray of shape (n_rows, n_columns, n_outputs)
        Standard errors over the permutations.
    """
    n, d = game.n_rows, game.n_columns
    nothing, everything = game.ends()
    values, error = np.empty((2, n, d, len(nothing)))
    # blocks of rows, so that the walks of a large table need little memory
    step = max(1, ROWS_AT_ONCE // (2 * n_permutations * d))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        forward = rng.permuted(np.tile(np.arange(d), (len(rows), n_permutations, 1)), axis=2)
        gains = _walk(game, rows, forward, (nothing, everything[rows]))
        values[rows] = gains.mean(axis=1)
        error[rows] = gains.std(axis=1, ddof=1) / np.sqrt(n_permutations)
    return values, nothing, error


def _walk(
    game: Game,
    rows: NDArray[np.intp],
    forward: IntArray,
    ends: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Give what each column adds, (n_rows, n_permutations, n_columns, n_outputs)."""
    nothing, everything = ends
    d, k = game.n_columns, len(nothing)
    order = np.stack([forward, forward[..., ::-1]], axis=2)  # (n, n_permutations, 2, d)
    coalitions = _prefixes(order)
    own = np.repeat(rows, forward.shape[1] * 2 * (d - 1))
    walk = np.empty((*order.shape[:3], d + 1, k))
    walk[..., 0, :] = nothing
    walk[..., -1, :] = everything[:, None, None, :]
    walk[..., 1:-1, :] = game.values(own, coalitions).reshape(*order.shape[:3], d - 1, k)
    gains = np.empty((*order.shape, k))
    np.put_along_axis(gains, order[..., None], np.diff(walk, axis=3), axis=3)
    return gains.mean(axis=2)


def _prefixes(order: IntArray) -> BoolArray:
    """Give the coalitions on the way through each order, without the empty and the full one."""
    d = order.shape[-1]
    place = np.argsort(order, axis=-1)  # place[..., i]: when column i joins
    joined = place[..., None, :] < np.arange(1, d)[:, None]
    return joined.reshape(-1, d)
