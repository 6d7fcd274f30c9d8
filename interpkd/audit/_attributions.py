"""Explanations of both models on a stated sample and a stated background."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._validation import num_samples, safe_indexing
from interpkd.explanation import explain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs
    from interpkd.explanation import Explanations

MAX_EXPLAINED = 200
"""Most evaluation rows that are explained."""

MAX_BACKGROUND = 100
"""Most rows of the background."""

MAX_QUESTIONS = 600_000
"""Most rows a teacher is asked about where its values are sampled; this took about ten seconds
for a boosted teacher behind an encoder of categories."""

N_PERMUTATIONS = 5
"""Permutations per row where the teacher's values are sampled."""

FORMULAS = ("TreeSHAP", "logistic function of a sum")
"""What the methods of explanations are called that ask no model about many mixed rows."""

FEW_COLUMNS = 6
"""With so few columns all their coalitions cost about as much, and the values are exact."""


@dataclass(frozen=True)
class Attributions:
    """SHAP values of both models on the explained rows.

    Attributes
    ----------
    facts : dict
        The explanation section of the report.

    columns : list of str
        Names of the columns.

    answers : list of str
        What is explained: ``"P(yes)"`` per class shown, or ``"prediction"``.

    values : dict
        ``"student"`` and, when it can be asked, ``"teacher"``: arrays of shape
        (n_rows, n_columns, n_answers).

    encoded : ndarray of shape (n_rows, n_columns)
        The explained rows as numbers.

    is_ordered : list of bool
        Whether larger numbers of a column mean more of something, which codes of categories do not.

    explanations : Explanations
        What all of this is taken from.

    rows : ndarray of shape (n_rows,)
        Positions of the explained rows among the evaluation rows.
    """

    facts: dict[str, Any]
    columns: list[str]
    answers: list[str]
    values: dict[str, FloatArray]
    encoded: FloatArray
    is_ordered: list[bool]
    explanations: Explanations
    rows: NDArray[np.intp]


def attribute(inputs: Inputs, background: Table | None, *, random_state: int) -> Attributions:
    """Explain both models on at most 200 evaluation rows and a background of at most 100.

    Parameters
    ----------
    inputs : Inputs
        The models and the evaluation rows.

    background : table or None
        The rows that an explanation compares with; None for a sample of the evaluation rows.

    random_state : int
        Seed of both samples.

    Returns
    -------
    attributions : Attributions
        The values and the section of the report.
    """
    rng = np.random.default_rng(random_state)
    pool = inputs.X if background is None else background
    share = _affordable_share(inputs, pool)
    rows = _places(inputs.n_rows, round(MAX_EXPLAINED * share), rng)
    explained = _take(inputs.X, rows)
    reference = _take(pool, _places(num_samples(pool), round(MAX_BACKGROUND * share), rng))
    found = _explain(inputs, explained, reference, random_state=random_state)
    values = {"student": _shown(found.student.values, inputs)}
    if inputs.teacher is not None:
        values["teacher"] = _shown(found.teacher.values, inputs)
    columns = [column.name for column in inputs.structure.columns]
    answers = _answer_names(inputs)
    importance = _importance(columns, values)
    facts = {
        "n_rows": num_samples(explained),
        "n_rows_available": inputs.n_rows,
        "background": {
            "source": "evaluation rows" if background is None else "given",
            "n_rows": num_samples(reference),
            "n_rows_available": num_samples(pool),
            "sha256": found.background_sha256,
        },
        "limited_by": None
        if share == 1
        else "values are sampled, by asking a model about many mixed rows",
        "scale": "prediction" if inputs.classes is None else "probability",
        "answers": answers,
        "method": {name: found.method[name] for name in values},
        "additivity_error": {name: found.additivity_error[name] for name in values},
        "teacher_missing": _why_no_teacher(inputs),
        "columns": importance,
        "spread": _spread(columns, answers, values, [one["column"] for one in importance]),
    }
    return Attributions(
        facts,
        columns,
        answers,
        values,
        np.asarray(found.student.data, dtype=np.float64),
        [column.kind != "category" for column in inputs.structure.columns],
        found,
        rows,
    )


def _explain(inputs: Inputs, X: Table, background: Table, *, random_state: int = 0) -> Any:
    return explain(
        inputs.student,
        X,
        background=background,
        teacher=inputs.teacher,
        n_permutations=_n_permutations(inputs),
        random_state=random_state,
    )


def _n_permutations(inputs: Inputs) -> int:
    return N_PERMUTATIONS * (2 if len(inputs.structure.columns) <= FEW_COLUMNS else 1)


def _affordable_share(inputs: Inputs, pool: Table) -> float:
    """Give the share of the rows that a model whose values are sampled is asked about.

    Whether they are sampled is seen on one row: only the explanation knows what it can read.
    """
    if inputs.teacher is None and inputs.structure.is_tree:
        return 1.0
    first = [0]
    probe = _explain(inputs, safe_indexing(inputs.X, first), safe_indexing(pool, first))
    asked = ["student"] if inputs.teacher is None else ["student", "teacher"]
    n_sampled = sum(not any(one in probe.method[who] for one in FORMULAS) for who in asked)
    if n_sampled == 0:
        return 1.0
    n_columns = len(inputs.structure.columns)
    per_pair = min(2 * _n_permutations(inputs) * max(n_columns - 1, 1), 2**n_columns)
    n_pairs = min(inputs.n_rows, MAX_EXPLAINED) * min(num_samples(pool), MAX_BACKGROUND)
    n_pairs *= n_sampled
    return min(1.0, math.sqrt(MAX_QUESTIONS / (per_pair * n_pairs)))


def _places(n: int, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Draw positions of rows without replacement, in their order; all when they are few."""
    if n <= size:
        return np.arange(n)
    return np.sort(rng.choice(n, size=size, replace=False))


def _take(X: Table, rows: NDArray[np.intp]) -> Table:
    return X if len(rows) == num_samples(X) else safe_indexing(X, rows)


def _shown(values: Any, inputs: Inputs) -> FloatArray:
    """Give the SHAP values of the answers that a report shows, shape (n, d, n_answers)."""
    array = np.asarray(values, dtype=np.float64)
    if inputs.classes is None:
        return array[:, :, None]
    return array[:, :, 1:] if len(inputs.classes) == 2 else array


def _answer_names(inputs: Inputs) -> list[str]:
    if inputs.classes is None:
        return ["prediction"]
    shown = inputs.classes[1:] if len(inputs.classes) == 2 else inputs.classes
    return [f"P({label})" for label in shown]


def _why_no_teacher(inputs: Inputs) -> str | None:
    return {
        "answers": "only the teacher's answers were given, so the teacher itself is not explained",
        "none": "there is no teacher to ask",
    }.get(inputs.teacher_source)


def _importance(columns: list[str], values: dict[str, FloatArray]) -> list[dict[str, Any]]:
    """Give the mean |SHAP value| per column, summed over the answers, largest student first."""
    means = {who: np.abs(one).mean(axis=0).sum(axis=1) for who, one in values.items()}
    ranks = {who: _ranks(one) for who, one in means.items()}
    out = [
        {
            "column": name,
            "student": float(means["student"][i]),
            "student_rank": int(ranks["student"][i]),
            "teacher": float(means["teacher"][i]) if "teacher" in means else None,
            "teacher_rank": int(ranks["teacher"][i]) if "teacher" in means else None,
        }
        for i, name in enumerate(columns)
    ]
    return sorted(out, key=lambda one: -max(one["student"], one["teacher"] or 0.0))


def _ranks(means: FloatArray) -> FloatArray:
    """Rank 1 is the largest; equal values, such as many zeros, share the best rank."""
    return 1 + (means[None, :] > means[:, None]).sum(axis=1)


def _spread(
    columns: list[str], answers: list[str], values: dict[str, FloatArray], order: list[str]
) -> list[dict[str, Any]]:
    """Give quantiles of the SHAP values: the beeswarms in numbers."""
    places = [columns.index(name) for name in order]
    return [
        {
            "answer": answer,
            "columns": [
                {
                    "column": columns[i],
                    **{who: _quantiles(values, who, i, k) for who in ("student", "teacher")},
                }
                for i in places
            ],
        }
        for k, answer in enumerate(answers)
    ]


def _quantiles(values: dict[str, FloatArray], who: str, i: int, k: int) -> dict[str, float] | None:
    if who not in values:
        return None
    found = np.quantile(values[who][:, i, k], [0.05, 0.5, 0.95]).tolist()
    return dict(zip(("q05", "median", "q95"), found, strict=True))
