"""The worst segment: looked for on one half of the rows, tested on the other.

A search over thousands of rules finds a bad-looking segment in any data. So what is found is
taken as a question only, and answered on rows that had no part in the search.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import decide
from interpkd._tables import describe_columns, encode
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import Answers, check_alpha, check_cutoff, collect_answers
from interpkd.fidelity._intervals import MIN_UNITS, ScoreEstimate, measure
from interpkd.fidelity._segment_findings import WorstSegments
from interpkd.fidelity._segment_half import Rows, in_own_order, searched_half
from interpkd.fidelity._segment_judgement import judge
from interpkd.fidelity._segment_search import SearchLimits, search_segments
from interpkd.fidelity._segment_table import read_columns
from interpkd.fidelity._statistics import Share, WeightedMean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray, Table
    from interpkd.fidelity._segment_rules import SegmentCondition

LEAST_ROWS = 20
"""Fewest rows of a segment in the searched half, unless the user says otherwise."""

LEAST_SHARE = 0.02
"""Or this share of the half, whichever is more."""

MOST_CONDITIONS = 3
"""Longer rules are no longer read as one thing."""

MEASURES = {
    "disagreement": "agreement",
    "probability": "proba_difference",
    "absolute_error": "mae",
}
"""What is reported for each loss."""


def worst_segment(
    student: Any,
    X: Table,
    *,
    teacher: Any = None,
    columns: Sequence[str] | None = None,
    loss: str | None = None,
    cutoff: float = 0.5,
    max_conditions: int = 3,
    min_rows: int | None = None,
    n_candidates: int = 3,
    alpha: float = 0.05,
    random_state: int = 0,
    groups: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> WorstSegments:
    """Search for the segment in which the student follows its teacher worst, and test it.

    The rows are split into halves at random, whole groups kept together. On one half, rules of up
    to three conditions (thresholds of numbers, sets of categories, missing values) are searched
    for those with the highest loss. The few that come out, and share few rows, are tested against
    the rest of the rows on the other half, with Holm's correction. Every figure in the result is
    of that half: what a search found is never reported from the rows that it was found on.

    Parameters
    ----------
    student : fitted classifier with predict_proba, or fitted regressor
        The student; any model in scikit-learn's style.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows to compare on, best held-out ones. It may have columns that the models ignore.

    teacher : fitted model, array-like or None, default=None
        The teacher, or its probabilities or predictions on `X`, as in
        :func:`~interpkd.fidelity_report`. None for the student's own `teacher_`.

    columns : list of str or None, default=None
        Columns that rules may ask for (``"x0"``, … in an array); None for all of `X`.

    loss : {"disagreement", "probability", "absolute_error"} or None, default=None
        What is high in a bad segment: different decisions; the total variation between the two
        models' probabilities (with two classes their absolute difference); or, for a regression,
        the absolute difference. None for the first, in a regression for the last.

    cutoff : float, default=0.5
        With two classes both models decide for the second one above it.

    max_conditions : int, default=3
        Conditions in a rule, from 1 to 3, each on another column.

    min_rows : int or None, default=None
        Fewest rows of a segment, and of the rest, in the searched half. None for 20 or 2 % of
        the half, whichever is more.

    n_candidates : int, default=3
        Most segments that are tested. Each more makes the correction harsher.

    alpha : float, default=0.05
        The risk of calling any segment worse when none is; one minus the confidence of the
        intervals.

    random_state : int, default=0
        Seed of the halves.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows, which stay in one half and are resampled as a whole.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, at least 0. Rows of weight 0 are left out.

    Returns
    -------
    result : WorstSegments
        The segments with intervals, p-values and a verdict; prints as a table.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule; the message says which, and the remedy.

    See Also
    --------
    interpkd.fidelity_report : Scores of segments that you name.
    interpkd.fidelity.worst_rows : The single rows of the largest disagreement.

    Notes
    -----
    Decisions of independent, equally weighted rows are compared by Fisher's exact test and
    Clopper-Pearson intervals. Everything else is compared by flipping the signs of whole units'
    contributions, with betting or jackknife intervals; that needs 10 rows or groups on either
    side, or the segment counts as not worse. The result does not depend on the order of rows or
    columns.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import worst_segment
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> stump = DecisionTreeClassifier(max_depth=1).fit(X[::2], forest.predict(X[::2]))
    >>> result = worst_segment(stump, X[1::2], teacher=forest, max_conditions=1)
    >>> result.n_test
    142
    >>> all(segment.p_adjusted >= segment.p_value for segment in result.segments)
    True
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
    seed = _check_int("random_state", random_state, 0, 2**63 - 1)
    longest = _check_int("max_conditions", max_conditions, 1, MOST_CONDITIONS)
    most = _check_int("n_candidates", n_candidates, 1, 50)
    raw = read_columns(X, columns)
    answers = collect_answers(
        student, X, None, teacher=teacher, sample_weight=sample_weight, groups=groups
    )
    loss = _check_loss(loss, answers)
    rows = in_own_order(raw, _losses(answers, loss, cutoff), answers)
    searched = searched_half(rows.sample, seed)
    search, test = rows.take(searched), rows.take(~searched)
    least = _least_rows(min_rows, len(search.loss))
    min_groups = 1 if answers.sample.groups is None else MIN_UNITS
    rules = _search(search, SearchLimits(longest, least, most, min_groups))
    is_share = loss == "disagreement"
    return WorstSegments(
        measure=MEASURES[loss],
        cutoff=cutoff if is_share and _is_binary(answers) else None,
        n_rows=len(rows.loss),
        n_test=len(test.loss),
        n_groups=None if answers.sample.groups is None else test.sample.n_units,
        weighted=answers.weighted,
        confidence=round(1 - alpha, 12),
        max_conditions=longest,
        min_rows=least,
        random_state=seed,
        overall=_overall(test, alpha, is_share=is_share),
        segments=tuple(judge(rules, test, alpha, is_share=is_share)),
        test_rows=np.sort(test.positions),
    )


def _search(search: Rows, limits: SearchLimits) -> list[tuple[SegmentCondition, ...]]:
    columns = describe_columns(search.raw)
    Z = encode(search.raw, columns)
    sample = search.sample
    return search_segments(Z, columns, search.loss, sample.weights, limits, sample.groups)


def _losses(answers: Answers, loss: str, cutoff: float) -> FloatArray:
    """Give the loss of each row."""
    teacher, student = answers.teacher, answers.student
    if loss == "disagreement":
        return (decide(teacher, cutoff) != decide(student, cutoff)).astype(np.float64)
    gap = np.abs(teacher - student)
    return gap if gap.ndim == 1 else gap.sum(axis=1) / 2


def _overall(test: Rows, alpha: float, *, is_share: bool) -> ScoreEstimate:
    statistic = Share(test.loss == 0) if is_share else WeightedMean(test.loss)
    return measure({"all": statistic}, test.sample, alpha)["all"]


def _is_binary(answers: Answers) -> bool:
    return answers.classes is not None and len(answers.classes) == 2


def _check_loss(loss: str | None, answers: Answers) -> str:
    known = ["absolute_error"] if answers.classes is None else ["disagreement", "probability"]
    if loss is None:
        return known[0]
    if loss not in known:
        task = "regression" if answers.classes is None else "classification"
        msg = f"loss must be one of {known} or None for a {task}, got {loss!r}."
        raise InvalidInputError(msg)
    return loss


def _check_int(name: str, value: Any, lowest: int, highest: int) -> int:
    is_int = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_int or not lowest <= value <= highest:
        upper = f" and at most {highest}" if highest < 2**31 else ""
        msg = f"{name} must be an int of at least {lowest}{upper}, got {value!r}."
        raise InvalidInputError(msg)
    return int(value)


def _least_rows(min_rows: int | None, n_searched: int) -> int:
    if min_rows is not None:
        return _check_int("min_rows", min_rows, 2, 2**63 - 1)
    return max(LEAST_ROWS, int(np.ceil(LEAST_SHARE * n_searched)))
