"""Codes keep the order of values, and thresholds separate what the codes separate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpkd.learners._binning import (
    MAX_BINS,
    between,
    bin_rows,
    code_rows,
    drawn_to,
    quantile_thresholds,
)

settings.register_profile("compiling", deadline=None)  # the first call compiles
settings.load_profile("compiling")
numbers = st.floats(-1e6, 1e6, width=32)


@given(st.lists(numbers, min_size=1, max_size=40))
def test_small_data_loses_nothing(values):
    Z = np.array(values)[:, None]
    binned = bin_rows(Z)
    np.testing.assert_array_equal(binned.values[0][binned.codes[:, 0]], Z[:, 0])


@given(st.lists(numbers, min_size=1, max_size=40), st.lists(numbers, min_size=1, max_size=40))
def test_code_is_the_number_of_thresholds_below(values, thresholds):
    Z, t = np.array(values)[:, None], np.unique(thresholds)
    codes = code_rows(Z, (t,)).codes[:, 0]
    np.testing.assert_array_equal(codes, (t[None, :] < Z).sum(axis=1))


wide = st.floats(width=32, allow_nan=False)
spread = st.one_of(wide, st.floats(allow_nan=False), st.sampled_from([0.0, -0.0, 1e-45, 1e300]))


@given(st.lists(spread, min_size=1, max_size=40), st.booleans(), st.data())
def test_looking_up_is_searching(thresholds, as_float32, data):
    """Wherever thresholds crowd, and right at them."""
    t = np.unique(thresholds)
    with np.errstate(over="ignore"):
        near = t.astype(np.float32)
        beside = [np.nextafter(near, np.float32(s * np.inf)) for s in (-1, 1)]
        values = data.draw(st.lists(spread, max_size=40))
        values = np.concatenate([t, near, *beside, values, [np.nan, np.inf, -np.inf]])
        values32 = values.astype(np.float32)
    Z = values32 if as_float32 else values
    binned = code_rows(Z[:, None], (t,))
    expected = np.searchsorted(t, values32.astype(np.float64), side="left")
    expected[np.isnan(values32)] = binned.missing
    np.testing.assert_array_equal(binned.codes[:, 0], expected)


@pytest.mark.parametrize("power", [1, 30])
def test_looking_up_in_skewed_columns(power):
    values = np.sinh(power * np.random.default_rng(0).normal(size=3000))[:, None]
    for n_thresholds in (254, 2000):
        t = np.unique(values[:n_thresholds, 0])
        codes = code_rows(values, (t,)).codes[:, 0]
        with np.errstate(over="ignore"):
            expected = np.searchsorted(t, values[:, 0].astype(np.float32).astype(float))
        np.testing.assert_array_equal(codes, expected)


@pytest.mark.parametrize("n_thresholds", [0, 1, 2, 127, 128, 253, 254])
def test_every_number_of_thresholds(n_thresholds):
    t = np.arange(n_thresholds, dtype=float)
    Z = np.linspace(-1, n_thresholds, 2000)[:, None]
    binned = code_rows(Z, (t,))
    assert binned.codes.dtype == np.uint8
    expected = (t[None, :] < Z.astype(np.float32)).sum(axis=1)
    np.testing.assert_array_equal(binned.codes[:, 0], expected)


def test_missing_values_have_a_code_of_their_own():
    Z = np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 5.0]])
    binned = bin_rows(Z)
    np.testing.assert_array_equal(binned.codes == binned.missing, np.isnan(Z))


def test_large_data_has_at_most_255_bins_of_like_size():
    rng = np.random.default_rng(0)
    Z = rng.lognormal(size=(20_000, 1))
    binned = bin_rows(Z)
    assert binned.codes.dtype == np.uint8
    counts = np.bincount(binned.codes[:, 0])
    assert len(counts) == MAX_BINS
    assert counts.max() < 2 * len(Z) / MAX_BINS


def test_few_values_in_large_data_are_kept():
    Z = np.tile(np.arange(200.0), 50)[:, None]
    t = quantile_thresholds(Z[:, 0])
    np.testing.assert_array_equal(t, np.arange(199) + 0.5)


def test_weights_are_repetitions():
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=3000), rng.integers(1, 4, 3000)
    np.testing.assert_array_equal(
        quantile_thresholds(values, weights.astype(float)),
        quantile_thresholds(np.repeat(values, weights)),
    )


def test_a_heavy_value_keeps_its_own_bin():
    values = np.concatenate([np.zeros(9000), np.random.default_rng(0).uniform(1, 2, 3000)])
    t = quantile_thresholds(values)
    assert 0 < t[0] <= 1
    assert len(t) >= 60


@given(numbers, numbers)
def test_between_separates_also_in_float32(one, two):
    low, high = min(one, two), max(one, two)
    if low == high:
        return
    t = between(np.array([low]), np.array([high]))[0]
    assert np.float32(low) <= t < np.float32(high)


def test_between_is_short_where_it_can_be():
    assert between(np.array([16.78]), np.array([16.81]))[0] == 16.795


# ---------------------------------------------------------------- thresholds to choose from
def test_a_candidate_between_two_values_is_taken():
    Z = np.array([[0.0], [10.0], [20.0]])
    binned = bin_rows(Z, candidates=[np.array([2.0, 7.1, 10.0, 30.0])])
    assert binned.threshold_between(0, 0.0, 10.0) == 7.1  # the nearest to the middle
    assert binned.threshold_between(0, 10.0, 20.0) == 10.0  # at most the threshold goes left
    free = bin_rows(Z, candidates=[np.array([30.0])])
    assert free.threshold_between(0, 10.0, 20.0) == 15.0


def test_a_candidate_is_given_in_few_digits():
    binned = bin_rows(np.array([[0.0], [1.0]]), candidates=[np.array([0.300000011920929])])
    assert binned.threshold_between(0, 0.0, 1.0) == 0.3
    tight = np.array([[0.3], [np.nextafter(np.float32(0.3), np.float32(1))]])
    candidate = float(np.float32(0.3))
    at = bin_rows(tight, candidates=[np.array([candidate])])
    threshold = at.threshold_between(0, *tight[:, 0])
    assert np.float32(tight[0, 0]) <= threshold < np.float32(tight[1, 0])


@settings(max_examples=60, deadline=None)
@given(
    thresholds=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20, unique=True),
    candidates=st.lists(st.floats(-1e3, 1e3), max_size=20, unique=True),
)
def test_drawn_thresholds_rise_and_stay_nearest(thresholds, candidates):
    thresholds, candidates = np.sort(thresholds), np.sort(candidates)
    drawn = drawn_to(thresholds, candidates)
    assert len(drawn) == len(thresholds)
    assert np.all(np.diff(drawn) > 0)
    moved = drawn != thresholds
    assert np.isin(drawn[moved], candidates).all()


def test_quantiles_are_drawn_to_candidates():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(6000, 2))
    candidates = np.sort(rng.normal(size=40))
    plain = bin_rows(Z)
    drawn = bin_rows(Z, candidates=[candidates, np.empty(0)])
    assert np.isin(candidates, drawn.thresholds[0]).mean() > 0.8
    np.testing.assert_array_equal(drawn.thresholds[1], plain.thresholds[1])
