"""Limits for the population, over held-out sets that are drawn again and again."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from interpkd.fidelity import Certificate, certify

N_POPULATION, N_HELD_OUT, N_SETS = 1500, 120, 1000


@pytest.fixture(scope="module")
def population():
    """A certificate of all rows that there are, and how far apart their answers are."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(N_POPULATION + 300, 3))
    y = (np.sin(2 * X[:, 0]) + X[:, 1] > 0).astype(int)
    train, everyone = X[:300], X[300:]
    teacher = RandomForestClassifier(12, max_depth=5, random_state=0).fit(train, y[:300])
    student = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(train, y[:300])
    certificate = certify(student, teacher, X_ref=train, X_eval=everyone, radius=(0.01, 0.05))
    return certificate, certificate.run.both.differences(everyone)


def drawn(certificate, apart, rows):
    """The certificate of some rows of the population."""
    run = certificate.run
    both = SimpleNamespace(
        classes=run.both.classes, has_differences=True, differences=lambda own: own
    )
    own = {"wrong": run.wrong[rows], "status": run.status[:, rows], "X": apart[rows], "both": both}
    return Certificate(SimpleNamespace(**{**vars(run), **own}), certificate.alpha)


def test_all_limits_hold_together_for_95_percent_of_held_out_sets(population):
    certificate, apart = population
    truth = [certificate.agreement.estimate, *(one.share for one in certificate.shares)]
    assert 0.2 < truth[-1] < truth[-2] < truth[0] < 0.99
    rng, n_hold, gaps = np.random.default_rng(6), 0, []
    for _ in range(N_SETS):
        found = drawn(certificate, apart, rng.integers(0, N_POPULATION, N_HELD_OUT))
        lows = [found.agreement.low, *(one.low for one in found.shares)]
        holds = all(low <= true for low, true in zip(lows, truth, strict=True))
        n_hold += holds and found.mean_difference.high >= apart.mean()
        gaps.append(truth[0] - lows[0])
    assert n_hold >= 0.95 * N_SETS
    assert np.mean(gaps) < 0.12  # and they say something
