"""A scorecard's rows in blocks: coded into fine bins once, then summed bin by bin.

The fine bins are those of a sample. Few bins are fine ones joined, so the codes of the fine ones are
all that is wanted of a row from then on, one byte for a value; a pass brings back histograms of
slopes per bin and of curvatures per pair of bins, ``8 * (b + b²)`` bytes a block for `b` bins.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._binned_sum import (
    AdditiveFit,
    BasisMap,
    add_functions,
    search,
    sums_of_bins,
)
from interpkd.learners._block_sum import read_targets, read_weights
from interpkd.learners._score_loss import LogLoss
from interpkd.learners._scorecard import ScorecardModel, fit_on
from interpkd.learners._scorecard_rows import (
    SURE,
    ArrayRows,
    Coded,
    all_fine_bins,
    raised_curvature,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._bin_basis import Basis
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._scorecard_bins import ScorecardBins
    from interpkd.learners._scorecard_points import PointsCard

AT_ONCE = 16_384
"""Rows whose codes stay in the cache while pairs of columns are summed."""

START_ROWS = 50_000
"""Most rows of the sample on which a search starts; all of them are used for the fine bins."""

START_TOLERANCE = 0.01


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


class BinnedRows:
    """The rows of blocks in fine bins, and what a scorecard sums over them.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "codes" of shape (n_rows, n_features), "targets" and, where not all are 1,
        "weights"; see `bin_blocks`.

    fine : list of ScorecardBins
        The fine bins of every column.

    sample : mapping of str to ndarray
        "Z", "targets" and "weights" of some rows.

    Attributes
    ----------
    n_rows : int
        Rows.

    total : float
        Sum of their weights.

    mean : float
        Weighted mean of the targets.
    """

    def __init__(
        self, blocks: Blocks, fine: list[ScorecardBins], sample: Mapping[str, NDArray[Any]]
    ) -> None:
        self._blocks, self.fine = blocks, fine
        self._split = np.cumsum([b.n_bins for b in fine])[:-1]
        mass, counts, sums, total = blocks.sum(_histograms, [b.n_bins for b in fine])
        self._mass, self._counts = np.split(mass, self._split), np.split(counts, self._split)
        self._sums = np.split(sums, self._split)
        self.n_rows, self.total = blocks.n_rows, float(total[0])
        self.mean = float(total[1]) / self.total
        some = slice(0, START_ROWS)
        Z, p, weights = sample["Z"][some], read_targets(sample, 2)[some], read_weights(sample)[some]
        self._sample = ArrayRows(Z, p, weights, weights, fine)

    def close(self) -> None:
        """Let go of the codes."""
        self._blocks.close()

    def coded(
        self, chosen: IntArray, bins: Sequence[ScorecardBins] | None = None
    ) -> tuple[Coding, Coded]:
        """Give some columns in bins that fine ones were joined to; None for the fine ones."""
        made = [self.fine[i] for i in chosen] if bins is None else bins
        return Coding.of(chosen, self.fine, made), self._sample.coded(chosen, bins)

    def masses(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the weight of each bin of the columns."""
        return coded[0].joined(self._mass)

    def counted(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the weight of the rows in each bin that a least share is a share of."""
        return coded[0].joined(self._mass)

    def means(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the mean value of each bin of known numbers of the columns, in the sample."""
        return self._sample.means(coded[1])

    def curvatures(self, coded: tuple[Coding, Coded], fit: AdditiveFit) -> list[FloatArray]:
        """Give the share of all weight times curvature at a fit in each bin, the least raised."""
        sums = self._blocks.sum(_curvatures, coded[0], fit.functions, fit.intercept)[0]
        return coded[0].split(sums / self.total)

    def fit(
        self, coded: tuple[Coding, Coded], bases: Sequence[Basis], *, tol: float
    ) -> tuple[AdditiveFit, FloatArray]:
        """Fit an additive function, as `fit_additive` does, from that of the sample."""
        near, _ = self._sample.fit(coded[1], bases, tol=max(tol, START_TOLERANCE))
        start = np.concatenate([*near.parameters, [near.intercept]])
        return search(
            BinnedBlockSum(self._blocks, coded[0], bases, self.total), bases, start, tol=tol
        )

    def table(self, columns: IntArray, bins: Sequence[ScorecardBins]) -> list[BinSums]:
        """Give what is known of the rows in each bin, for bins that fine ones were joined to.

        Parameters
        ----------
        columns : ndarray of shape (n_columns,)
            Numbers of the columns.

        bins : sequence of ScorecardBins
            Their bins.

        Returns
        -------
        table : list of BinSums
            One per column.
        """
        coding = Coding.of(columns, self.fine, bins)
        parts = (coding.joined(sums) for sums in (self._counts, self._mass, self._sums))
        return [
            BinSums(np.rint(counts).astype(np.int64), mass, sums)
            for counts, mass, sums in zip(*parts, strict=True)
        ]

    def each(
        self,
        function: Callable[..., Any],
        columns: IntArray,
        bins: Sequence[ScorecardBins],
        *state: Any,
    ) -> Iterator[Any]:
        """Give ``function(block, coding, *state)`` of every block: one pass."""
        yield from self._blocks.each(function, Coding.of(columns, self.fine, bins), *state)


@dataclass(frozen=True)
class BinSums:
    """What is known of the rows in each bin of a column; arrays of shape (n_bins,).

    Attributes
    ----------
    n_rows : ndarray of int
        Rows.

    mass : ndarray
        Their weight.

    targets : ndarray
        Weighted sum of their targets.
    """

    n_rows: IntArray
    mass: FloatArray
    targets: FloatArray


def bin_blocks(
    blocks: Blocks,
    sample: Mapping[str, NDArray[Any]],
    *,
    n_categories: Sequence[int] | None = None,
    special_values: Sequence[FloatArray] | None = None,
) -> BinnedRows:
    """Code the rows of blocks into the fine bins of a sample: two passes.

    Parameters
    ----------
    blocks : Blocks
        Blocks of "Z", NaN where missing, "targets" (the probability of the second class, shape
        (n_rows, 1)) and, where not all are 1, "weights".

    sample : mapping of str to ndarray
        The same of some rows, in an order that does not hang on what is in them.

    n_categories : sequence of int or None, default=None
        As of `fit_scorecard`.

    special_values : sequence of ndarray or None, default=None
        As of `fit_scorecard`.

    Returns
    -------
    rows : BinnedRows
        One byte for each value, or two where a column has more than 256 bins, beside targets and
        weights; they stay where the blocks are until it is closed.

    Raises
    ------
    InvalidInputError
        If there are too many columns and categories.
    """
    fine = all_fine_bins(sample["Z"], read_weights(sample), n_categories, special_values)
    dtype = np.uint8 if max(b.n_bins for b in fine) <= 256 else np.int16
    return BinnedRows(blocks.derive(_codes, fine, np.dtype(dtype)), fine, sample)


def fit_scorecard_blocks(
    rows: BinnedRows,
    *,
    signs: NDArray[np.int8] | None = None,
    max_bins: int = 16,
    mean_cuts: float = 7.0,
    min_bin_share: float = 0.005,
    max_features: int | None = None,
) -> ScorecardModel:
    """Fit an additive model on few bins to probabilities of rows in blocks.

    Parameters
    ----------
    rows : BinnedRows
        What `bin_blocks` gave.

    signs : ndarray of shape (n_features,) or None, default=None
        As of `fit_scorecard`.

    max_bins : int, default=16
        As of `fit_scorecard`.

    mean_cuts : float, default=7.0
        As of `fit_scorecard`.

    min_bin_share : float, default=0.005
        As of `fit_scorecard`.

    max_features : int or None, default=None
        As of `fit_scorecard`.

    Returns
    -------
    model : ScorecardModel
        That of `fit_scorecard` with the fine bins of the sample.

    Notes
    -----
    Both searches start at the minimum on the sample: about 2 passes for the fine bins (and as many
    again for `max_features`), one for the cuts, 2 or 3 for the few bins.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, bin_blocks, fit_scorecard_blocks
    >>> x = np.arange(100.0)[:, None]
    >>> some = {"Z": x, "targets": np.where(x < 30, 0.2, 0.7)}
    >>> model = fit_scorecard_blocks(bin_blocks(MemoryBlocks([some]), some), mean_cuts=1)
    >>> model.bins[0].cuts
    array([29.5])
    """
    return fit_on(
        rows,
        signs=signs,
        max_bins=max_bins,
        mean_cuts=mean_cuts,
        min_bin_share=min_bin_share,
        max_features=max_features,
    )


def rounding_of_blocks(
    card: PointsCard, rows: BinnedRows, temperature: float
) -> tuple[float, float]:
    """Compare a card with itself before rounding, over the rows of blocks: one pass.

    Parameters
    ----------
    card : PointsCard
        The card.

    rows : BinnedRows
        The rows.

    temperature : float
        That of their targets.

    Returns
    -------
    loss, change : float
        As `PointsCard.cost_of_rounding` gives them.
    """
    model = card.model
    parts = list(rows.each(_rounding, model.columns, model.bins, card, temperature))
    return sum(loss for loss, _ in parts) / rows.total, max(change for _, change in parts)


def _rounding(
    block: Block, coding: Coding, card: PointsCard, temperature: float
) -> tuple[float, float]:
    p, weights = read_targets(block, 2), read_weights(block)
    total, largest = 0.0, 0.0
    for rows, codes in coding.pieces(block):
        exact = add_functions(codes, card.model.log_odds, card.model.intercept)
        points = add_functions(codes, [one.astype(np.float64) for one in card.points], 0.0)
        scores = np.rint(points).astype(np.int64) + card.base_points
        loss, change = card.changes(exact, scores, p[rows], temperature)
        total += float(weights[rows] @ loss)
        largest = max(largest, float(change.max()))
    return total, largest


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


def _codes(
    block: Block, fine: list[ScorecardBins], dtype: np.dtype[Any]
) -> dict[str, NDArray[Any]]:
    """Give the fine bin of every value, and what goes with the rows."""
    Z = block["Z"]
    codes = np.empty(Z.shape, dtype=dtype)
    for first in range(0, len(Z), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        columns = np.ascontiguousarray(Z[rows].T, dtype=np.float64)
        for i, bins in enumerate(fine):
            codes[rows, i] = bins.codes(columns[i])
    beside = {name: block[name] for name in ("targets", "weights") if name in block}
    return {"codes": codes, **beside}


def _histograms(block: Block, sizes: list[int]) -> list[FloatArray]:
    """Give per fine bin of all columns weight, rows and weighted targets, and sums over all rows."""
    starts = np.cumsum([0, *sizes])
    p, weights = read_targets(block, 2), _weights(block)
    codes = block["codes"].T
    ones, weighted = np.ones(len(p)), weights * p
    sums = [sums_of_bins(codes, values, starts) for values in (weights, ones, weighted)]
    return [*sums, np.array([weights.sum(), weighted.sum()])]


def _look(
    block: Block, coding: Coding, functions: list[FloatArray], intercept: float
) -> list[FloatArray]:
    """Give loss, slopes per bin, sums of slopes and curvatures, and curvatures per pair of bins."""
    from interpkd.learners._bin_kernels import sum_pairs

    loss = LogLoss(_sure(block), _weights(block))
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


def _curvatures(
    block: Block, coding: Coding, functions: list[FloatArray], intercept: float
) -> list[FloatArray]:
    """Give per bin the sum of weights times curvatures, the least raised."""
    weights, sums = _weights(block), np.zeros(coding.starts[-1])
    for rows, codes in coding.pieces(block):
        scores = add_functions(codes, functions, intercept)
        sums += sums_of_bins(codes, weights[rows] * raised_curvature(scores), coding.starts)
    return [sums]


def _sure(block: Block) -> FloatArray:
    return np.clip(read_targets(block, 2), SURE, 1 - SURE)


def _weights(block: Block) -> FloatArray:
    if "weights" in block:
        return np.asarray(block["weights"], dtype=np.float64)
    return np.ones(len(block))
