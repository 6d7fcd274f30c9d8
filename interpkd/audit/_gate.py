"""The checks put to a report, in memory or from its JSON file, and the verdict."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._checks import COUNTED, SEVERITIES, STATUSES, check_checks, look_all, worst
from interpkd.audit._floors import FLOORS, check_floors
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.audit._audit_report import AuditReport
    from interpkd.audit._checks import Check, Finding

NAME = "interpkd.audit_report"


def run_checks(
    report: AuditReport | Mapping[str, Any],
    checks: Iterable[Check] | None = None,
    *,
    floors: Mapping[str, float] | None = None,
) -> tuple[Finding, ...]:
    """Put checks to a report that is there already, such as one read from its JSON file.

    Parameters
    ----------
    report : AuditReport or mapping
        The report, or its data model.

    checks : iterable of Check or None, default=None
        The questions; None for :data:`interpkd.audit.BUILTIN_CHECKS`.

    floors : mapping or None, default=None
        Floors in place of those that the report was written with.

    Returns
    -------
    findings : tuple of Finding
        One per check, in their order. The report stays as it is.

    Raises
    ------
    InvalidInputError
        If it is no audit report, or the checks or floors break a rule.

    See Also
    --------
    interpkd.audit.worst : The gravest severity among the findings, for a gate.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.audit import audit_report, run_checks, worst
    >>> X, y = load_iris(return_X_y=True)
    >>> forest = DecisionTreeClassifier(random_state=0).fit(X, y)
    >>> stump = DecisionTreeClassifier(max_depth=1).fit(X, y)
    >>> report = audit_report(stump, X, y, teacher=forest)
    >>> worst(run_checks(report), "high")
    'high'
    >>> [one.code for one in run_checks(report) if one.severity == one.status == "failed"]
    []
    """
    data: Any = getattr(report, "data", report)
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if not isinstance(schema, Mapping) or schema.get("name") != NAME:
        msg = (
            "report must be an AuditReport or its data model, the JSON that it writes; this is "
            f"{type(report).__name__} without the schema {NAME!r}."
        )
        raise InvalidInputError(msg)
    questions = check_checks(BUILTIN_CHECKS if checks is None else checks)
    written = {name: value for name, value in data.get("floors", {}).items() if name in FLOORS}
    return tuple(
        look_all(questions, {**data, "floors": check_floors({**written, **(floors or {})})})
    )


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
        "floors"; "findings", one entry per check in their order; "finding_counts", by status, and
        of what was found by severity; "passed", which is False when no check was made.
    """
    findings = look_all(checks, {**data, "floors": dict(floors)})
    return {
        "floors": dict(floors),
        "findings": [one.to_dict() for one in findings],
        "finding_counts": _counts(findings),
        "passed": bool(findings) and worst(findings, "high") is None,
    }


def _counts(findings: Sequence[Finding]) -> dict[str, dict[str, int]]:
    found = [one.severity for one in findings if one.status in COUNTED]
    said = [one.status for one in findings]
    return {
        "by_status": {status: said.count(status) for status in STATUSES},
        "by_severity": {severity: found.count(severity) for severity in SEVERITIES},
    }
