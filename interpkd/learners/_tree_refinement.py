"""Refining a tree: every split is chosen again while the others stand still.

Tree alternating optimisation (Carreira-Perpiñán and Tavallali 2018). With the two subtrees of a
node fixed, each row that reaches it costs something on the left and something on the right, and
the best axis-aligned split is the boundary between codes where the sum of the differences is
lowest: one histogram finds it exactly. The training loss never rises.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._code_tree import A_LEAF
from interpkd.learners._monotone import ordered_values, pairs_of_codes, with_last
from interpkd.learners._tree_model import LEAF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective

WORTH = 1e-12
"""Smallest fall of the loss that counts as one, as a share of the weight of all rows."""

NO_WEIGHT = float(np.finfo(np.float64).tiny)


class Refiner:
    """Refines, prunes and judges trees on one transfer set.

    Parameters
    ----------
    binned : Binned
        The rows as codes.

    objective : Objective
        The loss.

    min_samples_leaf : int
        Fewest rows in a leaf.

    signs : ndarray of shape (n_features,) or None, default=None
        Monotone constraints on the last output: leaves whose means break them answer with the
        nearest values that do not, and are judged by these.
    """

    def __init__(
        self,
        binned: Binned,
        objective: Objective,
        min_samples_leaf: int,
        signs: NDArray[np.int8] | None = None,
    ) -> None:
        from interpkd.learners import _search_kernels

        self.kernels: Any = _search_kernels
        self.binned, self.objective, self.signs = binned, objective, signs
        self.min_samples_leaf = min_samples_leaf
        self.n_bins = binned.n_bins
        self.worth = WORTH * float(objective.row_sums[:, 0].sum())
        self.columns = np.ascontiguousarray(binned.codes.T)
        self.features = np.arange(len(self.columns))
        self.rows = self.all_rows = np.arange(len(binned.codes), dtype=np.int32)
        self.forget()

    def of(self, rows: NDArray[np.int32]) -> Refiner:
        """Give the same for some of the rows, such as those that reach a node."""
        part = copy(self)
        part.rows = rows
        part.forget()
        return part

    def forget(self) -> None:
        """Forget what is known of the last tree."""
        self._last: tuple[CodeTree, FloatArray] | None = None
        self._parted: tuple[CodeTree, dict[int, NDArray[np.int32]]] | None = None

    def route(self, tree: CodeTree, rows: NDArray[np.int32]) -> IntArray:
        """Give the leaf that each of some rows reaches."""
        leaf: IntArray = self.kernels.route(
            self.binned.codes, rows, *self._splits(tree), self.binned.missing
        )
        return leaf

    def node_sums(self, tree: CodeTree) -> FloatArray:
        """Give the sums of the rows that pass through each node, counts in the last column."""
        if self._last is None or self._last[0] is not tree:
            sums = self.kernels.sum_by_node(
                self.binned.codes,
                self.rows,
                self.objective.row_sums,
                self.objective.counts,
                *self._splits(tree),
                self.binned.missing,
            )
            self._last = tree, sums
        return self._last[1]

    def answers(self, tree: CodeTree) -> FloatArray:
        """Give what each node answers: its mean, unless monotone constraints forbid it."""
        sums = self.node_sums(tree)
        answers = self.objective.answers(sums)
        if self.signs is None:
            return answers
        pairs = pairs_of_codes(tree, self.n_bins, self.signs)
        return with_last(answers, ordered_values(answers[:, -1], sums[:, 0], pairs))

    def loss(self, tree: CodeTree) -> float:
        """Give the loss of a tree."""
        answers = None if self.signs is None else self.answers(tree)[tree.leaves]
        return float(self.objective.leaf_losses(self.node_sums(tree)[tree.leaves], answers).sum())

    def refine(self, tree: CodeTree, max_sweeps: int = 20, least: float = 1e-4) -> CodeTree:
        """Sweep over all splits, deepest first, until a sweep gains next to nothing.

        Parameters
        ----------
        tree : CodeTree
            The tree to refine.

        max_sweeps : int, default=20
            Most sweeps.

        least : float, default=1e-4
            Share of the loss that a sweep must gain for another one to follow.

        Returns
        -------
        tree : CodeTree
            A tree of at most as many leaves and at most the same loss.
        """
        loss = self.loss(tree)
        for _ in range(max_sweeps):
            better = self.sweep(tree)
            if better.has_splits_of(tree):
                return better  # nothing moved, and it is known of more nodes that they stay
            new = self.loss(better)
            if new >= loss - self.worth:
                return tree
            tree = better
            if new > loss * (1 - least):
                return tree
            loss = new
        return tree

    def sweep(self, tree: CodeTree) -> CodeTree:
        """Choose every split again that may change, deepest first, leaves' answers held still."""
        answers = self.answers(tree)
        settled = np.zeros(len(tree.left), bool) if tree.settled is None else tree.settled.copy()
        feature, code = tree.feature.copy(), tree.code.copy()
        missing_left = tree.missing_left.copy()
        self.kernels.sweep(
            self.binned.codes,
            self.columns,
            self.features,
            self.rows,
            self.objective.row_sums,
            self.objective.prices(answers),
            answers[:, -1].copy(),
            np.zeros(0, np.int8) if self.signs is None else self.signs,
            self.n_bins,
            self.binned.missing,
            self.worth,
            tree.left,
            tree.right,
            feature,
            code,
            missing_left,
            settled,
        )
        new = replace(tree, feature=feature, code=code, missing_left=missing_left, settled=settled)
        return self.without_thin_leaves(new)

    def rows_of(self, tree: CodeTree) -> dict[int, NDArray[np.int32]]:
        """Give the rows that reach each node."""
        if self._parted is None or self._parted[0] is not tree:
            order, first, last = self.kernels.part_rows(
                self.binned.codes, self.rows, *self._splits(tree), self.binned.missing
            )
            rows = {node: order[first[node] : last[node]] for node in range(len(tree.left))}
            self._parted = tree, rows
        return self._parted[1]

    def grafted(self, tree: CodeTree, node: int, part: CodeTree, sums: FloatArray) -> CodeTree:
        """Give the tree with another part under a node, whose node sums are known."""
        known = self.node_sums(tree)
        new, origin = tree.grafted({node: part}, keeps_settled=True)
        self._last = new, np.array([known[i] if graft < 0 else sums[i] for graft, i in origin])
        return new

    @staticmethod
    def _splits(tree: CodeTree) -> tuple[Any, ...]:
        return tree.left, tree.right, tree.feature, tree.code, tree.missing_left

    def without_thin_leaves(self, tree: CodeTree) -> CodeTree:
        """Drop splits with too few rows on a side; the larger side takes the node's place."""
        while tree.n_leaves > 1:
            count = self.node_sums(tree)[:, -1]
            thin = [leaf for leaf in tree.leaves if count[leaf] < self.min_samples_leaf]
            if not thin:
                return tree
            leaf = min(thin, key=lambda one: count[one])
            above = int(np.flatnonzero((tree.left == leaf) | (tree.right == leaf))[0])
            sibling = tree.right[above] if tree.left[above] == leaf else tree.left[above]
            tree = tree.with_subtree(above, tree, int(sibling))
        return tree

    def prune(self, tree: CodeTree, n_leaves: int) -> CodeTree:
        """Cut the weakest link until the leaves are few enough (Breiman et al. 1984, 3.3)."""
        if tree.n_leaves <= n_leaves:
            return tree
        links = _Links(tree, self.objective.leaf_losses(self.node_sums(tree)))
        while links.leaves[0] > n_leaves:
            # never more leaves than need be
            links.cut_weakest(int(links.leaves[0]) - n_leaves)
        known = self.node_sums(tree)
        new, origin = tree.grafted(dict.fromkeys(links.cuts, A_LEAF))
        self._last = new, known[[i if cut < 0 else cut for cut, i in origin]]
        return new

    def without_weak_links(self, tree: CodeTree, worth: float) -> CodeTree:
        """Cut what lowers the squared error by less than `worth` a split, weakest link first."""
        sums = self.node_sums(tree)
        total = sums[:, 1 : 1 + self.objective.n_outputs]
        links = _Links(tree, -(total**2).sum(axis=1) / np.maximum(sums[:, 0], NO_WEIGHT))
        while links.leaves[0] > 1 and links.weakest()[1] < worth - self.worth:
            links.cut_weakest(tree.n_leaves)
        return tree.cut(*links.cuts)


class _Links:
    """What it would cost to cut a tree at each split, while it is being pruned.

    Parameters
    ----------
    tree : CodeTree
        The tree.

    own : ndarray of shape (n_nodes,)
        What each node would lose as a leaf.
    """

    def __init__(self, tree: CodeTree, own: FloatArray) -> None:
        self.tree, self.own = tree, own
        self.kept, self.leaves = own.copy(), np.ones(len(own))
        self.above = np.full(len(own), LEAF)
        for node in tree.inner[::-1]:  # children come after their parents
            children = [tree.left[node], tree.right[node]]
            self.above[children] = node
            self.kept[node] = self.kept[children].sum()
            self.leaves[node] = self.leaves[children].sum()
        self.is_inner = tree.left != LEAF
        self.cuts: list[int] = []

    def weakest(self, most: float = np.inf) -> tuple[int, float]:
        """Give the split that costs least by leaf that it saves, of those that save few enough."""
        nodes = np.flatnonzero(self.is_inner & (self.leaves - 1 <= most))
        price = (self.own - self.kept)[nodes] / (self.leaves[nodes] - 1)
        return int(nodes[price.argmin()]), float(price.min())

    def cut_weakest(self, most: float) -> None:
        """Cut there."""
        node, _ = self.weakest(most)
        below = list(self.tree.below(node))
        self.cuts = [one for one in self.cuts if one not in below] + [node]
        self.is_inner[below] = False
        saved, cost = self.leaves[node] - 1, self.own[node] - self.kept[node]
        while node != LEAF:
            self.leaves[node] -= saved
            self.kept[node] += cost
            node = int(self.above[node])
