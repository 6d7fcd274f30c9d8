"""Population stability index and what chance makes of it: formulas, oracles, false alarms."""

import numpy as np
import pytest
from scipy.stats import entropy, fisher_exact

from interpkd.audit._monitor_drift import (
    Counts,
    chance_of_more,
    chance_of_unseen,
    chance_outside,
    holm,
    measure_drift,
    stability_index,
)
from interpkd.audit._monitoring_bins import (
    bin_text,
    category_bins,
    count,
    filled,
    n_effective,
    number_bins,
    place,
)


def counts(values, bins, weights=None):
    weights = np.ones(len(values)) if weights is None else weights
    n, share = count(place(values, bins), weights, len(bins))
    return Counts(n, share, n_effective(weights), weighted=weights.min() < weights.max())


def drift(baseline, later, **options):
    return measure_drift(
        baseline, later, **{"alpha": 0.1, "n_tests": 1, "worth_it": 0.1, **options}
    )


def ranges(values, weights=None):
    return number_bins(values, np.ones(len(values)) if weights is None else weights)


def test_the_index_is_the_textbook_formula():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6), size=2)
    textbook = sum((b - a) * np.log(b / a) for a, b in zip(p, q, strict=True))
    found = stability_index(p, q, 100, 100)
    assert found == pytest.approx(textbook)
    assert found == pytest.approx(entropy(p, q) + entropy(q, p))
    assert found == pytest.approx(stability_index(q, p, 100, 100))
    assert stability_index(p, p, 100, 50) == 0


def test_an_empty_bin_counts_as_half_a_row_and_one_that_is_empty_twice_not_at_all():
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.5, 0.4, 0.1, 0.0])
    expected = (0.4 - 0.5) * np.log(0.4 / 0.5) + (0.1 - 0.005) * np.log(0.1 / 0.005)
    assert stability_index(p, q, 100, 10) == pytest.approx(expected)


def test_few_rows_do_not_alarm():
    """The bare index of 15 rows is nearly always above 0.25; its p-value keeps its level."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        values = rng.normal(size=60)
        bins = ranges(values)
        found.append(drift(counts(values, bins), counts(rng.normal(size=15), bins), worth_it=9))
    assert np.mean([one.psi >= 0.25 for one in found]) > 0.9
    assert np.mean([one.p_value <= 0.1 for one in found]) < 0.1 + 3 * np.sqrt(0.09 / 200)
    above = np.mean([one.psi > one.by_chance for one in found])
    assert above < 0.1 + 3 * np.sqrt(0.09 / 200)


def test_the_mean_without_drift_is_bins_less_one_times_the_reciprocals():
    rng = np.random.default_rng(0)
    p = np.full(8, 1 / 8)
    n, m = 4000, 2000
    psi = [
        stability_index(rng.multinomial(n, p) / n, rng.multinomial(m, p) / m, n, m)
        for _ in range(2000)
    ]
    sample = Counts(rng.multinomial(n, p), p, n), Counts(rng.multinomial(m, p), p, m)
    assert drift(*sample).expected == 7 * (1 / n + 1 / m)
    assert np.mean(psi) == pytest.approx(7 * (1 / n + 1 / m), rel=0.05)


def test_weighted_rows_have_the_chi_square_reference_of_their_effective_number():
    rng = np.random.default_rng(0)
    p_values = []
    for _ in range(200):
        values, weights = rng.normal(size=400), rng.exponential(size=400)
        bins = ranges(values)
        later = counts(rng.normal(size=400), bins, weights)
        p_values.append(drift(counts(values, bins), later).p_value)
    assert np.mean(np.array(p_values) <= 0.1) < 0.1 + 3 * np.sqrt(0.09 / 200)
    assert later.weighted
    assert n_effective(np.full(7, 3.0)) == pytest.approx(7)
    assert n_effective(np.array([1.0, 0.0])) == 1


def test_a_rise_is_fishers_test():
    table = [[9, 41], [3, 97]]
    assert chance_of_more(100, 3, 50, 9) == pytest.approx(
        fisher_exact(table, alternative="greater").pvalue
    )


def test_the_chance_of_a_new_extreme():
    assert chance_outside(3, 1, 1) == pytest.approx(2 / 4)  # the fourth of four, or the first
    assert chance_outside(99, 1, 1) == pytest.approx(2 / 100)
    assert chance_outside(99, 10, 0) == 1
    rng = np.random.default_rng(0)
    first, later = rng.random((4000, 20)), rng.random((4000, 5))
    low, high = first.min(axis=1, keepdims=True), first.max(axis=1, keepdims=True)
    outside = ((later < low) | (later > high)).sum(axis=1)
    assert chance_outside(20, 5, 2) == pytest.approx(np.mean(outside >= 2), abs=0.02)


def test_the_chance_of_an_unseen_category():
    one = chance_of_unseen(np.array([5]), [1], [5], n_tests=1, alpha=0.05)
    assert one == pytest.approx(6 / 11, abs=0.05)  # where the single row goes
    many = chance_of_unseen(np.array([500]), [20], [30], n_tests=1, alpha=0.05)
    assert many == pytest.approx(1 / 1000)
    assert chance_of_unseen(np.array([5]), [], [5], n_tests=1, alpha=0.05) == 1


def test_holm_against_its_definition():
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=1000),
        np.random.default_rng(0).integers(0, 4, 1000).astype(float),
        np.r_[np.full(950, 100.0), np.arange(50)],
        np.r_[np.full(400, -9.0), np.random.default_rng(0).normal(size=600), np.full(20, np.nan)],
        np.full(5, np.nan),
        np.r_[np.arange(30.0), np.inf],
        np.nextafter(1.0, 2.0) ** np.arange(3),
    ],
)
def test_bins_hold_every_row_once(values):
    bins = ranges(values)
    rows = filled(bins, values, np.ones(len(values)))
    assert sum(one["n"] for one in rows) == len(values)
    assert sum(one["share"] for one in rows) == pytest.approx(1)
    assert rows[-1]["kind"] == "missing"
    assert rows[-1]["n"] == np.isnan(values).sum()
    for value, i in zip(values, place(values, bins), strict=True):
        if not np.isnan(value):
            assert bins[i]["low"] is None or bins[i]["low"] < value
            assert bins[i]["high"] is None or value <= bins[i]["high"]


def test_bins_are_deciles_values_or_codes():
    def sizes(values):
        return [one["n"] for one in filled(ranges(values), values, np.ones(len(values)))]

    rng = np.random.default_rng(0)
    assert sizes(rng.permutation(np.arange(1000.0))) == [100] * 10 + [0]
    assert sizes(np.repeat([3.0, 5.0, 8.0], [1, 2, 97])) == [1, 2, 97, 0]
    coded = np.r_[np.full(950, 100.0), np.arange(50.0)]
    assert sizes(coded) == [50, 950, 0]
    weights = np.r_[np.full(500, 3.0), np.full(500, 1.0)]
    bins = number_bins(np.arange(1000.0), weights)
    assert count(place(np.arange(1000.0), bins), weights, 11)[1][:10] == pytest.approx(
        np.full(10, 0.1), abs=2e-3
    )


def test_categories_have_a_bin_each_and_missing_and_unseen_one():
    bins = category_bins(["missing", "a"])
    values = np.array(["a", None, "b", "missing", "a"], dtype=object)
    assert place(values, bins).tolist() == [1, 2, 3, 0, 1]
    assert [bin_text(one) for one in bins] == ["missing", "a", "missing", "unseen"]
    texts = [bin_text(one) for one in ranges(np.array([1.0, 2.0, 3.0]))]
    assert texts == ["≤ 1.5", "> 1.5 to 2.5", "> 2.5", "missing"]
