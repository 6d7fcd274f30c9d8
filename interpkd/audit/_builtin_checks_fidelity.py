"""Checks of fidelity: whether the student follows the teacher closely enough to stand for it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import SEVERITIES, Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import (
    below,
    figures,
    listed,
    not_applicable,
    on_floor,
    score_evidence,
    why_absent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = {"classification": "agreement", "regression": "r2"}
"""The score of fidelity that is held against the floor of the same name, by task."""

TITLES = {"agreement": "Agreement with the teacher", "r2": "R² to the teacher"}

LARGER = (
    "Allow a larger student, another kind of it, or more generated rows; or state that the student "
    "does not stand for the teacher."
)


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
            return not_applicable(f"the score has no value: {score['method']}")
        evidence = {**score_evidence(TITLES[name], score), "floor": least}
        said = f"{TITLES[name]} is {figures(score)} on {score['n']} evaluation rows"
        grave = below(score, least)
        if grave is None:
            return Finding("clear", f"{said}, not below the floor of {least:g}.", evidence)
        message = f"{said}, below the floor of {least:g}; {on_floor(grave)}."
        return Finding("finding", message, evidence, severity=grave, remedy=LARGER)


@dataclass(frozen=True)
class LowFidelityInGroup:
    """KD002: in a group or segment that the user named, fidelity is below the floor."""

    code: str = "KD002"
    title: str = "Fidelity is below the floor in a group"
    severity: str = "high"
    section: str = "fidelity"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge each group by its interval; the gravest gives the severity."""
        absent = why_absent(data, "fidelity")
        if absent is not None:
            return not_applicable(absent)
        name = MAIN[data["task"]]
        least = floor(data, name)
        parts = [one for one in data["fidelity"]["segments"] if one[name]["estimate"] is not None]
        if not parts:
            return not_applicable("no group or segment was named, or none has rows enough")
        judged = [(below(one[name], least), one) for one in parts]
        low = [(grave, one) for grave, one in judged if grave is not None]
        # the surest first: by the upper end, which is what the severity hangs on
        low.sort(key=lambda pair: (SEVERITIES.index(pair[0]), pair[1][name]["estimate"]))
        worst = low[0][1] if low else min(parts, key=lambda one: one[name]["estimate"])
        evidence = {
            "group": _group(worst),
            **score_evidence(TITLES[name], worst[name]),
            "floor": least,
            "n_groups": len(parts),
            "n_below": len(low),
            "n_surely_below": sum(grave == "high" for grave, _ in low),
        }
        if not low:
            message = (
                f"{TITLES[name]} is not below {least:g} in any of {len(parts)} groups; lowest where "
                f"{_group(worst)}: {figures(worst[name])}."
            )
            return Finding("clear", message, evidence)
        found = [f"{_group(one)}: {figures(one[name])}, {one['n']} rows" for _, one in low]
        message = (
            f"{TITLES[name]} is below the floor of {least:g} in {len(low)} of {len(parts)} groups "
            f"({listed(found)}); of the first {on_floor(low[0][0])}. The intervals are of one group "
            "each, so of many groups some lie outside by chance."
        )
        remedy = (
            "Look at the rules that decide there; give the student room or rows for this group, or "
            "limit its use."
        )
        return Finding("finding", message, evidence, severity=low[0][0], remedy=remedy)


@dataclass(frozen=True)
class WorseSegment:
    """KD003: the search found a segment in which the student follows the teacher worse."""

    code: str = "KD003"
    title: str = "Fidelity is worse in a segment"
    severity: str = "high"
    section: str = "worst-segment"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the segments that the search calls worse, at a risk shared by all its tests."""
        absent = why_absent(data, "worst_segments")
        if absent is not None:
            return not_applicable(absent)
        found = data["worst_segments"]
        worse = [one for one in found["segments"] if one["is_worse"]]
        evidence: dict[str, Any] = {
            "n_segments_tested": len(found["segments"]),
            "n_worse": len(worse),
            "n_test": found["n_test"],
        }
        if not found["segments"]:
            message = (
                "The searched half of the rows showed no segment to test: none is worse there, or "
                "none has rows enough."
            )
            return Finding("clear", message, evidence)
        if not worse:
            message = (
                f"Of {len(found['segments'])} segments tested on {found['n_test']} rows, none was "
                "shown to be worse than the rest, which is no proof that none is."
            )
            return Finding("clear", message, evidence)
        graded = [(self._grave(data, one), one) for one in worse]
        graded.sort(key=lambda pair: SEVERITIES.index(pair[0]))
        grave, first = graded[0]
        evidence |= {"segment": first["rule"], **score_evidence(found["measure"], first["inside"])}
        evidence |= {"rest": first["rest"]["estimate"], "p_adjusted": first["p_adjusted"]}
        name = {"agreement": "agreement", "mae": "mean absolute error"}.get(found["measure"], "")
        places = [
            f"{one['rule']}: {name or found['measure']} {figures(one['inside'])} against "
            f"{one['rest']['estimate']:.3f} in the rest"
            for _, one in graded
        ]
        message = (
            f"The student follows the teacher worse in {len(worse)} of {len(found['segments'])} "
            f"segments tested ({listed(places, 3)})."
        )
        return Finding("finding", message, evidence, severity=grave, remedy=self._remedy())

    @staticmethod
    def _grave(data: Mapping[str, Any], segment: Mapping[str, Any]) -> str:
        """Give "high" where the worse segment is surely below its floor as well."""
        inside, rest = segment["inside"], segment["rest"]
        if data["worst_segments"]["measure"] == "agreement":
            return below(inside, floor(data, "segment_agreement")) or "medium"
        most = floor(data, "segment_error_ratio") * rest["estimate"]
        return "high" if inside["low"] is not None and inside["low"] > most else "medium"

    @staticmethod
    def _remedy() -> str:
        return (
            "Name it among the limitations, give the student more room there (more rules, more "
            "generated rows), or leave the decisions there to the teacher or to people."
        )


def _group(segment: Mapping[str, Any]) -> str:
    value = "missing" if segment["value"] is None else segment["value"]
    return f"{segment['segment']} = {value}"
