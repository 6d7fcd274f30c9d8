"""Perturbing a tree: what the compiled loops do is the definition, and nothing is lost on the way."""

from dataclasses import replace

import numpy as np
import pytest

from interpkd.learners._binning import bin_rows
from interpkd.learners._coarse_codes import CoarseCodes
from interpkd.learners._code_tree import CodeTree
from interpkd.learners._objective import FLOOR, row_objective
from interpkd.learners._tree_growth import NO_LIMIT, Limits
from interpkd.learners._tree_refinement import Refiner
from interpkd.learners._tree_search import PROMISE, _Search


def make_refiner(n_outputs, decision_weight=0.0, *, n=250, seed=0, min_samples_leaf=1):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 4)).round(1)
    score = Z[:, :1] * Z[:, 1:2] + 0.5 * Z[:, 2:3] + 0.3 * rng.normal(size=(n, 1))
    Z[rng.random(Z.shape) < 0.1] = np.nan
    odds = np.exp(score * np.arange(n_outputs))
    targets = score if n_outputs == 1 else odds / odds.sum(axis=1, keepdims=True)
    objective = row_objective(targets, rng.uniform(0.5, 2, n), is_regression=n_outputs == 1)
    weight = 0.0 if n_outputs == 1 else decision_weight
    objective = replace(objective, decision_weight=weight)
    return Refiner(bin_rows(Z), objective, min_samples_leaf)


def grow(refiner, n_leaves):
    return propose(refiner, n_leaves, sweeps=0)[0]


def loss_of(objective):
    return (
        objective.n_outputs,
        objective.is_regression,
        float(objective.decision_weight),
        objective.cutoff,
        FLOOR,
    )


def propose(refiner, n_leaves, *, rows=None, first=(-1, 0, False), depth=NO_LIMIT, sweeps=3):
    objective = refiner.objective
    *splits, sums = refiner.kernels.propose(
        refiner.binned.codes, refiner.columns, refiner.features, refiner.features,
        refiner.all_rows if rows is None else rows, objective.row_sums, objective.counts,
        refiner.n_bins, refiner.binned.missing, first, n_leaves, depth,
        float(refiner.min_samples_leaf), loss_of(objective), refiner.worth, sweeps,
    )  # fmt: skip
    return CodeTree(*splits), sums


@pytest.mark.parametrize("decision_weight", [0.0, 0.3])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_compiled_loss_and_prices_are_those_of_the_objective(n_outputs, decision_weight):
    refiner = make_refiner(n_outputs, decision_weight)
    objective, kernels = refiner.objective, refiner.kernels
    sums = refiner.node_sums(grow(refiner, 7))
    losses = [kernels.leaf_loss(cell, *loss_of(objective)) for cell in sums]
    np.testing.assert_allclose(losses, objective.leaf_losses(sums), rtol=1e-12, atol=1e-9)
    prices = np.ones((len(sums), objective.row_sums.shape[1]))
    for row, cell in zip(prices, sums, strict=True):
        kernels.leaf_prices(row, cell, *loss_of(objective))
    np.testing.assert_allclose(prices, objective.prices(objective.answers(sums)), rtol=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_the_first_split_is_the_best_of_all(n_outputs):
    refiner = make_refiner(n_outputs, 0.3, n=80, min_samples_leaf=3)
    tree, _ = propose(refiner, 2, sweeps=0)
    every = []
    for feature in refiner.features:
        for code in range(refiner.n_bins[feature]):
            for side in (False, True):
                split = tree.with_split(0, feature, code, missing_left=side)
                if refiner.node_sums(split)[1:, -1].min() >= 3:
                    every.append(refiner.loss(split))
    np.testing.assert_allclose(refiner.loss(tree), min(every), rtol=1e-12)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_sums_are_those_of_the_rows_and_sizes_hold(n_outputs):
    for seed in range(4):
        refiner = make_refiner(n_outputs, 0.3, seed=seed, min_samples_leaf=5)
        whole = grow(refiner, 6)
        node = int(whole.inner[-1])
        for rows in (refiner.all_rows, refiner.rows_of(whole)[0][::3]):
            tree, sums = propose(refiner, 6, rows=rows.copy(), depth=3)
            here = refiner.of(rows)
            np.testing.assert_allclose(sums, here.node_sums(tree), rtol=1e-12, atol=1e-12)
            assert tree.n_leaves <= 6
            assert tree.depth.max() <= 3
            assert sums[tree.leaves, -1].min() >= 5
            grown, _ = propose(refiner, 6, rows=rows.copy(), depth=3, sweeps=0)
            assert here.loss(tree) <= here.loss(grown) + refiner.worth
        part, sums = propose(refiner, 3, rows=refiner.rows_of(whole)[node].copy())
        grafted = refiner.grafted(whole, node, part, sums)
        known = refiner.node_sums(grafted)
        refiner.forget()
        np.testing.assert_allclose(known, refiner.node_sums(grafted), rtol=1e-12, atol=1e-9)
        pruned = refiner.prune(grafted, 3)
        known = refiner.node_sums(pruned)
        refiner.forget()
        np.testing.assert_allclose(known, refiner.node_sums(pruned), rtol=1e-12, atol=1e-9)


def test_rows_are_not_moved_by_a_proposal():
    refiner = make_refiner(2)
    rows = refiner.all_rows.copy()
    propose(refiner, 5, rows=rows, first=(0, 3, True))
    np.testing.assert_array_equal(rows, refiner.all_rows)


def test_a_given_first_split_is_where_growth_begins():
    refiner = make_refiner(2)
    tree, _ = propose(refiner, 4, first=(2, 5, True), sweeps=0)
    assert (tree.feature[0], tree.code[0], tree.missing_left[0]) == (2, 5, True)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_perturbed_trees_keep_the_limits_and_most_are_given_up(n_outputs):
    refiner = make_refiner(n_outputs, 0.3, min_samples_leaf=8)
    limits = Limits(6, 3, 8, 0.0)
    search = _Search(refiner.binned, refiner.objective, limits, None, np.random.RandomState(0))
    tree = search.start("targets")
    lowest = search.refiner.loss(tree)
    n_given_up = 0
    for _ in range(60):
        new = search.perturb(tree, lowest)
        if new is None:
            n_given_up += 1
            continue
        sums = search.refiner.node_sums(new)
        assert new.n_leaves <= 6
        assert new.depth.max() <= 3
        assert sums[new.leaves, -1].min() >= 8
        assert search.refiner.loss(new) <= lowest * (1 + PROMISE / 10)
    assert 0 < n_given_up < 60


def test_a_tree_on_coarse_codes_parts_rows_as_on_fine_ones():
    rng = np.random.default_rng(0)
    refiner = make_refiner(1, n=900)
    fine = refiner.binned
    values = np.sort(rng.normal(size=700))
    codes = rng.integers(0, 700, (900, 4)).astype(np.uint16)
    codes[rng.random(codes.shape) < 0.05] = 700
    between = (values[1:] + values[:-1]) / 2
    fine = replace(fine, codes=codes, missing=700, values=(values,) * 4, thresholds=(between,) * 4)
    objective = refiner.objective
    coarse = CoarseCodes(fine, objective.row_sums[: len(codes), 0])
    assert coarse.binned.missing == 255
    assert coarse.binned.codes.max() <= 255
    on_coarse = Refiner(coarse.binned, objective, 1)
    on_fine = Refiner(fine, objective, 1)
    tree, _ = propose(on_coarse, 9)
    tree = tree.with_split(0, 1, int(coarse.binned.n_bins[1]) - 1, missing_left=False)
    same = coarse.in_fine_codes(tree)
    np.testing.assert_array_equal(
        on_coarse.route(tree, on_coarse.all_rows), on_fine.route(same, on_fine.all_rows)
    )


def test_few_codes_stay_as_they_are():
    refiner = make_refiner(2)
    codes = CoarseCodes(refiner.binned, refiner.objective.row_sums[:, 0])
    tree = grow(refiner, 4)
    assert codes.binned is refiner.binned
    assert codes.in_fine_codes(tree) is tree
