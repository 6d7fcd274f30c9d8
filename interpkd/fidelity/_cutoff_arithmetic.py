"""Decisions at cut-offs as arrays: who is declined, at which cut-off as many are, what it costs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._digits import short_decimal
from interpkd.fidelity._scales import FISHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._weightings import LeaveOneOut

SAME_VALUE = 1e-12
"""Two leaves of a tree with probabilities as close as this say the same."""

N_SWEEP = 20
"""The sweep cuts at every twentieth of the teacher's probabilities."""


def possible_cutoffs(p: FloatArray) -> FloatArray:
    """Give one cut-off between each two neighbouring probabilities, and one beyond either end.

    Parameters
    ----------
    p : ndarray of shape (n_rows,)
        Probabilities.

    Returns
    -------
    cutoffs : ndarray of shape (n_cutoffs,)
        Rising, strictly between 0 and 1; each divides the rows in another way.
    """
    values = np.unique(p)
    last = np.append(np.flatnonzero(np.diff(values) > SAME_VALUE), len(values) - 1)
    lower = values[last]
    following = np.append(values[np.minimum(last[:-1] + 1, len(values) - 1)], 1.0)
    pairs = [(float(a), float(b)) for a, b in zip(lower, following, strict=True) if a < b]
    if values[0] > 0:
        pairs.insert(0, (float(values[0]) / 2, float(values[0])))
    cutoffs = [short_decimal(max(a, min(SAME_VALUE, b / 2)), b) for a, b in pairs]
    return np.array(cutoffs)


def matched_cutoff(p: FloatArray, weights: FloatArray, share_above: float, near: float) -> float:
    """Give the cut-off above which a share of the rows lies that comes closest to a wanted one.

    Parameters
    ----------
    p : ndarray of shape (n_rows,)
        Probabilities.

    weights : ndarray of shape (n_rows,)
        Row weights.

    share_above : float
        The wanted share.

    near : float
        Of equally good cut-offs the one nearest to this is taken, and of two of these the lower.

    Returns
    -------
    cutoff : float
        Strictly between 0 and 1; `near` itself where it is as good as any.
    """
    cutoffs = np.append(possible_cutoffs(p), near)
    order = np.argsort(p, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    above = 1 - total[np.searchsorted(p[order], cutoffs, side="right")] / total[-1]
    miss = np.round(np.abs(above - share_above), 12)
    return float(cutoffs[np.lexsort([cutoffs, np.abs(cutoffs - near), miss])[0]])


def sweep_cutoffs(p: FloatArray, cutoff: float) -> FloatArray:
    """Give the cut-offs of a sweep: at every twentieth of the probabilities, and the one in use."""
    shares = np.arange(1, N_SWEEP) / N_SWEEP
    at = np.quantile(p, shares, method="inverted_cdf")
    cutoffs = possible_cutoffs(p)
    place = np.searchsorted(cutoffs, np.unique(at), side="left")
    return np.unique([*cutoffs[place[place < len(cutoffs)]], cutoff])


def costs_of(
    declined: BoolArray, bad: FloatArray, false_approval: float, false_decline: float
) -> FloatArray:
    """Give the cost of each decision.

    Parameters
    ----------
    declined : ndarray of bool of shape (n_rows,)
        The decisions.

    bad : ndarray of shape (n_rows,)
        1 for a bad row and 0 for a good one, or the probability that it is bad.

    false_approval, false_decline : float
        Cost of approving a bad row, and of declining a good one.

    Returns
    -------
    costs : ndarray of shape (n_rows,)
        Observed, or expected.
    """
    return np.where(declined, false_decline * (1 - bad), false_approval * bad)


def tiers_of(p: FloatArray, cutoffs: Sequence[float]) -> NDArray[np.intp]:
    """Give the tier of each row: how many cut-offs its probability exceeds."""
    return np.searchsorted(np.asarray(cutoffs), p, side="left")


class WeightedKappa:
    """Cohen's kappa of two ratings in ordered tiers, with quadratic weights [1]_.

    One minus the weighted disagreement over that of two raters with the same margins who rate
    independently; two tiers apart weighs four times as much as one.

    Parameters
    ----------
    one, other : ndarray of int of shape (n_rows,)
        Tiers from 0.

    n_tiers : int
        How many there are.

    References
    ----------
    .. [1] J. Cohen, "Weighted kappa: nominal scale agreement with provision for scaled disagreement
       or partial credit", Psychological Bulletin 70, 1968.
    """

    note = ""
    is_ranked = False
    bounded = None
    scale = FISHER

    def __init__(self, one: NDArray[np.intp], other: NDArray[np.intp], n_tiers: int) -> None:
        tiers = np.arange(n_tiers)
        self._price: FloatArray = np.square(np.subtract.outer(tiers, tiers), dtype=np.float64)
        self._one, self._other = np.eye(n_tiers)[one], np.eye(n_tiers)[other]
        self._observed: FloatArray = self._price[one, other]
        rated = (self._one > 0) | (self._other > 0)
        self.kinds: BoolArray | None = rated[:, rated.any(axis=0)]
        alone = len(np.unique(np.concatenate([one, other]))) < 2
        self.undefined = "both models put all rows into one tier" if alone else ""

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give kappa under each weighting; NaN where all weight is in one tier."""
        total = W.sum(axis=0)
        rows, columns = self._one.T @ W / total, self._other.T @ W / total
        observed = self._observed @ W / total
        expected = np.einsum("ib,ij,jb->b", rows, self._price, columns)
        ratio = np.full(len(expected), np.nan)
        np.divide(observed, expected, out=ratio, where=expected > 0)
        return 1 - ratio

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative of the ratio of observed and expected disagreement."""
        share = w / w.sum()
        rows, columns = share @ self._one, share @ self._other
        observed, expected = share @ self._observed, rows @ self._price @ columns
        of_row = self._one @ (self._price @ columns) + self._other @ (rows @ self._price)
        d_observed = share * (self._observed - observed)
        d_expected = share * (of_row - 2 * expected)
        return -(d_observed * expected - observed * d_expected) / expected**2
