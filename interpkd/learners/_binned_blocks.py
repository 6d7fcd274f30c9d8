"""The log loss of an additive function of bins, over rows in blocks that are coded into fine bins."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._binned_sum import BasisMap, add_functions, sums_of_bins
from interpkd.learners._block_rows import read_targets, read_weights
from interpkd.learners._score_loss import LogLoss
from interpkd.learners._scorecard_rows import SURE, raised_curvature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._bin_basis import Basis
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._scorecard_bins import ScorecardBins

AT_ONCE = 16_384
"""Rows whose codes stay in the cache while pairs of columns are summed."""


@dataclass(frozen=True)
class Coding:
    """How codes of fine bins become those of a model's columns; it travels to the blocks.

    Attributes
    ----------
    columns : ndarray of shape (n_columns,)
        The columns of the model.

    places : list of ndarray of shape (n_fine,)
        Per column of the model, the bin that each fine bin is part of.

    starts : ndarray of shape (n_columns + 1,)
        The first bin of each column among those of all, and their number.
    """

    columns: IntArray
    places: list[NDArray[np.int16]]
    starts: IntArray

    @classmethod
    def of(
        cls, columns: IntArray, fine: Sequence[ScorecardBins], bins: Sequence[ScorecardBins]
    ) -> Coding:
        """Find in which bins fine ones are."""
        places = [_place(fine[i], b) for i, b in zip(columns, bins, strict=True)]
        return cls(np.asarray(columns), places, np.cumsum([0, *(b.n_bins for b in bins)]))

    def pieces(self, block: Block) -> Iterator[tuple[slice, NDArray[np.int16]]]:
        """Yield slices of row numbers and the codes of the model's columns, one column a row."""
        for first in range(0, len(block), AT_ONCE):
            rows = slice(first, first + AT_ONCE)
            fine = block["codes"][rows].T
            pairs = zip(self.columns, self.places, strict=True)
            yield rows, np.stack([place[fine[i]] for i, place in pairs])

    def joined(self, sums: Sequence[FloatArray]) -> list[FloatArray]:
        """Give sums over the bins, from those over the fine bins of every column."""
        return [
            np.asarray(np.bincount(place, sums[i], size), dtype=np.float64)
            for i, place, size in zip(self.columns, self.places, np.diff(self.starts), strict=True)
        ]

    def split(self, sums: FloatArray) -> list[FloatArray]:
        """Give the sums over the bins of each column, from those over the bins of all."""
        return np.split(sums, self.starts[1:-1])


def _place(fine: ScorecardBins, bins: ScorecardBins) -> NDArray[np.int16]:
    """Give the bin that each fine bin of a column is part of."""
    if fine.groups is not None:
        known = np.arange(fine.n_known) if bins.groups is None else bins.groups
    else:
        known = np.searchsorted(bins.cuts, np.append(fine.cuts, np.inf), side="left")
    apart = bins.n_known + np.arange(fine.n_bins - fine.n_known)
    return np.append(known, apart).astype(np.int16)


class BinnedBlockSum:
    """Log loss of a function of bins over the rows of blocks; see `interpkd.learners._newton`.

    Parameters
    ----------
    blocks : Blocks
        The rows, in fine bins.

    coding : Coding
        The columns and their bins.

    bases : sequence of Basis
        One per column.

    total : float
        Sum of the row weights.
    """

    has_hessian, drift = True, 1.0

    def __init__(
        self, blocks: Blocks, coding: Coding, bases: Sequence[Basis], total: float
    ) -> None:
        self._blocks, self._coding, self._total = blocks, coding, total
        self.map = BasisMap(bases)
        self._theta = np.zeros(0)
        self._hessian = np.zeros((0, 0))

    def value_gradient(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Give value and gradient, and take the Hessian in the same pass."""
        functions, intercept = self.map.functions(theta), float(theta[-1])
        loss, sums, total, cells = self._blocks.sum(_look, self._coding, functions, intercept)
        self._theta = theta.copy()
        self._hessian = self.map.hessian(cells, total[1]) / self._total
        return float(loss[0]) / self._total, self.map.gradient(sums, total[0]) / self._total

    def hessian(self) -> FloatArray:
        """Give the Hessian where the value was asked last."""
        return self._hessian.copy()

    def hessian_at(self, theta: FloatArray) -> FloatArray:
        """Give the Hessian at some parameters."""
        if not np.array_equal(theta, self._theta):
            self.value_gradient(theta)
        return self.hessian()

    def product(self, vector: FloatArray) -> FloatArray:
        """Give the product of that Hessian and a vector."""
        return self._hessian @ vector

    def diagonal(self) -> FloatArray:
        """Give the diagonal of that Hessian."""
        return self._hessian.diagonal().copy()

    def preconditioner(self, ridge: FloatArray) -> Callable[[FloatArray], FloatArray]:
        """Give a function that solves for the diagonal."""
        diagonal = np.maximum(self.diagonal() + ridge, 1e-300)
        return lambda r: r / diagonal

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score."""
        return sum(float(np.abs(f).max()) for f in self.map.functions(step)) + abs(float(step[-1]))


def _look(
    block: Block, coding: Coding, functions: list[FloatArray], intercept: float
) -> list[FloatArray]:
    """Give loss, slopes per bin, sums of slopes and curvatures, and curvatures per pair of bins."""
    from interpkd.learners._bin_kernels import sum_pairs

    loss = LogLoss(_sure(block), read_weights(block))
    n_bins = coding.starts[-1]
    value, sums, total = np.zeros(1), np.zeros(n_bins), np.zeros(2)
    cells = np.zeros((n_bins, n_bins))
    for rows, codes in coding.pieces(block):
        part, slope, curvature = loss(add_functions(codes, functions, intercept), rows)
        value += part
        sums += sums_of_bins(codes, slope, coding.starts)
        total += slope.sum(), curvature.sum()
        sum_pairs(codes, coding.starts[:-1], curvature, cells)
    return [value, sums, total, cells]


def sum_curvatures(
    block: Block, coding: Coding, functions: list[FloatArray], intercept: float
) -> list[FloatArray]:
    """Give per bin the sum of weights times curvatures, the least raised.

    Parameters
    ----------
    block : Block
        Rows in fine bins.

    coding : Coding
        The columns and their bins.

    functions : list of ndarray
        What each bin adds to the log odds.

    intercept : float
        The log odds of every row beside.

    Returns
    -------
    sums : list of one ndarray
        Over the bins of all columns.
    """
    weights, sums = read_weights(block), np.zeros(coding.starts[-1])
    for rows, codes in coding.pieces(block):
        scores = add_functions(codes, functions, intercept)
        sums += sums_of_bins(codes, weights[rows] * raised_curvature(scores), coding.starts)
    return [sums]


def _sure(block: Block) -> FloatArray:
    return np.clip(read_targets(block, 2), SURE, 1 - SURE)
