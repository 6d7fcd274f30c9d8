"""What a notebook shows of an audit report: its figures and what its checks found."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._html import paragraphs, show, table
from interpkd.audit._cells import Number
from interpkd.audit._checks import COUNTED
from interpkd.audit._document import build_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._cells import Cell

WHOLE = (
    "This is a glance: to_html(path) writes the whole report as one file that needs no network; "
    "to_markdown, to_json and to_model_card write it in other forms."
)


def report_html(data: Mapping[str, Any]) -> str:
    """Give the figures and findings of a report as HTML, without script.

    Parameters
    ----------
    data : mapping
        The data model.

    Returns
    -------
    html : str
        For a notebook.
    """
    document = build_document(data, {})
    figures = [[one.label, _text(one.parts), _text(one.note)] for one in document.figures]
    found = [one for one in data["findings"] if one["status"] in COUNTED]
    rows = [[one["severity"], one["code"], one["title"], one["message"]] for one in found]
    n_checks = len(data["findings"])
    if rows:
        title = f"Findings: {len(rows)} of {n_checks} checks"
        findings = table(title, ("severity", "code", "check", "what was seen"), rows)
    else:
        said = f"None of {n_checks} checks found anything." if n_checks else "No checks were made."
        findings = paragraphs(said)
    head = f"Audit report: {document.title}"
    return show(head, table("", (), figures), findings, paragraphs(WHOLE, soft=True))


def _text(parts: Cell) -> str:
    return "".join(part.shown if isinstance(part, Number) else part.text for part in parts)
