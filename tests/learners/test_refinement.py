"""Refinement and search against brute force: the loss falls, and ends at the optimum."""

from dataclasses import replace

import numpy as np
import pytest

from interpkd.learners import LEAF, _large_search, fit_tree, grow_tree
from interpkd.learners._binning import bin_rows
from interpkd.learners._code_tree import A_LEAF, stump
from interpkd.learners._growth_rows import GrowthRows
from interpkd.learners._objective import FLOOR, row_objective, summed_rows
from interpkd.learners._tree_growth import NO_LIMIT, Grower, Limits
from interpkd.learners._tree_refinement import Refiner


def make_rows(n_outputs, *, missing=True, n=250, seed=0):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 4)).round(1)
    score = Z[:, 0] * Z[:, 1] + 0.5 * Z[:, 2]
    if n_outputs == 1:
        targets = (score + 0.3 * rng.normal(size=n))[:, None]
    else:
        logits = np.column_stack([score * k for k in range(n_outputs)])
        targets = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    if missing:
        Z[rng.random(Z.shape) < 0.1] = np.nan
    return Z, targets, rng.uniform(0.5, 2, n)


def make_refiner(n_outputs, decision_weight=0.0, min_samples_leaf=1, **kwargs):
    Z, objective = summed_rows(*make_rows(n_outputs, **kwargs), is_regression=n_outputs == 1)
    objective = type(objective)(
        **{**vars(objective), "decision_weight": 0.0 if n_outputs == 1 else decision_weight}
    )
    return Z, Refiner(bin_rows(Z), objective, min_samples_leaf)


def grow(refiner, n_leaves):
    objective = refiner.objective
    rows = GrowthRows(refiner.binned, objective.weighted_targets, objective.row_sums[:, 0].copy())
    grower = Grower(rows, Limits(n_leaves, NO_LIMIT, 1, 0.0))
    grower.grow([refiner.all_rows])
    return grower.code_tree()


@pytest.mark.parametrize("decision_weight", [0.0, 0.3])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_the_loss_is_its_definition(n_outputs, decision_weight):
    Z, targets, weights = make_rows(n_outputs)
    _, refiner = make_refiner(n_outputs, decision_weight)
    model_of = grow(refiner, 6)
    leaf = refiner.route(model_of, refiner.all_rows)
    expected = 0.0
    order = np.lexsort(Z.T[::-1])
    assert len(refiner.all_rows) == len(Z)  # no two rows are equal
    targets, weights = targets[order], weights[order]
    for one in np.unique(leaf):
        inside = leaf == one
        mean = np.average(targets[inside], axis=0, weights=weights[inside])
        if n_outputs == 1:
            expected += (weights[inside] * (targets[inside, 0] - mean) ** 2).sum()
            continue
        Q = np.maximum(mean, FLOOR) / np.maximum(mean, FLOOR).sum()
        P = targets[inside]
        expected += (weights[inside] * (P * np.log(P / Q)).sum(axis=1)).sum()
        is_top = P.max(axis=1, keepdims=True) == P  # classes in a tie share the decision
        agreed = (is_top / is_top.sum(axis=1, keepdims=True))[:, mean.argmax()]
        expected += decision_weight * (weights[inside] * (1 - agreed)).sum()
    np.testing.assert_allclose(refiner.loss(model_of), expected, rtol=1e-7)


@pytest.mark.parametrize("decision_weight", [0.0, 0.3])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_the_loss_never_rises(n_outputs, decision_weight):
    for seed in range(5):
        _, refiner = make_refiner(n_outputs, decision_weight, min_samples_leaf=3, seed=seed)
        tree = grow(refiner, 9)
        better = refiner.refine(tree)
        assert refiner.loss(better) <= refiner.loss(tree)
        assert better.n_leaves <= tree.n_leaves


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_a_node_is_chosen_as_by_brute_force(n_outputs):
    """With all else fixed, no (feature, code, side of missing values) is cheaper."""
    _, refiner = make_refiner(n_outputs, 0.3)
    tree = grow(refiner, 5)
    objective, K = refiner.objective, n_outputs
    answers = refiner.answers(tree)
    totals = objective.row_sums[:, 1 : 1 + K]
    if n_outputs == 1:
        costs = objective.row_sums[:, :1] * answers[:, 0] ** 2 - 2 * totals * answers[:, 0]
    else:
        floored = np.maximum(answers, FLOOR)
        costs = -totals @ np.log(floored / floored.sum(axis=1, keepdims=True)).T
        decided = objective.row_sums[:, 2 + K :][:, objective.decide(answers)]
        costs = costs + 0.3 * (objective.row_sums[:, :1] - decided)
    rows_of = refiner.rows_of(tree)

    def price(candidate, rows):
        return costs[rows, refiner.route(candidate, rows)].sum()

    for node in tree.inner:
        rows = rows_of[int(node)]
        others = np.arange(len(tree.left)) != node  # only this node is chosen again
        chosen = refiner.sweep(replace(tree, settled=others))
        assert chosen.n_leaves == tree.n_leaves
        every = [
            price(tree.with_split(int(node), j, c, missing_left=side), rows)
            for j in range(4)
            for c in range(refiner.n_bins[j])
            for side in (False, True)
        ]
        assert price(chosen, rows) <= min(every) + 1e-9


def test_pruning_cuts_the_weakest_link():
    _, refiner = make_refiner(2, 0.2)
    tree = grow(refiner, 8)
    cut = refiner.prune(tree, 7)
    lowest = min(
        refiner.loss(tree.cut(int(node)))
        for node in tree.inner
        if tree.left[tree.left[node]] == LEAF == tree.left[tree.right[node]]
    )
    assert cut.n_leaves == 7
    np.testing.assert_allclose(refiner.loss(cut), lowest)
    assert refiner.prune(tree, 1).n_leaves == 1


def test_thin_leaves_are_dropped():
    _, refiner = make_refiner(2, min_samples_leaf=20)
    tree = refiner.without_thin_leaves(grow(refiner, 12))
    counts = refiner.node_sums(tree)[tree.leaves, -1]
    assert counts.min() >= 20


def optimum_of_three_leaves(refiner):
    """Try every root, and every split of either side."""
    n_splits = [(j, c, side) for j in range(4) for c in range(refiner.n_bins[j]) for side in (0, 1)]
    best = np.inf
    for root in n_splits:
        first = stump(root[0], root[1], missing_left=bool(root[2]))
        for leaf in (1, 2):
            for split in n_splits:
                other = stump(split[0], split[1], missing_left=bool(split[2]))
                tree = first.with_subtree(leaf, other)
                best = min(best, refiner.loss(tree))
    return best


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_a_thorough_search_finds_the_optimum(n_outputs):
    Z, targets, weights = make_rows(n_outputs, missing=False, n=60, seed=3)
    Z = (Z * 2).round() / 2  # few thresholds, so that all trees can be tried
    rows, objective = summed_rows(Z, targets, weights, is_regression=n_outputs == 1)
    refiner = Refiner(bin_rows(rows), objective, 1)
    model = fit_tree(
        Z,
        targets,
        weights,
        is_regression=n_outputs == 1,
        max_leaf_nodes=3,
        max_depth=None,
        min_samples_leaf=1,
        effort="thorough",
        decision_weight=0.0,
        cutoff=0.5,
        random_state=np.random.RandomState(0),
    )
    leaf = model.apply(rows)
    sums = np.stack([np.bincount(leaf, c) for c in objective.row_sums.T], axis=1)
    loss = objective.leaf_losses(sums[np.unique(leaf)]).sum()
    assert loss <= 1.01 * optimum_of_three_leaves(refiner)


def test_trees_are_grafted_and_cut():
    one = stump(7, 0, missing_left=False)
    tree = one.with_subtree(2, one)
    assert (tree.n_leaves, tree.feature[2]) == (3, 7)
    assert tree.cut(2).n_leaves == 2
    assert tree.with_subtree(0, tree, 2).n_leaves == 2
    assert A_LEAF.n_leaves == 1
    assert list(tree.below(2)) == [2, 3, 4]


@pytest.mark.parametrize(
    ("effort", "seed"), [("refined", 0), ("balanced", 1), ("balanced", 2), ("thorough", 3)]
)
@pytest.mark.parametrize("max_depth", [None, 3])
def test_sizes_are_kept(effort, seed, max_depth):
    Z, targets, weights = make_rows(2, n=300, seed=seed)
    model = fit_tree(
        Z,
        targets,
        weights,
        is_regression=False,
        max_leaf_nodes=7,
        max_depth=max_depth,
        min_samples_leaf=25,
        effort=effort,
        decision_weight=None,
        cutoff=0.5,
        random_state=np.random.RandomState(0),
    )
    leaf = model.left == LEAF
    assert leaf.sum() <= 7
    assert model.n_rows[leaf].min() >= 25
    np.testing.assert_array_equal(model.count_rows(Z), model.n_rows)
    depth = np.zeros(len(leaf), int)
    for node in np.flatnonzero(~leaf):
        depth[[model.left[node], model.right[node]]] = depth[node] + 1
    assert depth.max() <= (max_depth or 7)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_large_data_are_searched_on_a_sample(monkeypatch, n_outputs):
    """And the result is never worse than the tree that grows on all rows."""
    Z, targets, weights = make_rows(n_outputs, n=900)
    counts = (np.arange(900) < 500).astype(float)
    size = {"max_leaf_nodes": 6, "max_depth": None, "min_samples_leaf": 4}
    monkeypatch.setattr(_large_search, "SEARCH_ROWS", 300)
    model = fit_tree(
        Z,
        targets,
        weights,
        **size,
        is_regression=n_outputs == 1,
        effort="refined",
        decision_weight=0.0,
        cutoff=0.5,
        random_state=np.random.RandomState(0),
        counts=counts,
    )
    objective = row_objective(targets, weights, is_regression=n_outputs == 1)
    grown = grow_tree(Z, targets, weights, **size, min_impurity_decrease=0.0, counts=counts)
    ours, theirs = (
        sum(
            objective.leaf_losses(objective.row_sums[leaf == one].sum(axis=0)[None])[0]
            for one in np.unique(leaf)
        )
        for leaf in (model.apply(Z), grown.apply(Z))
    )
    assert ours <= theirs + 1e-9
    assert model.n_rows[0] == 500
    np.testing.assert_array_equal(model.count_rows(Z[:500]), model.n_rows)
    assert model.n_rows[model.left == LEAF].min() >= 4
    np.testing.assert_allclose(model.value[0], np.average(targets, axis=0, weights=weights))
