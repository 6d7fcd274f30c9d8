"""The parts of a scorecard against brute force, scikit-learn's rules and each other."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpkd.exceptions import InvalidInputError
from interpkd.learners import (
    PointsCard,
    ScorecardBins,
    ScorecardModel,
    fine_bins,
    fit_scorecard,
    fit_soft_logistic,
    round_to_points,
)
from interpkd.learners._bin_basis import make_basis, make_level_basis
from interpkd.learners._binned_sum import BinnedSum, fit_additive
from interpkd.learners._scorecard_bins import simple_between
from interpkd.learners._scorecard_cuts import best_segmentations, spend_cuts
from interpkd.learners._scorecard_selection import select_columns

NONE = np.zeros(0)


@pytest.fixture
def binned():
    """Give bins of three columns, the second with missing values, probabilities and weights."""
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, k, 200) for k in (4, 6, 3)]).astype(np.int16)
    p = 1 / (1 + np.exp(-0.8 * codes[0] + (codes[1] - 2.0) ** 2 / 3 + rng.normal(size=200)))
    return codes, p, rng.random(200) + 0.5


def bases_of(codes, weights, **ridge):
    mass = [np.bincount(code, weights) for code in codes]
    return [make_basis(m, len(m) - (i == 1), **ridge) for i, m in enumerate(mass)]


def test_bins_are_those_of_pandas():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 10, 300).astype(float)
    values[:20] = np.nan
    bins = ScorecardBins(np.array([2.0, 5.5, 7.0]), np.array([9.0]))
    codes = bins.codes(values)
    expected = pd.cut(values, [-np.inf, 2, 5.5, 7, np.inf], labels=False)
    expected = np.where(values == 9, 4, np.where(np.isnan(values), 5, expected))
    np.testing.assert_array_equal(codes, expected)
    assert (bins.n_known, bins.n_bins) == (4, 6)


def test_codes_of_no_category_are_missing():
    bins = ScorecardBins(groups=np.array([1, 0, 1]))
    codes = bins.codes(np.array([0, 1, 2, 3, -1, np.nan]))
    np.testing.assert_array_equal(codes, [1, 0, 1, 2, 2, 2])


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
@settings(max_examples=200, deadline=None)
def test_a_simple_number_is_between(one, two):
    low, high = min(one, two), max(one, two)
    if low < high:
        between = simple_between(low, high)
        assert low <= between < high
        assert between > low or np.nextafter(low, high) == high


def test_simple_numbers():
    assert simple_between(3.0, 4.0) == 3.5
    assert simple_between(0.13721, 0.13911) == 0.138
    assert simple_between(29.9, 52.3) == 40.0


def test_fine_bins_of_few_values_are_the_values():
    values = np.array([3.0, 1.0, 1.0, 7.0, np.nan, -9.0])
    bins = fine_bins(values, np.ones(6), np.array([-9.0]), 0, 40)
    np.testing.assert_array_equal(bins.cuts, [2.0, 5.0])


def test_fine_bins_of_many_values_weigh_the_same():
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=5000), rng.random(5000)
    bins = fine_bins(values, weights, NONE, 0, 20)
    mass = np.bincount(bins.codes(values), weights)
    assert len(mass) == 20
    np.testing.assert_allclose(mass, weights.sum() / 20, rtol=0.02)


def test_a_frequent_value_is_a_fine_bin():
    values = np.append(np.random.default_rng(0).exponential(size=700), np.zeros(300))
    codes = fine_bins(values, np.ones(1000), NONE, 0, 20).codes(values)
    assert (codes[700:] == 0).all()
    assert (codes[:700] > 0).all()


def test_hessian_is_the_derivative_of_the_gradient(binned):
    codes, p, weights = binned
    smooth = BinnedSum(codes, bases_of(codes, weights, steps=0.1, apart=0.1), p, weights)
    theta = np.random.default_rng(1).normal(size=3 + 4 + 1 + 2 + 1)  # steps, missing, intercept
    _, gradient = smooth.value_gradient(theta)
    H = smooth.hessian()
    value = smooth.value_gradient(theta)[0]
    for i in range(len(theta)):
        moved = theta.copy()
        moved[i] += 1e-6
        there, slope = smooth.value_gradient(moved)
        assert (there - value) / 1e-6 == pytest.approx(gradient[i], abs=1e-5)
        np.testing.assert_allclose((slope - gradient) / 1e-6, H[i], atol=1e-5)


def test_additive_fit_is_soft_logistic_regression_on_its_basis(binned):
    codes, p, weights = binned
    ridge = 0.01
    bases = bases_of(codes, weights, steps=ridge, apart=ridge)
    fit, _ = fit_additive(codes, bases, p, weights, tol=1e-9)
    X = np.column_stack([basis.matrix[code] for basis, code in zip(bases, codes, strict=True)])
    model = fit_soft_logistic(
        X, np.column_stack([1 - p, p]), weights, C=1 / (ridge * weights.sum())
    )
    np.testing.assert_allclose(np.concatenate(fit.parameters), model.coef[0], atol=1e-7)
    assert fit.intercept == pytest.approx(model.intercept[0], abs=1e-7)
    np.testing.assert_allclose(fit.scores(codes), X @ model.coef[0] + model.intercept[0], atol=1e-6)


def test_functions_have_mean_zero_and_bins_without_rows_the_mean(binned):
    codes, p, weights = binned
    mass = np.append(np.bincount(codes[0], weights), 0.0)
    for basis in (
        make_basis(mass, 4, steps=0.01, apart=0.01),
        make_basis(mass, 4, steps=0.01, apart=0.01, line=np.arange(4.0), line_ridge=0.01),
        make_level_basis(mass, 4, ridge=0.01),
    ):
        fit, _ = fit_additive(codes[:1], [basis], p, weights, tol=1e-9)
        function = fit.functions[0]
        assert mass @ function == pytest.approx(0, abs=1e-9)
        assert function[-1] == 0
        assert np.ptp(function) > 0.5


@pytest.mark.parametrize("sign", [-1, 1])
def test_signs_are_kept(binned, sign):
    codes, p, weights = binned
    bases = [
        make_basis(
            np.bincount(code, weights),
            code.max() + 1,
            steps=1e-4,
            apart=1e-4,
            line=np.arange(code.max() + 1.0),
            line_ridge=1e-4,
            sign=sign,
        )
        for code in codes
    ]
    fit, _ = fit_additive(codes, bases, p, weights, tol=1e-9)
    for function in fit.functions:
        assert (np.diff(function) * sign >= -1e-12).all()


def test_best_cuts_are_the_best_of_all():
    rng = np.random.default_rng(0)
    function, curvature = rng.normal(size=9), rng.random(9)
    mass = rng.integers(1, 4, 9).astype(float)
    found = best_segmentations(function, curvature, mass, most_bins=9, least_mass=3)
    for k in range(9):
        costs = [np.inf]
        for ends in combinations(range(8), k):
            parts = np.split(np.arange(9), np.array(ends, dtype=int) + 1)
            if all(mass[part].sum() >= 3 for part in parts):
                means = [np.average(function[part], weights=curvature[part]) for part in parts]
                costs.append(
                    sum(
                        curvature[part] @ (function[part] - mean) ** 2
                        for part, mean in zip(parts, means, strict=True)
                    )
                )
        assert found.costs[k] == pytest.approx(min(costs), abs=1e-12)
        if np.isfinite(found.costs[k]):
            assert len(found.ends[k]) == k
            parts = np.split(np.arange(9), found.ends[k] + 1)
            assert min(mass[part].sum() for part in parts) >= 3


def test_the_budget_goes_where_it_gains_most():
    strong = np.array([0, 0, 0, 5.0, 5, 5])
    weak = strong / 10
    ways = [
        best_segmentations(f, np.ones(6), np.ones(6), most_bins=6, least_mass=1)
        for f in (weak, strong, np.zeros(6))
    ]
    assert spend_cuts(ways, 1, 1e-9) == [0, 1, 0]
    assert spend_cuts(ways, 9, 1e-9) == [1, 1, 0]  # no more than is worth it
    assert spend_cuts(ways, 0, 1e-9) == [0, 0, 0]


def test_two_cuts_that_are_worth_nothing_alone_are_bought_together():
    spike = np.array([0, 0, 0, 1.0, 0, 0, 0]) - 1 / 7
    way = best_segmentations(spike, np.ones(7), np.ones(7), most_bins=3, least_mass=1)
    assert spend_cuts([way], 2, 0.1) == [2]


def test_selection_drops_what_the_quadratic_misses_least():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(8, 8))
    H, b = A @ A.T + np.eye(8), rng.normal(size=8)
    parts = np.split(b, [2, 4, 6])

    def rise(dropped):
        at = np.concatenate([np.arange(2 * i, 2 * i + 2) for i in dropped])
        rest = np.setdiff1d(np.arange(8), at)
        change = np.zeros(8)
        change[at] = -b[at]
        change[rest] = np.linalg.solve(H[np.ix_(rest, rest)], H[np.ix_(rest, at)] @ b[at])
        return change @ H @ change / 2

    first = min(range(4), key=lambda i: rise([i]))
    assert select_columns(H, parts, 3).tolist() == [i for i in range(4) if i != first]
    second = min((i for i in range(4) if i != first), key=lambda i: rise([first, i]))
    kept = [i for i in range(4) if i not in (first, second)]
    assert select_columns(H, parts, 2).tolist() == kept


def test_steps_are_found_where_they_are():
    rng = np.random.default_rng(0)
    Z = rng.uniform(0, 100, (4000, 2))
    log_odds = np.select([Z[:, 0] < 20, Z[:, 0] < 70], [-1.0, 0.5], 2.0) + (Z[:, 1] > 50)
    model = fit_scorecard(Z, 1 / (1 + np.exp(-log_odds)), np.ones(4000), mean_cuts=1.5)
    assert model.bins[0].cuts == pytest.approx([20, 70], abs=2.5)
    assert model.bins[1].cuts == pytest.approx([50], abs=2.5)
    near = np.abs(model.decision_function(Z) - log_odds) < 0.1
    assert near.mean() > 0.97  # but at the edges of the fine bins


def test_joining_bins_of_the_same_points_changes_no_score(binned):
    codes, p, weights = binned
    Z = codes.T.astype(float)
    model = fit_scorecard(Z, p, weights, min_bin_share=0)
    card = round_to_points(model, Z, weights, pdo=2, base_score=100, base_odds=1)
    factor = 2 / np.log(2)
    by_hand = 100 + np.rint(factor * model.intercept)
    for code, values in zip(model.codes(Z), model.log_odds, strict=True):
        by_hand = by_hand + np.rint(factor * values)[code]
    np.testing.assert_array_equal(card.scores(Z), by_hand)
    for bins, points in zip(card.model.bins, card.points, strict=True):
        assert (np.diff(points[: bins.n_known]) != 0).all()
    exact = model.scaled(2.0).decision_function(Z)
    np.testing.assert_allclose(exact, 2 * model.decision_function(Z))


@pytest.mark.parametrize("n_rows", [1, 513, 4097])
def test_scores_are_the_points_of_all_columns(n_rows):
    """The compiled sum of steps against a look-up of every bin."""
    rng = np.random.default_rng(n_rows)
    cuts = np.array([-1.5, -0.0, 0.25, np.nextafter(0.25, 1), 3e38])
    bins = [
        ScorecardBins(cuts=cuts, special=np.array([-9.0, 0.0, 0.25, 4e38])),
        ScorecardBins(groups=np.array([1, 0, 1, 2])),
        ScorecardBins(),
        ScorecardBins(cuts=np.sort(rng.normal(size=70))),
        ScorecardBins(special=np.array([1.0])),
    ]
    columns = np.array([0, 2, 3, 5, 6])
    log_odds = [rng.normal(size=one.n_bins) for one in bins]
    points = [rng.integers(-(10**10), 10**10, one.n_bins) for one in bins]
    card = PointsCard(ScorecardModel(columns, bins, log_odds, 0.0, 0.0), points, 600, 28.0, 487.0)
    Z = rng.normal(size=(n_rows, 7))
    odd = rng.choice([np.nan, 0.0, -0.0, 0.25, 1.0, -9.0, 1e30, -1e30, 5e-324], Z.shape)
    Z = np.where(rng.random(Z.shape) < 0.4, odd, Z)
    Z[:, 2] = rng.choice([0, 1, 2, 3, 4, -1, np.nan], n_rows)
    for table in (Z, np.asfortranarray(Z), Z.astype(np.float32), np.repeat(Z, 2, 1)[:, ::2]):
        by_hand = 600 + card.contributions(table).sum(axis=1)
        np.testing.assert_array_equal(card.scores(table), by_hand)
    only_levels = PointsCard(
        ScorecardModel(columns[1:2], bins[1:2], log_odds[1:2], 0.0, 0.0), points[1:2], 0, 1.0, 0.0
    )
    np.testing.assert_array_equal(only_levels.scores(Z), only_levels.contributions(Z)[:, 0])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"p": np.ones(3)}, "Z must be rows and p one number for each"),
        ({"Z": np.arange(12000.0).reshape(4, 3000)}, "3000 columns have 15000 bins"),
        ({"min_bin_share": 0.7}, "min_bin_share"),
        ({"mean_cuts": -1}, "mean_cuts"),
    ],
)
def test_bad_input_says_so(change, match):
    given = {"Z": np.zeros((4, 2)), "p": np.full(4, 0.5), "weights": np.ones(4)} | change
    with pytest.raises(InvalidInputError, match=match):
        fit_scorecard(**given)
