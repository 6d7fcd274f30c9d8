"""The exact minimum of a quadratic with an L1 penalty and bounds.

Coordinate descent finds which coefficients are at zero or at a bound; with those fixed the rest is
a linear system, which Cholesky solves to rounding. The two take turns until the conditions of
optimality hold: an active-set method that never raises the value.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray

SWEEPS = 5
ROUNDS = 500
FLAT = 1e-13
"""Eigenvalues of the scaled matrix below this share of the largest are taken for zero."""


def solve_flat(H: FloatArray, b: FloatArray) -> FloatArray:
    """Solve a system that may be singular in the directions of which `b` has nothing.

    Parameters
    ----------
    H : ndarray of shape (n, n)
        Symmetric, with no negative eigenvalue up to rounding.

    b : ndarray of shape (n,)
        Right-hand side.

    Returns
    -------
    x : ndarray of shape (n,)
        The solution; of several, the shortest in units where the diagonal is one.
    """
    if not len(b):
        return np.zeros(0)
    diagonal = np.diag(H)
    scale = np.zeros(len(b))
    scale[diagonal > 0] = 1 / np.sqrt(diagonal[diagonal > 0])
    A = H * scale[:, None] * scale
    np.fill_diagonal(A, 1.0)  # a column of zeros has no effect: its b is 0
    try:
        L = linalg.cholesky(A, lower=True, check_finite=False)
    except linalg.LinAlgError:
        L = None
    if L is not None and np.diag(L).min() ** 2 > len(b) * FLAT:
        return scale * linalg.cho_solve((L, True), scale * b, check_finite=False)
    values, vectors = linalg.eigh(A, check_finite=False)
    kept = values > len(b) * FLAT * values[-1]
    part = vectors[:, kept]
    return scale * (part @ ((part.T @ (scale * b)) / values[kept]))


def minimise_quadratic(
    H: FloatArray,
    g: FloatArray,
    x0: FloatArray,
    l1: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> FloatArray:
    """Minimise g'(x - x0) + (x - x0)'H(x - x0)/2 + sum(l1 * abs(x)) within bounds.

    Parameters
    ----------
    H : ndarray of shape (n, n)
        Symmetric, with no negative eigenvalue up to rounding.

    g : ndarray of shape (n,)
        Gradient of the smooth part at `x0`.

    x0 : ndarray of shape (n,)
        Where to start, within the bounds.

    l1 : ndarray of shape (n,)
        L1 penalty of each coordinate.

    lower, upper : ndarray of shape (n,)
        Bounds; infinite for none.

    Returns
    -------
    x : ndarray of shape (n,)
        The minimum, exact to rounding.
    """
    from interpkd.learners._descent import sweep  # loads numba

    x, r = x0.copy(), g.copy()
    scale = np.sqrt(np.maximum(np.diag(H), 1e-300))
    for _ in range(ROUNDS):
        sweep(H, r, x, l1, lower, upper, SWEEPS)
        free = _free(x, l1, lower, upper)
        step = np.zeros(len(x))
        sign = np.sign(x)
        step[free] = solve_flat(H[np.ix_(free, free)], -(r + l1 * sign)[free])
        share, at, value = _first_edge(x, step, l1, lower, upper)
        x += share * step
        if at >= 0:
            x[at] = value
        r = g + H @ (x - x0)
        if at < 0 and violation(x, r, l1, lower, upper, scale) <= _rounding(H, g, x - x0, scale):
            break
    return x


def _rounding(H: FloatArray, g: FloatArray, change: FloatArray, scale: FloatArray) -> float:
    """Give what rounding may leave of a gradient, in scaled units."""
    size = np.abs(g) + np.abs(H) @ np.abs(change)
    return float(1e-14 * len(g) * (size / scale)[np.diag(H) > 0].max(initial=0.0))


def _free(x: FloatArray, l1: FloatArray, lower: FloatArray, upper: FloatArray) -> BoolArray:
    """Say which coordinates are at no kink and no bound."""
    free: BoolArray = ((x != 0) | (l1 == 0)) & (lower < x) & (x < upper)
    return free


def _first_edge(
    x: FloatArray, step: FloatArray, l1: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[float, int, float]:
    """Give the share of a step up to the first bound or zero, its coordinate (or -1) and value."""
    end = x + step
    edge = np.clip(end, lower, upper)
    edge[(l1 > 0) & (x * end < 0)] = 0.0
    crossed = np.flatnonzero(edge != end)
    if not len(crossed):
        return 1.0, -1, 0.0
    shares = (edge[crossed] - x[crossed]) / step[crossed]
    first = int(np.argmin(shares))
    at = int(crossed[first])
    return float(max(shares[first], 0.0)), at, float(edge[at])


def violation(
    x: FloatArray,
    r: FloatArray,
    l1: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    scale: FloatArray,
) -> float:
    """Say by how much the conditions of optimality are broken.

    Parameters
    ----------
    x : ndarray of shape (n,)
        A point within the bounds.

    r : ndarray of shape (n,)
        Gradient of the smooth part there.

    l1 : ndarray of shape (n,)
        L1 penalty of each coordinate.

    lower, upper : ndarray of shape (n,)
        Bounds.

    scale : ndarray of shape (n,)
        Units of the gradient, such as the roots of the diagonal of the Hessian.

    Returns
    -------
    violation : float
        Largest slope downhill along a coordinate that is allowed, in those units; 0 at a minimum.
    """
    up = r + np.where(x >= 0, l1, -l1)  # slope to the right, and to the left
    down = r + np.where(x > 0, l1, -l1)
    slope = np.maximum(np.where(x < upper, -up, 0.0), np.where(x > lower, down, 0.0))
    return float((np.maximum(slope, 0.0) / scale).max(initial=0.0))
