"""Rows as points: which are the same, and how near they are to each other."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

MAX_COMPARED = 20
"""Most categories of a column that are told apart in the search; the rarer ones count as one."""


def distinct_rows(Z: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the different rows, in an order that does not depend on the order of the rows.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The rows; missing values are equal to each other.

    Returns
    -------
    first : ndarray of shape (n_distinct,)
        Where each different row stands first.

    place : ndarray of shape (n_rows,)
        Which of them each row is.
    """
    same = Z + 0.0  # one zero
    same[np.isnan(same)] = np.nan  # one missing value
    whole = np.ascontiguousarray(same).view(np.dtype((np.void, same.itemsize * same.shape[1])))
    _, first, place = np.unique(whole.ravel(), return_index=True, return_inverse=True)
    return first, place


def total_weights(place: NDArray[np.intp], weights: FloatArray) -> FloatArray:
    """Add up the weights in each place."""
    return np.asarray(np.bincount(place, weights), dtype=np.float64)


def score_columns(D: FloatArray, mass: FloatArray, is_category: BoolArray) -> FloatArray:
    """Give numbers the mean of a rank score and a standard score; two values are 0 and 1."""
    scores = np.zeros(D.shape)
    for i in np.flatnonzero(~is_category):
        known = ~np.isnan(D[:, i])
        values, place = np.unique(D[known, i], return_inverse=True)
        if len(values) == 2:
            scores[known, i] = place
        elif len(values) > 2:
            share = np.bincount(place, mass[known])
            rank = (np.cumsum(share) - share / 2)[place]
            both = _standard(rank, mass[known]) + _standard(D[known, i], mass[known])
            scores[known, i] = both / 2
    return scores


def place_rows(
    D: FloatArray,
    mass: FloatArray,
    scores: FloatArray,
    is_category: BoolArray,
    is_one_hot: BoolArray,
) -> FloatArray:
    """Place the rows in the space whose Euclidean distance tells how near they are."""
    # two rows of different categories differ in two indicators
    points = [scores[:, ~is_category] * np.where(is_one_hot, np.sqrt(0.5), 1.0)[~is_category]]
    has_missing = ~is_category & np.isnan(D).any(axis=0)
    points.append(np.isnan(D[:, has_missing]).astype(np.float64))
    for column in D[:, is_category].T:
        values, place = np.unique(column, return_inverse=True)
        rank = np.argsort(np.argsort(-np.bincount(place, mass), kind="stable"))
        code = np.minimum(rank, MAX_COMPARED)[place]
        points.append(np.eye(min(len(values), MAX_COMPARED + 1))[code] * np.sqrt(0.5))
    return np.concatenate(points, axis=1)


def _standard(values: FloatArray, mass: FloatArray) -> FloatArray:
    centred = values - np.average(values, weights=mass)
    # by the largest first: squares of the largest floats are infinite
    centred = centred / np.abs(centred).max()
    return centred / np.sqrt(np.average(centred**2, weights=mass))
