"""The log loss of an additive function of bins, as `minimise` wants it.

All sums over rows are histograms: of residuals per column, and of curvatures per pair of columns.
The function of a column is ``basis @ parameters``, so a penalty on neighbouring bins is a ridge on
the parameters of a basis of steps, and "may only rise" is a bound on them.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._newton import Penalty, Solution, minimise
from interpkd.learners._score_loss import LogLoss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._bin_basis import Basis

STEPS = 100
"""Most Newton steps; a fit takes five to ten."""


@dataclass(frozen=True)
class AdditiveFit:
    """An additive function of bins, fitted.

    Attributes
    ----------
    functions : list of ndarray of shape (n_bins,)
        Of each column, what its bins add to the log odds; the mean over known rows is zero.

    intercept : float
        The log odds where every column is at its mean.

    scores : ndarray of shape (n_samples,)
        The fitted log odds.

    parameters : list of ndarray of shape (n_parameters,)
        The same functions in terms of their bases.

    loss : float
        Mean log loss.
    """

    functions: list[FloatArray]
    intercept: float
    scores: FloatArray
    parameters: list[FloatArray]
    loss: float


def fit_additive(
    codes: NDArray[np.int16],
    bases: Sequence[Basis],
    p: FloatArray,
    weights: FloatArray,
    *,
    tol: float,
) -> tuple[AdditiveFit, FloatArray]:
    """Fit an additive function of bins to probabilities.

    Parameters
    ----------
    codes : ndarray of shape (n_columns, n_samples)
        The bin of every value.

    bases : sequence of Basis
        One per column.

    p : ndarray of shape (n_samples,)
        Probabilities of the second class.

    weights : ndarray of shape (n_samples,)
        Row weights.

    tol : float
        The search ends with a step that changes no score by more than this.

    Returns
    -------
    fit : AdditiveFit
        The fit.

    hessian : ndarray of shape (n_parameters, n_parameters)
        Curvature of mean loss and ridge, without the intercept, whose part is taken out.
    """
    smooth = BinnedSum(codes, bases, p, weights)
    ridge = np.append(np.concatenate([basis.ridge for basis in bases]), 0.0)
    penalty = Penalty(
        ridge,
        np.zeros(len(ridge)),
        np.append(np.concatenate([basis.lower for basis in bases]), -np.inf),
        np.append(np.concatenate([basis.upper for basis in bases]), np.inf),
    )
    start = np.zeros(len(ridge))
    mean = np.clip(np.average(p, weights=weights), 1e-3, 1 - 1e-3)
    start[-1] = np.log(mean / (1 - mean))
    found: Solution = minimise(smooth, penalty, start, tol=tol, max_iter=STEPS)
    smooth.value_gradient(found.theta)
    H = smooth.hessian()
    H[np.diag_indices(len(H))] += ridge
    H = H[:-1, :-1] - np.outer(H[:-1, -1], H[-1, :-1]) / max(H[-1, -1], 1e-300)
    parts = smooth.split(found.theta)
    functions = [basis.matrix @ part for basis, part in zip(bases, parts, strict=True)]
    fit = AdditiveFit(
        functions, float(found.theta[-1]), smooth.scores(found.theta), parts, found.loss
    )
    return fit, H


class BinnedSum:
    """Log loss of a function of bins over rows; see `interpkd.learners._newton`.

    The last parameter is the intercept.

    Parameters
    ----------
    codes : ndarray of shape (n_columns, n_samples)
        The bin of every value.

    bases : sequence of Basis
        One per column.

    p, weights : ndarray of shape (n_samples,)
        Probabilities of the second class, and row weights.
    """

    has_hessian, drift = True, 1.0

    def __init__(
        self, codes: NDArray[np.int16], bases: Sequence[Basis], p: FloatArray, weights: FloatArray
    ) -> None:
        self._codes, self._matrices = codes, [basis.matrix for basis in bases]
        self._loss, self._total = LogLoss(p, weights), float(weights.sum())
        self._starts = np.cumsum([0, *(len(matrix) for matrix in self._matrices)])
        self._places = np.cumsum([0, *(matrix.shape[1] for matrix in self._matrices)])
        self._curvature = np.zeros(len(p))

    def split(self, theta: FloatArray) -> list[FloatArray]:
        """Give the parameters of each column."""
        return np.split(theta[:-1], self._places[1:-1])

    def scores(self, theta: FloatArray) -> FloatArray:
        """Give the score of each row."""
        z = np.full(self._codes.shape[1], float(theta[-1]))
        for code, matrix, part in zip(self._codes, self._matrices, self.split(theta), strict=True):
            z += (matrix @ part)[code]
        return z

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient."""
        loss, slope, self._curvature = self._loss(self.scores(theta), slice(None))
        gradient = [
            matrix.T @ np.bincount(code, slope, len(matrix))
            for code, matrix in zip(self._codes, self._matrices, strict=True)
        ]
        return loss / self._total, np.concatenate([*gradient, [slope.sum()]]) / self._total

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last."""
        from interpkd.learners._bin_kernels import sum_pairs

        n_bins, n = self._starts[-1], self._places[-1]
        cells = np.zeros((n_bins, n_bins))
        sum_pairs(self._codes, self._starts[:-1], self._curvature, cells)
        narrow = np.zeros((n_bins, n))  # one side of the change of basis, column by column
        for i, matrix in enumerate(self._matrices):
            bins, places = self._block(i)
            narrow[:, places] = cells[:, bins] @ matrix
        H = np.zeros((n + 1, n + 1))
        for i, matrix in enumerate(self._matrices):
            bins, places = self._block(i)
            H[places, places.start : n] = matrix.T @ narrow[bins, places.start :]
            H[places.start : n, places] = H[places, places.start : n].T
            H[places, n] = H[n, places] = matrix.T @ cells.diagonal()[bins]
        H[n, n] = self._curvature.sum()
        return H / self._total

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of that Hessian and a vector."""
        return self.hessian() @ vector

    def diagonal(self) -> FloatArray:
        """Give the diagonal of that Hessian."""
        return self.hessian().diagonal()

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that solves for the diagonal."""
        diagonal = np.maximum(self.diagonal() + ridge, 1e-300)
        return lambda r: r / diagonal

    def score_change(self, step: FloatArray) -> float:
        """Give how much a step changes any score."""
        return float(np.abs(self.scores(step)).max())

    def _block(self, i: int) -> tuple[slice, slice]:
        return (
            slice(self._starts[i], self._starts[i + 1]),
            slice(self._places[i], self._places[i + 1]),
        )
