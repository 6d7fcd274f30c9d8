"""The exact minimum of a soft-target hinge loss with a ridge penalty and bounds.

The hinge is rounded off at its kinks and minimised by Newton's method, ever less rounded; of many
rows first on some of them. Soon it is plain for nearly all rows on which side of their kinks they
lie: their loss is a straight line, and only the others are looked at any more. At the minimum a few
rows lie at a kink: once a guess of these is right the minimum solves a linear system, and the
conditions of optimality prove it, on all rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._hinge_dual import minimise_dual
from interpkd.learners._newton import Solution, minimise
from interpkd.learners._quadratic import minimise_quadratic, solve_flat
from interpkd.learners._row_blocks import RowBlocks, one_blas_thread
from interpkd.learners._score_loss import FEW, MOST_PARAMETERS, ScoreSum, SmoothHinge

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.learners._newton import Penalty

FIRST_WIDTH = 0.5
LAST_WIDTH = 1e-9
NARROWER = 4.0
"""By how much the rounding shrinks from one search to the next."""

WIDTHS_OFF = 0.05
"""Tolerance of a search in widths of its rounding; the exact finish needs no more."""

MANY_ROWS = 16_000
"""Rows from which on the search starts at the minimum on a sample."""

SAMPLE_STEP = 8
"""One row in so many is in a sample."""

KINKS_OF_SAMPLE = 8
"""Rows near a kink, per coefficient, at which a sample has told what it can."""

LEAST_OF_SAMPLE = 1e-4
"""Rounding below which a sample tells nothing of the other rows, however many of it are at a kink."""

REACH = 4.0
"""Widths within which rows are looked at on, after a search on all."""

MOST_ROUNDS = 50
"""Most times that rows are added which were on another side than it seemed."""

TIGHT, MOST_KINKS, REPEATED = 1e-5, 400, 50
"""Rounding below which the exact minimum is tried for more rows at a kink than coefficients, so many
different ones at most, each so often on average. In general position there are no more."""

SLACK = 1e-9
"""What rounding may leave of the conditions of optimality."""

LINE_TURNS = 30
LINE_TOLERANCE = 0.3
"""Share of a step's first slope that may be left at its end."""


def minimise_hinge(
    rows: RowBlocks,
    p: FloatArray,
    weights: FloatArray,
    penalty: Penalty,
    start: FloatArray,
    *,
    tol: float,
    max_iter: int,
) -> Solution:
    """Minimise the mean of p max(0, 1 - z) + (1 - p) max(0, 1 + z) and a ridge penalty.

    Parameters
    ----------
    rows : RowBlocks
        The rows.

    p : ndarray of shape (n_samples,)
        Probability of the positive class.

    weights : ndarray of shape (n_samples,)
        Row weights.

    penalty : Penalty
        Ridge, above 0 and the same for every coefficient, and bounds.

    start : ndarray of shape (n_columns,)
        Where to start, within the bounds.

    tol : float
        As in `minimise`.

    max_iter : int
        Most Newton steps.

    Returns
    -------
    solution : Solution
        The minimum, exact to rounding. Where it could not be proved, `converged` says whether its
        mean loss is within `tol` of the best.
    """
    positive = p * weights
    masses = np.stack([positive, weights - positive]) / float(weights.sum())
    problem = Problem(rows, masses, np.zeros(rows.n_columns), penalty)
    with one_blas_thread():
        if rows.is_sparse and rows.n_columns > MOST_PARAMETERS and penalty.is_smooth:
            found = minimise_dual(rows, masses, penalty.ridge[0], tol=tol, max_iter=max_iter)
        elif _is_small(problem):
            found = _narrow(problem, start, FIRST_WIDTH, tol=tol, max_iter=max_iter)
        else:
            found = _narrow_on_some(problem, start, tol=tol, max_iter=max_iter)
    return replace(found, loss=problem.loss(found.theta))


@dataclass(frozen=True)
class Problem:
    """What is minimised: the hinge of some rows, a straight line for the others, and the ridge.

    Attributes
    ----------
    rows : RowBlocks
        The rows.

    masses : ndarray of shape (2, n_samples)
        What each row counts for and against.

    line : ndarray of shape (n_columns,)
        The slope of the straight line.

    penalty : Penalty
        Ridge and bounds.
    """

    rows: RowBlocks
    masses: FloatArray
    line: FloatArray
    penalty: Penalty

    def scores(self, theta: FloatArray) -> FloatArray:
        """Give the score of each row."""
        z = np.zeros(self.rows.n_rows)

        def add(part: slice, block: Any) -> None:
            z[part] = self.rows.scores(block, theta)

        self.rows.sum([], add)
        return z

    def product(self, slopes: FloatArray) -> FloatArray:
        """Give the product of the rows and one number for each."""

        def add(part: slice, block: Any, out: FloatArray) -> None:
            self.rows.add_products(block, slopes[part], out)

        return self.rows.sum([(self.rows.n_columns,)], add)[0]

    def gram(self, curvature: FloatArray) -> FloatArray:
        """Give the weighted Gram matrix of the rows that have a curvature."""
        curved = np.flatnonzero(curvature)
        if len(curved) * FEW < self.rows.n_rows:
            return self.rows.gram_of(curved, curvature[curved])
        return self.rows.gram(curvature)

    def loss(self, theta: FloatArray) -> float:
        """Give the loss of the rows, without line and penalty."""
        z, masses = self.scores(theta), self.masses
        return float(masses[0] @ np.maximum(1 - z, 0) + masses[1] @ np.maximum(1 + z, 0))

    def sample(self) -> Problem:
        """Give the problem of every so-many-th row."""
        masses = self.masses[:, ::SAMPLE_STEP]
        return replace(self, rows=self.rows.every(SAMPLE_STEP), masses=masses / masses.sum())

    def restricted(self, looked_at: Any, z: FloatArray) -> Problem:
        """Give the problem of some rows, the others on straight lines from their scores on."""
        counted = self.masses * (np.stack([1 - z, 1 + z]) > 0) * ~looked_at
        at = np.flatnonzero(looked_at)
        return Problem(
            RowBlocks(self.rows.take(at), intercept=0.0),
            self.masses[:, at],
            self.line + self.product(counted[1] - counted[0]),
            self.penalty,
        )


def _is_small(problem: Problem) -> bool:
    """Tell whether to take all rows from the start to the end."""
    n, m = problem.rows.n_rows, problem.rows.n_columns
    is_small = n < max(MANY_ROWS, 10 * SAMPLE_STEP * m) or m > MOST_PARAMETERS
    return is_small or not problem.masses[:, ::SAMPLE_STEP].any()


def _narrow(
    problem: Problem, theta: FloatArray, width: float, *, tol: float, max_iter: int
) -> Solution:
    """Round off ever less, until the minimum is proved or there is nothing left to round."""
    n_iter = 0
    while True:
        roughly = max(tol, WIDTHS_OFF * width)  # enough to see which rows are at a kink
        found = _search(problem, theta, width, tol=roughly, max_iter=max_iter - n_iter)
        theta, n_iter = found.theta, n_iter + found.n_iter
        exact = _finish(problem, theta, width)
        if exact is not None:
            return Solution(exact, 0.0, n_iter, converged=True)
        if width <= LAST_WIDTH or n_iter >= max_iter:
            # the rounded hinge is above the hinge by a quarter of its width at most
            is_close = found.converged and width <= 4 * tol
            return Solution(theta, 0.0, n_iter, converged=is_close)
        width /= NARROWER


def _narrow_on_some(problem: Problem, start: FloatArray, *, tol: float, max_iter: int) -> Solution:
    """Round off ever less only the rows whose sides are not plain, until those of all are."""
    theta, width = _start_on_sample(problem, start, max_iter)
    found = _search(problem, theta, width, tol=WIDTHS_OFF * width, max_iter=max_iter)
    z, n_iter = problem.scores(found.theta), found.n_iter
    looked_at = _near(z, problem.masses, REACH * width).any(axis=0)
    for _ in range(MOST_ROUNDS):
        some, before = problem.restricted(looked_at, z), np.sign(np.stack([1 - z, 1 + z]))
        found = _narrow(some, found.theta, width, tol=tol, max_iter=max_iter - n_iter)
        z, n_iter = problem.scores(found.theta), n_iter + found.n_iter
        crossed = (problem.masses > 0) & (np.stack([1 - z, 1 + z]) * before < -SLACK)
        crossed &= ~looked_at
        if not crossed.any():
            return replace(found, n_iter=n_iter)
        looked_at |= crossed.any(axis=0)
    return Solution(found.theta, 0.0, n_iter, converged=False)


def _start_on_sample(
    problem: Problem, start: FloatArray, max_iter: int
) -> tuple[FloatArray, float]:
    """Give where to start, and how rounded: of many rows, as far as some of them can tell."""
    if _is_small(problem):
        return start, FIRST_WIDTH
    sample = problem.sample()
    theta, width = _start_on_sample(sample, start, max_iter)
    while width > LEAST_OF_SAMPLE:
        theta = _search(sample, theta, width, tol=WIDTHS_OFF * width, max_iter=max_iter).theta
        near = _near(sample.scores(theta), sample.masses, width)
        if near.sum() <= KINKS_OF_SAMPLE * len(theta):
            break
        width /= NARROWER
    return theta, width


def _search(
    problem: Problem, theta: FloatArray, width: float, *, tol: float, max_iter: int
) -> Solution:
    """Minimise the rounded hinge by Newton steps of the best length, up to the full one."""
    if problem.rows.n_columns > MOST_PARAMETERS:
        weights = problem.masses.sum(axis=0)
        p = problem.masses[0] / np.where(weights > 0, weights, 1.0)
        smooth = ScoreSum(problem.rows, SmoothHinge(p, weights, width), float(weights.sum()))
        return minimise(smooth, problem.penalty, theta, tol=tol, max_iter=max_iter)
    from interpkd.learners._hinge_kernels import fill_terms, slope_along  # loads numba

    ridge, masses, z = problem.penalty.ridge, problem.masses, problem.scores(theta)
    slopes, curvature = np.empty(len(z)), np.empty(len(z))
    for n_iter in range(1, max_iter + 1):
        fill_terms(z, masses, width, slopes, curvature)
        H = problem.gram(curvature)
        H[np.diag_indices(len(H))] += ridge
        pull = ridge * theta + problem.line
        end = _end_of_step(H, problem.product(slopes) + pull, theta, problem.penalty)
        step = end - theta
        change = problem.scores(step)
        first, square = float(pull @ step), float(ridge @ step**2)

        def slope(share: float) -> float:
            along = slope_along(z, change, share, masses, width)  # noqa: B023
            return along + first + share * square  # noqa: B023

        share = _best_share(slope)
        theta = end if share == 1 else theta + share * step  # to the bounds, not nearly so
        z += share * change
        if np.abs(change).max(initial=0.0) <= tol:
            return Solution(theta, 0.0, n_iter, converged=True)
    return Solution(theta, 0.0, max_iter, converged=False)


def _end_of_step(
    H: FloatArray, gradient: FloatArray, theta: FloatArray, penalty: Penalty
) -> FloatArray:
    if penalty.is_smooth:
        return theta + solve_flat(H, -gradient)
    none = np.zeros(len(theta))
    return minimise_quadratic(H, gradient, theta, none, penalty.lower, penalty.upper)


def _best_share(slope: Callable[[float], float]) -> float:
    """Give the share of a step at which a convex function is least, up to the whole of it."""
    low, high, below, above = 0.0, 1.0, slope(0.0), slope(1.0)
    if above <= 0 or below >= 0:
        return 1.0  # the second is rounding, near the minimum
    first = abs(below)
    for turn in range(LINE_TURNS):
        # the secant of the two ends, and their middle in turns
        share = (low * above - high * below) / (above - below) if turn % 2 else (low + high) / 2
        now = slope(share)
        if abs(now) <= LINE_TOLERANCE * first:
            return share
        if now < 0:
            low, below = share, now
        else:
            high, above = share, now
    return low


def _near(z: FloatArray, masses: FloatArray, width: float) -> BoolArray:
    """Say which terms, shape (2, n_samples), are near their kinks."""
    near: BoolArray = (np.abs(np.stack([1 - z, 1 + z])) < width) & (masses > 0)
    return near


def _finish(problem: Problem, theta: FloatArray, width: float) -> FloatArray | None:
    """Give the minimum if it is as near as it seems; None if that is not proved.

    Terms within `width` of their kink may have any slope between those of its two sides; all others
    keep theirs. The best slopes solve a small quadratic with bounds, the dual problem.
    """
    penalty, masses, z = problem.penalty, problem.masses, problem.scores(theta)
    margins = np.stack([1 - z, 1 + z])  # a term counts where its margin is positive
    near = _near(z, masses, width)
    side, at = np.nonzero(near)
    most = MOST_KINKS if width < TIGHT else len(theta)
    if len(at) > REPEATED * most:
        return None
    A, place = np.unique(
        problem.rows.take(at) * (2 * side - 1)[:, None], axis=0, return_inverse=True
    )
    if len(A) > most:
        return None
    caps = np.zeros(len(A))
    np.add.at(caps, place.ravel(), masses[side, at])
    counted = masses * ((margins > 0) & ~near)
    fixed = problem.line + problem.product(counted[1] - counted[0])
    free = (penalty.lower < theta) & (theta < penalty.upper)
    scaled = A[:, free] / penalty.ridge[free]
    b = 1 + A[:, ~free] @ theta[~free] - scaled @ fixed[free]
    H, none = scaled @ A[:, free].T, np.zeros(len(A))
    slopes = solve_flat(H, b)
    if not ((slopes >= 0) & (slopes <= caps)).all():  # some lie near a kink only
        if width >= TIGHT:
            return None
        slopes = minimise_quadratic(H, -b, none, none, none, caps)
    slope = fixed + slopes @ A
    exact = theta.copy()
    exact[free] = -slope[free] / penalty.ridge[free]
    new_z = problem.scores(exact)
    is_kept = near | (masses == 0)
    is_kept |= np.stack([1 - new_z, 1 + new_z]) * np.sign(margins) >= -SLACK
    kinks = 1 + A @ exact
    is_settled = ((kinks <= SLACK) | (slopes >= caps)) & ((kinks >= -SLACK) | (slopes <= 0))
    slope += penalty.ridge * exact
    is_held = _points_out(exact, slope, penalty) | free
    is_inside = (penalty.lower <= exact) & (exact <= penalty.upper)
    is_proved = is_kept.all() and is_settled.all() and is_held.all() and is_inside.all()
    return exact if is_proved else None


def _points_out(theta: FloatArray, slope: FloatArray, penalty: Penalty) -> BoolArray:
    """Say of each coefficient at a bound whether the loss would fall only beyond it."""
    at_lower, at_upper = theta == penalty.lower, theta == penalty.upper
    points_out: BoolArray = (at_lower & (slope >= -SLACK)) | (at_upper & (slope <= SLACK))
    return points_out
