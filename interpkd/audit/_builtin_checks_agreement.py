"""Checks of agreement that misleads: by imbalance, or for other reasons than the teacher's."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import SEVERITIES, Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import below, figures, listed, milder, not_applicable, why_absent

if TYPE_CHECKING:
    from collections.abc import Mapping


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
