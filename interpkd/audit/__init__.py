"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._checks import SEVERITIES, Check, Finding, worst
from interpkd.audit._floors import FLOORS
from interpkd.audit._gate import run_checks
from interpkd.audit._report import AuditReport, audit_report
from interpkd.audit._stability import stability
from interpkd.audit._stability_findings import Recurrence, SpreadOfRefits, Stability

__all__ = [  # noqa: RUF022 - in the order of sorted(), constants among the rest
    "AuditReport",
    "BUILTIN_CHECKS",
    "Check",
    "FLOORS",
    "Finding",
    "Recurrence",
    "SEVERITIES",
    "SpreadOfRefits",
    "Stability",
    "audit_report",
    "run_checks",
    "stability",
    "worst",
]
