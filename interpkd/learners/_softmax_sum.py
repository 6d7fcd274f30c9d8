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

    from interpkd._typing import FloatArray
    from interpkd.learners._row_blocks import RowBlocks

QUICK_HESSIAN = 4e8
"""Rows times squared parameters up to which forming the Hessian beats conjugate gradients."""

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
        n_parameters = P.shape[1] * rows.n_columns
        is_quick = rows.n_rows * float(n_parameters) ** 2 <= QUICK_HESSIAN
        self.has_hessian = n_parameters <= MOST_PARAMETERS and (form_hessian or is_quick)

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient."""
        B = theta.reshape(self._shape)

        def add(part: slice, block: Any, value: FloatArray, gradient: FloatArray) -> None:
            z = self._rows.scores(block, B)
            P, w = self._P[part], self._weights[part]
            z -= z.max(axis=1, keepdims=True)
            given = np.einsum("ik,ik->i", P, z)
            fitted = np.exp(z, out=self._fitted[part])
            sums = fitted.sum(axis=1)
            value += w @ (np.log(sums) - given)
            fitted /= sums[:, None]
            np.subtract(fitted, P, out=z)
            z *= w[:, None]
            self._rows.add_products(block, z, gradient)

        value, gradient = self._rows.sum([(1,), self._shape], add)
        return float(value[0]) / self._total, gradient.ravel() / self._total

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last, with pinned sums."""
        K, m = self._shape

        def add(part: slice, block: Any, H: FloatArray) -> None:
            fitted, w = self._fitted[part], self._weights[part]
            for k in range(K):
                share = w * fitted[:, k]
                self._rows.add_gram(block, share * (1 - fitted[:, k]), H[k, :, k])
                for j in range(k):
                    self._rows.add_gram(block, share * fitted[:, j], H[k, :, j])

        H = self._rows.sum([(K, m, K, m)], add)[0]
        for k in range(K):
            for j in range(k):
                H[k, :, j] *= -1
                H[j, :, k] = H[k, :, j]
        H /= self._total
        for c in self._pinned:
            H[:, c, :, c] += np.trace(H[:, c, :, c]) / K**2
        return H.reshape(K * m, K * m)

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian, sums not pinned, and a vector."""
        V = vector.reshape(self._shape)

        def add(part: slice, block: Any, out: FloatArray) -> None:
            fitted = self._fitted[part]
            change = self._rows.scores(block, V)
            change -= np.einsum("ik,ik->i", fitted, change)[:, None]
            change *= fitted
            change *= self._weights[part][:, None]
            self._rows.add_products(block, change, out)

        return self._rows.sum([self._shape], add)[0].ravel() / self._total

    def diagonal(self) -> FloatArray:
        """Give the diagonal of the Hessian if all rows had the mean fitted probabilities."""
        squares = self._rows.squares(self._weights)
        return np.outer(np.diag(self._covariance()), squares).ravel() / self._total

    def _covariance(self) -> FloatArray:
        """Give the mean over rows of the covariance of the classes."""
        weighted = self._fitted * (self._weights / self._total)[:, None]
        covariance: FloatArray = np.diag(weighted.sum(axis=0)) - weighted.T @ self._fitted
        return covariance

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that solves as if all rows had the mean covariance of the classes.

        The Hessian is then a Kronecker product, which falls into one system of the size of the
        columns for each eigenvector of the covariance.
        """
        if self._rows.n_columns > MOST_PARAMETERS:
            diagonal = self.diagonal() + ridge
            return lambda r: r / np.maximum(diagonal, 1e-300)
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
            product = U @ solved
            product -= product.mean(axis=0)  # a common shift would be rounding, and has no effect
            return product.ravel()

        return solve

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""
        return float((np.abs(step.reshape(self._shape)) @ self._rows.largest).max())


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
