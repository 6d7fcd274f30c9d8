"""The report at the cut-off: whom the student decides otherwise, and what becomes of them.

A score serves a decision. Where few rows exceed one half, as on a book with 5 % defaults,
agreement at one half is empty; what counts is the cut-off in use, or the approval rate.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity._cutoff_arithmetic import (
    WeightedKappa,
    costs_of,
    matched_cutoff,
    sweep_cutoffs,
    tiers_of,
)
from interpkd.fidelity._cutoff_findings import (
    CutoffDecisions,
    CutoffReport,
    SwapCell,
    SweepPoint,
    TierTable,
)
from interpkd.fidelity._cutoff_inputs import Scores, check_classes, check_costs, check_tiers
from interpkd.fidelity._inputs import check_alpha, check_cutoff, collect_answers, plain_label
from interpkd.fidelity._intervals import ScoreEstimate, measure
from interpkd.fidelity._statistics import Share, WeightedMean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import BoolArray, Table

CELLS = {
    "both approve": (False, False),
    "newly approved": (True, False),
    "newly declined": (False, True),
    "both decline": (True, True),
}
"""Whether the teacher declines, and whether the student does."""


def cutoff_report(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    teacher: Any = None,
    cutoff: float = 0.5,
    bad_class: Any = None,
    costs: Mapping[str, float] | None = None,
    tiers: Sequence[float] | None = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    alpha: float = 0.05,
) -> CutoffReport:
    """Compare the decisions of student and teacher at the cut-off in use, and at others.

    Rows are declined or approved by P(second class) > cutoff. The rows on which the models differ
    are the swap set: newly approved by the student, and newly declined; with labels, the report
    says how many of them turned out bad. Since two scores seldom mean the same number, the
    student is also judged at a cut-off of its own, at which it approves as many as the teacher.

    Parameters
    ----------
    student : fitted classifier with predict_proba
        The student, of two classes.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows to compare on, best held-out ones.

    y : array-like of shape (n_samples,) or None, default=None
        True labels, for bad rates and observed costs.

    teacher : fitted model, array-like or None, default=None
        The teacher, or its probabilities on `X`, as in :func:`~interpkd.fidelity_report`.

    cutoff : float, default=0.5
        The cut-off of the probability of the second class.

    bad_class : object, default=None
        The class whose rows are to be declined; None for the second class. With the first class
        named, rows are approved above the cut-off.

    costs : mapping or None, default=None
        "false_approval", the cost of approving a bad row, and "false_decline", that of declining a
        good one; numbers of at least 0. Counted on observed outcomes, or without labels expected
        under the teacher's probabilities.

    tiers : sequence of float or None, default=None
        Rising cut-offs that divide the rows into tiers, such as price classes.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, at least 0. Rows of weight 0 are left out.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows; intervals then resample whole groups.

    alpha : float, default=0.05
        One minus the confidence of the intervals, from 0.001 to below 1.

    Returns
    -------
    report : CutoffReport
        Swap sets, sweep and tiers; prints as tables.

    Raises
    ------
    InvalidInputError
        If the student has not two classes, or a parameter breaks its rule.

    Notes
    -----
    The student's own cut-off is chosen on the same rows that it is judged on; with few rows its
    agreement is a little too favourable. Its interval takes the cut-off as given.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import cutoff_report
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0).fit(X[::2], y[::2])
    >>> report = cutoff_report(tree, X[1::2], y[1::2], teacher=forest, bad_class=0)
    >>> sum(cell.n_rows for cell in report.same.cells)
    284
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
    prices, borders = check_costs(costs), check_tiers(tiers)
    answers = collect_answers(
        student, X, y, teacher=teacher, sample_weight=sample_weight, groups=groups
    )
    classes, bad = check_classes(answers, bad_class)
    scores = Scores(
        teacher=answers.teacher[:, 1],
        student=answers.student[:, 1],
        classes=[plain_label(label) for label in classes],
        bad=None if answers.y is None else answers.y == bad,
        sample=answers.sample,
        declines_above=bad == 1,
        costs=prices,
        alpha=alpha,
    )
    basis = "teacher's probabilities" if y is None else "observed outcomes"
    return CutoffReport(
        classes=scores.classes,
        bad_class=plain_label(classes[bad]),
        cutoff=cutoff,
        n_rows=answers.sample.n_rows,
        n_bad=None if scores.bad is None else int(scores.bad.sum()),
        n_groups=None if answers.sample.groups is None else answers.sample.n_units,
        weighted=answers.weighted,
        confidence=round(1 - alpha, 12),
        costs=prices,
        cost_basis=None if prices is None else basis,
        same=_decisions(scores, cutoff, cutoff),
        matched=_decisions(scores, cutoff, _own_cutoff(scores, cutoff)),
        sweep=_sweep(scores, cutoff),
        tiers=None if borders is None else _tier_table(scores, borders),
    )


def _own_cutoff(scores: Scores, cutoff: float) -> float:
    """Give the student's cut-off that approves as many as the teacher at `cutoff`, or nearly."""
    above = scores.mean(scores.teacher > cutoff)
    return matched_cutoff(scores.student, scores.sample.weights, above, cutoff)


def _decisions(scores: Scores, of_teacher: float, of_student: float) -> CutoffDecisions:
    """Compare the decisions at one cut-off for each model."""
    t = scores.declined(scores.teacher, of_teacher)
    s = scores.declined(scores.student, of_student)
    cells = {name: (t == one) & (s == other) for name, (one, other) in CELLS.items()}
    statistics: dict[str, WeightedMean] = {name: Share(rows) for name, rows in cells.items()}
    statistics |= {"agreement": Share(t == s), "teacher": Share(~t), "student": Share(~s)}
    if scores.costs is not None:
        cost = {who: costs_of(d, scores.badness, **scores.costs) for who, d in (("t", t), ("s", s))}
        statistics |= {f"cost {who}": WeightedMean(one) for who, one in cost.items()}
        statistics["extra cost"] = WeightedMean(cost["s"] - cost["t"])
    measured = measure(statistics, scores.sample, scores.alpha)
    return CutoffDecisions(
        teacher_cutoff=of_teacher,
        student_cutoff=of_student,
        agreement=measured["agreement"],
        teacher_approval=measured["teacher"],
        student_approval=measured["student"],
        cells=tuple(
            SwapCell(
                name=name,
                teacher=scores.decided(declined=CELLS[name][0]),
                student=scores.decided(declined=CELLS[name][1]),
                n_rows=int(rows.sum()),
                share=measured[name],
                bad_rate=_bad_rate(scores, rows),
            )
            for name, rows in cells.items()
        ),
        teacher_cost=measured.get("cost t"),
        student_cost=measured.get("cost s"),
        extra_cost=measured.get("extra cost"),
    )


def _bad_rate(scores: Scores, rows: BoolArray) -> ScoreEstimate | None:
    """Give the share of bad rows among some, with its interval."""
    if scores.bad is None:
        return None
    if not rows.any():
        return ScoreEstimate(None, None, None, 0, "not computed: there is no such row")
    share = {"bad": Share(scores.bad[rows])}
    return measure(share, scores.sample.take(rows), scores.alpha)["bad"]


def _sweep(scores: Scores, cutoff: float) -> tuple[SweepPoint, ...]:
    cutoffs = sweep_cutoffs(scores.teacher, cutoff).tolist()
    pairs = [(c, own) for c in cutoffs for own in (c, _own_cutoff(scores, c))]
    declines = [
        (scores.declined(scores.teacher, c), scores.declined(scores.student, own))
        for c, own in pairs
    ]
    statistics = {k: Share(t == s) for k, (t, s) in enumerate(declines)}
    agreements = measure(statistics, scores.sample, scores.alpha)
    return tuple(
        _sweep_point(
            scores,
            (pairs[k][0], pairs[k + 1][1]),
            (declines[k][0], declines[k][1], declines[k + 1][1]),
            (agreements[k], agreements[k + 1]),
        )
        for k in range(0, len(pairs), 2)
    )


def _sweep_point(
    scores: Scores,
    cutoffs: tuple[float, float],
    declined: tuple[BoolArray, BoolArray, BoolArray],
    agreements: tuple[ScoreEstimate, ScoreEstimate],
) -> SweepPoint:
    """Sum up one cut-off: the teacher, the student at the same one, the student at its own."""
    t, s, own = declined
    costs: list[float | None] = [None] * 3
    if scores.costs is not None:
        costs = [scores.mean(costs_of(d, scores.badness, **scores.costs)) for d in declined]
    approval = [scores.mean(~d) for d in declined]
    return SweepPoint(
        cutoff=cutoffs[0],
        matched_cutoff=cutoffs[1],
        teacher_approval=approval[0],
        student_approval=approval[1],
        matched_approval=approval[2],
        agreement=agreements[0],
        matched_agreement=agreements[1],
        newly_approved=int((t & ~s).sum()),
        newly_declined=int((~t & s).sum()),
        matched_newly_approved=int((t & ~own).sum()),
        matched_newly_declined=int((~t & own).sum()),
        teacher_cost=costs[0],
        student_cost=costs[1],
        matched_cost=costs[2],
    )


def _tier_table(scores: Scores, cutoffs: tuple[float, ...]) -> TierTable:
    n = len(cutoffs) + 1
    t, s = tiers_of(scores.teacher, cutoffs), tiers_of(scores.student, cutoffs)
    apart = np.abs(t - s)
    measured = measure(
        {"same": Share(apart == 0), "near": Share(apart <= 1), "kappa": WeightedKappa(t, s, n)},
        scores.sample,
        scores.alpha,
    )
    w = scores.sample.weights
    counts = np.bincount(t * n + s, minlength=n * n).reshape(n, n)
    shares = np.bincount(t * n + s, weights=w / w.sum(), minlength=n * n).reshape(n, n)
    return TierTable(
        cutoffs=cutoffs,
        labels=_tier_labels(cutoffs),
        counts=tuple(map(tuple, counts.tolist())),
        shares=tuple(map(tuple, shares.tolist())),
        agreement=measured["same"],
        within_one=measured["near"],
        kappa=measured["kappa"],
        teacher_bad_rates=_bad_rates(scores, t, n),
        student_bad_rates=_bad_rates(scores, s, n),
    )


def _bad_rates(scores: Scores, tiers: NDArray[np.intp], n: int) -> tuple[ScoreEstimate, ...] | None:
    rates = [_bad_rate(scores, tiers == k) for k in range(n)]
    return None if scores.bad is None else tuple(rate for rate in rates if rate is not None)


def _tier_labels(cutoffs: tuple[float, ...]) -> tuple[str, ...]:
    inner = [f"{a:g} < p <= {b:g}" for a, b in pairwise(cutoffs)]
    return (f"p <= {cutoffs[0]:g}", *inner, f"p > {cutoffs[-1]:g}")
