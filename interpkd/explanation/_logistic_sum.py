"""Exact SHAP values of a logistic function of a sum over columns: linear students, scorecards.

Against one background row, a column of the explained row changes the log odds by a known amount,
and the game's value is the logistic function of the sum of the changes in the coalition. Let every
column join with chance t, by itself. A column's Shapley value is then the mean over all t of what
its joining changes in expectation (Owen, "Multilinear extensions of games", 1972); this is a
polynomial in t, whose mean Gauss's quadrature gives exactly. The expectation of an exponential of
a sum is a product over columns, so the logistic function is written as a sum of exponentials, to
1e-11 over all log odds that can occur. Nothing is sampled, and no coalition is enumerated.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

MOST_COLUMNS = 64
"""Columns that change anything: the work grows with the square of their number."""

MOST_TERMS = 256
"""Most exponentials; enough where log odds lie within about 100 of each other."""

ACCURACY = 1e-11
"""Of the logistic function as a sum of exponentials."""

ROWS_AT_ONCE = 100_000
"""About how many mixed rows a model is asked at once."""

NUMBERS_AT_ONCE = 400_000
"""About how many complex numbers are held for a part of the background."""

NEARLY = 1e-9
"""How far a sum may miss the log odds, times the largest where above one."""


@dataclass(frozen=True)
class Addends:
    """What each column adds to the log odds of each row, next to a row of the background.

    Attributes
    ----------
    start : float
        The log odds of that row.

    background, own : ndarray of shape (n_background, n_columns), (n_rows, n_columns)
        What is added to them with the column of another row, of the background or explained.
    """

    start: float
    background: FloatArray
    own: FloatArray


def find_addends(
    log_odds: Callable[[NDArray[np.intp]], FloatArray],
    n_background: int,
    n_rows: int,
    n_columns: int,
) -> Addends | None:
    """Ask a model what each column adds to its log odds.

    Parameters
    ----------
    log_odds : callable
        Takes row numbers of shape (n, n_columns), background rows first, then explained ones, and
        gives the log odds of the mixed rows.

    n_background, n_rows, n_columns : int
        Their numbers.

    Returns
    -------
    addends : Addends or None
        None where the log odds of the rows are no sum over columns.
    """
    n = n_background + n_rows
    whole = log_odds(np.repeat(np.arange(n)[:, None], n_columns, axis=1))
    added = np.empty((n, n_columns))
    step = max(1, ROWS_AT_ONCE // n)
    for first in range(0, n_columns, step):
        columns = np.arange(first, min(first + step, n_columns))
        numbers = np.zeros((len(columns), n, n_columns), dtype=np.intp)  # of the first row
        numbers[np.arange(len(columns)), :, columns] = np.arange(n)
        asked = log_odds(numbers.reshape(-1, n_columns)).reshape(len(columns), n)
        added[:, columns] = asked.T - whole[0]
    scale = max(1.0, float(np.abs(whole).max()))
    if float(np.abs(whole[0] + added.sum(axis=1) - whole).max()) > NEARLY * scale:
        return None
    return Addends(float(whole[0]), added[:n_background], added[n_background:])


def logistic_shap(addends: Addends) -> FloatArray | str:
    """Compute exact SHAP values of the probability of the second class.

    Parameters
    ----------
    addends : Addends
        What columns add to the log odds.

    Returns
    -------
    values : ndarray of shape (n_rows, n_columns) or str
        SHAP values, or the reason why there are none.
    """
    values = np.zeros(addends.own.shape)
    both = np.concatenate([addends.background, addends.own])
    used = np.flatnonzero(np.ptp(both, axis=0) > 0)
    if len(used) == 0:
        return values
    if len(used) > MOST_COLUMNS:
        return f"{len(used)} columns count, and more than {MOST_COLUMNS} are too many to be exact"
    low, high = _range(addends)
    expanded = _expand_logistic(low, high)
    if expanded is None:
        return f"log odds from {low:.3g} to {high:.3g} are too far apart"
    waves, coef = expanded
    background = np.exp(-1j * addends.background[:, used, None] * waves)
    level = coef * np.exp(
        1j * (addends.start + addends.background[:, used].sum(axis=1))[:, None] * waves
    )
    nodes, shares = _quadrature(len(used))
    step = max(1, NUMBERS_AT_ONCE // (len(used) * len(waves)))
    parts = [slice(at, at + step) for at in range(0, len(background), step)]
    for row, own in enumerate(addends.own[:, used]):
        turn = np.exp(1j * own[:, None] * waves)
        total = sum(_gains(turn * background[at], level[at], nodes, shares) for at in parts)
        values[row, used] = total / len(background)
    return values


def _range(addends: Addends) -> tuple[float, float]:
    """Give the lowest and highest log odds of any mixed row."""
    levels = addends.start + addends.background.sum(axis=1)
    low, high = np.inf, -np.inf
    for own in addends.own:
        steps = own - addends.background
        low = min(low, float((levels + np.minimum(steps, 0).sum(axis=1)).min()))
        high = max(high, float((levels + np.maximum(steps, 0).sum(axis=1)).max()))
    return low, high


def _gains(
    turns: NDArray[np.complex128],
    level: NDArray[np.complex128],
    nodes: FloatArray,
    shares: FloatArray,
) -> FloatArray:
    """Sum what each column's joining changes, over a part of the background.

    Parameters
    ----------
    turns : ndarray of shape (n_background, n_columns, n_terms)
        By which factor each column changes each exponential.

    level : ndarray of shape (n_background, n_terms)
        The terms without any column of the explained row.

    nodes, shares : ndarray of shape (n_nodes,)
        Chances of joining, and the weight of each.

    Returns
    -------
    gains : ndarray of shape (n_columns,)
        The sums.
    """
    total = np.zeros(turns.shape[1])
    steps = turns - 1
    for t, share in zip(nodes, shares, strict=True):
        expected = 1 + t * steps  # never 0: no node is one half
        with_all = level * expected.prod(axis=1)
        np.divide(steps, expected, out=expected)
        total += share * np.einsum("bk,bjk->j", with_all, expected).real
    return total


def _quadrature(n_columns: int) -> tuple[FloatArray, FloatArray]:
    """Give an even number of nodes in (0, 1), exact for polynomials of degree n_columns - 1."""
    n_nodes = 2 * -(-n_columns // 4)
    nodes, weights = np.polynomial.legendre.leggauss(n_nodes)
    return (1 + nodes) / 2, weights / 2


def _expand_logistic(low: float, high: float) -> tuple[FloatArray, NDArray[np.complex128]] | None:
    """Write the logistic function between two log odds as a sum of exponentials.

    A Fourier series of twice the range, fitted to the range alone by least squares: there the
    function needs not be periodic (Boyd, "A comparison of numerical algorithms for Fourier
    extension of the first, second, and third kinds", 2002).

    Parameters
    ----------
    low, high : float
        The range.

    Returns
    -------
    waves : ndarray of shape (n_terms,)
        Angular frequencies.

    coef : ndarray of complex of shape (n_terms,)
        The function is the real part of ``coef @ exp(1j * waves * x)``; None where that takes
        more than `MOST_TERMS` terms.
    """
    middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
    check = np.linspace(-half, half, 2000)
    n_terms = 16
    while n_terms <= MOST_TERMS:
        waves = np.asarray(np.pi / (2 * half) * np.arange(n_terms), dtype=np.float64)
        x = half * np.cos(np.pi * (np.arange(6 * n_terms) + 0.5) / (6 * n_terms))
        basis = np.column_stack([np.cos(x[:, None] * waves), np.sin(x[:, None] * waves[1:])])
        found = np.linalg.lstsq(basis, expit(middle + x), rcond=1e-14)[0]
        coef = found[:n_terms] - 1j * np.append(0.0, found[n_terms:])
        written = (np.exp(1j * check[:, None] * waves) @ coef).real
        if np.abs(written - expit(middle + check)).max() < ACCURACY:
            return waves, coef * np.exp(-1j * waves * middle)
        n_terms += max(8, n_terms // 4)
    return None
