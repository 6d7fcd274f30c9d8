"""The rows that a tree grows on, in blocks wherever they are, and exact sums over them.

Weights, weighted targets and squares are rounded to multiples of a power of two of which float64 adds
up as many as there are rows without an error: a rounding of one part in ``2**51 / n_rows``. So sums
do not depend on the order of rows, on how they are cut into blocks, nor on who adds them, and what is
left of a node when one child is subtracted is the other child to the last digit.

A split is one pass: each block parts its rows of the node and sums over those of the child with fewer.
A block keeps the order of its rows by node; where that is lost, it is made again from the splits so
far, which travel with every pass.

Memory: beside codes (1 byte a value), targets (4 bytes for each output) and weights (8 bytes, where not
all are one) 2 bytes a row for the order, which is kept in chunks of 65,536 rows; and here the
histograms of each leaf that may be split, of 2,048 bytes for each column and each number of a cell: weight,
count where it differs, and outputs. Passes: one for the scale of targets and weights, one for the root,
one for each split. Sent with each: 48 bytes for each split so far. Given back by each block: one such
histogram, 123 KB for 30 columns and one output.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from interpkd.learners._binning import (
    SAMPLE_ROWS,
    Binned,
    bin_rows,
    code_rows,
    numbered_thresholds,
)
from interpkd.learners._blocks import MemoryBlocks
from interpkd.learners._growth_rows import NodeRows
from interpkd.learners._sketch import Sketch, step_of
from interpkd.learners._threads import TURNS, n_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray
    from interpkd.learners._blocks import Block, Blocks
    from interpkd.learners._code_tree import CodeTree

Splits = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]

ORDER = "order of rows"
"""Under what a block keeps the order of its rows."""

NO_CUTOFF = np.nan
NOBODY = -1


@dataclass(frozen=True)
class Scale:
    """What sums are made of, the same for all blocks.

    Attributes
    ----------
    n_outputs : int
        Columns of targets.

    one_number : bool
        Whether rows count what they weigh.

    magic : ndarray of shape (3,)
        What rounds weights, weighted targets and squares: 1.5 * 2**52 steps each.

    step : float
        That of the weighted targets.
    """

    n_outputs: int
    one_number: bool
    magic: FloatArray
    step: float

    @classmethod
    def of(cls, blocks: Blocks, *, largest: float | None = None) -> Scale:
        """Look at all rows, unless it is known that no target is above `largest`.

        Parameters
        ----------
        blocks : Blocks
            With "targets", and "weights" or "counts" where these are not all one.

        largest : float or None, default=None
            Largest absolute target.
        """
        facts = list(blocks.each(_facts, largest is None))
        n_outputs = facts[0][0]
        top = largest if largest is not None else max(one[1] for one in facts)
        weight = max(one[2] for one in facts)
        one_number = not any(one[3] for one in facts)
        biggest = np.array([weight, weight * top, weight * top**2])
        steps = np.array([step_of(one, blocks.n_rows) for one in biggest])
        return cls(n_outputs, one_number, 1.5 * 2.0**52 * steps, float(steps[1]))


class GrowthBlocks:
    """Rows in blocks that a tree grows on, from one root.

    Parameters
    ----------
    blocks : Blocks
        With "codes" of shape (n, d), "targets" of shape (n, n_outputs) in float32, and "weights" or
        "counts" where these are not all one.

    thresholds : sequence of ndarray
        What the codes mean.

    missing : int
        The code of a missing value.

    scale : Scale
        Of these blocks.
    """

    def __init__(
        self, blocks: Blocks, thresholds: Sequence[FloatArray], missing: int, scale: Scale
    ) -> None:
        from interpkd.learners import _kernels

        self.kernels = _kernels
        self.blocks, self.scale = blocks, scale
        none = np.empty((0, len(thresholds)), dtype=np.uint8)
        self.binned = Binned(none, tuple(thresholds), missing)
        self.n_bins = self.binned.n_bins
        self.weight_at = 0 if scale.one_number else 1
        self._token = uuid4().hex
        self._splits: list[tuple[int, int, int, int, int, int]] = []

    def all_rows(self) -> int:
        """Give the root."""
        return 0

    def begin(self, rows: int) -> NodeRows:
        """Sum over all rows."""
        self._token, self._splits = uuid4().hex, []
        return NodeRows(rows, *self._sum(rows, with_histograms=True))

    def histograms(self, rows: int) -> FloatArray:
        """Sum the rows of a node by feature and code."""
        histograms = self._sum(rows, with_histograms=True)[1]
        return np.empty(0) if histograms is None else histograms

    def split(
        self,
        node: NodeRows,
        feature: int,
        code: int,
        *,
        missing_left: bool,
        is_last: bool,
    ) -> tuple[NodeRows, NodeRows]:
        """Part the rows of a node, and sum over the child with fewer; the other is what is left."""
        left = 2 * len(self._splits) + 1
        self._splits.append((node.rows, feature, code, int(missing_left), left, left + 1))
        histograms = node.histograms
        if histograms is None:
            msg = f"node {node.rows} is split without histograms"
            raise RuntimeError(msg)
        count = histograms[feature, : code + 1, 0].sum()
        if missing_left:
            count += histograms[feature, self.binned.missing, 0]
        few = left if 2 * count < node.sums[0] else left + 1
        sums, own = self._sum(few, with_histograms=not is_last)
        rest = None if own is None else histograms - own
        pair = NodeRows(few, sums, own), NodeRows(2 * left + 1 - few, node.sums - sums, rest)
        return pair if few == left else pair[::-1]

    def _sum(self, node: int, *, with_histograms: bool) -> tuple[FloatArray, FloatArray | None]:
        splits = np.array(self._splits, dtype=np.int64).reshape(-1, 6)
        state = self._token, splits, node, self.binned.missing, self.scale, with_histograms
        totals = self.blocks.sum(part_and_sum, *state)
        return totals[0], totals[1] if with_histograms else None

    def leaf_sums(
        self, trees: Sequence[CodeTree], *, n_classes: int = 0, cutoff: float = NO_CUTOFF
    ) -> list[tuple[FloatArray, NDArray[np.bool_]]]:
        """Sum all rows by leaf in one pass; what blocks keep of the growth is given up.

        Parameters
        ----------
        trees : sequence of CodeTree
            Trees on the codes.

        n_classes : int, default=0
            Of how many classes the targets are probabilities, 0 for none.

        cutoff : float, default=NO_CUTOFF
            With two classes the second is decided above it.

        Returns
        -------
        sums_and_missing : list of (ndarray, ndarray)
            For each tree count, weight, squares, weighted targets and weighted decisions of each leaf,
            shape (n_nodes, 3 + n_outputs + n_classes), and whether a value is missing where a
            node asks for it.
        """
        plain = [(t.left, t.right, t.feature, t.code, t.missing_left) for t in trees]
        state = plain, self.binned.missing, self.scale, n_classes, cutoff
        totals = self.blocks.sum(sum_by_leaf, *state)
        return [(totals[2 * i], totals[2 * i + 1] > 0) for i in range(len(trees))]


def in_blocks(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None,
    counts: FloatArray | None,
    candidates: Sequence[FloatArray] | None,
    tables: Sequence[NDArray[np.uint64] | None] | None,
    *,
    largest: float | None = None,
) -> tuple[GrowthBlocks, Sketch]:
    """Cut rows in memory into blocks, as many as threads have use for.

    Parameters
    ----------
    Z, targets, weights, counts, candidates, tables
        As of `grow_tree`.

    largest : float or None, default=None
        Largest absolute target, where it is known.

    Returns
    -------
    rows : GrowthBlocks
        Codes, and targets in float32.

    sketch : Sketch
        Of the rows, as codes.
    """
    weights = None if weights is None or (weights == 1).all() else weights
    counts = None if counts is None or (counts == 1).all() else counts
    arrays = {"targets": np.ascontiguousarray(targets, dtype=_kind_of(targets))}
    if weights is not None:
        arrays["weights"] = weights
    if counts is not None:
        arrays["counts"] = counts
    told = arrays["targets"]
    numbers = Sketch.of_numbers(Z, weights, tables=tables, targets=told, counts=counts)
    if len(Z) <= SAMPLE_ROWS:
        binned = bin_rows(Z, weights, candidates)
    else:
        binned = code_rows(Z, numbered_thresholds(Z, numbers, candidates))
    arrays["codes"] = binned.codes
    sketch = numbers.with_rows(binned.codes[numbers.Z]).rounded()
    n_blocks = 1 if n_threads() == 1 else n_threads() * TURNS
    bounds = [len(Z) * i // n_blocks for i in range(n_blocks + 1)]
    blocks = MemoryBlocks(
        {name: array[a:b] for name, array in arrays.items()} for a, b in pairwise(bounds)
    )
    scale = Scale.of(blocks, largest=largest)
    return GrowthBlocks(blocks, binned.thresholds, binned.missing, scale), sketch


def _kind_of(targets: FloatArray) -> type[np.floating[Any]]:
    """Give float32, which blocks are in, unless it has no numbers of that size."""
    largest = max(float(targets.max()), -float(targets.min()))
    numbers = np.finfo(np.float32)
    fits = largest == 0 or float(numbers.tiny / numbers.eps) < largest < float(numbers.max)
    return np.float32 if fits else np.float64


def part_and_sum(
    block: Block,
    token: str,
    splits: NDArray[np.int64],
    node: int,
    missing: int,
    scale: Scale,
    with_histograms: bool,  # noqa: FBT001 - travels with the other state
) -> list[FloatArray]:
    """Part the rows of a block by all splits so far, and sum over those of a node."""
    from interpkd.learners import _kernels as kernels

    order = _order_of(block, token, kernels.CHUNK)
    sums = np.zeros(3 + scale.n_outputs)
    size = scale.n_outputs + (1 if scale.one_number else 2)
    n_features = block["codes"].shape[1] if with_histograms else 0
    cells = np.zeros((n_features, missing + 1, size))
    data = (block["codes"], *_data(block), scale.one_number, scale.magic, order.rows)
    added = NOBODY
    for parent, feature, code, missing_left, left, right in splits[order.n_done :].tolist():
        if order.n_done == len(splits) - 1:  # the rows of the new node are still near
            added = {left: 1, right: 2}.get(node, NOBODY)
        bounds = np.stack([order.bounds[parent]] * 3)
        split = np.array([feature, code, missing, missing_left])
        kernels.part_and_add(*data, bounds, split, added, sums, cells)
        order.bounds[left], order.bounds[right] = bounds[1], bounds[2]
        order.n_done += 1
    if added == NOBODY:
        none = np.empty(0, dtype=np.int64)
        kernels.part_and_add(*data, order.bounds[node][None], none, 0, sums, cells)
    return [sums, cells]


def sum_by_leaf(
    block: Block,
    trees: Sequence[Splits],
    missing: int,
    scale: Scale,
    n_classes: int,
    cutoff: float,
) -> list[NDArray[Any]]:
    """Sum the rows of a block by the leaves of trees, and count missing values by node."""
    from interpkd.learners import _kernels as kernels

    block.kept.pop(ORDER, None)
    given = []
    for tree in trees:
        sums = np.zeros((len(tree[0]), 3 + scale.n_outputs + n_classes))
        lost = np.zeros(len(tree[0]), dtype=np.int64)
        rows = *_data(block), scale.magic
        kernels.add_leaves(block["codes"], *rows, *tree, missing, cutoff, sums, lost)
        given += [sums, lost]
    return given


class _Order:
    """The rows of a block in chunks, those of each node together, as far as they are parted."""

    def __init__(self, n_rows: int, token: str, chunk: int) -> None:
        self.token = token
        self.n_done = 0
        self.rows = np.arange(n_rows).astype(np.uint16)  # chunk by chunk from 0 on
        starts = np.arange(0, n_rows, chunk)
        root = np.column_stack([starts, np.minimum(starts + chunk, n_rows)])
        self.bounds: dict[int, NDArray[np.int64]] = {0: root}


def _order_of(block: Block, token: str, chunk: int) -> _Order:
    """Give the rows of a block in order, as far as it is known."""
    order = block.kept.get(ORDER)
    if order is None or order.token != token:
        order = block.kept[ORDER] = _Order(len(block), token, chunk)
    return order


def _data(block: Block) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give targets, weights and counts of a block; empty ones are of ones."""
    ones = np.empty(0)
    targets = block["targets"]
    if targets.ndim == 1:
        targets = targets[:, None]
    return targets, block.arrays.get("weights", ones), block.arrays.get("counts", ones)


def _facts(block: Block, with_targets: bool) -> tuple[int, float, float, bool]:  # noqa: FBT001
    """Give outputs, the largest target and weight, and whether counts are not the weights."""
    targets = block["targets"]
    n_outputs = 1 if targets.ndim == 1 else targets.shape[1]
    largest = float(np.abs(targets).max()) if with_targets else 0.0
    if "weights" not in block:
        return n_outputs, largest, 1.0, "counts" in block
    return n_outputs, largest, float(block["weights"].max()), True
