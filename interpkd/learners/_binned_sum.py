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

STEPS = 100
"""Most Newton steps; a fit takes five to ten."""


@dataclass(frozen=True)
class Basis:
    """How the parameters of one column make its function of bins.

    Attributes
    ----------
    matrix : ndarray of shape (n_bins, n_parameters)
        The function is ``matrix @ parameters``; its mean over known rows is zero.

    ridge : ndarray of shape (n_parameters,)
        Penalty of each parameter, where the weights of all rows sum to one.

    lower, upper : ndarray of shape (n_parameters,)
        Bounds of the parameters.
    """

    matrix: FloatArray
    ridge: FloatArray
    lower: FloatArray
    upper: FloatArray


def make_basis(
    mass: FloatArray,
    n_known: int,
    *,
    steps: float,
    apart: float,
    line: FloatArray | None = None,
    line_ridge: float = 0.0,
    sign: int = 0,
) -> Basis:
    """Make the basis of one column from steps between neighbouring bins.

    Parameters
    ----------
    mass : ndarray of shape (n_bins,)
        Weight of each bin; known bins first, then special values and missing ones.

    n_known : int
        Number of known bins.

    steps : float
        Ridge of a step between neighbours.

    apart : float
        Ridge of what is special about special and missing values. They differ from the mean of the
        column by it, so a bin of no rows has the mean.

    line : ndarray of shape (n_known,) or None, default=None
        Where each known bin lies; the ridge then shrinks towards a straight line.

    line_ridge : float, default=0.0
        Ridge of that line, in units of its standard deviation.

    sign : {-1, 0, 1}, default=0
        Whether the function may only fall, is free, or may only rise along known bins.

    Returns
    -------
    basis : Basis
        The basis.
    """
    n_bins = len(mass)
    share = mass[:n_known] / max(float(mass[:n_known].sum()), 1e-300)
    known = np.tri(n_known, n_known - 1, -1)
    ridge = np.full(n_known - 1, steps)
    if line is not None and n_known > 1:
        centred = line - share @ line
        centred = centred / max(float(np.sqrt(share @ centred**2)), 1e-300)
        known = np.column_stack([centred, known]) if n_known > 2 else centred[:, None]
        ridge = np.append(line_ridge, ridge) if n_known > 2 else np.array([line_ridge])
    return _with_values_apart(known - share @ known, ridge, n_bins, apart, sign)


def make_level_basis(mass: FloatArray, n_known: int, *, ridge: float) -> Basis:
    """Make the basis of a column whose bins have no order: one parameter for each.

    Parameters
    ----------
    mass : ndarray of shape (n_bins,)
        Weight of each bin.

    n_known : int
        Number of known bins.

    ridge : float
        Ridge of every parameter.

    Returns
    -------
    basis : Basis
        The basis.
    """
    share = mass[:n_known] / max(float(mass[:n_known].sum()), 1e-300)
    return _with_values_apart(np.eye(n_known) - share, np.full(n_known, ridge), len(mass), ridge, 0)


def _with_values_apart(
    known: FloatArray, ridge: FloatArray, n_bins: int, apart: float, sign: int
) -> Basis:
    n_known, n_steps = known.shape
    n_apart = n_bins - n_known
    matrix = np.zeros((n_bins, n_steps + n_apart))
    matrix[:n_known, :n_steps] = known
    matrix[n_known:, n_steps:] = np.eye(n_apart)
    lower, upper = np.full((2, n_steps + n_apart), np.inf)
    lower *= -1
    lower[:n_steps] = 0.0 if sign > 0 else -np.inf
    upper[:n_steps] = 0.0 if sign < 0 else np.inf
    return Basis(matrix, np.append(ridge, np.full(n_apart, apart)), lower, upper)


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
