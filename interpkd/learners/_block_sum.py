"""The smooth part of a linear learner as sums over blocks of rows, wherever those are.

Each pass sends the parameters to the blocks and brings back their value, gradient and, where it is
formed, Hessian, all taken in one sweep over the rows. Nothing is kept of a row from one pass to the
next, so a block that was made anew, or elsewhere, is as good as the one that was lost.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._row_blocks import DesignedRows, one_blas_thread
from interpkd.learners._score_loss import (
    MOST_PARAMETERS,
    LogLoss,
    PointLoss,
    ScoreSum,
    SquaredError,
    SquaredHinge,
)
from interpkd.learners._softmax_sum import SoftmaxSum, pin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._row_blocks import BlockDesign, RowBlocks

SMALL_HESSIAN = 64
"""Parameters of several classes up to which forming the Hessian beats conjugate gradients."""

LOSSES: dict[str, Callable[[FloatArray, FloatArray], PointLoss]] = {
    "log": LogLoss,
    "squared_hinge": SquaredHinge,
    "squared_error": SquaredError,
}


@dataclass(frozen=True)
class RowFacts:
    """What a learner must know of all rows before its search.

    Attributes
    ----------
    n_rows : int
        Rows.

    total : float
        Sum of their weights.

    mass : ndarray of shape (n_classes,)
        Weighted sum of the soft targets of each class; of a regression, of the targets, shape (1,).

    largest : ndarray of shape (n_columns,)
        The largest absolute value of each column of the design, or a number above it.
    """

    n_rows: int
    total: float
    mass: FloatArray
    largest: FloatArray


@dataclass(frozen=True)
class PlainDesign:
    """Columns that are the rows as they are.

    Attributes
    ----------
    n_columns : int
        Columns.
    """

    n_columns: int

    def __call__(self, Z: NDArray[Any]) -> FloatArray:
        """Give the rows in float64."""
        return Z.astype(np.float64, copy=False)


@dataclass(frozen=True)
class Task:
    """What is summed over rows; it travels to the blocks.

    Attributes
    ----------
    loss : {"log", "squared_hinge", "squared_error", "softmax"}
        The loss of a row.

    n_classes : int
        Classes; 1 for a regression.

    intercept : float
        The value of the column of the intercept; 0 for no such column.

    design : BlockDesign
        Makes columns of the rows of "Z".

    place : int
        The class whose probability counts, for a loss of one score per row.
    """

    loss: str
    n_classes: int
    intercept: float
    design: BlockDesign
    place: int = 1

    def smooth(self, arrays: Block) -> ScoreSum | SoftmaxSum:
        """Give the sum over the rows of a block."""
        rows = DesignedRows(arrays["Z"], self.design, intercept=self.intercept)
        return self.sum_over(rows, read_targets(arrays, self.n_classes), read_weights(arrays))

    def sum_over(
        self, rows: RowBlocks, targets: FloatArray, weights: FloatArray
    ) -> ScoreSum | SoftmaxSum:
        """Give the sum over rows whose targets were read."""
        if self.loss == "softmax":
            never = np.zeros(rows.n_columns, dtype=np.bool_)
            return SoftmaxSum(rows, targets, weights, form_hessian=False, pinned=never)
        if targets.ndim == 2:
            targets = np.ascontiguousarray(targets[:, self.place])
        return ScoreSum(rows, LOSSES[self.loss](targets, weights), float(weights.sum()))


def read_targets(arrays: Mapping[str, NDArray[Any]] | Block, n_classes: int) -> FloatArray:
    """Read the targets of a block.

    Parameters
    ----------
    arrays : mapping or Block
        With "targets" of shape (n_rows, 1) or (n_rows,) for two classes (the probability of the
        second) and for a regression, of shape (n_rows, n_classes) for more.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    targets : ndarray of shape (n_rows,) or (n_rows, n_classes)
        In float64; those of more than two classes sum to 1, which rounding may have changed.
    """
    targets = np.asarray(arrays["targets"], dtype=np.float64)
    if n_classes > 2:
        return targets / targets.sum(axis=1, keepdims=True)
    return targets[:, -1] if targets.ndim == 2 else targets


def read_weights(arrays: Mapping[str, NDArray[Any]] | Block) -> FloatArray:
    """Read the weights of a block, which are 1 where there are none.

    Parameters
    ----------
    arrays : mapping or Block
        With "targets", and "weights" where not all are 1.

    Returns
    -------
    weights : ndarray of shape (n_rows,)
        In float64.
    """
    if "weights" not in arrays:
        return np.ones(len(arrays["targets"]))
    return np.asarray(arrays["weights"], dtype=np.float64)


def look_at_rows(blocks: Blocks, design: BlockDesign, n_classes: int) -> RowFacts:
    """Sum up the rows of all blocks, and check them: one pass.

    Parameters
    ----------
    blocks : Blocks
        Blocks with "Z", "targets" and, where not all are 1, "weights".

    design : BlockDesign
        Makes columns of the rows.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    facts : RowFacts
        The facts.

    Raises
    ------
    InvalidInputError
        If a column, a target or a weight is not finite, a weight is negative, or all are zero.
    """
    n_rows, total, mass, largest = 0, 0.0, np.zeros(1), np.zeros(1)
    for n, part, lowest, part_mass, part_largest in blocks.each(_facts_of, design, n_classes):
        if not (np.isfinite(part) and np.isfinite(part_mass).all()) or lowest < 0:
            msg = "Weights and targets must be finite, and weights not negative. Leave rows out."
            raise InvalidInputError(msg)
        n_rows, total, mass = n_rows + n, total + part, mass + part_mass
        largest = np.maximum(largest, part_largest)
    if total <= 0:
        msg = "weights must not all be zero. Leave rows out instead of giving them such weights."
        raise InvalidInputError(msg)
    return RowFacts(n_rows, total, mass, largest)


def _facts_of(
    block: Block, design: BlockDesign, n_classes: int
) -> tuple[int, float, float, FloatArray, FloatArray]:
    Z = block["Z"]
    rows = DesignedRows(Z, design, intercept=0.0)
    weights = read_weights(block)
    mass = sum_targets(read_targets(block, n_classes), weights, n_classes)
    return len(Z), float(weights.sum()), float(weights.min()), mass, rows.column_tops()


def sum_targets(targets: FloatArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """Give the weighted sum of the targets of each class, or of those of a regression.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_classes)
        What `read_targets` gave.

    weights : ndarray of shape (n_rows,)
        Row weights.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    sums : ndarray of shape (n_classes,)
        One per class.
    """
    sums = np.atleast_1d(weights @ targets)
    return np.append(weights.sum() - sums, sums) if n_classes == 2 else sums


def look(
    block: Block,
    task: Task,
    theta: FloatArray,
    with_hessian: bool,  # noqa: FBT001 - what travels is positional
) -> list[FloatArray]:
    """Give value, gradient and, if wanted, Hessian of a block."""
    with one_blas_thread():
        return task.smooth(block).look(theta, with_hessian=with_hessian)


def multiply(block: Block, task: Task, theta: FloatArray, vector: FloatArray) -> list[FloatArray]:
    """Give the product of the Hessian of a block and a vector."""
    with one_blas_thread():
        return [task.smooth(block).product_at(theta, vector)]


def _diagonal(block: Block, task: Task, theta: FloatArray) -> list[FloatArray]:
    with one_blas_thread():
        smooth = task.smooth(block)
        smooth.value_gradient(theta)
        return [smooth.diagonal() * read_weights(block).sum()]


class BlockSum:
    """A loss summed over the rows of blocks; see `interpkd.learners._newton`.

    Parameters
    ----------
    blocks : Blocks
        The rows.

    task : Task
        The loss.

    facts : RowFacts
        What is known of all rows.

    sample : ScoreSum or SoftmaxSum
        The same loss on a sample, for what need not be exact: it tells conjugate gradients where
        the loss is steep.

    form_hessian : bool, default=False
        Whether the Hessian of several classes is wanted where it can be formed at all.

    pinned : ndarray of bool of shape (n_columns,) or None, default=None
        Of several classes, columns whose coefficients may all move by the same amount.
    """

    def __init__(
        self,
        blocks: Blocks,
        task: Task,
        facts: RowFacts,
        sample: ScoreSum | SoftmaxSum,
        *,
        form_hessian: bool = False,
        pinned: NDArray[np.bool_] | None = None,
    ) -> None:
        self._blocks, self._task, self._total = blocks, task, facts.total
        self._sample, self.drift = sample, sample.drift
        last = [abs(task.intercept)] * (task.intercept != 0)
        self._largest = np.append(facts.largest, last)
        self._n_columns = len(self._largest)
        n_parameters = self._n_columns * (task.n_classes if task.loss == "softmax" else 1)
        self.has_hessian = n_parameters <= MOST_PARAMETERS
        if task.loss == "softmax" and not form_hessian:
            self.has_hessian = n_parameters <= SMALL_HESSIAN
        self._pinned = np.zeros(0, dtype=np.intp) if pinned is None else np.flatnonzero(pinned)
        self._hessian: FloatArray | None = None
        self._theta = np.zeros(n_parameters)

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient, and take the Hessian in the same pass if it will be asked."""
        is_settled = self._task.loss == "squared_error" and self._hessian is not None
        with_hessian = self.has_hessian and not is_settled
        value, gradient, *H = self._blocks.sum(look, self._task, theta, with_hessian)
        self._theta = theta.copy()
        if H:
            self._hessian = H[0] / self._total
        return float(value[0]) / self._total, gradient / self._total

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last, with pinned sums."""
        if self._hessian is None:
            msg = "The Hessian is asked before the value."
            raise RuntimeError(msg)
        return pin(self._hessian.copy(), self._pinned, self._n_columns)

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of the Hessian, sums not pinned, and a vector."""
        if self._hessian is not None:
            return self._hessian @ vector
        return self._product_at(self._theta, vector)

    def curvature_of_ties(self, step: FloatArray) -> float:
        """Give the curvature along a step where all classes are equally likely."""
        return float(step @ self._product_at(np.zeros(len(step)), step))

    def _product_at(self, theta: FloatArray, vector: FloatArray) -> FloatArray:
        product: FloatArray = self._blocks.sum(multiply, self._task, theta, vector)[0]
        return product / self._total

    def diagonal(self) -> FloatArray:
        """Give the diagonal of the Hessian."""
        if self._hessian is not None:
            return self._hessian.diagonal().copy()
        diagonal: FloatArray = self._blocks.sum(_diagonal, self._task, self._theta)[0]
        return diagonal / self._total

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that nearly solves for the Hessian and a ridge: that of the sample."""
        self._sample.value_gradient(self._theta)
        return self._sample.preconditioner(ridge)

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""
        return float((np.abs(step.reshape(-1, self._n_columns)) @ self._largest).max())
