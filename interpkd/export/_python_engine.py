"""What runs a student that was written as Python: another interpreter."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._isolated import as_lists, ask_program

if TYPE_CHECKING:
    from interpkd.export._parity import Answers

ROWS_DRIVER = """
import json as _json, sys as _sys

_table = _json.load(_sys.stdin)
_rows = [dict(zip(_table, values)) for values in zip(*_table.values())]
for _row in _rows[1::2]:  # by turns None and NaN
    _row.update({name: float("nan") for name, value in _row.items() if value is None})
_proba = globals().get("predict_proba")
_answers = [predict(row) for row in _rows], _proba and [_proba(row) for row in _rows]
print(_json.dumps(_answers))
"""

TABLE_DRIVER = """
import json as _json, sys as _sys

_table = {}
for _name, _values in _json.load(_sys.stdin).items():
    _table[_name] = np.empty(len(_values), dtype=object)
    _table[_name][:] = _values
_proba = globals().get("predict_proba")
print(_json.dumps([predict(_table).tolist(), _proba and _proba(_table).tolist()]))
"""


class PythonEngine:
    """Another interpreter, isolated from this one's modules and settings.

    Parameters
    ----------
    vectorised : bool, default=False
        Whether the module takes whole tables, and needs NumPy.
    """

    name = "Python"
    tolerance = 1e-12
    in_single = False

    def __init__(self, *, vectorised: bool = False) -> None:
        self.vectorised = vectorised

    def version(self) -> str | None:
        """Give the version of the interpreter; None where it cannot be started."""
        if not sys.executable:
            return None
        own = platform.python_version()
        return f"{own} with NumPy {np.__version__}" if self.vectorised else own

    def install_line(self) -> str:
        """Say what to do where this interpreter is part of another program."""
        return "run interpkd in an interpreter that can be started by itself"

    def answers(self, artefact: str, rows: Any) -> Answers:
        """Answer rows."""
        driver = TABLE_DRIVER if self.vectorised else ROWS_DRIVER
        command = [sys.executable, "-I", "-B", "student.py"]
        return ask_program(command, {"student.py": artefact + driver}, as_lists(rows))
