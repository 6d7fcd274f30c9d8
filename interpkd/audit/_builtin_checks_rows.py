"""Checks of the rows: outside the training values, seen in training, missing as never before."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import (
    figures,
    listed,
    not_applicable,
    score_evidence,
    share_estimate,
    why_absent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class OutsideTraining:
    """KD013: evaluation rows hold values that the training rows did not."""

    code: str = "KD013"
    title: str = "Rows lie outside the training values"
    severity: str = "medium"
    section: str = "data"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge each column's share of rows beyond its training range or categories."""
        rows, most = data["data"], floor(data, "outside_share")
        counts = _outside(data)
        if not counts:
            return not_applicable(
                "the student kept no ranges of its training rows, and none were given; pass X_train"
            )
        confidence = data["fidelity"]["confidence"]
        shares = {name: share_estimate(n, rows["n_rows"], confidence) for name, n in counts.items()}
        worst = max(shares, key=lambda name: shares[name]["estimate"])
        beyond_it = [name for name, one in shares.items() if one["estimate"] > most]
        evidence = {
            "column": worst,
            **score_evidence("share of rows outside", shares[worst]),
            "ceiling": most,
            "n_columns": len(counts),
            "n_columns_beyond": len(beyond_it),
        }
        if not beyond_it:
            message = (
                f"Of {len(counts)} columns, none has more than {most:g} of its rows outside the "
                f"training values; most: {worst}, {figures(shares[worst])}."
            )
            return Finding("clear", message, evidence)
        is_sure = any(one["low"] > most for one in shares.values())
        found = [f"{name} {figures(shares[name])}" for name in beyond_it]
        return Finding(
            "finding",
            f"More than {most:g} of the rows lie outside the training values in {len(beyond_it)} of "
            f"{len(counts)} columns: {listed(found)}.",
            evidence,
            severity="medium" if is_sure else "low",
            remedy="The student extrapolates there, and takes unseen categories for missing. Retrain "
            "on rows like these, or limit its use to the training ranges.",
        )


def _outside(data: Mapping[str, Any]) -> dict[str, int]:
    """Count rows outside by column: against what the student kept, else against given rows."""
    kept = {
        one["column"]: one["n_outside_training"]
        for one in data["data"]["columns"]
        if one["n_outside_training"] is not None
    }
    training = data.get("training", {})
    given = {one["column"]: one["n_outside"] for one in training.get("columns", [])}
    return {name: n for name, n in {**given, **kept}.items() if n is not None}


@dataclass(frozen=True)
class SharedRows:
    """KD014: evaluation rows were training rows too, so that the figures flatter."""

    code: str = "KD014"
    title: str = "Evaluation rows were training rows"
    severity: str = "high"
    section: str = "training-rows"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the share of evaluation rows that equal a training row in every column."""
        absent = why_absent(data, "training")
        if absent is not None:
            return not_applicable(absent)
        training, most = data["training"], floor(data, "shared_share")
        share = share_estimate(
            training["n_shared"], data["data"]["n_rows"], data["fidelity"]["confidence"]
        )
        twins = training["training_twin_share"]
        evidence = {
            "n_shared": training["n_shared"],
            **score_evidence("share of evaluation rows", share),
            "ceiling": most,
            "training_twin_share": twins,
        }
        said = (
            f"{training['n_shared']} of {share['n']} evaluation rows equal a training row in every "
            f"column (share {figures(share)})"
        )
        if share["estimate"] <= most:
            return Finding("clear", f"{said}, not more than {most:g}.", evidence)
        # where training rows are as often alike, equal rows are a matter of course
        is_chance = twins >= share["low"]
        why = "as many" if is_chance else "fewer"
        return Finding(
            "finding",
            f"{said}, more than {most:g}; {why} of the training rows have a twin among themselves "
            f"(share {twins:.3f}).",
            evidence,
            severity="low" if is_chance else "high" if share["low"] > most else "medium",
            remedy="Evaluate on rows that neither model has seen: split before training, and keep "
            "copies of a row on one side.",
        )


@dataclass(frozen=True)
class UnlearnedMissing:
    """KD015: rows with missing values go where no training row told the student to send them."""

    code: str = "KD015"
    title: str = "The route of missing values was not learned"
    severity: str = "medium"
    section: str = "data"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge columns that training rows never lacked, and nodes that no such row reached."""
        columns, known = data["data"]["columns"], _missing_in_training(data)
        if not known:
            return not_applicable(
                "the student does not say whether training rows had missing values, and none were "
                "given; pass X_train"
            )
        used = data["student"]["columns_used"]
        lacking = {one["column"]: one["n_missing"] for one in columns if one["n_missing"]}
        new = [name for name in lacking if known.get(name) is False]
        routes = [
            one
            for one in data.get("training", {}).get("missing_routes", [])
            if one["n_evaluation_missing"] and one["column"] not in new
        ]
        matters = [name for name in new if used is None or name in used]
        counts = [lacking[name] for name in new] + [one["n_evaluation_missing"] for one in routes]
        evidence = {
            "n_columns_new": len(new),
            "n_columns_new_used": len(matters),
            "n_nodes": len(routes),
            "n_rows_most": max(counts, default=0),
            "n_rows": data["data"]["n_rows"],
        }
        if not counts:
            message = (
                "Missing values of the evaluation rows occur in columns that training rows lacked "
                "too."
                if lacking
                else "No evaluation row lacks a value."
            )
            return Finding("clear", message, evidence)
        said = [f"{name} in {lacking[name]} rows, never in training" for name in new]
        said += [
            f"{one['column']} at node {one['node']}, reached by {one['n_evaluation_missing']} such "
            "rows and by no training row"
            for one in routes
        ]
        return Finding(
            "finding",
            f"Missing values take a way that was not learned: {listed(said)}.",
            evidence,
            severity="medium" if matters or routes else "low",
            remedy="Ask why the values are missing now. Refuse such rows, decide them by hand, or "
            "retrain on rows that lack them too.",
        )


def _missing_in_training(data: Mapping[str, Any]) -> dict[str, bool]:
    """Say by column whether training rows lacked it: as the student kept, else as given."""
    given = data.get("training", {}).get("columns", [])
    found = {one["column"]: one["n_missing"] > 0 for one in given}
    kept = {one["column"]: one["missing_in_training"] for one in data["data"]["columns"]}
    return found | {name: is_so for name, is_so in kept.items() if is_so is not None}
