"""Standardisation of the columns of a linear student: inside, all are of one size."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.students._sparse import divide_columns, is_sparse, sparse_moments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners import LinearModel


@dataclass(frozen=True)
class Moments:
    """Sizes of design columns; arrays of shape (n_columns,).

    Attributes
    ----------
    unit : ndarray
        The largest absolute value, or squares of the largest floats are infinite; 1 for zeros.

    mean, deviation : ndarray
        Weighted mean and standard deviation in that unit; 0 for a column of a single value.

    low, high : ndarray
        The ends.
    """

    unit: FloatArray
    mean: FloatArray
    deviation: FloatArray
    low: FloatArray
    high: FloatArray

    def scaling(self, *, centred: bool) -> Scaling:
        """Give the standardisation; `centred` says whether columns may be shifted."""
        # an indicator's deviation may round to nothing beside rows of tiny weight
        varies = self.deviation > 0
        scale = np.where(varies, self.unit * self.deviation, 1.0)
        if centred:
            return Scaling(self.unit * self.mean, scale, varies)
        has_any = (self.low != 0) | (self.high != 0)
        return Scaling(np.zeros(len(scale)), scale, varies | has_any)


@dataclass(frozen=True)
class Scaling:
    """Standardisation of the design columns.

    Attributes
    ----------
    centre, scale : ndarray of shape (n_columns,)
        What is subtracted from each column, and what it is then divided by.

    used : ndarray of shape (n_columns,)
        Whether a column says anything: one of a single value beside an intercept does not, and gets
        the coefficient 0.
    """

    centre: FloatArray
    scale: FloatArray
    used: NDArray[np.bool_]

    def apply(self, D: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Standardise the columns that are used; where there are none, give a column of zeros.

        Parameters
        ----------
        D : ndarray or CSR array of shape (n_rows, n_columns)
            The design matrix.

        Returns
        -------
        S : ndarray or CSR array of shape (n_rows, n_used)
            The standardised columns; sparse ones are divided only.

        centre : ndarray of shape (n_used,) or None
            What is left to be subtracted from sparse columns.
        """
        if not self.used.any():
            return np.zeros((D.shape[0], 1)), None
        centre, scale = self.centre[self.used], self.scale[self.used]
        if is_sparse(D):
            return divide_columns(D, self.used, self.scale), centre / scale
        S = (D if self.used.all() else D[:, self.used]) - centre
        S /= scale
        return S, None

    def largest(self, moments: Moments) -> FloatArray:
        """Give the largest absolute value of each standardised column that is used.

        Parameters
        ----------
        moments : Moments
            Of the columns as they were.

        Returns
        -------
        largest : ndarray of shape (n_used,)
            Where none is used, 0 for the column of zeros.
        """
        if not self.used.any():
            return np.zeros(1)
        ends = np.stack([moments.low, moments.high]) - self.centre
        tops: FloatArray = (np.abs(ends).max(axis=0) / self.scale)[self.used]
        return tops

    def undo(self, model: LinearModel) -> LinearModel:
        """Give the coefficients of the columns as they were."""
        coef = np.zeros((len(model.coef), len(self.scale)))
        coef[:, self.used] = model.coef[:, : self.used.sum()] / self.scale[self.used]
        return replace(model, coef=coef, intercept=model.intercept - coef @ self.centre)


def make_scaling(D: FloatArray, weights: FloatArray, *, centred: bool) -> Scaling:
    """Take means and standard deviations.

    Parameters
    ----------
    D : ndarray or CSR array of shape (n_rows, n_columns)
        The real rows of the design matrix.

    weights : ndarray of shape (n_rows,)
        Their weights.

    centred : bool
        Whether columns may be shifted, as they may beside an intercept.

    Returns
    -------
    scaling : Scaling
        Standard deviations as of :class:`~sklearn.preprocessing.StandardScaler`.
    """
    moments = Moments(*(sparse_moments if is_sparse(D) else _moments)(D, weights))
    return moments.scaling(centred=centred)


def _moments(D: FloatArray, weights: FloatArray) -> tuple[FloatArray, ...]:
    """Give what `Moments` holds."""
    share = weights / weights.sum()
    low, high = D.min(axis=0), D.max(axis=0)
    unit = np.maximum(-low, high)
    unit[unit == 0] = 1.0
    mean = share @ (D / unit)
    deviation = np.sqrt(share @ (D / unit - mean) ** 2)
    return unit, mean, np.where(high > low, deviation, 0.0), low, high
