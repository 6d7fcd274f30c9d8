"""The training rows beside the evaluation rows: rows that are in both, values that are in one."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import r2_score

from interpkd._asking import class_probabilities, predictions
from interpkd._tables import select_rows
from interpkd._validation import num_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._tables import RawColumn
    from interpkd.audit._inputs import Inputs

MOST_ASKED = 10_000
"""Training rows that the teacher is asked about."""

NOT_GIVEN = "The training rows were not given. Pass them as X_train="


def training_evidence(inputs: Inputs) -> dict[str, Any]:
    """Compare the evaluation rows with the training rows.

    Parameters
    ----------
    inputs : Inputs
        The rows; both have the student's columns.

    Returns
    -------
    section : dict
        "is_given", "is_computed" and "reason"; the training rows, the evaluation rows that are among
        them, the training rows that have a twin, the teacher's performance on training rows, each
        column's range, and the nodes of a tree at which no training row lacked the value.
    """
    rows, training = inputs.raw, inputs.training_raw
    if inputs.training_rows is None or training is None:
        return {"is_given": False, "is_computed": False, "reason": NOT_GIVEN}
    n_training = num_samples(inputs.training_rows)
    names = same_rows(training, rows)
    here, there = names[n_training:], names[:n_training]
    counts = np.bincount(there, minlength=int(names.max()) + 1)
    shared = counts[here] > 0
    n_twins = int((counts[there] > 1).sum())
    return {
        "is_given": True,
        "is_computed": True,
        "reason": None,
        "n_rows": n_training,
        "n_shared": int(shared.sum()),
        "shared_share": float(shared.mean()),
        "n_shared_same_label": _same_label(inputs, here, there, shared),
        "n_training_twins": n_twins,
        "training_twin_share": n_twins / n_training,
        "teacher": _teacher_on_training_rows(inputs),
        "columns": [_column(*pair) for pair in zip(training, rows, strict=True)],
        "missing_routes": _missing_routes(inputs),
    }


def same_rows(*tables: Sequence[RawColumn]) -> NDArray[np.int64]:
    """Name the rows of several tables so that equal rows, and no others, have the same name.

    Two rows are equal when every value is: numbers as float64 with one zero, categories as texts;
    a missing value equals a missing value. No hash can run two rows into one: the values of a
    column are counted off exactly, and so are the rows made of them.

    Parameters
    ----------
    *tables : sequence of RawColumn
        Tables with the same columns.

    Returns
    -------
    names : ndarray of int of shape (n_rows of all tables,)
        From 0, without gaps.
    """
    import pandas as pd

    names = np.zeros(sum(len(table[0].values) for table in tables), dtype=np.int64)
    for columns in zip(*tables, strict=True):
        codes = _codes([one.values for one in columns], is_category=columns[0].kind == "category")
        # below 2**62 as long as rows are fewer than 2**31; counting off brings it down again
        names = pd.factorize(names * (int(codes.max()) + 1) + codes)[0].astype(np.int64)
    return names


def _codes(values: list[NDArray[Any]], *, is_category: bool) -> NDArray[np.int64]:
    """Count off the values of a column, 0 for a missing one."""
    import pandas as pd

    if not is_category:
        numbers = np.concatenate([np.asarray(one, dtype=np.float64) for one in values])
        return pd.factorize(numbers + 0.0)[0].astype(np.int64) + 1  # -0.0 becomes 0.0
    codes, found = pd.factorize(np.concatenate([np.asarray(one, dtype=object) for one in values]))
    texts = pd.factorize(np.array([str(value) for value in found], dtype=object))[0]
    return np.append(texts, -1)[codes].astype(np.int64) + 1


def _same_label(
    inputs: Inputs, here: NDArray[Any], there: NDArray[Any], shared: NDArray[np.bool_]
) -> int | None:
    """Count the shared rows with a twin of the same label; None without labels of both."""
    import pandas as pd

    if inputs.y is None or inputs.y_train is None:
        return None
    both = (inputs.y_train, inputs.y)
    kind: type = float if all(one.dtype.kind in "fiub" for one in both) else str
    labels = pd.factorize(np.concatenate([one.astype(kind) for one in both]))[0] + 1
    n = int(labels.max()) + 1
    known = np.unique(there * n + labels[: len(there)])
    return int(np.isin((here * n + labels[len(there) :])[shared], known).sum())


def _teacher_on_training_rows(inputs: Inputs) -> dict[str, Any] | None:
    """Give the teacher's performance on training rows; None when it or labels are not at hand."""
    if inputs.teacher is None or inputs.y_train is None or inputs.training_rows is None:
        return None
    if inputs.X.shape[1] != len(inputs.raw):
        return None  # the teacher may need columns that were left out of these rows
    n = num_samples(inputs.training_rows)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_ASKED)).astype(np.intp))
    rows, y = select_rows(inputs.training_rows, chosen), inputs.y_train[chosen]
    if inputs.structure.classes is None:
        y = y.astype(np.float64)
        if len(y) < 2 or not np.isfinite(y).all():
            return None
        value = float(r2_score(y, predictions(inputs.teacher, rows, source="teacher")))
        return {"score": "r2", "n": len(chosen), "value": value}
    proba = class_probabilities(inputs.teacher, rows, inputs.structure.classes, source="teacher")
    right = inputs.structure.classes[inputs.decide(proba)] == y
    return {"score": "accuracy", "n": len(chosen), "value": float(np.mean(right))}


def _column(training: RawColumn, rows: RawColumn) -> dict[str, Any]:
    """Sum up a column of the training rows, and count evaluation rows outside of it."""
    n = len(training.values)
    if training.kind == "category":
        known = {str(value) for value in training.values if value is not None}
        n_missing = sum(value is None for value in training.values)
        n_outside = sum(value is not None and str(value) not in known for value in rows.values)
        low = high = None
    else:
        numbers = np.asarray(training.values, dtype=np.float64)
        here = np.asarray(rows.values, dtype=np.float64)
        n_missing = int(np.isnan(numbers).sum())
        if n_missing == n:
            low, high, n_outside = None, None, int((~np.isnan(here)).sum())
        else:
            low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
            n_outside = int(((here < low) | (here > high)).sum())
    return {
        "column": training.name,
        "n_missing": n_missing,
        "missing_share": n_missing / n,
        "minimum": low,
        "maximum": high,
        "n_outside": n_outside,
    }


def _missing_routes(inputs: Inputs) -> list[dict[str, Any]]:
    """Give the nodes of a tree that no training row without the value reached."""
    if not inputs.structure.is_tree or inputs.training_rows is None:
        return []
    core, tree = inputs.structure.core, inputs.structure.core.tree_
    inner = np.flatnonzero(tree.feature >= 0)
    n_lacking = []
    for table in (inputs.training_rows, inputs.rows):
        Z = inputs.structure.encode(table)
        reached = core.decision_path(Z).tocsc()
        lacks = np.isnan(Z)
        n_lacking.append(
            [int(lacks[reached[:, i].indices, tree.feature[i]].sum()) for i in inner.tolist()]
        )
    return [
        {
            "node": int(node),
            "column": inputs.structure.columns[tree.feature[node]].name,
            "n_evaluation_missing": n_here,
        }
        for node, n_training, n_here in zip(inner, *n_lacking, strict=True)
        if n_training == 0
    ]
