"""Growing a tree on soft targets, best split first, on histograms of codes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._binning import SAMPLE_ROWS, bin_rows
from interpkd.learners._code_tree import CodeTree
from interpkd.learners._growth_blocks import in_blocks
from interpkd.learners._growth_rows import GrowthRows, weigh
from interpkd.learners._settling import settle
from interpkd.learners._tree_model import LEAF, TreeModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._growth_blocks import GrowthBlocks
    from interpkd.learners._growth_rows import Growing, NodeRows
    from interpkd.learners._sketch import Sketch

NO_LIMIT = np.iinfo(np.int64).max
EPSILON = float(np.finfo(np.float64).eps)


def grow_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray | None,
    *,
    max_leaf_nodes: int | None,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float,
    monotonic_cst: NDArray[np.int8] | None = None,
    counts: FloatArray | None = None,
    candidates: Sequence[FloatArray] | None = None,
    tables: Sequence[NDArray[np.uint64] | None] | None = None,
) -> TreeModel:
    """Grow a tree best-first on target vectors.

    The criterion is squared error, summed over outputs. On probability vectors that is the Gini
    criterion of rows labelled by chance with their soft targets: a row with target ``p``
    contributes as much as rows of every class ``k`` with weight ``p[k]``.

    Up to 4096 different values of a feature each is a candidate for a threshold, and the tree is
    the one that scikit-learn grows, up to ties; above, quantiles are. Of equally good splits the one on the
    first feature is taken, at the lowest threshold. The result does not depend on the number of
    threads.

    Of more than 200,000 rows the quantiles are those of a sketch, sums are exact (of targets in
    float32), and the thresholds are placed again when the tree is grown, see `settle`; not under
    monotone constraints nor with `min_impurity_decrease`. The tree then does not depend on the
    order of the rows either, and is that of `grow_tree_blocks`.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Target vectors.

    weights : ndarray of shape (n_samples,) or None
        Row weights, above 0; None for one each.

    max_leaf_nodes, max_depth : int or None
        Size limits; None for none.

    min_samples_leaf : int
        Fewest rows in a leaf.

    min_impurity_decrease : float
        Smallest decrease of impurity, weighted by the node's share of the weight, that is worth
        a split.

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        1, 0 or -1 per feature: the single output may only rise, is free, may only fall along the
        known values of the feature. Missing values take whichever side is better.

    counts : ndarray of shape (n_samples,) or None, default=None
        How many rows each row counts for in `min_samples_leaf`: 0 for a generated one. None for
        one each.

    candidates : sequence of ndarray or None, default=None
        Per feature, rising: thresholds to take where the values leave a choice, such as those of
        an ensemble of trees that is imitated.

    tables : sequence of (ndarray of uint64 or None) or None, default=None
        Per feature, the hash of the category of each code, see `Sketch.of`; None for numbers.

    Returns
    -------
    tree : TreeModel
        The tree, values as in the leaves after constraints. Nodes are numbered in the order in
        which they were made, depth first without a limit on the leaves.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and regression trees",
       Wadsworth 1984.
    .. [2] G. Ke et al., "LightGBM: a highly efficient gradient boosting decision tree", NeurIPS
       2017, for histograms and the subtraction of the smaller child.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import grow_tree
    >>> Z = np.arange(8.0)[:, None]
    >>> tree = grow_tree(
    ...     Z, np.where(Z < 3, 1.0, 5.0), None, max_leaf_nodes=2, max_depth=None,
    ...     min_samples_leaf=1, min_impurity_decrease=0.0,
    ... )
    >>> float(tree.threshold[0])
    2.5
    """
    limits = limits_of(max_leaf_nodes, max_depth, min_samples_leaf, min_impurity_decrease)
    if len(Z) > SAMPLE_ROWS:
        rows, sketch = in_blocks(Z, targets, weights, counts, candidates, tables)
        return grow_on_blocks(rows, sketch, limits, monotonic_cst)
    grown_on = bin_rows(Z, weights, candidates), weigh(targets, weights), weights, counts
    grower = Grower(GrowthRows(*grown_on), limits, signs=monotonic_cst)
    grower.grow([grower.data.all_rows()])
    return grower.model()


def grow_on_blocks(
    rows: GrowthBlocks, sketch: Sketch, limits: Limits, signs: NDArray[np.int8] | None
) -> TreeModel:
    """Grow a tree on rows in blocks, and settle its thresholds; `sketch` is of codes."""
    grower = Grower(rows, limits, signs=signs)
    grower.grow([rows.all_rows()])
    if signs is None and limits.min_decrease == 0:
        settle(grower, rows, sketch)
    return grower.model()


@dataclass(frozen=True)
class Limits:
    """Size limits of a growth."""

    max_leaf_nodes: int
    max_depth: int
    min_samples_leaf: int
    min_decrease: float


def limits_of(
    max_leaf_nodes: int | None, max_depth: int | None, min_samples_leaf: int, min_decrease: float
) -> Limits:
    """Give the limits of a growth, None for none."""
    return Limits(
        NO_LIMIT if max_leaf_nodes is None else max_leaf_nodes,
        NO_LIMIT if max_depth is None else max_depth,
        min_samples_leaf,
        min_decrease,
    )


@dataclass
class _Node:
    """A node of the growing tree; as long as it is a leaf, with the best way to split it."""

    number: int
    depth: int
    known: NodeRows | None
    sums: FloatArray
    low: float = -np.inf  # bounds of the mean under monotone constraints
    high: float = np.inf
    feature: int = -1
    code: int = 0
    missing_left: bool = False
    threshold: float = np.nan
    left: int = LEAF
    right: int = LEAF

    @property
    def mean(self) -> FloatArray:
        """The mean target within the bounds, shape (n_outputs,)."""
        mean: FloatArray = np.clip(self.sums[3:] / self.sums[1], self.low, self.high)
        return mean

    @property
    def impurity(self) -> float:
        """Mean squared distance of the targets to their mean, summed over outputs."""
        mean = self.sums[3:] / self.sums[1]
        return float(max(self.sums[2] / self.sums[1] - mean @ mean, 0.0))


class Grower:
    """One growth: the nodes made so far and the leaves that are worth a split.

    Parameters
    ----------
    data : GrowthRows or GrowthBlocks
        The rows.

    limits : Limits
        Size limits.

    signs : ndarray of shape (n_features,) or None, default=None
        Monotone constraints.

    entropy : bool, default=False
        Whether to lower the entropy of probabilities and not the squared error.
    """

    def __init__(
        self,
        data: Growing,
        limits: Limits,
        *,
        signs: NDArray[np.int8] | None = None,
        entropy: bool = False,
    ) -> None:
        self.data, self.limits, self.entropy = data, limits, entropy
        self.signs = np.zeros(len(data.n_bins), np.int8) if signs is None else signs
        self.nodes: list[_Node] = []
        self.queue: list[tuple[float, int]] = []

    def grow(
        self,
        roots: list[Any],
        *,
        first_features: NDArray[np.bool_] | None = None,
        depths: list[int] | None = None,
    ) -> None:
        """Split the leaf that lowers the loss most, until none is worth it.

        Parameters
        ----------
        roots : list
            Rows of each root; all share the limit of leaves.

        first_features : ndarray of bool of shape (n_features,) or None, default=None
            Features that the roots may be split on.

        depths : list of int or None, default=None
            How deep each root is already; None for 0.
        """
        levels = [0] * len(roots) if depths is None else depths
        first = [self._add(one, self.data.begin(r)) for one, r in zip(levels, roots, strict=True)]
        for node in first:
            self._consider(node, first_features)
        n_leaves = len(roots)
        while self.queue and n_leaves < self.limits.max_leaf_nodes:
            node = self.nodes[heapq.heappop(self.queue)[1]]
            n_leaves += 1
            is_last = n_leaves == self.limits.max_leaf_nodes
            for child in self._split(node, is_last=is_last):
                if not is_last:
                    self._consider(child)
        for node in self.nodes:
            node.known = None

    def _add(self, depth: int, known: NodeRows) -> _Node:
        node = _Node(len(self.nodes), depth, known, known.sums)
        self.nodes.append(node)
        return node

    def _consider(self, node: _Node, features: NDArray[np.bool_] | None = None) -> None:
        """Find the best split of a leaf, and queue the leaf when the split is worth it."""
        limits, known = self.limits, node.known
        is_small = node.sums[0] < 2 * limits.min_samples_leaf
        is_done = is_small or node.depth >= limits.max_depth or node.impurity <= EPSILON
        if is_done or known is None:
            node.known = None
            return
        if known.histograms is None:
            known = node.known = replace(known, histograms=self.data.histograms(known.rows))
        node.feature, node.code, node.missing_left, score = self.data.kernels.find_split(
            known.histograms,
            self.data.weight_at,
            self.data.n_bins if features is None else self.data.n_bins * features,
            self.data.binned.missing,
            limits.min_samples_leaf,
            self.signs,
            node.low,
            node.high,
            self.entropy,
        )
        if node.feature < 0:
            node.known = None  # it stays a leaf
            return
        cell = np.delete(node.sums, 2)
        decrease = score - self.data.kernels.score(cell, 1, node.low, node.high, self.entropy)
        if decrease / self.nodes[0].sums[1] + EPSILON < limits.min_decrease:
            node.known = None
            return
        heapq.heappush(self.queue, (-decrease, node.number))

    def _split(self, node: _Node, *, is_last: bool) -> tuple[_Node, _Node]:
        known, node.known = node.known, None
        if known is None or known.histograms is None:  # a leaf in the queue always has them
            msg = f"node {node.number} lost its histograms"
            raise RuntimeError(msg)
        node.threshold = self._threshold(node, known.histograms)
        parted = self.data.split(
            known, node.feature, node.code, missing_left=node.missing_left, is_last=is_last
        )
        left, right = (self._add(node.depth + 1, one) for one in parted)
        self._bound(node, left, right)
        node.left, node.right = left.number, right.number
        return left, right

    def _bound(self, node: _Node, left: _Node, right: _Node) -> None:
        """Hand the bounds on; at a constrained split the middle keeps the two sides apart."""
        left.low = right.low = node.low
        left.high = right.high = node.high
        sign = self.signs[node.feature]
        if sign == 0:
            return
        middle = float(left.mean[0] + right.mean[0]) / 2
        below, above = (left, right) if sign > 0 else (right, left)
        below.high = above.low = middle

    def _threshold(self, node: _Node, histograms: FloatArray) -> float:
        """Give the threshold of a split; infinite when it parts missing from known values."""
        binned, feature = self.data.binned, node.feature
        cells = histograms[feature, : len(binned.thresholds[feature]) + 1]
        weight = cells[:, self.data.weight_at]
        after = np.flatnonzero(weight[node.code + 1 :] > self.data.kernels.NOTHING)
        if not len(after):
            return np.inf
        if binned.values is None:
            return float(binned.thresholds[feature][node.code])
        values = binned.values[feature]
        first = node.code + 1 + after[0]
        return binned.threshold_between(feature, float(values[node.code]), float(values[first]))

    def model(self) -> TreeModel:
        """Give the tree as arrays, nodes in scikit-learn's order."""
        is_limited = self.limits.max_leaf_nodes != NO_LIMIT
        nodes = self.nodes if is_limited else self._depth_first()
        place = {node.number: i for i, node in enumerate(nodes)} | {LEAF: LEAF}
        inner = np.array([node.left != LEAF for node in nodes])
        return TreeModel(
            left=np.array([place[node.left] for node in nodes]),
            right=np.array([place[node.right] for node in nodes]),
            feature=np.where(inner, [node.feature for node in nodes], -1),
            threshold=np.array([node.threshold for node in nodes]),
            missing_left=inner & [node.missing_left for node in nodes],
            value=np.array([node.mean for node in nodes]),
            weight=np.array([node.sums[1] for node in nodes]),
            n_rows=np.array([round(node.sums[0]) for node in nodes]),
            impurity=np.array([node.impurity for node in nodes]),
        )

    def code_tree(self, root: int = 0) -> CodeTree:
        """Give what grew from one of the roots as a tree on codes, depth first."""
        return self._as_code_tree(self._depth_first(root))

    def code_tree_in_order(self) -> CodeTree:
        """Give what grew as a tree on codes, nodes in the order in which they were made."""
        return self._as_code_tree(self.nodes)

    @staticmethod
    def _as_code_tree(nodes: list[_Node]) -> CodeTree:
        place = {node.number: i for i, node in enumerate(nodes)} | {LEAF: LEAF}
        return CodeTree(
            left=np.array([place[node.left] for node in nodes]),
            right=np.array([place[node.right] for node in nodes]),
            feature=np.array([node.feature for node in nodes]),
            code=np.array([node.code for node in nodes]),
            missing_left=np.array([node.missing_left for node in nodes]),
        )

    def _depth_first(self, root: int = 0) -> list[_Node]:
        order, todo = [], [root]
        while todo:
            node = self.nodes[todo.pop()]
            order.append(node)
            if node.left != LEAF:
                todo += [node.right, node.left]
        return order
