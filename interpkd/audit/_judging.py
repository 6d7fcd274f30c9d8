"""How a check judges a score by its interval, and says that it cannot.

A score below its floor is a grave finding when the whole interval lies below, and a milder one when
the interval reaches the floor: then the rows do not say on which side the student is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    """
    section = data.get(name)
    if section is None:
        return f"the report has no part {name!r}"
    if section["is_computed"]:
        return None
    return f"{name.replace('_', ' ')} was not computed: {section['reason']}"


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
        "high" when even the upper end is below, or when there is no interval and the estimate is;
        "medium" when the estimate is below and the interval reaches the floor; None when the
        estimate is not below.
    """
    if score["estimate"] >= floor:
        return None
    return "high" if score["high"] is None or score["high"] < floor else "medium"


def figures(score: Mapping[str, Any]) -> str:
    """Write a score with its interval."""
    if score["low"] is None or score["high"] is None:
        return f"{score['estimate']:.3f} (no interval)"
    return f"{score['estimate']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def score_evidence(name: str, score: Mapping[str, Any]) -> dict[str, Any]:
    """Give the name of a score, its estimate, its interval and its rows as evidence."""
    return {"score": name, **{part: score[part] for part in ("estimate", "low", "high", "n")}}
