"""Checks of fidelity: whether the student follows the teacher closely enough to stand for it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from interpkd.audit._checks import Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import below, figures, not_applicable, score_evidence, why_absent

MAIN = {"classification": "agreement", "regression": "r2"}
"""The score of fidelity that is held against the floor of the same name, by task."""

TITLES = {"agreement": "Agreement with the teacher", "r2": "R² to the teacher"}


@dataclass(frozen=True)
class LowFidelity:
    """KD001: over all evaluation rows the student follows the teacher less than the floor asks."""

    code: str = "KD001"
    title: str = "Fidelity is below the floor"
    severity: str = "high"
    section: str = "fidelity"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the agreement, or the R² of a regression, by its interval."""
        absent = why_absent(data, "fidelity")
        if absent is not None:
            return not_applicable(absent)
        name = MAIN[data["task"]]
        score, least = data["fidelity"][name], floor(data, name)
        if score["estimate"] is None:
            return not_applicable(f"{name} could not be computed: {score['method']}")
        evidence = {**score_evidence(name, score), "floor": least}
        said = f"{TITLES[name]} is {figures(score)} on {score['n']} evaluation rows"
        grave = below(score, least)
        if grave is None:
            return Finding("clear", f"{said}, not below the floor of {least:g}.", evidence)
        where = (
            "the whole interval is below" if grave == "high" else "the interval reaches the floor"
        )
        return Finding(
            "finding",
            f"{said}, below the floor of {least:g}; {where}.",
            evidence,
            severity=grave,
            remedy="Allow a larger student, another kind of it, or more generated rows; or state "
            "that the student does not stand for the teacher.",
        )
