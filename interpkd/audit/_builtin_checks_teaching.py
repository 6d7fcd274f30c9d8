"""Checks of teaching: leaked targets, and answers that drifted from the teacher or the labels."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import SEVERITIES, Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import (
    beyond,
    figures,
    listed,
    milder,
    not_applicable,
    score_evidence,
    why_absent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

RECALIBRATE = (
    "Recalibrate the student on rows that neither model has seen, or state that its answers are "
    "ranks and not chances."
)

CROSS_FIT = "Cross-fit: pass the teacher unfrozen, or distil on rows that it was not trained on."


@dataclass(frozen=True)
class LeakedTargets:
    """KD006: the student was taught with answers to rows whose labels the teacher remembered."""

    code: str = "KD006"
    title: str = "Soft targets leak labels of the training rows"
    severity: str = "medium"
    section: str = "lineage"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge by where the targets came from, and by the label memory where it was measured."""
        facts = data["lineage"]["distillation"]
        if facts is None:
            return not_applicable("the student does not say how it was taught")
        source, most = facts.get("source"), floor(data, "label_memory")
        if source == "given scores":
            return not_applicable(
                "the student was fitted to scores that were handed over, and whether labels of its "
                "rows went into them is not known here; ask their maker"
            )
        if source == "out-of-fold":
            return self._out_of_fold(facts)
        memory = facts.get("label_memory")
        if memory is None:
            return self._by_score(data)
        evidence = {"label_memory": memory, "ceiling": most, "n_augmented": facts["n_augmented"]}
        said = (
            f"About {memory:.2f} of the frozen teacher's answer to a training row is its own label"
        )
        if memory <= most:
            return Finding("clear", f"{said}, not above {most:g}.", evidence)
        return Finding(
            "finding",
            # where memory is measured there are generated rows, which have no label to remember
            f"{said}, above {most:g}. Labelled rows counted for less by this share, and "
            f"{facts['n_augmented']} generated rows stood beside them.",
            evidence,
            severity="low",
            remedy=CROSS_FIT,
        )

    @staticmethod
    def _by_score(data: Mapping[str, Any]) -> Finding:
        """Judge a frozen teacher by its performance on training rows and on evaluation rows."""
        seen = data.get("training", {}).get("teacher")
        new = data["fidelity"]["performance"].get("teacher", {})
        if seen is None or not new or new[seen["score"]]["estimate"] is None:
            return not_applicable(
                "the frozen teacher's memory of labels was not measured, which takes labels and "
                "generated rows when the student is fitted, nor can its performance on training "
                "and evaluation rows be compared; pass X_train, y_train and y"
            )
        score, most = new[seen["score"]], floor(data, "leakage_gap")
        title = {"accuracy": "accuracy", "r2": "R²"}[seen["score"]]
        gap = seen["value"] - score["estimate"]
        evidence = {"training": seen["value"], "gap": gap, "ceiling": most}
        evidence |= score_evidence(f"{title} on evaluation rows", score)
        said = (
            f"The frozen teacher's {title} is {seen['value']:.3f} on {seen['n']} training rows and "
            f"{figures(score)} on the evaluation rows"
        )
        if gap <= most:
            return Finding("clear", f"{said}, a gap not above {most:g}.", evidence)
        is_sure = score["high"] is not None and seen["value"] - score["high"] > most
        return Finding(
            "finding",
            f"{said}, a gap above {most:g}: its answers to training rows hold their labels.",
            evidence,
            severity="medium" if is_sure else "low",
            remedy=CROSS_FIT,
        )

    @staticmethod
    def _out_of_fold(facts: Mapping[str, Any]) -> Finding:
        names = [name for name in facts if name.endswith(("_in_sample", "_out_of_fold"))]
        # no digits in a name: the report shows it among its numbers
        figures_ = {name.replace("r2", "r_squared"): facts[name] for name in names}
        evidence = {"n_folds": facts["n_folds"], **figures_}
        message = (
            f"The targets come from {facts['n_folds']} folds: each training row was answered by a "
            "teacher that had not seen it."
        )
        return Finding("clear", message, evidence)


@dataclass(frozen=True)
class DriftFromTeacher:
    """KD007: on average the student's answers lie above or below the teacher's."""

    code: str = "KD007"
    title: str = "The student's answers have drifted from the teacher's"
    severity: str = "medium"
    section: str = "fidelity"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge calibration in the large and by bins, of a regression the mean error."""
        absent = why_absent(data, "fidelity")
        if absent is not None:
            return not_applicable(absent)
        more = data["fidelity"]["more"]
        if data["task"] == "regression":
            return self._regression(data)
        titles = {
            "calibration_bias": "mean probability less the teacher's",
            "calibration_error": "calibration error against the teacher",
        }
        names = [n for n in titles if n in more and more[n]["estimate"] is not None]
        if not names:
            return not_applicable("no calibration score has a value")
        evidence: dict[str, Any] = {}
        graves, said = [], []
        for name in names:
            most = floor(data, name)
            grave = beyond(more[name], most)
            graves += [] if grave is None else [milder(grave)]
            evidence |= {name: more[name]["estimate"], f"{name}_ceiling": most}
            mark = "within" if grave is None else "beyond"
            said.append(f"{titles[name]} {figures(more[name])}, {mark} {most:g}")
        message = f"Of the student on {more[names[0]]['n']} rows: {listed(said)}."
        return _drift(message, evidence, graves)

    @staticmethod
    def _regression(data: Mapping[str, Any]) -> Finding:
        """Judge the mean error in units of the spread of the teacher's answers."""
        fidelity, most = data["fidelity"], floor(data, "mean_error")
        r2, rmse, score = fidelity["r2"], fidelity["rmse"], fidelity["more"]["mean_error"]
        if None in {r2["estimate"], rmse["estimate"], score["estimate"]}:
            return not_applicable(
                "the mean error or the spread of the teacher's answers has no value"
            )
        if r2["estimate"] >= 1 or rmse["estimate"] == 0:
            return Finding("clear", "The student predicts what the teacher does.", {"r_squared": 1})
        # R² is 1 - mean squared error / variance of the teacher's answers
        spread = rmse["estimate"] / math.sqrt(1 - r2["estimate"])
        relative = {
            part: None if score[part] is None else score[part] / spread
            for part in ("estimate", "low", "high")
        }
        relative["n"] = score["n"]
        grave = beyond(relative, most)
        evidence = {"mean_error": score["estimate"], "teacher_spread": spread}
        evidence |= {**score_evidence("mean error / spread", relative), "ceiling": most}
        message = (
            f"The mean error against the teacher is {figures(relative)} standard deviations of its "
            f"answers, {'within' if grave is None else 'beyond'} {most:g}."
        )
        return _drift(message, evidence, [] if grave is None else [milder(grave)])


@dataclass(frozen=True)
class DriftFromLabels:
    """KD008: on average the student's probabilities lie above or below what happened."""

    code: str = "KD008"
    title: str = "The student's probabilities have drifted from the labels"
    severity: str = "medium"
    section: str = "discrimination"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge calibration in the large against the labels, beside the teacher's."""
        absent = why_absent(data, "discrimination")
        if absent is not None:
            return not_applicable(absent)
        scores = {one["score"]: one for one in data["discrimination"].get("scores", [])}
        found = scores.get("calibration_bias")
        if found is None or found["student"]["estimate"] is None:
            return not_applicable(
                "calibration in the large is measured against labels of two classes"
            )
        score, most = found["student"], floor(data, "calibration_bias")
        evidence = {**score_evidence("calibration in the large", score), "ceiling": most}
        message = f"The student's mean probability less the share of labels is {figures(score)}"
        if found["teacher"] is not None and found["teacher"]["estimate"] is not None:
            evidence["teacher"] = found["teacher"]["estimate"]
            message += f", the teacher's {figures(found['teacher'])}"
        grave = beyond(score, most)
        mark = "within" if grave is None else "beyond"
        return _drift(f"{message}; {mark} {most:g}.", evidence, [milder(grave)] if grave else [])


def _drift(message: str, evidence: dict[str, Any], graves: list[str]) -> Finding:
    if not graves:
        return Finding("clear", message, evidence)
    grave = min(graves, key=SEVERITIES.index)
    return Finding("finding", message, evidence, severity=grave, remedy=RECALIBRATE)
