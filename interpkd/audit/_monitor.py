"""Monitoring: whether later rows are still those that a report speaks of, and whether it holds."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import hash_rows
from interpkd.audit._monitor_columns import (
    Comparison,
    ask_of_column,
    ask_of_values,
    n_questions,
)
from interpkd.audit._monitor_inputs import (
    check_alpha,
    check_weights,
    read_manifest,
    read_rows,
)
from interpkd.audit._monitor_report import MonitoringReport, worst_level
from interpkd.audit._monitor_signals import judge, judge_figure
from interpkd.audit._monitoring import calibration, score_values
from interpkd.audit._monitoring_bins import n_effective
from interpkd.audit._provenance import utc_now
from interpkd.audit._render import to_json_text
from interpkd.fidelity import fidelity_report

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._audit_report import AuditReport
    from interpkd.audit._inputs import Inputs

SCHEMA = {"name": "interpkd.monitoring_report", "version": 1}

NO_LABELS = "What became of these rows was not given."


def monitor(
    manifest: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    X_new: Table,
    y_new: ArrayLike | None = None,
    teacher: Any = None,
    *,
    student: Any = None,
    sample_weight: ArrayLike | None = None,
    alpha: float = 0.05,
) -> MonitoringReport:
    r"""Compare later rows with the baseline of an audit report, by the plan that stands in it.

    *Columns and scores.* The population stability index (PSI) over the bins of the report,
    :math:`\sum_b (q_b - p_b) \ln(q_b / p_b)` with shares p then and q now; an empty bin counts as
    half a row. Without any drift it is not 0 but about :math:`(B - 1)(1/n + 1/m)` for B bins and
    n and m rows [1]_, so small samples would alarm for nothing. It is therefore also compared with
    what it is when all rows are put together and dealt out again (a permutation test; for weighted
    rows a chi-square distribution). Missing values, unseen categories and values outside the known
    range are asked about likewise. All these questions together raise a warning or an alarm by
    chance with a probability of about `alpha` at most (Holm).

    *Figures.* Fidelity while the teacher lives; calibration and performance where labels are known.
    One is raised only when its whole interval lies beyond the bound in the plan.

    Parameters
    ----------
    manifest : AuditReport, mapping or path-like
        The audit report, its `to_dict()`, or the path of its JSON file.

    X_new : array-like or data frame of shape (n_samples, n_features)
        The later rows, with all columns of the student.

    y_new : array-like of shape (n_samples,) or None, default=None
        What became of them, where that is known by now.

    teacher : fitted estimator, array-like or None, default=None
        The teacher, or its probabilities or predictions on `X_new`; None for the `teacher_` of
        `student`, if that is given and keeps one.

    student : fitted estimator or None, default=None
        The student; None for the one that the report holds.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights. Missing, unseen and outlying values are counted without.

    alpha : float, default=0.05
        One minus the confidence: of the intervals, and of all questions about drift together.

    Returns
    -------
    report : MonitoringReport
        Signals with levels, numbers, thresholds and remedies.

    Raises
    ------
    InvalidInputError
        If the manifest is no report with a plan, the student is another one, the table lacks a
        column, or a parameter breaks its rule.

    See Also
    --------
    audit_report : Makes the manifest; its `monitoring` sets the thresholds.

    References
    ----------
    .. [1] B. Yurdakul and J. Naranjo, "Statistical properties of the population stability index",
       Journal of Risk Model Validation 14(4), 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.audit import audit_report, monitor
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0)
    >>> teacher = as_teacher(forest.fit(X[::2], y[::2]))
    >>> student = DistilledTreeClassifier(teacher, max_leaf_nodes=4).fit(X[::2])
    >>> report = audit_report(student, X[1::2], y[1::2], X_train=X[::2])
    >>> later = X[1::2].assign(**{"mean radius": X["mean radius"] * 10})  # another unit
    >>> found = monitor(report, later)
    >>> found.passed
    False
    >>> sorted({(one.kind, one.name) for one in found.alarms if one.kind != "score"})
    [('column', 'mean radius'), ('outside', 'mean radius')]
    """
    data = read_manifest(manifest)
    plan = data["monitoring"]
    inputs = read_rows(data, student, X_new, y_new, teacher)
    weights, alpha = check_weights(sample_weight, inputs.n_rows), check_alpha(alpha)
    figures, not_measured = _figures(inputs, plan, sample_weight, alpha)
    questions, columns, scores = _questions(inputs, plan, weights, alpha)
    signals = judge(questions, plan["thresholds"], alpha) + figures
    found = {
        "schema": dict(SCHEMA),
        "created_utc": utc_now(),
        "manifest": {
            "created_utc": data["created_utc"],
            "model_name": data["identity"]["model_name"],
            "version": data["identity"]["version"],
            "student_sha256": data["hashes"]["student"],
        },
        "n_rows": int((weights > 0).sum()),
        "n_effective": n_effective(weights),
        "rows_sha256": hash_rows(inputs.rows, inputs.structure),
        "confidence": round(1 - alpha, 12),
        "thresholds": dict(plan["thresholds"]),
        "worst_level": worst_level(one["level"] for one in signals),
        "passed": all(one["level"] != "alarm" for one in signals),
        "n_alarms": sum(one["level"] == "alarm" for one in signals),
        "n_warnings": sum(one["level"] == "warning" for one in signals),
        "signals": signals,
        "not_measured": not_measured,
        "columns": columns,
        "scores": scores,
        "retraining_trigger": plan["retraining_trigger"],
    }
    return MonitoringReport(json.loads(to_json_text(found)))


def _questions(
    inputs: Inputs, plan: Mapping[str, Any], weights: FloatArray, alpha: float
) -> tuple[list[Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Ask about every column, and every score that the plan knows."""
    of_inputs, of_scores = plan["rows"]["inputs"], plan["rows"]["scores"]
    known = {one["name"]: one for one in plan["scores"]}
    answers = [(about, one) for about, one in score_values(inputs) if about["name"] in known]
    how = Comparison(
        weights, alpha, n_questions(plan, len(answers)), plan["thresholds"]["psi_warning"]
    )
    questions, columns, scores = [], [], []
    for entry, raw in zip(plan["columns"], inputs.raw, strict=True):
        values = raw.values
        if entry["kind"] == "category" and raw.kind != "category":
            values = np.full(len(values), None, dtype=object)  # nothing but missing values
        elif entry["kind"] != "category" and raw.kind == "category":
            values = np.full(len(values), np.nan)
        asked, section = ask_of_column(entry, of_inputs, values, how)
        questions += asked
        columns.append(section)
    for about, values in answers:
        question, section = ask_of_values(
            about["kind"], known[about["name"]], of_scores, values, how
        )
        questions.append(question)
        scores.append({**about, **section})
    return questions, columns, scores


def _figures(
    inputs: Inputs, plan: Mapping[str, Any], sample_weight: ArrayLike | None, alpha: float
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Measure what the plan watches, and say what cannot be measured and why."""
    answers, has_labels = inputs.teacher_answers, inputs.y is not None
    found: dict[str, Mapping[str, Any]] = {"fidelity": {}, "calibration": {}, "performance": {}}
    if has_labels or answers is not None:
        report = fidelity_report(
            inputs.student,
            inputs.X,
            inputs.y,
            teacher=inputs.student_answers if answers is None else answers,
            sample_weight=sample_weight,
            cutoff=inputs.cutoff,
            alpha=alpha,
        ).to_dict()
        found["fidelity"] = {} if answers is None else report
        found["performance"] = report["performance"].get("student", {})
    if has_labels:
        found["calibration"] = calibration(inputs, sample_weight, alpha)
    reasons = {} if has_labels else dict.fromkeys(("calibration", "performance"), NO_LABELS)
    if answers is None:
        reasons["fidelity"] = "No teacher was given, nor its answers on these rows."
    not_measured = [{"what": what, "reason": why} for what, why in sorted(reasons.items())]
    not_measured += [one for one in plan["not_watched"] if one["what"] not in reasons]
    signals = []
    for one in plan["watched"]:
        score = found[one["what"]].get(one["score"])
        if score is None:
            continue
        if score["low"] is None:
            what = f"{one['what']}: {one['score'].replace('_', ' ')}"
            not_measured.append({"what": what, "reason": score["method"]})
            continue
        signals.append(judge_figure(one, score))
    return signals, not_measured
