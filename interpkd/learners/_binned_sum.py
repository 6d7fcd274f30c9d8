"""The log loss of an additive function of bins, as `minimise` wants it.

All sums over rows are histograms: of residuals per column, and of curvatures per pair of columns.
The function of a column is ``basis @ parameters``, so a penalty on neighbouring bins is a ridge on
the parameters of a basis of steps, and "may only rise" is a bound on them.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from interpkd.learners._newton import Penalty, Smooth, Solution, minimise
from interpkd.learners._score_loss import LogLoss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
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

    parameters : list of ndarray of shape (n_parameters,)
        The same functions in terms of their bases.

    loss : float
        Mean log loss.
    """

    functions: list[FloatArray]
    intercept: float
    parameters: list[FloatArray]
    loss: float

    def scores(self, codes: NDArray[np.integer[Any]]) -> FloatArray:
        """Give the log odds of rows, from the bin of every value, shape (n_columns, n_samples)."""
        return add_functions(codes, self.functions, self.intercept)


def fit_additive(
    codes: NDArray[np.integer[Any]],
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
    start = np.zeros(smooth.map.n_parameters + 1)
    mean = np.clip(np.average(p, weights=weights), 1e-3, 1 - 1e-3)
    start[-1] = np.log(mean / (1 - mean))
    return search(smooth, bases, start, tol=tol)


def search(
    smooth: AdditiveSum, bases: Sequence[Basis], start: FloatArray, *, tol: float
) -> tuple[AdditiveFit, FloatArray]:
    """Minimise the loss and the penalties of bases.

    Parameters
    ----------
    smooth : AdditiveSum
        The loss.

    bases : sequence of Basis
        One per column.

    start : ndarray of shape (n_parameters + 1,)
        Where to start, the intercept last.

    tol : float
        The search ends with a step that changes no score by more than this.

    Returns
    -------
    fit, hessian
        As of `fit_additive`.
    """
    ridge = np.append(np.concatenate([basis.ridge for basis in bases]), 0.0)
    penalty = Penalty(
        ridge,
        np.zeros(len(ridge)),
        np.append(np.concatenate([basis.lower for basis in bases]), -np.inf),
        np.append(np.concatenate([basis.upper for basis in bases]), np.inf),
    )
    found: Solution = minimise(smooth, penalty, start, tol=tol, max_iter=STEPS)
    H = smooth.hessian_at(found.theta)
    H[np.diag_indices(len(H))] += ridge
    H = H[:-1, :-1] - np.outer(H[:-1, -1], H[-1, :-1]) / max(H[-1, -1], 1e-300)
    parts, functions = smooth.map.split(found.theta), smooth.map.functions(found.theta)
    return AdditiveFit(functions, float(found.theta[-1]), parts, found.loss), H


class AdditiveSum(Smooth, Protocol):
    """A loss of an additive function of bins."""

    map: BasisMap
    """From parameters to functions."""

    def hessian_at(self, theta: FloatArray) -> FloatArray:
        """Give the Hessian at some parameters."""


class BasisMap:
    """From parameters to functions of bins, and from sums over bins back to parameters.

    Parameters
    ----------
    bases : sequence of Basis
        One per column.

    Attributes
    ----------
    starts : ndarray of shape (n_columns + 1,)
        The first bin of each column among those of all, and their number.

    n_parameters : int
        Parameters of all columns, without the intercept.
    """

    def __init__(self, bases: Sequence[Basis]) -> None:
        self._matrices = [basis.matrix for basis in bases]
        self.starts = np.cumsum([0, *(len(matrix) for matrix in self._matrices)])
        self._places = np.cumsum([0, *(matrix.shape[1] for matrix in self._matrices)])
        self.n_parameters = int(self._places[-1])

    def split(self, theta: FloatArray) -> list[FloatArray]:
        """Give the parameters of each column."""
        return np.split(theta[:-1], self._places[1:-1])

    def functions(self, theta: FloatArray) -> list[FloatArray]:
        """Give the function of each column."""
        return [
            matrix @ part for matrix, part in zip(self._matrices, self.split(theta), strict=True)
        ]

    def gradient(self, sums: FloatArray, total: float) -> FloatArray:
        """Give the gradient, from the sums of slopes per bin and of all rows."""
        parts = [matrix.T @ sums[self._block(i)[0]] for i, matrix in enumerate(self._matrices)]
        return np.concatenate([*parts, [total]])

    def hessian(self, cells: FloatArray, total: float) -> FloatArray:
        """Give the Hessian, from the sums of curvatures per pair of bins and of all rows.

        Only `cells` of a column and the same or a later one are read.
        """
        n = self.n_parameters
        narrow = np.zeros((self.starts[-1], n))  # one side of the change, column by column
        for i, matrix in enumerate(self._matrices):
            bins, places = self._block(i)
            narrow[:, places] = cells[:, bins] @ matrix
        H = np.zeros((n + 1, n + 1))
        for i, matrix in enumerate(self._matrices):
            bins, places = self._block(i)
            H[places, places.start : n] = matrix.T @ narrow[bins, places.start :]
            H[places.start : n, places] = H[places, places.start : n].T
            H[places, n] = H[n, places] = matrix.T @ cells.diagonal()[bins]
        H[n, n] = total
        return H

    def _block(self, i: int) -> tuple[slice, slice]:
        return (
            slice(self.starts[i], self.starts[i + 1]),
            slice(self._places[i], self._places[i + 1]),
        )


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
        self,
        codes: NDArray[np.integer[Any]],
        bases: Sequence[Basis],
        p: FloatArray,
        weights: FloatArray,
    ) -> None:
        self._codes, self.map = codes, BasisMap(bases)
        self._loss, self._total = LogLoss(p, weights), float(weights.sum())
        self._curvature = np.zeros(len(p))

    def scores(self, theta: FloatArray) -> FloatArray:
        """Give the score of each row."""
        return add_functions(self._codes, self.map.functions(theta), float(theta[-1]))

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient."""
        loss, slope, self._curvature = self._loss(self.scores(theta), slice(None))
        sums = sums_of_bins(self._codes, slope, self.map.starts)
        return loss / self._total, self.map.gradient(sums, slope.sum()) / self._total

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last."""
        from interpkd.learners._bin_kernels import sum_pairs

        n_bins = self.map.starts[-1]
        cells = np.zeros((n_bins, n_bins))
        sum_pairs(self._codes, self.map.starts[:-1], self._curvature, cells)
        return self.map.hessian(cells, self._curvature.sum()) / self._total

    def hessian_at(self, theta: FloatArray) -> FloatArray:
        """Give the Hessian at some parameters."""
        self.value_gradient(theta)
        return self.hessian()

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


def add_functions(
    codes: NDArray[np.integer[Any]], functions: Sequence[FloatArray], intercept: float
) -> FloatArray:
    """Give the sum of functions of bins, and an intercept, of each row.

    Parameters
    ----------
    codes : ndarray of shape (n_columns, n_samples)
        The bin of every value.

    functions : sequence of ndarray of shape (n_bins,)
        One per column.

    intercept : float
        Of every row.

    Returns
    -------
    scores : ndarray of shape (n_samples,)
        The sums.
    """
    z = np.full(codes.shape[1], intercept)
    for code, function in zip(codes, functions, strict=True):
        z += function[code]
    return z


def sums_of_bins(
    codes: NDArray[np.integer[Any]], values: FloatArray, starts: IntArray
) -> FloatArray:
    """Give the sum of values over the rows of each bin.

    Parameters
    ----------
    codes : ndarray of shape (n_columns, n_samples)
        The bin of every value.

    values : ndarray of shape (n_samples,)
        One per row.

    starts : ndarray of shape (n_columns + 1,)
        Where the bins of each column begin among those of all, and where they end.

    Returns
    -------
    sums : ndarray of shape (n_bins,)
        Of the bins of all columns.
    """
    sums = [np.bincount(code, values, n) for code, n in zip(codes, np.diff(starts), strict=True)]
    return np.asarray(np.concatenate(sums), dtype=np.float64)
