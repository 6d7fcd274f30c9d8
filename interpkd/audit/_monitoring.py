"""The monitoring plan of a report: what later rows are compared with, and what is an alarm.

Inputs are compared with the training rows, which a shift would take the student away from; scores
and figures with the evaluation rows, because both models know their training rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._validation import class_positions
from interpkd.audit._inputs import plain
from interpkd.audit._monitoring_bins import (
    SAME,
    category_bins,
    filled,
    n_effective,
    number_bins,
)
from interpkd.audit._monitoring_thresholds import check_monitoring
from interpkd.fidelity import fidelity_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

    from interpkd._tables import Column, RawColumn
    from interpkd._typing import FloatArray
    from interpkd.audit._inputs import Inputs

WATCHED: dict[str, tuple[tuple[str, str], ...]] = {
    "fidelity": (("agreement", "greater"), ("kl_divergence", "lower"), ("r2", "greater")),
    "calibration": (
        ("calibration_bias", "zero"),
        ("calibration_error", "lower"),
        ("mean_error", "zero"),
    ),
    "performance": (
        ("accuracy", "greater"),
        ("auc", "greater"),
        ("brier", "lower"),
        ("r2", "greater"),
    ),
}
"""The figures that are watched, and where they are good."""


def monitoring_plan(
    inputs: Inputs,
    fidelity: Mapping[str, Any],
    monitoring: Mapping[str, Any] | None,
    sample_weight: ArrayLike | None,
) -> dict[str, Any]:
    """Note what later rows are to be compared with.

    Parameters
    ----------
    inputs : Inputs
        Models and rows.

    fidelity : mapping
        The report's section on fidelity and performance.

    monitoring : mapping or None
        Thresholds in place of the usual ones.

    sample_weight : array-like of shape (n_samples,) or None
        Weights of the evaluation rows.

    Returns
    -------
    section : dict
        Thresholds, bins of columns and scores, figures with the bounds of their alarms, the
        trigger of a retraining in words.
    """
    plan = check_monitoring(monitoring)
    weights = np.ones(inputs.n_rows) if sample_weight is None else np.asarray(sample_weight, float)
    raw, of_inputs, source = inputs.raw, weights, "evaluation rows"
    if inputs.training_raw is not None:
        raw, source = inputs.training_raw, "training rows"
        of_inputs = np.ones(len(raw[0].values))
    watched, not_watched = _figures(inputs, fidelity, plan["thresholds"], sample_weight)
    return {
        "is_computed": True,
        "reason": None,
        **plan,
        "rows": {
            "inputs": {"source": source, **_size(of_inputs)},
            "scores": {"source": "evaluation rows", **_size(weights)},
        },
        "columns": [
            _column(one, column, of_inputs)
            for one, column in zip(raw, inputs.structure.columns, strict=True)
        ],
        "scores": list(score_entries(inputs, weights)),
        "watched": watched,
        "not_watched": not_watched,
        "retraining_trigger": retraining_trigger(plan["thresholds"]),
    }


def score_values(inputs: Inputs) -> Iterator[tuple[dict[str, Any], Any]]:
    """Give what each model answers, as columns: probabilities, the decision, or the prediction.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers.

    Yields
    ------
    about : dict
        "name", "model", "kind" ("score" or "decision") and "class".

    values : ndarray of shape (n_samples,)
        The column.
    """
    for model, answers in (
        ("student", inputs.student_answers),
        ("teacher", inputs.teacher_answers),
    ):
        if answers is None:
            continue
        if inputs.classes is None:
            about = {"name": f"{model}'s prediction", "model": model}
            yield {**about, "kind": "score", "class": None}, answers
            continue
        labels = [plain(one) for one in inputs.classes]
        first = 1 if len(labels) == 2 else 0  # of two classes, one says it all
        for k in range(first, len(labels)):
            about = {"name": f"{model}'s probability of {labels[k]}", "model": model}
            yield {**about, "kind": "score", "class": labels[k]}, answers[:, k]
        decided = np.array([*labels, None], dtype=object)[inputs.decide(answers)]
        about = {"name": f"{model}'s decision", "model": model}
        yield {**about, "kind": "decision", "class": None}, decided


def score_entries(inputs: Inputs, weights: FloatArray) -> Iterator[dict[str, Any]]:
    """Give each score with its bins."""
    for about, values in score_values(inputs):
        if about["kind"] == "decision":
            bins = category_bins(inputs.classes or [], is_open=False)
        else:
            bins = number_bins(values, weights, same=SAME)[:-1]  # an answer is never missing
        yield {**about, **_filled(bins, values, weights)}


def calibration(
    inputs: Inputs, sample_weight: ArrayLike | None, alpha: float
) -> dict[str, dict[str, Any]]:
    """Measure whether the student's answers mean what the labels say, on average.

    Parameters
    ----------
    inputs : Inputs
        With labels.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    alpha : float
        One minus the confidence.

    Returns
    -------
    scores : dict
        The calibration scores of the fidelity report with the labels in the teacher's place.
    """
    truth: Any = inputs.y
    if inputs.structure.classes is not None:
        classes = inputs.structure.classes
        truth = np.eye(len(classes))[class_positions(truth, classes)]
    report = fidelity_report(
        inputs.student, inputs.X, teacher=truth, sample_weight=sample_weight, alpha=alpha
    ).to_dict()
    names = [name for name, _ in WATCHED["calibration"]]
    return {name: report["more"][name] for name in names if name in report["more"]}


def retraining_trigger(thresholds: Mapping[str, float]) -> str:
    """Say in words when the student is to be made again."""
    return (
        "Distil the student again, from the teacher as it is then and on recent rows, and validate "
        "it again, when its fidelity to the teacher, its calibration or its performance is at an "
        f"alarm, or when one of its scores has a population stability index of "
        f"{thresholds['psi_alarm']:g} or more that chance does not explain. When only a column is "
        "at an alarm, first find out whether its source or its coding changed. A warning that "
        "comes back in the next run counts as an alarm."
    )


def _size(weights: FloatArray) -> dict[str, Any]:
    return {"n": int((weights > 0).sum()), "n_effective": n_effective(weights)}


def _column(raw: RawColumn, column: Column, weights: FloatArray) -> dict[str, Any]:
    """Give a column with its bins; its range holds the training range that the student knows."""
    about: dict[str, Any] = {"column": column.name, "kind": column.kind}
    if column.kind == "category":
        values = raw.values
        if raw.kind != "category":  # nothing but missing values, read as numbers
            values = np.full(len(values), None, dtype=object)
        return {**about, **_filled(category_bins(column.categories), values, weights)}
    values = np.asarray(raw.values, dtype=np.float64)
    known = values[~np.isnan(values) & (weights > 0)]
    ends = [float(known.min()), float(known.max())] if len(known) else []
    low = [one for one in (*ends[:1], column.minimum) if one is not None]
    high = [one for one in (*ends[1:], column.maximum) if one is not None]
    return {
        **about,
        "minimum": min(low, default=None),
        "maximum": max(high, default=None),
        **_filled(number_bins(values, weights), values, weights),
    }


def _filled(bins: list[dict[str, Any]], values: Any, weights: FloatArray) -> dict[str, Any]:
    """Give the bins with their rows, and how many are for values: not missing, not unseen."""
    n_bins = sum(one["kind"] in ("range", "category") for one in bins)
    return {"n_bins": n_bins, "bins": filled(bins, values, weights)}


def _figures(
    inputs: Inputs,
    fidelity: Mapping[str, Any],
    thresholds: Mapping[str, float],
    sample_weight: ArrayLike | None,
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Give the figures with the bounds of their alarms, and what cannot be watched and why."""
    found: dict[str, Mapping[str, Any]] = {"fidelity": {}, "calibration": {}, "performance": {}}
    left_out = []
    if fidelity["is_computed"]:
        found["fidelity"] = fidelity
    else:
        left_out.append({"what": "fidelity", "reason": fidelity["reason"]})
    if inputs.y is None:
        reason = "The report was made without labels."
        left_out += [{"what": what, "reason": reason} for what in ("calibration", "performance")]
    else:
        alpha = round(1 - fidelity["confidence"], 12)
        found["calibration"] = calibration(inputs, sample_weight, alpha)
        found["performance"] = fidelity["performance"]["student"]
    unit = 1.0
    if inputs.classes is None and inputs.y is not None:
        unit = float(np.std(np.asarray(inputs.y, dtype=np.float64)))
    watched: list[dict[str, Any]] = []
    for what, names in WATCHED.items():
        tolerance = thresholds[f"{what}_tolerance"]
        for name, good in names:
            score = found[what].get(name)
            if score is None:
                continue
            about = {"what": what, "score": name}
            if score["low"] is None:
                left_out.append({"what": f"{what}: {name}", "reason": score["method"]})
                continue
            width = tolerance * (unit if name == "mean_error" else 1.0)
            watched.append({**about, **score, "good": good, **_bounds(score, good, width)})
    return watched, left_out


def _bounds(score: Mapping[str, Any], good: str, tolerance: float) -> dict[str, Any]:
    """Give what an interval must lie wholly beyond to be a warning, or an alarm."""
    low = {"greater": score["low"], "zero": min(score["low"], 0.0)}.get(good)
    high = {"lower": score["high"], "zero": max(score["high"], 0.0)}.get(good)
    return {
        "tolerance": tolerance,
        "warning_below": low,
        "alarm_below": None if low is None else low - tolerance,
        "warning_above": high,
        "alarm_above": None if high is None else high + tolerance,
    }
