"""A scorecard's rows in blocks: coded into fine bins once, then summed bin by bin.

The fine bins are those of a sample. Few bins are fine ones joined, so the codes of the fine ones are
all that is wanted of a row from then on: one byte for a value (two where a column has more than 256
bins), beside target and weight. Coding is one pass over the rows and the facts of the bins are another;
the fit takes 5 to 8 over the codes, and the cost of whole points one. A pass brings back histograms of
slopes per bin and of curvatures per pair of bins, ``8 * (b + b²)`` bytes a block for `b` bins: 13 MB for
30 columns of 42 fine bins, 0.5 MB for 8 bins each.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._binned_blocks import AT_ONCE, BinnedBlockSum, Coding, sum_curvatures
from interpkd.learners._binned_sum import (
    AdditiveFit,
    add_functions,
    search,
    sums_of_bins,
)
from interpkd.learners._block_rows import read_targets, read_weights
from interpkd.learners._scorecard import ScorecardModel, check_cuts, fit_on
from interpkd.learners._scorecard_rows import (
    ArrayRows,
    Coded,
    all_fine_bins,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._bin_basis import Basis
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._scorecard_bins import ScorecardBins
    from interpkd.learners._scorecard_points import PointsCard

START_ROWS = 50_000
"""Most rows of the sample on which a search starts; all of them are used for the fine bins."""

START_TOLERANCE = 0.01


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
        Z = sample["Z"][some].astype(np.float64, copy=False)
        p, weights = read_targets(sample, 2)[some], read_weights(sample)[some]
        self._sample = ArrayRows(Z, p, weights, weights, fine)

    def close(self) -> None:
        """Let go of the codes."""
        self._blocks.close()

    def coded(
        self, chosen: IntArray, bins: Sequence[ScorecardBins] | None = None
    ) -> tuple[Coding, Coded]:
        """Give some columns in bins that fine ones were joined to.

        Parameters
        ----------
        chosen : ndarray of shape (n_columns,)
            Numbers of the columns.

        bins : sequence of ScorecardBins or None, default=None
            Their bins; None for the fine ones.

        Returns
        -------
        coded : tuple
            How the blocks are coded, and the codes of the sample.
        """
        made = [self.fine[i] for i in chosen] if bins is None else bins
        return Coding.of(chosen, self.fine, made), self._sample.coded(chosen, bins)

    def masses(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the weight of each bin of the columns.

        Parameters
        ----------
        coded : tuple
            What `coded` gave.

        Returns
        -------
        masses : list of ndarray of shape (n_bins,)
            One per column.
        """
        return coded[0].joined(self._mass)

    def counted(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the weight of the rows in each bin that a least share is a share of.

        Parameters
        ----------
        coded : tuple
            What `coded` gave.

        Returns
        -------
        counted : list of ndarray of shape (n_bins,)
            One per column.
        """
        return coded[0].joined(self._mass)

    def means(self, coded: tuple[Coding, Coded]) -> list[FloatArray]:
        """Give the mean value of each bin of known numbers of the columns, in the sample.

        Parameters
        ----------
        coded : tuple
            What `coded` gave.

        Returns
        -------
        means : list of ndarray of shape (n_bins,)
            One per column.
        """
        return self._sample.means(coded[1])

    def curvatures(self, coded: tuple[Coding, Coded], fit: AdditiveFit) -> list[FloatArray]:
        """Give the share of all weight times curvature at a fit in each bin, the least raised.

        Parameters
        ----------
        coded : tuple
            What `coded` gave.

        fit : AdditiveFit
            The fit.

        Returns
        -------
        curvatures : list of ndarray of shape (n_bins,)
            One per column.
        """
        sums = self._blocks.sum(sum_curvatures, coded[0], fit.functions, fit.intercept)[0]
        return coded[0].split(sums / self.total)

    def fit(
        self, coded: tuple[Coding, Coded], bases: Sequence[Basis], *, tol: float
    ) -> tuple[AdditiveFit, FloatArray]:
        """Fit an additive function, as `fit_additive` does, from that of the sample.

        Parameters
        ----------
        coded : tuple
            What `coded` gave.

        bases : sequence of Basis
            One per column.

        tol : float
            The search ends with a step that changes no score by more than this.

        Returns
        -------
        fit : tuple
            As of `fit_additive`.
        """
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
        """Give ``function(block, coding, *state)`` of every block: one pass.

        Parameters
        ----------
        function : callable
            A function of a module.

        columns : ndarray of shape (n_columns,)
            Numbers of the columns.

        bins : sequence of ScorecardBins
            Their bins.

        *state : object
            What the function wants beside block and coding.
        """
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

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, bin_blocks, fit_scorecard_blocks
    >>> x = np.arange(100.0)[:, None]
    >>> rows = {"Z": x, "targets": np.where(x < 30, 0.2, 0.7)}
    >>> binned = bin_blocks(MemoryBlocks([rows]), rows)
    >>> fit_scorecard_blocks(binned, mean_cuts=1).bins[0].cuts
    array([29.5])
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

    Raises
    ------
    InvalidInputError
        If a parameter is out of its range.

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
    check_cuts(mean_cuts, min_bin_share)
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

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, bin_blocks, fit_scorecard_blocks, points_of_masses, rounding_of_blocks
    >>> x = np.arange(100.0)[:, None]
    >>> rows = {"Z": x, "targets": np.where(x < 30, 0.2, 0.7)}
    >>> binned = bin_blocks(MemoryBlocks([rows]), rows)
    >>> model = fit_scorecard_blocks(binned, mean_cuts=1)
    >>> masses = [one.mass for one in binned.table(model.columns, model.bins)]
    >>> card = points_of_masses(model, masses, pdo=20, base_score=600, base_odds=50)
    >>> loss, change = rounding_of_blocks(card, binned, 1.0)
    >>> change < 0.01  # whole points move probabilities by less
    True
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
    p, weights = read_targets(block, 2), read_weights(block)
    codes = block["codes"].T
    ones, weighted = np.ones(len(p)), weights * p
    sums = [sums_of_bins(codes, values, starts) for values in (weights, ones, weighted)]
    return [*sums, np.array([weights.sum(), weighted.sum()])]
