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
    r"""Loss of a tree's leaves, a weighted sum over rows.

    For probabilities :math:`P` with decisions :math:`H`, and a leaf's mean distribution :math:`Q`:

    .. math:: KL(P \,\|\, Q) + \lambda \, [H \ne \text{decision of } Q]

    For a regression the squared error. Both are linear in sums over rows, so equal rows may be
    summed beforehand: a row of weight two is a row twice, to the last digit.

    Attributes
    ----------
    row_sums : ndarray of shape (n_rows, n_sums)
        What each row adds to its leaf: weight, weighted targets, its own part of the loss, and
        for probabilities the weight of its decisions per class.

    counts : ndarray of shape (n_rows,)
        How many rows each row stands for.

    n_outputs : int
        Number of classes; 1 for a regression.

    is_regression : bool
        What the targets are.

    decision_weight : float
        :math:`\lambda`, what one disagreement costs, in nats.

    cutoff : float
        With two classes the second is decided above it.
    """

    row_sums: FloatArray
    counts: FloatArray
    n_outputs: int
    is_regression: bool
    decision_weight: float = 0.0
    cutoff: float = 0.5

    def decide(self, Q: FloatArray) -> NDArray[np.intp]:
        """Give the decided class of each distribution."""
        return decide(Q, self.cutoff)

    def answers(self, sums: FloatArray) -> FloatArray:
        """Give the mean target of each leaf, shape (n_leaves, n_outputs)."""
        weight = np.maximum(sums[:, :1], np.finfo(np.float64).tiny)
        mean: FloatArray = sums[:, 1 : 1 + self.n_outputs] / weight
        return mean

    def leaf_losses(self, sums: FloatArray, answers: FloatArray | None = None) -> FloatArray:
        """Give the loss of each leaf, from the sums of its rows.

        Parameters
        ----------
        sums : ndarray of shape (n_leaves, n_sums)
            Sums of the rows.

        answers : ndarray of shape (n_leaves, n_outputs) or None, default=None
            What the leaves answer; None for their means.

        Returns
        -------
        losses : ndarray of shape (n_leaves,)
            Weights included.
        """
        K = self.n_outputs
        given = self.answers(sums) if answers is None else answers
        weight, total, own = sums[:, 0], sums[:, 1 : 1 + K], sums[:, 1 + K]
        if self.is_regression:
            twice = 2 * total - weight[:, None] * given if answers is not None else total
            return np.asarray(own - (twice * given).sum(axis=1))
        divergence = own - (total * log_floored(given)).sum(axis=1)
        agreed = sums[np.arange(len(sums)), 2 + K + self.decide(given)]
        return np.asarray(divergence + self.decision_weight * (weight - agreed))

    def prices(self, answers: FloatArray) -> FloatArray:
        """Give what leaves ask for each unit of what a row adds to them.

        Parameters
        ----------
        answers : ndarray of shape (n_leaves, n_outputs)
            What each leaf answers.

        Returns
        -------
        prices : ndarray of shape (n_leaves, n_sums)
            ``row_sums @ prices.T`` is what each row would cost in each leaf, up to a constant
            per row.
        """
        K = self.n_outputs
        prices = np.zeros((len(answers), self.row_sums.shape[1]))
        if self.is_regression:
            prices[:, 0], prices[:, 1] = answers[:, 0] ** 2, -2 * answers[:, 0]
            return prices
        prices[:, 0] = self.decision_weight
        prices[:, 1 : 1 + K] = -log_floored(answers)
        prices[np.arange(len(answers)), 2 + K + self.decide(answers)] = -self.decision_weight
        return prices

    @property
    def weighted_targets(self) -> FloatArray:
        """Weight times mean target of each row, shape (n_rows, n_outputs)."""
        return self.row_sums[:, 1 : 1 + self.n_outputs]

    def drawn_in(self, tail: float) -> FloatArray:
        """Give weight times mean target of each row, both tails cut off; `tail` is their share."""
        weight, total = self.row_sums[:, :1], self.row_sums[:, 1:2]
        mean = total / weight
        order = np.argsort(mean[:, 0], kind="stable")
        below = np.cumsum(weight[order, 0])
        at = np.searchsorted(below, below[-1] * np.array([tail, 1 - tail]))
        low, high = mean[order[np.minimum(at, len(order) - 1)], 0]
        drawn: FloatArray = weight * np.clip(mean, low, high)
        return drawn

    @property
    def weighted_decisions(self) -> FloatArray:
        """Weight of each class among the decisions of each row, shape (n_rows, n_outputs)."""
        return self.row_sums[:, 2 + self.n_outputs :]


def summed_rows(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    is_regression: bool,
    cutoff: float = 0.5,
    counts: FloatArray | None = None,
) -> tuple[FloatArray, Objective]:
    """Sum equal rows, and give the rest in an order of their own.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Class probabilities, or the values of a regression in one column.

    weights : ndarray of shape (n_samples,)
        Row weights, above 0.

    is_regression : bool
        What the targets are.

    cutoff : float, default=0.5
        With two classes the second is decided above it.

    counts : ndarray of shape (n_samples,) or None, default=None
        How many rows each row counts for; None for one each.

    Returns
    -------
    Z : ndarray of shape (n_rows, n_features)
        The different rows, sorted.

    objective : Objective
        The loss on them, without weight on decisions.
    """
    each = row_objective(
        targets, weights, is_regression=is_regression, cutoff=cutoff, counts=counts
    )
    order = np.lexsort(Z.T[::-1])
    Z = Z[order]
    is_new = np.ones(len(Z), dtype=bool)
    same = (Z[1:] == Z[:-1]) | (np.isnan(Z[1:]) & np.isnan(Z[:-1]))
    is_new[1:] = ~same.all(axis=1)
    starts = np.flatnonzero(is_new)
    row_sums = np.ascontiguousarray(np.add.reduceat(each.row_sums[order], starts, axis=0))
    summed = np.add.reduceat(each.counts[order], starts)
    return Z[starts], replace(each, row_sums=row_sums, counts=summed)


def row_objective(
    targets: FloatArray,
    weights: FloatArray,
    *,
    is_regression: bool,
    cutoff: float = 0.5,
    counts: FloatArray | None = None,
) -> Objective:
    """Give the loss on rows as they are; parameters as of `summed_rows`."""
    parts = _parts(targets, weights[:, None], cutoff, is_regression=is_regression)
    ones = np.ones(len(targets)) if counts is None else counts
    row_sums = np.concatenate(parts, axis=1)
    return Objective(row_sums, ones, targets.shape[1], is_regression, cutoff=cutoff)


def _parts(
    targets: FloatArray, w: FloatArray, cutoff: float, *, is_regression: bool
) -> list[FloatArray]:
    """Give what each row adds to its leaf, as columns; `w` are weights of shape (n_rows, 1)."""
    t = _in_steps(targets)
    if is_regression:
        return [w, w * t, w * _in_steps(targets**2)]
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(targets > 0, targets * np.log(targets), 0.0).sum(axis=1, keepdims=True)
    return [w, w * t, w * _in_steps(own), w * decided_shares(targets, cutoff)]


def _in_steps(values: FloatArray) -> FloatArray:
    """Round to multiples of a power of two, 32 binary digits below the largest value.

    Sums of such numbers are exact as long as weights are whole: they do not depend on the order
    of the rows, nor on whether a row stands twice or has weight two. A search among trees that
    differ in the last digit would otherwise end elsewhere.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return values
    step = 2.0 ** (np.ceil(np.log2(largest)) - 32)
    stepped: FloatArray = np.rint(values / step) * step
    return stepped


def decided_shares(P: FloatArray, cutoff: float) -> FloatArray:
    """Give the decided class of each row as shares; classes in a tie share alike.

    So no class is preferred for the place of its column.
    """
    if P.shape[1] == 2:
        second = np.where(P[:, 1] == cutoff, 0.5, P[:, 1] > cutoff)
        return np.column_stack([1 - second, second])
    is_top = P.max(axis=1, keepdims=True) == P
    shares: FloatArray = is_top / is_top.sum(axis=1, keepdims=True)
    return shares


def decide(Q: FloatArray, cutoff: float) -> NDArray[np.intp]:
    """Give the decided class of each distribution."""
    if Q.shape[1] == 2:
        return (Q[:, 1] > cutoff).astype(np.intp)
    return Q.argmax(axis=1)


def log_floored(Q: FloatArray) -> FloatArray:
    """Give the logarithm of probabilities of at least `FLOOR`, shape (n_leaves, n_classes)."""
    clipped = np.maximum(Q, FLOOR)
    log: FloatArray = np.log(clipped / clipped.sum(axis=1, keepdims=True))
    return log
