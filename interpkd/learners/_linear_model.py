"""What the linear learners share: the fitted model, bounds, weights and their checks."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


@dataclass(frozen=True)
class LinearModel:
    """Coefficients and how they were found.

    Attributes
    ----------
    coef : ndarray of shape (1 or n_classes, n_features)
        Coefficients; one row for two classes or a regression.

    intercept : ndarray of shape (1 or n_classes,)
        Intercepts; zeros without.

    n_iter : int
        Steps of the search; of several searches, the most.

    loss : float
        Weighted mean loss of the rows, without penalties; summed over classes where each has a
        search of its own.

    converged : bool
        Whether the search ended at a minimum, up to its tolerance.
    """

    coef: FloatArray
    intercept: FloatArray
    n_iter: int
    loss: float
    converged: bool


def check_weights(weights: FloatArray, n_rows: int) -> float:
    """Check row weights and give their sum.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,)
        Row weights.

    n_rows : int
        How many there must be.

    Returns
    -------
    total : float
        Their sum.

    Raises
    ------
    InvalidInputError
        If there are not as many as rows, one is negative or not finite, or all are zero.
    """
    if weights.shape != (n_rows,):
        msg = f"weights must have shape ({n_rows},), one per row, got {weights.shape}."
        raise InvalidInputError(msg)
    total = float(weights.sum())
    if not np.isfinite(total) or total <= 0 or weights.min() < 0:
        msg = (
            f"weights must be finite, not negative and not all zero; their sum is {total} and the "
            f"least is {weights.min()}. Leave rows out instead of giving them such weights."
        )
        raise InvalidInputError(msg)
    return total


def check_number(name: str, value: float, *, least: float, most: float, open_left: bool) -> None:
    """Check that a parameter is in its range.

    Parameters
    ----------
    name : str
        The parameter's name.

    value : float
        Its value.

    least, most : float
        The range.

    open_left : bool
        Whether `least` itself is not allowed.

    Raises
    ------
    InvalidInputError
        If it is not.
    """
    if (value > least if open_left else value >= least) and value <= most:
        return
    rule = f"{'above' if open_left else 'at least'} {least:g} and at most {most:g}"
    msg = f"{name} must be {rule}, got {value!r}."
    raise InvalidInputError(msg)


def spread_bounds(
    bounds: tuple[Any, Any] | None, n_outputs: int, n_features: int, n_columns: int
) -> tuple[FloatArray, FloatArray]:
    """Give bounds of all coefficients, those of intercepts infinite.

    Parameters
    ----------
    bounds : tuple of (lower, upper) or None
        Each a number or an array that broadcasts to (n_outputs, n_features).

    n_outputs, n_features : int
        Shape of the coefficients.

    n_columns : int
        Features, and the intercept where there is one.

    Returns
    -------
    lower, upper : ndarray of shape (n_outputs * n_columns,)
        The bounds.

    Raises
    ------
    InvalidInputError
        If they do not have such a shape, or a lower bound is above the upper one.
    """
    full = []
    for name, bound, free in zip(("lower", "upper"), bounds or (None, None), (-1, 1), strict=True):
        wide = np.full((n_outputs, n_columns), free * np.inf)
        if bound is not None:
            try:
                wide[:, :n_features] = bound
            except ValueError as error:
                msg = (
                    f"The {name} bounds must be a number or have shape ({n_features},) or "
                    f"({n_outputs}, {n_features}), got {np.shape(bound)}."
                )
                raise InvalidInputError(msg) from error
        full.append(wide.ravel())
    lower, upper = full
    wrong = np.flatnonzero(~(lower <= upper))
    if len(wrong):
        at = wrong[0] % n_columns
        msg = (
            f"Each lower bound must be at most the upper one, but column {at} has "
            f"{lower[wrong[0]]} and {upper[wrong[0]]}. Use -inf and inf for no bound."
        )
        raise InvalidInputError(msg)
    return lower, upper
