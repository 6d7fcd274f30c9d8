"""How much of its own training labels a teacher gives back as its answer.

A row that a teacher was trained on is answered more surely than any other: part of the answer is
its own label. Such answers are right on average and noisy one by one, so a student that has others
should count them for less.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.targets._row_space import distinct_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.targets._transfer_set import TransferSet

LEAST_WEIGHT = 0.1
"""A real row counts at least this share of its weight, whatever the teacher remembers."""


def label_memory(
    answers: FloatArray, labels: FloatArray, near: FloatArray, weights: FloatArray
) -> float:
    r"""Estimate the share of a row's own label in the teacher's answer to it.

    Say the answer is :math:`p = (1 - b) \, p_0 + b \, y` with :math:`p_0` what the teacher would
    have said without this row. If :math:`p_0` is calibrated, :math:`y - p_0` has mean 0 given the
    row and is all that :math:`y - p` and the difference to the answers `near` the row, which do
    not hold this label, have in common. So

    .. math:: \frac{\sum (p - c)(y - p)}{\sum (y - p)^2} = \frac{b}{1 - b}

    up to chance, whatever the shape of the teacher. For rows that the teacher was not trained on
    this is 0.

    Parameters
    ----------
    answers : ndarray of shape (n_rows, n_outputs)
        The teacher's probabilities or predictions :math:`p`.

    labels : ndarray of shape (n_rows, n_outputs)
        One-hot labels or values :math:`y`.

    near : ndarray of shape (n_rows, n_outputs)
        Mean answers :math:`c` to rows near each.

    weights : ndarray of shape (n_rows,)
        Row weights.

    Returns
    -------
    memory : float
        The share :math:`b`, from 0 to 1, to two digits: further ones would hang on the order of
        the rows. 0 where every answer is the label, which does not tell memory from skill.

    Notes
    -----
    The form of the answer is exact for a forest of fully grown trees, where a label has the weight
    of the trees that drew its row, and for any linear smoother.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import label_memory
    >>> rng = np.random.default_rng(0)
    >>> honest = np.full((1000, 1), 0.3)
    >>> labels = (rng.random((1000, 1)) < 0.3).astype(float)
    >>> label_memory(0.6 * honest + 0.4 * labels, labels, honest, np.ones(1000))
    0.4
    """
    missed = labels - answers
    total = float((weights[:, None] * missed**2).sum())
    if total == 0.0:
        return 0.0
    ratio = float((weights[:, None] * (answers - near) * missed).sum()) / total
    return round(ratio / (1 + ratio), 2) if ratio > 0 else 0.0


def weigh_by_memory(
    transfer: TransferSet,
    answers: FloatArray,
    labels: FloatArray,
    generated_answers: FloatArray,
    start: NDArray[np.intp],
) -> TransferSet:
    """Let labelled rows count for less, the more their answers repeat their own labels.

    Parameters
    ----------
    transfer : TransferSet
        The real rows.

    answers : ndarray of shape (n_labeled, n_outputs)
        The teacher's answers to the labelled ones, as it gave them.

    labels : ndarray of shape (n_labeled, n_outputs)
        Their one-hot labels or values.

    generated_answers : ndarray of shape (n_generated, n_outputs)
        The teacher's answers to generated rows.

    start : ndarray of shape (n_generated,)
        The real row that each generated row started as.

    Returns
    -------
    transfer : TransferSet
        The real rows, the labelled ones with ``1 - label_memory`` of their weight, at least
        `LEAST_WEIGHT` of it.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import build_transfer_set, weigh_by_memory
    >>> rng = np.random.default_rng(0)
    >>> honest, Z = rng.random((2000, 1)), rng.random((2000, 1))
    >>> labels = (rng.random(honest.shape) < honest).astype(float)
    >>> answers = 0.6 * honest + 0.4 * labels  # a teacher that gives back four tenths of its labels
    >>> transfer = build_transfer_set(Z, answers, None)
    >>> weighed = weigh_by_memory(transfer, answers, labels, honest, np.arange(2000))
    >>> bool(abs(weighed.weights.mean() - 0.6) < 0.05)
    True
    """
    first, place = distinct_rows(transfer.Z)
    count = np.bincount(place[start], minlength=len(first))
    sums = [np.bincount(place[start], column, len(first)) for column in generated_answers.T]
    near = np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]
    at = place[: transfer.n_labeled]
    told = count[at] > 0
    weights = transfer.weights.copy()
    own = weights[: transfer.n_labeled]
    memory = label_memory(answers[told], labels[told], near[at][told], own[told])
    own *= max(1 - memory, LEAST_WEIGHT)
    return replace(transfer, weights=weights, label_memory=memory)
