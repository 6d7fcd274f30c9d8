"""Both models against the labels: how well they divide the classes, and whether they are calibrated.

Performance, and no fidelity: a student may follow its teacher closely and share its faults.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._validation import class_positions
from interpkd.audit._inputs import plain
from interpkd.audit._section_blocks import nothing
from interpkd.fidelity import discrimination, estimate_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.audit._inputs import Inputs

N_BINS = 10
"""Most bins of the calibration and the lift table."""

MAX_POINTS = 50
"""Most points of a curve in the data model."""

SCORES = ("auc", "gini", "ks", "calibration_slope", "calibration_intercept", "calibration_bias")

ABOUT_CLASSES = "AUC, KS, calibration of probabilities, lift and curves are of two classes."
ABOUT_NUMBERS = "A regression has no classes to divide; its calibration table is of predictions."


def discrimination_evidence(
    inputs: Inputs, *, sample_weight: ArrayLike | None, alpha: float
) -> dict[str, Any]:
    """Compare both models with the labels.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers and the labels.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    alpha : float
        One minus the confidence of the intervals.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then "left_out" (what does not apply, None where all does),
        "scores", "calibration", "lift", "curves", "confusion" and "decisions".
    """
    if inputs.y is None:
        return nothing("No labels were given, so neither model can be compared with them.")
    weights = np.ones(inputs.n_rows) if sample_weight is None else np.asarray(sample_weight, float)
    answers = {"student": inputs.student_answers}
    if inputs.teacher_answers is not None:
        answers["teacher"] = inputs.teacher_answers
    section: dict[str, Any] = {
        "is_computed": True,
        "reason": None,
        "left_out": None,
        "confidence": 1 - alpha,
        "n_rows": inputs.n_rows,
        "positive_class": None,
        "scores": [],
        "ks_at": {},
        "calibration": [],
        "lift": [],
        "curves": [],
        "confusion": [],
        "decisions": [],
    }
    if inputs.structure.classes is None:
        section["left_out"] = ABOUT_NUMBERS
        section["calibration"] = list(_calibration(inputs.y.astype(float), answers, weights, alpha))
        return section
    labels = class_positions(inputs.y, inputs.structure.classes)
    section["confusion"] = [
        _confusion(inputs, who, labels, inputs.decide(P)) for who, P in answers.items()
    ]
    if len(inputs.structure.classes) != 2:
        section["left_out"] = ABOUT_CLASSES
        return section
    section["positive_class"] = plain(inputs.structure.classes[1])
    p = {who: P[:, 1] for who, P in answers.items()}
    return section | _of_two_classes(inputs, labels == 1, p, weights, alpha)


def _of_two_classes(
    inputs: Inputs, positive: BoolArray, p: dict[str, FloatArray], weights: FloatArray, alpha: float
) -> dict[str, Any]:
    options: dict[str, Any] = {"sample_weight": weights, "alpha": alpha}
    found = discrimination(positive, p, **options)
    scores = [
        {
            "score": name,
            "student": found.models["student"][name].to_dict(),
            "teacher": found.models["teacher"][name].to_dict() if "teacher" in p else None,
            "difference": found.differences[name].to_dict() if found.differences else None,
        }
        for name in SCORES
    ]
    return {
        "scores": scores,
        "ks_at": found.ks_at,
        "calibration": list(_calibration(positive, p, weights, alpha)),
        "lift": [
            {"model": who, "rows": list(_lift(positive, one, weights))} for who, one in p.items()
        ],
        "curves": [{"model": who, **_curves(positive, one, weights)} for who, one in p.items()],
        "decisions": [
            {"model": who, "rates": list(_rates(positive, one > inputs.cutoff, options))}
            for who, one in p.items()
        ],
    }


def _calibration(
    truth: NDArray[Any], answers: dict[str, FloatArray], weights: FloatArray, alpha: float
) -> Iterator[dict[str, Any]]:
    """Give each model's bins against the labels, and the student's against the teacher."""
    for who, answer in answers.items():
        bins = list(_calibration_bins(answer, truth, weights, alpha))
        yield {"model": who, "against": "labels", "bins": bins}
    if "teacher" in answers:
        bins = list(_calibration_bins(answers["student"], answers["teacher"], weights, alpha))
        yield {"model": "student", "against": "teacher", "bins": bins}


def _calibration_bins(
    answer: FloatArray, truth: NDArray[Any], weights: FloatArray, alpha: float
) -> Iterator[dict[str, Any]]:
    for here in bins_of(answer):
        w = weights[here] if weights[here].any() else np.ones(int(here.sum()))
        share = None
        if truth.dtype == bool:
            share = estimate_share(truth[here], sample_weight=w, alpha=alpha).to_dict()
        yield {
            "low": float(answer[here].min()),
            "high": float(answer[here].max()),
            "n": int(here.sum()),
            "mean_answer": float(np.average(answer[here], weights=w)),
            "mean_truth": float(np.average(truth[here], weights=w)),
            "truth_low": None if share is None else share["low"],
            "truth_high": None if share is None else share["high"],
        }


def bins_of(answer: FloatArray) -> Iterator[BoolArray]:
    """Give the rows of each bin of about as many rows, or one bin per answer where they are few."""
    levels = np.unique(answer)
    if len(levels) <= N_BINS:
        edges = levels[1:]
    else:
        edges = np.unique(np.quantile(answer, np.arange(1, N_BINS) / N_BINS))
    place = np.searchsorted(edges, answer, side="right")
    for k in np.unique(place):
        yield place == k


def _lift(positive: BoolArray, p: FloatArray, weights: FloatArray) -> Iterator[dict[str, Any]]:
    """Give the bins from the highest probability down, with the positive rows found so far."""
    total, found, seen = float(weights @ positive), 0.0, 0.0
    base = total / weights.sum()
    for number, here in enumerate(reversed(list(bins_of(p))), start=1):
        weight, hits = float(weights[here].sum()), float(weights[here] @ positive[here])
        found, seen = found + hits, seen + weight
        rate = hits / weight if weight > 0 else None
        yield {
            "bin": number,
            "low": float(p[here].min()),
            "high": float(p[here].max()),
            "n": int(here.sum()),
            "n_positive": int(positive[here].sum()),
            "positive_rate": rate,
            "lift": None if rate is None or base == 0 else rate / base,
            "share_of_rows": seen / float(weights.sum()),
            "share_captured": None if total == 0 else found / total,
        }


def _curves(positive: BoolArray, p: FloatArray, weights: FloatArray) -> dict[str, Any]:
    """Give points of the ROC and the CAP curve, from the highest probability down."""
    levels, level = np.unique(-p, return_inverse=True)
    hits, others = (
        np.cumsum(np.bincount(level, weights=weights * kind, minlength=len(levels)))
        for kind in (positive, ~positive)
    )
    if not (hits[-1] and others[-1]):
        return {"roc": [], "cap": []}
    chosen = np.arange(len(levels))
    if len(chosen) > MAX_POINTS:
        chosen = np.unique(np.linspace(0, len(levels) - 1, MAX_POINTS).round().astype(int))
    rows = (hits + others) / (hits[-1] + others[-1])
    found, false = hits / hits[-1], others / others[-1]
    return {
        "roc": [[0.0, 0.0], *np.column_stack([false, found])[chosen].tolist()],
        "cap": [[0.0, 0.0], *np.column_stack([rows, found])[chosen].tolist()],
    }


def _confusion(
    inputs: Inputs, who: str, labels: NDArray[np.intp], decided: NDArray[np.intp]
) -> dict[str, Any]:
    """Count rows by label and decision."""
    classes = inputs.classes or []
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, (labels, decided), 1)
    rows = [
        {"label": plain(label), "counts": row.tolist()}
        for label, row in zip(classes, counts, strict=True)
    ]
    return {"model": who, "rows": rows}


def _rates(
    positive: BoolArray, decided: BoolArray, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Give what the decision table comes down to, each with its interval."""
    for rate, right, among in (
        ("decided for the positive class", decided, np.ones_like(positive)),
        ("accuracy", decided == positive, np.ones_like(positive)),
        ("recall", decided, positive),
        ("specificity", ~decided, ~positive),
        ("precision", positive, decided),
        ("negative predictive value", ~positive, ~decided),
    ):
        weights = options["sample_weight"][among]
        score = None
        if weights.any():
            score = estimate_share(
                right[among], sample_weight=weights, alpha=options["alpha"]
            ).to_dict()
        yield {"rate": rate, "score": score}
