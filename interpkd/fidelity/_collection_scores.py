"""Every score of a report from the sums of a collection, by the same name as in memory."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity._calibration_scores import N_BINS
from interpkd.fidelity._catalogue import all_scores, headline_scores, more_scores
from interpkd.fidelity._collection_areas import area_score
from interpkd.fidelity._collection_intervals import (
    bounded_mean,
    of_bins,
    share,
    smooth,
    undefined,
)
from interpkd.fidelity._intervals import ScoreEstimate, measure
from interpkd.fidelity._performance import Brier
from interpkd.fidelity._scales import FISHER, LOG, PLAIN, UNEXPLAINED
from interpkd.fidelity._statistics import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.fidelity._collection_areas import Counts
    from interpkd.fidelity._collection_columns import Layout
    from interpkd.fidelity._collection_intervals import Totals
    from interpkd.fidelity._inputs import Answers

ROUNDED = "the teacher gives the same probabilities on all rows"
SAME_ODDS = "the teacher gives the same log odds"
ONE_DECISION = "the teacher decides one class only"
CONSTANT = "the values to explain are the same on all rows"


@dataclass(frozen=True)
class Whole:
    """What is known of all rows of a collection.

    Attributes
    ----------
    layout : Layout
        What was summed.

    totals : Totals
        The sums.

    areas : dict of str to sequence of Counts
        "student" and "teacher" to the rows by score, of each class that is ranked.

    sample : Answers
        The answers on a sample of the rows.

    origin : str
        Where the sample comes from, in words.
    """

    layout: Layout
    totals: Totals
    areas: Mapping[str, Sequence[Counts]]
    sample: Answers
    origin: str

    def fidelity(self, name: str, alpha: float) -> ScoreEstimate:
        """Estimate a score of the student against the teacher."""
        if name in {"spearman", "kendall"} or name.startswith("error_q"):
            return self._sampled(name, alpha)
        if self.layout.n_classes is None:
            return _of_regression(self, "", name, alpha)
        if name in _PLAIN:
            return _mean(self, name, alpha)
        return _of_classes(self, name, alpha)

    def performance(self, who: str, name: str, alpha: float) -> ScoreEstimate:
        """Estimate a score of one model against the true values."""
        totals, k = self.totals, self.layout.n_classes
        if k is None:
            return _of_regression(self, f"{who} ", name, alpha)
        if name == "accuracy":
            return share(totals, f"{who} accuracy", alpha)
        if name == "auc":
            kind = 1 if who == "student" else 0
            return self.area(who, kind, alpha, "the labels hold one class only")
        if name == "log_loss":
            key = f"{who} log_loss"
            seen = [totals.count(f"label_is_{j}") for j in range(k)] if totals.is_plain else ()
            return _unbounded(self, key, alpha, scale=LOG, kinds=seen)
        return bounded_mean(totals, f"{who} brier", _bounds(Brier(), k, labels=True), alpha)

    def area(self, who: str, kind: int, alpha: float, reason: str) -> ScoreEstimate:
        """Estimate an area under the ROC curve of one model's probabilities for a kind of rows."""
        sums = self.totals.sums
        unit = sums.heaviest if self.totals.is_plain else None
        return area_score(self.areas[who], kind, alpha, n=sums.n, unit=unit, reason=reason)

    def _sampled(self, name: str, alpha: float) -> ScoreEstimate:
        """Estimate what takes all rows at once on the sample."""
        score = all_scores(self.layout.n_classes, self.layout.cutoff)[name]
        statistic = score.statistic(self.sample.teacher, self.sample.student)
        measured = measure({name: statistic}, self.sample.sample, alpha)[name]
        return replace(measured, method=f"{measured.method}; {self.origin}")


_PLAIN = {
    "kl_divergence",
    "proba_mae",
    "js_divergence",
    "total_variation",
    "proba_rmse",
    "logit_mae",
    "calibration_bias",
}
"""Means of numbers within bounds, or roots of them."""


def score_names(n_classes: int | None, cutoff: float) -> tuple[list[str], list[str]]:
    """Give the names of the leading scores and of the further ones."""
    leading, further = headline_scores(n_classes, cutoff), more_scores(n_classes, cutoff)
    return [score.name for score in leading], [score.name for score in further]


def segment_score(totals: Totals, layout: Layout, name: str, alpha: float) -> ScoreEstimate:
    """Estimate a main score of the rows of a segment."""
    nowhere: Any = None
    whole = Whole(layout, totals, {}, nowhere, "")
    return whole.fidelity(name, alpha)


def _of_classes(whole: Whole, name: str, alpha: float) -> ScoreEstimate:
    """Estimate a score of probabilities that is more than a mean within bounds."""
    totals, layout = whole.totals, whole.layout
    if name == "proba_r2":
        return _explained(whole, "t", "error", alpha, ROUNDED)
    if name == "logit_r2":
        return _explained(whole, "a", "logit_error", alpha, f"{SAME_ODDS} on all rows")
    if name in {"positive_agreement", "negative_agreement"}:
        j = int(name == "positive_agreement")
        return share(totals, f"both_are_{j}", alpha, counted=f"any_is_{j}", transform=_dice)
    others = {
        "agreement": lambda: share(totals, name, alpha),
        "decision_auc": lambda: whole.area("student", 0, alpha, ONE_DECISION),
        "cohen_kappa": lambda: _kappa(whole, alpha),
        "calibration_slope": lambda: _slope(whole, alpha),
        "calibration_error": lambda: _calibration_error(whole, alpha),
        "logit_rmse": lambda: smooth(
            totals,
            ["logit_error"],
            lambda m: np.sqrt(m["logit_error"] / layout.k),
            alpha,
            scale=LOG,
        ),
    }
    return others[name]()


def _dice(part: float) -> float:
    return 2 * part / (1 + part)


def _of_regression(whole: Whole, who: str, name: str, alpha: float) -> ScoreEstimate:
    """Estimate a score against the teacher (`who` empty), or of a model against true values."""
    totals = whole.totals
    if name == "r2":
        return _explained(whole, "y" if who else "t", f"{who}error", alpha, CONSTANT)
    if name == "rmse":
        key = f"{who}error"
        return smooth(totals, [key], lambda m: np.sqrt(m[key]), alpha, scale=LOG)
    return _unbounded(whole, f"{who}{name}", alpha, scale=PLAIN if name == "mean_error" else LOG)


def _unbounded(
    whole: Whole, key: str, alpha: float, *, scale: Any, kinds: Sequence[int] = ()
) -> ScoreEstimate:
    return smooth(whole.totals, [key], lambda m: m[key], alpha, scale=scale, kinds=kinds)


def _mean(whole: Whole, name: str, alpha: float) -> ScoreEstimate:
    k = whole.layout.k
    score = all_scores(k, whole.layout.cutoff)[name]
    if name == "proba_rmse":
        return bounded_mean(whole.totals, name, (0.0, 2 / k), alpha, transform=math.sqrt)
    return bounded_mean(whole.totals, name, _bounds(score, k), alpha)


def _bounds(score: Any, n_classes: int, *, labels: bool = False) -> tuple[float, float]:
    """Read the bounds of a mean off its statistic on a row that is made up."""
    P = np.full((1, n_classes), 1 / n_classes)
    mean = score.statistic(np.zeros(1, dtype=np.intp) if labels else P, P).bounded
    return mean.lowest, mean.highest


def _explained(whole: Whole, kind: str, error: str, alpha: float, reason: str) -> ScoreEstimate:
    """Estimate R² of the numbers of one kind."""
    totals = whole.totals
    linear = [name for name in whole.layout.linear if name[0] == kind]
    if _is_constant(whole, linear):
        return undefined(totals.n, reason)
    squares = kind * 2

    def explained(m: Mapping[str, Any]) -> Any:
        return 1 - m[error] / (m[squares] - sum(m[name] ** 2 for name in linear))

    return smooth(totals, [error, squares, *linear], explained, alpha, scale=UNEXPLAINED)


def _is_constant(whole: Whole, linear: list[str]) -> bool:
    at = [whole.layout.linear.index(name) for name in linear]
    low, high = whole.totals.sums.extremes[:, at]
    return bool((high - low <= ROUNDING * np.maximum(np.abs(low), np.abs(high))).all())


def _kappa(whole: Whole, alpha: float) -> ScoreEstimate:
    totals, k = whole.totals, whole.layout.k
    teacher = [f"teacher_is_{j}" for j in range(k)]
    student = [f"student_is_{j}" for j in range(k)]
    usual = max(range(k), key=lambda j: (totals.weight(teacher[j]) + totals.weight(student[j]), -j))
    unusual = totals.weight(f"either_is_not_{usual}")
    if not unusual:
        return undefined(totals.n, "both models decide for the same single class")
    kinds = [totals.count(f"either_is_not_{usual}")] if totals.is_plain else ()

    def kappa(m: Mapping[str, Any]) -> Any:
        chance = sum(m[a] * m[b] for a, b in zip(teacher, student, strict=True))
        return (m["agreement"] - chance) / (1 - chance)

    names = ["agreement", *teacher, *student]
    return smooth(totals, names, kappa, alpha, scale=FISHER, kinds=kinds)


def _slope(whole: Whole, alpha: float) -> ScoreEstimate:
    linear = whole.layout.linear
    a, b = ([name for name in linear if name[0] == kind] for kind in "ab")
    if _is_constant(whole, b):
        reason = "the student gives the same log odds on all rows"
        return undefined(whole.totals.n, reason)

    def slope(m: Mapping[str, Any]) -> Any:
        both = m["ab"] - sum(m[x] * m[y] for x, y in zip(a, b, strict=True))
        return both / (m["bb"] - sum(m[y] ** 2 for y in b))

    return smooth(whole.totals, ["ab", "bb", *a, *b], slope, alpha)


def _calibration_error(whole: Whole, alpha: float) -> ScoreEstimate:
    totals, k = whole.totals, whole.layout.k
    columns = [1] if k == 2 else list(range(k))
    bins = [
        (f"bin {b} of {j}", b / N_BINS - 1, (b + 1) / N_BINS)
        for j in columns
        for b in range(N_BINS)
        if totals.weight(f"in bin {b} of {j}") > 0
    ]
    return of_bins(totals, bins, len(columns), alpha)
