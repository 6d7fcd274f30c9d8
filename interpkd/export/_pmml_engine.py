"""The evaluator that PMML is checked with: PMML4S on Java, by way of pypmml."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import os
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from interpkd.export._parity import Answers
from interpkd.export._pmml_fields import data_type, label, make_names
from interpkd.export._pmml_java import WORKER

BLOCK = 2000
"""Rows asked at once."""


class PmmlEngine:
    """PMML4S on Java.

    Parameters
    ----------
    data : dict
        The document of the student: it says which field has which answer.
    """

    name = "PMML4S"
    tolerance = 1e-12
    in_single = False

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def version(self) -> str | None:
        """Give the version that is installed; None when pypmml or Java is lacking."""
        try:
            found = version("pypmml")
        except PackageNotFoundError:
            return None
        return found if has_java() else None

    def install_line(self) -> str:
        """Say what installs it."""
        return (
            'pip install "interpkd[pmml]", and Java (on Debian: apt install default-jre-headless)'
        )

    def answers(self, artefact: str, rows: Any) -> Answers:
        """Answer rows of a data frame."""
        found = evaluate(artefact, rows, self.data)
        names = make_names(self.data)
        if self.data["classes"] is None:
            return Answers(np.array(found[names.prediction], dtype=np.float64))
        known = {label(value): value for value in self.data["classes"]}
        if data_type(self.data["classes"]) == "double":
            known = {value: value for value in self.data["classes"]}
        columns = [np.array(found[name], dtype=np.float64) for name in names.probabilities]
        predictions = np.empty(len(rows), dtype=object)
        predictions[:] = [known.get(one) for one in found[names.prediction]]
        return Answers(predictions, np.column_stack(columns))


def has_java() -> bool:
    """Tell whether there is a Java to run."""
    home = os.environ.get("JAVA_HOME")
    return bool(home and (Path(home) / "bin" / "java").exists()) or shutil.which("java") is not None


def evaluate(artefact: str, rows: Any, data: dict[str, Any]) -> dict[str, list[Any]]:
    """Evaluate rows of a data frame.

    Parameters
    ----------
    artefact : str
        The PMML.

    rows : pandas.DataFrame of shape (n_samples, n_features)
        The rows.

    data : dict
        The document of the student.

    Returns
    -------
    found : dict
        The values of each output field, None where there is none.
    """
    names = [column["name"] for column in data["columns"]]
    values = [_values(rows[column["name"]], column) for column in data["columns"]]
    lines = [list(row) for row in zip(*values, strict=True)]
    found: dict[str, list[Any]] = {}
    for start in range(0, len(lines), BLOCK):
        block = {"pmml": artefact, "columns": names, "rows": lines[start : start + BLOCK]}
        answer = WORKER.ask(block)
        for name, column in zip(answer["columns"], zip(*answer["rows"], strict=True), strict=True):
            found.setdefault(name, []).extend(column)
    return found


def _values(series: Any, column: dict[str, Any]) -> list[Any]:
    """Give the values of a column as JSON holds them, None where one is missing."""
    missing = series.isna().tolist()
    listed = [None if lost else one for one, lost in zip(series.tolist(), missing, strict=True)]
    if column["kind"] == "category":
        is_text = data_type(column["categories"]) == "string"
        return [label(one) if is_text and one is not None else one for one in listed]
    if column["kind"] == "boolean":
        return [None if one is None else label(bool(one)) for one in listed]
    return [None if one is None else float(one) for one in listed]
