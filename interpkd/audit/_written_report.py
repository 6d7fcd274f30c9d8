"""What every report can do with its data model: give it, and write it as JSON and Markdown."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.audit._render import to_json_text, to_markdown_text

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from interpkd.audit._blocks import Document


@dataclass(frozen=True, repr=False)
class WrittenReport:
    """A data model, and the files that are written from it.

    A subclass says what stands on paper (`_paper`).

    Attributes
    ----------
    data : dict
        The data model: what :meth:`to_dict` copies and the files are written from.
    """

    data: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Give the data model.

        Returns
        -------
        data : dict
            Plain Python values that JSON can hold. Two reports on the same inputs differ in
            "created_utc" only.
        """
        return copy.deepcopy(self.data)

    def to_json(self, path: str | os.PathLike[str]) -> Path:
        """Write the data model as JSON.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all.

        Returns
        -------
        path : Path
            The file.
        """
        return write_atomically(path, to_json_text(self.data))

    def to_markdown(self, path: str | os.PathLike[str]) -> Path:
        """Write the report as Markdown, tables without pictures.

        Parameters
        ----------
        path : path-like
            The file; it appears whole or not at all.

        Returns
        -------
        path : Path
            The file.
        """
        return write_atomically(path, to_markdown_text(self._paper()))

    def _paper(self) -> Document:
        """Lay the data model out."""
        raise NotImplementedError
