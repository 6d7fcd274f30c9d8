"""Searching for a tree of many rows at about the cost of growing one.

A sample says which splits belong together, all rows say where exactly they lie. So the rows are
coded once; a sample of the codes is searched on, what was found is refined on a larger one, and
judged on all rows beside the tree that grows on all rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._binning import bin_rows
from interpkd.learners._growth_rows import GrowthRows, weigh
from interpkd.learners._monotone import in_order
from interpkd.learners._objective import decided_shares, row_objective
from interpkd.learners._threads import share
from interpkd.learners._tree_growth import Grower
from interpkd.learners._tree_model import LEAF, TreeModel
from interpkd.learners._tree_refinement import Refiner
from interpkd.learners._tree_search import EFFORTS, search_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective
    from interpkd.learners._tree_growth import Limits

SEARCH_ROWS = 40_000
"""Most rows that are searched on; of more, a sample is."""

MANY_ROWS = 200_000
"""Of more rows the sample is smaller, and searched on less, so that growth stays the dearest part."""

SAMPLE_ROWS = 8_000
"""Fewest rows of the sample ..."""

LEAF_ROWS = 250
"""... fewest for each leaf ..."""

ROWS_PER_SEARCHED = 125
"""... and one row in so many at least: searching on one costs about as much as growing on these."""

REFINE_ROWS = 100_000
"""Most rows that what was found is refined on."""

REFINE_SWEEPS = 2
"""Most sweeps of that."""


class LargeSearch:
    """A search on a sample of many rows.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Class probabilities, or the values of a regression in one column.

    weights : ndarray of shape (n_samples,)
        Row weights, above 0.

    counts : ndarray of shape (n_samples,) or None
        How many rows each row counts for; None for one each.

    candidates : sequence of ndarray or None
        Per feature, thresholds to take where the values leave a choice.

    limits : Limits
        Size limits.

    signs : ndarray of shape (n_features,) or None
        Monotone constraints on the last output.

    is_regression : bool
        What the targets are.

    cutoff : float
        With two classes the second is decided above it.
    """

    def __init__(
        self,
        Z: FloatArray,
        targets: FloatArray,
        weights: FloatArray,
        counts: FloatArray | None,
        candidates: Sequence[FloatArray] | None,
        limits: Limits,
        *,
        signs: NDArray[np.int8] | None,
        is_regression: bool,
        cutoff: float,
    ) -> None:
        from interpkd.learners import _kernels

        self.kernels = _kernels
        self.binned = bin_rows(Z, weights, candidates)
        self.targets, self.weights, self.counts = targets, weights, counts
        self.limits, self.signs = limits, signs
        self.is_regression, self.cutoff = is_regression, cutoff

    def fit(self, effort: str, **how: Any) -> TreeModel:
        """Search, and grow on all rows; give the tree of the lower loss on all rows.

        Parameters
        ----------
        effort : {"refined", "balanced", "thorough"}
            How hard to search. Of more than `MANY_ROWS` only the last has several starts,
            perturbations and `SEARCH_ROWS` rows; the others refine one start on fewer.

        **how : dict
            What else `search_tree` takes.

        Returns
        -------
        tree : TreeModel
            The tree; its values are mean targets of all rows.
        """
        found, objective = self._search(effort, **how)
        judged = [self._judge(tree, objective) for tree in (found, self._grow())]
        return min(judged, key=lambda pair: pair[0])[1]

    def _search(self, effort: str, **how: Any) -> tuple[CodeTree, Objective]:
        """Search on a sample, then refine on a larger one; give the loss that was lowered."""
        n, limits, rng = len(self.weights), self.limits, np.random.default_rng(0)
        is_whole = effort == "thorough" or n <= MANY_ROWS
        enough = max(SAMPLE_ROWS, LEAF_ROWS * limits.max_leaf_nodes, n // ROWS_PER_SEARCHED)
        n_rows = SEARCH_ROWS if is_whole else min(enough, SEARCH_ROWS)
        binned, objective = self._sample(rng, n_rows)
        chosen = EFFORTS[effort if is_whole else "refined"]
        tree, searched = search_tree(
            binned, objective, limits, effort=chosen, signs=self.signs, **how
        )
        binned, objective = self._sample(rng, min(n, REFINE_ROWS))
        objective = replace(objective, decision_weight=searched.decision_weight)
        refiner = Refiner(binned, objective, limits.min_samples_leaf, signs=self.signs)
        unsettled = replace(tree, settled=None)  # what stays on the sample may move on more rows
        return refiner.refine(unsettled, max_sweeps=REFINE_SWEEPS), objective

    def _sample(self, rng: np.random.Generator, n_rows: int) -> tuple[Binned, Objective]:
        on = rng.choice(len(self.weights), n_rows, replace=False, shuffle=False)
        on.sort()
        objective = row_objective(
            self.targets[on],
            self.weights[on],
            is_regression=self.is_regression,
            cutoff=self.cutoff,
            counts=None if self.counts is None else self.counts[on],
        )
        return replace(self.binned, codes=self.binned.codes[on]), objective

    def _grow(self) -> CodeTree:
        # of two probabilities one says it all, and has half the impurity
        n_outputs = self.targets.shape[1]
        told = self.targets[:, 1:] if n_outputs == 2 else self.targets
        rows = GrowthRows(self.binned, weigh(told, self.weights), self.weights, self.counts)
        least = self.limits.min_decrease * told.shape[1] / n_outputs
        grower = Grower(rows, replace(self.limits, min_decrease=least), signs=self.signs)
        grower.grow([np.arange(len(self.weights), dtype=np.int32)])
        return grower.code_tree()

    def _judge(self, tree: CodeTree, objective: Objective) -> tuple[float, TreeModel]:
        """Give the loss of a tree on all rows, up to a constant, and the tree in values."""
        sums, has_missing = self._leaf_sums(tree)
        for node in tree.inner[::-1]:  # children come after their parents
            sums[node] = sums[tree.left[node]] + sums[tree.right[node]]
        K = self.targets.shape[1]
        n_rows = np.rint(sums[:, -1]).astype(np.int64)
        value, squares = sums[:, 1 : 1 + K] / sums[:, :1], sums[:, 1 + K] / sums[:, 0]
        is_inner = tree.left != LEAF
        threshold = np.full(len(tree.left), np.nan)
        for node in tree.inner:  # a code beyond the last threshold parts missing values from others
            known = self.binned.thresholds[tree.feature[node]]
            threshold[node] = known[tree.code[node]] if tree.code[node] < len(known) else np.inf
        # where nothing is known of missing values they follow the larger side
        to_larger = n_rows[tree.left] > n_rows[tree.right]
        model = TreeModel(
            left=tree.left,
            right=tree.right,
            feature=np.where(is_inner, tree.feature, -1),
            threshold=threshold,
            missing_left=is_inner & np.where(has_missing, tree.missing_left, to_larger),
            value=value,
            weight=sums[:, 0],
            n_rows=n_rows,
            impurity=np.maximum(squares - (value**2).sum(axis=1), 0.0),
        )
        if self.signs is not None:
            model = in_order(model, self.signs)
        leaves = tree.leaves
        return float(objective.leaf_losses(sums[leaves], model.value[leaves]).sum()), model

    def _leaf_sums(self, tree: CodeTree) -> tuple[FloatArray, NDArray[np.bool_]]:
        """Sum all rows by leaf, and tell where a value is missing that a node asks for."""
        n, n_nodes, block = len(self.weights), len(tree.left), self.kernels.BLOCK
        n_blocks = -(-n // block)
        leaf, lost = np.empty(n, dtype=np.int64), np.zeros((n_blocks, n_nodes), dtype=np.int64)
        parts: list[FloatArray] = [np.empty(0)] * n_blocks
        splits = tree.left, tree.right, tree.feature, tree.code, tree.missing_left

        def add(first: int, last: int) -> None:
            self.kernels.pass_codes(
                self.binned.codes, *splits, self.binned.missing, leaf, lost, first, last
            )
            for i in range(first, last):
                rows = slice(i * block, (i + 1) * block)
                columns = self._summands(rows)
                parts[i] = np.stack([np.bincount(leaf[rows], c, n_nodes) for c in columns], axis=1)

        share(add, n_blocks)
        return np.sum(parts, axis=0), lost.sum(axis=0) > 0

    def _summands(self, rows: slice) -> list[FloatArray]:
        """Give what rows add to their leaf, in the order of `Objective` and counts at the end.

        In the place of the part of the loss that is each row's own, and the same for every tree,
        stand the squared targets, which for a regression are that part.
        """
        targets, w = self.targets[rows], self.weights[rows]
        columns = [w, *(w * targets.T), w * (targets**2).sum(axis=1)]
        if not self.is_regression:
            columns += [*(w * decided_shares(targets, self.cutoff).T)]
        return [*columns, np.ones(len(w)) if self.counts is None else self.counts[rows]]
