"""Segments judged on rows that had no part in finding them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.fidelity._intervals import MIN_UNITS, ScoreEstimate
from interpkd.fidelity._segment_findings import SegmentFinding
from interpkd.fidelity._segment_rules import rows_of_rule
from interpkd.fidelity._segment_statistics import exact_comparison, resampled_comparisons
from interpkd.fidelity._segment_tests import fisher_p, holm, sign_flip_p

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
        compare = [_compare_exactly(values > 0, inside, alpha / len(rules)) for inside in insides]
    else:
        tests = _flip_tests(test, insides, alpha)
        compare = _compare_resampled(values, insides, test.sample, alpha / len(rules))
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


def _compare_exactly(holds: BoolArray, inside: BoolArray, alpha: float) -> list[ScoreEstimate]:
    return exact_comparison(holds, inside, alpha) if _is_part(inside) else _no_comparison(inside)


def _compare_resampled(
    values: FloatArray, insides: list[BoolArray], sample: Sample, alpha: float
) -> list[list[ScoreEstimate]]:
    parts = [inside for inside in insides if _is_part(inside)]
    found = iter(resampled_comparisons(values, parts, sample, alpha))
    return [next(found) if _is_part(inside) else _no_comparison(inside) for inside in insides]


def _is_part(inside: BoolArray) -> bool:
    return bool(inside.any() and not inside.all())


def _no_comparison(inside: BoolArray) -> list[ScoreEstimate]:
    side = "outside" if inside.any() else "inside"
    n = int(inside.sum())
    reason = f"not computed: no row of the test half is {side} the segment"
    return [ScoreEstimate(None, None, None, k, reason) for k in (n, len(inside) - n, len(inside))]
