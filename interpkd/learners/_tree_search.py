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

from interpkd.learners._coarse_codes import CoarseCodes
from interpkd.learners._code_tree import CodeTree
from interpkd.learners._growth_rows import GrowthRows
from interpkd.learners._lookahead import Lookahead
from interpkd.learners._objective import FLOOR
from interpkd.learners._tree_growth import Grower
from interpkd.learners._tree_refinement import Refiner

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._objective import Objective
    from interpkd.learners._tree_growth import Limits

DECISION_SHARE = 1.0
"""With weight "auto", all disagreements of a first tree cost this share of its divergence.

More buys agreement with divergence and ranking."""

NO_SPLIT = -1, 0, False

ROUNDS = 6
"""Most rounds of growing beyond the limit, refining and pruning back."""

RANDOM_SPLITS = 0.5
"""Share of the perturbations that begin with a split drawn at random."""

LOOKS = 0.15
"""Share of the perturbations that look two splits ahead."""

SHARES = 0.1, 0.2, 0.4
"""Shares of the features that the first split of a perturbation may be on; one is drawn."""

FEWEST_FEATURES = 4
"""So many features it may be on whatever the share."""

PART_SWEEPS = 3
"""Most sweeps over what grew before the whole tree is refined with it."""

PROMISE = 0.003
"""Share by which the loss may be above the lowest before the whole tree is refined."""

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
    "balanced": Effort(("targets", "middle", "robust", "lookahead"), 120, slack=0.02),
    "thorough": Effort(
        ("targets", "middle", "robust", "lookahead", "three levels"), 1500, slack=0.05
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
    codes = CoarseCodes(binned, objective.row_sums[:, 0])
    search = _Search(codes.binned, objective, limits, signs, random_state)
    if not objective.is_regression:
        search.weigh_decisions(decision_weight)
    refiner = search.refiner
    best = min((search.start(kind) for kind in effort.starts), key=refiner.loss)
    lowest = refiner.loss(best)
    at = best
    # under constraints every perturbation refines the whole tree, which costs several times as much
    n_steps = effort.n_steps if signs is None else effort.n_steps // 3
    for step in range(n_steps):
        if at.n_leaves < 2:
            break
        slack = effort.slack * (1 - step / n_steps)
        tree = search.perturb(at, lowest * (1 + slack))
        if tree is not None:
            loss = refiner.loss(tree)
            if loss < lowest - refiner.worth:
                best, lowest = tree, loss
            if loss <= lowest * (1 + slack):
                at = tree  # from a tree that is a little worse the search may get further
        if progress is not None:
            progress(step + 1, n_steps)
    refiner = Refiner(binned, search.objective, limits.min_samples_leaf, signs=signs)
    best = refiner.refine(codes.in_fine_codes(best))
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

    def perturb(self, tree: CodeTree, most: float) -> CodeTree | None:
        """Grow everything under a random node again, otherwise; None if that leads nowhere.

        What grew is refined on the rows of the node alone. Only if the loss is then about `most`
        or less is the whole tree refined with it, which costs several times as much.
        """
        refiner, n_leaves = self.refiner, self.limits.max_leaf_nodes
        node = int(self.random_state.choice(tree.inner))
        if self.signs is not None:  # the order of leaves is a matter of the whole tree
            whole = refiner.refine(self._with_a_regrown_node(tree, node), max_sweeps=3)
        else:
            part, sums = self._another_part(tree, node)
            known, below = refiner.node_sums(tree), np.array(list(tree.below(node)))
            before = self.objective.leaf_losses(known[below[tree.left[below] < 0]]).sum()
            after = self.objective.leaf_losses(sums[part.leaves]).sum()
            gain = float(before - after)
            # as good as what was there is what was there, by another name
            is_same = abs(gain) <= refiner.worth and 2 * part.n_leaves - 1 == len(below)
            if is_same or refiner.loss(tree) - gain > most * (1 + PROMISE):
                return None
            whole = refiner.grafted(tree, node, part, sums)
        whole = refiner.prune(whole, n_leaves)
        if refiner.loss(whole) > most * (1 + PROMISE):
            return None
        whole = refiner.refine(whole, max_sweeps=1)
        if refiner.loss(whole) > most * (1 + PROMISE / 10):
            return None
        return refiner.refine(whole, max_sweeps=4)

    def _another_part(self, tree: CodeTree, node: int) -> tuple[CodeTree, FloatArray]:
        """Grow under a node from a split at random, or on random features; give its node sums too."""
        draw, refiner, depth = self.random_state, self.refiner, int(tree.depth[node])
        rows, kind = refiner.rows_of(tree)[node], draw.uniform()
        n_leaves = sum(tree.left[below] < 0 for below in tree.below(node)) + int(draw.randint(3))
        if kind < LOOKS:
            share, here = float(draw.choice(SHARES)), refiner.of(rows)
            new = self.look(
                rows, STEP_BUDGET, is_whole=True, n_leaves=n_leaves, depth=depth, share=share
            )
            new = here.refine(new, max_sweeps=PART_SWEEPS)
            return new, here.node_sums(new)
        loss = self.objective
        *splits, sums = refiner.kernels.propose(
            self.binned.codes,
            refiner.columns,
            self._some_features(),
            refiner.features,
            rows,
            loss.row_sums,
            loss.counts,
            refiner.n_bins,
            self.binned.missing,
            self._random_split(rows) if kind < LOOKS + RANDOM_SPLITS else NO_SPLIT,
            n_leaves,
            self.limits.max_depth - depth,
            float(max(self.limits.min_samples_leaf, 1)),
            (loss.n_outputs, loss.is_regression, loss.decision_weight, loss.cutoff, FLOOR),
            refiner.worth,
            PART_SWEEPS,
        )
        return CodeTree(*splits), sums

    def _some_features(self) -> IntArray:
        """Draw some of the features."""
        share = float(self.random_state.choice(SHARES))
        n_features = len(self.refiner.columns)
        n = min(max(round(share * n_features), FEWEST_FEATURES), n_features)
        return np.sort(self.random_state.choice(n_features, n, replace=False))

    def _random_split(self, rows: NDArray[np.int32]) -> tuple[int, int, bool]:
        """Draw a split of some rows: one that gains nothing alone may be best."""
        draw, refiner = self.random_state, self.refiner
        feature = int(draw.randint(len(refiner.columns)))
        codes = refiner.columns[feature][rows]
        code, missing_left = int(codes[draw.randint(len(rows))]), bool(draw.randint(2))
        counts = self.objective.counts[rows]
        n_left = counts[np.where(codes == self.binned.missing, missing_left, codes <= code)].sum()
        if min(n_left, counts.sum() - n_left) < max(self.limits.min_samples_leaf, 1):
            return NO_SPLIT
        return feature, min(code, int(refiner.n_bins[feature]) - 1), missing_left

    def _with_a_regrown_node(self, tree: CodeTree, node: int) -> CodeTree:
        """Grow everything under a node again under the constraints, its split on random features."""
        draw, rows = self.random_state, self.refiner.rows_of(tree)[node]
        n_leaves = sum(tree.left[below] < 0 for below in tree.below(node)) + int(draw.randint(3))
        grower = self.grower(self.rows, n_leaves, entropy=False)
        some = draw.uniform(size=len(self.refiner.columns)) < draw.choice([0.2, 0.5, 0.8])
        grower.grow([rows], first_features=some, depths=[int(tree.depth[node])])
        return tree.with_subtree(node, grower.code_tree())
