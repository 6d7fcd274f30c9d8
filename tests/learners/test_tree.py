"""The tree learner against scikit-learn, which is its oracle."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.learners import LEAF, _tree_growth, grow_tree, use_threads

SIZE = {
    "max_leaf_nodes": 8,
    "max_depth": None,
    "min_samples_leaf": 3,
    "min_impurity_decrease": 0.0,
}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(300, 4))
    Z[rng.random(Z.shape) < 0.1] = np.nan
    P = rng.dirichlet(np.ones(3), 300) + (np.nan_to_num(Z[:, :1]) > 0) * [1.0, 0.0, 0.0]
    return Z, P / P.sum(axis=1, keepdims=True), rng.integers(1, 4, 300).astype(float)


def test_vector_targets_are_gini_on_rows_labelled_by_chance(rows):
    """Each row repeated once per class, weighted by its soft target, gives the same tree."""
    Z, P, w = rows
    soft = grow_tree(Z, P, w, **{**SIZE, "min_samples_leaf": 1})
    hard = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0).fit(
        np.repeat(Z, 3, axis=0), np.tile(np.arange(3), 300), sample_weight=(P * w[:, None]).ravel()
    )
    inner = soft.left != LEAF
    np.testing.assert_array_equal(soft.feature[inner], hard.tree_.feature[inner])
    np.testing.assert_allclose(soft.threshold[inner], hard.tree_.threshold[inner], rtol=1e-6)
    np.testing.assert_allclose(soft.value, hard.tree_.value[:, 0], atol=1e-12)
    np.testing.assert_allclose(soft.weight, hard.tree_.weighted_n_node_samples)


def test_impurity_decrease_is_in_units_of_the_summed_squared_error(rows):
    Z, P, w = rows
    free = grow_tree(Z, P, w, **SIZE)
    inner = np.flatnonzero(free.left != LEAF)
    left, right = free.left[inner], free.right[inner]
    split = free.weight[left] * free.impurity[left] + free.weight[right] * free.impurity[right]
    decrease = (free.weight[inner] * free.impurity[inner] - split) / free.weight[0]
    limit = np.sort(decrease)[3]
    pruned = grow_tree(Z, P, w, **{**SIZE, "min_impurity_decrease": limit * 1.0001})
    assert (pruned.left != LEAF).sum() < len(inner)
    assert (pruned.left != LEAF).sum() >= 1


def test_apply_is_scikit_learns(rows):
    Z, P, w = rows
    model = grow_tree(Z, P, w, **SIZE)
    tree = DecisionTreeRegressor(max_leaf_nodes=8, min_samples_leaf=3, random_state=0)
    tree.fit(Z, P, sample_weight=w)
    np.testing.assert_array_equal(model.apply(Z), tree.apply(Z))


def test_rows_are_counted_through_every_node(rows):
    Z, P, w = rows
    model = grow_tree(Z, P, w, **SIZE)
    np.testing.assert_array_equal(model.count_rows(Z), model.n_rows)


def test_thresholds_are_middles_of_the_values_as_given():
    """The middle in float32 reads 16.795000076293945, in the rules of the report too."""
    Z = np.repeat([[16.78], [16.81], [40.0]], 5, axis=0)
    model = grow_tree(Z, (Z > 16.8).astype(float), np.ones(15), **SIZE)
    assert model.threshold[0] == 16.795
    np.testing.assert_array_equal(model.apply(Z), np.where(Z[:, 0] > 16.8, 2, 1))


@pytest.mark.parametrize("gap", [1, 2, 3])
def test_neighbouring_floats_are_still_separated(gap):
    high = low = np.float32(100.1)
    for _ in range(gap):
        high = np.nextafter(high, np.float32(200))
    Z = np.repeat(np.array([[low], [high]], dtype=np.float64), 5, axis=0)
    target = np.repeat([[0.0], [1.0]], 5, axis=0)
    model = grow_tree(Z, target, np.ones(10), **SIZE)
    np.testing.assert_array_equal(model.value[model.apply(Z)], target)


def test_monotone_growth():
    rng = np.random.default_rng(1)
    Z = rng.uniform(size=(500, 2))
    target = (Z[:, :1] + 0.3 * np.sin(20 * Z[:, :1]) - Z[:, 1:]) / 3
    model = grow_tree(
        Z, target, np.ones(500), **{**SIZE, "max_leaf_nodes": 30}, monotonic_cst=np.array([1, -1])
    )
    line = np.linspace(0, 1, 50)
    for other in (0.1, 0.5, 0.9):
        up = model.value[model.apply(np.column_stack([line, np.full(50, other)])), 0]
        down = model.value[model.apply(np.column_stack([np.full(50, other), line])), 0]
        assert (np.diff(up) >= 0).all()
        assert (np.diff(down) <= 0).all()


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize(
    "limits",
    [
        {"max_leaf_nodes": 9, "min_samples_leaf": 10},
        {"max_leaf_nodes": None, "max_depth": 4, "min_samples_leaf": 8},
        {"max_leaf_nodes": None, "min_samples_leaf": 6},
        {"max_leaf_nodes": 20, "min_samples_leaf": 25},
    ],
)
def test_growth_is_scikit_learns(limits, n_outputs, missing):
    """Without loss from binning the same splits in the same order, weights included."""
    rng = np.random.default_rng(1)  # without ties, which scikit-learn breaks at random
    Z = rng.normal(size=(400, 5)).round(4)
    if missing:
        Z[rng.random(Z.shape) < 0.15] = np.nan
    targets = rng.normal(size=(400, n_outputs)) + np.nan_to_num(Z[:, :1] * Z[:, 1:2])
    weights = rng.uniform(0.5, 2, 400)
    size = {**SIZE, **limits}
    ours = grow_tree(Z, targets, weights, **size)
    tree = DecisionTreeRegressor(random_state=0, **size).fit(Z, targets, sample_weight=weights)
    inner = ours.left != LEAF
    np.testing.assert_array_equal(ours.left, tree.tree_.children_left)
    np.testing.assert_array_equal(ours.feature[inner], tree.tree_.feature[inner])
    np.testing.assert_allclose(ours.threshold[inner], tree.tree_.threshold[inner], rtol=1e-6)
    np.testing.assert_array_equal(ours.missing_left[inner], tree.tree_.missing_go_to_left[inner])
    np.testing.assert_allclose(ours.value, tree.tree_.value[:, :, 0], atol=1e-10)
    np.testing.assert_allclose(ours.impurity, tree.tree_.impurity * n_outputs, atol=1e-10)
    np.testing.assert_array_equal(ours.n_rows, tree.tree_.n_node_samples)


def test_quantile_bins_cost_little():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(20_000, 4))
    targets = np.tanh(Z[:, :1] * Z[:, 1:2] + Z[:, 2:3])
    weights = np.ones(len(Z))
    model = grow_tree(Z, targets, weights, **{**SIZE, "max_leaf_nodes": 24})
    tree = DecisionTreeRegressor(max_leaf_nodes=24, min_samples_leaf=3).fit(Z, targets)
    leaf = model.left == LEAF
    loss = (model.weight * model.impurity)[leaf].sum() / len(Z)
    assert loss < 1.02 * ((tree.predict(Z) - targets[:, 0]) ** 2).mean()
    np.testing.assert_array_equal(model.count_rows(Z), model.n_rows)


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_any_number_of_threads_grows_the_same_tree(n_jobs):
    rng = np.random.default_rng(0)
    Z, targets = rng.normal(size=(100_000, 3)), rng.random((100_000, 1))
    reference = grow_tree(Z, targets, np.ones(len(Z)), **SIZE)
    with use_threads(n_jobs):
        model = grow_tree(Z, targets, np.ones(len(Z)), **SIZE)
    np.testing.assert_array_equal(model.threshold, reference.threshold)
    np.testing.assert_array_equal(model.value, reference.value)
    np.testing.assert_array_equal(model.n_rows, reference.n_rows)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_settled_thresholds_cost_no_more(monkeypatch, n_outputs, whole):
    rng = np.random.default_rng(0)
    n = 6000
    Z = rng.normal(size=(n, 4))
    Z[rng.random(Z.shape) < 0.1] = np.nan
    known = np.nan_to_num(Z)
    targets = np.tanh(known[:, :1] * known[:, 1:2] + known[:, 2:3] + np.arange(n_outputs))
    targets = targets.astype(np.float32).astype(np.float64)  # as many rows are summed
    weights = np.ones(n) if whole else rng.uniform(0.5, 2, n)
    counts = np.ones(n) if whole else (np.arange(n) < 4000).astype(float)
    size = {**SIZE, "max_leaf_nodes": 16}
    grown = grow_tree(Z, targets, weights, **size, counts=counts)
    monkeypatch.setattr(_tree_growth, "SAMPLE_ROWS", 1000)
    settled = grow_tree(Z, targets, weights, **size, counts=counts)
    losses = [(tree.weight * tree.impurity)[tree.left == LEAF].sum() for tree in (settled, grown)]
    assert losses[0] < losses[1]
    np.testing.assert_array_equal(settled.feature, grown.feature)
    assert settled.n_rows[settled.left == LEAF].min() >= SIZE["min_samples_leaf"]
    np.testing.assert_array_equal(settled.count_rows(Z[counts > 0]), settled.n_rows)
    leaf = settled.apply(Z)
    for one in np.unique(leaf):
        mean = np.average(targets[leaf == one], axis=0, weights=weights[leaf == one])
        np.testing.assert_allclose(settled.value[one], mean, atol=1e-12)
    with use_threads(2):
        again = grow_tree(Z, targets, weights, **size, counts=counts)
    np.testing.assert_array_equal(again.threshold, settled.threshold)


def test_monotone_growth_with_missing_values():
    """Along the known values the prediction rises, wherever the missing ones go."""
    rng = np.random.default_rng(1)
    Z = rng.uniform(size=(600, 2))
    target = Z[:, :1] + np.sin(9 * Z[:, :1]) + 3 * Z[:, 1:]
    Z[rng.random(Z.shape) < 0.2] = np.nan
    size = {**SIZE, "max_leaf_nodes": 30}
    model = grow_tree(Z, target, np.ones(600), **size, monotonic_cst=np.array([1, 0]))
    line = np.linspace(0, 1, 60)
    for other in (0.1, 0.5, 0.9, np.nan):
        up = model.value[model.apply(np.column_stack([line, np.full(60, other)])), 0]
        assert (np.diff(up) >= 0).all()
    assert (model.feature == 0).any()
