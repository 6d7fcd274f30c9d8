"""Functions of a column's bins as steps between neighbours, or as levels without an order."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


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
