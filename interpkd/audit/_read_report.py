"""A report that was written, read again: nothing in it is trusted, whatever is missing is None."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interpkd.exceptions import InvalidInputError
from interpkd.export import read_json

SCHEMA: dict[str, Any] = {"name": "interpkd.audit_report", "version": 2}
"""Name and version of the data model; the schema is published in ``audit/schema``."""

MAX_BYTES = 256 * 2**20
"""The largest file that is read as a report."""


def read_report(report: Any, name: str = "report") -> dict[str, Any]:
    """Read the data model of a report, such as the report.json of a run.

    Nothing in it is trusted but name and version of its schema: whether it is what it says is for
    :func:`verify` to find out.

    Parameters
    ----------
    report : AuditReport, mapping or path-like
        A report, its data model, or the path of its JSON file.

    name : str, default="report"
        The parameter's name, for errors.

    Returns
    -------
    data : dict
        The data model.

    Raises
    ------
    InvalidInputError
        If it is no report of this version.

    See Also
    --------
    interpkd.audit.verify : Whether the report is what it says.

    Examples
    --------
    >>> from interpkd.audit import read_report
    >>> read_report({"schema": {"name": "interpkd.audit_report", "version": 1}})
    Traceback (most recent call last):
    ...
    interpkd.exceptions.InvalidInputError: report must be an audit report of schema ...
    """
    if isinstance(report, (str, os.PathLike)):
        data = _load(Path(report), name)
    else:
        data = getattr(report, "data", report)
    if not isinstance(data, Mapping):
        msg = f"{name} must be a report, its data model or a path, got {type(report).__name__}."
        raise InvalidInputError(msg)
    found = find(data, "schema")
    if found != SCHEMA:
        msg = (
            f"{name} must be an audit report of schema {SCHEMA['name']!r}, version "
            f"{SCHEMA['version']}; its schema is {found!r}. Give the report.json of this version."
        )
        raise InvalidInputError(msg)
    return dict(data)


def find(data: Any, *path: str | int) -> Any:
    """Follow names and positions into plain data; None where they lead nowhere."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, Mapping) else None
    return data


def rebuild(data: Mapping[str, Any]) -> tuple[Any, str | None]:
    """Build the student of a report again.

    Parameters
    ----------
    data : mapping
        The data model.

    Returns
    -------
    student : ReadStudent or None
        A fitted estimator with the student's answers.

    reason : str or None
        Why there is none.
    """
    model = find(data, "model")
    if model is None:
        why = find(data, "model_left_out")
        return None, f"the report does not hold the student: {why or 'no reason is given'}"
    try:
        return read_json(model), None
    except InvalidInputError as error:
        return None, f"the student in the report cannot be read: {error}"


def close(one: Any, two: Any) -> bool:
    """Tell whether two values are the same, numbers to nine digits."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    if isinstance(one, (int, float)) and isinstance(two, (int, float)):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == two)


def _load(path: Path, name: str) -> Any:
    if not path.is_file():
        msg = f"{name}: the file {str(path)!r} does not exist or is no file."
        raise InvalidInputError(msg)
    if path.stat().st_size > MAX_BYTES:
        msg = f"{name}: {path.name} is larger than {MAX_BYTES} bytes: no report is."
        raise InvalidInputError(msg)
    try:
        return json.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"{name}: {path.name} is not JSON, or was cut short: {error}."
        raise InvalidInputError(msg) from error
