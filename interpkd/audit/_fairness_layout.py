"""Which numbers of groups stand together, in text, in notebooks and in the report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Column = tuple[str, str, str]
"""A heading, whose number it is, and which."""

LAYOUT: tuple[tuple[str, tuple[Column, ...]], ...] = (
    (
        "Selection rates",
        (
            ("Teacher", "teacher", "selection_rate"),
            ("Student", "student", "selection_rate"),
            ("Change", "change", "selection_rate"),
        ),
    ),
    (
        "Adverse-impact ratios, each to its own model's reference group; the change takes both to the "
        "teacher's",
        (
            ("Teacher", "teacher", "impact_ratio"),
            ("Student", "student", "impact_ratio"),
            ("Change", "change", "impact_ratio"),
        ),
    ),
    (
        "Mean predictions",
        (
            ("Teacher", "teacher", "mean_prediction"),
            ("Student", "student", "mean_prediction"),
            ("Change", "change", "mean_prediction"),
        ),
    ),
    (
        "Differences of mean predictions",
        (
            ("Teacher", "teacher", "mean_difference"),
            ("Student", "student", "mean_difference"),
            ("Change", "change", "mean_difference"),
        ),
    ),
    (
        "Error rates",
        (
            ("True positives, teacher", "teacher", "true_positive_rate"),
            ("True positives, student", "student", "true_positive_rate"),
            ("False positives, teacher", "teacher", "false_positive_rate"),
            ("False positives, student", "student", "false_positive_rate"),
        ),
    ),
    (
        "Calibration: mean answer minus what was observed",
        (
            ("Teacher", "teacher", "calibration"),
            ("Student", "student", "calibration"),
        ),
    ),
    (
        "Standardized differences of the answers",
        (
            ("Teacher", "teacher", "standardized_difference"),
            ("Student", "student", "standardized_difference"),
        ),
    ),
    (
        "Fidelity of the student to the teacher",
        (
            ("Agreement", "fidelity", "agreement"),
            ("Mean absolute difference of probabilities", "fidelity", "proba_mae"),
            ("Mean absolute difference of predictions", "fidelity", "mae"),
        ),
    ),
)
"""Captions with their columns."""


def tables_of(groups: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Column]]]:
    """Give the tables that have numbers, with the columns that have.

    Parameters
    ----------
    groups : sequence of mapping
        Groups as `GroupScores.to_dict` gives them.

    Returns
    -------
    tables : list of tuple
        Caption and columns.
    """
    present = {
        (part, name)
        for group in groups
        for part in ("teacher", "student", "fidelity", "change")
        for name in group[part]
    }
    found = [
        (caption, [one for one in columns if one[1:] in present]) for caption, columns in LAYOUT
    ]
    return [(caption, columns) for caption, columns in found if columns]


def rows_of(groups: Sequence[Mapping[str, Any]], columns: Sequence[Column]) -> list[Any]:
    """Give the groups that have a number, or a reason, in one of the columns."""
    return [one for one in groups if any(name in one[part] for _, part, name in columns)]


def methods_of(groups: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Give how the intervals of each number were made: name to methods, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for group in groups:
        for part in ("teacher", "student", "fidelity", "change"):
            for name, score in group[part].items():
                key = f"change of {name}" if part == "change" else name
                if score["low"] is not None:
                    here = counts.setdefault(key, {})
                    method = score["method"].partition(", of the ")[0]
                    here[method] = here.get(method, 0) + 1
    return {name: sorted(of, key=lambda one: (-of[one], one)) for name, of in counts.items()}
