"""Checks: coded questions to a report, and what they find.

A check reads the data model of a report and nothing else. So it gives the same finding for the
report in memory and for its JSON file, which makes a gate of either.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from interpkd.audit._inputs import plain
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEVERITIES = ("high", "medium", "low", "info")
"""From what must not be signed as it is to what is worth knowing."""

STATUSES = ("finding", "clear", "not applicable", "failed")
"""What a check may say; "failed" is said of a check that raised an error."""

ANSWERS = STATUSES[:3]
COUNTED = frozenset({"finding", "failed"})
OWN_PARTS = frozenset({"findings", "finding_counts", "passed"})
"""What the checks themselves write into the data model."""

PARTS = ("code", "title", "severity", "section", "look")


@dataclass(frozen=True)
class Finding:
    """What a check saw; `look` gives one, and the report adds the check's code, title and section.

    Attributes
    ----------
    status : {"finding", "clear", "not applicable", "failed"}
        A finding, none, or why the question cannot be put to this report. "failed" is written by
        the report, for a check that raised an error or returned no finding.

    message : str
        What was seen, and where; of "not applicable" the reason.

    evidence : dict
        The numbers that were read and the floors they were held against: names to numbers or texts.

    severity : {"high", "medium", "low", "info"} or None
        None for the check's own, which is the gravest that it gives.

    remedy : str
        What to do about a finding.

    code, title, section : str
        Of the check; empty in what `look` returns.

    Examples
    --------
    >>> from interpkd.audit import Finding
    >>> Finding("clear", "Every row has an owner.", {"n_rows": 3}).status
    'clear'
    """

    status: str
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    severity: str | None = None
    remedy: str = ""
    code: str = ""
    title: str = ""
    section: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as the report's data model holds it.

        Returns
        -------
        entry : dict
            "code", "title", "severity", "status", "message", "evidence", "remedy", "section".
        """
        names = ("code", "title", "severity", "status", "message", "evidence", "remedy", "section")
        values = asdict(self)
        return {name: values[name] for name in names}


@runtime_checkable
class Check(Protocol):
    """The protocol of a check: four attributes and a method. Nothing need be inherited.

    Attributes
    ----------
    code : str
        Short and unique, such as "ACME001"; codes that begin with KD are the package's own.

    title : str
        The fault in a few words.

    severity : {"high", "medium", "low", "info"}
        The gravest severity of its findings. Findings of severity "high" keep a report from
        passing.

    section : str
        Anchor of the section that holds the evidence, such as "fidelity".

    See Also
    --------
    interpkd.audit.BUILTIN_CHECKS : The checks of the package.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.audit import BUILTIN_CHECKS, Finding, audit_report
    >>> @dataclass(frozen=True)
    ... class OwnerIsNamed:
    ...     code: str = "ACME001"
    ...     title: str = "No owner is named"
    ...     severity: str = "high"
    ...     section: str = "identity"
    ...
    ...     def look(self, data):
    ...         owner = data["identity"]["owner"]
    ...         if owner is None:
    ...             remedy = 'Pass fields={"owner": ...}.'
    ...             return Finding("finding", "The owner was left blank.", remedy=remedy)
    ...         return Finding("clear", "The owner is named.", {"owner": owner})
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
    >>> report = audit_report(tree, X, y, checks=(*BUILTIN_CHECKS, OwnerIsNamed()))
    >>> report.findings[-1].code, report.findings[-1].status, report.passed
    ('ACME001', 'finding', False)
    """

    @property
    def code(self) -> str:
        """Short and unique."""

    @property
    def title(self) -> str:
        """The fault in a few words."""

    @property
    def severity(self) -> str:
        """The gravest severity of its findings."""

    @property
    def section(self) -> str:
        """Anchor of the section that holds the evidence."""

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge a report by its data model.

        Parameters
        ----------
        data : dict
            A copy of what :meth:`AuditReport.to_dict` gives, without "findings" and "passed";
            ``data["floors"]`` has the floors.

        Returns
        -------
        finding : Finding
            A finding, "clear", or "not applicable" with the reason.
        """


def check_checks(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Refuse what is no check, and two of the same code.

    Parameters
    ----------
    checks : iterable of Check
        The checks in the order of their findings.

    Returns
    -------
    checks : tuple of Check
        The same.

    Raises
    ------
    InvalidInputError
        If one lacks a part of the protocol, or two share a code.
    """
    if not isinstance(checks, Iterable) or isinstance(checks, (str, type)):
        msg = (
            "checks must be a sequence of checks, such as (*BUILTIN_CHECKS, MyCheck()), got "
            f"{type(checks).__name__}."
        )
        raise InvalidInputError(msg)
    known = tuple(checks)
    for one in known:
        _check_parts(one)
    codes = [one.code for one in known]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        msg = f"checks holds two of the code {twice!r}. Give each a code of its own."
        raise InvalidInputError(msg)
    return known


def _check_parts(check: Any) -> None:
    if isinstance(check, type):
        msg = f"checks holds the class {check.__name__}. Make one of it: {check.__name__}()."
        raise InvalidInputError(msg)
    lacking = [name for name in PARTS if not hasattr(check, name)]
    if lacking:
        msg = (
            f"checks holds a {type(check).__name__} without {', '.join(lacking)}. A check has "
            f"{', '.join(PARTS[:-1])} and a method look(data)."
        )
        raise InvalidInputError(msg)
    texts = [name for name in PARTS[:-1] if not isinstance(getattr(check, name), str)]
    if texts or not check.code:
        msg = (
            f"{texts[0] if texts else 'code'} of the check {type(check).__name__} must be a text "
            f"of at least one sign, got {getattr(check, texts[0] if texts else 'code')!r}."
        )
        raise InvalidInputError(msg)
    if check.severity not in SEVERITIES:
        msg = (
            f"severity of the check {check.code} must be one of {', '.join(SEVERITIES)}, got "
            f"{check.severity!r}."
        )
        raise InvalidInputError(msg)


def look_all(checks: Sequence[Check], data: Mapping[str, Any]) -> list[Finding]:
    """Put every question; one that fails says so in a finding of its own.

    Parameters
    ----------
    checks : sequence of Check
        Checked checks.

    data : mapping
        The data model.

    Returns
    -------
    findings : list of Finding
        In the order of the checks.
    """
    kept = {name: value for name, value in data.items() if name not in OWN_PARTS}
    text = json.dumps(kept)
    ours = json.loads(text)
    # a fresh copy for each of another's: it can change nothing that the report or a check reads
    return [_look(check, ours if _is_ours(check) else json.loads(text)) for check in checks]


def _is_ours(check: Check) -> bool:
    """Whether a check is of this package, whose checks change nothing of what they read."""
    return type(check).__module__.startswith("interpkd.audit.")


def _look(check: Check, data: dict[str, Any]) -> Finding:
    try:
        found = check.look(data)
    except Exception as error:  # noqa: BLE001, RUF100 - one check must not lose the report
        return _failed(check, f"it raised {type(error).__name__}: {error}")
    wrong = _what_is_wrong(found)
    if wrong is not None:
        return _failed(check, wrong)
    return replace(
        found,
        code=check.code,
        title=check.title,
        section=check.section,
        severity=check.severity if found.severity is None else found.severity,
        evidence={str(name): plain(value) for name, value in found.evidence.items()},
    )


def _what_is_wrong(found: Any) -> str | None:
    """Say why an answer of a check is no finding, None where it is one."""
    if not isinstance(found, Finding):
        return f"look returned {type(found).__name__}, not a Finding"
    if found.status not in ANSWERS:
        return f"its status is {found.status!r}, not one of {', '.join(ANSWERS)}"
    if found.severity not in (*SEVERITIES, None):
        return f"its severity is {found.severity!r}, not one of {', '.join(SEVERITIES)}"
    if not isinstance(found.message, str) or not found.message.strip():
        return "it has no message"
    if not isinstance(found.remedy, str) or not isinstance(found.evidence, Mapping):
        return "its remedy must be a text, and its evidence a mapping"
    return None


def _failed(check: Check, why: str) -> Finding:
    """Write down that a check failed: nobody knows what it would have found."""
    return Finding(
        "failed",
        f"The check could not be made: {why}.",
        severity="high",
        remedy=f"Mend the check {check.code}, or leave it out knowingly.",
        code=check.code,
        title=check.title,
        section=check.section,
    )


def read_findings(entries: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Give the findings of a data model as objects.

    Parameters
    ----------
    entries : iterable of mapping
        ``data["findings"]``.

    Returns
    -------
    findings : tuple of Finding
        The same.
    """
    return tuple(Finding(**entry) for entry in entries)


def worst(findings: Iterable[Finding | Mapping[str, Any]], severity: str = "info") -> str | None:
    """Give the gravest severity among findings, if it is at least as grave as stated.

    Parameters
    ----------
    findings : iterable of Finding or mapping
        Findings of a report, or entries of ``data["findings"]``. Only those with the status
        "finding" or "failed" count.

    severity : {"high", "medium", "low", "info", "never"}, default="info"
        The least severity that counts; with "never" none does.

    Returns
    -------
    worst : str or None
        The gravest severity, None when nothing counts: a gate fails when it is not None.

    Raises
    ------
    InvalidInputError
        If the severity is none of these.

    Examples
    --------
    >>> from interpkd.audit import Finding, worst
    >>> found = [Finding("finding", "Thin.", severity="low"), Finding("clear", "", severity="high")]
    >>> worst(found), worst(found, "medium")
    ('low', None)
    """
    if severity not in (*SEVERITIES, "never"):
        msg = f"severity must be one of {', '.join(SEVERITIES)}, never, got {severity!r}."
        raise InvalidInputError(msg)
    if severity == "never":
        return None
    counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
    entries = [one.to_dict() if isinstance(one, Finding) else one for one in findings]
    seen = {one["severity"] for one in entries if one["status"] in COUNTED}
    return next((one for one in counted if one in seen), None)
