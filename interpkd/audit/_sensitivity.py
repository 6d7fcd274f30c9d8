"""What both models do when one thing changes: a value, a missing value, a range, the cut-off.

A row gets a value that may be impossible together with the rest of it: the question is how far
decisions hang on one column, and not how likely the change is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import decide
from interpkd._tables import select_rows
from interpkd.audit._asking_again import askers, sample_rows, training_pool
from interpkd.audit._section_blocks import nothing
from interpkd.audit._shifts import shifted, shifts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs
    from interpkd.audit._shifts import Shift

MAX_ROWS = 2000
"""Most evaluation rows that are changed."""

MAX_QUESTIONS = 40_000
"""About how many rows each model is asked about, for all changes together."""

LEAST_ROWS = 20
"""At least so many rows, however many columns there are."""

MAX_COLUMNS = 200
"""Of more columns none is changed."""

CUTOFF_STEP = 0.05
"""How far the cut-off is moved up and down."""


def sensitivity(inputs: Inputs, *, random_state: int) -> dict[str, Any]:
    """Change one column at a time, on a sample of the evaluation rows.

    Parameters
    ----------
    inputs : Inputs
        Both models and the rows.

    random_state : int
        Seed of the sample.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "n_rows"; "shifts": per column and change what it does to
        student and teacher, and how often they then decide alike; "cutoffs": what another cut-off
        does on all evaluation rows. "mean_change" is the mean absolute change of a prediction or
        of the probability of the second class; of more classes half the sum of all changes.
    """
    n_columns = len(inputs.structure.columns)
    if n_columns > MAX_COLUMNS:
        return nothing(f"One change at a time of {n_columns} columns takes too many questions.")
    pool = training_pool(inputs)
    shifts = [shifts_of(inputs, pool, i) for i in range(n_columns)]
    size = max(LEAST_ROWS, MAX_QUESTIONS // sum(map(len, shifts)))
    places = sample_rows(inputs.n_rows, min(MAX_ROWS, size), random_state)
    rows = select_rows(inputs.rows, places)
    before = {"student": inputs.student_answers[places]}
    if inputs.teacher is not None and inputs.teacher_answers is not None:
        before["teacher"] = inputs.teacher_answers[places]
    tried = []
    for i, of_column in enumerate(shifts):
        for _, some in groupby(of_column, lambda one: one.kind if not one.is_number else ""):
            tried += list(_tried(inputs, pool, rows, i, list(some), before))
    return {
        "is_computed": True,
        "reason": None,
        "n_rows": len(places),
        "n_rows_available": inputs.n_rows,
        "ranges_from": "evaluation rows" if pool is inputs.rows else "training rows",
        "agreement_before": _agreement(inputs, before),
        "shifts": tried,
        "cutoffs": list(_cutoffs(inputs)),
    }


def _tried(
    inputs: Inputs,
    pool: Table,
    rows: Table,
    i: int,
    shifts: list[Shift],
    before: dict[str, FloatArray],
) -> Iterator[dict[str, Any]]:
    """Ask each model once about some changes of a column."""
    table = shifted(inputs, pool, rows, i, shifts)
    ask = askers(inputs)
    answers = {who: _ask(ask[who], table) for who in before}
    for k, shift in enumerate(shifts):
        here = slice(k * rows.shape[0], (k + 1) * rows.shape[0])
        after = {who: one if isinstance(one, str) else one[here] for who, one in answers.items()}
        yield {
            "column": inputs.structure.columns[i].name,
            "change": shift.kind,
            "value": shift.value,
            "student": _effect(inputs, before["student"], after["student"]),
            "teacher": _effect(inputs, before["teacher"], after["teacher"])
            if "teacher" in before
            else None,
            "agreement": _agreement(inputs, after),
        }


def _ask(model: Callable[[Table], FloatArray], table: Table | None) -> Any:
    """Give the answers, or in words why there are none."""
    if table is None:
        return "the type of the column holds no missing value"
    try:
        return model(table)
    except (ValueError, TypeError) as error:  # such as an estimator that takes no missing value
        return f"refused with {type(error).__name__}"


def _effect(inputs: Inputs, before: FloatArray, after: Any) -> dict[str, Any]:
    """Compare the answers before and after a change."""
    if isinstance(after, str):
        return {"mean_change": None, "changed_decisions": None, "why": after}
    change = np.abs(after - before)
    if inputs.classes is None:
        return {"mean_change": float(change.mean()), "changed_decisions": None, "why": None}
    changed = inputs.decide(after) != inputs.decide(before)
    return {
        "mean_change": float(change.sum(axis=1).mean() / 2),
        "changed_decisions": float(changed.mean()),
        "why": None,
    }


def _agreement(inputs: Inputs, answers: dict[str, Any]) -> float | None:
    """Give the share of rows that both models decide alike."""
    is_missing = "teacher" not in answers or any(isinstance(one, str) for one in answers.values())
    if is_missing or inputs.classes is None:
        return None
    same = inputs.decide(answers["student"]) == inputs.decide(answers["teacher"])
    return float(same.mean())


def _cutoffs(inputs: Inputs) -> Iterator[dict[str, Any]]:
    """Move the cut-off of two classes, on all evaluation rows."""
    if inputs.classes is None or len(inputs.classes) != 2:
        return
    answers = {"student": inputs.student_answers, "teacher": inputs.teacher_answers}
    for step in (-CUTOFF_STEP, 0.0, CUTOFF_STEP):
        cutoff = round(inputs.cutoff + step, 12)
        if not 0 < cutoff < 1:
            continue
        decided = {who: decide(P, cutoff) for who, P in answers.items() if P is not None}
        entry: dict[str, Any] = {"cutoff": cutoff, "teacher": None, "agreement": None}
        for who, one in decided.items():
            entry[who] = {
                "share_second": float(one.mean()),
                "changed_decisions": float((one != inputs.decide(answers[who])).mean()),  # type: ignore[arg-type]
            }
        if "teacher" in decided:
            entry["agreement"] = float((decided["student"] == decided["teacher"]).mean())
        yield entry
