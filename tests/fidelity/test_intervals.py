"""Intervals against scipy, by their laws, and by how often they cover."""

import numpy as np
import pytest
from scipy import stats

from interpkd._betting import betting_interval, betting_order
from interpkd.fidelity._area import area_interval
from interpkd.fidelity._association import Kappa, RankCorrelation
from interpkd.fidelity._discrimination import Gini
from interpkd.fidelity._intervals import clopper_pearson, measure
from interpkd.fidelity._jackknife import (
    LEAN_HIDDEN,
    LEAST_DEGREES,
    MIN_ROWS,
    PART_TRUSTED,
    SKEW_HIDDEN,
    _bend,
    _moves,
)
from interpkd.fidelity._quantiles import BinnedDifference, Quantile
from interpkd.fidelity._ranked_pairs import RankedPairs
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._statistics import ExplainedShare, RootMean, Share, Undefined, WeightedMean

BETTING = "betting bounds, guaranteed"
HEAVIEST = ", if no row weighs more than the heaviest here"


def plain(n):
    return Sample(np.ones(n))


def measure_one(statistic, sample, alpha=0.05):
    return measure({"it": statistic}, sample, alpha)["it"]


def bounded(x):
    return WeightedMean(x, lowest=0.0, highest=1.0)


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


class TestBetting:
    def test_all_ones_are_won_one_by_one(self):
        """Every bet is the largest allowed: the bound solves (1 + 0.9 (1 / m - 1)) ** n = 40."""
        low, high = betting_interval(np.ones(50), np.ones(50), lowest=0, highest=1, alpha=0.05)
        assert (1 + 0.9 * (1 / low - 1)) ** 50 <= 40.001
        assert 0.85 < low < 0.93
        assert high == 1

    def test_covers_all_outcomes_of_few_rows(self):
        """Every sequence of eight zeros and ones, weighed by its probability."""
        n, share, missed = 8, 0.3, 0.0
        for code in range(2**n):
            x = np.array([code >> i & 1 for i in range(n)], dtype=float)
            low, high = betting_interval(
                x, np.ones(n), lowest=0, highest=1, alpha=0.2, order=np.arange(n)
            )
            missed += (not low <= share <= high) * share ** x.sum() * (1 - share) ** (n - x.sum())
        assert missed <= 0.2

    def test_mirrored_numbers_mirror_the_interval(self):
        x = np.random.default_rng(0).beta(1, 5, size=80)
        order, ones = np.arange(80), np.ones(80)
        low, high = betting_interval(x, ones, lowest=0, highest=1, alpha=0.05, order=order)
        mirrored = betting_interval(-x, ones, lowest=-1, highest=0, alpha=0.05, order=order)
        assert mirrored == pytest.approx((-high, -low))

    def test_scale_of_numbers_and_weights_is_free(self):
        rng = np.random.default_rng(0)
        x, w, order = rng.beta(1, 5, size=80), rng.uniform(size=80), np.arange(80)
        low, high = betting_interval(x, w, lowest=0, highest=1, alpha=0.05, order=order)
        scaled = betting_interval(3 + 2 * x, 9 * w, lowest=3, highest=5, alpha=0.05, order=order)
        assert scaled == pytest.approx((3 + 2 * low, 3 + 2 * high))

    def test_higher_confidence_is_wider(self):
        x = np.random.default_rng(0).beta(1, 5, size=200)
        order, ones = np.arange(200), np.ones(200)
        widths = [
            np.ptp(betting_interval(x, ones, lowest=0, highest=1, alpha=alpha, order=order))
            for alpha in (0.5, 0.2, 0.05, 0.01)
        ]
        assert widths == sorted(widths)

    def test_order_is_that_of_the_rows_themselves(self):
        rng = np.random.default_rng(0)
        x, w, shuffle = rng.uniform(size=50), rng.uniform(size=50), rng.permutation(50)
        one, other = betting_order(x, w), betting_order(x[shuffle], w[shuffle])
        np.testing.assert_array_equal(x[one], x[shuffle][other])
        assert sorted(one) == list(range(50))

    def test_other_numbers_have_another_order(self):
        rng = np.random.default_rng(0)
        orders = {
            tuple(np.argsort(np.argsort(x))[betting_order(x, np.ones(20))])
            for x in rng.uniform(size=(5, 20))
        }
        assert len(orders) == 5


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
        assert score.method == BETTING + HEAVIEST

    def test_groups_do_not(self):
        sample = Sample(np.ones(100), np.arange(100) // 3)
        score = measure_one(Share(np.arange(100) < 90), sample)
        expected = "betting bounds, 34 groups, guaranteed, if no group weighs more than"
        assert score.method.startswith(expected)

    def test_bounded_means_get_betting_bounds(self):
        x = np.random.default_rng(0).uniform(size=100)
        score = measure_one(bounded(x), plain(100))
        assert score.method == BETTING
        expected = betting_interval(x, np.ones(100), lowest=0, highest=1, alpha=0.05)
        assert (score.low, score.high) == expected

    def test_roots_of_bounded_means_are_roots_of_the_bounds(self):
        x = np.random.default_rng(0).uniform(size=100)
        mean, root = (
            measure_one(kind(x, **bounds), plain(100))
            for kind, bounds in (
                (WeightedMean, {"lowest": 0.0, "highest": 1.0}),
                (RootMean, {"highest": 1.0}),
            )
        )
        assert (root.low, root.high) == pytest.approx((mean.low**0.5, mean.high**0.5))

    def test_other_means_get_a_jackknife(self):
        score = measure_one(WeightedMean(np.random.default_rng(0).normal(size=50)), plain(50))
        assert score.method == "jackknife t, 50 rows"


class TestRefusals:
    def test_undefined_scores(self):
        score = measure_one(Undefined("the teacher decides one class only"), plain(20))
        assert (score.estimate, score.low, score.high, score.n) == (None, None, None, 20)
        assert score.method == "not computed: the teacher decides one class only"

    def test_too_few_rows(self):
        n = MIN_ROWS - 1
        score = measure_one(WeightedMean(np.arange(float(n))), plain(n))
        assert (score.estimate, score.low, score.high) == (14, None, None)
        assert score.method == "no interval: 29 rows, at least 30 are needed"

    def test_too_few_groups(self):
        sample = Sample(np.ones(190), np.arange(190) // 10)
        score = measure_one(WeightedMean(np.arange(190.0)), sample)
        assert score.method == "no interval: 19 groups, at least 20 are needed"

    def test_too_few_of_a_class(self):
        statistic = RankedPairs(np.arange(30) % 10 == 3, np.arange(30.0), undefined="x")
        score = measure_one(statistic, plain(30))
        assert score.estimate is not None
        assert score.method == "no interval: 3 rows of one class, at least 5 are needed"
        grouped = measure_one(statistic, Sample(np.ones(30), np.arange(30) % 20))
        assert grouped.method == "no interval: 2 groups of one class, at least 5 are needed"

    def test_too_few_rows_off_the_usual_decision(self):
        one, other = np.zeros((2, 60), dtype=int)
        one[:3], other[2:4] = 1, 2
        kappa = Kappa(one, other, n_classes=3, undefined="x")
        expected = "no interval: 4 rows of one class, at least 5 are needed"
        assert measure_one(kappa, plain(60)).method == expected
        other[4] = 1
        assert measure_one(
            Kappa(one, other, n_classes=3, undefined="x"), plain(60)
        ).method.startswith("jackknife")

    def test_the_end_of_a_range(self):
        one = np.arange(30) % 2
        score = measure_one(Kappa(one, one, n_classes=2, undefined="x"), plain(30))
        assert (score.estimate, score.low) == (1, None)
        assert score.method == "no interval: the score is at the end of its range"

    def test_one_row_from_the_end_of_a_range(self):
        one = np.arange(40) % 2
        other = one.copy()
        other[0] = 1
        kappa = Kappa(one, other, n_classes=2, undefined="x")
        expected = "without one row the score would not exist, or be at the end of its range"
        assert measure_one(kappa, plain(40)).method == f"no interval: {expected}"

    def test_a_score_that_no_row_moves(self):
        score = measure_one(WeightedMean(np.full(30, 0.1)), plain(30))
        assert score.method == "no interval: no row moves the score"


class TestArea:
    def test_of_a_perfect_ranking_only_the_lower_end_is_open(self):
        positive = np.arange(30) >= 15
        score = measure_one(RankedPairs(positive, np.arange(30.0), undefined="x"), plain(30))
        assert score.estimate == score.high == 1
        assert 0.8 < score.low < 0.9
        assert score.method == "Newcombe's pseudo-score interval"

    def test_turned_scores_turn_the_interval_and_gini_follows(self):
        rng = np.random.default_rng(0)
        positive, scores = rng.uniform(size=90) < 0.3, rng.normal(size=90)
        area, turned = (
            measure_one(RankedPairs(positive, sign * scores, undefined="x"), plain(90))
            for sign in (1, -1)
        )
        assert (turned.low, turned.high) == pytest.approx((1 - area.high, 1 - area.low))
        gini = measure_one(Gini(positive, scores, undefined="x"), plain(90))
        assert (gini.low, gini.high) == pytest.approx((2 * area.low - 1, 2 * area.high - 1))

    def test_ends_are_a_normal_quantile_of_their_own_errors_away(self):
        """Newcombe (2006), method 5, written out."""
        low, high = area_interval(0.9, 20, 60, 0.05)
        for end in (low, high):
            spread = 1 + 39 * ((1 - end) / (2 - end) + end / (1 + end))
            error = np.sqrt(end * (1 - end) / 1200 * spread)
            assert abs(0.9 - end) == pytest.approx(stats.norm.ppf(0.975) * error)

    def test_weighted_rows_get_a_jackknife(self):
        positive, scores = np.arange(40) % 2 == 1, np.arange(40.0) % 7
        sample = Sample(1.0 + np.arange(40) % 3)
        score = measure_one(RankedPairs(positive, scores, undefined="x"), sample)
        assert score.method.startswith("jackknife t on logit scale")


class TestJackknife:
    def test_of_a_mean_is_students_t_with_fewer_degrees_of_freedom(self):
        half = np.random.default_rng(1).normal(size=20)
        x = 3 + np.concatenate([half, -half])
        score = measure_one(WeightedMean(x), plain(40))
        moves = x - x.mean()
        unevenness = (moves**4).sum() / (moves**2).sum() ** 2 - 1 / 40
        degrees = min(39, 2 * PART_TRUSTED / unevenness)
        expected = stats.t.interval(0.95, degrees, x.mean(), stats.sem(x))
        assert (score.low, score.high) == pytest.approx(expected)

    @pytest.mark.parametrize("sign", [1, -1])
    def test_a_skewed_mean_reaches_further_to_its_tail_and_no_less_to_the_other(self, sign):
        x = sign * np.random.default_rng(1).exponential(size=60)
        score = measure_one(WeightedMean(x), plain(60))
        moves = x - x.mean()
        squares = (moves**2).sum()
        unevenness = (moves**4).sum() / squares**2 - 1 / 60
        degrees = min(max(LEAST_DEGREES, 2 * PART_TRUSTED / unevenness), 59)
        student_t = stats.t.ppf(0.975, degrees)
        skew = abs((moves**3).sum()) / squares**1.5 / 6 * (2 * stats.norm.ppf(0.975) ** 2 + 1)
        further = skew * (1 + LEAN_HIDDEN / degrees + SKEW_HIDDEN / 60)
        reaches = np.array([score.estimate - score.low, score.high - score.estimate])
        reaches /= stats.sem(x)
        assert reaches[::sign] == pytest.approx([student_t, student_t + further], rel=1e-4)

    def test_a_share_of_ones_bends_on_the_log_scale_as_poissons_does(self):
        """Of k events in many rows, the log of their share bends by -1 / (2 sqrt(k))."""
        k, n = 16, 40_000
        x = (np.arange(n) < k).astype(float)
        statistic, sample = WeightedMean(x, lowest=0.0), plain(n)
        moves = _moves(statistic, sample, k / n)
        bend = _bend(statistic, sample, moves, np.log(k / n))
        assert bend == pytest.approx(-1 / (2 * np.sqrt(k)), rel=0.1)

    def test_of_many_rows_is_the_normal_one(self):
        x = np.random.default_rng(5).normal(size=3000)
        score = measure_one(WeightedMean(x), plain(3000))
        expected = stats.norm.interval(0.95, x.mean(), stats.sem(x))
        assert (score.low, score.high) == pytest.approx(expected, rel=0.005)

    def test_of_errors_is_taken_on_the_log_scale(self):
        half = np.random.default_rng(1).exponential(size=30)
        x = np.concatenate([half, 2 * half.max() - half])
        score = measure_one(WeightedMean(x, lowest=0.0), plain(60))
        assert score.low * score.high == pytest.approx(score.estimate**2, rel=0.05)
        assert score.method == "jackknife t on log scale, 60 rows"

    def test_left_out_rows_and_the_derivative_agree(self):
        rng = np.random.default_rng(3)
        x = rng.normal(size=400)
        statistic = ExplainedShare(x, x + rng.normal(size=400) / 2, undefined="x")
        sample = Sample(rng.uniform(0.5, 2, size=400), rng.integers(80, size=400))
        exact = measure_one(statistic, sample)
        statistic.is_ranked = True
        limit = measure_one(statistic, sample)
        assert limit.high - limit.low == pytest.approx(exact.high - exact.low, rel=0.06)

    def test_area_has_delongs_error(self):
        """DeLong, DeLong and Clarke-Pearson (1988): the spread of placements in both classes."""
        rng = np.random.default_rng(4)
        positive = rng.uniform(size=500) < 0.4
        scores = rng.normal(size=500) + positive
        score = measure_one(RankedPairs(positive, scores, undefined="x"), plain(500))
        wins = scores[positive][:, None] > scores[~positive]
        variance = sum(
            placed.var(ddof=1) / len(placed) for placed in (wins.mean(axis=0), wins.mean(axis=1))
        )
        a = score.estimate
        reach = (np.log(score.high / (1 - score.high)) - np.log(score.low / (1 - score.low))) / 2
        expected = 1.96 * np.sqrt(variance) / (a * (1 - a))
        assert reach == pytest.approx(expected, rel=0.02)


class TestQuantile:
    def test_is_the_exact_one_of_order_statistics(self):
        """Sorted ranks 4 and 17 of 20 hold the median: the binomial misses 2.07 % on each side."""
        score = measure_one(Quantile(np.arange(1.0, 21), 0.5), plain(20))
        assert (score.estimate, score.low, score.high) == (10, 6, 15)
        assert score.method == "order statistics, exact"

    def test_too_few_rows_bound_nothing_from_above(self):
        score = measure_one(Quantile(np.arange(20.0), 0.9), plain(20))
        assert (score.estimate, score.low) == (17, None)
        expected = "no interval: 20 rows are too few to bound this quantile from above"
        assert score.method == expected

    def test_weighted_rows_get_betting_bounds(self):
        rng = np.random.default_rng(0)
        score = measure_one(Quantile(rng.exponential(size=200), 0.5), Sample(rng.uniform(size=200)))
        assert score.low < score.estimate < score.high
        assert score.method == BETTING + HEAVIEST


class TestBins:
    def test_holds_the_sum_of_the_bins(self):
        rng = np.random.default_rng(0)
        s = rng.uniform(size=(400, 1))
        t = np.clip(s + np.where(s > 0.5, 0.1, -0.1), 0, 1)
        edges = np.linspace(0, 1, 5)
        bins = np.searchsorted(edges[1:-1], s)
        score = measure_one(BinnedDifference(s - t, bins, edges=edges), plain(400))
        assert 0 < score.low < score.estimate < score.high < 0.3
        assert score.method == "betting bounds of 4 bins that share alpha, guaranteed"


class TestLaws:
    def test_the_same_rows_give_the_same_interval(self):
        x = np.random.default_rng(0).uniform(size=30)
        for statistic in (bounded(x), WeightedMean(x), Quantile(x, 0.5)):
            assert measure_one(statistic, plain(30)) == measure_one(statistic, plain(30))

    def test_groups_of_one_row_are_rows(self):
        x = np.random.default_rng(0).uniform(size=30)
        for statistic in (bounded(x), WeightedMean(x)):
            rows = measure_one(statistic, plain(30))
            groups = measure_one(statistic, Sample(np.ones(30), np.arange(30) * 2))
            assert (groups.low, groups.high) == pytest.approx((rows.low, rows.high))

    def test_a_repeated_row_in_one_group_is_a_heavier_row(self):
        rng = np.random.default_rng(0)
        x, times = rng.uniform(size=30), rng.integers(1, 5, size=30)
        groups = np.repeat(np.arange(30), times)
        for kind in (bounded, WeightedMean):
            weighted = measure_one(kind(x), Sample(times.astype(float)))
            repeated = measure_one(kind(x[groups]), Sample(np.ones(len(groups)), groups))
            assert repeated.estimate == pytest.approx(weighted.estimate)
            assert (repeated.low, repeated.high) == pytest.approx((weighted.low, weighted.high))

    def test_copies_of_rows_in_groups_add_no_certainty(self):
        x = np.random.default_rng(0).uniform(size=40)
        nine = Sample(np.ones(360), np.repeat(np.arange(40), 9))
        for kind in (bounded, WeightedMean):
            once, copied = measure_one(kind(x), plain(40)), measure_one(kind(np.repeat(x, 9)), nine)
            assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
            assert copied.n == 360

    def test_mirrored_rows_mirror_the_interval(self):
        x = np.random.default_rng(0).exponential(size=50)
        up, down = measure_one(WeightedMean(x), plain(50)), measure_one(WeightedMean(-x), plain(50))
        assert (-down.high, -down.low) == pytest.approx((up.low, up.high))

    def test_part_of_a_sample(self):
        sample = Sample(np.arange(1.0, 7), np.array([0, 0, 1, 1, 2, 2]))
        part = sample.take(np.array([False, False, True, True, False, True]))
        assert (part.n_rows, part.n_units, part.units) == (3, 2, "2 groups")
        np.testing.assert_array_equal(part.total_by_unit(np.ones(3)), [2, 1])
        assert part.n_equal_units == pytest.approx((7 + 6) ** 2 / (7**2 + 6**2))


# Each case gives the statistic and sample of one simulated data set; the truth is known.


def _skewed_mean(rng):
    return WeightedMean(rng.exponential(size=60), lowest=0.0), plain(60)


def _weighted_share(rng):
    weights = rng.uniform(0.2, 2, size=100)
    return Share(rng.uniform(size=100) < 0.85), Sample(weights)


def _clustered_share(rng):
    groups = np.repeat(np.arange(40), 8)
    share = rng.beta(8.5, 1.5, size=40)
    return Share(rng.uniform(size=320) < share[groups]), Sample(np.ones(320), groups)


def _rare_bounded_mean(rng):
    return bounded(np.where(rng.uniform(size=60) < 0.02, 1.0, 0.01)), plain(60)


def _area(rng):
    positive = rng.uniform(size=100) < 0.3
    scores = rng.normal(size=100) + np.sqrt(2) * positive
    return RankedPairs(positive, scores, undefined="x"), plain(100)


def _r2(rng):
    truth = rng.normal(size=80)
    return ExplainedShare(truth, truth + rng.normal(size=80) / 2, undefined="x"), plain(80)


def _ranks(rng):
    x = rng.normal(size=80)
    y = 0.5 * x + np.sqrt(0.75) * rng.normal(size=80)
    return RankCorrelation(x, y, undefined="x"), plain(80)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("simulate", "truth"),
    [
        (_skewed_mean, 1.0),
        (_weighted_share, 0.85),
        (_clustered_share, 0.85),
        (_rare_bounded_mean, 0.02 + 0.98 * 0.01),
        (_area, stats.norm.cdf(1)),
        (_r2, 0.75),
        (_ranks, 6 / np.pi * np.arcsin(0.25)),
    ],
    ids=["skewed mean", "weighted share", "clustered share", "rare mean", "area", "r2", "ranks"],
)
def test_covers_as_often_as_stated(simulate, truth):
    """Nominal 0.95 within three standard errors; `benchmarks.coverage` looks closer."""
    rng = np.random.default_rng(12)
    n_sets = 400
    scores = [measure_one(*simulate(rng)) for _ in range(n_sets)]
    covered = np.mean([score.low <= truth <= score.high for score in scores])
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / n_sets)


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
