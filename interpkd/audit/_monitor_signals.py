"""From numbers to signals: levels, messages, remedies."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._monitor_drift import holm
from interpkd.audit._monitor_report import MonitoringSignal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REMEDIES = {
    "column": "Find out whether the column's source, its coding or the population changed. If it "
    "is the population, look at the fidelity and the performance on these rows.",
    "score": "Compare with the columns that moved. Without an explanation that is acceptable, "
    "distil again from the teacher on recent rows, and validate again.",
    "decision": "Compare with the columns and scores that moved, and review the cut-off with those "
    "who own it.",
    "missing": "Find out why values are missing that used to be there; the student sends them down "
    "the route for missing values.",
    "unseen": "Correct the coding if a category was renamed. A category that is new has no place "
    "in the student, which treats it as missing: distil again on rows that hold it.",
    "outside": "Check the unit and the source. Beyond the known range the student extrapolates: "
    "review these decisions by hand.",
    "fidelity": "The student no longer stands for this teacher. Find the segment where they part "
    "(interpkd.fidelity.worst_segment), distil again on recent rows, and validate again.",
    "calibration": "The student's answers no longer mean what they say. Recalibrate or distil "
    "again, and validate again.",
    "performance": "Find out whether the teacher lost as much. If so train it again first; then "
    "distil again, and validate again.",
}
"""What to do at a warning or an alarm, by kind of signal."""


@dataclass(frozen=True)
class Question:
    """A number that chance alone could have made.

    Attributes
    ----------
    kind, name : str
        What it is of.

    value : float
        The number.

    p_value : float
        How often chance makes it as large.

    message : str
        What was found.
    """

    kind: str
    name: str
    value: float
    p_value: float
    message: str


def judge(
    questions: Sequence[Question], thresholds: Mapping[str, float], alpha: float
) -> list[dict[str, Any]]:
    """Answer all questions at once: a signal needs a threshold reached, and more than chance.

    Parameters
    ----------
    questions : sequence of Question
        All that were asked.

    thresholds : mapping
        Of the plan.

    alpha : float
        Probability that any of them is raised by chance.

    Returns
    -------
    signals : list of dict
        In the same order.
    """
    signals = []
    adjusted = holm([one.p_value for one in questions])
    for one, p_value in zip(questions, adjusted, strict=True):
        of = "psi" if one.kind in ("column", "score", "decision") else "share"
        warning, alarm = thresholds[f"{of}_warning"], thresholds[f"{of}_alarm"]
        level, message = "ok", one.message
        if one.value >= warning and one.value > 0:
            if p_value <= alpha:
                level = "alarm" if one.value >= alarm else "warning"
            else:
                message += " This reaches a threshold, but chance makes as much in so few rows."
        signals.append(
            _signal(one.kind, one.name, level, one.value, message)
            | {"warning": warning, "alarm": alarm, "p_value": p_value}
        )
    return signals


def judge_figure(plan: Mapping[str, Any], score: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the interval of a figure with its bounds.

    Parameters
    ----------
    plan : mapping
        The figure as watched: bounds and the baseline.

    score : mapping
        The figure now: "estimate", "low", "high".

    Returns
    -------
    signal : dict
        Beyond a bound only where the whole interval is.
    """
    is_low = plan["warning_below"] is not None and score["high"] < plan["warning_below"]
    is_high = plan["warning_above"] is not None and score["low"] > plan["warning_above"]
    level = "warning" if is_low or is_high else "ok"
    if is_low and score["high"] < plan["alarm_below"]:
        level = "alarm"
    if is_high and score["low"] > plan["alarm_above"]:
        level = "alarm"
    side = _nearer_side(plan, score)
    name = plan["score"].replace("_", " ")
    message = (
        f"{plan['what'].capitalize()}: {name} is {score['estimate']:.3g} [{score['low']:.3g}, "
        f"{score['high']:.3g}], and was {plan['estimate']:.3g} [{plan['low']:.3g}, "
        f"{plan['high']:.3g}]."
    )
    return _signal(plan["what"], plan["score"], level, score["estimate"], message) | {
        "low": score["low"],
        "high": score["high"],
        "warning": plan[f"warning_{side}"],
        "alarm": plan[f"alarm_{side}"],
    }


def _nearer_side(plan: Mapping[str, Any], score: Mapping[str, Any]) -> str:
    below, above = plan["warning_below"], plan["warning_above"]
    if below is None or above is None:
        return "above" if below is None else "below"
    return "above" if above - score["estimate"] < score["estimate"] - below else "below"


def _signal(kind: str, name: str, level: str, value: float, message: str) -> dict[str, Any]:
    remedy = None if level == "ok" else REMEDIES[kind]
    empty = dict.fromkeys(("low", "high", "warning", "alarm", "p_value"))
    return asdict(
        MonitoringSignal(kind, name, level, value, **empty, message=message, what_to_do=remedy)
    )
