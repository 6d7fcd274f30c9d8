"""How a check judges a score by its interval, and says that it cannot.

A score below its floor is a grave finding when the whole interval lies below, and a milder one when
the interval reaches the floor: then the rows do not say on which side the student is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy.special import betaincinv

from interpkd.audit._checks import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LATER = {"training", "discrimination", "monotonicity", "fairness", "certificate"}
"""Parts of the data model that earlier reports do not have."""


def not_applicable(reason: str) -> Finding:
    """Say why a question cannot be put.

    Parameters
    ----------
    reason : str
        What goes on after "because"; with or without a full stop.

    Returns
    -------
    finding : Finding
        Of the status "not applicable".
    """
    return Finding("not applicable", f"Not applicable because {reason.rstrip('.')}.")


def why_absent(data: Mapping[str, Any], name: str) -> str | None:
    """Say why a section of the data model has nothing to read, None where it has.

    Parameters
    ----------
    data : mapping
        The data model.

    name : str
        Key of a section with "is_computed" and "reason".

    Returns
    -------
    reason : str or None
        What goes on after "because".

    Raises
    ------
    KeyError
        If a part is not there that every report has.
    """
    if name in LATER and name not in data:
        return f"the report has no part {name!r}"
    section = data[name]  # a report without it was cut: the check fails
    if section["is_computed"]:
        return None
    return f"the part {name!r} was not computed: {section['reason']}"


def below(score: Mapping[str, Any], floor: float) -> str | None:
    """Hold a score with its interval against a floor.

    Parameters
    ----------
    score : mapping
        "estimate" (a number), "low" and "high" (numbers or None).

    floor : float
        What it should reach.

    Returns
    -------
    severity : {"high", "medium"} or None
        "high" when even the upper end is below; "medium" when the estimate is below and the
        interval reaches the floor, or there is none; None when the estimate is not below.
    """
    if score["estimate"] >= floor:
        return None
    return "high" if score["high"] is not None and score["high"] < floor else "medium"


def beyond(score: Mapping[str, Any], ceiling: float) -> str | None:
    """Hold the size of a score, whose sign says on which side it errs, against a ceiling.

    Parameters
    ----------
    score : mapping
        "estimate" (a number), "low" and "high" (numbers or None).

    ceiling : float
        What its size should not exceed.

    Returns
    -------
    severity : {"high", "medium"} or None
        "high" when the whole interval lies beyond; "medium" when the estimate does and the
        interval does not, or there is none; None when the estimate does not.
    """
    if abs(score["estimate"]) <= ceiling:
        return None
    low, high = score["low"], score["high"]
    is_sure = low is not None and high is not None and (low > ceiling or high < -ceiling)
    return "high" if is_sure else "medium"


def milder(severity: str) -> str:
    """Give the severity one step below: of questions where nothing graver is at stake."""
    return {"high": "medium", "medium": "low"}[severity]


def on_floor(severity: str) -> str:
    """Say of a score below its floor how sure that is."""
    return (
        "the whole interval is below" if severity == "high" else "the interval does not settle it"
    )


def share_estimate(n_true: int, n_rows: int, confidence: float) -> dict[str, Any]:
    """Give a share with its exact interval (Clopper and Pearson), in the shape of a score."""
    n_false, tail = n_rows - n_true, (1 - confidence) / 2
    low = float(betaincinv(n_true, n_false + 1, tail)) if n_true else 0.0
    high = float(betaincinv(n_true + 1, n_false, 1 - tail)) if n_false else 1.0
    return {"estimate": n_true / n_rows, "low": low, "high": high, "n": n_rows}


def figures(score: Mapping[str, Any]) -> str:
    """Write a score with its interval."""
    if score["low"] is None or score["high"] is None:
        return f"{score['estimate']:.3f} (no interval)"
    return f"{score['estimate']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def score_evidence(name: str, score: Mapping[str, Any]) -> dict[str, Any]:
    """Give the name of a score, its estimate, its interval and its rows as evidence."""
    return {"score": name, **{part: score[part] for part in ("estimate", "low", "high", "n")}}


def listed(names: Sequence[str], most: int = 6) -> str:
    """Write names in a list, and count those there is no room for."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
