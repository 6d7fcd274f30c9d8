"""Parts of a report that depend on what its student and its teacher are."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._coefficient_sections import student_coefficients
from interpkd.audit._points_sections import student_points
from interpkd.audit._rule_sections import student_rules
from interpkd.exceptions import InvalidInputError
from interpkd.export import to_json
from interpkd.fidelity import fidelity_report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._inputs import Inputs


def student_in_full(inputs: Inputs, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Give the student in full, by what it consists of: bins, coefficients or rules."""
    if hasattr(inputs.student, "card_"):
        return student_points(inputs, labels)
    if hasattr(inputs.student, "reference_levels_"):
        return student_coefficients(inputs)
    return student_rules(inputs)


def student_as_document(student: Any) -> dict[str, Any]:
    """Give the student as a document that other programs score with, or why there is none."""
    try:
        return {"model": to_json(student), "model_left_out": None}
    except InvalidInputError as error:
        return {"model": None, "model_left_out": str(error)}


def fidelity_or_performance(inputs: Inputs, **options: Any) -> dict[str, Any]:
    """Give the fidelity report as a dictionary; without a teacher, the student's performance."""
    answers = inputs.teacher_answers
    has_teacher = answers is not None
    report = fidelity_report(
        inputs.student,
        inputs.X,
        inputs.y,
        # the student beside itself: its performance is measured, and nothing else is kept
        teacher=answers if has_teacher else inputs.student_answers,
        **options,
    ).to_dict()
    if has_teacher:
        return {"is_computed": True, "reason": None, **report}
    kept = ("task", "classes", "n_rows", "n_groups", "weighted", "confidence", "cutoff")
    performance = {who: of for who, of in report["performance"].items() if who == "student"}
    return {
        "is_computed": False,
        "reason": "No teacher was given, and the student keeps none.",
        **{name: report[name] for name in kept},
        "performance": performance,
        "segments": [],
        "definitions": report["definitions"],
    }
