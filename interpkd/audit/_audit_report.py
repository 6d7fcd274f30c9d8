"""The audit report as an object: one data model, its findings, its files."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from interpkd._files import write_atomically
from interpkd.audit._checks import read_findings, worst
from interpkd.audit._document import build_document
from interpkd.audit._model_card import model_card_text
from interpkd.audit._render import to_html_text
from interpkd.audit._report_at_a_glance import report_html
from interpkd.audit._written_report import WrittenReport

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from interpkd.audit._blocks import Document
    from interpkd.audit._checks import Finding


@dataclass(frozen=True, repr=False)
class AuditReport(WrittenReport):
    """A student with the evidence about it; made by :func:`audit_report`.

    Attributes
    ----------
    data : dict
        The data model: what :meth:`to_dict` copies and the files are written from.

    pictures : mapping
        The drawings of the HTML file by name, as SVG elements.
    """

    pictures: Mapping[str, str]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What every check said, in the order of the checks."""
        return read_findings(self.data["findings"])

    @property
    def passed(self) -> bool:
        """Whether checks were made and no finding is of severity "high"."""
        return bool(self.data["passed"])

    @property
    def worst_severity(self) -> str | None:
        """The gravest severity among the findings, None when nothing was found."""
        return worst(self.findings)

    def to_model_card(self, path: str | os.PathLike[str]) -> Path:
        """Write a model card: YAML for a hub's index, then what a reader of the hub looks for.

        Parameters
        ----------
        path : path-like
            The file, such as ``README.md``; it appears whole or not at all.

        Returns
        -------
        path : Path
            The file.
        """
        return write_atomically(path, model_card_text(self.data))

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the report as one HTML file that needs no network.

        Without scripts the page shows everything but the what-if panel.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all.

        Returns
        -------
        path : Path
            The file.
        """
        document = build_document(self.data, self.pictures)
        return write_atomically(path, to_html_text(document))

    def _paper(self) -> Document:
        return build_document(self.data, {})

    def _repr_html_(self) -> str:
        return report_html(self.data)

    def __repr__(self) -> str:
        student = self.data["lineage"]["student"]["name"]
        model, rows = self.data["student"], self.data["data"]["n_rows"]
        rows = (self.data["data"].get("sample") or {"n_rows_available": rows})["n_rows_available"]
        if "bins" in model:
            size = f"{model['n_features']} columns in {model['n_bins']} bins"
        elif "n_coefficients" in model:
            size = f"{model['n_coefficients']} coefficients"
        else:
            size = "no rules" if model["n_rules"] is None else f"{model['n_rules']} rules"
        return f"<AuditReport of {student}: {size}, {rows} evaluation rows>"
