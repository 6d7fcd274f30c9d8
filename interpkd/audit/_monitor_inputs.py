"""What monitoring reads: the report with its plan, the student in it, the later rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import read_inputs
from interpkd.audit._provenance import hash_student
from interpkd.exceptions import InvalidInputError
from interpkd.export import read_json

if TYPE_CHECKING:
    import os

    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._audit_report import AuditReport
    from interpkd.audit._inputs import Inputs

NAME = "interpkd.audit_report"


def read_manifest(
    manifest: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
) -> Mapping[str, Any]:
    """Give the data model of a report.

    Parameters
    ----------
    manifest : AuditReport, mapping or path-like
        The report, what its `to_dict` gave, or its JSON file.

    Returns
    -------
    data : mapping
        With a monitoring plan.

    Raises
    ------
    InvalidInputError
        If it is none, or is older than these plans.
    """
    data: Any = getattr(manifest, "data", manifest)
    if not isinstance(data, Mapping):
        data = _read(manifest)
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if not isinstance(schema, Mapping) or schema.get("name") != NAME:
        msg = (
            "manifest must be an audit report, its to_dict() or the path of its JSON file; this is "
            "none: it has no schema named 'interpkd.audit_report'."
        )
        raise InvalidInputError(msg)
    if "columns" not in data.get("monitoring", {}):
        msg = (
            "The report holds no monitoring plan: it was written by an earlier version. Make it "
            "again with audit_report."
        )
        raise InvalidInputError(msg)
    return data


def read_rows(
    manifest: Mapping[str, Any], student: Any, X: Table, y: ArrayLike | None, teacher: Any
) -> Inputs:
    """Ask the models about the later rows.

    Parameters
    ----------
    manifest : mapping
        The report.

    student : fitted estimator or None
        The student; None for the one that the report holds.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,) or None
        What became of them.

    teacher : fitted estimator, array-like or None
        The teacher, or its answers.

    Returns
    -------
    inputs : Inputs
        The rows with both models' answers.

    Raises
    ------
    InvalidInputError
        If the report holds no student and none is given, or another one is; if the report was
        changed; if the table lacks a column.
    """
    is_given = student is not None
    student = student if is_given else _rebuild(manifest)
    cutoff = manifest["fidelity"]["cutoff"]
    inputs = read_inputs(student, X, y, teacher, 0.5 if cutoff is None else cutoff)
    known, found = manifest["hashes"]["student"], hash_student(inputs.structure, student)
    names = [column.name for column in inputs.structure.columns]
    is_other = names != [one["column"] for one in manifest["monitoring"]["columns"]]
    if is_other or (None not in (known, found) and known != found):
        msg = (
            "student is not the one that the report is about: its numbers or columns differ. Make "
            "a report of this student, or leave student out."
            if is_given
            else "The student in the report has not the hash that the report states: the file was "
            "changed after it was written. Take the report as it was."
        )
        raise InvalidInputError(msg)
    return inputs


def check_weights(sample_weight: ArrayLike | None, n: int) -> FloatArray:
    """Give the weights of the later rows, ones for None."""
    if sample_weight is None:
        return np.ones(n)
    weights = np.asarray(sample_weight, dtype=np.float64)
    is_right = weights.shape == (n,) and bool(np.isfinite(weights).all() and (weights >= 0).all())
    if not is_right or not weights.any():
        msg = (
            f"sample_weight must hold {n} finite numbers of at least 0, one per row of X_new and not "
            f"all 0; got shape {weights.shape}."
        )
        raise InvalidInputError(msg)
    return weights


def check_alpha(alpha: Any) -> float:
    """Check one minus the confidence."""
    is_number = isinstance(alpha, Real) and not isinstance(alpha, bool)
    if not is_number or not 0.001 <= float(alpha) < 1:
        msg = f"alpha must be a number from 0.001 to below 1, got {alpha!r}."
        raise InvalidInputError(msg)
    return float(alpha)


def _rebuild(manifest: Mapping[str, Any]) -> Any:
    model = manifest.get("model")
    if model is None:
        why = manifest.get("model_left_out") or "an earlier version wrote it"
        msg = f"The report does not hold the student itself ({why}). Pass it as student=."
        raise InvalidInputError(msg)
    return read_json(model)


def _read(path: Any) -> Any:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except TypeError as error:
        msg = (
            "manifest must be an audit report, its to_dict() or the path of its JSON file, got "
            f"{type(path).__name__}."
        )
        raise InvalidInputError(msg) from error
    except OSError as error:
        msg = f"The report {str(path)!r} cannot be read: {error.strerror}."
        raise InvalidInputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"The report {str(path)!r} is no UTF-8 text. Pass the JSON file of a report."
        raise InvalidInputError(msg) from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        msg = f"The report {str(path)!r} is no JSON (line {error.lineno}). Pass report.json."
        raise InvalidInputError(msg) from error
