"""Segments judged on rows that had no part in finding them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.fidelity._intervals import MIN_UNITS, ScoreEstimate, measure
from interpkd.fidelity._segment_findings import SegmentFinding
from interpkd.fidelity._segment_rules import rows_of_rule
from interpkd.fidelity._segment_tests import fisher_p, holm, sign_flip_p
from interpkd.fidelity._statistics import Share, WeightedMean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._sample import Sample
    from interpkd.fidelity._segment_half import Rows
    from interpkd.fidelity._segment_rules import SegmentCondition


def judge(
    rules: Sequence[tuple[SegmentCondition, ...]], test: Rows, alpha: float, *, is_share: bool
) -> list[SegmentFinding]:
    """Test rules on rows that had no part in finding them.

    Parameters
    ----------
    rules : sequence of tuple of SegmentCondition
        The segments.

    test : Rows
        The rows of the test half.

    alpha : float
        The risk of all tests together.

    is_share : bool
        Whether the loss is 0 or 1, and its complement is reported.

    Returns
    -------
    findings : list of SegmentFinding
        One per rule, in the order given.
    """
    if not rules:
        return []
    columns = {column.name: column for column in test.raw}
    insides = [rows_of_rule(rule, columns) for rule in rules]
    values = 1 - test.loss if is_share else test.loss
    if is_share and test.sample.is_plain:
        tests = [
            (fisher_p(test.loss > 0, inside), "Fisher's exact test, one-sided")
            for inside in insides
        ]
    else:
        tests = _flip_tests(test, insides, alpha)
    # two means per segment: at this risk each, all of them hold at once, and so do differences
    each = alpha / (2 * len(rules))
    compare = [
        compare_means(values, part, test.sample, each, is_share=is_share) for part in insides
    ]
    adjusted = holm([p for p, _ in tests])
    w = test.sample.weights
    return [
        SegmentFinding(
            conditions=tuple(rule),
            n_rows=int(inside.sum()),
            share=float(w[inside].sum() / w.sum()),
            inside=scores[0],
            rest=scores[1],
            difference=scores[2],
            p_value=p,
            p_adjusted=corrected,
            test=how,
            is_worse=corrected <= alpha,
        )
        for rule, inside, scores, (p, how), corrected in zip(
            rules, insides, compare, tests, adjusted, strict=True
        )
    ]


def _flip_tests(test: Rows, insides: list[BoolArray], alpha: float) -> list[tuple[float, str]]:
    units = "rows" if test.sample.groups is None else "groups"
    return [
        (p, f"sign flips of {units}, one-sided")
        if p is not None
        else (1.0, f"not tested: fewer than {MIN_UNITS} {units} inside or outside")
        for p in sign_flip_p(test.loss, insides, test.sample, alpha)
    ]


def compare_means(
    values: FloatArray, inside: BoolArray, sample: Sample, alpha: float, *, is_share: bool
) -> tuple[ScoreEstimate, ScoreEstimate, ScoreEstimate]:
    """Compare the mean inside a segment with the one outside.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        One number per row.

    inside : ndarray of bool of shape (n_rows,)
        The rows of the segment.

    sample : Sample
        Weights and groups of the rows.

    alpha : float
        The risk of each of the two intervals; that of the difference is at most twice as much.

    is_share : bool
        Whether the numbers are 0 or 1.

    Returns
    -------
    inside, rest, difference : ScoreEstimate
        The last is inside minus rest, its interval from the ends of the other two: it holds
        whenever these do, whatever the rows have to do with each other.
    """
    one, rest = (
        _mean(values, part, sample, alpha, is_share=is_share) for part in (inside, ~inside)
    )
    n = one.n + rest.n
    if one.estimate is None or rest.estimate is None:
        return one, rest, ScoreEstimate(None, None, None, n, "not computed: one side has no row")
    gap = one.estimate - rest.estimate
    if one.low is None or one.high is None or rest.low is None or rest.high is None:
        return one, rest, ScoreEstimate(gap, None, None, n, "no interval: one side has none")
    low, high = one.low - rest.high, one.high - rest.low
    return one, rest, ScoreEstimate(gap, low, high, n, "from the intervals of both sides")


def _mean(
    values: FloatArray, rows: BoolArray, sample: Sample, alpha: float, *, is_share: bool
) -> ScoreEstimate:
    if not rows.any():
        return ScoreEstimate(None, None, None, 0, "not computed: no row of the test half")
    statistic = Share(values[rows] > 0) if is_share else WeightedMean(values[rows])
    return measure({"mean": statistic}, sample.take(rows), alpha)["mean"]
