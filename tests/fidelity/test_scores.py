"""Scores by their laws, by published values, and against scikit-learn with weights."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import rel_entr
from sklearn import metrics

from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.fidelity import (
    Agreement,
    DecisionAUC,
    KLDivergence,
    MeanAbsoluteError,
    ProbaMAE,
    ProbaR2,
    RootMeanSquaredError,
    RSquared,
)
from interpkd.fidelity._performance import Accuracy, Brier, LabelAUC, LogLoss

PROBABILITY_SCORES = [Agreement(), KLDivergence(), ProbaR2(), ProbaMAE(), DecisionAUC()]
PREDICTION_SCORES = [RSquared(), MeanAbsoluteError(), RootMeanSquaredError()]
BEST = {
    "agreement": 1,
    "kl_divergence": 0,
    "proba_r2": 1,
    "proba_mae": 0,
    "r2": 1,
    "mae": 0,
    "rmse": 0,
}


def by_name(score):
    return score.name


def probabilities(rng, n, k):
    """Draw sixteenths, at least one: they tie often, as the leaves of a tree do, and sum exactly."""
    shares = rng.dirichlet(np.full(k, 0.7), size=n)
    return (rng.multinomial(16 - k, shares) + 1) / 16


def of_models(score, truth, answers, weights):
    statistic = score.statistic(truth, answers)
    return float(statistic.values(weights[:, None])[0])


@pytest.fixture(params=[2, 3], ids=["binary", "three classes"])
def pair(request):
    """Give probabilities of teacher and student, labels and weights."""
    rng = np.random.default_rng(request.param)
    teacher, student = (probabilities(rng, 60, request.param) for _ in range(2))
    labels = rng.integers(request.param, size=60)
    return teacher, student, labels, rng.uniform(0, 3, size=60)


class TestAgainstScikitLearn:
    def test_agreement(self, pair):
        teacher, student, _, w = pair
        expected = metrics.accuracy_score(
            teacher.argmax(axis=1), student.argmax(axis=1), sample_weight=w
        )
        assert Agreement()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_probability_r2(self, pair):
        teacher, student, _, w = pair
        expected = metrics.r2_score(
            teacher, student, sample_weight=w, multioutput="variance_weighted"
        )
        assert ProbaR2()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_probability_mae(self, pair):
        teacher, student, _, w = pair
        expected = metrics.mean_absolute_error(teacher, student, sample_weight=w)
        assert ProbaMAE()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_kl_divergence_is_scipys(self, pair):
        teacher, student, _, w = pair
        Q = np.clip(student, 1e-3, None)
        Q /= Q.sum(axis=1, keepdims=True)
        expected = np.average(rel_entr(teacher, Q).sum(axis=1), weights=w)
        assert KLDivergence()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_decision_auc(self, pair):
        teacher, student, _, w = pair
        decided = teacher.argmax(axis=1)
        if teacher.shape[1] == 2:
            expected = metrics.roc_auc_score(decided, student[:, 1], sample_weight=w)
        else:
            expected = metrics.roc_auc_score(decided, student, sample_weight=w, multi_class="ovr")
        assert DecisionAUC()(teacher, student, sample_weight=w) == pytest.approx(expected)

    def test_decisions_at_a_cutoff(self):
        rng = np.random.default_rng(0)
        teacher, student = (probabilities(rng, 80, 2) for _ in range(2))
        a, b = teacher[:, 1] > 0.3, student[:, 1] > 0.3
        assert Agreement(0.3)(teacher, student) == metrics.accuracy_score(a, b)
        expected = metrics.roc_auc_score(a, student[:, 1])
        assert DecisionAUC(0.3)(teacher, student) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("score", "oracle"),
        [
            (RSquared(), metrics.r2_score),
            (MeanAbsoluteError(), metrics.mean_absolute_error),
            (RootMeanSquaredError(), metrics.root_mean_squared_error),
        ],
        ids=["r2", "mae", "rmse"],
    )
    def test_predictions(self, score, oracle):
        rng = np.random.default_rng(1)
        a, b = rng.normal(1e6, 3, size=(2, 50))
        w = rng.uniform(size=50)
        assert score(a, b, sample_weight=w) == pytest.approx(oracle(a, b, sample_weight=w))

    def test_performance(self, pair):
        _, P, labels, w = pair
        k = P.shape[1]
        auc_of = P[:, 1] if k == 2 else P
        expected = {
            Accuracy(): metrics.accuracy_score(labels, P.argmax(axis=1), sample_weight=w),
            LogLoss(): metrics.log_loss(labels, P, sample_weight=w, labels=range(k)),
            LabelAUC(): metrics.roc_auc_score(labels, auc_of, sample_weight=w, multi_class="ovr"),
        }
        for score, value in expected.items():
            assert of_models(score, labels, P, w) == pytest.approx(value), score.name

    def test_brier(self, pair):
        _, P, labels, w = pair
        if P.shape[1] == 2:
            expected = metrics.brier_score_loss(labels, P[:, 1], sample_weight=w)
        else:
            squares = (P - np.eye(3)[labels]) ** 2
            expected = np.average(squares.sum(axis=1), weights=w)
        assert of_models(Brier(), labels, P, w) == pytest.approx(expected)

    def test_log_loss_of_a_certain_and_wrong_student_is_scikit_learns(self):
        P, labels = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 1])
        expected = metrics.log_loss(labels, P, labels=[0, 1])
        assert of_models(LogLoss(), labels, P, np.ones(2)) == pytest.approx(expected)


class TestPublishedValues:
    def test_kullbacks_example(self):
        """Kullback (1959), table 2.1: binomial (0.4, 2) against the uniform distribution."""
        binomial, uniform = [[9 / 25, 12 / 25, 4 / 25]], [[1 / 3, 1 / 3, 1 / 3]]
        assert KLDivergence()(binomial, uniform) == pytest.approx(0.0852996, abs=1e-7)
        assert KLDivergence()(uniform, binomial) == pytest.approx(0.0974550, abs=1e-7)

    def test_auc_counts_a_tie_one_half(self):
        teacher = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]
        student = [[0.8, 0.2], [0.6, 0.4], [0.6, 0.4], [0.2, 0.8]]
        assert DecisionAUC()(teacher, student) == (1 + 1 + 0.5 + 1) / 4

    def test_a_certain_and_wrong_student_costs_seven_nats(self):
        cost = KLDivergence()([[1.0, 0.0]], [[0.0, 1.0]])
        assert cost == pytest.approx(math.log(1.001 / 0.001))


class TestLaws:
    @pytest.mark.parametrize("score", PROBABILITY_SCORES[:-1], ids=by_name)
    def test_a_teacher_is_faithful_to_itself(self, score, pair):
        assert score(pair[0], pair[0], sample_weight=pair[3]) == BEST[score.name]

    def test_a_teacher_ranks_its_own_two_decisions(self):
        P = probabilities(np.random.default_rng(3), 50, 2)
        assert DecisionAUC()(P, P) == 1

    @pytest.mark.parametrize("score", PREDICTION_SCORES, ids=by_name)
    def test_a_regression_is_faithful_to_itself(self, score):
        a = np.random.default_rng(0).normal(size=30)
        assert score(a, a) == BEST[score.name]

    @pytest.mark.parametrize("score", PROBABILITY_SCORES, ids=by_name)
    def test_permuted_classes_change_nothing(self, score, pair):
        teacher, student, _, w = pair
        order = np.random.default_rng(1).permutation(teacher.shape[1])
        plain = score(teacher, student, sample_weight=w)
        permuted = score(teacher[:, order], student[:, order], sample_weight=w)
        assert permuted == pytest.approx(plain)

    @pytest.mark.parametrize("score", PROBABILITY_SCORES, ids=by_name)
    def test_whole_weights_are_repeated_rows(self, score, pair):
        teacher, student, _, _ = pair
        times = np.random.default_rng(2).integers(0, 4, size=len(teacher))
        repeated = np.repeat(np.arange(len(teacher)), times)
        weighted = score(teacher, student, sample_weight=times)
        assert weighted == pytest.approx(score(teacher[repeated], student[repeated]))

    @pytest.mark.parametrize("score", PREDICTION_SCORES, ids=by_name)
    def test_whole_weights_are_repeated_rows_in_regression(self, score):
        rng = np.random.default_rng(2)
        a, b = rng.normal(size=(2, 40))
        times = rng.integers(0, 4, size=40)
        repeated = np.repeat(np.arange(40), times)
        assert score(a, b, sample_weight=times) == pytest.approx(score(a[repeated], b[repeated]))

    @given(
        arrays(np.float64, (2, 8, 3), elements=st.floats(0, 1)).filter(
            lambda a: (a.sum(axis=2) > 0.01).all()
        )
    )
    def test_scores_stay_in_their_range(self, raw):
        teacher, student = raw / raw.sum(axis=2, keepdims=True)
        for score in PROBABILITY_SCORES:
            value = score(teacher, student)
            slack = 3.1e-3 if score.name == "kl_divergence" else 1e-9  # the floor of the student
            inside = score.lowest - slack <= value <= score.highest + slack
            assert inside or math.isnan(value), score.name

    def test_kl_of_a_student_with_the_teachers_zeros_is_nearly_zero(self):
        P = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
        assert 0 < KLDivergence()(P, P) < 2e-3

    def test_leaves_that_differ_by_rounding_are_ties(self):
        teacher = [[0.9, 0.1], [0.1, 0.9]]
        assert DecisionAUC()(teacher, [[0.7, 0.3], [0.7, np.nextafter(0.3, 0)]]) == 0.5
        small = [[1 - 1e-15, 1e-15], [1 - 2e-15, 2e-15]]
        assert DecisionAUC()(teacher, small) == 1


class TestUndefined:
    def test_auc_of_one_decision(self):
        P = [[0.9, 0.1], [0.8, 0.2]]
        assert math.isnan(DecisionAUC()(P, P))

    def test_auc_of_one_decision_of_three(self):
        P = [[0.8, 0.1, 0.1], [0.7, 0.2, 0.1]]
        assert math.isnan(DecisionAUC()(P, P))

    def test_auc_averages_over_decided_classes_only(self):
        teacher = np.array([[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]])
        student = np.array([[0.8, 0.1, 0.1], [0.4, 0.5, 0.1], [0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])
        areas = [metrics.roc_auc_score(teacher.argmax(axis=1) == k, student[:, k]) for k in (0, 1)]
        assert DecisionAUC()(teacher, student) == pytest.approx(np.mean(areas))

    def test_r2_of_a_constant(self):
        assert math.isnan(RSquared()([0.1, 0.1, 0.1], [0.0, 1.0, 2.0]))

    def test_r2_where_only_the_rows_that_weigh_are_constant(self):
        assert math.isnan(RSquared()([0.1, 0.1, 7.0], [0.0, 1.0, 2.0], sample_weight=[1, 2, 0]))

    def test_r2_of_rounding_errors(self):
        assert math.isnan(RSquared()(0.1 + np.array([0, 1, 2]) * 2**-56, [0.0, 1.0, 2.0]))


class TestErrors:
    def test_lengths(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            MeanAbsoluteError()([1.0, 2.0], [1.0])

    def test_classes(self):
        with pytest.raises(InvalidInputError, match=r"same shape, got \(1, 2\) and \(1, 3\)"):
            ProbaMAE()([[0.5, 0.5]], [[0.2, 0.3, 0.5]])

    def test_logits(self):
        with pytest.raises(TeacherError, match="teacher must be at least 0 and sum to 1"):
            Agreement()([[3.0, -1.0]], [[0.5, 0.5]])

    def test_weights(self):
        with pytest.raises(InvalidInputError, match=r"sample_weight must have shape \(2,\)"):
            MeanAbsoluteError()([1.0, 2.0], [1.0, 2.0], sample_weight=[1.0])

    @pytest.mark.parametrize("cutoff", [0, 1, -0.1, math.nan, "0.5", True])
    def test_cutoff(self, cutoff):
        with pytest.raises(InvalidInputError, match="cutoff must be a number strictly between"):
            Agreement(cutoff)
