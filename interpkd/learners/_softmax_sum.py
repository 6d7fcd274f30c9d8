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
        H = _hessian(self._rows, self._fitted, self._weights)
        m = self._rows.n_columns
        for c in self._pinned:
            cells = H[c::m, c::m]
            cells += np.trace(cells) / len(cells) ** 2
        return H

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


def _hessian(rows: RowBlocks, fitted: FloatArray, weights: FloatArray) -> FloatArray:
    """Give the Hessian for fitted probabilities of some rows."""
    K, m = fitted.shape[1], rows.n_columns

    def add(part: slice, block: Any, H: FloatArray) -> None:
        for k in range(K):
            share = weights[part] * fitted[part, k]
            rows.add_gram(block, share * (1 - fitted[part, k]), H[k, :, k])
            for j in range(k):
                rows.add_gram(block, share * fitted[part, j], H[k, :, j])

    H = rows.sum([(K, m, K, m)], add)[0] / weights.sum()
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
