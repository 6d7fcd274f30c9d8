"""Shares and means of one's own numbers: the same intervals as those of the scores."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import estimate_mean, estimate_share, fidelity_report

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 1))
STUDENT = LogisticRegression().fit(X, X[:, 0] > 0)
ANSWERS = STUDENT.predict_proba(X)
TEACHER = np.clip(ANSWERS + np.outer(rng.normal(0, 0.3, 60), [-1, 1]), 0, 1)
AGREE = ANSWERS.argmax(axis=1) == (TEACHER[:, 1] > 0.5)
APART = np.abs(ANSWERS - TEACHER).mean(axis=1)
HALVES = {"sample_weight": np.arange(60) % 3, "groups": np.arange(60) // 2}


@pytest.mark.parametrize("rows", [{}, HALVES], ids=["plain", "weighted groups"])
def test_they_equal_the_scores_of_a_report(rows):
    report = fidelity_report(STUDENT, X, teacher=TEACHER, **rows, alpha=0.1)
    assert estimate_share(AGREE, **rows, alpha=0.1) == report.scores["agreement"]
    mean = estimate_mean(APART, lowest=0, highest=1, **rows, alpha=0.1)
    expected = report.scores["proba_mae"]
    np.testing.assert_allclose(
        [mean.estimate, mean.low, mean.high],
        [expected.estimate, expected.low, expected.high],
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: estimate_share([0.5]), "rows must hold truth values"),
        (lambda: estimate_share([True], alpha=0), "alpha must be a number strictly between"),
        (lambda: estimate_mean([1.0, 2.0], lowest=0, highest=1), "values must lie in"),
        (lambda: estimate_mean([]), "at least one"),
        (lambda: estimate_mean(["a"]), "cannot be read as floats"),
        (lambda: estimate_mean([1.0], alpha=1e-5), "alpha must be a number of at least 0.001"),
    ],
)
def test_what_breaks_a_rule_is_refused(call, match):
    with pytest.raises(InvalidInputError, match=match):
        call()
