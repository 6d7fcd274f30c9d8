"""The checks put to a report, in memory or from its JSON file, and the verdict."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._checks import look_all, worst

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.audit._checks import Check


def judge(
    data: Mapping[str, Any], checks: Sequence[Check], floors: Mapping[str, float]
) -> dict[str, Any]:
    """Give the parts of the data model that say what the checks found.

    Parameters
    ----------
    data : mapping
        The data model without these parts.

    checks : sequence of Check
        Checked checks.

    floors : mapping of str to float
        Every floor.

    Returns
    -------
    parts : dict
        "floors"; "findings", one entry per check in their order; "passed", which is False when no
        check was made.
    """
    findings = look_all(checks, {**data, "floors": dict(floors)})
    return {
        "floors": dict(floors),
        "findings": [one.to_dict() for one in findings],
        "passed": bool(findings) and worst(findings, "high") is None,
    }
