"""Linear learners and scorecards over blocks: the models of the arrays, however the rows are cut."""

import pickle

import numpy as np
import pytest

from interpkd.exceptions import InvalidInputError
from interpkd.learners import (
    MemoryBlocks,
    bin_blocks,
    fit_scorecard,
    fit_scorecard_blocks,
    fit_soft_linear,
    fit_soft_linear_blocks,
    fit_soft_logistic,
    fit_soft_logistic_blocks,
    fit_soft_svm,
    fit_soft_svm_blocks,
    points_of_masses,
    round_to_points,
    rounding_of_blocks,
)
from interpkd.learners import _block_sum as block_sum
from interpkd.learners import _score_loss as score_loss
from interpkd.learners._blocks import Block, added

N_ROWS = 3000


class Travelling:
    """Blocks of which nothing is left after a pass: what runs there, and what comes, is pickled."""

    def __init__(self, parts):
        self._parts = [part for part in parts if len(part["targets"])]
        self.n_rows = sum(len(part["targets"]) for part in self._parts)
        self.n_blocks, self.n_passes = len(self._parts), 0

    def each(self, function, *state):
        self.n_passes += 1
        sent = pickle.dumps((function, state))
        for number, part in enumerate(self._parts):
            run, arrived = pickle.loads(sent)  # noqa: S301 - its own
            before = pickle.dumps(arrived)
            told = pickle.dumps(run(Block(part, number), *arrived))
            yield pickle.loads(told)  # noqa: S301
            assert pickle.dumps(arrived) == before

    def sum(self, function, *state):
        return added(self.each(function, *state))

    def derive(self, function, *state):
        self.derived = Travelling(list(self.each(function, *state)))
        return self.derived

    def close(self):
        self._parts = []


def cut(arrays, n_blocks, seed=0):
    """Cut rows into blocks of unlike sizes, in any order."""
    rng = np.random.default_rng(seed)
    n = len(arrays["targets"])
    ends = np.sort(rng.choice(np.arange(1, n), n_blocks - 1, replace=False))
    parts = np.split(np.arange(n), ends)
    return Travelling(
        [{k: v[parts[i]] for k, v in arrays.items()} for i in rng.permutation(n_blocks)]
    )


def some(arrays, n=600):
    return {name: values[:n] for name, values in arrays.items()}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 6)) @ np.triu(np.ones((6, 6))) / 2
    X[:, 5] = X[:, 5] > 0.3
    return X, rng.integers(1, 4, N_ROWS).astype(float)


def soft_targets(X, n_classes, seed=1):
    rng = np.random.default_rng(seed)
    z = X @ rng.normal(size=(X.shape[1], n_classes)) + np.sin(3 * X[:, :1])
    P = np.exp(z - z.max(axis=1, keepdims=True))
    return P / P.sum(axis=1, keepdims=True)


def as_arrays(X, P, weights):
    return {"Z": X, "targets": P[:, 1:] if P.shape[1] == 2 else P, "weights": weights}


def assert_same(found, expected, tolerance=1e-9):
    size = np.abs(expected.coef).max()
    np.testing.assert_allclose(found.coef, expected.coef, rtol=0, atol=tolerance * size)
    np.testing.assert_allclose(found.intercept, expected.intercept, rtol=0, atol=tolerance * size)
    assert found.loss == pytest.approx(expected.loss, rel=1e-9)
    assert found.converged


BOUNDS = (np.array([0, 0, -np.inf, -np.inf, -np.inf, -np.inf]), np.inf)


@pytest.mark.parametrize("n_blocks", [1, 3, 17])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"C": 0.01, "l1_ratio": 0.5},
        {"C": 0.01, "bounds": BOUNDS},
        {"C": np.inf},
        {"fit_intercept": False},
    ],
    ids=str,
)
def test_logistic_is_that_of_the_arrays(rows, n_classes, n_blocks, params):
    X, weights = rows
    P = soft_targets(X, n_classes)
    arrays = as_arrays(X, P, weights)
    blocks = cut(arrays, n_blocks)
    found = fit_soft_logistic_blocks(blocks, some(arrays), n_classes=n_classes, **params)
    assert_same(found, fit_soft_logistic(X, P, weights, **params))
    assert blocks.n_passes <= 7


def test_logistic_by_conjugate_gradients_is_the_same(rows, monkeypatch):
    X, weights = rows
    P = soft_targets(X, 3)
    arrays = as_arrays(X, P, weights)
    expected = fit_soft_logistic(X, P, weights, C=0.1)
    monkeypatch.setattr(block_sum, "SMALL_HESSIAN", 0)
    blocks = cut(arrays, 3)
    assert_same(fit_soft_logistic_blocks(blocks, some(arrays), n_classes=3, C=0.1), expected, 1e-8)
    assert blocks.n_passes <= 25
    monkeypatch.setattr(block_sum, "MOST_PARAMETERS", 0)  # as with very many columns
    for params in ({"C": 0.1}, {"C": 0.1, "l1_ratio": 1.0}):
        blocks = cut(arrays, 3)
        found = fit_soft_logistic_blocks(blocks, some(arrays), n_classes=3, **params)
        wanted = fit_soft_logistic(X, P, weights, **params)
        np.testing.assert_allclose(found.coef, wanted.coef, atol=1e-5)


@pytest.mark.parametrize("n_blocks", [1, 17])
@pytest.mark.parametrize("params", [{}, {"C": 0.001, "bounds": BOUNDS}], ids=str)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_svm_is_that_of_the_arrays(rows, n_classes, n_blocks, params):
    X, weights = rows
    P = soft_targets(X, n_classes)
    arrays = as_arrays(X, P, weights)
    blocks = cut(arrays, n_blocks)
    found = fit_soft_svm_blocks(blocks, some(arrays), n_classes=n_classes, **params)
    assert_same(found, fit_soft_svm(X, P, weights, **params))
    assert blocks.n_passes <= 10 * (1 if n_classes == 2 else n_classes)


@pytest.mark.parametrize("n_blocks", [1, 17])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"alpha": 0.0, "fit_intercept": False},
        {"alpha": 99.0, "l1_ratio": 0.7, "bounds": BOUNDS},
    ],
    ids=str,
)
def test_regression_is_that_of_the_arrays(rows, n_blocks, params):
    X, weights = rows
    t = 1e3 * np.sin(X[:, 0]) + X @ np.arange(6.0) + 1e4
    arrays = {"Z": X, "targets": t[:, None], "weights": weights}
    blocks = cut(arrays, n_blocks)
    assert_same(
        fit_soft_linear_blocks(blocks, some(arrays), **params),
        fit_soft_linear(X, t, weights, **params),
    )
    assert blocks.n_passes <= 4


def test_weight_two_is_a_row_twice_and_no_weights_are_ones(rows):
    X, _ = rows
    P = soft_targets(X, 2)
    twice = {"Z": np.repeat(X, 2, axis=0), "targets": np.repeat(P[:, 1:], 2, axis=0)}
    heavy = {"Z": X, "targets": P[:, 1:], "weights": np.full(len(X), 2.0)}
    found = [
        fit_soft_logistic_blocks(MemoryBlocks([arrays]), some(arrays), n_classes=2)
        for arrays in (twice, heavy)
    ]
    assert_same(*found)


def test_what_cannot_be_fitted_is_refused(rows):
    X, weights = rows
    arrays = as_arrays(X, soft_targets(X, 2), weights)
    with pytest.raises(InvalidInputError, match=r"loss='hinge' needs all rows.*squared_hinge"):
        fit_soft_svm_blocks(cut(arrays, 3), some(arrays), n_classes=2, loss="hinge")
    with pytest.raises(InvalidInputError, match="loss must be one of"):
        fit_soft_svm_blocks(cut(arrays, 3), some(arrays), n_classes=2, loss="log")
    hard = {**arrays, "targets": (X[:, :1] > 0).astype(float)}
    with pytest.raises(InvalidInputError, match="targets can be separated"):
        fit_soft_logistic_blocks(cut(hard, 3), some(hard), n_classes=2, C=np.inf)
    for name, wrong, match in (
        ("targets", np.zeros((len(X), 1)), "class 1 has none"),
        ("Z", np.where(np.arange(6) == 2, np.nan, X), "column 2 is not"),
        ("weights", np.append(weights[:-1], np.nan), "Weights and targets must be finite"),
        ("weights", np.append(weights[:-1], -1.0), "and weights not negative"),
        ("weights", np.zeros(len(X)), "must not all be zero"),
    ):
        blocks = cut({**arrays, name: wrong}, 3)
        with pytest.raises(InvalidInputError, match=match):
            fit_soft_logistic_blocks(blocks, some(arrays), n_classes=2)


def test_a_class_that_the_sample_lacks_is_learned_all_the_same(rows):
    X, weights = rows
    P = soft_targets(X, 3)
    P[:600] = P[:600] * [1, 1, 0] + [0, 0, 1e-12]
    P /= P.sum(axis=1, keepdims=True)
    arrays = as_arrays(X, P, weights)
    found = fit_soft_logistic_blocks(cut(arrays, 3), some(arrays), n_classes=3)
    assert_same(found, fit_soft_logistic(X, P, weights))


@pytest.fixture(scope="module")
def card_rows():
    rng = np.random.default_rng(2)
    Z = rng.normal(size=(N_ROWS, 5))
    Z[:, 2] = rng.integers(0, 300, N_ROWS)  # categories
    Z[:, 3] = rng.integers(0, 4, N_ROWS)
    Z[rng.random(Z.shape) < 0.05] = np.nan
    Z[rng.random(N_ROWS) < 0.1, 4] = -9.0
    known = np.nan_to_num(Z)
    z = 2 * np.sin(2 * known[:, 0]) + known[:, 1] + 0.01 * known[:, 2] - (known[:, 4] == -9.0)
    weights = rng.integers(1, 4, N_ROWS).astype(float)
    arrays = {"Z": Z, "targets": (1 / (1 + np.exp(-z)))[:, None], "weights": weights}
    special = [np.zeros(0)] * 4 + [np.array([-9.0])]
    return arrays, {"n_categories": [0, 0, 300, 0, 0], "special_values": special}


@pytest.mark.parametrize(
    "params", [{"signs": np.array([0, 1, 0, 0, -1], dtype=np.int8)}, {"max_features": 3}]
)
def test_scorecard_is_that_of_the_arrays(card_rows, params):
    arrays, columns = card_rows
    p, weights = arrays["targets"][:, 0], arrays["weights"]
    expected = fit_scorecard(arrays["Z"], p, weights, **columns, **params)
    for n_blocks in (1, 17):
        blocks = cut(arrays, n_blocks)
        rows = bin_blocks(blocks, arrays, **columns)
        found = fit_scorecard_blocks(rows, **params)
        np.testing.assert_array_equal(found.columns, expected.columns)
        for one, two in zip(found.bins, expected.bins, strict=True):
            np.testing.assert_array_equal(one.cuts, two.cuts)
            np.testing.assert_array_equal(one.special, two.special)
            assert (one.groups is None) == (two.groups is None)
            if one.groups is not None:
                np.testing.assert_array_equal(one.groups, two.groups)
        for one, two in zip(found.log_odds, expected.log_odds, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-5)  # the tolerance of the search
        assert blocks.n_passes + blocks.derived.n_passes <= 14


def test_scorecard_from_a_sample_hangs_neither_on_cuts_nor_on_order(card_rows):
    arrays, columns = card_rows
    found = []
    for seed, n_blocks in enumerate((1, 3, 17)):
        rows = bin_blocks(cut(arrays, n_blocks, seed), some(arrays, 1500), **columns)
        model = fit_scorecard_blocks(rows)
        masses = [one.mass for one in rows.table(model.columns, model.bins)]
        scale = {"pdo": 20.0, "base_score": 600.0, "base_odds": 50.0}
        card = points_of_masses(model, masses, **scale)
        exact = round_to_points(model, arrays["Z"], arrays["weights"], **scale)
        for one, two in zip(card.points, exact.points, strict=True):
            np.testing.assert_array_equal(one, two)
        loss, change = rounding_of_blocks(card, rows, 2.0)
        expected = exact.cost_of_rounding(
            arrays["Z"], arrays["targets"][:, 0], arrays["weights"], 2.0
        )
        assert (loss, change) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        found.append((model, card))
        rows.close()
    for model, card in found[1:]:
        for one, two in zip(model.bins, found[0][0].bins, strict=True):
            np.testing.assert_array_equal(one.cuts, two.cuts)
        for one, two in zip(model.log_odds, found[0][0].log_odds, strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-10)
        for one, two in zip(card.points, found[0][1].points, strict=True):
            np.testing.assert_array_equal(one, two)


def test_singles_have_the_bins_of_doubles():
    Z = np.random.default_rng(3).normal(size=(500, 2)).astype(np.float32)
    arrays = {"Z": Z, "targets": 1 / (1 + np.exp(-3 * Z[:, :1].astype(float)))}
    doubles = {**arrays, "Z": Z.astype(np.float64)}
    one, two = (bin_blocks(MemoryBlocks([some]), some) for some in (arrays, doubles))
    for first, second in zip(one.fine, two.fine, strict=True):
        np.testing.assert_array_equal(first.cuts, second.cuts)
    for first, second in zip(
        *(fit_scorecard_blocks(rows).log_odds for rows in (one, two)), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_codes_take_two_bytes_only_where_one_is_too_few(card_rows):
    arrays, columns = card_rows
    blocks = cut(arrays, 1)
    bin_blocks(blocks, arrays, **columns)
    assert blocks.derived._parts[0]["codes"].dtype == np.int16
    narrow = {**arrays, "Z": np.delete(arrays["Z"], 2, axis=1)}
    blocks = cut(narrow, 1)
    bin_blocks(blocks, narrow)
    assert blocks.derived._parts[0]["codes"].dtype == np.uint8


def test_the_rows_of_the_hessian_are_those_of_the_limit(rows, monkeypatch):
    """A binary fit of very many columns takes conjugate gradients."""
    X, weights = rows
    P = soft_targets(X, 2)
    arrays = as_arrays(X, P, weights)
    expected = fit_soft_logistic(X, P, weights, C=0.1)
    for module in (block_sum, score_loss):
        monkeypatch.setattr(module, "MOST_PARAMETERS", 0)
    found = fit_soft_logistic_blocks(cut(arrays, 3), some(arrays), n_classes=2, C=0.1)
    assert_same(found, expected, 1e-7)
