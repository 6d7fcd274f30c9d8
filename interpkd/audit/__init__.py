"""Audit: what a reviewer reads, signs and can trace back to the data."""

from interpkd.audit._report import AuditReport, audit_report

__all__ = ["AuditReport", "audit_report"]
