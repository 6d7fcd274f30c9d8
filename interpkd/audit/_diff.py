"""What changed from one report to the next: rules, numbers, parameters, software, decisions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._diff_document import diff_document
from interpkd.audit._diff_entries import (
    bin_facts,
    bin_key,
    coefficient_facts,
    coefficient_key,
    compare_columns,
    compare_entries,
    compare_students,
    compare_values,
    rule_facts,
    rule_key,
)
from interpkd.audit._diff_facts import (
    compare_scores,
    findings_of,
    hashes_of,
    parameters_of,
    software_of,
)
from interpkd.audit._plain_text import to_plain_text
from interpkd.audit._read_report import find, read_report
from interpkd.audit._render import to_markdown_text
from interpkd.audit._swap_set import swap_set

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from interpkd._typing import Table
    from interpkd.audit._audit_report import AuditReport


@dataclass(frozen=True, repr=False)
class ReportDiff:
    """What differs between two reports; made by :func:`diff`.

    Attributes
    ----------
    data : dict
        Everything that was compared, as plain values; empty lists where nothing differs.
    """

    data: dict[str, Any]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs but times."""
        return bool(self.data["is_equal"])

    def to_dict(self) -> dict[str, Any]:
        """Give what was compared.

        Returns
        -------
        data : dict
            Plain Python values that JSON can hold.
        """
        return copy.deepcopy(self.data)

    def to_json(self) -> str:
        """Give what was compared as JSON text.

        Returns
        -------
        text : str
            Indented JSON.
        """
        return json.dumps(self.data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """Give the differences as Markdown.

        Returns
        -------
        text : str
            Headings and tables; names and categories are escaped.
        """
        return to_markdown_text(diff_document(self.data))

    def __str__(self) -> str:
        return to_plain_text(diff_document(self.data))

    def __repr__(self) -> str:
        return f"<ReportDiff: {'equal' if self.is_equal else 'different'}>"


def diff(
    a: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    b: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    X: Table | None = None,
) -> ReportDiff:
    """Compare two reports.

    Rules are the same when their conditions are; coefficients when column and category are; points
    when column and bin are. Scores count as changed in the ninth digit.

    Parameters
    ----------
    a, b : AuditReport, mapping or path-like
        The earlier and the later report, their data models, or the paths of their JSON files.

    X : array-like or data frame of shape (n_samples, n_features) or None, default=None
        Rows that both students, built from their reports, decide: those that they decide
        differently are the swap set. None for no swap set.

    Returns
    -------
    diff : ReportDiff
        What differs, as text (`str`), Markdown and JSON.

    Raises
    ------
    InvalidInputError
        If `a` or `b` is no report, or the rows do not fit a student.

    See Also
    --------
    interpkd.audit.verify : One report against its data and models.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd import DistilledTreeClassifier, as_teacher, audit_report
    >>> from interpkd.audit import diff
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X.iloc[:, :4]
    >>> teacher = as_teacher(LogisticRegression(max_iter=9999).fit(X[::2], y[::2]))
    >>> small, large = (
    ...     audit_report(DistilledTreeClassifier(teacher, max_leaf_nodes=n).fit(X[::2]), X[1::2])
    ...     for n in (2, 3)
    ... )
    >>> found = diff(small, large, X).to_dict()
    >>> len(found["rules"]["removed"]), len(found["rules"]["added"])
    (1, 2)
    >>> diff(small, small).is_equal
    True
    """
    one, two = read_report(a, "a"), read_report(b, "b")
    data: dict[str, Any] = {
        "a": _about(one),
        "b": _about(two),
        "rules": compare_entries(one, two, "rules", rule_key, rule_facts),
        "coefficients": compare_entries(
            one, two, "coefficients", coefficient_key, coefficient_facts
        ),
        "points": compare_entries(one, two, "bins", bin_key, bin_facts),
        "columns": compare_columns(one, two),
        "student": [*compare_students(one, two)],
        "scores": [*compare_scores(one, two)],
        "findings": [*compare_values(findings_of(one), findings_of(two))],
        "parameters": [*compare_values(parameters_of(one), parameters_of(two))],
        "software": [*compare_values(software_of(one), software_of(two))],
        "data": [*compare_values(hashes_of(one), hashes_of(two))],
        "swap_set": swap_set(one, two, X),
    }
    data["is_equal"] = not _differs(data)
    return ReportDiff(json.loads(json.dumps(data, allow_nan=False)))


def _differs(data: Mapping[str, Any]) -> bool:
    listed = ("student", "scores", "findings", "parameters", "software", "data")
    if any(data[name] for name in listed) or any(data["columns"].values()):
        return True
    kinds = ("added", "removed", "changed")
    parts = [data[name][kind] for name in ("rules", "coefficients", "points") for kind in kinds]
    return any(parts) or bool(data["swap_set"].get("n_changed"))


def _about(data: Mapping[str, Any]) -> dict[str, Any]:
    """Name a report."""
    return {
        "name": find(data, "identity", "model_name") or find(data, "lineage", "student", "name"),
        "version": find(data, "identity", "version"),
        "created_utc": find(data, "created_utc"),
        "report_sha256": find(data, "provenance", "hashes", "report"),
        "student": find(data, "lineage", "student", "name"),
        "n_rows": find(data, "data", "n_rows"),
    }
