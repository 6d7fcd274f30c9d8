"""What is measured of a group: each number with its interval, or why there is none."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.audit._fairness_intervals import (
    LINEAR,
    PAIRED,
    RECOVERED,
    SCORE,
    linear_interval,
    paired_interval,
    parts_of_mean,
    recovered_interval,
    score_interval,
)
from interpkd.fidelity import ScoreEstimate, estimate_mean, estimate_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.audit._fairness_cells import Cell
    from interpkd.audit._fairness_rows import Rows

MIN_FAVOURABLE = 5
"""Fewest favourable decisions of the reference group, and fewest to be expected of a group at that
rate: with fewer a ratio says next to nothing."""

MIN_DIFFERENT = 5
"""Fewest rows decided otherwise that an interval of the ratio's change can rest on."""

OWN = "the reference group itself"

DEFINITIONS = {
    "selection_rate": "Share of rows that the model decides favourably.",
    "impact_ratio": "Adverse-impact ratio: the group's selection rate over the reference group's.",
    "true_positive_rate": "Share of rows labelled favourable that are decided favourably.",
    "false_positive_rate": "Share of rows labelled otherwise that are decided favourably.",
    "calibration": "Mean of the model's answer minus what was observed; of a classifier the "
    "probability of a favourable class minus the share so labelled.",
    "standardized_difference": "Mean answer of the group minus that of the reference group, over "
    "the root of the mean of both variances.",
    "mean_prediction": "Mean prediction of the model.",
    "mean_difference": "Mean prediction in the group minus that in the reference group.",
    "agreement": "Share of rows on which student and teacher decide alike.",
    "proba_mae": "Mean absolute difference of both models' probabilities.",
    "mae": "Mean absolute difference of both models' predictions.",
    "change": "The student's number minus the teacher's, on the same rows.",
}
"""What each number is."""


@dataclass(frozen=True)
class Measures:
    """The measures of groups.

    Attributes
    ----------
    rows : Rows
        What is known of each row.

    min_cell : int
        Fewest rows that a number rests on.

    alpha : float
        One minus the confidence of each interval.
    """

    rows: Rows
    min_cell: int
    alpha: float

    def of_model(
        self, model: str, cell: Cell, reference: Cell | None, plain: Mapping[str, float]
    ) -> dict[str, ScoreEstimate]:
        """Measure one model in a cell.

        Parameters
        ----------
        model : {"teacher", "student"}
            Whose answers.

        cell : Cell
            The cell, with enough rows.

        reference : Cell or None
            What it is compared with.

        plain : mapping of str to float
            The plain metrics of the cell.

        Returns
        -------
        scores : dict of str to ScoreEstimate
            By name; see `DEFINITIONS`.
        """
        score = self.rows.scores[model]
        out: dict[str, ScoreEstimate] = {}
        if self.rows.is_regression:
            mean = self._mean(score[cell.rows], cell)
            out["mean_prediction"] = replace(mean, estimate=plain["mean_prediction"])
            out["mean_difference"] = self._difference(score, cell, reference)
        else:
            selected = self.rows.selected[model]
            rate = self._share(selected[cell.rows], self.rows.weights[cell.rows])
            out["selection_rate"] = replace(rate, estimate=plain["selection_rate"])
            out["impact_ratio"] = self._ratio(selected, cell, reference)
            out |= self._error_rates(selected, cell, plain)
        if self.rows.target is not None:
            gap = (score - self.rows.target)[cell.rows]
            out["calibration"] = self._mean(gap, cell, lowest=-1.0, highest=1.0)
        out["standardized_difference"] = self._standardized(score, cell, reference)
        return out

    def fidelity(self, cell: Cell) -> dict[str, ScoreEstimate]:
        """Measure how well the student follows the teacher in a cell; nothing without a teacher."""
        if self.rows.apart is None:
            return {}
        apart = self.rows.apart[cell.rows]
        if self.rows.agrees is None:
            return {"mae": self._mean(apart, cell)}
        agreement = self._share(self.rows.agrees[cell.rows], self.rows.weights[cell.rows])
        return {"agreement": agreement, "proba_mae": self._mean(apart, cell, lowest=0.0)}

    def change(self, cell: Cell, reference: Cell | None) -> dict[str, ScoreEstimate]:
        """Measure what the student changes in a cell against its teacher.

        Parameters
        ----------
        cell : Cell
            The cell, with enough rows.

        reference : Cell or None
            What both models' ratios are taken to.

        Returns
        -------
        scores : dict of str to ScoreEstimate
            Paired differences, student minus teacher; empty without a teacher.
        """
        rows = self.rows
        if not rows.has_teacher:
            return {}
        if rows.is_regression:
            gap = rows.scores["student"] - rows.scores["teacher"]
            return {
                "mean_prediction": self._mean(gap[cell.rows], cell),
                "mean_difference": self._difference(gap, cell, reference),
            }
        changed = self._change_of_rate(cell, self.alpha)
        if not rows.is_weighted:
            gained, lost = (
                int((rows.selected[one] & ~rows.selected[other])[cell.rows].sum())
                for one, other in (("student", "teacher"), ("teacher", "student"))
            )
            low, high = paired_interval(gained, lost, len(cell.rows), self.alpha)
            changed = replace(changed, low=low, high=high, method=PAIRED)
        return {
            "selection_rate": changed,
            "impact_ratio": self._change_of_ratio(cell, reference, self.alpha),
        }

    def change_jointly(
        self, cell: Cell, reference: Cell | None, alpha: float
    ) -> dict[str, ScoreEstimate]:
        """Measure the same with another confidence, by intervals that hold far in the tails."""
        return {
            "selection_rate": self._change_of_rate(cell, alpha),
            "impact_ratio": self._change_of_ratio(cell, reference, alpha),
        }

    def _change_of_rate(self, cell: Cell, alpha: float) -> ScoreEstimate:
        """Give the mean over rows of +1 where only the student selects, -1 where only the teacher."""
        selected = self.rows.selected
        steps = _step(selected["student"]) - _step(selected["teacher"])
        return self._mean(steps[cell.rows], cell, lowest=-1.0, alpha=alpha)

    def _share(self, holds: BoolArray, weights: FloatArray) -> ScoreEstimate:
        given = weights if self.rows.is_weighted else None
        return estimate_share(holds, sample_weight=given, alpha=self.alpha)

    def _mean(
        self,
        values: FloatArray,
        cell: Cell,
        *,
        lowest: float = -math.inf,
        highest: float = 1.0,
        alpha: float | None = None,
    ) -> ScoreEstimate:
        """Estimate a mean over the cell; a classifier's numbers have bounds."""
        bounds = {} if self.rows.is_regression else {"lowest": lowest, "highest": highest}
        return estimate_mean(
            values,
            **bounds,
            sample_weight=self.rows.weights[cell.rows] if self.rows.is_weighted else None,
            alpha=self.alpha if alpha is None else alpha,
        )

    def _error_rates(
        self, selected: BoolArray, cell: Cell, plain: Mapping[str, float]
    ) -> dict[str, ScoreEstimate]:
        if self.rows.target is None:
            return {}
        out = {}
        labels = {"true_positive_rate": (1, "favourable"), "false_positive_rate": (0, "otherwise")}
        for name, (value, word) in labels.items():
            of = cell.rows[self.rows.target[cell.rows] == value]
            if len(of) < self.min_cell:
                why = f"{len(of)} rows labelled {word}, at least {self.min_cell} are needed"
                out[name] = insufficient(len(of), why)
            else:
                share = self._share(selected[of], self.rows.weights[of])
                out[name] = replace(share, estimate=plain[name])
        return out

    def _ratio(self, selected: BoolArray, cell: Cell, reference: Cell | None) -> ScoreEstimate:
        """Give the ratio of two selection rates."""
        why = self._too_few(selected, cell, reference)
        if why or reference is None:
            return insufficient(len(cell.rows), why)
        if cell is reference:
            return ScoreEstimate(1.0, None, None, len(cell.rows), OWN)
        n = len(cell.rows) + len(reference.rows)
        ratio = self._rate(selected, cell) / self._rate(selected, reference)
        if not self.rows.is_weighted:
            counts = [k for one in (cell, reference) for k in _counts(selected, one)]
            low, high = score_interval(counts[0], counts[1], counts[2], counts[3], self.alpha)
            return ScoreEstimate(ratio, low, high, n, SCORE)
        shares = [
            self._share(selected[one.rows], self.rows.weights[one.rows])
            for one in (cell, reference)
        ]
        low, high = recovered_interval(shares[0], shares[1])
        if math.isinf(high):
            why = "no interval: the reference group's rate could be next to 0"
            return ScoreEstimate(ratio, None, None, n, why)
        return ScoreEstimate(ratio, low, high, n, RECOVERED)

    def _too_few(self, selected: BoolArray, cell: Cell, reference: Cell | None) -> str:
        """Say why a ratio of selection rates is not given; nothing when it is."""
        if reference is None:
            return "there is no group with enough rows to compare with"
        n_there = int(selected[reference.rows].sum())
        if n_there < MIN_FAVOURABLE:
            return (
                f"{n_there} favourable decisions in the reference group, at least {MIN_FAVOURABLE} "
                "are needed"
            )
        expected = len(cell.rows) * self._rate(selected, reference)
        if expected < MIN_FAVOURABLE:
            return (
                f"{expected:.1f} favourable decisions to be expected at the reference group's "
                f"rate, at least {MIN_FAVOURABLE} are needed"
            )
        return ""

    def _change_of_ratio(self, cell: Cell, reference: Cell | None, alpha: float) -> ScoreEstimate:
        models = [self.rows.selected[name] for name in ("student", "teacher")]
        why = self._too_few(models[0], cell, reference) or self._too_few(models[1], cell, reference)
        if why or reference is None:
            return insufficient(len(cell.rows), why)
        if cell is reference:
            return ScoreEstimate(0.0, None, None, len(cell.rows), OWN)
        place = np.concatenate([cell.rows, reference.rows])
        ratios, parts = zip(
            *(self._ratio_parts(one, cell, reference) for one in models), strict=True
        )
        change = ratios[0] - ratios[1]
        n_different = int((models[0] != models[1])[place].sum())
        if n_different < MIN_DIFFERENT:
            why = f"no interval: {n_different} rows are decided otherwise, at least {MIN_DIFFERENT}"
            return ScoreEstimate(change, None, None, len(place), f"{why} are needed")
        interval = linear_interval(change, parts[0] - parts[1], self.rows.weights[place], alpha)
        return ScoreEstimate(change, *interval, len(place), LINEAR)

    def _ratio_parts(
        self, selected: BoolArray, cell: Cell, reference: Cell
    ) -> tuple[float, FloatArray]:
        """Give the ratio, and the part of each row of both cells in it."""
        below = self._rate(selected, reference)
        ratio = self._rate(selected, cell) / below
        mine, others = (
            parts_of_mean(_step(selected[one.rows]), self.rows.weights[one.rows])
            for one in (cell, reference)
        )
        return ratio, np.concatenate([mine, -ratio * others]) / below

    def _difference(self, values: FloatArray, cell: Cell, reference: Cell | None) -> ScoreEstimate:
        """Give the difference of two groups' means."""
        if reference is None:
            return insufficient(len(cell.rows), self._too_few(values > 0, cell, None))
        if cell is reference:
            return ScoreEstimate(0.0, None, None, len(cell.rows), OWN)
        w = self.rows.weights
        means = [values[one.rows] @ w[one.rows] / w[one.rows].sum() for one in (cell, reference)]
        parts = [parts_of_mean(values[one.rows], w[one.rows]) for one in (cell, reference)]
        return self._linear(
            float(means[0] - means[1]),
            np.concatenate([parts[0], -parts[1]]),
            cell,
            reference,
        )

    def _standardized(
        self, values: FloatArray, cell: Cell, reference: Cell | None
    ) -> ScoreEstimate:
        """Give the standardized difference of two groups' means."""
        if reference is None:
            return insufficient(len(cell.rows), self._too_few(values > 0, cell, None))
        if cell is reference:
            return ScoreEstimate(0.0, None, None, len(cell.rows), OWN)
        means, variances, of_mean, of_variance = [], [], [], []
        for one in (cell, reference):
            x, w = values[one.rows], self.rows.weights[one.rows]
            means.append(float(x @ w / w.sum()))
            squares = (x - means[-1]) ** 2
            variances.append(float(squares @ w / w.sum()))
            of_mean.append(parts_of_mean(x, w))
            of_variance.append(parts_of_mean(squares, w))
        variance = sum(variances) / 2
        n = len(cell.rows) + len(reference.rows)
        if variance <= (1e-12 * max(map(abs, (*means, 1e-300)))) ** 2:
            return ScoreEstimate(None, None, None, n, "not computed: the answers do not vary")
        difference = (means[0] - means[1]) / math.sqrt(variance)
        parts = np.concatenate([of_mean[0], -of_mean[1]]) / math.sqrt(variance)
        parts -= difference / (4 * variance) * np.concatenate(of_variance)
        return self._linear(difference, parts, cell, reference)

    def _linear(
        self, estimate: float, parts: FloatArray, cell: Cell, reference: Cell
    ) -> ScoreEstimate:
        weights = self.rows.weights[np.concatenate([cell.rows, reference.rows])]
        low, high = linear_interval(estimate, parts, weights, self.alpha)
        method = "no interval: no row moves the number" if low is None else LINEAR
        return ScoreEstimate(estimate, low, high, len(weights), method)

    def _rate(self, selected: BoolArray, cell: Cell) -> float:
        w = self.rows.weights[cell.rows]
        return float(selected[cell.rows] @ w / w.sum())


def insufficient(n: int, why: str) -> ScoreEstimate:
    """Give the estimate that is none, for too few rows."""
    return ScoreEstimate(None, None, None, n, f"insufficient data: {why}")


def _counts(selected: BoolArray, cell: Cell) -> tuple[int, int]:
    return int(selected[cell.rows].sum()), len(cell.rows)


def _step(selected: BoolArray) -> FloatArray:
    return selected.astype(np.float64)
