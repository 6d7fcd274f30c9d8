"""Counterexamples that people can read: as few changed columns as the disagreement needs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._radii import Radii


def counterexample_table(run: Radii, k: int) -> Any:
    """Give counterexamples, those of fewest changes first.

    Parameters
    ----------
    run : Radii
        What was decided.

    k : int
        Most rows.

    Returns
    -------
    table : pandas.DataFrame
        One line per changed column.
    """
    import pandas as pd

    names = ["row", "radius", "column", "value", "changed_to", "teacher", "student"]
    rows = np.flatnonzero(run.witness_radius > 0)
    if isinstance(run.search, str) or not len(rows):
        return pd.DataFrame({name: [] for name in names})
    witness = fewest_changes(run, rows)
    values, columns = run.search.values[rows], run.search.names
    changed = _differs(values, witness)
    order = np.argsort(changed.sum(axis=1), kind="stable")[:k]
    table = changed_table(run.X, rows[order], columns, values[order], witness[order])
    teacher, student = run.both.teacher_answers(table)[0], run.both.student_answers(table)
    if run.both.classes is not None:
        teacher, student = (run.both.classes[one.astype(np.intp)] for one in (teacher, student))
    lines = [
        (
            int(rows[i]), float(run.witness_radius[rows[i]]), columns[u], float(values[i, u]),
            float(witness[i, u]), teacher[n], student[n],
        )
        for n, i in enumerate(order)
        for u in np.flatnonzero(changed[i])
    ]  # fmt: skip
    return pd.DataFrame(lines, columns=names)


def fewest_changes(run: Radii, rows: IntArray) -> FloatArray:
    """Put columns of witnesses back, one after the other, while the models still disagree.

    Parameters
    ----------
    run : Radii
        What was decided.

    rows : ndarray of int
        Rows with a witness.

    Returns
    -------
    witness : ndarray of shape (n_rows, n_columns)
        Each still a witness, and none without one of its changes.
    """
    if isinstance(run.search, str):
        return np.empty((len(rows), 0))
    values, witness = run.search.values[rows], run.witness[rows].copy()
    for u in range(values.shape[1]):
        tried = np.flatnonzero(_differs(values[:, u], witness[:, u]))
        if not len(tried):
            continue
        fewer = witness[tried].copy()
        fewer[:, u] = values[tried, u]
        table = changed_table(run.X, rows[tried], run.search.names, values[tried], fewer)
        kept = run.both.contradicts(table)
        witness[tried[kept]] = fewer[kept]
    return witness


def _differs(one: FloatArray, other: FloatArray) -> BoolArray:
    return np.asarray((one != other) & ~(np.isnan(one) & np.isnan(other)))
