"""The swap set: the rows that two students decide differently."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, decide, predictions
from interpkd._validation import num_samples
from interpkd.audit._inputs import plain
from interpkd.audit._read_report import find, rebuild

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ROWS = 50
"""Rows of another decision whose positions are listed."""


def swap_set(one: Mapping[str, Any], two: Mapping[str, Any], X: Any) -> dict[str, Any]:
    """Ask both students about the same rows."""
    if X is None:
        return {"is_computed": False, "reason": "No rows were given."}
    first, second = rebuild(one), rebuild(two)
    for name, (_, reason) in (("a", first), ("b", second)):
        if reason is not None:
            return {"is_computed": False, "reason": f"Of {name}: {reason}."}
    if first[0].task != second[0].task:
        return {"is_computed": False, "reason": "One is a classification, the other a regression."}
    n = num_samples(X)
    done = {"is_computed": True, "reason": None, "n_rows": n}
    if first[0].task == "regression":
        change = predictions(second[0], X, source="b") - predictions(first[0], X, source="a")
        moved = np.flatnonzero(np.abs(change) > 1e-9 * (1 + np.abs(change).max(initial=0.0)))
        return done | {
            "n_changed": len(moved),
            "rows": moved[:MOST_ROWS].tolist(),
            "mean_change": float(change.mean()),
            "mean_absolute_change": float(np.abs(change).mean()),
            "largest_absolute_change": float(np.abs(change).max()),
        }
    before, after = (_decisions(found[0], data, X) for found, data in ((first, one), (second, two)))
    swapped = [i for i in range(n) if before[i] != after[i]]
    pairs = Counter((str(before[i]), str(after[i])) for i in swapped)
    named = {str(label): plain(label) for label in (*before, *after)}
    return done | {
        "n_changed": len(swapped),
        "share": len(swapped) / n,
        "rows": swapped[:MOST_ROWS],
        "swaps": [
            {"from": named[x], "to": named[y], "n": count}
            for (x, y), count in sorted(pairs.items())
        ],
    }


def _decisions(student: Any, data: Mapping[str, Any], X: Any) -> list[Any]:
    """Give the class that a student decides for each row, at its report's cut-off."""
    proba = class_probabilities(student, X, student.classes_, source="student")
    cutoff = find(data, "fidelity", "cutoff")
    place = decide(proba, 0.5 if cutoff is None else cutoff)
    return [student.classes_.tolist()[i] for i in place]
