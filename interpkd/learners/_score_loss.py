"""Losses of one score per row: the smooth part of every linear learner with one output.

A pointwise loss gives its value, slope and curvature at the scores of some rows; `ScoreSum` makes
of it the sum over rows that `minimise` wants.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray
    from interpkd.learners._row_blocks import RowBlocks

MOST_PARAMETERS = 2000
"""Largest Hessian that is formed."""

FEW = 4
"""One row in so many is few: their part of the Hessian is cheaper to change than all is to sum."""


class PointLoss(Protocol):
    """A weighted loss of one score per row."""

    drift: float
    """Bound on the relative change of the curvature per unit of change of the score."""

    has_steps: bool
    """Whether the curvature is constant but for steps."""

    def __call__(self, z: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Give the summed loss of some rows, and per row its slope and curvature."""


class LogLoss:
    """Soft-target log loss: minus p log(s) minus (1 - p) log(1 - s), where s is the sigmoid.

    Parameters
    ----------
    p : ndarray of shape (n_samples,)
        Probability of the second class.

    weights : ndarray of shape (n_samples,)
        Row weights.
    """

    drift, has_steps = 1.0, False

    def __init__(self, p: FloatArray, weights: FloatArray) -> None:
        self._p, self._weights = p, weights

    def __call__(self, z: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Give the summed loss of some rows, and per row its slope and curvature."""
        p, w = self._p[rows], self._weights[rows]
        e = np.exp(-np.abs(z))
        s = np.where(z >= 0, 1.0, e) / (1 + e)
        loss = np.log1p(e) + np.maximum(z, 0) - p * z
        return float(w @ loss), w * (s - p), w * e / (1 + e) ** 2


class SquaredHinge:
    """Squared hinge loss: p max(0, 1 - z)² + (1 - p) max(0, 1 + z)².

    Parameters
    ----------
    p : ndarray of shape (n_samples,)
        Probability of the positive class.

    weights : ndarray of shape (n_samples,)
        Row weights.
    """

    drift, has_steps = np.inf, True

    def __init__(self, p: FloatArray, weights: FloatArray) -> None:
        self._p, self._weights = p, weights

    def __call__(self, z: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Give the summed loss of some rows, and per row its slope and curvature."""
        w = self._weights[rows]
        positive = w * self._p[rows]
        negative = w - positive
        short, over = np.maximum(1 - z, 0), np.maximum(1 + z, 0)
        loss = positive @ short**2 + negative @ over**2
        slope = 2 * (negative * over - positive * short)
        return float(loss), slope, 2 * (positive * (short > 0) + negative * (over > 0))


class SmoothHinge:
    """Hinge loss p max(0, 1 - z) + (1 - p) max(0, 1 + z) with both kinks rounded off.

    Within `width` of a kink the loss is the parabola that touches the hinge at both ends.

    Parameters
    ----------
    p : ndarray of shape (n_samples,)
        Probability of the positive class.

    weights : ndarray of shape (n_samples,)
        Row weights.

    width : float
        Half the width of the parabola, at most 1.
    """

    drift, has_steps = np.inf, True

    def __init__(self, p: FloatArray, weights: FloatArray, width: float) -> None:
        self._p, self._weights, self._width = p, weights, width

    def __call__(self, z: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Give the summed loss of some rows, and per row its slope and curvature."""
        w, width = self._weights[rows], self._width
        positive = w * self._p[rows]
        negative = w - positive
        value, slope, curvature = 0.0, np.zeros(len(z)), np.zeros(len(z))
        for side, mass in ((-1, positive), (1, negative)):
            u = 1 + side * z
            share = np.clip((u + width) / (2 * width), 0, 1)
            value += float(mass @ np.where(u < width, width * share**2, u))
            slope += side * mass * share
            curvature += mass * ((share > 0) & (share < 1)) / (2 * width)
        return value, slope, curvature


class SquaredError:
    """Half the squared error.

    Parameters
    ----------
    t : ndarray of shape (n_samples,)
        Targets.

    weights : ndarray of shape (n_samples,)
        Row weights.
    """

    drift = 1e-6  # none but rounding of the Gram matrix, which another step takes out
    has_steps = True

    def __init__(self, t: FloatArray, weights: FloatArray) -> None:
        self._t, self._weights = t, weights

    def __call__(self, z: FloatArray, rows: slice) -> tuple[float, FloatArray, FloatArray]:
        """Give the summed loss of some rows, and per row its slope and curvature."""
        w, error = self._weights[rows], z - self._t[rows]
        slope = w * error
        return float(slope @ error) / 2, slope, w


class ScoreSum:
    """A pointwise loss summed over rows and divided by `total`; see `interpkd.learners._newton`.

    Parameters
    ----------
    rows : RowBlocks
        The rows.

    loss : PointLoss
        The loss of a score.

    total : float
        The sum of the row weights.
    """

    def __init__(self, rows: RowBlocks, loss: PointLoss, total: float) -> None:
        self._rows, self._loss, self._total = rows, loss, total
        self.drift = loss.drift
        self.has_hessian = rows.n_columns <= MOST_PARAMETERS
        self._curvature = np.zeros(rows.n_rows)
        self._keeps_hessian = loss.has_steps
        self._before = np.zeros(rows.n_rows)
        self._sum = np.zeros((rows.n_columns, rows.n_columns)) if self.has_hessian else np.zeros(0)

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient."""

        def add(part: slice, block: Any, value: FloatArray, gradient: FloatArray) -> None:
            z = self._rows.scores(block, theta)
            loss, slope, self._curvature[part] = self._loss(z, part)
            value += loss
            self._rows.add_products(block, slope, gradient)

        value, gradient = self._rows.sum([(1,), theta.shape], add)
        return float(value[0]) / self._total, gradient / self._total

    def look(self, theta: FloatArray, *, with_hessian: bool) -> list[FloatArray]:
        """Give sums over rows, not divided by anything, in one pass that keeps nothing of it.

        Parameters
        ----------
        theta : ndarray of shape (n_columns,)
            The parameters.

        with_hessian : bool
            Whether the Hessian is wanted.

        Returns
        -------
        sums : list of ndarray
            Value of shape (1,), gradient, and the Hessian if it is wanted.
        """
        m = self._rows.n_columns

        def add(part: slice, block: Any, value: FloatArray, gradient: FloatArray, *H: Any) -> None:
            loss, slope, curvature = self._loss(self._rows.scores(block, theta), part)
            value += loss
            self._rows.add_products(block, slope, gradient)
            if with_hessian:
                self._rows.add_gram(block, curvature, H[0])

        return self._rows.sum([(1,), (m,), *[(m, m)] * with_hessian], add)

    def product_at(self, theta: FloatArray, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian at some parameters, a sum over rows, and a vector."""

        def add(part: slice, block: Any, out: FloatArray) -> None:
            _, _, curvature = self._loss(self._rows.scores(block, theta), part)
            self._rows.add_products(block, curvature * self._rows.scores(block, vector), out)

        return self._rows.sum([vector.shape], add)[0]

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last."""
        if self._keeps_hessian:
            return self._updated_hessian() / self._total
        return self._rows.gram(self._curvature) / self._total

    def _updated_hessian(self) -> FloatArray:
        """Change the last Hessian where the curvature of rows has changed, if those are few."""
        changed = np.flatnonzero(self._curvature != self._before)
        difference = (self._curvature - self._before)[changed]
        if len(changed) * FEW < self._rows.n_rows:
            self._sum = self._sum + self._rows.gram_of(changed, difference)
        else:
            self._sum = self._rows.gram(self._curvature)
        self._before = self._curvature.copy()
        return self._sum

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of that Hessian and a vector."""

        def add(part: slice, block: Any, out: FloatArray) -> None:
            change = self._curvature[part] * self._rows.scores(block, vector)
            self._rows.add_products(block, change, out)

        return self._rows.sum([vector.shape], add)[0] / self._total

    def diagonal(self) -> FloatArray:
        """Give the diagonal of that Hessian."""
        return self._rows.squares(self._curvature) / self._total

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that solves for the diagonal."""
        diagonal = self.diagonal() + ridge
        inverse = np.divide(1, diagonal, where=diagonal > 0, out=np.zeros(len(diagonal)))
        return lambda r: r * inverse

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""
        return self._rows.score_change(step)
