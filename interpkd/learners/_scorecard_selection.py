"""Backward selection of columns by the quadratic model of an additive fit."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray

AT_ONCE = 4
"""The share of the columns to drop of which one part in so many goes at a time."""


def select_columns(
    hessian: FloatArray, parameters: Sequence[FloatArray], n_columns: int
) -> IntArray:
    """Drop the columns without which the loss rises least.

    Without some of its parameters `b` a quadratic has its minimum higher by half of
    ``b' inv(inv(H)[b, b]) b``, and the others move to make up for them.

    Parameters
    ----------
    hessian : ndarray of shape (n_parameters, n_parameters)
        Curvature at the minimum, positive definite.

    parameters : sequence of ndarray
        The parameters of each column at the minimum.

    n_columns : int
        Columns to keep.

    Returns
    -------
    kept : ndarray of shape (n_columns,)
        Ascending numbers of the columns that are left.
    """
    inverse = linalg.inv(hessian, check_finite=False)
    b = np.concatenate(parameters)
    ends = np.cumsum([len(part) for part in parameters])
    places = [np.arange(end - len(part), end) for end, part in zip(ends, parameters, strict=True)]
    left = np.arange(len(parameters))
    while len(left) > n_columns:
        rise = np.array([_rise(inverse, b, places[i]) for i in left])
        n_drop = -(-(len(left) - n_columns) // AT_ONCE)
        dropped = np.argsort(rise, kind="stable")[:n_drop]
        for i in left[dropped]:
            at = places[i]
            if not len(at):
                continue
            block = linalg.solve(inverse[np.ix_(at, at)], inverse[at], assume_a="pos")
            b = b - block.T @ b[at]
            inverse = inverse - inverse[:, at] @ block
            inverse[at, at] = 1.0  # gone: never looked at again, and not singular
        left = np.delete(left, dropped)
    return left


def _rise(inverse: FloatArray, b: FloatArray, at: IntArray) -> float:
    """Give how much the loss rises without some parameters."""
    if not len(at):
        return 0.0
    return float(b[at] @ linalg.solve(inverse[np.ix_(at, at)], b[at], assume_a="pos")) / 2
