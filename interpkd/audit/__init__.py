"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._fairness import group_fairness
from interpkd.audit._fairness_findings import (
    CarryingColumn,
    GroupFairness,
    GroupScores,
    ProxyScreen,
)
from interpkd.audit._report import AuditReport, audit_report
from interpkd.audit._stability import stability
from interpkd.audit._stability_findings import Recurrence, SpreadOfRefits, Stability

__all__ = [
    "AuditReport",
    "CarryingColumn",
    "GroupFairness",
    "GroupScores",
    "ProxyScreen",
    "Recurrence",
    "SpreadOfRefits",
    "Stability",
    "audit_report",
    "group_fairness",
    "stability",
]
