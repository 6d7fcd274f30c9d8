"""Checks of fairness: what the student is told of a group, and what it changes for one."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import SEVERITIES, Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import figures, listed, not_applicable, why_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

SAME = 0.95
"""A column that tells an attribute with this area under the curve is as good as the attribute."""

NUMBERS = {"selection_rate": "selection rate", "impact_ratio": "adverse-impact ratio"}


@dataclass(frozen=True)
class AttributeUsed:
    """KD020: the student uses a protected attribute, or columns that tell it."""

    code: str = "KD020"
    title: str = "A protected attribute or a proxy of it is used"
    severity: str = "high"
    section: str = "fairness"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge each attribute by whether it is a column, and by the proxy screen."""
        absent = why_absent(data, "fairness")
        if absent is not None:
            return not_applicable(absent)
        screens, most = data["fairness"]["proxies"], floor(data, "proxy_auc")
        known = [one for one in screens if one["is_input"] or one["auc_used"] is not None]
        if not known:
            return not_applicable(f"no attribute could be screened: {screens[0]['not_computed']}")
        judged = [(*_judge_screen(one, most), one) for one in known]
        found = [one for one in judged if one[0] is not None]
        found.sort(key=lambda one: (SEVERITIES.index(str(one[0])), -(one[2]["auc_used"] or 0)))
        first = found[0][2] if found else max(known, key=lambda one: one["auc_used"] or 0)
        evidence = {
            "attribute": first["attribute"],
            "auc_of_used_columns": first["auc_used"],
            "ceiling": most,
            "n_attributes": len(screens),
            "n_found": len(found),
        }
        if first["columns"]:
            evidence |= {"column": _telling(first)["column"], "its_auc": _telling(first)["auc"]}
        if not found:
            message = (
                f"Of {len(known)} attributes screened none is a column of the model, and the columns "
                f"that the student uses tell none with an area under the curve of {most:g} or more."
            )
            return Finding("clear", message, evidence)
        message = " ".join(text for _, text, _ in found)
        remedy = (
            "Say why the column is needed and what it does to the group, or leave it out and "
            "distil again; the change for each group is in the section on fairness."
        )
        return Finding("finding", message, evidence, severity=found[0][0], remedy=remedy)


def _telling(screen: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the used column that tells the attribute best; any other where none is used."""
    best: Mapping[str, Any] = max(screen["columns"], key=lambda one: (one["is_used"], one["auc"]))
    return best


def _judge_screen(screen: Mapping[str, Any], most: float) -> tuple[str | None, str]:
    """Give severity and sentence of one attribute; None where there is nothing to say."""
    name = screen["attribute"]
    if screen["is_used"]:
        return "high", f"The student uses the column {name}."
    area = screen["auc_used"]
    if area is not None and area >= most:
        best = _telling(screen)
        is_same = best["is_used"] and best["auc"] >= SAME
        return "high" if is_same else "medium", (
            f"From the columns that the student uses, {name} can be told with an area under the "
            f"curve of {area:.3f}; best from {best['column']} alone ({best['auc']:.3f})."
        )
    if screen["is_input"]:
        return "low", f"{name} is a column of the model; the student does not use it."
    return None, ""


@dataclass(frozen=True)
class WorseForGroup:
    """KD021: the student decides less favourably for a group than its teacher does."""

    code: str = "KD021"
    title: str = "A group is treated worse by the student than by the teacher"
    severity: str = "high"
    section: str = "fairness"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge each group's change by the intervals that hold for all groups at once."""
        absent = why_absent(data, "fairness")
        if absent is not None:
            return not_applicable(absent)
        found = data["fairness"]
        if found["task"] == "regression":
            return not_applicable(
                "it is not known which predictions of a regression are favourable"
            )
        if not found["overall"]["change"]:
            return not_applicable("there is no teacher to compare with")
        groups = [one for one in found["groups"] if one["change"]]
        if not groups:
            return not_applicable(f"no group has {found['min_cell']} rows")
        most = floor(data, "group_change")
        judged = [
            (_judge_change(one, name, most), one, name) for one in groups for name in one["change"]
        ]
        worse = [one for one in judged if one[0] is not None]
        worse.sort(
            key=lambda one: (SEVERITIES.index(str(one[0])), one[1]["change"][one[2]]["high"])
        )
        overall = found["overall"]["change"]["selection_rate"]
        evidence: dict[str, Any] = {"n_groups": len(groups), "n_found": len(worse), "ceiling": most}
        evidence |= {"change_in_all_rows": overall["estimate"]}
        if not worse:
            message = (
                f"In none of {len(groups)} groups is the student shown to decide less favourably "
                "than its teacher, which is no proof that it does not."
            )
            return Finding("clear", message, evidence)
        grave, group, name = worse[0]
        evidence |= {"group": group["label"], "number": NUMBERS[name], "n": group["n"]}
        evidence |= {key: group["change"][name][key] for key in ("estimate", "low", "high")}
        places = [
            f"{NUMBERS[of]} where {one['label']}: {figures(one['change'][of])}, {one['n']} rows"
            for _, one, of in worse
        ]
        message = (
            f"Student minus teacher is below 0 in {listed(places)}; {_how_sure(str(grave), most)}. "
            f"Over all rows the change of the selection rate is {figures(overall)}."
        )
        remedy = (
            "Look at the rows on which the two differ in this group; give the student room or rows "
            "there, or set a cut-off of its own. Treat the cause, not the number."
        )
        return Finding("finding", message, evidence, severity=grave, remedy=remedy)


def _judge_change(group: Mapping[str, Any], name: str, most: float) -> str | None:
    """Give "high" where the change of a group is surely below minus the ceiling.

    "medium" where with all groups together it is surely below 0, "low" where it is by its own
    interval only.
    """
    alone, jointly = group["change"][name], group["change_jointly"].get(name)
    if alone["high"] is None or alone["high"] >= 0:
        return None
    if jointly is None or jointly["high"] is None or jointly["high"] >= 0:
        return "low"
    return "high" if jointly["high"] < -most else "medium"


def _how_sure(grave: str, most: float) -> str:
    if grave == "high":
        return f"with all groups together it is surely below -{most:g} in the first"
    if grave == "medium":
        return "with all groups together it is surely below 0 in the first"
    return "each by its own interval, not with all groups together: of many groups, some by chance"
