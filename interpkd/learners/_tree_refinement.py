"""Refining a tree: every split is chosen again while the others stand still.

Tree alternating optimisation (Carreira-Perpiñán and Tavallali 2018). With the two subtrees of a
node fixed, each row that reaches it costs something on the left and something on the right, and
the best axis-aligned split is the boundary between codes where the sum of the differences is
lowest: one histogram finds it exactly. The training loss never rises.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective

WORTH = 1e-12
"""Smallest fall of the loss that counts as one, as a share of the weight of all rows."""


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
    """

    def __init__(self, binned: Binned, objective: Objective, min_samples_leaf: int) -> None:
        from interpkd.learners import _kernels

        self.kernels = _kernels
        self.binned, self.objective = binned, objective
        self.min_samples_leaf = min_samples_leaf
        self.n_bins = binned.n_bins
        self.worth = WORTH * float(objective.row_sums[:, 0].sum())
        self.columns = np.ascontiguousarray(binned.codes.T)
        self.all_rows = np.arange(len(binned.codes), dtype=np.int32)

    def route(self, tree: CodeTree, rows: NDArray[np.int32], start: int = 0) -> IntArray:
        """Give the leaf that each of some rows reaches from a node."""
        leaf: IntArray = self.kernels.route(
            self.binned.codes,
            rows,
            start,
            tree.left,
            tree.right,
            tree.feature,
            tree.code,
            tree.missing_left,
            self.binned.missing,
        )
        return leaf

    def node_sums(self, tree: CodeTree, leaf: IntArray) -> FloatArray:
        """Give the sums of the rows that pass through each node, counts in the last column."""
        columns = [*self.objective.row_sums.T, self.objective.counts]
        sums: FloatArray = np.stack(
            [np.bincount(leaf, c, len(tree.left)).astype(np.float64) for c in columns], axis=1
        )
        for node in tree.inner[::-1]:  # children come after their parents
            sums[node] = sums[tree.left[node]] + sums[tree.right[node]]
        return sums

    def loss(self, tree: CodeTree) -> float:
        """Give the loss of a tree whose leaves answer with their means."""
        sums = self.node_sums(tree, self.route(tree, self.all_rows))
        return float(self.objective.leaf_losses(sums[tree.leaves]).sum())

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
            new = self.loss(better)
            if new >= loss - self.worth:
                return tree
            tree = better
            if new > loss * (1 - least):
                return tree
            loss = new
        return tree

    def sweep(self, tree: CodeTree) -> CodeTree:
        """Choose every split again once, deepest first, leaves' answers held still."""
        leaf = self.route(tree, self.all_rows)
        sums = self.node_sums(tree, leaf)
        costs = self.objective.row_costs(self.objective.answers(sums), tree.leaves)
        rows_of = self.rows_of(tree)
        for node in tree.inner[::-1]:  # what is above a node changes after it, not before
            if len(rows_of[node]):
                tree = self._choose_again(tree, int(node), rows_of[node], costs)
        return self.without_thin_leaves(tree)

    def rows_of(self, tree: CodeTree) -> dict[int, NDArray[np.int32]]:
        """Give the rows that reach each node."""
        rows_of = {0: self.all_rows}
        for node in tree.inner:
            rows = rows_of[int(node)]
            goes_left = self._goes_left(tree, int(node), rows)
            rows_of[int(tree.left[node])] = rows[goes_left]
            rows_of[int(tree.right[node])] = rows[~goes_left]
        return rows_of

    def _choose_again(
        self, tree: CodeTree, node: int, rows: NDArray[np.int32], costs: FloatArray
    ) -> CodeTree:
        left = costs[rows, self.route(tree, rows, int(tree.left[node]))]
        right = costs[rows, self.route(tree, rows, int(tree.right[node]))]
        difference = left - right
        now = difference[self._goes_left(tree, node, rows)].sum()
        feature, code, missing_left, best = self.kernels.find_cost_split(
            self.columns,
            rows,
            difference,
            self.n_bins,
            self.binned.missing,
            self.binned.missing + 1,
        )
        if best < now - self.worth:
            return tree.with_split(node, feature, code, missing_left=missing_left)
        return tree

    def _goes_left(self, tree: CodeTree, node: int, rows: NDArray[np.int32]) -> NDArray[np.bool_]:
        code = self.columns[tree.feature[node]][rows]
        goes_left = code <= tree.code[node]
        goes_left[code == self.binned.missing] = tree.missing_left[node]
        return goes_left

    def reaching(self, tree: CodeTree, node: int) -> NDArray[np.int32]:
        """Give the rows that reach a node."""
        return self.rows_of(tree)[node]

    def without_thin_leaves(self, tree: CodeTree) -> CodeTree:
        """Drop splits with too few rows on a side; the larger side takes the node's place."""
        while tree.n_leaves > 1:
            count = self.node_sums(tree, self.route(tree, self.all_rows))[:, -1]
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
        while tree.n_leaves > n_leaves:
            sums = self.node_sums(tree, self.route(tree, self.all_rows))
            own = self.objective.leaf_losses(sums)
            kept, leaves = own.copy(), np.ones(len(own))
            for node in tree.inner[::-1]:
                children = [tree.left[node], tree.right[node]]
                kept[node], leaves[node] = kept[children].sum(), leaves[children].sum()
            inner = tree.inner
            # what a cut costs, by leaf that it saves, never more leaves than need be
            fits = leaves[inner] - 1 <= tree.n_leaves - n_leaves
            price = (own - kept)[inner] / (leaves[inner] - 1)
            tree = tree.cut(int(inner[fits][price[fits].argmin()]))
        return tree
