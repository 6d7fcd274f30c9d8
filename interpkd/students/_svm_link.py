"""From the margins of a support vector machine to probabilities: one slope for all."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

from interpkd.learners import read_targets, read_weights
from interpkd.targets import temper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners import Block, Blocks
    from interpkd.students._design import Design

FLATTEST, STEEPEST = 1e-6, 1e12
"""Least and largest slope, times the largest margin."""

LEAST = 1e-6
"""No class counts for less in the slope: a probability of exactly 0 has no finite score."""

AT_ONCE = 8192
"""Rows whose design columns are made at once."""

MOST_STEPS, ENOUGH = 30, 1e-7
"""Of Newton's method; and the relative change after which no step is worth a pass."""


def fit_slope(margins: FloatArray, P: FloatArray, weights: FloatArray) -> float:
    """Give the slope of least log loss from margins to the scores of probabilities.

    The loss is convex in the slope, so it is least where its derivative passes 0.

    Parameters
    ----------
    margins : ndarray of shape (n_rows, 1 or n_classes)
        The margins.

    P : ndarray of shape (n_rows, n_classes)
        The teacher's probabilities.

    weights : ndarray of shape (n_rows,)
        Row weights.

    Returns
    -------
    slope : float
        The slope.
    """
    z, wanted = _scores_and_wanted(margins, P)
    unit = float(np.abs(z).max()) or 1.0
    z, wanted = z / unit, wanted / unit
    share = weights / weights.sum()

    def derivative(slope: float) -> float:
        given = (softmax(slope * z, axis=1) * z).sum(axis=1)
        return float(share @ (given - wanted))

    high = 1.0
    while derivative(high) < 0 and high < STEEPEST:
        high *= 2
    flat = derivative(FLATTEST) >= 0  # margins that say nothing still decide
    slope = FLATTEST if flat else brentq(derivative, FLATTEST, high, xtol=1e-14, rtol=1e-12)
    return float(slope) / unit


@dataclass(frozen=True)
class Link:
    """Margins of encoded rows, and what is wanted of them; it travels to the blocks.

    Attributes
    ----------
    design : Design
        Makes design columns.

    coef : ndarray of shape (1 or n_classes, n_design_columns)
        Coefficients.

    intercept : ndarray of shape (1 or n_classes,)
        Intercepts.

    temperature : float
        That of the targets.

    n_classes : int
        Classes.
    """

    design: Design
    coef: FloatArray
    intercept: FloatArray
    temperature: float
    n_classes: int

    def margins(self, Z: NDArray[Any]) -> FloatArray:
        """Give the margins of rows."""
        return self.design.matrix(Z) @ self.coef.T + self.intercept

    def answers(self, targets: FloatArray) -> FloatArray:
        """Give the teacher's probabilities, from targets as `read_targets` gives them."""
        P = np.stack([1 - targets, targets], axis=1) if self.n_classes == 2 else targets
        return temper(P, 1 / self.temperature)


def fit_slope_blocks(
    blocks: Blocks, sample: Mapping[str, NDArray[Any]], link: Link, total: float
) -> float:
    """Give the slope of least log loss for all rows of blocks: 2 or 3 passes.

    Newton's method, from the slope of a sample.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "Z", "targets" and, where not all are 1, "weights".

    sample : mapping of str to ndarray
        The same of some rows.

    link : Link
        The margins.

    total : float
        Sum of the weights of all rows.

    Returns
    -------
    slope : float
        The slope.
    """
    margins = link.margins(sample["Z"])
    targets, weights = read_targets(sample, link.n_classes), read_weights(sample)
    slope = fit_slope(margins, link.answers(targets), weights)
    unit = float(np.abs(margins).max()) or 1.0
    for _ in range(MOST_STEPS):
        sums = blocks.sum(_slope_sums, link, slope)[0]
        first, second = (float(one) / total for one in sums)
        # a step of more than double would be past what the curvature here can tell
        low, high = max(FLATTEST / unit, slope / 2), min(STEEPEST / unit, slope * 2)
        new = float(np.clip(slope - first / max(second, 1e-300), low, high))
        change, slope = abs(new - slope), new
        if change <= ENOUGH * slope:  # the next step would be its square
            break
    return slope


def _slope_sums(block: Block, link: Link, slope: float) -> list[FloatArray]:
    """Give first and second derivative of the loss of a block by the slope."""
    Z, weights = block["Z"], read_weights(block)
    answers, sums = link.answers(read_targets(block, link.n_classes)), np.zeros(2)
    for first in range(0, len(Z), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        z, wanted = _scores_and_wanted(link.margins(Z[rows]), answers[rows])
        p = softmax(slope * z, axis=1)
        given = (p * z).sum(axis=1)
        spread = (p * (z - given[:, None]) ** 2).sum(axis=1)
        sums += weights[rows] @ (given - wanted), weights[rows] @ spread
    return [sums]


def _scores_and_wanted(margins: FloatArray, P: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give a score of each class, and the mean score by the teacher's probabilities."""
    z = np.hstack([np.zeros_like(margins), margins]) if P.shape[1] == 2 else margins
    soft = np.clip(P, LEAST, None)
    return z, (soft / soft.sum(axis=1, keepdims=True) * z).sum(axis=1)
