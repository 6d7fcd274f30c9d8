"""The exact minimum of a soft-target hinge loss with a ridge penalty and bounds.

The hinge is rounded off at its kinks and minimised by Newton's method, ever less rounded. At the
minimum a few rows lie at a kink, and all others on known sides of theirs: once a guess of these
rows is right the minimum solves a linear system, and the conditions of optimality prove it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._newton import Solution, minimise
from interpkd.learners._quadratic import minimise_quadratic
from interpkd.learners._row_blocks import one_blas_thread
from interpkd.learners._score_loss import ScoreSum, SmoothHinge

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray
    from interpkd.learners._newton import Penalty
    from interpkd.learners._row_blocks import RowBlocks

FIRST_WIDTH = 0.5
LAST_WIDTH = 1e-9
NARROWER = 4.0
"""By how much the rounding shrinks from one search to the next."""

WIDTHS_OFF = 0.05
"""Tolerance of a search in widths of its rounding; the exact finish needs no more."""
MOST_KINKS = 400
"""Rows near a kink up to which the exact minimum is tried."""

SLACK = 1e-9
"""What rounding may leave of the conditions of optimality."""


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
        Ridge of every coefficient, above 0, and bounds.

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
    with one_blas_thread():
        return _narrow(rows, p, weights, penalty, start, tol, max_iter)


def _narrow(
    rows: RowBlocks,
    p: FloatArray,
    weights: FloatArray,
    penalty: Penalty,
    start: FloatArray,
    tol: float,
    max_iter: int,
) -> Solution:
    """Round the hinge off ever less, until the minimum is proved or the width is nothing."""
    theta, width, n_iter, total = start, FIRST_WIDTH, 0, float(weights.sum())
    while True:
        smooth = ScoreSum(rows, SmoothHinge(p, weights, width), total)
        roughly = max(tol, WIDTHS_OFF * width)  # enough to see which rows are at a kink
        found = minimise(smooth, penalty, theta, tol=roughly, max_iter=max_iter - n_iter)
        theta, n_iter = found.theta, n_iter + found.n_iter
        exact = _finish(rows, p, weights, penalty, theta, width)
        if exact is not None:
            return Solution(exact, _hinge(rows, p, weights, exact), n_iter, converged=True)
        if width <= LAST_WIDTH or n_iter >= max_iter:
            # the rounded hinge is above the hinge by a quarter of its width at most
            is_close = found.converged and width <= 4 * tol
            return Solution(theta, _hinge(rows, p, weights, theta), n_iter, converged=is_close)
        width /= NARROWER


def _scores(rows: RowBlocks, theta: FloatArray) -> FloatArray:
    z = np.zeros(rows.n_rows)

    def add(part: slice, block: Any) -> None:
        z[part] = rows.scores(block, theta)

    rows.sum([], add)
    return z


def _hinge(rows: RowBlocks, p: FloatArray, weights: FloatArray, theta: FloatArray) -> float:
    z = _scores(rows, theta)
    loss = p * np.maximum(1 - z, 0) + (1 - p) * np.maximum(1 + z, 0)
    return float(weights @ loss) / float(weights.sum())


def _finish(
    rows: RowBlocks,
    p: FloatArray,
    weights: FloatArray,
    penalty: Penalty,
    theta: FloatArray,
    width: float,
) -> FloatArray | None:
    """Give the minimum if it is as near as it seems; None if that is not proved.

    Terms within `width` of their kink may have any slope between those of its two sides; all others
    keep theirs. The best slopes solve a small quadratic with bounds, the dual problem.
    """
    masses = np.stack([p * weights, (1 - p) * weights]) / float(weights.sum())
    z = _scores(rows, theta)
    margins = np.stack([1 - z, 1 + z])  # a term counts where its margin is positive
    near = (np.abs(margins) < width) & (masses > 0)
    side, at = np.nonzero(near)
    if len(at) > MOST_KINKS:
        return None
    counted = masses * ((margins > 0) & ~near)

    def add(part: slice, block: Any, out: FloatArray) -> None:
        rows.add_products(block, counted[1, part] - counted[0, part], out)

    fixed = rows.sum([(rows.n_columns,)], add)[0]
    A = rows.take(at) * (2 * side - 1)[:, None]
    free = (penalty.lower < theta) & (theta < penalty.upper)
    scaled = A[:, free] / penalty.ridge[free]
    b = 1 + A[:, ~free] @ theta[~free] - scaled @ fixed[free]
    zero, caps = np.zeros(len(at)), masses[side, at]
    slopes = minimise_quadratic(scaled @ A[:, free].T, -b, zero, zero, zero, caps)
    slope = fixed + slopes @ A
    exact = theta.copy()
    exact[free] = -slope[free] / penalty.ridge[free]
    new_z = _scores(rows, exact)
    margins_now = np.stack([1 - new_z, 1 + new_z])
    kinks = margins_now[side, at]
    is_kept = near | (masses == 0) | (margins_now * np.sign(margins) >= -SLACK)
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
