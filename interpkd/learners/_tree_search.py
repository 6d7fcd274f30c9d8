"""Searching for a better tree: several starts, then perturb and grow again.

A greedy tree is a local choice made split by split, and refinement ends in the nearest optimum.
Starts of different criteria, one that looks two splits ahead, and perturbing what was found, leave
it; the tree of the lowest loss on the transfer set is kept.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._code_tree import stump
from interpkd.learners._growth_rows import GrowthRows
from interpkd.learners._lookahead import Lookahead
from interpkd.learners._tree_growth import Grower
from interpkd.learners._tree_refinement import Refiner

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective
    from interpkd.learners._tree_growth import Limits

DECISION_SHARE = 1.0
"""With weight "auto", all disagreements of a first tree cost this share of its divergence.

More buys agreement with divergence and ranking."""

ROUNDS = 6
"""Most rounds of growing beyond the limit, refining and pruning back."""

RANDOM_SPLITS = 0.3
"""Share of the perturbations that begin with a split drawn at random."""

LOOKS = 0.3
"""Share of the perturbations that look two splits ahead."""

BEYOND = 1.5
"""How far beyond the limit of leaves a round grows."""

TAIL = 0.05
"""Share of the rows at either end whose values one start of a regression draws in."""

START_BUDGET, STEP_BUDGET = 5e7, 3e6
"""Additions that a look at all pairs of splits may cost."""

THREE_BUDGET = 3e9
"""Additions up to which a small tree of three levels is looked for among all."""


@dataclass(frozen=True)
class Effort:
    """How hard to search.

    Attributes
    ----------
    starts : tuple of str
        Criteria of the trees to begin with.

    n_steps : int
        Number of perturbations.

    slack : float, default=0.0
        Share by which a tree may be worse than the best and still be perturbed further, at first;
        at the end it is 0.
    """

    starts: tuple[str, ...]
    n_steps: int
    slack: float = 0.0


EFFORTS = {
    "greedy": Effort((), 0),
    "refined": Effort(("targets",), 0),
    "balanced": Effort(("targets", "middle", "robust", "lookahead"), 40),
    "thorough": Effort(
        ("targets", "middle", "robust", "lookahead", "three levels"), 300, slack=0.05
    ),
}


def search_tree(
    binned: Binned,
    objective: Objective,
    limits: Limits,
    *,
    effort: Effort,
    decision_weight: float | None = None,
    signs: NDArray[np.int8] | None = None,
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
        Size limits. Splits that together lower the squared error by less than the smallest
        decrease each are cut from the result.

    effort : Effort
        How hard to search.

    decision_weight : float or None, default=None
        What one disagreement of decisions costs, in nats; None for the divergence of a first tree,
        shared among its disagreements.

    signs : ndarray of shape (n_features,) or None, default=None
        Monotone constraints on the last output.

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
    search = _Search(binned, objective, limits, signs, random_state)
    if not objective.is_regression:
        search.weigh_decisions(decision_weight)
    refiner = search.refiner
    best = min((search.start(kind) for kind in effort.starts), key=refiner.loss)
    lowest = refiner.loss(best)
    at = best
    for step in range(effort.n_steps):
        if at.n_leaves < 2:
            break
        tree = search.perturb(at)
        loss = refiner.loss(tree)
        if loss < lowest - refiner.worth:
            best, lowest = tree, loss
        if loss <= lowest * (1 + effort.slack * (1 - step / effort.n_steps)):
            at = tree  # from a tree that is a little worse the search may get further
        if progress is not None:
            progress(step + 1, effort.n_steps)
    if limits.min_decrease > 0:
        weight = float(search.objective.row_sums[:, 0].sum())
        best = refiner.without_weak_links(best, limits.min_decrease * weight)
    return best, search.objective


class _Search:
    """Trees on one transfer set under one objective."""

    def __init__(
        self,
        binned: Binned,
        objective: Objective,
        limits: Limits,
        signs: NDArray[np.int8] | None,
        random_state: np.random.RandomState,
    ) -> None:
        self.binned, self.objective = binned, objective
        self.limits = replace(limits, min_decrease=0.0)  # of a finished tree, not of one split
        self.signs, self.random_state = signs, random_state
        # constraints are about one output, and growth under them lowers the squared error
        self.entropy = not objective.is_regression and signs is None
        self.rows = self.rows_of(objective.weighted_targets)
        self._judge(objective)

    def _judge(self, objective: Objective) -> None:
        """Judge trees by an objective from now on."""
        self.objective = objective
        self.refiner = Refiner(
            self.binned, objective, self.limits.min_samples_leaf, signs=self.signs
        )
        self.lookahead = Lookahead(self.refiner)

    def weigh_decisions(self, weight: float | None) -> None:
        """Set what a disagreement costs, from a first tree if it is not given."""
        if weight is None:
            first = self.grow(self.rows, entropy=self.entropy)
            divergence = self.refiner.loss(first)
            self._judge(replace(self.objective, decision_weight=1.0))
            disagreement = max(self.refiner.loss(first) - divergence, 1e-12)
            weight = float(np.clip(DECISION_SHARE * divergence / disagreement, 0.01, 3))
        self._judge(replace(self.objective, decision_weight=weight))

    def start(self, kind: str) -> CodeTree:
        """Give a refined tree from one of the starts."""
        if kind == "lookahead":
            return self.improve(self.look(self.refiner.all_rows, START_BUDGET, is_whole=True))
        if kind == "three levels":
            return self.improve(self.three_levels())
        rows = self.rows_of(self.weighted(kind))
        return self.improve(self.grow(rows, entropy=self.entropy and kind != "robust"))

    def weighted(self, kind: str) -> FloatArray:
        """Give the weighted targets that a start grows on.

        Some are not what the loss is about, but split otherwise: probabilities drawn towards the
        decisions, decisions alone; values drawn in from the tails.
        """
        targets = self.objective.weighted_targets
        if kind == "targets":
            return targets
        if self.objective.is_regression:
            drawn_in = self.objective.drawn_in(TAIL)
            return drawn_in if kind == "robust" else (targets + drawn_in) / 2
        hard = self.objective.weighted_decisions
        return hard if kind == "robust" else (targets + hard) / 2

    def rows_of(self, weighted: FloatArray) -> GrowthRows:
        """Give the rows with some weighted targets, as growth needs them."""
        objective = self.objective
        if self.signs is not None:
            weighted = weighted[:, -1:]
        return GrowthRows(self.binned, weighted, objective.row_sums[:, 0].copy(), objective.counts)

    def grower(self, rows: GrowthRows, n_leaves: int, *, entropy: bool) -> Grower:
        """Give a growth of some leaves."""
        limits = replace(self.limits, max_leaf_nodes=n_leaves)
        return Grower(rows, limits, signs=self.signs, entropy=entropy)

    def grow(self, rows: GrowthRows, *, entropy: bool) -> CodeTree:
        """Give the greedy tree on some targets."""
        grower = self.grower(rows, self.limits.max_leaf_nodes, entropy=entropy)
        grower.grow([self.refiner.all_rows])
        return grower.code_tree()

    def look(
        self,
        rows: NDArray[np.int32],
        budget: float,
        *,
        is_whole: bool,
        n_leaves: int | None = None,
        depth: int = 0,
        share: float = 1.0,
    ) -> CodeTree:
        """Give a tree that looks two splits ahead, on a share of the features."""
        drawn = self.random_state.uniform(size=len(self.refiner.columns)) < share
        return self.lookahead.grow(
            rows,
            np.flatnonzero(drawn) if drawn.any() else np.arange(len(drawn)),
            n_leaves=self.limits.max_leaf_nodes if n_leaves is None else n_leaves,
            depth=self.limits.max_depth - depth,
            budget=budget,
            random_state=self.random_state,
            is_whole=is_whole,
        )

    def three_levels(self) -> CodeTree:
        """Give the best tree of three levels where all can be tried, else look ahead at each."""
        rows, n_features = self.refiner.all_rows, len(self.refiner.columns)
        most = min(int(self.refiner.n_bins.max()), 16)
        n_first = float(np.minimum(self.refiner.n_bins, most).sum() - n_features)
        cost = n_first * self.lookahead.cost(len(rows), n_features, most)
        is_small = self.limits.max_leaf_nodes == 8 or self.limits.max_depth == 3
        if is_small and self.limits.max_depth >= 3 and cost <= THREE_BUDGET:
            return self.lookahead.best_three(rows, np.arange(n_features), most)
        return self.look(rows, START_BUDGET, is_whole=False)

    def improve(self, tree: CodeTree) -> CodeTree:
        """Refine, and grow beyond the limit, refine and prune back as long as that helps."""
        tree = self.refiner.prune(tree, self.limits.max_leaf_nodes)
        tree = self.refiner.refine(tree)
        loss = self.refiner.loss(tree)
        for _ in range(ROUNDS):
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
        leaves, depth, rows_of = tree.leaves, tree.depth, self.refiner.rows_of(tree)
        n_leaves = int(np.ceil(BEYOND * self.limits.max_leaf_nodes))
        grower = self.grower(self.rows, n_leaves, entropy=self.entropy)
        grower.grow([rows_of[int(one)] for one in leaves], depths=depth[leaves].tolist())
        parts = [grower.code_tree(i) for i in range(len(leaves))]
        return tree.with_subtrees(
            {int(one): part for one, part in zip(leaves, parts, strict=True) if part.n_leaves > 1}
        )

    def perturb(self, tree: CodeTree) -> CodeTree:
        """Grow everything under a random node again, from another split."""
        node = int(self.random_state.choice(tree.inner))
        rows, depth = self.refiner.rows_of(tree)[node], int(tree.depth[node])
        n_leaves = sum(tree.left[below] < 0 for below in tree.below(node))
        n_leaves += int(self.random_state.randint(3))
        kind = self.random_state.uniform()
        share = float(self.random_state.choice([0.2, 0.5, 0.8]))
        if kind < RANDOM_SPLITS and len(rows) > 1:
            new = self._from_a_random_split(rows, depth, n_leaves)
        elif kind < RANDOM_SPLITS + LOOKS:
            is_whole = bool(self.random_state.randint(2))
            new = self.look(
                rows, STEP_BUDGET, is_whole=is_whole, n_leaves=n_leaves, depth=depth, share=share
            )
        else:
            features = self.random_state.uniform(size=len(self.refiner.columns)) < share
            grower = self.grower(self.rows, n_leaves, entropy=self.entropy)
            grower.grow([rows], first_features=features, depths=[depth])
            new = grower.code_tree()
        new = self.refiner.refine(tree.with_subtree(node, new), max_sweeps=3)
        new = self.refiner.prune(new, self.limits.max_leaf_nodes)
        return self.refiner.refine(new, max_sweeps=3)

    def _from_a_random_split(self, rows: NDArray[np.int32], depth: int, n_leaves: int) -> CodeTree:
        """Grow both sides of a split drawn at random: one that gains nothing alone may be best."""
        draw = self.random_state
        feature = int(draw.randint(len(self.refiner.columns)))
        codes = self.refiner.columns[feature][rows]
        code = int(codes[draw.randint(len(rows))])
        is_missing = codes == self.binned.missing
        missing_left = bool(draw.randint(2))
        goes_left = np.where(is_missing, missing_left, codes <= code)
        counts = self.objective.counts[rows]
        n_left = counts[goes_left].sum()
        grower = self.grower(self.rows, n_leaves, entropy=self.entropy)
        if min(n_left, counts.sum() - n_left) < max(self.limits.min_samples_leaf, 1):
            grower.grow([rows], depths=[depth])
            return grower.code_tree()
        grower.grow([rows[goes_left], rows[~goes_left]], depths=[depth + 1, depth + 1])
        code = min(code, int(self.refiner.n_bins[feature]) - 1)
        tree = stump(feature, code, missing_left=missing_left)
        tree = tree.with_subtree(2, grower.code_tree(1))
        return tree.with_subtree(1, grower.code_tree(0))
