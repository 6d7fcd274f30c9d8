"""Thresholds as they are written: every number of single precision keeps its side."""

import operator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interpkd._borders import border_text, short_border, short_bound

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
SINGLES = st.floats(-(2.0**127), 2.0**127, width=32)


@given(SINGLES | st.integers(-1000, 1000).map(float), st.integers(-2, 2), st.booleans())
def test_what_is_written_says_the_same_of_every_single(number, steps, is_middle):
    threshold = np.float32(number)
    for _ in range(abs(steps)):
        threshold = np.nextafter(threshold, np.float32(np.copysign(np.inf, steps)))
    if not np.isfinite(threshold):
        return
    following = float(np.nextafter(threshold, np.float32(np.inf)))
    border = (float(threshold) + following) / 2 if is_middle else float(threshold)
    text = border_text(border)
    assert len(repr(text.value)) <= len(repr(border))
    written = text.value if text.below == "<=" else float(np.float32(text.value))
    near = threshold
    for _ in range(3):
        near = np.nextafter(near, np.float32(-np.inf))
    for _ in range(7):
        x = float(near)
        assert SIGNS[text.below](x, written) == (x <= border)
        assert SIGNS[text.above](x, written) == (x > border)
        assert SIGNS[text.before](written, x) == (x > border)
        near = np.nextafter(near, np.float32(np.inf))


def test_the_shorter_is_written():
    below_a_tenth = float(np.nextafter(np.float32(0.1), np.float32(0)))
    assert border_text(below_a_tenth)[:2] == (0.1, "<")
    assert border_text(float(np.float32(0.8)))[:2] == (float(np.float32(0.8)), "<=")
    assert border_text(16.795)[:2] == (16.795, "<=")


@given(SINGLES, st.booleans())
def test_short_ones_say_the_same_of_every_single(number, is_middle):
    last = np.float32(number)
    following = np.nextafter(last, np.float32(np.inf))
    if not np.isfinite(following):
        return
    threshold = (float(last) + float(following)) / 2 if is_middle else float(last)
    text, bound = short_border(threshold), short_bound(threshold)
    assert border_text(bound) == text
    # a threshold that stays as it is may lie between two singles
    written = text.value if text.value == threshold else float(np.float32(text.value))
    bound = bound if bound == threshold else float(np.float32(bound))
    for x in map(float, (np.nextafter(last, np.float32(-np.inf)), last, following)):
        assert SIGNS[text.below](x, written) == (x <= threshold)
        assert (x <= bound) == (x <= threshold)
