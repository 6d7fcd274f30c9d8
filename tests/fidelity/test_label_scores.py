"""Scores against labels: the same numbers as scikit-learn and scipy, and intervals that follow."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import discrimination, estimate_share


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(0)
    z = rng.normal(size=300)
    labels = rng.random(300) < expit(1.3 * z - 0.4)
    return labels, {"student": np.round(expit(z), 1) * 0.9 + 0.05, "teacher": expit(1.2 * z)}


def test_scores_are_those_of_scikit_learn_and_scipy(answers):
    labels, probabilities = answers
    found = discrimination(labels, probabilities)
    for name, p in probabilities.items():
        scores = found.models[name]
        area = roc_auc_score(labels, p)
        assert scores["auc"].estimate == pytest.approx(area)
        assert scores["gini"].estimate == pytest.approx(2 * area - 1)
        distance = ks_2samp(p[labels], p[~labels])
        assert scores["ks"].estimate == pytest.approx(distance.statistic)
        assert found.ks_at[name] == pytest.approx(distance.statistic_location)
        line = LogisticRegression(C=np.inf, tol=1e-10).fit(logit(p)[:, None], labels)
        assert scores["calibration_slope"].estimate == pytest.approx(line.coef_[0, 0], abs=1e-5)
        intercept = scores["calibration_intercept"].estimate
        assert intercept == pytest.approx(line.intercept_[0], abs=1e-5)
        assert scores["calibration_bias"].estimate == pytest.approx(p.mean() - labels.mean())
        assert all(one.low < one.estimate < one.high for one in scores.values())


def test_differences_are_of_the_same_rows(answers):
    labels, probabilities = answers
    found = discrimination(labels, probabilities)
    for name, difference in found.differences.items():
        first, second = (found.models[who][name] for who in probabilities)
        assert difference.estimate == pytest.approx(first.estimate - second.estimate)
        if name == "ks":  # hangs on the few rows between the two cut-offs of the largest gap
            assert difference.low <= difference.estimate <= difference.high
            continue
        # the models share their rows, so their difference is surer than either
        assert difference.high - difference.low < first.high - first.low + second.high - second.low
    alone = discrimination(labels, {"student": probabilities["student"]})
    assert alone.models["student"] == found.models["student"]
    assert alone.differences == {}


def test_a_row_of_weight_two_counts_twice_and_of_weight_nothing_not_at_all(answers):
    labels, probabilities = answers
    weights = np.r_[np.full(150, 2.0), np.ones(100), np.zeros(50)]
    rows = np.repeat(np.arange(300), weights.astype(int))
    weighted = discrimination(labels, probabilities, sample_weight=weights)
    repeated = discrimination(labels[rows], {k: p[rows] for k, p in probabilities.items()})
    for who in probabilities:
        for name, score in weighted.models[who].items():
            assert score.estimate == pytest.approx(repeated.models[who][name].estimate, abs=1e-8)
            assert score.n == 250


@pytest.mark.parametrize("name", ["gini", "ks", "calibration_slope", "calibration_intercept"])
def test_influence_is_the_derivative(answers, name):
    from interpkd.fidelity import _label_scores

    labels, probabilities = answers
    statistic = _label_scores._statistics(labels, probabilities["student"])[name]
    w = np.random.default_rng(1).random(300) + 0.5
    influence, step = statistic.influence(w), 1e-5
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    for row in (0, 7, 100):
        moved = w.copy()
        moved[row] *= 1 + step
        change = statistic.values(np.column_stack([w, moved]))
        assert np.diff(change)[0] / step == pytest.approx(influence[row], rel=1e-3, abs=1e-7)


def test_what_does_not_exist_is_said():
    labels = np.arange(40) >= 20
    found = discrimination(labels, {"m": np.where(labels, 0.9, 0.1)}).models["m"]
    assert found["auc"].estimate == found["ks"].estimate == 1
    assert found["calibration_slope"].estimate is None
    assert "divides the labels without an error" in found["calibration_slope"].method
    found = discrimination(labels, {"m": np.full(40, 0.3)}).models["m"]
    assert "same probability on all rows" in found["calibration_slope"].method
    assert found["calibration_bias"].estimate == pytest.approx(-0.2)
    found = discrimination(np.ones(40), {"m": np.linspace(0, 1, 40)})
    assert {
        one.estimate for name, one in found.models["m"].items() if name != "calibration_bias"
    } == {None}
    assert found.ks_at == {"m": None}


def test_wrong_inputs_are_refused(answers):
    labels, probabilities = answers
    with pytest.raises(InvalidInputError, match="one or two models, got 0"):
        discrimination(labels, {})
    with pytest.raises(InvalidInputError, match=r"probabilities\['a'\] must be one number from 0"):
        discrimination(labels, {"a": probabilities["student"] + 1})
    with pytest.raises(
        InvalidInputError, match="rows must hold one finite number per row, at least one"
    ):
        estimate_share([])
    with pytest.raises(InvalidInputError, match=r"sample_weight must have shape \(2,\)"):
        estimate_share([True, False], sample_weight=[1])
