"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._audit_report import AuditReport
from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._checks import SEVERITIES, Check, Finding, worst
from interpkd.audit._decision_log import decision_log, read_decision_log
from interpkd.audit._diff import ReportDiff, diff
from interpkd.audit._fairness import group_fairness
from interpkd.audit._fairness_findings import (
    CarryingColumn,
    GroupFairness,
    GroupScores,
    ProxyScreen,
)
from interpkd.audit._floors import FLOORS
from interpkd.audit._gate import run_checks
from interpkd.audit._monitor import monitor
from interpkd.audit._monitor_report import MonitoringReport, MonitoringSignal
from interpkd.audit._read_report import read_report
from interpkd.audit._report import audit_report
from interpkd.audit._stability import stability
from interpkd.audit._stability_findings import Recurrence, SpreadOfRefits, Stability
from interpkd.audit._verify import Verification, VerifiedLine, verify

__all__ = [  # noqa: RUF022 - in the order of sorted(), constants among the rest
    "AuditReport",
    "BUILTIN_CHECKS",
    "CarryingColumn",
    "Check",
    "FLOORS",
    "Finding",
    "GroupFairness",
    "GroupScores",
    "MonitoringReport",
    "MonitoringSignal",
    "ProxyScreen",
    "Recurrence",
    "ReportDiff",
    "SEVERITIES",
    "SpreadOfRefits",
    "Stability",
    "Verification",
    "VerifiedLine",
    "audit_report",
    "decision_log",
    "diff",
    "group_fairness",
    "monitor",
    "read_decision_log",
    "read_report",
    "run_checks",
    "stability",
    "verify",
    "worst",
]
