"""What a tree is good for: the loss of its leaves on the transfer set."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

FLOOR = 1e-3
"""A leaf's probabilities are raised to this in the divergence, so that no row costs much."""


@dataclass(frozen=True)
class Objective:
    r"""Loss of leaves, a mean over rows.

    For probabilities :math:`P` with decisions :math:`H`, and a leaf's mean distribution :math:`Q`:

    .. math:: KL(P \,\|\, Q) + \lambda \, [H \ne \arg\max Q]

    For a regression the squared error. Both need only sums over the rows of a leaf.

    Attributes
    ----------
    targets : ndarray of shape (n_rows, n_outputs)
        Probabilities, or values of a regression.

    weights : ndarray of shape (n_rows,)
        Row weights; they sum to one.

    decisions : ndarray of shape (n_rows,) or None
        Positions of the decided classes; None for a regression.

    decision_weight : float
        :math:`\lambda`, what one disagreement costs, in nats.

    cutoff : float
        With two classes the second is decided above it.
    """

    targets: FloatArray
    weights: FloatArray
    decisions: NDArray[np.intp] | None
    decision_weight: float = 0.0
    cutoff: float = 0.5

    @classmethod
    def make(
        cls, targets: FloatArray, weights: FloatArray, *, is_regression: bool, cutoff: float = 0.5
    ) -> Objective:
        """Make the objective of some rows, without weight on decisions."""
        weights = weights / weights.sum()
        if is_regression:
            return cls(targets, weights, None)
        plain = cls(targets, weights, np.zeros(len(targets), dtype=np.intp), cutoff=cutoff)
        return replace(plain, decisions=plain.decide(targets))

    def decide(self, Q: FloatArray) -> NDArray[np.intp]:
        """Give the decided class of each distribution."""
        if Q.shape[1] == 2:
            return (Q[:, 1] > self.cutoff).astype(np.intp)
        return Q.argmax(axis=1)

    def row_sums(self) -> FloatArray:
        """Give what each row adds to its leaf: weight, targets, own term, decision.

        Shape (n_rows, 2 + n_outputs), with `decisions` (n_rows, 2 + 2 * n_outputs).
        """
        w = self.weights[:, None]
        if self.decisions is None:
            return np.concatenate([w, w * self.targets, w * self.targets**2], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(self.targets > 0, self.targets * np.log(self.targets), 0.0)
        hard = np.eye(self.targets.shape[1])[self.decisions]
        return np.concatenate(
            [w, w * self.targets, w * own.sum(axis=1, keepdims=True), w * hard], axis=1
        )

    def answers(self, sums: FloatArray) -> FloatArray:
        """Give the mean target of each leaf, shape (n_leaves, n_outputs)."""
        K = self.targets.shape[1]
        weight = np.maximum(sums[:, :1], np.finfo(np.float64).tiny)
        mean: FloatArray = sums[:, 1 : 1 + K] / weight
        return mean

    def leaf_losses(self, sums: FloatArray) -> FloatArray:
        """Give the loss of each leaf, from the sums of its rows."""
        K = self.targets.shape[1]
        mean = self.answers(sums)
        weight, total, own = sums[:, 0], sums[:, 1 : 1 + K], sums[:, 1 + K]
        if self.decisions is None:
            return own - (total * mean).sum(axis=1)
        divergence = own - (total * _log(mean)).sum(axis=1)
        agreed = sums[np.arange(len(sums)), 2 + K + self.decide(mean)]
        return divergence + self.decision_weight * (weight - agreed)

    def row_costs(self, answers: FloatArray) -> FloatArray:
        """Give what each row would cost in each leaf, up to a constant per row.

        Shape (n_rows, n_leaves), weights included.
        """
        w = self.weights[:, None]
        if self.decisions is None:
            return w * (self.targets - answers[:, 0]) ** 2
        costs = -self.targets @ _log(answers).T
        if self.decision_weight:
            costs += self.decision_weight * (self.decisions[:, None] != self.decide(answers))
        return w * costs


def _log(Q: FloatArray) -> FloatArray:
    clipped = np.maximum(Q, FLOOR)
    log: FloatArray = np.log(clipped / clipped.sum(axis=1, keepdims=True))
    return log
