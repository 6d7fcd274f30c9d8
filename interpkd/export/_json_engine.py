"""What runs a student that was written as JSON: it is read again, from the text of the file."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._parity import Answers
from interpkd.export._parity_rows import as_asked
from interpkd.export._read_json import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping


class JsonEngine:
    """The reader of interpkd.

    The sums of linear students are added up in the same order, by the same library: they differ
    by what another shape of the same matrix product rounds.
    """

    name = "read_json on Python"
    tolerance = 1e-12
    in_single = False

    def version(self) -> str:
        """Give the version of Python: the reader is always there."""
        return platform.python_version()

    def install_line(self) -> str:
        """Say that nothing is to be installed."""
        return "nothing to install"

    def answers(self, artefact: Mapping[str, Any], rows: Any) -> Answers:
        """Answer rows."""
        data = json.loads(json.dumps(artefact, allow_nan=False))
        student, asked = read_json(data), as_asked(data, rows)
        proba = None if data["classes"] is None else student.predict_proba(asked)
        return Answers(np.asarray(student.predict(asked)), proba)
