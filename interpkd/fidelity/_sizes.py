"""How large a fitted student is, in what a reader would count."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import BaseDecisionTree

from interpkd._structure import leaf_paths, take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd._structure import Structure
    from interpkd._tables import Column
    from interpkd._typing import Table

MEASURES = {
    "leaves": "Leaves of the tree, which are its rules.",
    "bins": "Bins of the scorecard.",
    "nonzero_coefficients": "Coefficients that are not 0.",
    "features": "Columns of the table that the student uses.",
    "conditions_per_decision": (
        "Conditions that hold for a held-out row on the average, those on one column merged; for a "
        "student without rules the columns that each decision consults."
    ),
}
"""What is counted, in the order in which the first that is known measures the size."""


def count_parts(student: Any, X: Table) -> dict[str, float | None]:
    """Count what a fitted student is made of.

    Parameters
    ----------
    student : fitted estimator
        The student.

    X : array-like or data frame of shape (n_samples, n_features)
        Rows whose decisions are counted.

    Returns
    -------
    counts : dict
        One entry for each of `MEASURES`, None for what the student does not have.
    """
    counts: dict[str, float | None] = dict.fromkeys(MEASURES)
    if hasattr(student, "card_"):
        n_features = len(student.card_.model.columns)
        # the first row of the table holds the base points
        counts |= {"bins": len(student.points_table_) - 1, "features": n_features}
        return counts | {"conditions_per_decision": n_features}
    structure = take_apart(student)
    if isinstance(structure.core, BaseDecisionTree):
        return counts | _tree(structure, X)
    if hasattr(structure.core, "coef_"):
        return counts | _linear(structure, getattr(student, "reference_levels_", {}))
    return counts


def mean_counts(
    counts: Sequence[Mapping[str, float | None]],
) -> dict[str, float | None]:
    """Give the mean of counts over folds; None for what is not counted."""
    return {
        name: None if any(one[name] is None for one in counts) else _mean(counts, name)
        for name in MEASURES
    }


def main_measure(counts: Mapping[str, float | None]) -> str | None:
    """Give the name of the count that says how large a student is, None when there is none."""
    return next((name for name in MEASURES if counts[name] is not None), None)


def _mean(counts: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(np.mean([one[name] for one in counts]))


def _tree(structure: Structure, X: Table) -> dict[str, float | None]:
    tree = structure.core.tree_
    out: dict[str, float | None] = {"leaves": float(tree.n_leaves)}
    if not structure.is_plain and structure.core.n_features_in_ != len(structure.columns):
        return out  # the last step of a pipeline, which sees other columns
    inner = tree.children_left != tree.children_right
    leaves = structure.core.apply(structure.encode(X))
    n_conditions = {leaf: len(reach) for leaf, reach in leaf_paths(tree)}
    return out | {
        "features": float(len(np.unique(tree.feature[inner]))),
        "conditions_per_decision": float(np.mean([n_conditions[leaf] for leaf in leaves])),
    }


def _linear(structure: Structure, references: Mapping[str, Any]) -> dict[str, float | None]:
    """Count coefficients, and the columns that they belong to."""
    used = (np.atleast_2d(structure.core.coef_) != 0).any(axis=0)
    widths = [_n_coefficients(column, references) for column in structure.columns]
    out: dict[str, float | None] = {"nonzero_coefficients": float(used.sum())}
    if len(used) != sum(widths):
        return out  # the last step of a pipeline, which sees other columns
    column = np.repeat(np.arange(len(widths)), widths)
    n_features = float(len(np.unique(column[used])))
    return out | {"features": n_features, "conditions_per_decision": n_features}


def _n_coefficients(column: Column, references: Mapping[str, Any]) -> int:
    """Give the coefficients of a column: an indicator of each category but the reference."""
    n = 1
    if column.kind == "category":
        n = len(column.categories) - (references.get(column.name) in column.categories)
    return n + column.has_missing
