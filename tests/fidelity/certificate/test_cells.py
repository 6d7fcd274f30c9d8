"""Cells tell apart what models tell apart, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpkd.fidelity.certificate._cells import level_pairs, make_cells, number_borders

numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)
singles = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(threshold=st.one_of(numbers, singles), x=numbers)
def test_a_border_is_where_single_precision_turns(threshold, x):
    border = number_borders(np.array([threshold]), single=True)[0]
    with np.errstate(over="ignore"):
        for value in (x, border, np.nextafter(border, np.inf), np.nextafter(border, -np.inf)):
            if np.isfinite(value):
                assert (np.float64(np.float32(value)) <= threshold) == (value <= border)


@pytest.mark.parametrize("threshold", [0.0, -0.0, 1e-36, -1e-36, 1e-35, -1e-35, 0.5, -0.5])
def test_tiny_numbers_go_where_zero_goes(threshold):
    tiny = float(np.float32(1e-35))
    border = number_borders(np.array([threshold]), single=False, tiny=tiny)[0]
    x = np.array([0.0, tiny, -tiny, np.nextafter(tiny, 1), np.nextafter(-tiny, -1), 0.5, -0.5, 1.0])
    for value in x:
        seen = 0.0 if abs(value) <= tiny else value
        assert (seen <= threshold) == (value <= border)


def test_largest_single_and_infinite_thresholds():
    largest = float(np.finfo(np.float32).max)
    border = number_borders(np.array([largest, np.inf, -np.inf]), single=True)
    assert np.float32(border[0]) == np.float32(largest)
    with np.errstate(over="ignore"):
        assert np.isinf(np.float32(np.nextafter(border[0], np.inf)))
    np.testing.assert_array_equal(border[1:], [np.inf, -np.inf])
    np.testing.assert_array_equal(
        number_borders(np.array([0.1, -np.inf]), single=False), [0.1, -np.inf]
    )


def test_cells_have_ends_that_belong_to_them():
    cells = make_cells([[[2.0, 1.0], []], [[2.0, np.inf], []]], [0, 3])
    values = np.array(
        [[0.5, 0], [1.0, 1], [np.nextafter(1, 2), 2], [2.0, 0], [2.1, 1], [np.nan, 2]]
    )
    np.testing.assert_array_equal(cells.of(values)[:, 0], [0, 0, 1, 1, 2, 3])
    np.testing.assert_array_equal(cells.of(values)[:, 1], values[:, 1])
    np.testing.assert_array_equal(cells.missing, [3, -1])
    lowest, highest = cells.ends()
    for cell in range(3):
        ends = np.array([lowest[cell], highest[cell]])
        finite = ends[np.isfinite(ends)]
        np.testing.assert_array_equal(
            cells.of(np.column_stack([finite, 0 * finite]))[:, 0], [cell] * len(finite)
        )
    assert lowest[0] == -np.inf
    assert highest[2] == np.inf
    assert np.isnan(lowest[cells.starts[1] :]).all()


def test_levels_are_the_different_pairs_of_codes():
    codes = np.array([[0, 1], [np.nan, 1], [0, 1], [np.nan, np.nan], [np.nan, 1]])
    levels, level = level_pairs(codes)
    assert len(levels) == 3
    np.testing.assert_array_equal(levels[level], codes)
