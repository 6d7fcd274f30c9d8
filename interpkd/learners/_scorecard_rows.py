"""Rows whose values are in bins, and what a scorecard sums over them; here those in arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._binned_sum import fit_additive
from interpkd.learners._scorecard_bins import ScorecardBins, fine_bins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._bin_basis import Basis
    from interpkd.learners._binned_sum import AdditiveFit

MOST_FINE = 40
"""Fine bins of a column; of very many columns fewer."""

MOST_PARAMETERS = 2400
"""Parameters of the first fit from which on fine bins are made coarser."""

LEAST_FINE = 4

MOST_BINS = 10_000
"""Fine bins of all columns together, whose square is the memory of a fit in numbers."""

LEAST_CURVATURE = 0.02
"""Rows of which the teacher is sure count as much as this where cuts are looked for."""

SURE = 1e-9
"""Targets keep so far from 0 and 1: where all are the same, odds stay finite."""


class CodedRows(Protocol):
    """Rows whose values are in bins, wherever they are, and what a scorecard sums over them.

    What `coded` gives is for these methods only.
    """

    fine: list[ScorecardBins]
    """The fine bins of every column."""

    def coded(self, chosen: IntArray, bins: Sequence[ScorecardBins] | None = None) -> Any:
        """Give some columns in bins that fine ones were joined to; None for the fine ones."""

    def masses(self, coded: Any) -> list[FloatArray]:
        """Give the weight of each bin of the columns."""

    def counted(self, coded: Any) -> list[FloatArray]:
        """Give the weight of the rows in each bin that a least share is a share of."""

    def means(self, coded: Any) -> list[FloatArray]:
        """Give the mean value of each bin of known numbers of the columns in fine bins."""

    def curvatures(self, coded: Any, fit: AdditiveFit) -> list[FloatArray]:
        """Give the share of all weight times curvature at a fit in each bin, the least raised."""

    def fit(
        self, coded: Any, bases: Sequence[Basis], *, tol: float
    ) -> tuple[AdditiveFit, FloatArray]:
        """Fit an additive function, as `fit_additive` does."""


class ArrayRows:
    """Rows in arrays; see `CodedRows`.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Numbers, or codes of categories; NaN where missing.

    p, weights, counted : ndarray of shape (n_samples,)
        Probabilities of the second class, row weights, and those that a least share is a share of.

    fine : list of ScorecardBins
        The fine bins of every column.
    """

    def __init__(
        self,
        Z: FloatArray,
        p: FloatArray,
        weights: FloatArray,
        counted: FloatArray,
        fine: list[ScorecardBins],
    ) -> None:
        self._Z, self._p, self._weights = Z, np.clip(p, SURE, 1 - SURE), weights
        self._counted, self.fine = counted, fine
        self._fine_codes = np.stack([b.codes(Z[:, i]) for i, b in enumerate(fine)])

    def coded(self, chosen: IntArray, bins: Sequence[ScorecardBins] | None = None) -> Coded:
        """Give some columns in bins that fine ones were joined to; None for the fine ones."""
        if bins is None:
            fine = [self.fine[i] for i in chosen]
            is_all = len(chosen) == len(self.fine)
            return Coded(chosen, fine, self._fine_codes if is_all else self._fine_codes[chosen])
        codes = [b.codes(self._Z[:, i]) for i, b in zip(chosen, bins, strict=True)]
        return Coded(chosen, list(bins), np.stack(codes))

    def masses(self, coded: Coded) -> list[FloatArray]:
        """Give the weight of each bin of the columns."""
        return coded.sums(self._weights)

    def counted(self, coded: Coded) -> list[FloatArray]:
        """Give the weight of the rows in each bin that a least share is a share of."""
        return coded.sums(self._counted)

    def means(self, coded: Coded) -> list[FloatArray]:
        """Give the mean value of each bin of known numbers of the columns in fine bins."""
        means = []
        for i, b, code in zip(coded.chosen, coded.bins, coded.codes, strict=True):
            values = np.where(code < b.n_known, self._Z[:, i], 0.0)
            # or sums of the largest floats overflow
            largest = max(float(np.abs(values).max()), 1e-300)
            sums = np.bincount(code, self._weights * (values / largest), b.n_bins)
            mass = np.bincount(code, self._weights, b.n_bins)
            means.append(sums[: b.n_known] / np.maximum(mass[: b.n_known], 1e-300))
        return means

    def curvatures(self, coded: Coded, fit: AdditiveFit) -> list[FloatArray]:
        """Give the share of all weight times curvature at a fit in each bin, the least raised."""
        scores = fit.scores(coded.codes)
        total = float(self._weights.sum())
        return [sums / total for sums in coded.sums(self._weights * raised_curvature(scores))]

    def fit(
        self, coded: Coded, bases: Sequence[Basis], *, tol: float
    ) -> tuple[AdditiveFit, FloatArray]:
        """Fit an additive function, as `fit_additive` does."""
        return fit_additive(coded.codes, bases, self._p, self._weights, tol=tol)


@dataclass(frozen=True)
class Coded:
    """Some columns of rows in bins.

    Attributes
    ----------
    chosen : ndarray of shape (n_chosen,)
        Numbers of the columns.

    bins : list of ScorecardBins
        Their bins.

    codes : ndarray of shape (n_chosen, n_samples)
        The bin of every value.
    """

    chosen: IntArray
    bins: list[ScorecardBins]
    codes: NDArray[np.integer[Any]]

    def sums(self, values: FloatArray) -> list[FloatArray]:
        """Give the sum of values over the rows in each bin of each column."""
        return [
            np.asarray(np.bincount(code, values, b.n_bins), dtype=np.float64)
            for code, b in zip(self.codes, self.bins, strict=True)
        ]


def raised_curvature(scores: FloatArray) -> FloatArray:
    """Give the curvature of the log loss at some scores, that of rows that are sure raised."""
    q = 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
    raised: FloatArray = np.maximum(q * (1 - q), LEAST_CURVATURE)
    return raised


def all_fine_bins(
    Z: FloatArray,
    weights: FloatArray,
    n_categories: Sequence[int] | None,
    special_values: Sequence[FloatArray] | None,
) -> list[ScorecardBins]:
    """Cut every column into many bins.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows.

    weights : ndarray of shape (n_samples,)
        Their weights.

    n_categories, special_values
        As of `fit_scorecard`.

    Returns
    -------
    fine : list of ScorecardBins
        One per column.

    Raises
    ------
    InvalidInputError
        If they are too many.
    """
    d = Z.shape[1]
    n_of = [0] * d if n_categories is None else n_categories
    special = [np.zeros(0)] * d if special_values is None else special_values
    most = int(np.clip(MOST_PARAMETERS // d, LEAST_FINE, MOST_FINE))
    # midpoints of singles would be rounded to singles
    columns = (Z[:, i].astype(np.float64, copy=False) for i in range(d))
    fine = [
        fine_bins(values, weights, special[i], int(n_of[i]), most)
        for i, values in enumerate(columns)
    ]
    _check_size(sum(b.n_bins for b in fine), d)
    return fine


def _check_size(n_bins: int, n_columns: int) -> None:
    if n_bins <= MOST_BINS:
        return
    msg = (
        f"The {n_columns} columns have {n_bins} bins before any are joined; a scorecard is fitted "
        f"on at most {MOST_BINS}. Leave out columns, or group the categories of those with many."
    )
    raise InvalidInputError(msg)
