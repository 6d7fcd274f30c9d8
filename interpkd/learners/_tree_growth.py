"""Growing a tree on soft targets, best split first."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._binning import Binned, between, bin_rows
from interpkd.learners._tree_model import LEAF, TreeModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

EPSILON = np.finfo(np.float64).eps


@dataclass
class _Node:
    """A leaf of the growing tree, with the best way to split it."""

    number: int
    depth: int
    rows: NDArray[np.int32]
    stats: FloatArray  # count, weight, weighted target sums
    low: float  # bounds of the mean under monotone constraints
    high: float
    hist: FloatArray | None = None
    feature: int = -1
    code: int = 0
    missing_left: bool = False
    decrease: float = 0.0


@dataclass(frozen=True)
class _Limits:
    max_leaf_nodes: int
    max_depth: int
    min_samples_leaf: int
    min_decrease: float


def grow_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    max_leaf_nodes: int | None,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float,
    monotonic_cst: NDArray[np.int8] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> TreeModel:
    """Grow."""
    del random_state
    binned = bin_rows(Z)
    limits = _Limits(
        np.iinfo(np.int64).max if max_leaf_nodes is None else max_leaf_nodes,
        np.iinfo(np.int64).max if max_depth is None else max_depth,
        min_samples_leaf,
        min_impurity_decrease,
    )
    signs = np.zeros(Z.shape[1], np.int8) if monotonic_cst is None else monotonic_cst
    return _Grower(binned, targets, weights, limits, signs).grow()


class _Grower:
    """The state of one growth."""

    def __init__(
        self, binned: Binned, targets: FloatArray, weights: FloatArray, limits: _Limits, signs: Any
    ) -> None:
        from interpkd.learners import _kernels

        self.kernels = _kernels
        self.binned, self.limits, self.signs = binned, limits, signs
        self.targets = np.ascontiguousarray(targets, dtype=np.float64)
        self.weights = np.ascontiguousarray(weights, dtype=np.float64)
        self.squares = (self.targets**2).sum(axis=1) * self.weights
        self.best_first = limits.max_leaf_nodes < np.iinfo(np.int64).max
        self.n_bins = binned.n_bins
        self.n_codes = binned.missing + 1
        self.nodes: list[_Node] = []
        self.children: dict[int, tuple[int, int, float]] = {}

    def grow(self) -> TreeModel:
        rows = np.arange(len(self.weights), dtype=np.int32)
        root = self._node(0, rows, -np.inf, np.inf)
        root.hist = self._histograms(rows)
        heap: list[tuple[float, int]] = []
        self._consider(root, heap)
        n_leaves = 1
        while heap and n_leaves < self.limits.max_leaf_nodes:
            _, number = heapq.heappop(heap)
            node = self.nodes[number]
            for child in self._split(node):
                self._consider(child, heap)
            node.hist = None
            n_leaves += 1
        return self._model()

    def _node(self, depth: int, rows: Any, low: float, high: float) -> _Node:
        stats = np.empty(2 + self.targets.shape[1])
        w = self.weights[rows]
        stats[0], stats[1] = len(rows), w.sum()
        stats[2:] = w @ self.targets[rows]
        node = _Node(len(self.nodes), depth, rows, stats, low, high)
        self.nodes.append(node)
        return node

    def _histograms(self, rows: Any) -> FloatArray:
        return self.kernels.sum_histograms(
            self.binned.codes, self.targets, self.weights, rows, self.n_codes
        )

    def _consider(self, node: _Node, heap: list[tuple[float, int]]) -> None:
        """Find the best split of a leaf, and queue it when it is worth one."""
        limits = self.limits
        if node.depth >= limits.max_depth or len(node.rows) < 2 * limits.min_samples_leaf:
            return
        own = self.kernels._score(node.stats, node.low, node.high)
        if self._impurity(node) <= EPSILON:
            return
        if node.hist is None:
            node.hist = self._histograms(node.rows)
        node.feature, node.code, node.missing_left, score = self.kernels.find_split(
            node.hist, self.n_bins, self.binned.missing, limits.min_samples_leaf, self.signs,
            node.low, node.high,
        )
        if node.feature < 0:
            return
        node.decrease = score - own
        if node.decrease / self.nodes[0].stats[1] + EPSILON >= limits.min_decrease:
            heapq.heappush(heap, (-node.decrease, node.number))

    def _split(self, node: _Node) -> tuple[_Node, _Node]:
        left_rows, right_rows = self.kernels.split_rows(
            self.binned.codes, node.rows, node.feature, node.code, self.binned.missing,
            node.missing_left,
        )
        left = self._node(node.depth + 1, left_rows, node.low, node.high)
        right = self._node(node.depth + 1, right_rows, node.low, node.high)
        sign = self.signs[node.feature]
        if sign:
            middle = (self._mean(left)[0] + self._mean(right)[0]) / 2
            if sign > 0:
                left.high, right.low = middle, middle
            else:
                left.low, right.high = middle, middle
        self.children[node.number] = (left.number, right.number, self._threshold(node))
        small, large = (left, right) if len(left_rows) < len(right_rows) else (right, left)
        assert node.hist is not None
        # summing again is cheaper than keeping the cells of a node with few rows
        if len(large.rows) * self.binned.codes.shape[1] > node.hist[..., 0].size:
            small.hist = self._histograms(small.rows)
            large.hist = node.hist - small.hist
        return left, right

    def _threshold(self, node: _Node) -> float:
        """Give the threshold between the last code on the left and the first on the right."""
        if node.code == self.n_bins[node.feature] - 1:
            return float("inf")
        if self.binned.values is None:
            return float(self.binned.thresholds[node.feature][node.code])
        assert node.hist is not None
        there = node.hist[node.feature, : self.n_bins[node.feature], 0]
        after = np.flatnonzero(there[node.code + 1 :] > 0.5)
        if not len(after):
            return float("inf")
        values = self.binned.values[node.feature]
        first = node.code + 1 + int(after[0])
        return float(between(values[[node.code]], values[[first]])[0])

    def _mean(self, node: _Node) -> FloatArray:
        return np.clip(node.stats[2:] / node.stats[1], node.low, node.high)

    def _impurity(self, node: _Node) -> float:
        mean = node.stats[2:] / node.stats[1]
        return float(max(self.squares[node.rows].sum() / node.stats[1] - mean @ mean, 0.0))

    def _depth_first(self) -> list[int]:
        """Number the nodes as scikit-learn does when leaves are not limited."""
        order: list[int] = []
        todo = [0]
        while todo:
            number = todo.pop()
            order.append(number)
            if number in self.children:
                left, right, _ = self.children[number]
                todo += [right, left]
        return order

    def _model(self) -> TreeModel:
        order = list(range(len(self.nodes))) if self.best_first else self._depth_first()
        place = {number: i for i, number in enumerate(order)}
        nodes = [self.nodes[number] for number in order]
        split = [self.children.get(node.number) for node in nodes]
        return TreeModel(
            left=np.array([LEAF if s is None else place[s[0]] for s in split]),
            right=np.array([LEAF if s is None else place[s[1]] for s in split]),
            feature=np.array([-1 if s is None else n.feature for s, n in zip(split, nodes, strict=True)]),
            threshold=np.array([np.nan if s is None else s[2] for s in split]),
            missing_left=np.array([s is not None and n.missing_left for s, n in zip(split, nodes, strict=True)]),
            value=np.array([self._mean(node) for node in nodes]),
            weight=np.array([node.stats[1] for node in nodes]),
            n_rows=np.array([len(node.rows) for node in nodes]),
            impurity=np.array([self._impurity(node) for node in nodes]),
        )
