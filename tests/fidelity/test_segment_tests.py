"""The tests against their textbook definitions, and their error rates."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import fisher_exact, kstest

from interpkd.fidelity._sample import Sample
from interpkd.fidelity._segment_judgement import compare_means
from interpkd.fidelity._segment_tests import fisher_p, holm, sign_flip_p


@pytest.mark.parametrize("seed", range(5))
def test_fisher_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    lost, inside = rng.random(60) < 0.3, rng.random(60) < 0.2
    table = [
        [(lost & inside).sum(), (~lost & inside).sum()],
        [(lost & ~inside).sum(), (~lost & ~inside).sum()],
    ]
    assert fisher_p(lost, inside) == pytest.approx(fisher_exact(table, "greater").pvalue)


def test_an_empty_segment_proves_nothing():
    assert fisher_p(np.array([True, False]), np.zeros(2, dtype=bool)) == 1


def test_sign_flips_approach_all_flips():
    rng = np.random.default_rng(0)
    loss, w, groups = rng.random(20), rng.random(20) + 0.5, np.repeat(np.arange(10), 2)
    inside = np.arange(20) % 2 == 1  # every group has a row on either side
    sample = Sample(w, groups)
    residual = loss - w @ loss / w.sum()
    u = sample.total_by_unit(w * (inside - w @ inside / w.sum()) * residual)
    flips = np.array(list(product((-1, 1), repeat=10))) @ u
    exact = (flips >= u.sum() - 1e-12).mean()
    (p,) = sign_flip_p(loss, [inside], sample, 0.001)
    assert p == pytest.approx(exact, abs=0.01)


def test_sign_flips_keep_their_level():
    """Weighted, clustered rows of unequal spread and no difference: p-values are uniform."""
    p_values = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        groups = rng.integers(60, size=240)
        inside = rng.random(240) < 0.3
        loss = rng.normal(size=60)[groups] + rng.normal(size=240) * np.where(inside, 2, 1)
        sample = Sample(rng.random(240) + 0.2, groups)
        p_values += sign_flip_p(loss, [inside], sample, 0.5)
    assert kstest(p_values, "uniform").pvalue > 0.01
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08


def test_few_units_are_not_judged():
    loss, inside = np.arange(30.0), np.arange(30) < 9
    assert sign_flip_p(loss, [inside, ~inside, np.arange(30) < 10], Sample(np.ones(30)), 0.05)[
        :2
    ] == [None, None]


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_holm_rejects_what_the_step_down_rule_rejects():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p = rng.random(5) ** 3
        rejected, order = set(), np.argsort(p)
        for step, k in enumerate(order):
            if p[k] > 0.05 / (5 - step):
                break
            rejected.add(int(k))
        assert {k for k, one in enumerate(holm(p)) if one <= 0.05} == rejected


def test_interval_of_a_difference_covers():
    """Every outcome of small samples, weighed with its chance."""
    from scipy.stats import binom

    p, q, n, m = 0.7, 0.9, 8, 12
    covered = 0.0
    for k, j in product(range(n + 1), range(m + 1)):
        holds = np.r_[np.arange(n) < k, np.arange(m) < j]
        sample, inside = Sample(np.ones(n + m)), np.arange(n + m) < n
        gap = compare_means(holds.astype(float), inside, sample, 0.05, is_share=True)[2]
        if gap.low <= p - q <= gap.high:
            covered += binom.pmf(k, n, p) * binom.pmf(j, m, q)
    assert covered >= 0.9
