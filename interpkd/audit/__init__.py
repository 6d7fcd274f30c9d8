"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._diff import ReportDiff, diff
from interpkd.audit._read_report import read_report
from interpkd.audit._report import AuditReport, audit_report
from interpkd.audit._stability import stability
from interpkd.audit._stability_findings import Recurrence, SpreadOfRefits, Stability
from interpkd.audit._verify import Verification, VerifiedLine, verify

__all__ = [
    "AuditReport",
    "Recurrence",
    "ReportDiff",
    "SpreadOfRefits",
    "Stability",
    "Verification",
    "VerifiedLine",
    "audit_report",
    "diff",
    "read_report",
    "stability",
    "verify",
]
