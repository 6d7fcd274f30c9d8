"""Newton's method for a sum over rows with ridge and L1 penalties and bounds.

Every linear learner minimises a smooth sum over rows, plus ridge and L1 penalties, within bounds.
Where the Hessian is cheap each step solves its quadratic model exactly, with the L1 penalty and the
bounds in it (proximal Newton, as in Lee, Sun and Saunders 2014; glum does likewise). Otherwise,
without L1 and bounds, conjugate gradients solve it; with them, L-BFGS-B does on split variables.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import optimize

from interpkd.learners._quadratic import minimise_quadratic, solve_flat, violation
from interpkd.learners._row_blocks import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray

ROUNDING = float(np.finfo(np.float64).eps)
MOST_HALVINGS = 40
SPLIT_TOLERANCE = 1e-8
"""Scaled slope that may be left where L-BFGS-B does the work; it cannot do much better."""


class Smooth(Protocol):
    """A smooth sum over rows of some parameters, divided by the sum of the row weights."""

    has_hessian: bool
    """Whether the Hessian is small enough to be formed."""

    drift: float
    """Bound on the relative change of any curvature per unit of change of its scores."""

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient; what follows is asked at the same parameters."""

    def hessian(self) -> FloatArray:
        """Give the Hessian."""

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian and a vector."""

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that nearly solves for the Hessian and a ridge."""

    def diagonal(self) -> FloatArray:
        """Give the diagonal of the Hessian, or what is not far from it."""

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""


@dataclass(frozen=True)
class Penalty:
    """What is added to the sum over rows; all arrays of shape (n_parameters,).

    Attributes
    ----------
    ridge : ndarray
        Factors of half the squares.

    l1 : ndarray
        Factors of the absolute values.

    lower, upper : ndarray
        Bounds; infinite for none.
    """

    ridge: FloatArray
    l1: FloatArray
    lower: FloatArray
    upper: FloatArray

    @property
    def is_smooth(self) -> bool:
        """Whether there is neither an L1 penalty nor a bound."""
        is_free = np.isneginf(self.lower).all() and np.isposinf(self.upper).all()
        return bool(is_free and not self.l1.any())

    def add(self, value: float, theta: FloatArray) -> float:
        """Add both penalties to the value of the sum over rows."""
        return value + float(self.ridge @ theta**2) / 2 + float(self.l1 @ np.abs(theta))


@dataclass(frozen=True)
class Solution:
    """Where the search ended.

    Attributes
    ----------
    theta : ndarray of shape (n_parameters,)
        The parameters.

    loss : float
        The sum over rows there, without penalties.

    n_iter : int
        Steps taken.

    converged : bool
        Whether it ended because no score changed by more than the tolerance.
    """

    theta: FloatArray
    loss: float
    n_iter: int
    converged: bool


def minimise(
    smooth: Smooth,
    penalty: Penalty,
    theta: FloatArray,
    *,
    tol: float,
    max_iter: int,
    watch: Callable[[FloatArray], None] | None = None,
) -> Solution:
    """Minimise the sum of a smooth function and penalties within bounds.

    Parameters
    ----------
    smooth : Smooth
        The function.

    penalty : Penalty
        What is added to it.

    theta : ndarray of shape (n_parameters,)
        Where to start, within the bounds.

    tol : float
        The search ends with a step that changes no score by more than this.

    max_iter : int
        Most steps.

    watch : callable or None, default=None
        Called with every step before it is taken; it may raise.

    Returns
    -------
    solution : Solution
        The minimum, or where the search gave up.
    """
    with one_blas_thread():
        if smooth.has_hessian or penalty.is_smooth:
            return _newton(smooth, penalty, theta, tol, max_iter, watch)
        return _split(smooth, penalty, theta, max_iter, watch)


def _newton(
    smooth: Smooth,
    penalty: Penalty,
    theta: FloatArray,
    tol: float,
    max_iter: int,
    watch: Callable[[FloatArray], None] | None,
) -> Solution:
    """Take Newton steps, halved until they lower the value."""
    loss, gradient = smooth.value_gradient(theta)
    for n_iter in range(1, max_iter + 1):
        step, inexact = _direction(smooth, penalty, theta, gradient)
        if watch is not None:
            watch(step)
        slope = float((gradient + penalty.ridge * theta) @ step)
        slope += float(penalty.l1 @ (np.abs(theta + step) - np.abs(theta)))
        value = penalty.add(loss, theta)
        change = smooth.score_change(step)
        # the step after this one is smaller by as much as the model is wrong
        change *= min(1.0, smooth.drift * change + inexact)
        is_last = change <= tol or -slope <= ROUNDING * abs(value)
        slack = 10 * ROUNDING * abs(value)  # what rounding does to the value of a short step
        share = 1.0
        for _ in range(MOST_HALVINGS):
            new = theta + share * step
            new_loss, new_gradient = smooth.value_gradient(new)
            if penalty.add(new_loss, new) <= value + 1e-4 * share * slope + slack:
                break
            share /= 2
        else:
            return Solution(theta, loss, n_iter, converged=is_last)
        theta, loss, gradient = new, new_loss, new_gradient
        if is_last:
            return Solution(theta, loss, n_iter, converged=True)
    return Solution(theta, loss, max_iter, converged=False)


def _direction(
    smooth: Smooth, penalty: Penalty, theta: FloatArray, gradient: FloatArray
) -> tuple[FloatArray, float]:
    """Give the step to the minimum of the quadratic model, and its relative error."""
    g = gradient + penalty.ridge * theta
    if not smooth.has_hessian:
        return _conjugate_gradients(smooth, penalty.ridge, g)
    H = smooth.hessian()
    H[np.diag_indices(len(H))] += penalty.ridge
    if penalty.is_smooth:
        return solve_flat(H, -g), 0.0
    end = minimise_quadratic(H, g, theta, penalty.l1, penalty.lower, penalty.upper)
    return end - theta, 0.0


def _conjugate_gradients(
    smooth: Smooth, ridge: FloatArray, g: FloatArray
) -> tuple[FloatArray, float]:
    """Solve for the Newton step until its error is below the error of the quadratic model."""
    solve = smooth.preconditioner(ridge)
    step, r = np.zeros(len(g)), -g
    z = solve(r)
    p, rz = z, float(r @ z)
    first = rz
    target = rz * min(0.01, max(rz, 0.0))  # rz is about the mean squared change of the scores
    for _ in range(max(len(g), 50)):
        if rz <= max(target, 1e-300):
            break
        Hp = smooth.product(p) + ridge * p
        curvature = float(p @ Hp)
        if curvature <= 0:
            break
        length = rz / curvature
        step += length * p
        r -= length * Hp
        z = solve(r)
        rz, before = float(r @ z), rz
        p = z + rz / before * p
    return step, float(np.sqrt(max(rz, 0.0) / first)) if first > 0 else 0.0


def _split(
    smooth: Smooth,
    penalty: Penalty,
    theta: FloatArray,
    max_iter: int,
    watch: Callable[[FloatArray], None] | None,
) -> Solution:
    """Minimise with L-BFGS-B; a penalised parameter is the difference of two that are positive."""
    smooth.value_gradient(theta)
    units = np.sqrt(smooth.diagonal() + penalty.ridge)
    units[units == 0] = 1.0
    lower, upper = penalty.lower, penalty.upper
    twice = np.flatnonzero(penalty.l1 > 0)
    n = len(theta)

    def join(parts: FloatArray) -> FloatArray:
        joined = parts[:n] / units
        joined[twice] -= parts[n:] / units[twice]
        return joined

    def value_gradient(parts: FloatArray) -> tuple[float, FloatArray]:
        now = join(parts)
        loss, gradient = smooth.value_gradient(now)
        gradient = gradient + penalty.ridge * now
        both = np.concatenate([gradient + penalty.l1, penalty.l1[twice] - gradient[twice]])
        sizes = penalty.l1 @ (parts[:n] / units) + penalty.l1[twice] @ (parts[n:] / units[twice])
        value = loss + float(penalty.ridge @ now**2) / 2 + float(sizes)
        return value, both / np.concatenate([units, units[twice]])

    low, high = lower.copy(), upper.copy()
    low[twice], high[twice] = np.maximum(lower[twice], 0), np.maximum(upper[twice], 0)
    low = np.concatenate([low * units, np.maximum(-upper[twice], 0) * units[twice]])
    high = np.concatenate([high * units, np.maximum(-lower[twice], 0) * units[twice]])
    start = np.concatenate([theta, np.maximum(-theta[twice], 0)])
    start[twice] = np.maximum(theta[twice], 0)
    result = optimize.minimize(
        value_gradient,
        np.clip(start * np.concatenate([units, units[twice]]), low, high),
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(low, high),
        options={"maxiter": 50 * max_iter, "maxfun": 100 * max_iter, "maxcor": 30}
        | {"ftol": 0.0, "gtol": SPLIT_TOLERANCE / 10},
    )
    theta = join(result.x)
    loss, gradient = smooth.value_gradient(theta)
    if watch is not None:
        watch(theta)
    slope = gradient + penalty.ridge * theta
    left = violation(theta, slope, penalty.l1, lower, upper, units)
    return Solution(theta, loss, int(result.nit), converged=left <= SPLIT_TOLERANCE)
