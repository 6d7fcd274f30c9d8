"""Intervals of ratios and differences: how often they cover, counted exactly where that is cheap."""

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from interpkd.audit._fairness_intervals import (
    linear_interval,
    paired_interval,
    parts_of_mean,
    recovered_interval,
    score_interval,
)
from interpkd.fidelity import estimate_share


def test_published_examples():
    # Koopman 1984 (2.94, 7.15), widened by the variance of Miettinen and Nurminen
    assert score_interval(36, 40, 16, 80, 0.05) == pytest.approx((2.935, 7.166), abs=1e-3)
    # where every row differs the paired interval is Wilson's of the gained ones, stretched
    assert paired_interval(12, 2, 14, 0.05) == pytest.approx((0.2012, 0.9198), abs=1e-4)


@pytest.mark.parametrize(("n", "m", "p", "q"), [(30, 40, 0.3, 0.5), (20, 40, 0.9, 0.8)])
def test_score_interval_of_a_ratio_covers(n, m, p, q):
    total = hit = 0.0
    for x in range(n + 1):
        for y in range(5, m + 1):
            chance = binom.pmf(x, n, p) * binom.pmf(y, m, q)
            if chance > 1e-6:
                low, high = score_interval(x, n, y, m, 0.1)
                total, hit = total + chance, hit + chance * (low <= p / q <= high)
    assert 0.88 < hit / total < 0.93


@pytest.mark.parametrize(("gained", "lost"), [(0.1, 0.05), (0.02, 0.2)])
def test_paired_interval_covers(gained, lost):
    n, hit = 30, 0.0
    law = multinomial(n, [gained, lost, 1 - gained - lost])
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = law.pmf([b, c, n - b - c])
            if chance > 1e-6:
                low, high = paired_interval(b, c, n, 0.1)
                hit += chance * (low <= gained - lost <= high)
    assert hit > 0.88


def test_a_ratio_turned_round_has_the_interval_turned_round():
    low, high = score_interval(20, 50, 30, 60, 0.05)
    assert score_interval(30, 60, 20, 50, 0.05) == pytest.approx((1 / high, 1 / low))
    low, high = paired_interval(9, 4, 60, 0.05)
    assert paired_interval(4, 9, 60, 0.05) == pytest.approx((-high, -low))


def test_recovered_interval_of_weighted_shares_covers():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(60):
        shares = [
            estimate_share(rng.random(n) < p, sample_weight=rng.lognormal(0, 0.7, n), alpha=0.2)
            for n, p in ((60, 0.4), (100, 0.6))
        ]
        low, high = recovered_interval(*shares)
        hits.append(low <= 0.4 / 0.6 <= high)
        assert low < shares[0].estimate / shares[1].estimate < high
    assert np.mean(hits) > 0.85


def test_linear_interval_is_students_of_a_mean():
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(300):
        x, w = rng.normal(size=40), rng.lognormal(0, 0.5, 40)
        low, high = linear_interval(x @ w / w.sum(), parts_of_mean(x, w), w, 0.2)
        hits.append(low <= 0 <= high)
    assert 0.74 < np.mean(hits) < 0.88
    assert linear_interval(1.0, np.zeros(5), np.ones(5), 0.1) == (None, None)
