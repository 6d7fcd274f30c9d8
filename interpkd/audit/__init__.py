"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._decision_log import decision_log, read_decision_log
from interpkd.audit._monitor import monitor
from interpkd.audit._monitor_report import MonitoringReport, MonitoringSignal
from interpkd.audit._report import AuditReport, audit_report
from interpkd.audit._stability import stability
from interpkd.audit._stability_findings import Recurrence, SpreadOfRefits, Stability

__all__ = [
    "AuditReport",
    "MonitoringReport",
    "MonitoringSignal",
    "Recurrence",
    "SpreadOfRefits",
    "Stability",
    "audit_report",
    "decision_log",
    "monitor",
    "read_decision_log",
    "stability",
]
