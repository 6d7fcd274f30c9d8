"""One-sided statements: against scipy, alone and together, and what they say."""

import json

import numpy as np
import pytest
from scipy import stats

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import FidelityReport, fidelity_report


class Scores:
    """A student that knows its probabilities."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


@pytest.fixture(scope="module")
def report():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=200)
    q = np.clip(p + rng.normal(size=200) / 10, 0, 1)
    return fidelity_report(Scores(), p[:, None], teacher=np.column_stack([1 - q, q]))


def test_at_least_is_the_one_sided_exact_bound(report):
    statement = report.at_least("agreement")
    n_agree = round(report.scores["agreement"].estimate * 200)
    exact = stats.binomtest(n_agree, 200, alternative="greater").proportion_ci(0.95, "exact")
    assert statement.low == pytest.approx(exact.low)
    assert statement.high is None
    assert (statement.estimate, statement.n) == (report.scores["agreement"].estimate, 200)


def test_one_sided_is_sharper_than_one_end_of_the_interval(report):
    for name, score in {**report.scores, **report.more}.items():
        assert report.at_least(name).low >= score.low
        assert report.at_most(name).high <= score.high


def test_several_share_the_error(report):
    names = ["agreement", "kl_divergence", "calibration_slope", "cohen_kappa"]
    together = report.statements(names, confidence=0.9)
    alone = [
        report.at_least("agreement", confidence=0.975),
        report.at_most("kl_divergence", confidence=0.975),
        report.at_least("cohen_kappa", confidence=0.975),
    ]
    assert (together[0].low, together[1].high, together[3].low) == pytest.approx(
        (alone[0].low, alone[1].high, alone[2].low)
    )
    slope = together[2]
    assert slope.low < slope.estimate < slope.high
    assert [one.n_joint for one in together] == [4] * 4


def test_sentences(report):
    alone = str(report.at_least("agreement", confidence=0.9))
    assert alone.endswith(" with 90 % confidence for rows like these")
    assert alone.startswith("agreement at least 0.")
    one, other = report.statements(["proba_mae", "calibration_bias"])
    assert "proba_mae at most 0." in str(one)
    assert "with 95 % confidence (2 statements together)" in str(one)
    assert "calibration_bias between " in str(other)
    data = one.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["text"] == str(one)


def test_a_statement_that_cannot_be_made_says_why():
    p = np.linspace(0.1, 0.9, 30)
    P = np.column_stack([1 - p, p])
    report = fidelity_report(Scores(), p[:, None], teacher=P)
    expected = "cohen_kappa: no interval: the score is at the end of its range"
    assert str(report.at_least("cohen_kappa")) == expected


def test_refusals(report):
    with pytest.raises(InvalidInputError, match="'auc' is not a fidelity score of this report"):
        report.at_least("auc")
    with pytest.raises(InvalidInputError, match="at least one score, each once"):
        report.statements(["agreement", "agreement"])
    with pytest.raises(InvalidInputError, match=r"confidence must be a number above 0\.5"):
        report.at_most("agreement", confidence=0.05)
    facts = {name: value for name, value in vars(report).items() if name != "_evidence"}
    with pytest.raises(InvalidInputError, match="does not hold its rows"):
        FidelityReport(**facts).at_least("agreement")
