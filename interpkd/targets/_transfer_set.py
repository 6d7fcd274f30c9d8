"""The transfer set: the rows on which the student meets its teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray

    Choose = Callable[[FloatArray], BoolArray]
    MoreRows = Callable[[BoolArray, int, Choose], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class TransferSet:
    """Rows, what the teacher says of them, and how much each counts.

    Attributes
    ----------
    Z : ndarray of shape (n_rows, n_features)
        The rows as the matrix that the student works on.

    targets : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Soft targets, or predictions of a regression teacher.

    weights : ndarray of shape (n_rows,)
        Row weights.

    n_labeled, n_unlabeled, n_generated : int
        Where the rows come from, in this order.

    label_memory : float or None
        Share of a labelled row's own label in the teacher's answer to it; None if it was not
        asked for.

    thresholds : list of ndarray or None
        Per column, where an ensemble of trees that answered splits it; None for another teacher.

    more_rows : callable or None
        Generates more rows: takes which of the real rows may be started from, shape (n_real,), the
        number of rows, and a function from rows to which of them are wanted, and gives the wanted
        rows and their targets. None where the number of generated rows is settled.
    """

    Z: FloatArray
    targets: FloatArray
    weights: FloatArray
    n_labeled: int
    n_unlabeled: int = 0
    n_generated: int = 0
    label_memory: float | None = None
    thresholds: list[FloatArray] | None = None
    more_rows: MoreRows | None = None


def build_transfer_set(
    Z: FloatArray,
    targets: FloatArray,
    sample_weight: FloatArray | None,
    *,
    Z_unlabeled: FloatArray | None = None,
    unlabeled_targets: FloatArray | None = None,
) -> TransferSet:
    """Put labelled and unlabelled rows together.

    Parameters
    ----------
    Z : ndarray of shape (n_labeled, n_features)
        Rows given as `X`.

    targets : ndarray of shape (n_labeled, n_classes) or (n_labeled,)
        Their targets.

    sample_weight : ndarray of shape (n_labeled,) or None
        Their weights; None for 1 each. Rows of weight 0 are left out, as if never given.

    Z_unlabeled : ndarray of shape (n_unlabeled, n_features) or None, default=None
        Rows given as `X_unlabeled`; each has weight 1.

    unlabeled_targets : ndarray of shape (n_unlabeled, n_outputs) or None, default=None
        The teacher's answers on them.

    Returns
    -------
    transfer_set : TransferSet
        Labelled rows first.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import build_transfer_set
    >>> transfer = build_transfer_set(
    ...     np.array([[1.0], [2.0]]), np.array([[0.9, 0.1], [0.2, 0.8]]), None,
    ...     Z_unlabeled=np.array([[3.0]]), unlabeled_targets=np.array([[0.5, 0.5]]),
    ... )
    >>> transfer.n_labeled, transfer.n_unlabeled, transfer.weights
    (2, 1, array([1., 1., 1.]))
    """
    weights = np.ones(len(Z)) if sample_weight is None else sample_weight
    if (weights == 0).any():
        counted = weights != 0
        Z, targets, weights = Z[counted], targets[counted], weights[counted]
    if Z_unlabeled is None or unlabeled_targets is None:
        return TransferSet(Z, targets, weights, len(Z))
    return TransferSet(
        np.concatenate([Z, Z_unlabeled]),
        np.concatenate([targets, unlabeled_targets]),
        np.concatenate([weights, np.ones(len(Z_unlabeled))]),
        len(Z),
        len(Z_unlabeled),
    )


def add_generated_rows(
    transfer: TransferSet, numbers: NDArray[np.intp], targets: FloatArray, weight: float
) -> TransferSet:
    """Put generated rows under the real ones.

    Parameters
    ----------
    transfer : TransferSet
        The real rows.

    numbers : ndarray of shape (n_generated, n_features)
        For each value of each generated row the real row to take it from.

    targets : ndarray of shape (n_generated, n_classes) or (n_generated,)
        The teacher's answers on them.

    weight : float
        The weight of each.

    Returns
    -------
    transfer_set : TransferSet
        Real rows first.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import add_generated_rows, build_transfer_set
    >>> Z, targets = np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> transfer = build_transfer_set(Z, targets, None)
    >>> more = add_generated_rows(transfer, np.array([[0, 1]]), np.array([[0.6, 0.4]]), 0.5)
    >>> more.Z[-1], more.n_generated  # the first value of row 0, the second of row 1
    (array([ 1., 20.]), 1)
    """
    Z = transfer.Z
    return replace(
        transfer,
        Z=np.concatenate([Z, Z[numbers, np.arange(Z.shape[1])]]),
        targets=np.concatenate([transfer.targets, targets]),
        weights=np.concatenate([transfer.weights, np.full(len(numbers), weight)]),
        n_generated=len(numbers),
    )
