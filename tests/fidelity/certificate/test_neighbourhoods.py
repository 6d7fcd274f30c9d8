"""Neighbourhoods in mid-ranks against their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpkd.fidelity.certificate._neighbourhoods import rank_range, ranks_of

columns = st.lists(st.integers(-5, 5), min_size=1, max_size=40)


def mid_rank(reference, value):
    below, same = (reference < value).sum(), (reference == value).sum()
    return (below + same / 2) / len(reference)


@given(reference=columns, values=columns, radius=st.integers(1, 60))
def test_a_range_is_what_the_definition_says(reference, values, radius):
    reference, values, radius = np.array(reference) / 2, np.array(values) / 3, radius / 100
    least, most = rank_range(ranks_of(reference), values, radius)
    for value, low, high in zip(values, least, most, strict=True):
        ranks = {one: mid_rank(reference, one) for one in reference.tolist()}
        near = [
            one
            for one, rank in ranks.items()
            if abs(rank - mid_rank(reference, value)) <= radius + 1e-9
        ]
        assert low == min([value, *near])
        assert high == max([value, *near])


@given(reference=columns, values=columns)
def test_larger_radii_hold_smaller_ones(reference, values):
    reference, values = np.array(reference, float), np.array(values, float)
    smaller, larger = (rank_range(ranks_of(reference), values, radius) for radius in (0.05, 0.2))
    assert (larger[0] <= smaller[0]).all()
    assert (larger[1] >= smaller[1]).all()


def test_missing_values_stay_and_do_not_count():
    reference = np.array([1.0, 2.0, 3.0, np.nan, np.nan])
    least, most = rank_range(ranks_of(reference), np.array([2.0, np.nan]), 1 / 3)
    np.testing.assert_array_equal(least, [1.0, np.nan])
    np.testing.assert_array_equal(most, [3.0, np.nan])
    unknown = rank_range(ranks_of(np.array([np.nan])), np.array([2.0, np.nan]), 0.5)
    np.testing.assert_array_equal(unknown, [[2.0, np.nan]] * 2)


def test_a_value_of_most_rows_does_not_move():
    gains = np.array([0.0] * 90 + [*range(1, 11)])
    assert rank_range(ranks_of(gains), np.zeros(1), 0.45)[1] == pytest.approx(0.0)
    assert rank_range(ranks_of(gains), np.zeros(1), 0.46)[1] > 0
