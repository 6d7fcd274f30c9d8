"""Searching for a better tree: several starts, then perturb and grow again.

A greedy tree is a local choice made split by split, and refinement ends in the nearest optimum.
Starts of different criteria, and perturbing what was found, leave it; the tree of the lowest loss
on the transfer set is kept.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._code_tree import stump
from interpkd.learners._tree_growth import NO_LIMIT, Grower, GrowthRows, Limits
from interpkd.learners._tree_refinement import Refiner

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective

DECISION_SHARE = 0.5
"""With weight "auto", all disagreements of a first tree cost this share of its divergence."""

ROUNDS = 6
"""Most rounds of growing beyond the limit, refining and pruning back."""

RANDOM_SPLITS = 0.3
"""Share of the perturbations that begin with a split drawn at random."""

BEYOND = 1.5
"""How far beyond the limit of leaves a round grows."""


@dataclass(frozen=True)
class Effort:
    """How hard to search: number of starts and of perturbations."""

    n_starts: int
    n_steps: int


EFFORTS = {
    "greedy": Effort(0, 0),
    "refined": Effort(1, 0),
    "balanced": Effort(3, 25),
    "thorough": Effort(3, 300),
}


def search_tree(
    binned: Binned,
    objective: Objective,
    limits: Limits,
    *,
    effort: Effort,
    decision_weight: float | None = None,
    random_state: np.random.RandomState,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[CodeTree, Objective]:
    """Search for the tree of the lowest loss.

    Parameters
    ----------
    binned : Binned
        The transfer set as codes.

    objective : Objective
        The loss; its decision weight is set here.

    limits : Limits
        Size limits.

    effort : Effort
        How hard to search.

    decision_weight : float or None, default=None
        What one disagreement of decisions costs, in nats; None for half the divergence of a first
        tree, shared among its disagreements.

    random_state : RandomState
        Draws the perturbations.

    progress : callable or None, default=None
        Called with the steps done and all steps.

    Returns
    -------
    tree : CodeTree
        The best tree that was found.

    objective : Objective
        The loss that it was judged by, decisions weighed.
    """
    search = _Search(binned, objective, limits)
    if not objective.is_regression:
        search.weigh_decisions(decision_weight)
    best = min((search.start(kind) for kind in range(effort.n_starts)), key=search.refiner.loss)
    lowest = search.refiner.loss(best)
    # what is grown again may become deeper, so a limit of depth leaves the starts as they are
    n_steps = effort.n_steps if limits.max_depth == NO_LIMIT else 0
    for step in range(n_steps):
        if best.n_leaves < 2:
            break
        tree = search.perturb(best, random_state)
        loss = search.refiner.loss(tree)
        if loss < lowest - search.refiner.worth:
            best, lowest = tree, loss
        if progress is not None:
            progress(step + 1, n_steps)
    return best, search.objective


class _Search:
    """Trees on one transfer set under one objective."""

    def __init__(self, binned: Binned, objective: Objective, limits: Limits) -> None:
        self.binned, self.objective, self.limits = binned, objective, limits
        self.rows = self.rows_of(objective.weighted_targets)
        self.entropy = not objective.is_regression
        self.refiner = Refiner(binned, objective, limits.min_samples_leaf)

    def weigh_decisions(self, weight: float | None) -> None:
        """Set what a disagreement costs, from a first tree if it is not given."""
        if weight is None:
            first = self.grow(self.rows, entropy=True)
            divergence = self.refiner.loss(first)
            counted = replace(self.objective, decision_weight=1.0)
            refiner = Refiner(self.binned, counted, self.limits.min_samples_leaf)
            disagreement = max(refiner.loss(first) - divergence, 1e-12)
            weight = float(np.clip(DECISION_SHARE * divergence / disagreement, 0.01, 3))
        self.objective = replace(self.objective, decision_weight=weight)
        self.refiner = Refiner(self.binned, self.objective, self.limits.min_samples_leaf)

    def start(self, kind: int) -> CodeTree:
        """Give a refined tree from one of the starts."""
        if self.objective.is_regression:
            return self.improve(self.grow(self.rows, entropy=False))
        P, hard = self.objective.weighted_targets, self.objective.weighted_decisions
        weighted: FloatArray = (P, (P + hard) / 2, hard)[kind]
        return self.improve(self.grow(self.rows_of(weighted), entropy=kind < 2))

    def rows_of(self, weighted: FloatArray) -> GrowthRows:
        """Give the rows with some weighted targets, as growth needs them."""
        objective = self.objective
        return GrowthRows(self.binned, weighted, objective.row_sums[:, 0].copy(), objective.counts)

    def grow(self, rows: GrowthRows, *, entropy: bool) -> CodeTree:
        """Give the greedy tree on some targets."""
        grower = Grower(rows, self.limits, entropy=entropy)
        grower.grow([self.refiner.all_rows])
        return grower.code_tree()

    def improve(self, tree: CodeTree) -> CodeTree:
        """Refine, and grow beyond the limit, refine and prune back as long as that helps."""
        tree = self.refiner.refine(tree)
        loss = self.refiner.loss(tree)
        for _ in range(ROUNDS if self.limits.max_depth == NO_LIMIT else 0):
            new = self.refiner.refine(self.beyond(tree))
            new = self.refiner.prune(new, self.limits.max_leaf_nodes)
            new = self.refiner.refine(new)
            new_loss = self.refiner.loss(new)
            if new_loss >= loss:
                return tree
            enough = new_loss > loss * (1 - 1e-3)
            tree, loss = new, new_loss
            if enough:
                return tree
        return tree

    def beyond(self, tree: CodeTree) -> CodeTree:
        """Grow a tree beyond the limit of leaves."""
        leaf = self.refiner.route(tree, self.refiner.all_rows)
        leaves = tree.leaves
        limits = replace(
            self.limits, max_leaf_nodes=int(np.ceil(BEYOND * self.limits.max_leaf_nodes))
        )
        grower = Grower(self.rows, limits, entropy=self.entropy)
        grower.grow([self.refiner.all_rows[leaf == one] for one in leaves])
        parts = [grower.code_tree(i) for i in range(len(leaves))]
        for one, part in sorted(zip(leaves, parts, strict=True), key=lambda pair: -pair[0]):
            if part.n_leaves > 1:  # later nodes first: their numbers stay as they are
                tree = tree.with_subtree(int(one), part)
        return tree

    def perturb(self, tree: CodeTree, random_state: np.random.RandomState) -> CodeTree:
        """Grow everything under a random node again, from another split."""
        node = int(random_state.choice(tree.inner))
        rows = self.refiner.reaching(tree, node)
        n_leaves = sum(tree.left[below] < 0 for below in tree.below(node))
        limits = replace(self.limits, max_leaf_nodes=n_leaves + int(random_state.randint(3)))
        grower = Grower(self.rows, limits, entropy=self.entropy)
        if random_state.uniform() < RANDOM_SPLITS and len(rows) > 1:
            new = self._from_a_random_split(grower, rows, random_state)
        else:
            share = random_state.choice([0.2, 0.5, 0.8])
            features = random_state.uniform(size=len(self.refiner.columns)) < share
            grower.grow([rows], first_features=features)
            new = grower.code_tree()
        new = self.refiner.refine(tree.with_subtree(node, new), max_sweeps=3)
        new = self.refiner.prune(new, self.limits.max_leaf_nodes)
        return self.refiner.refine(new, max_sweeps=3)

    def _from_a_random_split(
        self, grower: Grower, rows: NDArray[np.int32], random_state: np.random.RandomState
    ) -> CodeTree:
        """Grow both sides of a split drawn at random: one that gains nothing alone may be best."""
        feature = int(random_state.randint(len(self.refiner.columns)))
        codes = self.refiner.columns[feature][rows]
        code = int(codes[random_state.randint(len(rows))])
        is_missing = codes == self.binned.missing
        missing_left = bool(random_state.randint(2))
        goes_left = np.where(is_missing, missing_left, codes <= code)
        counts = self.objective.counts[rows]
        n_left = counts[goes_left].sum()
        if min(n_left, counts.sum() - n_left) < max(self.limits.min_samples_leaf, 1):
            grower.grow([rows])
            return grower.code_tree()
        grower.grow([rows[goes_left], rows[~goes_left]])
        code = min(code, int(self.refiner.n_bins[feature]) - 1)
        tree = stump(feature, code, missing_left=missing_left)
        tree = tree.with_subtree(2, grower.code_tree(1))
        return tree.with_subtree(1, grower.code_tree(0))
