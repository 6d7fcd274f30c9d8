"""The further scores: against scikit-learn and scipy, by published examples, and by their laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics
from sklearn.linear_model import LinearRegression

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import (
    CalibrationBias,
    CalibrationError,
    CalibrationSlope,
    CohenKappa,
    ErrorQuantile,
    JensenShannon,
    KendallTau,
    LogitMAE,
    LogitR2,
    LogitRMSE,
    MeanError,
    NegativeAgreement,
    PositiveAgreement,
    ProbaRMSE,
    SpearmanCorrelation,
    TotalVariation,
)
from interpkd.fidelity._catalogue import all_scores
from interpkd.fidelity._dominance import Dominance

BINARY = all_scores(2)
THREE = all_scores(3)
REGRESSION = all_scores(None)


def probabilities(rng, n, k):
    """Draw sixteenths, at least one: they tie often, as the leaves of a tree do, and sum exactly."""
    shares = rng.dirichlet(np.full(k, 0.7), size=n)
    return (rng.multinomial(16 - k, shares) + 1) / 16


@pytest.fixture(params=[2, 3], ids=["binary", "three classes"])
def pair(request):
    """Give probabilities of teacher and student, and weights."""
    rng = np.random.default_rng(request.param)
    teacher, student = (probabilities(rng, 60, request.param) for _ in range(2))
    return teacher, student, rng.uniform(0, 3, size=60)


@pytest.fixture
def repeated():
    """Give predictions with ties, whole weights, and the rows repeated."""
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(size=70), 1)
    y = np.round(x + rng.normal(size=70), 1)
    times = rng.integers(0, 4, size=70)
    rows = np.repeat(np.arange(70), times)
    return x, y, times, x[rows], y[rows]


class TestDecisions:
    def test_kappa_is_scikit_learns(self, pair):
        teacher, student, w = pair
        a, b = teacher.argmax(axis=1), student.argmax(axis=1)
        if teacher.shape[1] == 2:
            a, b = (P[:, 1] > 0.5 for P in (teacher, student))
        expected = metrics.cohen_kappa_score(a, b, sample_weight=w)
        assert CohenKappa()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_kappa_at_a_cutoff(self):
        rng = np.random.default_rng(0)
        teacher, student = (probabilities(rng, 80, 2) for _ in range(2))
        expected = metrics.cohen_kappa_score(teacher[:, 1] > 0.3, student[:, 1] > 0.3)
        assert CohenKappa(0.3)(teacher, student) == pytest.approx(expected)

    def test_specific_agreements_are_f_scores(self):
        rng = np.random.default_rng(0)
        teacher, student = (probabilities(rng, 80, 2) for _ in range(2))
        w = rng.uniform(size=80)
        a, b = teacher[:, 1] > 0.4, student[:, 1] > 0.4
        for score, label in ((PositiveAgreement(0.4), True), (NegativeAgreement(0.4), False)):
            expected = metrics.f1_score(a, b, sample_weight=w, pos_label=label)
            assert score(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_published_paradox(self):
        """Feinstein and Cicchetti (1990): 80 / 10 / 5 / 5 agree at 0.85 with a kappa of 0.32."""
        yes, no = [0.1, 0.9], [0.9, 0.1]
        teacher = np.repeat([yes, yes, no, no], [80, 5, 10, 5], axis=0)
        student = np.repeat([yes, no, yes, no], [80, 5, 10, 5], axis=0)
        assert CohenKappa()(teacher, student) == pytest.approx(0.32, abs=0.005)
        assert PositiveAgreement()(teacher, student) == pytest.approx(160 / 175)
        assert NegativeAgreement()(teacher, student) == pytest.approx(10 / 25)

    def test_two_classes_only(self):
        P = np.full((4, 3), 1 / 3)
        for score in (PositiveAgreement(), NegativeAgreement(), CalibrationBias()):
            with pytest.raises(
                InvalidInputError, match=r"a score of two classes, but .* 3 columns"
            ):
                score(P, P)

    def test_kappa_of_one_decision(self):
        P = [[0.9, 0.1], [0.8, 0.2]]
        assert math.isnan(CohenKappa()(P, P))
        assert math.isnan(PositiveAgreement()(P, P))


class TestDistances:
    def test_jensen_shannon_is_scipys_squared(self, pair):
        teacher, student, w = pair
        expected = np.average(jensenshannon(teacher, student, axis=1) ** 2, weights=w)
        assert JensenShannon()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_jensen_shannon_is_symmetric_and_takes_zeros(self):
        a, b = [[1.0, 0, 0], [0.2, 0.8, 0]], [[0, 0.5, 0.5], [0.6, 0, 0.4]]
        assert JensenShannon()(a, b) == pytest.approx(JensenShannon()(b, a))
        assert JensenShannon()([[1.0, 0]], [[0, 1.0]]) == pytest.approx(math.log(2))

    def test_total_variation(self, pair):
        teacher, student, w = pair
        k = teacher.shape[1]
        expected = metrics.mean_absolute_error(teacher, student, sample_weight=w) * k / 2
        assert TotalVariation()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_root_of_squares(self, pair):
        teacher, student, w = pair
        expected = metrics.mean_squared_error(teacher, student, sample_weight=w) ** 0.5
        assert ProbaRMSE()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_log_odds(self, pair):
        teacher, student, w = pair
        a, b = (np.log(P / (1 - P)) for P in (teacher, student))
        mae = metrics.mean_absolute_error(a, b, sample_weight=w)
        assert LogitMAE()(teacher, student, sample_weight=w) == pytest.approx(mae)
        rmse = metrics.mean_squared_error(a, b, sample_weight=w) ** 0.5
        assert LogitRMSE()(teacher, student, sample_weight=w) == pytest.approx(rmse)
        r2 = metrics.r2_score(a, b, sample_weight=w, multioutput="variance_weighted")
        assert LogitR2()(teacher, student, sample_weight=w) == pytest.approx(r2)

    def test_certain_leaves_are_clipped(self):
        widest = 2 * math.log(0.999 / 0.001)
        assert LogitMAE()([[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx(widest)
        assert LogitRMSE()([[1.0, 0.0]], [[0.0, 1.0]]) == pytest.approx(LogitRMSE().highest)


class TestRanks:
    def test_spearman_is_scipys(self):
        rng = np.random.default_rng(1)
        teacher, student = (probabilities(rng, 80, 2) for _ in range(2))
        expected = stats.spearmanr(teacher[:, 1], student[:, 1]).statistic
        assert SpearmanCorrelation()(teacher, student) == pytest.approx(expected)

    def test_kendall_is_scipys(self):
        rng = np.random.default_rng(1)
        teacher, student = (probabilities(rng, 80, 2) for _ in range(2))
        expected = stats.kendalltau(teacher[:, 1], student[:, 1]).statistic
        assert KendallTau()(teacher, student) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("score", "oracle"),
        [(SpearmanCorrelation(), stats.spearmanr), (KendallTau(), stats.kendalltau)],
        ids=["spearman", "kendall"],
    )
    def test_whole_weights_are_repeated_rows_of_scipy(self, score, oracle, repeated):
        x, y, times, long_x, long_y = repeated
        expected = oracle(long_x, long_y).statistic
        assert score(x, y, sample_weight=times) == pytest.approx(expected, rel=1e-12)

    def test_mean_over_classes(self):
        rng = np.random.default_rng(1)
        teacher, student = (probabilities(rng, 50, 3) for _ in range(2))
        of_classes = [stats.kendalltau(teacher[:, k], student[:, k]).statistic for k in range(3)]
        assert KendallTau()(teacher, student) == pytest.approx(np.mean(of_classes))
        constant = np.full((50, 3), 1 / 3)
        assert math.isnan(SpearmanCorrelation()(teacher, constant))

    def test_published_examples(self):
        """The IQ and hours of television of ten people (Wikipedia), and scipy's own example."""
        iq = [106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110]
        hours = [7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17]
        assert SpearmanCorrelation()(iq, hours) == pytest.approx(-29 / 165)
        tau = KendallTau()([12.0, 2, 1, 12, 2], [1.0, 4, 7, 1, 0])
        assert tau == pytest.approx(-0.47140452, abs=1e-8)

    @given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 10**6))
    def test_dominance_is_that_of_all_pairs(self, n, n_levels, seed):
        rng = np.random.default_rng(seed)
        x, y = (np.unique(rng.integers(n_levels, size=n), return_inverse=True)[1] for _ in range(2))
        w = rng.uniform(size=n)

        def half(level):
            return (level[:, None] < level) + (level[:, None] == level) / 2

        expected = w @ (half(x) * half(y))
        np.testing.assert_allclose(Dominance(x, y).below_both(w), expected, atol=1e-12)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("interpkd.fidelity._dominance.FEW_LEVELS", 0)
            np.testing.assert_allclose(Dominance(x, y).below_both(w), expected, atol=1e-12)


class TestCalibration:
    def test_slope_is_least_squares(self):
        rng = np.random.default_rng(2)
        teacher, student = (probabilities(rng, 60, 2) for _ in range(2))
        w = rng.uniform(size=60)
        x, y = (np.log(P[:, 1] / P[:, 0]) for P in (student, teacher))
        line = LinearRegression().fit(x[:, None], y, sample_weight=w)
        value = CalibrationSlope()(teacher, student, sample_weight=w)
        assert value == pytest.approx(line.coef_[0])

    def test_slope_of_a_constant_student(self):
        teacher = probabilities(np.random.default_rng(0), 9, 2)
        assert math.isnan(CalibrationSlope()(teacher, np.full((9, 2), 0.5)))

    def test_bias_is_positive_for_a_student_too_high(self):
        assert CalibrationBias()([[0.9, 0.1]], [[0.6, 0.4]]) == pytest.approx(0.3)

    def test_error_by_hand(self):
        p_student = np.array([0.05, 0.1, 0.1000001, 0.95, 1.0])
        p_teacher = np.array([0.15, 0.2, 0.1000001, 0.75, 1.0])
        pair = [np.column_stack([1 - p, p]) for p in (p_teacher, p_student)]
        # bins (0, 0.1], (0.1, 0.2], (0.9, 1]: sums of differences -0.2, 0, 0.2
        assert CalibrationError()(*pair) == pytest.approx(0.4 / 5)
        # the differences of one bin cancel: a second copy of row 0 and 3 keeps them apart
        weighted = CalibrationError()(*pair, sample_weight=[1, 2, 1, 1, 0])
        assert weighted == pytest.approx(0.5 / 5)

    def test_error_of_three_classes_is_the_mean_against_the_rest(self):
        rng = np.random.default_rng(3)
        teacher, student = (probabilities(rng, 40, 3) for _ in range(2))
        of_classes = [
            CalibrationError()(
                *(np.column_stack([1 - P[:, k], P[:, k]]) for P in (teacher, student))
            )
            for k in range(3)
        ]
        assert CalibrationError()(teacher, student) == pytest.approx(np.mean(of_classes))


class TestErrors:
    def test_quantile_is_numpys(self):
        rng = np.random.default_rng(4)
        a, b = rng.normal(size=(2, 50))
        for level in (0.1, 0.5, 0.9, 0.98):
            expected = np.quantile(np.abs(a - b), level, method="inverted_cdf")
            assert ErrorQuantile(level)(a, b) == expected

    def test_weighted_quantile_is_that_of_repeated_rows(self, repeated):
        x, y, times, long_x, long_y = repeated
        for level in (0.25, 0.5, 0.9):
            expected = np.quantile(np.abs(long_x - long_y), level, method="inverted_cdf")
            assert ErrorQuantile(level)(x, y, sample_weight=times) == expected

    def test_names(self):
        assert ErrorQuantile(0.975).name == "error_q97.5"
        assert "at least 97.5 %" in ErrorQuantile(0.975).definition

    @pytest.mark.parametrize("level", [0, 1, True, "0.5"])
    def test_level(self, level):
        with pytest.raises(InvalidInputError, match="level must be a number strictly between"):
            ErrorQuantile(level)

    def test_mean_error(self):
        assert MeanError()([1.0, 5.0], [4.0, 4.0], sample_weight=[1, 3]) == 0


class TestLaws:
    @pytest.mark.parametrize("name", BINARY)
    def test_a_student_equal_to_its_teacher_is_perfect(self, name):
        P = probabilities(np.random.default_rng(6), 40, 2)
        assert BINARY[name](P, P) == pytest.approx(BINARY[name].best, abs=1e-15)

    @pytest.mark.parametrize("name", REGRESSION)
    def test_in_a_regression_too(self, name):
        a = np.random.default_rng(6).normal(size=30)
        assert REGRESSION[name](a, a) == pytest.approx(REGRESSION[name].best, abs=1e-15)

    @pytest.mark.parametrize("scores", [BINARY, THREE], ids=["binary", "three classes"])
    def test_whole_weights_are_repeated_rows(self, scores):
        rng = np.random.default_rng(7)
        k = 2 if scores is BINARY else 3
        teacher, student = (probabilities(rng, 50, k) for _ in range(2))
        times = rng.integers(0, 4, size=50)
        rows = np.repeat(np.arange(50), times)
        for name, score in scores.items():
            expected = score(teacher[rows], student[rows])
            assert score(teacher, student, sample_weight=times) == pytest.approx(expected), name

    def test_whole_weights_are_repeated_rows_in_a_regression(self, repeated):
        x, y, times, long_x, long_y = repeated
        for name, score in REGRESSION.items():
            expected = score(long_x, long_y)
            assert score(x, y, sample_weight=times) == pytest.approx(expected), name

    @given(
        arrays(np.float64, (2, 8, 3), elements=st.floats(0, 1)).filter(
            lambda a: (a.sum(axis=2) > 0.01).all()
        )
    )
    def test_scores_stay_in_their_range(self, raw):
        teacher, student = raw / raw.sum(axis=2, keepdims=True)
        for name, score in THREE.items():
            value = score(teacher, student)
            slack = 3.1e-3 if name == "kl_divergence" else 1e-9  # the floor of the student
            assert score.lowest - slack <= value <= score.highest + slack or math.isnan(value), name

    @given(
        arrays(np.float64, (2, 8, 2), elements=st.floats(0, 1)).filter(
            lambda a: (a.sum(axis=2) > 0.01).all()
        )
    )
    def test_rows_stay_within_the_bounds_of_their_mean(self, raw):
        teacher, student = raw / raw.sum(axis=2, keepdims=True)
        for name, score in BINARY.items():
            mean = score.statistic(teacher, student).bounded
            if mean is None or mean.counts is not None:
                continue
            assert (mean.rows >= mean.lowest).all(), name
            assert (mean.rows <= mean.highest).all(), name
            value = mean.transform(mean.rows.mean())
            assert value == pytest.approx(score(teacher, student), abs=1e-9), name

    def test_every_score_says_what_it_is(self):
        for scores in (BINARY, THREE, REGRESSION):
            for name, score in scores.items():
                assert score.name == name
                assert score.definition.endswith(".")
                assert score.lowest < score.highest
                assert score.lowest <= score.best <= score.highest
                assert type(score).__doc__.splitlines()[0].endswith(("better.", "best."))
