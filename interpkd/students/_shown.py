"""What a notebook shows of a student: scikit-learn's diagram, and below it what was learned."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._fingerprint import unwrap
from interpkd._glance import glance, size_of
from interpkd._html import paragraphs, show
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ShownStudent:
    """Adds what was learned to the diagram of a fitted student.

    Of an unfitted one there is the diagram only, and with ``set_config(display="text")`` neither.
    """

    def _repr_html_inner(self) -> str:
        return str(super()._repr_html_inner()) + _learned(self)  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += _learned(self)
        return bundle


def _learned(student: Any) -> str:
    """Draw what a fitted student has learned; nothing of an unfitted one."""
    if not hasattr(student, "student_") or not hasattr(student, "distillation_"):
        return ""
    from interpkd.export import to_json

    name, source = type(student).__name__, _source(student)
    try:
        data = to_json(student)
    except InvalidInputError:  # of any kind: its numbers are its own affair
        core = student.student_
        inner = type(core.steps[-1][1] if hasattr(core, "steps") else core).__name__
        return show(f"{name}: a fitted {inner}", paragraphs(f"{source} {_rows(student)}"))
    return show(f"{name}: {size_of(data)}", paragraphs(f"{source} {_rows(student)}"), glance(data))


def _source(student: Any) -> str:
    """Say what the targets were."""
    facts, teacher = student.distillation_, _teacher(student)
    answers = "answers" if not hasattr(student, "classes_") else "probabilities"
    source = facts.get("source")
    if source == "out-of-fold":
        n_folds = facts.get("n_folds")
        folds = f", cross-fitted in {n_folds} folds" if n_folds else ""
        return f"Learned from out-of-fold {answers} of {teacher}{folds}."
    if source == "given scores":
        return f"Learned from {answers} that were given as they are; no teacher was asked."
    return f"Learned from the {answers} of {teacher}, frozen as it was given."


def _teacher(student: Any) -> str:
    teacher = unwrap(student.__dict__.get("teacher_"))
    if teacher is not None:
        own, inner = type(teacher).__name__, getattr(teacher, "model", None)
        return f"{own} of {type(inner).__name__}" if own.startswith("Tabular") else own
    kind: Mapping[str, Any] = getattr(student, "teacher_reference_", {})
    return str(kind.get("type") or "its teacher").rpartition(".")[2]


def _rows(student: Any) -> str:
    facts = student.distillation_
    n_unlabeled, n_generated = facts.get("n_unlabeled", 0), facts.get("n_augmented", 0)
    n_real = facts.get("n_labeled", 0) + n_unlabeled
    parts = [f"{n_real:,} rows" if n_real != 1 else "1 row"]
    if n_unlabeled:
        parts.append(f"{n_unlabeled:,} of them unlabelled")
    if n_generated:
        parts.append(f"and {n_generated:,} generated ones that the teacher answered")
    if alpha := facts.get("alpha"):
        parts.append(f"labels weigh {alpha:g}")
    return ", ".join(parts) + "."
