"""Linear regression with ridge, lasso and bounds."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._linear_model import (
    LinearModel,
    check_number,
    check_weights,
    spread_bounds,
)
from interpkd.learners._newton import Penalty, minimise
from interpkd.learners._row_blocks import RowBlocks
from interpkd.learners._score_loss import ScoreSum, SquaredError

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


def fit_soft_linear(
    X: Any,
    t: FloatArray,
    weights: FloatArray,
    *,
    alpha: float = 1.0,
    l1_ratio: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    centre: FloatArray | None = None,
    tol: float = 1e-10,
    max_iter: int = 100,
) -> LinearModel:
    """Fit a linear function to a teacher's predictions.

    It minimises ``sum_i w_i * (t_i - x_i w - b)² / 2 + alpha * ((1 - l1_ratio) / 2 * ||w||²
    + l1_ratio * ||w||_1)``.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Finite rows, float64 or float32; all sums are taken in float64.

    t : ndarray of shape (n_samples,)
        Targets.

    weights : ndarray of shape (n_samples,)
        Row weights.

    alpha : float, default=1.0
        Strength of the penalty; 0 for none.

    l1_ratio : float, default=0.0
        Share of the L1 penalty: 0 is ridge, 1 is lasso, between is elastic net.

    bounds : tuple of (lower, upper) or None, default=None
        Bounds of the coefficients, each a number or of shape (n_features,); infinite for none.
        The intercept has none.

    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.

    centre : ndarray of shape (n_features,) or None, default=None
        Subtracted from every row without writing the difference down, so that sparse rows stay
        sparse; coefficients and intercepts are those of the rows with it subtracted.

    tol : float, default=1e-10
        The search ends with a step that changes no prediction by more than this share of the
        standard deviation of the targets.

    max_iter : int, default=100
        Most Newton steps; without L-BFGS-B or conjugate gradients two are enough.

    Returns
    -------
    model : LinearModel
        One row of coefficients; `loss` is the weighted mean squared error.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range, or the targets are not finite.

    Notes
    -----
    The scaling is that of scikit-learn's ``Ridge``, for any `l1_ratio`: ``Ridge(alpha)`` is
    `alpha` with ``l1_ratio=0``, and ``ElasticNet(a, l1_ratio)`` and ``Lasso(a)``, which take the
    mean over rows, are ``alpha = a * weights.sum()``.
    Of collinear columns without a penalty, the shortest of the best coefficients are given, in
    units where every column has the same mean square.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_soft_linear
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> model = fit_soft_linear(X, 2 * X[:, 0] - 1, np.ones(3), alpha=0.0)
    >>> model.coef.round(6), model.intercept.round(6)
    (array([[2.]]), array([-1.]))
    """
    check_number("alpha", alpha, least=0, most=1e300, open_left=False)
    check_number("l1_ratio", l1_ratio, least=0, most=1, open_left=False)
    rows = RowBlocks(X, intercept=float(fit_intercept), centre=centre)
    total = check_weights(weights, rows.n_rows)
    if t.shape != (rows.n_rows,) or not np.isfinite(t).all():
        msg = f"t must hold {rows.n_rows} finite targets, got shape {t.shape}."
        raise InvalidInputError(msg)
    d, m = rows.n_features, rows.n_columns
    lower, upper = spread_bounds(bounds, 1, d, m)
    strength = np.zeros(m)
    strength[:d] = alpha / total
    penalty = Penalty((1 - l1_ratio) * strength, l1_ratio * strength, lower, upper)
    middle = float(weights @ t) / total if fit_intercept else 0.0
    spread = float(np.sqrt(weights @ (t - middle) ** 2 / total))
    start = np.zeros(m)
    start[d:] = middle
    found = minimise(
        ScoreSum(rows, SquaredError(t, weights), total),
        penalty,
        np.clip(start, lower, upper),
        tol=tol * spread,
        max_iter=max_iter,
    )
    return LinearModel(
        coef=found.theta[None, :d].copy(),
        intercept=found.theta[d:].copy() if fit_intercept else np.zeros(1),
        n_iter=found.n_iter,
        loss=2 * found.loss,
        converged=found.converged,
    )
