"""Whether a segment is worse than the rest: tests that are right for the rows at hand.

Equal decisions of independent rows of equal weight have an exact test (Fisher). Weighted rows,
dependent rows and losses that are no yes or no are tested by flipping the signs of whole units'
contributions, which asks neither for equal spread nor for equal units. Several tests share one
risk (Holm).
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from interpkd.fidelity._intervals import MIN_UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._sample import Sample

MIN_FLIPS = 1999
"""Sign flips at the usual risk; more where less of it falls to each test."""

FLIPS_PER_TAIL = 20
"""At least this many flips per unit of risk."""

CELLS = 4_000_000
"""Signs held in memory at once."""

SEED = 19350101
"""Seed of the sign flips: the same rows give the same p-values."""


def fisher_p(lost: BoolArray, inside: BoolArray) -> float:
    """Give Fisher's exact one-sided p-value that a statement fails more often inside.

    Parameters
    ----------
    lost : ndarray of bool of shape (n_rows,)
        Rows on which it fails.

    inside : ndarray of bool of shape (n_rows,)
        Rows of the segment.

    Returns
    -------
    p : float
        The chance of as many failures inside, were rows to fail regardless of the segment [1]_.

    References
    ----------
    .. [1] R. A. Fisher, "The logic of inductive inference", Journal of the Royal Statistical
       Society 98, 1935.

    Examples
    --------
    >>> import numpy as np
    >>> lost = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=bool)
    >>> round(fisher_p(lost, np.arange(8) < 4), 4)
    0.2429
    """
    k = int((lost & inside).sum())
    return float(hypergeom.sf(k - 1, len(lost), int(lost.sum()), int(inside.sum())))


def sign_flip_p(
    loss: FloatArray, insides: Sequence[BoolArray], sample: Sample, alpha: float
) -> list[float | None]:
    """Give one-sided p-values that the mean loss is higher inside, whole units kept together.

    Were the two means equal, the contributions ``w (inside - share) (loss - mean)`` would sum to
    zero in expectation. Their sums per unit keep their size and change their signs at random:
    the score form of the wild cluster bootstrap [1]_. Units may differ in size, weight and
    spread. It needs many units: with few failures it is cautious.

    Parameters
    ----------
    loss : ndarray of shape (n_rows,)
        The loss of each row.

    insides : sequence of ndarray of bool of shape (n_rows,)
        The segments.

    sample : Sample
        Weights and groups of the rows.

    alpha : float
        The risk of all tests together.

    Returns
    -------
    p_values : list of float or None
        One per segment; None where fewer than 10 units are inside, or outside.

    References
    ----------
    .. [1] P. Kline and A. Santos, "A score based approach to wild bootstrap inference", Journal of
       Econometric Methods 1, 2012.
    """
    w = sample.weights
    residual = loss - w @ loss / w.sum()
    columns = [
        sample.total_by_unit(w * (inside - w @ inside / w.sum()) * residual) for inside in insides
    ]
    judged = [_has_units(inside, sample) for inside in insides]
    n_flips = max(MIN_FLIPS, round(FLIPS_PER_TAIL * len(columns) / alpha) - 1)
    U = np.stack(columns, axis=1)
    total = U.sum(axis=0)
    as_far = np.ones(len(columns))
    rng = np.random.default_rng(SEED)
    size = max(1, CELLS // len(U))
    for start in range(0, n_flips, size):
        signs = rng.integers(2, size=(min(size, n_flips - start), len(U)), dtype=np.int8)
        flipped = 2 * (signs.astype(np.float64) @ U) - total
        # rounding errors do not make a sum smaller than the one it equals
        as_far += (flipped >= total - 1e-12 * np.abs(U).sum(axis=0)).sum(axis=0)
    p_values = as_far / (n_flips + 1)
    return [float(p) if ok else None for p, ok in zip(p_values, judged, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that all of them together err with the stated risk.

    Parameters
    ----------
    p_values : sequence of float
        One per test.

    Returns
    -------
    adjusted : list of float
        In the same order; each at most 1 and none below a smaller one's [1]_.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6, 1979.

    Examples
    --------
    >>> holm([0.04, 0.01, 0.03])
    [0.06, 0.03, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted.tolist()


def _has_units(inside: BoolArray, sample: Sample) -> bool:
    """Whether enough units lie inside, and enough outside, to judge a segment."""
    touched = (sample.total_by_unit(part.astype(np.float64)) > 0 for part in (inside, ~inside))
    return all(np.count_nonzero(units) >= MIN_UNITS for units in touched)
