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
    milder,
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
        if not found["segments"]:
            return not_applicable("no segment has rows enough to be tested")
        worse = [one for one in found["segments"] if one["is_worse"]]
        evidence: dict[str, Any] = {
            "n_segments_tested": len(found["segments"]),
            "n_worse": len(worse),
            "n_test": found["n_test"],
        }
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
            f"The student follows the teacher worse in {len(worse)} segments ({listed(places, 3)})."
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


@dataclass(frozen=True)
class AgreementByImbalance:
    """KD004: the models agree because almost all decisions are the same, not on the rare one."""

    code: str = "KD004"
    title: str = "Agreement says little: one decision is rare"
    severity: str = "high"
    section: str = "fidelity"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge Cohen's kappa and, of two classes, the agreement on each class."""
        if data["task"] != "classification":
            return not_applicable("a regression has no decisions")
        absent = why_absent(data, "fidelity")
        if absent is not None:
            return not_applicable(absent)
        fidelity, more = data["fidelity"], data["fidelity"]["more"]
        agreement, kappa = fidelity["agreement"], more["cohen_kappa"]
        if kappa["estimate"] is None:
            return self._constant(agreement, kappa)
        floors = self._floors(data)
        scores = {name: more[name] for name in floors if more[name]["estimate"] is not None}
        chance = _by_chance(agreement["estimate"], kappa["estimate"])
        most = floor(data, "chance_agreement")
        evidence: dict[str, Any] = {
            "agreement": agreement["estimate"],
            "agreement_by_chance": chance,
            "ceiling": most,
        }
        for name, score in scores.items():
            evidence |= {name: score["estimate"], f"{name}_floor": floors[name]}
        graves = {name: below(score, floors[name]) for name, score in scores.items()}
        titles = self._titles(data)
        low = [
            f"{titles[name]} is {figures(scores[name])}, below {floors[name]:g}"
            for name, grave in graves.items()
            if grave is not None
        ]
        said = f"Agreement is {figures(agreement)}"
        if not low:
            rest = listed([f"{titles[name]} {figures(one)}" for name, one in scores.items()])
            return Finding("clear", f"{said}, and not by imbalance: {rest}.", evidence)
        said += f", by chance alone it would be {chance:.3f}"
        if chance <= most:
            message = f"{said}, not above {most:g}: no decision is so rare that it would flatter."
            return Finding("clear", message, evidence)
        return Finding(
            "finding",
            f"{said}, and {listed(low)}.",
            evidence,
            severity="high" if "high" in graves.values() else "medium",
            remedy="Judge the student by the rare decision: state its agreement, look at the "
            "swapped decisions at the cut-off, and weigh or generate rows of that kind.",
        )

    @staticmethod
    def _floors(data: Mapping[str, Any]) -> dict[str, float]:
        """Give the floor of each score, of one class each where there are two."""
        floors = {"cohen_kappa": floor(data, "kappa")}
        if len(data["classes"]) == 2:
            names = ("negative_agreement", "positive_agreement")
            floors |= dict.fromkeys(names, floor(data, "class_agreement"))
        return floors

    @staticmethod
    def _titles(data: Mapping[str, Any]) -> dict[str, str]:
        return {
            "cohen_kappa": "Cohen's kappa",
            "negative_agreement": f"agreement on the class {data['classes'][0]}",
            "positive_agreement": f"agreement on the class {data['classes'][1]}",
        }

    @staticmethod
    def _constant(agreement: Mapping[str, Any], kappa: Mapping[str, Any]) -> Finding:
        """Judge models that decide alike on every row because they decide one thing only."""
        evidence = {"agreement": agreement["estimate"], "cohen_kappa": None}
        if agreement["estimate"] != 1:
            return not_applicable(f"Cohen's kappa has no value: {kappa['method']}")
        return Finding(
            "finding",
            "Both models decide for one and the same class on every evaluation row, so their full "
            "agreement says nothing.",
            evidence,
            severity="medium",
            remedy="Choose the cut-off that the model is used at, or evaluate on rows that it "
            "divides.",
        )


@dataclass(frozen=True)
class ExplanationsDisagree:
    """KD005: both models decide for different reasons."""

    code: str = "KD005"
    title: str = "The explanations of the two models disagree"
    severity: str = "medium"
    section: str = "explanation-agreement"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the rank correlation of the columns and the signs of single values."""
        absent = why_absent(data, "explanation_agreement")
        if absent is not None:
            return not_applicable(absent)
        found = data["explanation_agreement"]
        names = {
            "rank_correlation": ("rank correlation of the columns", "explanation_rank"),
            "sign_agreement": ("share of values with the same sign", "explanation_sign"),
        }
        scores = {name: found[name] for name in names if found[name]["estimate"] is not None}
        if not scores:
            return not_applicable(f"no score has a value: {found['rank_correlation']['method']}")
        evidence: dict[str, Any] = {"n": found["n_rows"]}
        graves, said = [], []
        for name, score in scores.items():
            title, key = names[name]
            grave = below(score, floor(data, key))
            graves += [] if grave is None else [milder(grave)]
            mark = "not below" if grave is None else "below"
            said.append(f"{title} {figures(score)}, {mark} {floor(data, key):g}")
            evidence |= {name: score["estimate"], f"{name}_floor": floor(data, key)}
        message = f"SHAP values of both models on {found['n_rows']} rows: {listed(said)}."
        if not graves:
            return Finding("clear", message, evidence)
        return Finding(
            "finding",
            message,
            evidence,
            severity=min(graves, key=SEVERITIES.index),
            remedy="Do not give the student's reasons for the teacher's decisions. Where reasons "
            "matter, decide by the student, or choose one that agrees.",
        )


def _by_chance(agreement: float, kappa: float) -> float:
    """Give the agreement that the shares of the decisions alone would give: kappa solved for it."""
    return (agreement - kappa) / (1 - kappa) if kappa < 1 else 0.0


def _group(segment: Mapping[str, Any]) -> str:
    value = "missing" if segment["value"] is None else segment["value"]
    return f"{segment['segment']} = {value}"
