"""Evidence that takes refits, and so comes from the caller: frontier, distil or not, stability."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._stability_findings import Stability
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import DistilOrNot, Frontier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KINDS: dict[str, tuple[type[Any], str]] = {
    "frontier": (Frontier, "interpkd.fidelity.frontier(student, X, y, sizes=...)"),
    "distil_or_not": (DistilOrNot, "interpkd.fidelity.distil_or_not(student, X, y)"),
    "stability": (Stability, "interpkd.audit.stability(student, X, y)"),
}
"""The type of each, and the call that makes it."""


def refit_evidence(**given: Any) -> dict[str, dict[str, Any]]:
    """Give the sections of evidence that the caller made before.

    Parameters
    ----------
    **given : Frontier, DistilOrNot, Stability, str or None
        The results by name; a text says why there is none.

    Returns
    -------
    sections : dict of str to dict
        For each: "is_computed" and "reason", which says how to get it; then the result.

    Raises
    ------
    InvalidInputError
        If one is of another type.
    """
    sections: dict[str, dict[str, Any]] = {}
    for name, (kind, call) in KINDS.items():
        found = given[name]
        if found is None:
            reason = f"Not given to the report. Make it with {call} and pass it as {name}=."
            sections[name] = {"is_computed": False, "reason": reason}
            continue
        if isinstance(found, str):
            sections[name] = {"is_computed": False, "reason": found}
            continue
        if not isinstance(found, kind):
            msg = (
                f"{name} must be a {kind.__name__}, the result of {call}, or a text that says why "
                f"there is none, got {type(found).__name__}."
            )
            raise InvalidInputError(msg)
        sections[name] = {"is_computed": True, "reason": None, **found.to_dict()}
    return sections


def refit_limitations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the splits and signs that most refits do not repeat.

    Parameters
    ----------
    data : mapping
        The report's data model.

    Yields
    ------
    topic, text : str
        At most one limitation.
    """
    found = data["stability"]
    if not found["is_computed"]:
        return
    unstable = [
        f"{one['name']} ({one['n_again']} of {one['n_refits']})"
        for one in (*found["splits"], *found["signs"])
        if one["verdict"] == "unstable"
    ]
    if unstable:
        text = f"Fewer than half of the refits repeat: {'; '.join(unstable)}."
        yield "Unstable parts of the student", text
