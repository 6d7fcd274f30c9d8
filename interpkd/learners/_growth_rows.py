"""The rows that a tree grows on, in memory, and the sums over them, block by block in threads.

For searches, and for growth on up to 200,000 rows; of more, `_growth_blocks` has the same for rows in
blocks, with exact sums. Beside the codes there are 4 bytes a row for their order, twice while the first split is
made, and 8 for each output.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from interpkd.learners._threads import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned


UNROUNDED = np.zeros(3)
"""What the compiled loops take for sums of numbers as they are."""


@dataclass(frozen=True)
class NodeRows:
    """What growth knows of the rows of a node.

    Attributes
    ----------
    rows : object
        Which rows they are, for who gave them.

    sums : ndarray of shape (3 + n_outputs,)
        Count, weight, weighted squares and weighted targets.

    histograms : ndarray of shape (n_features, n_codes, n_sums) or None
        Count, weight and weighted targets per feature and code; one number is count and weight where
        they are alike. None where they were not worth having yet.
    """

    rows: Any
    sums: FloatArray
    histograms: FloatArray | None


class Growing(Protocol):
    """Rows that a tree can grow on."""

    binned: Binned
    """Thresholds and codes; the codes may be elsewhere."""

    n_bins: NDArray[np.int64]
    weight_at: int
    """Where the weight stands in a cell of a histogram."""

    @property
    def kernels(self) -> Any:
        """The compiled loops."""

    def all_rows(self) -> Any:
        """Give the rows of a root."""

    def begin(self, rows: Any) -> NodeRows:
        """Tell what is known of a root."""

    def histograms(self, rows: Any) -> FloatArray:
        """Sum the rows of a node by feature and code."""

    def split(
        self,
        node: NodeRows,
        feature: int,
        code: int,
        *,
        missing_left: bool,
        is_last: bool,
    ) -> tuple[NodeRows, NodeRows]:
        """Part the rows of a node, which are not asked for again; the last split needs no histograms."""


class GrowthRows:
    """Codes, weighted targets and weights, and the sums over them that growth needs.

    Parameters
    ----------
    binned : Binned
        The rows as codes.

    weighted : ndarray of shape (n_rows, n_outputs)
        Targets times weights.

    weights : ndarray of shape (n_rows,) or None
        Row weights, above 0; None for one each.

    counts : ndarray of shape (n_rows,) or None, default=None
        How many rows each row stands for; None for one each.
    """

    def __init__(
        self,
        binned: Binned,
        weighted: FloatArray,
        weights: FloatArray | None,
        counts: FloatArray | None = None,
    ) -> None:
        from interpkd.learners import _kernels  # compiled at the first use, kept on disk after

        self.kernels = _kernels
        self.binned = binned
        self.weighted = np.ascontiguousarray(weighted, dtype=np.float64)
        is_one = weights is None or bool((weights == 1).all())
        given = np.empty(0) if is_one or weights is None else weights
        self.weights = np.ascontiguousarray(given, dtype=np.float64)
        # one number a cell is enough where rows count what they weigh; an empty array is of ones
        if counts is None:
            alike = is_one
        else:
            alike = bool((counts == (1 if is_one else self.weights)).all())
        rows = len(self.weighted)
        self.counts = np.empty(0) if alike else np.ones(rows) if counts is None else counts
        self.weight_at = 0 if alike else 1
        self.n_bins = binned.n_bins

    def all_rows(self) -> NDArray[np.int32]:
        """Give the numbers of all rows."""
        return np.arange(len(self.weighted), dtype=np.int32)

    def begin(self, rows: NDArray[np.int32]) -> NodeRows:
        """Tell what is known of a root."""
        return NodeRows(rows, self.sums(rows), None)

    def split(
        self,
        node: NodeRows,
        feature: int,
        code: int,
        *,
        missing_left: bool,
        is_last: bool,
    ) -> tuple[NodeRows, NodeRows]:
        """Part the rows of a node; sum over the smaller side, the other is what is left."""
        left, right = self.part(node.rows, feature, code, missing_left=missing_left)
        left_sums, right_sums = self.sums(left), self.sums(right)
        histograms = node.histograms
        few, many = (left, right) if len(left) < len(right) else (right, left)
        # of few rows, summing again is cheaper than passing over all cells
        is_dear = histograms is not None and len(many) * len(self.n_bins) > histograms[..., 0].size
        if is_last or not is_dear or histograms is None:
            return NodeRows(left, left_sums, None), NodeRows(right, right_sums, None)
        own = self.histograms(few)
        rest = histograms - own
        of_left, of_right = (own, rest) if few is left else (rest, own)
        return NodeRows(left, left_sums, of_left), NodeRows(right, right_sums, of_right)

    def sums(self, rows: NDArray[np.int32]) -> FloatArray:
        """Count, weight, weighted squares and weighted targets of some rows."""
        n_blocks = self._n_blocks(rows)
        parts = np.zeros((n_blocks, 3 + self.weighted.shape[1]))
        share(partial(self.kernels.sum_rows, *self._data, rows, parts), n_blocks)
        return _in_order(parts)

    def histograms(self, rows: NDArray[np.int32]) -> FloatArray:
        """Count, weight and weighted targets per feature and code of some rows.

        Where rows count what they weigh, one number is both.
        """
        n_blocks, d = self._n_blocks(rows), self.binned.codes.shape[1]
        size = 1 + self.weight_at + self.weighted.shape[1]
        parts = np.zeros((n_blocks, d, self.binned.missing + 1, size))
        share(
            partial(self.kernels.sum_cells, self.binned.codes, *self._data, rows, parts), n_blocks
        )
        return _in_order(parts)

    @property
    def _data(self) -> tuple[Any, Any, Any, bool, FloatArray]:
        return self.weighted, self.weights, self.counts, self.weight_at == 0, UNROUNDED

    def part(
        self, rows: NDArray[np.int32], feature: int, code: int, *, missing_left: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Give the rows that go left and those that go right, each in their old order."""
        n_blocks, block = self._n_blocks(rows), self.kernels.BLOCK
        parted, n_left = np.empty_like(rows), np.zeros(n_blocks, dtype=np.int64)
        split = feature, code, self.binned.missing, missing_left, parted, n_left
        share(partial(self.kernels.part_rows, self.binned.codes, rows, *split), n_blocks)
        blocks = [parted[i * block : (i + 1) * block] for i in range(n_blocks)]
        pairs = list(zip(blocks, n_left, strict=True))
        return (
            np.concatenate([part[:n] for part, n in pairs]),
            np.concatenate([part[n:][::-1] for part, n in pairs]),
        )

    def _n_blocks(self, rows: NDArray[np.int32]) -> int:
        return max(-(-len(rows) // self.kernels.BLOCK), 1)


def _in_order(parts: FloatArray) -> FloatArray:
    """Add the sums of blocks one after the other."""
    total = parts[0]
    if len(parts) > 1:
        total = total.copy()  # a view would keep all the parts alive
        for part in parts[1:]:
            total += part
    return total


def weigh(targets: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Give targets times weights, without a copy where all weights are one."""
    is_one = weights is None or (weights == 1).all()
    return targets if is_one or weights is None else targets * weights[:, None]
