"""Intervals against scipy, by their laws, and by how often they cover."""

import inspect
import re

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from interpkd.fidelity._intervals import (
    MIN_UNITS,
    bca_interval,
    clopper_pearson,
    measure,
)
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._statistics import (
    ExplainedShare,
    RankedPairs,
    Share,
    Undefined,
    WeightedMean,
)

# scipy 1.15 renamed the parameter
RNG = "rng" if "rng" in inspect.signature(stats.bootstrap).parameters else "random_state"
SEED = {RNG: 2}


def plain(n):
    return Sample(np.ones(n))


def measure_one(statistic, sample, alpha=0.05):
    return measure({"it": statistic}, sample, alpha)["it"]


def expanded_confidence(n, alpha=0.05):
    """Give the confidence at which a plain bootstrap reads the percentiles that ours does."""
    t = stats.t(n - 1).ppf(1 - alpha / 2) * np.sqrt(n / (n - 1))
    return 1 - 2 * stats.norm.sf(t)


class TestClopperPearson:
    @pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (1, 1), (90, 100), (3, 1000)])
    @pytest.mark.parametrize("alpha", [0.05, 0.1, 0.5])
    def test_is_scipys_exact_interval(self, k, n, alpha):
        expected = stats.binomtest(k, n).proportion_ci(1 - alpha, method="exact")
        assert clopper_pearson(k, n, alpha) == pytest.approx((expected.low, expected.high))

    def test_published_value(self):
        """Nothing seen in 10 trials: below 1 - 0.025 ** (1 / 10)."""
        assert clopper_pearson(0, 10, 0.05) == pytest.approx((0, 0.308497), abs=1e-6)

    @pytest.mark.parametrize("share", [0.02, 0.5, 0.93])
    @pytest.mark.parametrize("n", [5, 30, 200])
    def test_covers_at_least_as_often_as_stated(self, share, n):
        """Summed over all outcomes, not simulated."""
        covered = [
            low <= share <= high
            for low, high in (clopper_pearson(k, n, 0.05) for k in range(n + 1))
        ]
        assert stats.binom(n, share).pmf(np.arange(n + 1))[covered].sum() >= 0.95


class TestWhichInterval:
    def test_equal_independent_rows_give_a_share_the_exact_one(self):
        score = measure_one(Share(np.arange(100) < 90), plain(100))
        assert (score.estimate, score.n) == (0.9, 100)
        assert score.method == "Clopper-Pearson, exact"
        assert (score.low, score.high) == clopper_pearson(90, 100, 0.05)

    def test_equal_weights_are_no_weights(self):
        twos = Sample(np.full(100, 2.0))
        assert measure_one(Share(np.arange(100) < 90), twos).method == "Clopper-Pearson, exact"

    def test_weighted_rows_do_not(self):
        sample = Sample(np.random.default_rng(0).uniform(size=100))
        score = measure_one(Share(np.arange(100) < 90), sample)
        assert score.method == "BCa bootstrap, 1999 resamples of rows"

    def test_groups_do_not(self):
        sample = Sample(np.ones(100), np.arange(100) // 3)
        score = measure_one(Share(np.arange(100) < 90), sample)
        assert score.method == "BCa bootstrap, 1999 resamples of 34 groups"

    def test_a_mean_of_zeros_and_ones_is_no_share(self):
        score = measure_one(WeightedMean((np.arange(100) < 90).astype(float)), plain(100))
        assert score.method == "BCa bootstrap, 1999 resamples of rows"

    def test_thin_tails_take_more_resamples(self):
        score = measure_one(WeightedMean(np.arange(20.0)), plain(20), alpha=0.005)
        assert score.method == "BCa bootstrap, 3999 resamples of rows"


class TestRefusals:
    def test_undefined_scores(self):
        score = measure_one(Undefined("the teacher decides one class only"), plain(20))
        assert (score.estimate, score.low, score.high, score.n) == (None, None, None, 20)
        assert score.method == "not computed: the teacher decides one class only"

    def test_too_few_rows(self):
        n = MIN_UNITS - 1
        score = measure_one(WeightedMean(np.arange(float(n))), plain(n))
        assert (score.estimate, score.low, score.high) == (4, None, None)
        assert score.method == "no interval: 9 rows, at least 10 are needed to resample"

    def test_too_few_groups(self):
        sample = Sample(np.ones(90), np.arange(90) // 10)
        score = measure_one(Share(np.arange(90) < 80), sample)
        assert score.method == "no interval: 9 groups, at least 10 are needed to resample"

    def test_a_score_that_never_varies(self):
        weights = np.random.default_rng(0).uniform(size=30)
        score = measure_one(Share(np.ones(30, dtype=bool)), Sample(weights))
        assert (score.estimate, score.low, score.high) == (1, None, None)
        assert score.method == ("no interval: the score is the same on all 1999 resamples of rows")

    def test_a_class_that_resamples_lose_often(self):
        statistic = RankedPairs(np.arange(30) == 3, np.arange(30.0), undefined="x")
        score = measure_one(statistic, plain(30))
        assert score.estimate == pytest.approx(3 / 29)
        assert (score.low, score.high) == (None, None)
        expected = r"no interval: the score does not exist on \d{3} of 1999 resamples of rows"
        assert re.fullmatch(expected, score.method)

    def test_a_class_that_resamples_lose_rarely(self):
        statistic = RankedPairs(np.arange(40) % 7 == 3, np.arange(40.0), undefined="x")
        score = measure_one(statistic, plain(40))
        assert score.low < score.estimate < score.high
        expected = r"BCa bootstrap, 1999 resamples of rows, without \d+ on which the score does not"
        assert re.match(expected, score.method)

    def test_percentiles_where_bca_does_not_exist(self):
        class OneSided(WeightedMean):
            """A statistic whose every resample is above its value on the rows."""

            def values(self, W):
                return np.where((W[0] == W).all(axis=0), -1.0, super().values(W))

        score = measure_one(OneSided(np.arange(30.0)), plain(30))
        assert score.method == ("percentile bootstrap (BCa does not exist), 1999 resamples of rows")
        assert 0 < score.low < 14.5 < score.high

    def test_no_bca_past_the_pole(self):
        draws = np.linspace(0, 1, 1999)
        influence = np.r_[np.full(99, -1.0), 99.0]  # the acceleration is 0.16
        assert bca_interval(draws, 0.9999, influence, 0.05) is not None
        assert bca_interval(draws, 0.9999, influence, 0.001) is None


class TestAgainstScipy:
    def test_mean(self):
        x = np.random.default_rng(1).exponential(size=60)
        score = measure_one(WeightedMean(x), plain(60))
        expected = stats.bootstrap(
            (x,),
            np.mean,
            method="BCa",
            n_resamples=19999,
            confidence_level=expanded_confidence(60),
            **SEED,
        ).confidence_interval
        tolerance = 0.04 * (expected.high - expected.low)
        assert (score.low, score.high) == pytest.approx(expected, abs=tolerance)

    def test_pairs(self):
        rng = np.random.default_rng(3)
        x = rng.normal(size=80)
        y = x + rng.normal(size=80) * np.exp(x / 2) / 2
        score = measure_one(ExplainedShare(x, y, undefined="x"), plain(80))

        def r2(a, b):
            return 1 - ((a - b) ** 2).sum() / ((a - a.mean()) ** 2).sum()

        expected = stats.bootstrap(
            (x, y),
            r2,
            paired=True,
            vectorized=False,
            method="BCa",
            n_resamples=4999,
            confidence_level=expanded_confidence(80),
            **SEED,
        ).confidence_interval
        # the acceleration is the jackknife's there and its limit here: they differ with few rows
        tolerance = 0.08 * (expected.high - expected.low)
        assert (score.low, score.high) == pytest.approx(expected, abs=tolerance)

    def test_area(self):
        rng = np.random.default_rng(4)
        positive = rng.uniform(size=100) < 0.3
        scores = np.round(rng.normal(size=100) + positive, 1)
        score = measure_one(RankedPairs(positive, scores, undefined="x"), plain(100))
        assert score.estimate == pytest.approx(roc_auc_score(positive, scores))
        expected = stats.bootstrap(
            (positive, scores),
            lambda p, s: RankedPairs(p > 0.5, s, undefined="x").values(np.ones((len(p), 1)))[0],
            paired=True,
            vectorized=False,
            method="BCa",
            n_resamples=2999,
            confidence_level=expanded_confidence(100),
            **SEED,
        ).confidence_interval
        tolerance = 0.08 * (expected.high - expected.low)
        assert (score.low, score.high) == pytest.approx(expected, abs=tolerance)

    def test_many_rows_need_no_expansion(self):
        x = np.random.default_rng(5).normal(size=2000)
        score = measure_one(WeightedMean(x), plain(2000))
        expected = stats.t.interval(0.95, 1999, x.mean(), stats.sem(x))
        tolerance = 0.05 * (expected[1] - expected[0])
        assert (score.low, score.high) == pytest.approx(expected, abs=tolerance)


class TestLaws:
    def test_the_same_rows_give_the_same_interval(self):
        x = np.random.default_rng(0).normal(size=30)
        assert measure_one(WeightedMean(x), plain(30)) == measure_one(WeightedMean(x), plain(30))

    def test_groups_of_one_row_are_rows(self):
        x = np.random.default_rng(0).normal(size=30)
        rows = measure_one(WeightedMean(x), plain(30))
        groups = measure_one(WeightedMean(x), Sample(np.ones(30), np.arange(30) * 2))
        assert (groups.low, groups.high) == pytest.approx((rows.low, rows.high))

    def test_a_repeated_row_in_one_group_is_a_heavier_row(self):
        rng = np.random.default_rng(0)
        x, times = rng.normal(size=30), rng.integers(1, 5, size=30)
        weighted = measure_one(WeightedMean(x), Sample(times.astype(float)))
        groups = np.repeat(np.arange(30), times)
        repeated = measure_one(WeightedMean(x[groups]), Sample(np.ones(len(groups)), groups))
        assert repeated.estimate == pytest.approx(weighted.estimate)
        assert (repeated.low, repeated.high) == pytest.approx((weighted.low, weighted.high))

    def test_copies_of_rows_in_groups_add_no_certainty(self):
        x = np.random.default_rng(0).normal(size=40)
        once = measure_one(WeightedMean(x), plain(40))
        copied = measure_one(
            WeightedMean(np.repeat(x, 9)), Sample(np.ones(360), np.repeat(np.arange(40), 9))
        )
        assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
        assert copied.n == 360

    def test_mirrored_rows_mirror_the_interval(self):
        x = np.random.default_rng(0).exponential(size=50)
        up, down = measure_one(WeightedMean(x), plain(50)), measure_one(WeightedMean(-x), plain(50))
        assert (-down.high, -down.low) == pytest.approx((up.low, up.high))

    def test_higher_confidence_is_wider(self):
        x = np.random.default_rng(0).exponential(size=50)
        widths = []
        for alpha in (0.5, 0.1, 0.05, 0.01):
            score = measure_one(WeightedMean(x), plain(50), alpha)
            widths.append(score.high - score.low)
        assert widths == sorted(widths)

    def test_blocks_do_not_change_the_resamples(self, monkeypatch):
        x = np.random.default_rng(0).normal(size=50)
        whole = measure_one(WeightedMean(x), plain(50))
        monkeypatch.setattr("interpkd.fidelity._sample.CELLS", 700)
        assert measure_one(WeightedMean(x), plain(50)).low == pytest.approx(whole.low)

    def test_part_of_a_sample(self):
        sample = Sample(np.arange(1.0, 7), np.array([0, 0, 1, 1, 2, 2]))
        part = sample.take(np.array([False, False, True, True, False, True]))
        assert (part.n_rows, part.n_units, part.units) == (3, 2, "2 groups")
        np.testing.assert_array_equal(part.total_by_unit(np.ones(3)), [2, 1])


# Each case gives the statistic and sample of one simulated data set; the truth is known.


def _skewed_mean(rng):
    return WeightedMean(rng.exponential(size=60)), plain(60)


def _weighted_share(rng):
    weights = rng.uniform(0.2, 2, size=100)
    return Share(rng.uniform(size=100) < 0.85), Sample(weights)


def _clustered_share(rng):
    groups = np.repeat(np.arange(40), 8)
    share = rng.beta(8.5, 1.5, size=40)
    return Share(rng.uniform(size=320) < share[groups]), Sample(np.ones(320), groups)


def _area(rng):
    positive = rng.uniform(size=100) < 0.3
    scores = rng.normal(size=100) + np.sqrt(2) * positive
    return RankedPairs(positive, scores, undefined="x"), plain(100)


def _r2(rng):
    truth = rng.normal(size=80)
    return ExplainedShare(truth, truth + rng.normal(size=80) / 2, undefined="x"), plain(80)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("simulate", "truth"),
    [
        (_skewed_mean, 1.0),
        (_weighted_share, 0.85),
        (_clustered_share, 0.85),
        (_area, stats.norm.cdf(1)),
        (_r2, 0.75),
    ],
    ids=["skewed mean", "weighted share", "clustered share", "area", "r2"],
)
def test_bootstrap_covers_about_as_often_as_stated(simulate, truth):
    """Nominal 0.95 within two points (the bootstrap is approximate) and three standard errors."""
    rng = np.random.default_rng(12)
    n_sets = 400
    scores = [measure_one(*simulate(rng)) for _ in range(n_sets)]
    covered = np.mean([score.low <= truth <= score.high for score in scores])
    assert covered >= 0.95 - 0.02 - 3 * np.sqrt(0.95 * 0.05 / n_sets)


@pytest.mark.slow
def test_rows_of_groups_taken_as_independent_cover_far_less():
    """What `groups` is for: without it, the same rows promise too much."""
    rng = np.random.default_rng(12)
    covered = []
    for _ in range(200):
        share, sample = _clustered_share(rng)
        score = measure_one(share, plain(sample.n_rows))
        covered.append(score.low <= 0.85 <= score.high)
    assert np.mean(covered) < 0.93
