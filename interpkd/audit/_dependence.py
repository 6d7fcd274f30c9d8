"""Partial dependence of both models on the same rows and values, and what is not additive in each.

The partial dependence of a column at a value is a model's mean answer over rows that all get the
value (Friedman 2001); the lines of the single rows are the individual conditional expectations
(Goldstein et al. 2015). How far a model's answers are from the sum of its partial dependences, as a
share of their variance, is Friedman and Popescu's statistic for all interactions together (2008):
0 for a model that is a sum of functions of single columns. The difference between teacher and
student is what distillation lost, or added.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._mixing import mixer
from interpkd._tables import select_rows
from interpkd.audit._asking_again import (
    askers,
    encoded_column,
    grid_rows,
    grid_tables,
    sample_rows,
    shown,
)
from interpkd.audit._inputs import plain
from interpkd.audit._section_blocks import nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs

MAX_COLUMNS = 4
"""Most columns that are followed: those most important to either model."""

MAX_ROWS = 200
"""Most rows that are averaged."""

MAX_POINTS = 20
"""Most values of a column."""

MAX_QUESTIONS = 40_000
"""Rows each model is asked about for the interactions."""

FEW, MANY = 20, 60
"""Least and most rows of the interactions, which ask about every pair of them per column."""

FLOOR = 1e-3
"""Probabilities are clipped to this before their log odds are taken."""


def dependence(
    inputs: Inputs, importance: list[dict[str, Any]], *, random_state: int
) -> dict[str, Any]:
    """Compare what both models do with the most important columns.

    Parameters
    ----------
    inputs : Inputs
        Both models and the rows.

    importance : list of dict
        data["explanation"]["columns"], the most important first.

    random_state : int
        Seed of the samples.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "columns": per column the values with the mean of each model's
        answers and the spread of single rows; "interactions": per model the share of variance that
        is not additive.
    """
    if inputs.classes is not None and len(inputs.classes) != 2:
        return nothing("With more than two classes there is no one answer to follow.")
    rows = select_rows(inputs.rows, sample_rows(inputs.n_rows, MAX_ROWS, random_state))
    names = [column.name for column in inputs.structure.columns]
    chosen = [one["column"] for one in importance[:MAX_COLUMNS]]
    models = askers(inputs)
    return {
        "is_computed": True,
        "reason": None,
        "answer": "prediction" if inputs.classes is None else f"P({inputs.classes[1]})",
        "n_rows": rows.shape[0],
        "teacher_missing": None if "teacher" in models else "there is no teacher to ask",
        "columns": [_follow(inputs, models, rows, names.index(name)) for name in chosen],
        "interactions": _interactions(inputs, models, random_state),
    }


def _follow(
    inputs: Inputs, models: Mapping[str, Callable[[Table], FloatArray]], rows: Table, i: int
) -> dict[str, Any]:
    """Follow one column along its values."""
    column = inputs.structure.columns[i]
    grid = grid_rows(inputs, i, MAX_POINTS)
    points: list[dict[str, Any]] = []
    correlation = gap = None
    if len(grid.rows):
        table = grid_tables(inputs, rows, i, grid)
        lines = {
            who: shown(inputs, ask(table)).reshape(rows.shape[0], -1) for who, ask in models.items()
        }
        points = [
            {"value": _value(column, value), **{who: _point(lines.get(who), k) for who in ROLES}}
            for k, value in enumerate(grid.values)
        ]
        if "teacher" in lines:
            means = {who: one.mean(axis=0) for who, one in lines.items()}
            gap = float(np.abs(means["student"] - means["teacher"]).mean())
            correlation = _correlation(means["student"], means["teacher"])
    return {
        "column": column.name,
        "kind": column.kind,
        "mean_gap": gap,
        "correlation": correlation,
        "points": points,
    }


ROLES = ("student", "teacher")


def _value(column: Any, value: float) -> Any:
    if column.kind == "category":
        return plain(column.categories[int(value)])
    return bool(value) if column.kind == "boolean" else float(value)


def _point(lines: FloatArray | None, k: int) -> dict[str, float] | None:
    """Give the mean over rows, and where nine lines in ten lie."""
    if lines is None:
        return None
    low, high = np.quantile(lines[:, k], [0.05, 0.95]).tolist()
    return {"mean": float(lines[:, k].mean()), "ice_q05": low, "ice_q95": high}


def _correlation(one: FloatArray, other: FloatArray) -> float | None:
    if len(one) < 2 or np.ptp(one) < 1e-12 or np.ptp(other) < 1e-12:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _interactions(
    inputs: Inputs, models: Mapping[str, Callable[[Table], FloatArray]], random_state: int
) -> dict[str, Any]:
    """Give the share of each model's variance that no sum over columns explains."""
    n_columns = len(inputs.structure.columns)
    size = min(MANY, int(np.sqrt(MAX_QUESTIONS / n_columns)))
    scale = "prediction" if inputs.classes is None else "log odds"
    found: dict[str, Any] = {
        "scale": scale,
        "n_rows": 0,
        "student": None,
        "teacher": None,
        "lost": None,
        "reason": None,
    }
    if size < FEW:
        return {**found, "reason": f"With {n_columns} columns it takes too many questions."}
    places = sample_rows(inputs.n_rows, size, random_state)
    rows = select_rows(inputs.rows, places)
    if len(places) < FEW:
        return {**found, "reason": f"It needs {FEW} evaluation rows."}
    parts: dict[str, FloatArray] = {who: np.zeros(len(places)) for who in models}
    for i in range(n_columns):
        values, inverse = np.unique(encoded_column(inputs, rows, i), return_inverse=True)
        first = np.array([np.flatnonzero(inverse == k)[0] for k in range(len(values))])
        table = _crossed(inputs, rows, i, first)
        for who, ask in models.items():
            answers = _on_scale(inputs, ask(table)).reshape(len(places), -1).mean(axis=0)
            parts[who] += (answers - answers[inverse].mean())[inverse]
    for who, ask in models.items():
        whole = _on_scale(inputs, ask(rows))
        whole = whole - whole.mean()
        variance = float(whole @ whole)
        if variance > 1e-12 * len(places):
            found[who] = float(((whole - parts[who]) ** 2).sum() / variance)
    if found["teacher"] is not None and found["student"] is not None:
        found["lost"] = found["teacher"] - found["student"]
    return {**found, "n_rows": len(places)}


def _crossed(inputs: Inputs, rows: Table, i: int, first: Any) -> Table:
    """Give every row with the column's value of some rows, row by row."""
    n = rows.shape[0]
    numbers = np.repeat(np.arange(n)[:, None], len(inputs.structure.columns), axis=1)
    numbers = np.repeat(numbers, len(first), axis=0)
    numbers[:, i] = np.tile(first, n)
    return mixer({"X": rows})(numbers)


def _on_scale(inputs: Inputs, answers: FloatArray) -> FloatArray:
    """Give predictions, or log odds of the second class, on which a logistic model is a sum."""
    if inputs.classes is None:
        return answers
    p = np.clip(answers[:, 1], FLOOR, 1 - FLOOR)
    odds: FloatArray = np.log(p) - np.log1p(-p)
    return odds
