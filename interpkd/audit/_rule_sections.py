"""The student in full and its answers beside the teacher's, as plain dictionaries."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.audit._interactive_tree import tree_nodes
from interpkd.export import rule_list

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.audit._inputs import Inputs
    from interpkd.export import Condition, Rule

MAX_BINS = 12
"""Most bins of the student's answers in the comparison with the teacher."""


def student_rules(inputs: Inputs) -> dict[str, Any]:
    """Give the whole student: every rule, with what the evaluation rows say of it.

    Parameters
    ----------
    inputs : Inputs
        The student, the rows and both models' answers.

    Returns
    -------
    section : dict
        Size, depth, columns used, rules in the order of their numbers and all nodes; for a student that is
        no tree its kind, and none of these.
    """
    if not inputs.structure.is_tree:
        return {
            "kind": type(inputs.structure.core).__name__,
            "n_rules": None,
            "depth": None,
            "columns_used": None,
            "rows_counted": None,
            "rules": [],
            "nodes": [],
        }
    rules = [_rule(rule, inputs) for rule in rule_list(inputs.student)]
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
        "rules": rules,
        "nodes": tree_nodes(inputs, rules),
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


def _rule(rule: Rule, inputs: Inputs) -> dict[str, Any]:
    here = np.asarray(inputs.leaves == rule.leaf)
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
        "evaluation": _on_evaluation_rows(here, inputs),
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


def _on_evaluation_rows(here: NDArray[np.bool_], inputs: Inputs) -> dict[str, Any]:
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
