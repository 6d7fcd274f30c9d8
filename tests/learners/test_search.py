"""Search against brute force, and under limits and constraints."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_diabetes, load_wine

from interpkd.learners import LEAF, _large_search, fit_tree, grow_tree
from interpkd.learners._binning import bin_rows
from interpkd.learners._fit_tree import _loss, with_means
from interpkd.learners._lookahead import Lookahead
from interpkd.learners._monotone import MANY_LEAVES, _quickly, in_order, ordered_values
from interpkd.learners._objective import row_objective, summed_rows
from interpkd.learners._tree_refinement import Refiner


def make_rows(n_outputs, n=120, seed=0, *, missing=False):
    rng = np.random.default_rng(seed)
    Z = (2 * rng.normal(size=(n, 4))).round() / 2
    score = Z[:, 0] * Z[:, 1] + 0.5 * Z[:, 2] + 0.3 * rng.normal(size=n)
    if n_outputs == 1:
        targets = score[:, None]
    else:
        odds = np.exp(np.column_stack([score * k for k in range(n_outputs)]))
        targets = odds / odds.sum(axis=1, keepdims=True)
    if missing:
        Z[rng.random(Z.shape) < 0.1] = np.nan
    return Z, targets, rng.integers(1, 4, n).astype(float)


def fitted(rows, **params):
    Z, targets, weights = rows
    defaults = {
        "is_regression": targets.shape[1] == 1,
        "max_leaf_nodes": 8,
        "max_depth": None,
        "min_samples_leaf": 1,
        "effort": "balanced",
        "decision_weight": 0.0,
        "cutoff": 0.5,
        "random_state": np.random.RandomState(0),
    }
    return fit_tree(Z, targets, weights, **{**defaults, **params})


def loss_of(model, rows, decision_weight=0.0):
    Z, targets, weights = rows
    objective = row_objective(targets, weights, is_regression=targets.shape[1] == 1)
    return _loss(model, replace(objective, decision_weight=decision_weight), Z)


def depths(model):
    depth = np.zeros(len(model.left), int)
    for node in np.flatnonzero(model.left != LEAF):
        depth[[model.left[node], model.right[node]]] = depth[node] + 1
    return depth


# ---------------------------------------------------------------- two levels
def best_of_two_levels(rows, min_rows=1, decision_weight=0.0):
    """Try every first split, and every second one on either side."""
    Z, targets, weights = rows
    _, objective = summed_rows(*rows, is_regression=targets.shape[1] == 1)
    objective = replace(objective, decision_weight=decision_weight)

    def sides():
        for j in range(Z.shape[1]):
            lost = np.isnan(Z[:, j])
            for value in np.unique(Z[~lost, j]):
                yield Z[:, j] <= value
                yield (Z[:, j] <= value) | lost

    splits = np.array(list(sides()))

    def leaf_losses(inside):
        """Loss of each set of rows as one leaf; infinite for too few rows."""
        sums = row_objective(targets, weights, is_regression=targets.shape[1] == 1).row_sums
        losses = objective.leaf_losses(inside.astype(float) @ sums)
        return np.where(inside.sum(axis=1) < min_rows, np.inf, losses)

    best = np.inf
    for first in splits:
        total = 0.0
        for side in (first, ~first):
            both = leaf_losses(splits & side) + leaf_losses(~splits & side)
            total += min(both.min(), leaf_losses(side[None])[0])
        best = min(best, total)
    return best


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2, 3])
@pytest.mark.parametrize("min_rows", [1, 12])
def test_looking_ahead_finds_the_best_two_levels(n_outputs, missing, min_rows):
    """Exactly, where every value has a bin of its own."""
    rows = make_rows(n_outputs, missing=missing)
    Z, objective = summed_rows(*rows, is_regression=n_outputs == 1)
    objective = replace(objective, decision_weight=0.0 if n_outputs == 1 else 0.2)
    refiner = Refiner(bin_rows(Z), objective, min_rows)
    gain, tree = Lookahead(refiner).best_two(refiner.all_rows, np.arange(4), 32, 2, 4)
    best = best_of_two_levels(rows, min_rows, objective.decision_weight)
    np.testing.assert_allclose(refiner.loss(tree), best, rtol=1e-7)
    single = refiner.objective.leaf_losses(refiner.node_sums(tree)[:1])[0]
    np.testing.assert_allclose(single - gain, best, rtol=1e-7)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
def test_thorough_is_optimal_in_two_levels(n_outputs):
    rows = make_rows(n_outputs, seed=1, missing=True)
    model = fitted(rows, max_leaf_nodes=4, max_depth=2, effort="thorough")
    assert depths(model).max() <= 2
    assert loss_of(model, rows) <= best_of_two_levels(rows) * (1 + 1e-6)


@pytest.mark.parametrize("load", [load_wine, load_diabetes])
def test_thorough_is_optimal_in_two_levels_on_bundled_data(load):
    X, y = load(return_X_y=True)
    B = np.column_stack([X[:, j] > q for j in range(8) for q in np.quantile(X[:, j], [0.3, 0.7])])
    target = y if load is load_diabetes else (y == 1).astype(float)
    rows = B.astype(float), target[:, None].astype(float), np.ones(len(X))
    model = fitted(rows, max_leaf_nodes=4, max_depth=2, effort="thorough")
    assert loss_of(model, rows) <= best_of_two_levels(rows) * (1 + 1e-6)


def test_three_leaves_of_a_lookahead():
    rows = make_rows(1)
    Z, objective = summed_rows(*rows, is_regression=True)
    refiner = Refiner(bin_rows(Z), objective, 1)
    lookahead = Lookahead(refiner)
    losses = []
    for n_leaves in (2, 3, 4):
        gain, tree = lookahead.best_two(refiner.all_rows, np.arange(4), 32, 2, n_leaves)
        losses.append(refiner.loss(tree))
        alone = objective.leaf_losses(refiner.node_sums(tree)[:1])[0]
        np.testing.assert_allclose(alone - gain, losses[-1], rtol=1e-7)
        assert tree.n_leaves == n_leaves
    assert losses == sorted(losses, reverse=True)


def test_the_best_three_levels_by_brute_force():
    """The best first split, and the best two levels on either side of it."""
    Z, targets, weights = make_rows(1, n=80)
    Z = (Z > 0).astype(float)
    expected = np.inf
    for j in range(4):
        parts = [(Z[side], targets[side], weights[side]) for side in (Z[:, j] > 0, Z[:, j] <= 0)]
        expected = min(expected, sum(best_of_two_levels(part) for part in parts))
    rows = Z, targets, weights
    model = fitted(rows, max_depth=3, effort="thorough")
    assert loss_of(model, rows) <= expected * (1 + 1e-6)


# ---------------------------------------------------------------- limits
@pytest.mark.parametrize("effort", ["refined", "balanced", "thorough"])
@pytest.mark.parametrize("max_depth", [1, 2, 4])
def test_a_limit_of_depth_is_kept(effort, max_depth):
    rows = make_rows(2, n=200, seed=2, missing=True)
    model = fitted(rows, max_leaf_nodes=10, max_depth=max_depth, effort=effort)
    assert depths(model).max() <= max_depth
    assert (model.left == LEAF).sum() <= min(10, 2**max_depth)


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
@pytest.mark.parametrize("worth", [0.002, 0.02, 10.0])
def test_every_subtree_is_worth_its_splits(n_outputs, worth):
    rows = make_rows(n_outputs, n=200)
    model = fitted(rows, min_impurity_decrease=worth)
    error = model.weight * model.impurity / model.weight[0]
    kept, n_splits = error.copy(), np.zeros(len(error))
    for node in np.flatnonzero(model.left != LEAF)[::-1]:
        children = [model.left[node], model.right[node]]
        kept[node], n_splits[node] = kept[children].sum(), n_splits[children].sum() + 1
        assert error[node] - kept[node] >= worth * n_splits[node] - 1e-9
    free = fitted(rows)
    assert (model.left == LEAF).sum() <= (free.left == LEAF).sum()
    if worth == 10.0:
        assert len(model.left) == 1


# ---------------------------------------------------------------- monotone constraints
def assert_monotone(model, Z, signs):
    """Along each constrained feature, from every value to the next, at every row."""
    for j in np.flatnonzero(signs):
        cuts = np.unique(model.threshold[(model.feature == j) & np.isfinite(model.threshold)])
        line = np.sort(np.r_[cuts, cuts + 1e-3, -99, 99])
        grid = np.repeat(Z, len(line), axis=0)
        grid[:, j] = np.tile(line, len(Z))
        last = model.value[model.apply(grid), -1].reshape(len(Z), len(line))
        assert (signs[j] * np.diff(last, axis=1) >= 0).all()


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_constraints_are_kept(n_outputs, missing, seed):
    """Exactly, on a grid; and never at a higher loss than the tree that is only grown."""
    rows = make_rows(n_outputs, n=250, seed=seed, missing=missing)
    Z, targets, weights = rows
    signs = np.array([1, 0, 1, -1], dtype=np.int8)
    size = {"max_leaf_nodes": 12, "max_depth": None, "min_samples_leaf": 3}
    model = fitted(rows, monotonic_cst=signs, **size)
    rng = np.random.default_rng(0)
    probes = np.array([rng.choice(Z[:, j], 300) for j in range(4)]).T
    assert_monotone(model, np.r_[Z, probes], signs)
    grown = grow_tree(
        Z, targets[:, -1:], weights, min_impurity_decrease=0.0, monotonic_cst=signs, **size
    )
    if n_outputs == 2:
        grown = replace(grown, value=np.column_stack([1 - grown.value, grown.value]))
    assert loss_of(model, rows) <= loss_of(grown, rows) + 1e-9
    leaf = model.left == LEAF
    assert leaf.sum() <= 12
    assert model.n_rows[leaf].min() >= 3


def test_constraints_are_kept_on_large_data(monkeypatch):
    monkeypatch.setattr(_large_search, "SEARCH_ROWS", 150)
    rows = make_rows(2, n=500, seed=3, missing=True)
    signs = np.array([1, 0, 1, 0], dtype=np.int8)
    model = fitted(rows, monotonic_cst=signs, effort="refined")
    assert_monotone(model, rows[0], signs)
    np.testing.assert_array_equal(model.count_rows(rows[0]), model.n_rows)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_refinement_under_constraints_never_raises_the_loss(n_outputs):
    for seed in range(4):
        Z, objective = summed_rows(*make_rows(n_outputs, seed=seed), is_regression=n_outputs == 1)
        signs = np.array([1, 0, 1, -1], dtype=np.int8)
        refiner = Refiner(bin_rows(Z), objective, 2, signs=signs)
        tree = Lookahead(refiner).best_two(refiner.all_rows, np.arange(4), 4, 2, 4)[1]
        loss = refiner.loss(tree)
        for _ in range(4):
            tree = refiner.sweep(tree)
            assert refiner.loss(tree) <= loss + 1e-9
            loss = refiner.loss(tree)


@pytest.mark.parametrize("seed", range(5))
def test_ordered_values_are_the_nearest(seed):
    """Against a general optimiser; and the quick rule keeps the order too."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(size=(9, 2))
    low, high = np.nonzero((places[:, None] < places[None]).all(axis=2))
    pairs = np.column_stack([low, high])
    values, weights = rng.normal(size=9), rng.uniform(0.5, 3, 9)
    ours = ordered_values(values, weights, pairs)
    assert (ours[low] <= ours[high]).all()
    best = minimize(
        lambda v: (weights * (v - values) ** 2).sum(),
        ours * 0,
        constraints={"type": "ineq", "fun": lambda v: v[high] - v[low]},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    np.testing.assert_allclose(ours, best.x, atol=1e-4)
    quick = _quickly(values, weights, pairs)
    assert (quick[low] <= quick[high]).all()
    assert MANY_LEAVES > 9


def test_values_in_order_stay():
    rows = make_rows(1, n=200, seed=4)
    model = with_means(
        grow_tree(
            *rows,
            max_leaf_nodes=6,
            max_depth=None,
            min_samples_leaf=1,
            min_impurity_decrease=0.0,
        ),
        *rows,
    )
    assert in_order(model, np.zeros(4, np.int8)).value is not None
    np.testing.assert_array_equal(in_order(model, np.zeros(4, np.int8)).value, model.value)
