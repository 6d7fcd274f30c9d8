"""Two splits at once: the best tree of two levels on coarse thresholds, and trees made of such.

A greedy split may be worth little alone and much with what can follow, and the other way about.
The sums of rows by their bins of two features give the loss of every split on one of them under
every split on the other, so all pairs of features give the best two levels, exactly where the
bins are the values.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._code_tree import A_LEAF, stump
from interpkd.learners._objective import FLOOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._tree_refinement import Refiner

SIZES = (32, 16, 8)
"""Bins of a feature: the first of these that the budget allows."""

FEWEST_FEATURES = 6
"""So many features are looked at whatever the budget."""

TRY_COST, LOG_COST = 15, 25
"""What the loss of two leaves costs, and more for each class, in additions."""


@dataclass
class _Spot:
    """A leaf of a growing tree, and the best that two levels can do there."""

    node: int
    rows: NDArray[np.int32]
    depth: int
    gain: float
    part: CodeTree


class Lookahead:
    """Looks two splits ahead on one transfer set.

    Parameters
    ----------
    refiner : Refiner
        The rows and the loss.
    """

    def __init__(self, refiner: Refiner) -> None:
        from interpkd.learners import _lookahead_kernels

        self.kernels: Any = _lookahead_kernels
        objective = refiner.objective
        self.refiner, self.objective = refiner, objective
        columns = [objective.counts, objective.row_sums[:, 0], *objective.weighted_targets.T]
        if objective.decision_weight > 0:
            columns += list(objective.weighted_decisions.T)
        self.channels = np.column_stack(columns)
        self.loss = (
            objective.n_outputs,
            objective.is_regression,
            float(objective.decision_weight),
            float(objective.cutoff),
            FLOOR,
        )

    def cost(self, n_rows: int, n_features: int, n_bins: int) -> float:
        """Give about how many additions a look at all pairs costs."""
        pairs = n_features * (n_features + 1) / 2
        n_logs = 0 if self.objective.is_regression else self.objective.n_outputs
        trial = TRY_COST + LOG_COST * n_logs
        return pairs * (n_rows * self.channels.shape[1] + 4 * n_bins**2 * trial)

    def affordable(
        self,
        n_rows: int,
        features: IntArray,
        budget: float,
        random_state: np.random.RandomState,
    ) -> tuple[IntArray, int]:
        """Give the features, a random part of them if need be, and the bins that a budget allows."""
        most = int(self.refiner.n_bins[features].max(initial=1))
        for size in SIZES:
            if self.cost(n_rows, len(features), min(size, most)) <= budget:
                return features, min(size, most)
        fewest = min(len(features), FEWEST_FEATURES)
        size = min(SIZES[-1], most)
        share = budget / self.cost(n_rows, len(features), size)
        n_features = max(fewest, int(len(features) * np.sqrt(share)))
        return np.sort(random_state.choice(features, n_features, replace=False)), size

    def best_two(
        self, rows: NDArray[np.int32], features: IntArray, most: int, depth: int, n_leaves: int
    ) -> tuple[float, CodeTree]:
        """Give the best tree of at most two levels on some rows.

        Parameters
        ----------
        rows : ndarray of int32
            The rows.

        features : ndarray
            Features that may be split on.

        most : int
            Most bins of a feature.

        depth, n_leaves : int
            Most levels and leaves; more than 2 and 4 are the same as these.

        Returns
        -------
        gain : float
            What the loss falls by.

        tree : CodeTree
            The tree.
        """
        if depth < 1 or n_leaves < 2 or len(rows) < 2:
            return 0.0, A_LEAF
        kernels, refiner = self.kernels, self.refiner
        coarse, last, n_coarse, has_lost = kernels.coarsen(
            refiner.columns,
            rows,
            self.channels[:, 1].copy(),
            features,
            refiner.n_bins,
            refiner.binned.missing,
            most,
        )
        channels = self.channels[rows]
        min_rows = float(max(refiner.min_samples_leaf, 1))
        best, split, alone = kernels.look_ahead(
            coarse, n_coarse, has_lost, channels, most, min_rows, self.loss
        )
        before = kernels.leaf_loss(channels.sum(axis=0), *self.loss)
        if depth == 1 or n_leaves == 2:
            best = alone
        loss = _summed(np.minimum(best, alone), alone, n_leaves)
        lowest = loss.min()
        if not lowest < before:
            return 0.0, A_LEAF
        # the first of those that differ by rounding alone
        at = np.unravel_index(
            np.flatnonzero(loss <= lowest + kernels.SAME * abs(lowest))[0], loss.shape
        )
        worth = alone[at] - best[at]
        if n_leaves == 3:
            worth[worth.argmin()] = 0
        tree = _split(features, last, *at)
        for region in (1, 0):  # the right one first: the number of the left one stays as it is
            if worth[region] > 0:
                tree = tree.with_subtree(1 + region, _split(features, last, *split[(*at, region)]))
        return float(before - lowest), tree

    def best_three(self, rows: NDArray[np.int32], features: IntArray, most: int) -> CodeTree:
        """Give the best tree of three levels: every first split, and the best two under each."""
        refiner = self.refiner
        _, last, n_coarse, has_lost = self.kernels.coarsen(
            refiner.columns,
            rows,
            self.channels[:, 1].copy(),
            features,
            refiner.n_bins,
            refiner.binned.missing,
            most,
        )
        best, tree = self.best_two(rows, features, most, 2, 4)
        before = self.kernels.leaf_loss(self.channels[rows].sum(axis=0), *self.loss)
        for f in range(len(features)):
            for c in range(n_coarse[f] - (not has_lost[f])):
                for side in range(1 + has_lost[f]):
                    first = _split(features, last, f, c, side)
                    gain, new = self._with_two_below(first, rows, features, most, before)
                    if gain > best * (1 + self.kernels.SAME):
                        best, tree = gain, new
        return tree

    def _with_two_below(
        self,
        first: CodeTree,
        rows: NDArray[np.int32],
        features: IntArray,
        most: int,
        before: float,
    ) -> tuple[float, CodeTree]:
        gain, tree = before, first
        leaf = self.refiner.route(first, rows)
        for node in (2, 1):
            below = rows[leaf == node]
            sums = self.channels[below].sum(axis=0)
            if sums[0] < max(self.refiner.min_samples_leaf, 1) - 0.5:
                return -np.inf, A_LEAF
            more, part = self.best_two(below, features, most, 2, 4)
            gain += more - self.kernels.leaf_loss(sums, *self.loss)
            tree = tree.with_subtree(node, part)
        return gain, tree

    def grow(
        self,
        rows: NDArray[np.int32],
        features: IntArray,
        *,
        n_leaves: int,
        depth: int,
        budget: float,
        random_state: np.random.RandomState,
        is_whole: bool,
    ) -> CodeTree:
        """Grow a tree, always where two levels gain most by leaf.

        Parameters
        ----------
        rows : ndarray of int32
            The rows.

        features : ndarray
            Features that may be split on.

        n_leaves, depth : int
            Most leaves and levels.

        budget : float
            Additions that a look at all rows may cost; of fewer rows it may cost less.

        random_state : RandomState
            Draws features where not all can be afforded.

        is_whole : bool
            Whether both levels are kept, or only the first, with a new look at what follows.

        Returns
        -------
        tree : CodeTree
            The tree.
        """
        tree, n_rows = A_LEAF, len(rows)

        def look(node: int, rows: NDArray[np.int32], level: int) -> _Spot:
            means = budget * max(len(rows) / n_rows, 0.1)
            some, most = self.affordable(len(rows), features, means, random_state)
            spare = n_leaves - tree.n_leaves + 1
            gain, part = self.best_two(rows, some, most, depth - level, spare)
            return _Spot(node, rows, level, gain / max(part.n_leaves - 1, 1), part)

        spots = [look(0, rows, 0)]
        while tree.n_leaves < n_leaves:
            spot = max(spots, key=lambda one: (one.gain, -one.node))
            if spot.gain <= 0:
                return tree
            part = spot.part if is_whole else _only_first(spot.part)
            if tree.n_leaves + part.n_leaves - 1 > n_leaves:
                part = _only_first(part)
            tree = tree.with_subtree(spot.node, part)
            spots.remove(spot)
            for other in spots:
                if other.node > spot.node:
                    other.node += len(part.left) - 1
            leaf, levels = self.refiner.route(part, spot.rows), part.depth
            spots += [
                look(spot.node + int(one), spot.rows[leaf == one], spot.depth + int(levels[one]))
                for one in part.leaves
            ]
        return tree


def _summed(best: FloatArray, alone: FloatArray, n_leaves: int) -> FloatArray:
    """Give the loss of both sides of each first split, with at most some leaves."""
    if n_leaves == 3:
        one = best[..., 0] + alone[..., 1]
        return np.asarray(np.minimum(one, alone[..., 0] + best[..., 1]))
    return np.asarray(best.sum(axis=-1))


def _split(features: IntArray, last: IntArray, f: int, c: int, side: int) -> CodeTree:
    return stump(int(features[f]), int(last[f, c]), missing_left=bool(side))


def _only_first(tree: CodeTree) -> CodeTree:
    return stump(int(tree.feature[0]), int(tree.code[0]), missing_left=bool(tree.missing_left[0]))
