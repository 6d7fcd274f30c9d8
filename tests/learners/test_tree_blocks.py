"""Trees of rows in blocks are the trees of the rows in memory, whatever the blocks and their order."""

import pickle
from dataclasses import fields

import numpy as np
import pytest

from interpkd.learners import (
    LEAF,
    Coder,
    MemoryBlocks,
    Sketch,
    category_hashes,
    code_part,
    fit_tree,
    fit_tree_blocks,
    grow_tree,
    grow_tree_blocks,
    sketch_thresholds,
    use_threads,
)
from interpkd.learners import _growth_blocks as growth
from interpkd.learners._binning import MAX_BINS
from interpkd.learners._code_tree import stump
from interpkd.learners._sketch import merge

SIZE = {"max_leaf_nodes": 10, "max_depth": None, "min_samples_leaf": 5}
N_ROWS = 4000
TEXTS = ["north", "south", "east", "west", "centre"]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch, request):
    """Let the limits between few and many rows be such that tests are quick."""
    from interpkd.learners import _binning, _large_search, _tree_growth

    if "many" in request.node.name:
        return
    for module in (_binning, _tree_growth, growth):
        monkeypatch.setattr(module, "SAMPLE_ROWS", 1000)
    monkeypatch.setattr(_large_search, "SEARCH_ROWS", 1500)
    monkeypatch.setattr(_large_search, "REFINE_ROWS", 2500)
    monkeypatch.setattr(_large_search, "MANY_ROWS", 1000)


class Rows:
    """Rows with missing values, copies and categories; a binary, multiclass or regression task."""

    def __init__(self, task, *, weighted=False, counted=False, seed=0, n=N_ROWS):
        rng = np.random.default_rng(seed)
        Z = rng.normal(size=(n, 4)).astype(np.float32)
        Z[:, 3] = rng.integers(0, len(TEXTS), n)
        Z[rng.random(Z.shape) < 0.05] = np.nan
        Z[-300:] = Z[:300]
        known = np.nan_to_num(Z)
        logits = np.stack([known[:, 0] * known[:, 1], known[:, 2] + known[:, 3] % 2, known[:, 1]])
        P = np.exp(logits[: 2 if task == "binary" else 3]).T
        P /= P.sum(axis=1, keepdims=True)
        self.task, self.Z = task, Z
        targets = 70 * np.tanh(logits[:1].T) if task == "regression" else P
        self.targets = targets.astype(np.float32)
        if task == "binary":
            self.targets[:, 0] = 1 - self.targets[:, 1]
        self.weights = rng.uniform(0.1, 5, n) if weighted else None
        self.counts = (np.arange(n) < n - 500).astype(float) if counted else None
        self.tables = [None, None, None, category_hashes(TEXTS)]
        self.told = self.targets[:, 1:] if task == "binary" else self.targets

    def taken(self, order):
        """The rows in another order."""
        other = object.__new__(Rows)
        other.__dict__.update(self.__dict__)
        for name in ("Z", "targets", "told", "weights", "counts"):
            one = getattr(self, name)
            setattr(other, name, None if one is None else one[order])
        return other

    def in_blocks(self, n_blocks, seed):
        """Blocks of random sizes in random order, their sketch and the thresholds."""
        rng = np.random.default_rng(seed)
        n = len(self.Z)
        mixed = self.taken(rng.permutation(n))
        bounds = np.sort(rng.choice(np.arange(1, n), n_blocks - 1, replace=False))
        parts = [mixed.taken(rows) for rows in np.split(np.arange(n), bounds)]
        sketch = merge(
            Sketch.of(p.Z, p.weights, tables=self.tables, targets=p.told, counts=p.counts)
            for p in parts
        )
        thresholds = sketch_thresholds(sketch)
        coder = pickle.loads(pickle.dumps(Coder(thresholds)))  # noqa: S301
        blocks = MemoryBlocks(part.arrays(coder) for part in parts)
        return blocks, sketch, thresholds

    def arrays(self, coder):
        """What a block has."""
        arrays = {"codes": code_part(self.Z, coder), "targets": self.told}
        extra = {"weights": self.weights, "counts": self.counts}
        return arrays | {name: one for name, one in extra.items() if one is not None}

    @property
    def search(self):
        """Parameters of a search."""
        return {
            **SIZE,
            "is_regression": self.task == "regression",
            "effort": "balanced",
            "decision_weight": 0.0 if self.task == "regression" else None,
            "cutoff": 0.4,
            "random_state": np.random.RandomState(0),
        }

    def fit(self, **other):
        """Search in memory."""
        weights = np.ones(len(self.Z)) if self.weights is None else self.weights
        data = self.Z, self.targets.astype(np.float64), weights
        return fit_tree(*data, counts=self.counts, tables=self.tables, **self.search | other)

    def grow(self, **other):
        """Grow in memory."""
        data = self.Z, self.told.astype(np.float64), self.weights
        size = {**SIZE, "min_impurity_decrease": 0.0, **other}
        return grow_tree(*data, counts=self.counts, tables=self.tables, **size)


KINDS = {
    "binary": ("binary", {}),
    "binary, weights": ("binary", {"weighted": True}),
    "binary, counts": ("binary", {"counted": True}),
    "classes": ("classes", {}),
    "classes, weights, counts": ("classes", {"weighted": True, "counted": True}),
    "regression": ("regression", {}),
    "regression, weights": ("regression", {"weighted": True}),
}


@pytest.fixture(params=KINDS)
def rows(request):
    task, how = KINDS[request.param]
    return Rows(task, **how)


def assert_same(one, two):
    """Two trees are alike to the last bit."""
    for field in fields(one):
        np.testing.assert_array_equal(
            getattr(one, field.name), getattr(two, field.name), err_msg=field.name
        )


def test_searched_trees_of_blocks_are_those_of_the_array(rows):
    expected = rows.fit()
    assert (expected.left == LEAF).sum() == SIZE["max_leaf_nodes"]
    for n_blocks in (1, 17):
        assert_same(fit_tree_blocks(*rows.in_blocks(n_blocks, n_blocks), **rows.search), expected)


def test_grown_trees_of_blocks_are_those_of_the_array(rows):
    expected = rows.grow()
    for n_blocks in (1, 3, 17):
        grown = grow_tree_blocks(
            *rows.in_blocks(n_blocks, n_blocks), **SIZE, min_impurity_decrease=0.0
        )
        assert_same(grown, expected)


def test_many_rows_are_sampled_alike_by_all():
    """With the limits as they are: the sketch has fewer rows than there are."""
    rows = Rows("regression", n=215_000)
    data = rows.in_blocks(5, 0)
    assert not data[1].is_whole
    assert_same(fit_tree_blocks(*data, **rows.search), rows.fit())


def test_constrained_trees_of_blocks_are_those_of_the_array():
    rows = Rows("binary", weighted=True)
    given = {"monotonic_cst": np.array([1, 0, 1, 0], dtype=np.int8), "min_impurity_decrease": 1e-4}
    assert_same(fit_tree_blocks(*rows.in_blocks(3, 0), **rows.search, **given), rows.fit(**given))
    grown = grow_tree_blocks(*rows.in_blocks(3, 0), **SIZE, **given)
    assert_same(grown, rows.grow(**given))


def test_order_of_rows_and_threads_do_not_matter(rows):
    order = np.random.default_rng(5).permutation(N_ROWS)
    expected = rows.fit(), rows.grow()
    mixed = rows.taken(order)
    with use_threads(2):
        assert_same(mixed.fit(), expected[0])
        assert_same(mixed.grow(), expected[1])


def test_codes_of_categories_do_not_choose_the_sample():
    rows = Rows("binary")
    sketch = rows.in_blocks(3, 0)[1]
    other = np.array([3.0, 1, 4, 0, 2])
    Z = rows.Z.copy()
    known = ~np.isnan(Z[:, 3])
    Z[known, 3] = other[Z[known, 3].astype(int)]
    texts = np.array(TEXTS)[np.argsort(other)]
    again = Sketch.of(Z, tables=[None, None, None, category_hashes(texts)], targets=rows.told)
    np.testing.assert_array_equal(again.hashes, sketch.hashes)
    np.testing.assert_array_equal(again.sums, sketch.sums)


def test_sums_are_those_of_exact_numbers(rows):
    """Up to the rounding of each number, and the tree counts and weighs all rows."""
    model = rows.grow()
    leaf = model.apply(rows.Z)
    w = np.ones(N_ROWS) if rows.weights is None else rows.weights
    counts = np.ones(N_ROWS) if rows.counts is None else rows.counts
    told = rows.told.astype(np.float64)
    for one in np.flatnonzero(model.left == LEAF):
        own = leaf == one
        assert model.n_rows[one] == counts[own].sum()
        np.testing.assert_allclose(model.weight[one], w[own].sum(), rtol=1e-12)
        mean = np.average(told[own], axis=0, weights=w[own])
        np.testing.assert_allclose(model.value[one], mean, atol=1e-10)
        spread = np.average((told[own] - mean) ** 2, axis=0, weights=w[own]).sum()
        np.testing.assert_allclose(model.impurity[one], spread, rtol=1e-8)


class Forgetful(MemoryBlocks):
    """Blocks that lose what they keep now and then, and do some of their work twice."""

    def __init__(self, blocks):
        super().__init__(blocks)
        self.rng = np.random.default_rng(0)
        self.n_passes = 0

    def each(self, function, *state):
        """Forget, work, and work again."""
        self.n_passes += 1
        for i in range(self.n_blocks):
            if self.rng.random() < 0.2:
                self._blocks[i] = pickle.loads(pickle.dumps(self._blocks[i]))  # noqa: S301
                assert not self._blocks[i].kept
            block = self._blocks[i]
            if self.rng.random() < 0.2:
                function(block, *state)
            yield function(block, *pickle.loads(pickle.dumps(state)))  # noqa: S301


def test_blocks_may_lose_what_they_keep():
    rows = Rows("classes")
    blocks, sketch, thresholds = rows.in_blocks(7, 3)
    forgetful = Forgetful([block.arrays for block in blocks.each(_itself)])
    assert_same(
        fit_tree_blocks(forgetful, sketch, thresholds, **rows.search),
        fit_tree_blocks(blocks, sketch, thresholds, **rows.search),
    )
    # the scale, the root, the splits, and one that judges
    assert forgetful.n_passes == 1 + 1 + (SIZE["max_leaf_nodes"] - 1) + 1
    assert not any(block.kept for block in blocks.each(_itself))


def test_histograms_of_any_node_can_be_asked_for_again():
    rows = Rows("classes", weighted=True)
    blocks, _, thresholds = rows.in_blocks(5, 1)
    data = growth.GrowthBlocks(blocks, thresholds, MAX_BINS, growth.Scale.of(blocks))
    root = data.begin(data.all_rows())
    left, right = data.split(root, 0, 99, missing_left=True, is_last=False)
    pair = data.split(left, 1, 120, missing_left=False, is_last=False)
    np.testing.assert_array_equal(left.histograms + right.histograms, root.histograms)
    for block in blocks.each(_itself):
        block.kept.clear()
    for known in (right, *pair):
        np.testing.assert_array_equal(data.histograms(known.rows), known.histograms)
        np.testing.assert_array_equal(known.histograms[..., 1].sum(axis=1), known.sums[1])


def _itself(block):
    return block


def test_leaf_sums_tell_decisions_and_missing_values():
    codes = np.array([[0], [3], [255], [1]], dtype=np.uint8)
    targets = np.array([[0.25], [0.5], [0.75], [0.5]], dtype=np.float32)
    blocks = MemoryBlocks(
        [{"codes": codes[:1], "targets": targets[:1]}, {"codes": codes[1:], "targets": targets[1:]}]
    )
    scale = growth.Scale.of(blocks, largest=1.0)
    rows = growth.GrowthBlocks(blocks, [np.arange(3.0)], MAX_BINS, scale)
    tree = stump(0, 1, missing_left=False)
    ((sums, lost),) = rows.leaf_sums([tree], n_classes=2, cutoff=0.5)
    np.testing.assert_array_equal(lost, [True, False, False])
    np.testing.assert_array_equal(sums[1], [2, 2, 0.25**2 + 0.5**2, 0.75, 1.5, 0.5])
    np.testing.assert_array_equal(sums[2], [2, 2, 0.75**2 + 0.5**2, 1.25, 0.5, 1.5])


def test_targets_beyond_float32_stay_in_double_precision():
    rows = Rows("regression")
    unit = rows.grow()
    rows.told = rows.targets.astype(np.float64) * 2.0**150
    scaled = rows.grow()
    np.testing.assert_array_equal(scaled.threshold, unit.threshold)
    np.testing.assert_array_equal(scaled.value, unit.value * 2.0**150)
