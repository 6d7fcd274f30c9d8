"""Logistic regression on soft targets: the exact log loss, no row repeated."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._linear_model import (
    LinearModel,
    check_number,
    check_weights,
    spread_bounds,
)
from interpkd.learners._newton import Penalty, Smooth, Solution, minimise
from interpkd.learners._row_blocks import RowBlocks
from interpkd.learners._score_loss import LogLoss, ScoreSum
from interpkd.learners._softmax_sum import SAMPLE_STEP, SoftmaxSum

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray

MANY_ROWS = 16_000
"""Rows from which on the search starts at the minimum on a sample."""

LITTLE = 1e-3
"""Change of scores that does not separate anything."""

SEPARATED = 1e-10
"""Share of the initial curvature along a step below which the classes count as separated."""


def fit_soft_logistic(
    X: Any,
    P: FloatArray,
    weights: FloatArray,
    *,
    C: float = 1.0,
    l1_ratio: float = 0.0,
    bounds: tuple[Any, Any] | None = None,
    fit_intercept: bool = True,
    centre: FloatArray | None = None,
    tol: float = 1e-8,
    max_iter: int = 100,
) -> LinearModel:
    """Fit logistic regression to class probabilities.

    The minimum of ``C * sum_i w_i * sum_k -P[i, k] * log(p[i, k]) + (1 - l1_ratio) / 2 * ||W||²
    + l1_ratio * ||W||_1`` is that of scikit-learn's ``LogisticRegression`` on every row repeated
    once per class with weight ``w_i * P[i, k]``, without repeating any.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Finite rows, float64 or float32; all sums are taken in float64.

    P : ndarray of shape (n_samples, n_classes)
        Soft targets: probabilities of two classes or more, each row summing to 1.

    weights : ndarray of shape (n_samples,)
        Row weights.

    C : float, default=1.0
        Inverse strength of the penalty; ``np.inf`` for none.

    l1_ratio : float, default=0.0
        Share of the L1 penalty: 0 is ridge, 1 is lasso, between is elastic net.

    bounds : tuple of (lower, upper) or None, default=None
        Bounds of the coefficients, each a number, or of shape (n_features,) or
        (1 or n_classes, n_features); infinite for none. Intercepts have none.

    fit_intercept : bool, default=True
        Whether to fit intercepts, which are not penalised.

    centre : ndarray of shape (n_features,) or None, default=None
        Subtracted from every row without writing the difference down, so that sparse rows stay
        sparse; coefficients and intercepts are those of the rows with it subtracted.

    tol : float, default=1e-08
        The search ends with a step that changes no score of any row by more than this.

    max_iter : int, default=100
        Most Newton steps.

    Returns
    -------
    model : LinearModel
        With two classes one row of coefficients, for the log odds of the second; with more one for
        each. `loss` is the weighted mean log loss in nats.

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range, a class has no mass, or without a penalty the classes
        can be separated so that no finite coefficients are best.

    Notes
    -----
    With more than two classes intercepts sum to zero over classes, as they are determined up to
    a common shift only. So are the coefficients of a feature without an L2 penalty, and under L1
    for an even number of classes: the shortest of the best are given.
    Newton's method forms the Hessian where that is cheap; for many rows and several classes it uses
    conjugate gradients, for more than 2000 parameters with L1 or bounds L-BFGS-B.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_soft_logistic
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> p = 1 / (1 + np.exp(1 - 2 * X[:, 0]))
    >>> model = fit_soft_logistic(X, np.stack([1 - p, p], axis=1), np.ones(3), C=np.inf)
    >>> model.coef.round(6), model.intercept.round(6)
    (array([[2.]]), array([-1.]))
    """
    check_number("C", C, least=0, most=np.inf, open_left=True)
    check_number("l1_ratio", l1_ratio, least=0, most=1, open_left=False)
    rows = RowBlocks(X, intercept=float(fit_intercept), centre=centre)
    total = check_weights(weights, rows.n_rows)
    _check_targets(P, weights, rows.n_rows, needed=fit_intercept or np.isinf(C))
    n_outputs = 1 if P.shape[1] == 2 else P.shape[1]
    d, m = rows.n_features, rows.n_columns
    lower, upper = spread_bounds(bounds, n_outputs, d, m)
    strength = np.zeros((n_outputs, m))
    strength[:, :d] = 1 / (C * total)
    penalty = Penalty((1 - l1_ratio) * strength.ravel(), l1_ratio * strength.ravel(), lower, upper)
    found = _search(rows, P, weights, penalty, tol=tol, max_iter=max_iter, is_sample=False)
    return logistic_model(found, penalty, d, m)


def logistic_model(
    found: Solution, penalty: Penalty, n_features: int, n_columns: int
) -> LinearModel:
    """Give the model at the end of a search.

    Parameters
    ----------
    found : Solution
        The end.

    penalty : Penalty
        The penalty of the search.

    n_features, n_columns : int
        Columns without and with that of the intercept.

    Returns
    -------
    model : LinearModel
        Of more than two classes, the one that `fit_soft_logistic` describes.
    """
    theta = found.theta.reshape(-1, n_columns)
    has_intercept = n_columns > n_features
    model = LinearModel(
        coef=theta[:, :n_features].copy(),
        intercept=theta[:, -1].copy() if has_intercept else np.zeros(len(theta)),
        n_iter=found.n_iter,
        loss=found.loss,
        converged=found.converged,
    )
    return model if len(theta) == 1 else _centred(model, penalty)


def _search(
    rows: RowBlocks,
    P: FloatArray,
    weights: FloatArray,
    penalty: Penalty,
    *,
    tol: float,
    max_iter: int,
    is_sample: bool,
) -> Solution:
    """Minimise, from the minimum on some of the rows where there are many."""
    total, m = float(weights.sum()), rows.n_columns
    is_unpenalised = not (penalty.ridge.any() or penalty.l1.any())
    smooth: ScoreSum | SoftmaxSum
    if P.shape[1] == 2:
        smooth = ScoreSum(rows, LogLoss(P[:, 1], weights), total)
    else:
        pinned = np.ones(m, dtype=bool)
        pinned[: rows.n_features] = is_unpenalised and penalty.is_smooth
        smooth = SoftmaxSum(rows, P, weights, form_hessian=not penalty.is_smooth, pinned=pinned)
    start = _start_on_sample(rows, P, weights, penalty)
    watch = None
    if is_unpenalised and not is_sample:
        watch = _separation_watch(smooth, rows, weights, P.shape[1])
    return minimise(smooth, penalty, start, tol=tol, max_iter=max_iter, watch=watch)


def _start_on_sample(
    rows: RowBlocks, P: FloatArray, weights: FloatArray, penalty: Penalty
) -> FloatArray:
    """Give the minimum on every so-many-th row; of few rows, coefficients of zero."""
    mass = weights @ P
    start = _start_of_shares(mass, rows, penalty)
    if rows.n_rows < max(MANY_ROWS, 10 * SAMPLE_STEP * len(penalty.ridge)):
        return start
    some = slice(None, None, SAMPLE_STEP)
    share = mass / weights.sum()
    return start_on_rows(rows.every(SAMPLE_STEP), P[some], weights[some], penalty, share)


def start_on_rows(
    sample: RowBlocks, P: FloatArray, weights: FloatArray, penalty: Penalty, share: FloatArray
) -> FloatArray:
    """Give the minimum on a sample; where a class is as good as missing there, no slopes.

    Parameters
    ----------
    sample : RowBlocks
        Some of the rows.

    P : ndarray of shape (n_sample, n_classes)
        Their soft targets.

    weights : ndarray of shape (n_sample,)
        Their weights.

    penalty : Penalty
        The penalty of the search on all rows.

    share : ndarray of shape (n_classes,)
        The mean target of each class in all rows.

    Returns
    -------
    start : ndarray of shape (n_parameters,)
        Where to start on all rows.
    """
    start = _start_of_shares(share, sample, penalty)
    if (weights @ P < share * weights.sum() / 2).any():
        return start
    found = _search(sample, P, weights, penalty, tol=0.01, max_iter=15, is_sample=True)
    return found.theta if found.converged else start


def _start_of_shares(share: FloatArray, rows: RowBlocks, penalty: Penalty) -> FloatArray:
    """Give coefficients of zero, and the intercepts that some shares of classes say."""
    start = np.zeros((len(penalty.ridge) // rows.n_columns, rows.n_columns))
    if rows.intercept:
        log_share = np.log(share)
        is_binary = len(start) == 1
        start[:, -1] = log_share[1] - log_share[0] if is_binary else log_share - log_share.mean()
    return np.clip(start.ravel(), penalty.lower, penalty.upper)


def _check_targets(P: FloatArray, weights: FloatArray, n_rows: int, *, needed: bool) -> None:
    """Check the shape of soft targets, and that each class has some where that is needed."""
    if P.ndim != 2 or len(P) != n_rows or P.shape[1] < 2:
        msg = f"P must have shape ({n_rows}, n_classes) with two classes or more, got {P.shape}."
        raise InvalidInputError(msg)
    if needed:
        check_mass(weights @ P)


def check_mass(mass: FloatArray) -> None:
    """Check that each class has some probability.

    Parameters
    ----------
    mass : ndarray of shape (n_classes,)
        Weighted sums of the soft targets.

    Raises
    ------
    InvalidInputError
        If one has none.
    """
    empty = np.flatnonzero(~(mass > 0))
    if len(empty):
        msg = (
            f"Every class needs some probability on rows that count, but class {empty[0]} has none:"
            " its intercept would be minus infinity. Leave the class out, or mix in a little of "
            "every class."
        )
        raise InvalidInputError(msg)


def _separation_watch(
    smooth: ScoreSum | SoftmaxSum, rows: RowBlocks, weights: FloatArray, n_classes: int
) -> Callable[[FloatArray], None]:
    """Give a function that raises when the curvature along a step has all but gone.

    If the classes can be separated the loss falls for ever in some direction, and its curvature
    there falls with it by a constant factor in each step; at a finite minimum it settles. It is
    compared with what it is where all classes are equally likely.
    """

    def curvature_of_ties(step: FloatArray) -> float:
        B = step.reshape(-1, rows.n_columns)

        def add(part: slice, block: Any, total: FloatArray) -> None:
            change = rows.scores(block, B)
            # of two classes with scores 0 and s the variance is s²/4
            spread = change.var(axis=1) if n_classes > 2 else change[:, 0] ** 2 / 4
            total += weights[part] @ spread

        return float(rows.sum([(1,)], add)[0][0]) / float(weights.sum())

    return separation_watch(smooth, curvature_of_ties)


def separation_watch(
    smooth: Smooth, curvature_of_ties: Callable[[FloatArray], float]
) -> Callable[[FloatArray], None]:
    """Give a function that raises when the curvature along a step is far below that of ties.

    Parameters
    ----------
    smooth : Smooth
        The loss.

    curvature_of_ties : callable
        Gives the curvature along a step where all classes are equally likely.

    Returns
    -------
    watch : callable
        For `minimise`.
    """

    def watch(step: FloatArray) -> None:
        if smooth.score_change(step) < LITTLE:
            return
        if float(step @ smooth.product(step)) >= SEPARATED * curvature_of_ties(step):
            return
        msg = (
            "Without a penalty (C=inf) no finite coefficients are best: the targets can be "
            "separated, at least in part, by a linear rule. Set a finite C, such as 100, or mix "
            "a little of every class into the targets."
        )
        raise InvalidInputError(msg)

    return watch


def _centred(model: LinearModel, penalty: Penalty) -> LinearModel:
    """Take the shortest of the coefficients that differ by a shift common to all classes."""
    intercept = model.intercept - model.intercept.mean()
    coef, (K, d) = model.coef, model.coef.shape
    if not penalty.ridge.any():  # else they are determined
        lower, upper = penalty.lower.reshape(K, -1)[:, :d], penalty.upper.reshape(K, -1)[:, :d]
        low, high = (coef - upper).max(axis=0), (coef - lower).min(axis=0)
        if penalty.l1.any():  # only between the middle two does a shift leave the L1 norm alone
            ordered = np.sort(coef, axis=0)
            middle = ordered[(K - 1) // 2], ordered[K // 2]
            low, high = np.clip(middle[0], low, high), np.clip(middle[1], low, high)
        coef = np.clip(coef - np.clip(coef.mean(axis=0), low, high), lower, upper)
    return replace(model, coef=coef, intercept=intercept)
