"""Soft-target log loss of several classes: the smooth part of multinomial logistic regression."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from interpkd.learners._score_loss import MOST_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._row_blocks import RowBlocks

QUICK_HESSIAN = 4e8
"""Rows times squared parameters up to which forming the Hessian beats conjugate gradients."""

SAMPLE_STEP = 8
"""One row in so many is in a sample."""

LEAST_SPREAD = 1e-3
"""Share of the largest eigenvalue of the classes' covariance below which others are raised."""


class SoftmaxSum:
    """The log loss summed over rows and divided by `total`; see `interpkd.learners._newton`.

    Parameters are the coefficients of one class after the other. Besides the rows it keeps one
    number per row and class: the fitted probabilities.

    Parameters
    ----------
    rows : RowBlocks
        The rows.

    P : ndarray of shape (n_samples, n_classes)
        Soft targets, each row summing to 1.

    weights : ndarray of shape (n_samples,)
        Row weights.

    form_hessian : bool
        Whether the Hessian is wanted where it can be formed at all, be it quick or not.

    pinned : ndarray of bool of shape (n_columns,)
        Columns whose coefficients may all move by the same amount without any effect. The Hessian
        then holds their sum, which no step changes anyway.
    """

    def __init__(
        self,
        rows: RowBlocks,
        P: FloatArray,
        weights: FloatArray,
        *,
        form_hessian: bool,
        pinned: FloatArray,
    ) -> None:
        self._rows, self._P, self._weights = rows, P, weights
        self.drift = 2.0
        self._total = float(weights.sum())
        self._shape = (P.shape[1], rows.n_columns)
        self._fitted = np.zeros(P.shape)
        self._pinned = np.flatnonzero(pinned)
        self._gram: FloatArray | None = None
        self._sample: RowBlocks | None = None
        n_parameters = P.shape[1] * rows.n_columns
        is_quick = rows.n_rows * float(n_parameters) ** 2 <= QUICK_HESSIAN
        self.has_hessian = n_parameters <= MOST_PARAMETERS and (form_hessian or is_quick)
        if rows.n_rows >= 10 * SAMPLE_STEP * n_parameters and not self.has_hessian:
            self._sample = rows.every(SAMPLE_STEP)

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient."""
        B = theta.reshape(self._shape)

        def add(part: slice, block: Any, value: FloatArray, gradient: FloatArray) -> None:
            z = self._rows.scores(block, B)
            P, w = self._P[part], self._weights[part]
            value += _fit(z, P, w, self._fitted[part])
            np.subtract(self._fitted[part], P, out=z)
            z *= w[:, None]
            self._rows.add_products(block, z, gradient)

        value, gradient = self._rows.sum([(1,), self._shape], add)
        return float(value[0]) / self._total, gradient.ravel() / self._total

    def look(self, theta: FloatArray, *, with_hessian: bool) -> list[FloatArray]:
        """Give sums over rows, not divided by anything, in one pass that keeps nothing of it.

        Parameters
        ----------
        theta : ndarray of shape (n_classes * n_columns,)
            The parameters.

        with_hessian : bool
            Whether the Hessian is wanted.

        Returns
        -------
        sums : list of ndarray
            Value of shape (1,), gradient, and the Hessian, sums not pinned, if it is wanted.
        """
        B, (K, m) = theta.reshape(self._shape), self._shape

        def add(part: slice, block: Any, value: FloatArray, gradient: FloatArray, *H: Any) -> None:
            z = self._rows.scores(block, B)
            P, w = self._P[part], self._weights[part]
            fitted = np.empty_like(z)
            value += _fit(z, P, w, fitted)
            np.subtract(fitted, P, out=z)
            z *= w[:, None]
            self._rows.add_products(block, z, gradient)
            if with_hessian:
                _add_hessian(self._rows, block, fitted, w, H[0])

        sums = self._rows.sum([(1,), self._shape, *[(K, m, K, m)] * with_hessian], add)
        sums[1] = sums[1].ravel()
        if with_hessian:
            sums[2] = _mirrored(sums[2])
        return sums

    def product_at(self, theta: FloatArray, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian at some parameters, a sum over rows, and a vector."""
        B, V = theta.reshape(self._shape), vector.reshape(self._shape)

        def add(part: slice, block: Any, out: FloatArray) -> None:
            z = self._rows.scores(block, B)
            fitted, w = np.empty_like(z), self._weights[part]
            _fit(z, self._P[part], w, fitted)
            self._rows.add_products(block, self._changed(block, V, fitted, w), out)

        return self._rows.sum([self._shape], add)[0].ravel()

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last, with pinned sums."""
        return pin(_hessian(self._rows, self._fitted, self._weights), self._pinned, self._shape[1])

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian, sums not pinned, and a vector."""
        V = vector.reshape(self._shape)

        def add(part: slice, block: Any, out: FloatArray) -> None:
            change = self._changed(block, V, self._fitted[part], self._weights[part])
            self._rows.add_products(block, change, out)

        return self._rows.sum([self._shape], add)[0].ravel() / self._total

    def _changed(
        self, block: Any, V: FloatArray, fitted: FloatArray, weights: FloatArray
    ) -> FloatArray:
        """Give how the residuals of a block change along a direction."""
        change = self._rows.scores(block, V)
        change -= np.einsum("ik,ik->i", fitted, change)[:, None]
        change *= fitted
        change *= weights[:, None]
        return change

    def diagonal(self) -> FloatArray:
        """Give the diagonal of the Hessian."""
        columns = [self._rows.squares(self._weights * f * (1 - f)) for f in self._fitted.T]
        return np.concatenate(columns) / self._total

    def _covariance(self) -> FloatArray:
        """Give the mean over rows of the covariance of the classes."""
        weighted = self._fitted * (self._weights / self._total)[:, None]
        covariance: FloatArray = np.diag(weighted.sum(axis=0)) - weighted.T @ self._fitted
        return covariance

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that nearly solves for the Hessian and a ridge.

        It solves for the Hessian of a sample where that can be formed and tells enough; else for
        what the Hessian would be if all rows had the mean covariance of the classes, which falls
        into one system for each eigenvector of the covariance; of very many columns for the
        diagonal.
        """
        if self._rows.n_columns > MOST_PARAMETERS:
            diagonal = self.diagonal() + ridge
            return lambda r: r / np.maximum(diagonal, 1e-300)
        some = slice(None, None, SAMPLE_STEP)
        n_parameters = len(ridge)
        if self._sample is not None and n_parameters <= MOST_PARAMETERS:
            H = _hessian(self._sample, self._fitted[some], self._weights[some])
            inverse = _inverse(H + np.diag(ridge))
            return lambda r: self._without_shift((inverse @ r).reshape(self._shape))
        return self._kronecker(ridge)

    def _without_shift(self, step: FloatArray) -> FloatArray:
        """Take out what is common to all classes: it would be rounding, and has no effect."""
        return (step - step.mean(axis=0)).ravel()

    def _kronecker(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that solves as if all rows had the mean covariance of the classes."""
        if self._gram is None:
            self._gram = self._rows.gram(self._weights) / self._total
        values, U = linalg.eigh(self._covariance())
        ridge = ridge[: self._rows.n_columns]
        inverses = [
            _inverse(value * self._gram + np.diag(ridge))
            for value in np.maximum(values, LEAST_SPREAD * values[-1])
        ]

        def solve(r: FloatArray) -> FloatArray:
            parts = U.T @ r.reshape(self._shape)
            solved = np.stack([A @ b for A, b in zip(inverses, parts, strict=True)])
            return self._without_shift(U @ solved)

        return solve

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""
        return self._rows.score_change(step.reshape(self._shape))


def pin(H: FloatArray, pinned: IntArray, n_columns: int) -> FloatArray:
    """Hold the sums over classes of the coefficients of some columns, in place.

    Parameters
    ----------
    H : ndarray of shape (n_classes * n_columns, n_classes * n_columns)
        The Hessian.

    pinned : ndarray of int
        The columns.

    n_columns : int
        Columns of the rows.

    Returns
    -------
    H : ndarray
        The same array.
    """
    for c in pinned:
        cells = H[c::n_columns, c::n_columns]
        cells += np.trace(cells) / len(cells) ** 2
    return H


def _fit(z: FloatArray, P: FloatArray, weights: FloatArray, fitted: FloatArray) -> float:
    """Write fitted probabilities of scores, which are shifted, and give their loss."""
    z -= z.max(axis=1, keepdims=True)
    given = np.einsum("ik,ik->i", P, z)
    np.exp(z, out=fitted)
    sums = fitted.sum(axis=1)
    fitted /= sums[:, None]
    return float(weights @ (np.log(sums) - given))


def _hessian(rows: RowBlocks, fitted: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the Hessian for fitted probabilities of some rows."""
    K, m = fitted.shape[1], rows.n_columns

    def add(part: slice, block: Any, H: FloatArray) -> None:
        _add_hessian(rows, block, fitted[part], weights[part], H)

    return _mirrored(rows.sum([(K, m, K, m)], add)[0] / weights.sum())


def _add_hessian(
    rows: RowBlocks, block: Any, fitted: FloatArray, weights: FloatArray, H: FloatArray
) -> None:
    """Add the Hessian of a block, up to the sign of pairs of classes, of which one is filled."""
    for k in range(fitted.shape[1]):
        share = weights * fitted[:, k]
        rows.add_gram(block, share * (1 - fitted[:, k]), H[k, :, k])
        for j in range(k):
            rows.add_gram(block, share * fitted[:, j], H[k, :, j])


def _mirrored(H: FloatArray) -> FloatArray:
    """Fill the pairs of classes that are left, and give the Hessian as a matrix."""
    K, m = H.shape[:2]
    for k in range(K):
        for j in range(k):
            H[k, :, j] *= -1
            H[j, :, k] = H[k, :, j]
    return H.reshape(K * m, K * m)


def _inverse(A: FloatArray) -> FloatArray:
    """Give the inverse in units where the diagonal is one, leaving flat directions out."""
    diagonal = np.diag(A)
    scale = np.zeros(len(A))
    scale[diagonal > 0] = 1 / np.sqrt(diagonal[diagonal > 0])
    values, vectors = linalg.eigh(A * scale[:, None] * scale)
    kept = values > 1e-12 * values[-1]
    part = vectors[:, kept] * scale[:, None]
    product: FloatArray = (part / values[kept]) @ part.T
    return product
