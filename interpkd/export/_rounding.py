"""Where rounding decides what a linear student says.

A sum depends on the order of adding. With u half the distance from 1 to the next number, a sum of n
products, of which coefficients may be rounded too, is off by at most (n + 2) u times the sum of
their sizes (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), and two
such sums lie within (n + 4) 2u times that of each other, with room for the link. Where a row's
score is nearer to zero, or two scores nearer to each other, the label is a tie that each engine
breaks as it adds. Such rows are told apart before any engine is asked, from the document and the
row alone.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logsumexp

from interpkd._tables import encode, read_frame
from interpkd.export._json_linear import LinearScorer
from interpkd.export._parity_rows import with_categories
from interpkd.export._read_json import ReadStudent, read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray


@dataclass(frozen=True)
class Certainty:
    """How far rounding alone may change the answers of rows.

    Attributes
    ----------
    tied : ndarray of bool of shape (n_samples,)
        Rows whose label rounding decides, or their probabilities beyond a tolerance.

    low, high : ndarray of shape (n_samples, n_classes) or None
        Between these a probability is right; None where answers are certain.

    allowed : ndarray of bool of shape (n_samples, n_classes) or None
        Labels that are right; None where the student's own alone is.

    sizes : ndarray of shape (n_samples,)
        What the difference of two predictions is relative to: at least 1.
    """

    tied: BoolArray
    low: FloatArray | None
    high: FloatArray | None
    allowed: BoolArray | None
    sizes: FloatArray


def certainty(
    data: Mapping[str, Any], rows: Any, *, unit: float, tolerance: float = np.inf
) -> Certainty:
    """Say how far rounding alone may change a student's answers.

    Trees choose among written answers, and points are sums of small integers: nothing is rounded
    there, so that their ties are to be broken as the student does.

    Parameters
    ----------
    data : mapping
        The document of a student.

    rows : pandas.DataFrame
        Rows in its columns.

    unit : float
        The distance from 1 to the next number in which the engine adds.

    tolerance : float, default=inf
        Rows whose probabilities rounding moves by more count as tied too.

    Returns
    -------
    certainty : Certainty
        For each row.
    """
    student = read_json(dict(data))
    scorer = student.scorer_
    if not isinstance(scorer, LinearScorer):
        return Certainty(np.zeros(len(rows), dtype=bool), None, None, None, np.ones(len(rows)))
    Z = encode(read_frame(with_categories(data, rows)), student.columns_)
    sizes = scorer.sizes(Z).max(axis=1)
    if data["classes"] is None:
        certain = np.zeros(len(rows), dtype=bool)
        return Certainty(certain, None, None, None, np.maximum(1.0, sizes))
    n_addends = 2 * Z.shape[1]  # of a missing value, what stands for it and what its lack adds
    return _of_classes(student, Z, (n_addends + 4) * unit * sizes, tolerance)


def _of_classes(
    student: ReadStudent, Z: FloatArray, slack: FloatArray, tolerance: float
) -> Certainty:
    """Say how far answers may change where each score may by `slack` of shape (n_samples,)."""
    scorer = student.scorer_
    scores = scorer.scores(Z)
    slope = 1.0 if scorer.slope is None else scorer.slope
    if scores.ndim == 1:
        margins = np.column_stack([-scores, scores]) * slope
        scores = np.column_stack([np.zeros(len(Z)), scores])
        reach = slack  # what a single score is compared with is exact
    else:
        margins, reach = _against_others(scores * slope), 2 * slack
    allowed = scores >= scores.max(axis=1, keepdims=True) - reach[:, None]
    allowed[slack == 0] = False  # nothing but zeros is added: the rule for ties is to be kept
    low, high = (expit(margins + sign * abs(slope) * reach[:, None]) for sign in (-1, 1))
    tied = (allowed.sum(axis=1) > 1) | ((high - low).max(axis=1) > tolerance)
    return Certainty(tied, low, high, allowed, np.ones(len(Z)))


def _against_others(scores: FloatArray) -> NDArray[np.float64]:
    """Give each class's score against all others together: the log odds of its probability."""
    n_classes = scores.shape[1]
    others = [[k for k in range(n_classes) if k != own] for own in range(n_classes)]
    parts = [scores[:, own] - logsumexp(scores[:, rest], axis=1) for own, rest in enumerate(others)]
    return np.stack(parts, axis=1)
