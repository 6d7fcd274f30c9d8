"""Searching for a tree of many rows at about the cost of growing one.

A sample says which splits belong together, all rows say where exactly they lie. So the rows are
coded once; a sample of the codes is searched on, what was found is refined on a larger one, and
judged on all rows beside the tree that grows on all rows. The samples are the rows of smallest hashes
of the sketch: the same from an array, from files and from a cluster. Beside growth it takes one pass,
and 100,000 rows of the sketch as numbers.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._monotone import in_order
from interpkd.learners._objective import row_objective
from interpkd.learners._tree_growth import Grower
from interpkd.learners._tree_model import LEAF, TreeModel
from interpkd.learners._tree_refinement import Refiner
from interpkd.learners._tree_search import EFFORTS, search_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._growth_blocks import GrowthBlocks
    from interpkd.learners._objective import Objective
    from interpkd.learners._sketch import Sketch
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
    """A search on the sketch of many rows.

    Parameters
    ----------
    rows : GrowthBlocks
        All rows; of two classes the targets are the probability of the second.

    sketch : Sketch
        Of the rows, as codes.

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
        rows: GrowthBlocks,
        sketch: Sketch,
        limits: Limits,
        *,
        signs: NDArray[np.int8] | None,
        is_regression: bool,
        cutoff: float,
    ) -> None:
        self.rows, self.sketch, self.limits, self.signs = rows, sketch, limits, signs
        self.n_rows, K = rows.blocks.n_rows, rows.scale.n_outputs
        self.is_regression = is_regression
        self.n_classes = 0 if is_regression else max(K, 2)
        self.cutoff = float(np.float32(cutoff))  # targets are compared with it in float32

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
        trees = [found, self._grow()]
        sums = self.rows.leaf_sums(trees, n_classes=self.n_classes, cutoff=self.cutoff)
        judged = [
            self._judge(tree, objective, *known) for tree, known in zip(trees, sums, strict=True)
        ]
        return min(judged, key=lambda pair: pair[0])[1]

    def _search(self, effort: str, **how: Any) -> tuple[CodeTree, Objective]:
        """Search on a sample, then refine on a larger one; give the loss that was lowered."""
        n, limits = self.n_rows, self.limits
        is_whole = effort == "thorough" or n <= MANY_ROWS
        enough = max(SAMPLE_ROWS, LEAF_ROWS * limits.max_leaf_nodes, n // ROWS_PER_SEARCHED)
        n_rows = SEARCH_ROWS if is_whole else min(enough, SEARCH_ROWS)
        chosen = EFFORTS[effort if is_whole else "refined"]
        tree, searched = search_tree(
            *self._sample(n_rows), limits, effort=chosen, signs=self.signs, **how
        )
        binned, objective = self._sample(REFINE_ROWS)
        objective = replace(objective, decision_weight=searched.decision_weight)
        refiner = Refiner(binned, objective, limits.min_samples_leaf, signs=self.signs)
        unsettled = replace(tree, settled=None)  # what stays on the sample may move on more rows
        return refiner.refine(unsettled, max_sweeps=REFINE_SWEEPS), objective

    def _sample(self, n_rows: int) -> tuple[Binned, Objective]:
        some = self.sketch.smallest(n_rows)
        targets = some.targets
        objective = row_objective(
            np.hstack([1 - targets, targets]) if self.n_classes == 2 else targets,
            some.weights,
            is_regression=self.is_regression,
            cutoff=self.cutoff,
            counts=some.counts,
        )
        return replace(self.rows.binned, codes=some.Z), objective

    def _grow(self) -> CodeTree:
        # of two probabilities one says it all, and has half the impurity
        share = 0.5 if self.n_classes == 2 else 1.0
        limits = replace(self.limits, min_decrease=self.limits.min_decrease * share)
        grower = Grower(self.rows, limits, signs=self.signs)
        grower.grow([self.rows.all_rows()])
        return grower.code_tree()

    def _judge(
        self, tree: CodeTree, objective: Objective, sums: FloatArray, has_missing: NDArray[np.bool_]
    ) -> tuple[float, TreeModel]:
        """Give the loss of a tree on all rows, up to a constant, and the tree in values."""
        sums = self._as_of_rows(sums)
        for node in tree.inner[::-1]:  # children come after their parents
            sums[node] = sums[tree.left[node]] + sums[tree.right[node]]
        K = objective.n_outputs
        n_rows = np.rint(sums[:, -1]).astype(np.int64)
        value, squares = sums[:, 1 : 1 + K] / sums[:, :1], sums[:, 1 + K] / sums[:, 0]
        is_inner = tree.left != LEAF
        threshold = np.full(len(tree.left), np.nan)
        for node in tree.inner:  # a code beyond the last threshold parts missing values from others
            known = self.rows.binned.thresholds[tree.feature[node]]
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

    def _as_of_rows(self, sums: FloatArray) -> FloatArray:
        """Give sums in the order of `Objective`, and counts at the end.

        In the place of the part of the loss that is each row's own, and the same for every tree,
        stand the squared targets, which for a regression are that part.
        """
        count, weight, squares = sums[:, :1], sums[:, 1:2], sums[:, 2:3]
        K = self.rows.scale.n_outputs
        total, decided = sums[:, 3 : 3 + K], sums[:, 3 + K :]
        if self.n_classes == 2:
            squares = weight - 2 * total + 2 * squares
            total = np.hstack([weight - total, total])
        return np.hstack([weight, total, squares, decided, count])
