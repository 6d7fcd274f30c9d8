"""The sections of a report as plain dictionaries: evidence in, JSON-able values out.

Nothing here formats, rounds or draws. What a reader sees in HTML or Markdown is these values.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import hash_rows
from interpkd._fingerprint import unwrap
from interpkd.audit._inputs import plain
from interpkd.audit._provenance import (
    hash_student,
    hash_values,
    library_version,
    software,
)

MOST_ENTRIES = 50
"""Entries up to which a parameter that is a dictionary is written out."""

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._tables import Column, RawColumn
    from interpkd.audit._inputs import Inputs


def lineage(inputs: Inputs, *, random_state: int) -> dict[str, Any]:
    """Say which models these are, how the student was taught, and on which software.

    Parameters
    ----------
    inputs : Inputs
        The models.

    random_state : int
        The seed of the report's samples.

    Returns
    -------
    section : dict
        Student, teacher, distillation, software, seed.
    """
    model = unwrap(inputs.teacher)
    teacher = None if model is None else describe_model(model, deep=True)
    parts = [] if model is None else [model, *inner_models(model)]
    facts = getattr(inputs.student, "distillation_", None)
    return {
        "student": _describe_student(inputs),
        "teacher": teacher,
        "teacher_source": inputs.teacher_source,
        "distillation": None if facts is None else {str(k): plain(v) for k, v in facts.items()},
        "software": software(*(_library(part) for part in parts)),
        "random_state": random_state,
    }


def hashes(inputs: Inputs) -> dict[str, str | None]:
    """Give the SHA-256 of the evaluation rows, the answers and the student's numbers.

    Parameters
    ----------
    inputs : Inputs
        Models and rows.

    Returns
    -------
    section : dict
        Name to 64 hexadecimal digits, None for what is not there.
    """
    answers, training = inputs.teacher_answers, inputs.training_rows
    return {
        "evaluation_rows": hash_rows(inputs.rows, inputs.structure),
        "training_rows": None if training is None else hash_rows(training, inputs.structure),
        "training_labels": None if inputs.y_train is None else hash_values(inputs.y_train),
        "labels": None if inputs.y is None else hash_values(inputs.y),
        "student": hash_student(inputs.structure, inputs.student),
        "student_answers": hash_values(inputs.student_answers),
        "teacher_answers": None if answers is None else hash_values(answers),
    }


def describe_model(model: Any, *, deep: bool = False) -> dict[str, Any]:
    """Give type, library, version and parameters of a model.

    Parameters
    ----------
    model : object
        A fitted estimator or a function.

    deep : bool, default=False
        Whether to look into the models that it is made of.

    Returns
    -------
    description : dict
        Parameters that are no plain values are named by their type.
    """
    is_function = hasattr(model, "__qualname__")
    kind = model if is_function else type(model)
    library = _library(model)
    inner = [type(one).__name__ for one in inner_models(model)] if deep else []
    parameters: dict[str, Any] = {}
    if hasattr(model, "get_params"):
        parameters = {
            str(name): _parameter(value) for name, value in model.get_params(deep=deep).items()
        }
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "name": _name(kind, inner, is_function=is_function),
        "library": library,
        "version": library_version(library),
        "parameters": parameters,
    }


def _describe_student(inputs: Inputs) -> dict[str, Any]:
    """Describe the student; of one that was fitted as another estimator, that one too."""
    description = describe_model(inputs.student)
    if "student" in description["parameters"]:
        given = inputs.student.student
        plain = describe_model(inputs.structure.core if given is None else given, deep=True)
        for name, value in plain["parameters"].items():
            description["parameters"][f"student__{name}"] = value
    return description


def inner_models(model: Any) -> list[Any]:
    """Give the models that a model is made of: steps of a pipeline, a wrapped estimator."""
    if not hasattr(model, "get_params"):
        return []
    values = model.get_params(deep=False)
    steps = [one for _, one in getattr(model, "steps", ())]
    return [one for one in (*steps, *values.values()) if _is_model(one)]


def data_summary(
    inputs: Inputs, split: Mapping[str, Any] | None, *, is_weighted: bool
) -> dict[str, Any]:
    """Sum up the evaluation rows.

    Parameters
    ----------
    inputs : Inputs
        The rows and what the student knows of its training columns.

    split : mapping or None
        How the rows were held out, in the user's words.

    is_weighted : bool
        Whether the scores weigh the rows.

    Returns
    -------
    section : dict
        Rows, target and one entry per column.
    """
    known = inputs.structure.columns
    pairs = zip(inputs.raw, known, strict=False)
    return {
        "n_rows": inputs.n_rows,
        "n_columns": len(inputs.raw),
        "is_weighted": is_weighted,
        "split": None if split is None else dict(split),
        "target": _target(inputs),
        "columns": [_column(raw, column) for raw, column in pairs],
    }


def _name(kind: Any, inner: list[str], *, is_function: bool) -> str:
    if is_function:
        return f"function {kind.__qualname__}"
    return f"{kind.__name__} of {', '.join(inner)}" if inner else str(kind.__name__)


def _is_model(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _library(model: Any) -> str:
    kind = model if hasattr(model, "__qualname__") else type(model)
    return str(kind.__module__).partition(".")[0]


def _parameter(value: Any) -> Any:
    """Give a parameter as a plain value, a list of them, or the name of its type."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return plain(value)
    if isinstance(value, (list, tuple)) and all(
        isinstance(one, (str, bool, int, float, type(None))) for one in value
    ):
        return [plain(one) for one in value]
    if isinstance(value, dict) and len(value) <= MOST_ENTRIES:  # such as constraints by column
        entries = [(name, _parameter(one)) for name, one in value.items()]
        if not any(isinstance(one, str) for _, one in entries):
            return "; ".join(f"{name}: {_listed(one)}" for name, one in entries)
    return f"({type(value).__name__})"


def _listed(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def _target(inputs: Inputs) -> dict[str, Any] | None:
    if inputs.y is None:
        return None
    if inputs.classes is not None:
        labels = inputs.y.tolist()
        counts = [labels.count(label) for label in inputs.classes]
        return {
            "classes": [
                {"class": plain(label), "n": n, "share": n / inputs.n_rows}
                for label, n in zip(inputs.classes, counts, strict=True)
            ]
        }
    y = inputs.y.astype(np.float64)
    return {
        "mean": float(y.mean()),
        "standard_deviation": float(y.std()),
        "minimum": float(y.min()),
        "median": float(np.median(y)),
        "maximum": float(y.max()),
    }


def _column(raw: RawColumn, known: Column) -> dict[str, Any]:
    """Sum up one column of the evaluation rows against what the student knows of it."""
    if known.kind == "category":
        values = [value for value in raw.values if value is not None]
        unseen: int | None = sum(value not in known.categories for value in values)
        spread: dict[str, Any] = {
            "n_categories": len(set(values)),
            "minimum": None,
            "maximum": None,
        }
    else:
        numbers = np.asarray(raw.values, dtype=np.float64)
        values = numbers[~np.isnan(numbers)].tolist()
        unseen = _n_outside(values, known)
        spread = {
            "n_categories": None,
            "minimum": min(values) if values else None,
            "maximum": max(values) if values else None,
        }
    n_missing = len(raw.values) - len(values)
    return {
        "column": known.name,
        "kind": known.kind,
        "n_missing": n_missing,
        "missing_share": n_missing / len(raw.values),
        **spread,
        "n_outside_training": unseen,
        "missing_in_training": known.has_missing if _is_described(known) else None,
    }


def _is_described(known: Column) -> bool:
    """Whether the student kept what its training rows looked like; a bare tree did not."""
    return known.kind == "category" or known.minimum is not None


def _n_outside(values: list[float], known: Column) -> int | None:
    if known.minimum is None or known.maximum is None:
        return None
    return sum(not known.minimum <= value <= known.maximum for value in values)
