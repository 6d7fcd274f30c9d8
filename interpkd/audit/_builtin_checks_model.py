"""Checks of the student itself: its size, what its parts rest on, whether they last, directions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import (
    below,
    figures,
    listed,
    milder,
    not_applicable,
    share_estimate,
    why_absent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class TooManyParts:
    """KD009: more rules, bins or coefficients than the training rows can carry."""

    code: str = "KD009"
    title: str = "The student is large for its training rows"
    severity: str = "medium"
    section: str = "student"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge real training rows per rule, per bin beyond one a column, or per coefficient."""
        counted = _size(data)
        if counted is None:
            return not_applicable(
                f"the student, {data['student']['kind']}, has neither rules nor bins nor "
                "coefficients that could be counted"
            )
        what, n_parts, n_rows = counted
        if n_rows is None:
            return not_applicable("the student does not say how many training rows it had")
        least = floor(data, "rows_per_rule" if what == "rules" else "rows_per_parameter")
        each = n_rows / max(n_parts, 1)
        evidence = {"n_parts": n_parts, "n_rows": n_rows, "rows_per_part": each, "floor": least}
        said = f"{n_parts} {what} rest on {n_rows} training rows, {each:.1f} each"
        if each >= least:
            return Finding("clear", f"{said}, not fewer than {least:g}.", evidence)
        return Finding(
            "finding",
            f"{said}, fewer than {least:g}.",
            evidence,
            remedy="Allow fewer rules, columns or bins, or distil on more rows; see the frontier for "
            "what a smaller student costs.",
        )


@dataclass(frozen=True)
class ThinParts:
    """KD010: a rule or a bin rests on few real training rows, or on none."""

    code: str = "KD010"
    title: str = "Parts of the student rest on few real rows"
    severity: str = "medium"
    section: str = "student"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the real training rows behind each rule of a tree or bin of a scorecard."""
        student, least = data["student"], floor(data, "leaf_rows")
        parts = _parts(student)
        if not parts:
            return not_applicable(f"the student, {student['kind']}, has neither rules nor bins")
        thin = {name: n for name, n in parts.items() if n < least}
        empty = [name for name, n in thin.items() if n == 0]
        evidence = {
            "n_parts": len(parts),
            "n_thin": len(thin),
            "n_empty": len(empty),
            "fewest_rows": min(parts.values()),
            "floor": least,
        }
        if not thin:
            message = (
                f"Each of {len(parts)} rules or bins rests on at least {min(parts.values())} "
                f"{student['rows_counted']}, not fewer than {least:g}."
            )
            return Finding("clear", message, evidence)
        said = listed([f"{name}: {n}" for name, n in sorted(thin.items(), key=lambda x: x[1])])
        # a bin without rows has points that nobody learned, and takes the mean of its column
        is_rule = bool(student.get("rules"))
        what = "rules" if is_rule else "bins"
        return Finding(
            "finding",
            f"{len(thin)} of {len(parts)} {what} rest on fewer than {least:g} {student['rows_counted']} "
            f"({said}).",
            evidence,
            severity="medium" if is_rule or len(thin) > len(parts) / 4 else "low",
            remedy="Raise min_samples_leaf, allow fewer rules or bins, or distil on more rows. Read "
            "the figures of these parts with their few rows in mind.",
        )


@dataclass(frozen=True)
class Unstable:
    """KD011: refits on other rows do not repeat the student's splits, signs or decisions."""

    code: str = "KD011"
    title: str = "Refits do not repeat the student"
    severity: str = "medium"
    section: str = "stability"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the shares of refits with the same split or sign, and the churn of decisions."""
        absent = why_absent(data, "stability")
        if absent is not None:
            return not_applicable(absent)
        found = data["stability"]
        least, most = floor(data, "recurrence"), floor(data, "churn")
        graves: dict[str, str] = {}
        parts = [*found["splits"], *found["signs"]]
        # a scorecard has neither: its columns must do
        parts = parts or [one for one in found["columns"] if one["is_of_reference"]]
        for one in parts:
            share = share_estimate(one["n_again"], one["n_refits"], found["confidence"])
            grave = below(share, least)
            if grave is not None:
                graves[f"{one['name']} ({one['n_again']} of {one['n_refits']})"] = grave
        churn = found["churn"]
        evidence: dict[str, Any] = {
            "n_refits": found["n_refits"],
            "n_parts": len(parts),
            "n_not_repeated": len(graves),
            "floor": least,
        }
        said = (
            [f"fewer than {least:g} of the refits repeat {listed(list(graves))}"] if graves else []
        )
        is_churned = found["task"] == "classification" and churn["estimate"] > most
        if found["task"] == "classification":
            evidence |= {"churn": churn["estimate"], "churn_ceiling": most}
        if is_churned:
            said.append(f"two refits differ on a share of {figures(churn)} of decisions")
        if not said:
            message = (
                f"Each of {len(parts)} splits, signs or columns recurs in at least {least:g} of "
                f"{found['n_refits']} refits."
            )
            return Finding("clear", message, evidence)
        is_sure = "high" in graves.values() or (
            is_churned and churn["low"] is not None and churn["low"] > most
        )
        return Finding(
            "finding",
            f"Of {found['n_refits']} refits: {'; '.join(said)}.",
            evidence,
            severity=milder("high" if is_sure else "medium"),
            remedy="Do not read these parts as facts about the world. A smaller student or more rows "
            "make it steadier; say so where reasons rest on them.",
        )


@dataclass(frozen=True)
class NotMonotone:
    """KD012: the student goes against a direction that its user or its teacher declares."""

    code: str = "KD012"
    title: str = "A declared direction is violated"
    severity: str = "high"
    section: str = "monotonicity"

    def look(self, data: dict[str, Any]) -> Finding:
        """Read what was proved of the student, and of the teacher for contrast."""
        absent = why_absent(data, "monotonicity")
        if absent is not None:
            return not_applicable(absent)
        columns = data["monotonicity"]["columns"]
        if not columns:
            return not_applicable("neither the student nor the teacher declares a direction")
        against = [one for one in columns if one["student_ok"] is False]
        undecided = [one for one in columns if one["student_ok"] is None]
        teacher = [one for one in columns if _teacher_goes_against(one)]
        evidence = {
            "n_declared": len(columns),
            "n_violated": len(against),
            "n_not_decided": len(undecided),
            "n_violated_by_teacher": len(teacher),
        }
        also = (
            f" The teacher goes against {listed([_way(one) for one in teacher])}."
            if teacher
            else ""
        )
        if undecided and not against:
            return Finding(
                "finding",
                "Not proved of the student, and not denied: "
                f"{listed([_way(one) for one in undecided])}.{also}",
                evidence,
                severity="low",
                remedy="Fit it with monotonic_cst, or take a smaller student, of which a proof is "
                "complete.",
            )
        if not against:
            message = (
                f"Proved of the student: it keeps all {len(columns)} declared directions "
                f"({listed([_way(one) for one in columns])}).{also}"
            )
            return Finding("clear", message, evidence)
        return Finding(
            "finding",
            f"The student goes against {listed([_way(one) for one in against])}.{also}",
            evidence,
            remedy="Fit it with monotonic_cst (of a constrained teacher monotonic_cst='teacher'), "
            "which holds on every row and not only on these, or withdraw the declaration with its "
            "reason.",
        )


def _teacher_goes_against(column: Mapping[str, Any]) -> bool:
    # earlier reports count rows only
    told = column.get("teacher") or {}
    return bool(column["n_violations_teacher"] or told.get("status") == "violated")


def _way(column: Mapping[str, Any]) -> str:
    return f"{column['column']} {'rising' if column['declared'] > 0 else 'falling'}"


def _parts(student: Mapping[str, Any]) -> dict[str, int]:
    """Give the real training rows behind each rule or bin."""
    if student.get("rules"):
        return {f"rule {one['number']}": one["n_rows"] for one in student["rules"]}
    return {
        f"{one['feature']} {one['bin']}": one["n_rows"]
        for one in student.get("bins", [])
        # a bin that nobody is in has no points to doubt
        if one["n_rows"] or one["evaluation"]["n"]
    }


def _size(data: Mapping[str, Any]) -> tuple[str, int, int | None] | None:
    """Give what the student consists of, how many, and the training rows; None without parts."""
    student, facts = data["student"], data["lineage"]["distillation"]
    if student.get("rules"):
        return "rules", student["n_rules"], sum(one["n_rows"] for one in student["rules"])
    if "bins" in student:
        n_bins = sum(one["n_rows"] > 0 for one in student["bins"])
        return "bins beyond one a column", n_bins - student["n_features"], student["n_rows"]
    if "n_coefficients" in student:
        n_rows = None if facts is None else facts["n_labeled"] + facts["n_unlabeled"]
        return "coefficients that are not 0", student["n_used"], n_rows
    return None
