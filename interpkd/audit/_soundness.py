"""Conceptual soundness in words that follow from the student's own settings.

Nothing here is measured: it says what was chosen, what that takes for granted, and where in the
report the choice is put to the test.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WHY = (
    "A teacher was chosen for its accuracy and cannot be read. The student is a small model fitted "
    "to the teacher's answers instead of to the labels alone: its soft targets say of each row how "
    "sure the teacher is, and it can be asked about more rows than have labels. The student can be "
    "read in full, and it is the student that this report is about."
)

FORMS = {
    "decision tree": "A decision tree: each row follows questions about single columns to one leaf, "
    "and the leaf's answer is the answer. It holds interactions and jumps; it cannot hold a slope.",
    "linear model": "A sum of one term per column: each number times its coefficient, each category "
    "with its own. It holds slopes, and no interactions.",
    "scorecard": "A scorecard: each column is cut into bins, each bin has whole points, and the "
    "points add up. It holds curves in steps, and no interactions.",
}

OBJECTIVES = {
    "DistilledTreeClassifier": "Least divergence of the leaves' distributions from the soft "
    "targets, and decisions as the teacher's.",
    "DistilledTreeRegressor": "Least squared error to the teacher's predictions.",
    "DistilledLogisticRegression": "Least log loss of the soft targets, with the stated penalty.",
    "DistilledLinearSVC": "Least loss of the margins, each row weighing for a class as much as its "
    "soft target says; then one slope that turns margins into probabilities.",
    "DistilledLinearRegression": "Least squared error to the teacher's predictions, with the "
    "stated penalty.",
    "DistilledScorecardClassifier": "Least log loss of the soft targets on bins that are cut where "
    "the teacher's answer changes; then points rounded to whole ones.",
    "DistilledClassifier": "The loss of the estimator that it was fitted as, on the soft targets.",
    "DistilledRegressor": "The loss of the estimator that it was fitted as, on the predictions.",
}

SIZES = {
    "max_leaf_nodes": "most leaves",
    "max_depth": "most questions in a row",
    "min_samples_leaf": "least training rows of a leaf",
    "effort": "effort of the search",
    "C": "inverse strength of the penalty",
    "penalty_alpha": "strength of the penalty",
    "l1_ratio": "part of the penalty on absolute values",
    "max_bins": "most bins of a column",
    "min_bin_share": "least share of the rows of a bin",
    "max_features": "most columns",
}

SOURCES = {
    "out-of-fold": "out of fold: the teacher's answer to each training row is of a copy that did "
    "not see the row's label",
    "frozen teacher": "answers of the teacher as it is; where it saw these rows, they are surer "
    "than elsewhere",
    "given scores": "scores that were given; how they came about is not known here",
}


def conceptual_soundness(data: Mapping[str, Any]) -> dict[str, Any]:
    """Say why this student, in which form, under which constraints, for which aim.

    Parameters
    ----------
    data : mapping
        The sections of the report so far.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "choices" and "assumptions": topics with sentences;
        "trade_off" and "challengers": what is known of other sizes and of other models, or where
        to get it.
    """
    return {
        "is_computed": True,
        "reason": None,
        "choices": [{"topic": topic, "text": text} for topic, text in _choices(data)],
        "assumptions": [{"topic": topic, "text": text} for topic, text in _assumptions(data)],
        "trade_off": _trade_off(data["frontier"]),
        "challengers": _challengers(data["distil_or_not"]),
    }


def _choices(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    student, parameters = data["student"], data["lineage"]["student"]["parameters"]
    distillation = data["lineage"]["distillation"] or {}
    yield "Why a distilled student", WHY
    other = f"A {student['kind']}, which the report cannot write out."
    yield "Form", FORMS.get(student["kind"], other)
    used = student.get("columns_used")
    if used is not None:
        of = data["data"]["n_columns"]
        yield "Columns", f"It uses {len(used)} of {of} columns: {', '.join(used) or 'none'}."
    name = data["lineage"]["student"]["name"]
    aim = OBJECTIVES.get(name, f"That of {name}, which was not fitted by distillation here.")
    yield "What is optimised", aim
    yield "Soft targets", _targets(distillation)
    sizes = [
        f"{title} ({name}) {parameters[name]}"
        for name, title in SIZES.items()
        if parameters.get(name) is not None
    ]
    yield "Limits of its size", f"{'; '.join(sizes) or 'none was set'}."
    yield "Constraints", _constraints(data["monotonicity"], parameters.get("monotonic_cst"))


def _targets(facts: Mapping[str, Any]) -> str:
    if not facts:
        return "The student keeps no record of how it was taught."
    parts = [SOURCES.get(str(facts.get("source")), str(facts.get("source")))]
    if facts.get("alpha"):
        parts.append(f"true labels weigh {facts['alpha']} (alpha) of each target")
    else:
        parts.append("true labels do not enter the targets directly (alpha 0)")
    if facts.get("temperature", 1.0) != 1.0:
        parts.append(f"softened with temperature {facts['temperature']}")
    if facts.get("n_augmented"):
        parts.append(
            f"{facts['n_augmented']} generated rows near the data, answered by the teacher"
        )
    return f"{'; '.join(parts)}."


def _constraints(found: Mapping[str, Any], declared: Any) -> str:
    if found["is_computed"] and found["columns"]:
        kept = sum(one["student_ok"] is True for one in found["columns"])
        return (
            f"Directions are declared of {len(found['columns'])} columns, of which the student "
            f"provably keeps {kept}; see Directions."
        )
    if declared is not None:
        return f"Directions are declared and not proved: {found['reason']}"
    return "No direction of a column was declared."


def _assumptions(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield (
        "The teacher is right where it matters",
        "The student learns the teacher's faults, too. What the teacher is worth is in Performance "
        "and in Discrimination and calibration.",
    )
    yield (
        "Later rows are like these",
        "Fidelity and performance hold for rows like the evaluation rows. What happens beyond the "
        "training range is in Sensitivity.",
    )
    if data["student"]["kind"] in ("linear model", "scorecard"):
        yield (
            "Columns add up",
            "The form has no interactions. How much of the teacher is interaction is in Partial "
            "dependence.",
        )
    if data["student"]["kind"] == "decision tree":
        yield (
            "Rows of a leaf are alike",
            "All rows of a leaf get one answer. How far the teacher's answers differ there is in "
            "the comparison of both models' answers.",
        )
    facts = data["lineage"]["distillation"] or {}
    if facts.get("n_augmented"):
        yield (
            "Generated rows are near enough",
            "The teacher's answers to generated rows are taken as its answers near the data.",
        )


def _trade_off(frontier: Mapping[str, Any]) -> dict[str, Any]:
    """Give the chosen point of the frontier, or the call that makes one."""
    if not frontier["is_computed"]:
        text = f"Size against fidelity: {frontier['reason']}"
        return {"is_computed": False, "text": text, "points": [], "score": None}
    score, choice = frontier["score"], frontier["choice"]
    text = "No size has the choosing score in all folds, so none was chosen."
    if choice is not None:
        text = choice["text"]
    points = [
        {
            "name": one["name"],
            "mean": one["by_fold"][score]["mean"] if score in one["by_fold"] else None,
            "is_chosen": choice is not None and one["name"] == choice["chosen"],
        }
        for one in frontier["points"]
    ]
    return {"is_computed": True, "text": text, "points": points, "score": score}


def _challengers(found: Mapping[str, Any]) -> str:
    if not found["is_computed"]:
        return f"Students of the same size that learn from labels: {found['reason']}"
    return "Students of the same size that learn from labels or decisions are in Distil or not."
