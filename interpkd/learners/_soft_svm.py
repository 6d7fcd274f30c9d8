"""Linear support vector machines on soft targets, one class against the rest."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._hinge import minimise_hinge
from interpkd.learners._linear_model import (
    LinearModel,
    check_number,
    check_weights,
    spread_bounds,
)
from interpkd.learners._newton import Penalty, Solution, minimise
from interpkd.learners._row_blocks import RowBlocks
from interpkd.learners._score_loss import ScoreSum, SquaredHinge

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

LOSSES = ("squared_hinge", "hinge")


def fit_soft_svm(
    X: Any,
    P: FloatArray,
    weights: FloatArray,
    *,
    C: float = 1.0,
    loss: str = "squared_hinge",
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    intercept_scaling: float = 1.0,
    centre: FloatArray | None = None,
    tol: float = 1e-8,
    max_iter: int = 500,
) -> LinearModel:
    """Fit linear support vector machines to class probabilities.

    Each row counts for a class with the class's probability, and against it with the rest. For each
    class the minimum of ``||(w, b / intercept_scaling)||² / 2 + C * sum_i w_i * (p_i *
    loss(z_i) + (1 - p_i) * loss(-z_i))`` with ``z = x w + b`` is that of scikit-learn's
    ``LinearSVC`` on every row repeated as positive and negative, without repeating any.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Finite rows, float64 or float32; all sums are taken in float64.

    P : ndarray of shape (n_samples, n_classes)
        Soft targets: probabilities of two classes or more, each row summing to 1.

    weights : ndarray of shape (n_samples,)
        Row weights.

    C : float, default=1.0
        Inverse strength of the penalty.

    loss : {"squared_hinge", "hinge"}, default="squared_hinge"
        ``max(0, 1 - z)`` squared or not.

    bounds : tuple of (lower, upper) or None, default=None
        Bounds of the coefficients, each a number, or of shape (n_features,) or
        (1 or n_classes, n_features); infinite for none. Intercepts have none.

    fit_intercept : bool, default=True
        Whether to fit intercepts.

    intercept_scaling : float, default=1.0
        The intercept is the coefficient of a column of this value, and penalised as the others are:
        the larger the value, the less it is.

    centre : ndarray of shape (n_features,) or None, default=None
        Subtracted from every row without writing the difference down, so that sparse rows stay
        sparse; coefficients and intercepts are those of the rows with it subtracted.

    tol : float, default=1e-08
        The search ends with a step that changes no score of any row by more than this.

    max_iter : int, default=500
        Most Newton steps for one class.

    Returns
    -------
    model : LinearModel
        With two classes one row of coefficients, for the second against the first; with more one
        for each against the rest. `loss` is summed over these.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range.

    Notes
    -----
    The squared hinge is minimised by Newton's method in the primal (Keerthi and DeCoste 2005). The
    hinge is first rounded off at its kinks, ever less; once it is known which rows lie at a kink,
    the minimum is the solution of a linear system, and the conditions of optimality on all rows
    prove it. For sparse rows with more than 2000 columns, and no bounds, it is minimised by dual
    coordinate descent (Hsieh et al. 2008), up to `tol` in the scores of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_soft_svm
    >>> X = np.array([[-1.0], [0.0], [1.0]])
    >>> P = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    >>> fit_soft_svm(X, P, np.ones(3), C=1.0).coef.round(6)
    array([[0.8]])
    """
    check_number("C", C, least=0, most=1e300, open_left=True)
    check_number("intercept_scaling", intercept_scaling, least=0, most=1e300, open_left=True)
    if loss not in LOSSES:
        msg = f"loss must be one of {LOSSES}, got {loss!r}."
        raise InvalidInputError(msg)
    last = float(intercept_scaling) if fit_intercept else 0.0
    rows = RowBlocks(X, intercept=last, centre=centre)
    total = check_weights(weights, rows.n_rows)
    if P.ndim != 2 or len(P) != rows.n_rows or P.shape[1] < 2:
        msg = f"P must have shape ({rows.n_rows}, n_classes), with two or more, got {P.shape}."
        raise InvalidInputError(msg)
    positive = P[:, 1:] if P.shape[1] == 2 else P
    n_outputs, d, m = positive.shape[1], rows.n_features, rows.n_columns
    lower, upper = (side.reshape(n_outputs, m) for side in spread_bounds(bounds, n_outputs, d, m))
    ridge = np.full(m, 1 / (C * total))
    found = []
    for k in range(n_outputs):
        p = np.ascontiguousarray(positive[:, k], dtype=np.float64)
        penalty = Penalty(ridge, np.zeros(m), lower[k], upper[k])
        start = np.clip(np.zeros(m), lower[k], upper[k])
        search = _search_squared if loss == "squared_hinge" else minimise_hinge
        found.append(search(rows, p, weights, penalty, start, tol=tol, max_iter=max_iter))
    return LinearModel(
        coef=np.stack([one.theta[:d] for one in found]),
        intercept=np.array([intercept_scaling * one.theta[d:].sum() for one in found]),
        n_iter=max(one.n_iter for one in found),
        loss=sum(one.loss for one in found),
        converged=all(one.converged for one in found),
    )


def _search_squared(
    rows: RowBlocks,
    p: FloatArray,
    weights: FloatArray,
    penalty: Penalty,
    start: FloatArray,
    *,
    tol: float,
    max_iter: int,
) -> Solution:
    smooth = ScoreSum(rows, SquaredHinge(p, weights), float(weights.sum()))
    return minimise(smooth, penalty, start, tol=tol, max_iter=max_iter)
