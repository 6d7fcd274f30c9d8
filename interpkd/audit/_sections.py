"""The sections of a report as plain dictionaries: evidence in, JSON-able values out.

Nothing here formats, rounds or draws. What a reader sees in HTML or Markdown is these values.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from interpkd._optional import is_instance_of_name
from interpkd.audit._inputs import plain
from interpkd.audit._provenance import (
    hash_tree,
    hash_values,
    library_version,
    software,
)
from interpkd.explanation._rows import hash_rows
from interpkd.export import rule_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._tables import Column, RawColumn
    from interpkd._typing import FloatArray
    from interpkd.audit._inputs import Inputs
    from interpkd.export import Condition, Rule

MAX_BINS = 12
"""Most bins of the student's answers in the comparison with the teacher."""


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
        "student": describe_model(inputs.student),
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
    answers = inputs.teacher_answers
    return {
        "evaluation_rows": hash_rows(inputs.rows, inputs.structure),
        "labels": None if inputs.y is None else hash_values(inputs.y),
        "student": hash_tree(inputs.structure),
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
    kind = type(model)
    library = _library(model)
    inner = [type(one).__name__ for one in inner_models(model)] if deep else []
    parameters: dict[str, Any] = {}
    if hasattr(model, "get_params"):
        parameters = {
            str(name): _parameter(value) for name, value in model.get_params(deep=deep).items()
        }
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "name": f"{kind.__name__} of {', '.join(inner)}" if inner else kind.__name__,
        "library": library,
        "version": library_version(library),
        "parameters": parameters,
    }


def inner_models(model: Any) -> list[Any]:
    """Give the models that a model is made of: steps of a pipeline, a wrapped estimator."""
    if not hasattr(model, "get_params"):
        return []
    values = model.get_params(deep=False)
    steps = [one for _, one in getattr(model, "steps", ())]
    return [one for one in (*steps, *values.values()) if _is_model(one)]


def unwrap(teacher: Any) -> Any:
    """Give the model inside a `FrozenEstimator` or inside what `as_teacher` made."""
    if isinstance(teacher, FrozenEstimator):
        return unwrap(teacher.estimator)
    if is_instance_of_name(teacher, "interpkd.teachers._as_teacher._Frozen"):
        return unwrap(teacher.model)
    return teacher


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


def student_rules(inputs: Inputs) -> dict[str, Any]:
    """Give the whole student: every rule, with what the evaluation rows say of it.

    Parameters
    ----------
    inputs : Inputs
        The student, the rows and both models' answers.

    Returns
    -------
    section : dict
        Size, depth, columns used and rules in the order of their numbers.
    """
    rules = rule_list(inputs.student)
    tree = inputs.structure.core.tree_
    used = sorted({int(i) for i in tree.feature if i >= 0})
    return {
        "kind": "decision tree",
        "n_rules": len(rules),
        "depth": int(tree.max_depth),
        "columns_used": [inputs.structure.columns[i].name for i in used],
        "rows_counted": (
            "training rows"
            if inputs.structure.n_real_rows is None
            else "real training rows, none generated"
        ),
        "rules": [_rule(rule, inputs) for rule in rules],
    }


def comparison(inputs: Inputs) -> list[dict[str, Any]]:
    """Compare the answers of student and teacher in bins of the student's answer.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers.

    Returns
    -------
    section : list of dict
        One entry per class shown (for two classes the second, for a regression the prediction),
        each with its bins; empty when the teacher cannot be asked.
    """
    if inputs.teacher_answers is None:
        return []
    return [
        {
            "answer": label,
            "bins": _bins(student, teacher),
        }
        for label, student, teacher in answer_columns(inputs)
    ]


def answer_columns(inputs: Inputs) -> list[tuple[str, FloatArray, FloatArray]]:
    """Give the answers that a report shows: name, student's and teacher's, each (n_samples,).

    For two classes the second says all, so the first is left out.
    """
    student, teacher = inputs.student_answers, inputs.teacher_answers
    if teacher is None:
        return []
    if inputs.classes is None:
        return [("prediction", student, teacher)]
    first = 1 if len(inputs.classes) == 2 else 0
    return [
        (f"P({inputs.classes[k]})", student[:, k], teacher[:, k])
        for k in range(first, len(inputs.classes))
    ]


def _is_model(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _library(model: Any) -> str:
    return type(model).__module__.partition(".")[0]


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
    return f"({type(value).__name__})"


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
        unseen = sum(value not in known.categories for value in values)
        spread = {"n_categories": len(set(values)), "minimum": None, "maximum": None}
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
    return known.kind == "category" or not math.isnan(known.minimum)


def _n_outside(values: list[float], known: Column) -> int | None:
    if not _is_described(known):
        return None
    return sum(not known.minimum <= value <= known.maximum for value in values)


def _rule(rule: Rule, inputs: Inputs) -> dict[str, Any]:
    here = inputs.leaves == rule.leaf
    distribution = rule.distribution
    return {
        "number": rule.number,
        "leaf": rule.leaf,
        "text": rule.text,
        "conditions": [_condition(one) for one in rule.conditions],
        "n_rows": rule.n_rows,
        "share": rule.share,
        "distribution": None if distribution is None else list(distribution.values()),
        "value": rule.value,
        "decision": plain(_decision(rule, inputs)),
        "evaluation": _rule_on_evaluation_rows(rule, here, inputs),
    }


def _decision(rule: Rule, inputs: Inputs) -> Any:
    """Give the class decided at the cutoff, or the prediction."""
    if rule.distribution is None or inputs.classes is None:
        return rule.value
    proba = np.array([list(rule.distribution.values())])
    return inputs.classes[int(inputs.decide(proba)[0])]


def _condition(condition: Condition) -> dict[str, Any]:
    return {
        "column": condition.column,
        "kind": condition.kind,
        "lower": None if condition.lower is None else plain(condition.lower),
        "upper": None if condition.upper is None else plain(condition.upper),
        "categories": [plain(value) for value in condition.categories],
        "or_missing": condition.or_missing,
        "missing_seen": condition.missing_seen,
        "text": condition.text,
    }


def _rule_on_evaluation_rows(
    rule: Rule, here: NDArray[np.bool_], inputs: Inputs
) -> dict[str, Any]:
    """Give rows, the teacher's mean answer and the agreement in one leaf."""
    answers = inputs.teacher_answers
    n = int(here.sum())
    out: dict[str, Any] = {"n": n, "share": n / inputs.n_rows}
    if answers is None or n == 0:
        return {**out, "teacher_mean": None, "agreement": None}
    mean = answers[here].mean(axis=0)
    if inputs.classes is None:
        return {**out, "teacher_mean": float(mean), "agreement": None}
    agreed = inputs.decide(answers[here]) == inputs.decide(inputs.student_answers[here])
    return {**out, "teacher_mean": mean.tolist(), "agreement": float(agreed.mean())}


def _bins(student: FloatArray, teacher: FloatArray) -> list[dict[str, Any]]:
    """Put rows with similar answers of the student together: one bin per answer if they are few."""
    levels = np.unique(student)
    if len(levels) <= MAX_BINS:
        edges = levels[1:]
    else:
        edges = np.unique(np.quantile(student, np.arange(1, MAX_BINS) / MAX_BINS))
    place = np.searchsorted(edges, student, side="right")
    return [
        {
            "low": float(student[place == b].min()),
            "high": float(student[place == b].max()),
            "n": int((place == b).sum()),
            "student_mean": float(student[place == b].mean()),
            "teacher_mean": float(teacher[place == b].mean()),
            "mean_absolute_difference": float(np.abs(teacher - student)[place == b].mean()),
        }
        for b in np.unique(place)
    ]
