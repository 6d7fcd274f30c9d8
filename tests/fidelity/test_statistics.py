"""Statistics of weighted rows: many weightings at once, and influence as a derivative."""

import numpy as np
import pytest

from interpkd.fidelity._association import (
    Kappa,
    PairOrder,
    RankCorrelation,
    Slope,
    SpecificAgreement,
)
from interpkd.fidelity._ranked_pairs import RankedPairs
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._statistics import (
    ExplainedShare,
    MeanOf,
    RootMean,
    Share,
    Undefined,
    WeightedMean,
)

N = 25


def make(kind):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(2, N))
    positive = rng.uniform(size=N) < 0.4
    ranked = RankedPairs(positive, np.round(x, 1), undefined="one class")
    return {
        "mean": WeightedMean(x),
        "share": Share(positive),
        "root": RootMean((x - y) ** 2),
        "r2": ExplainedShare(x, y, undefined="constant"),
        "pooled r2": ExplainedShare(np.c_[x, y], np.c_[y, x**2], undefined="constant"),
        "auc": ranked,
        "kappa": Kappa(rng.integers(3, size=N), rng.integers(3, size=N), n_classes=3, undefined=""),
        "specific agreement": SpecificAgreement(positive, rng.uniform(size=N) < 0.5, undefined=""),
        "slope": Slope(np.c_[x, y], np.c_[y, x**2], undefined="constant"),
        "ranks": RankCorrelation(np.round(x), np.round(x + y), undefined="constant"),
        "pairs": PairOrder(np.round(x), np.round(x + y), undefined="constant"),
        "mean of two": MeanOf([ranked, WeightedMean(y)], note="two"),
    }[kind]


KINDS = ["mean", "share", "root", "r2", "pooled r2", "auc", "mean of two"]
KINDS += ["kappa", "specific agreement", "slope", "ranks", "pairs"]


@pytest.mark.parametrize("kind", KINDS)
def test_influence_is_the_derivative(kind):
    statistic = make(kind)
    w = np.random.default_rng(1).uniform(0.5, 2, size=N)
    step = 1e-6
    up = statistic.values(w[:, None] * np.exp(step * np.eye(N)))
    down = statistic.values(w[:, None] * np.exp(-step * np.eye(N)))
    influence = statistic.influence(w)
    np.testing.assert_allclose(influence, (up - down) / (2 * step), atol=1e-8)
    assert influence.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_weightings_do_not_know_of_each_other(kind):
    statistic = make(kind)
    W = np.random.default_rng(2).uniform(size=(N, 4))
    alone = [statistic.values(W[:, [j]])[0] for j in range(4)]
    np.testing.assert_allclose(statistic.values(W), alone)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_units", [6, N])
def test_leaving_out_is_a_weight_of_zero(kind, n_units):
    statistic = make(kind)
    rng = np.random.default_rng(4)
    sample = Sample(rng.uniform(0.5, 2, size=N), np.arange(N) % n_units)
    W = sample.leave_one_out()
    written = np.column_stack(list(W.columns()))
    np.testing.assert_allclose(statistic.values(W), statistic.values(written), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_a_common_factor_changes_nothing(kind):
    statistic = make(kind)
    W = np.random.default_rng(3).uniform(size=(N, 2))
    np.testing.assert_allclose(statistic.values(W * [0.01, 100]), statistic.values(W))


def test_a_weighting_that_leaves_one_class_has_no_area():
    statistic = RankedPairs(np.array([True, True, False]), np.arange(3.0), undefined="x")
    values = statistic.values(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 2.0]]))
    np.testing.assert_array_equal(values, [np.nan, 0])


def test_a_weighting_that_leaves_a_constant_has_no_r2():
    truth = np.array([0.3, 0.3, 1.0])
    statistic = ExplainedShare(truth, truth, undefined="x")
    values = statistic.values(np.array([[3.0, 1.0], [2.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_array_equal(values, [np.nan, 1])


def test_a_root_of_zero_is_not_influenced():
    np.testing.assert_array_equal(RootMean(np.zeros(3)).influence(np.ones(3)), np.zeros(3))


def test_undefined_is_nan_everywhere():
    statistic = Undefined("one class")
    assert statistic.undefined == "one class"
    assert np.isnan(statistic.values(np.ones((3, 2)))).all()
    assert np.isnan(statistic.influence(np.ones(3))).all()
