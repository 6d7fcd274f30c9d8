"""The student of a file: a saved one, its JSON, or the one inside a report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from interpkd.export import ReadStudent


ZIP = b"PK"
"""What a .interpkd file begins with, whatever it is called."""


@dataclass(frozen=True)
class Model:
    """A student that was read from a file.

    Attributes
    ----------
    student : ReadStudent
        The student.

    sha256 : str
        Hash of the file.
    """

    student: ReadStudent
    sha256: str


def read_model(path: Path) -> Model:
    """Read the student that a file holds. Nothing in the file is run.

    Parameters
    ----------
    path : Path
        A ``.interpkd`` file, the JSON of a student, or the ``report.json`` of an audit report.

    Returns
    -------
    model : Model
        The student, and the hash of the file.

    Raises
    ------
    DataError
        If the file holds no student.

    InvalidInputError
        If what it holds is damaged.
    """
    from interpkd.export import load, read_json, to_json

    raw = path.read_bytes()
    document = to_json(load(path)) if raw[: len(ZIP)] == ZIP else _document(path, raw)
    return Model(read_json(document), hashlib.sha256(raw).hexdigest())


def _document(path: Path, raw: bytes) -> Any:
    """Give the JSON of the student, or the file where it is nothing else."""
    try:
        data = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        msg = (
            f"{path.name} holds no student: it is neither a .interpkd file nor JSON. Name what "
            "interpkd.export.save or to_json wrote, or the report.json of an audit report."
        )
        raise DataError(msg) from error
    if not isinstance(data, dict) or "fidelity" not in data:
        return path
    if data.get("model") is None:
        msg = f"{path.name} does not hold the student: {data.get('model_left_out')}"
        raise DataError(msg)
    return data["model"]
