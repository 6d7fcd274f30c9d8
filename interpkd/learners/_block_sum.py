"""The smooth part of a linear learner as sums over blocks of rows, wherever those are.

Each pass sends the parameters to the blocks and brings back their value, gradient and, where it is
formed, Hessian, all taken in one sweep over the rows. Nothing is kept of a row from one pass to the
next, so a block that was made anew, or elsewhere, is as good as the one that was lost.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._block_rows import DesignedRows, read_targets, read_weights
from interpkd.learners._row_blocks import one_blas_thread
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
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._block_rows import BlockDesign, RowFacts
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._row_blocks import RowBlocks

SAMPLE_TOLERANCE = 0.01
"""Change of scores at which the search on a sample ends: its minimum is not nearer than that."""

SMALL_HESSIAN = 64
"""Parameters of several classes up to which forming the Hessian beats conjugate gradients."""

LOSSES: dict[str, Callable[[FloatArray, FloatArray], PointLoss]] = {
    "log": LogLoss,
    "squared_hinge": SquaredHinge,
    "squared_error": SquaredError,
}


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
