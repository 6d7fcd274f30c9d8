"""The leakage figures are scikit-learn's scores, in sample and out of fold."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

from interpkd.targets import leakage_of_classifier, leakage_of_regressor

rng = np.random.default_rng(0)
N = 80
SEEN, UNSEEN = rng.dirichlet([1, 1, 1], N), rng.dirichlet([1, 1, 1], N)
Y = rng.integers(0, 3, N)
WEIGHTS = rng.integers(1, 4, N)


@pytest.mark.parametrize("weights", [None, WEIGHTS.astype(float)])
def test_classification(weights):
    found = leakage_of_classifier(SEEN, UNSEEN, Y, weights)
    for when, P in (("in_sample", SEEN), ("out_of_fold", UNSEEN)):
        assert found[f"log_loss_{when}"] == pytest.approx(log_loss(Y, P, sample_weight=weights))
        assert found[f"accuracy_{when}"] == pytest.approx(
            accuracy_score(Y, P.argmax(axis=1), sample_weight=weights)
        )
        mean = np.average(P.max(axis=1), weights=weights)
        assert found[f"confidence_{when}"] == pytest.approx(mean)
    assert all(type(one) is float for one in found.values())


@pytest.mark.parametrize("weights", [None, WEIGHTS.astype(float)])
def test_regression(weights):
    y, seen, unseen = rng.normal(size=(3, N))
    found = leakage_of_regressor(seen, unseen, y, weights)
    for when, p in (("in_sample", seen), ("out_of_fold", unseen)):
        assert found[f"r2_{when}"] == pytest.approx(r2_score(y, p, sample_weight=weights))
        assert found[f"rmse_{when}"] == pytest.approx(
            root_mean_squared_error(y, p, sample_weight=weights)
        )
    assert all(type(one) is float for one in found.values())


def test_a_weight_is_that_many_rows():
    twice = np.repeat(np.arange(N), WEIGHTS)
    one = leakage_of_classifier(SEEN, UNSEEN, Y, WEIGHTS.astype(float))
    other = leakage_of_classifier(SEEN[twice], UNSEEN[twice], Y[twice])
    assert one == pytest.approx(other)


def test_a_constant_target_has_no_r2():
    found = leakage_of_regressor(np.ones(5), np.zeros(5), np.ones(5))
    assert (found["rmse_in_sample"], found["rmse_out_of_fold"]) == (0, 1)
    assert found["r2_in_sample"] is None
    assert found["r2_out_of_fold"] is None


def test_certainty_that_is_wrong_costs_a_finite_loss():
    wrong = np.array([[1.0, 0.0]])
    found = leakage_of_classifier(wrong, wrong, np.array([1]))
    assert found["log_loss_in_sample"] == pytest.approx(36.04, abs=0.01)
