"""The manifest: what it takes to recompute a report and to see what differs.

Hashes of data, models, configuration and of the report itself; software and threads; seeds; the
commit of the user's working directory; the command to run it again.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import hash_columns
from interpkd._fingerprint import fingerprint
from interpkd.audit._environment import environment, git_state
from interpkd.audit._inputs import plain
from interpkd.audit._provenance import hash_answers, hash_json, hash_report, hash_values
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import Table
    from interpkd.audit._inputs import Inputs

HOW = {
    "rows": "Number of rows, then per column in the student's order its name and values: numbers "
    "as little-endian float64, categories as texts, missing as NaN or null; the order of the "
    "table's columns and the library that holds it do not matter.",
    "labels": "Shape and values: numbers as little-endian float64, other labels as texts with "
    "their type.",
    "answers": "As labels, after division by the power of ten below the largest (probabilities: "
    "by 1) and rounding to nine decimals.",
    "teacher": "The fitted model part by part in canonical form, without threads, seeds and "
    "versions of libraries; 'file' is the SHA-256 of the bytes of the file it was read from.",
    "json": "Canonical JSON: keys sorted, no spaces, ASCII with escapes, numbers as Python's repr.",
    "report": "Canonical JSON of the whole data model without created_utc, without "
    "seconds_per_row of the points of frontier, and without this hash (provenance.hashes.report).",
}
"""How each hash is recomputed, in words."""


def check_manifest_inputs(command: Any, source: Any) -> tuple[str | None, dict[str, Any] | None]:
    """Check what the caller says of how the report was made.

    Parameters
    ----------
    command : str or None
        The command to run it again.

    source : mapping or None
        Where the rows came from.

    Returns
    -------
    command : str or None
        The same.

    source : dict or None
        The same as JSON would give it back.

    Raises
    ------
    InvalidInputError
        If one is of another type, or `source` is not what JSON can hold.
    """
    if command is not None and not isinstance(command, str):
        msg = f"command must be a text or None, got {type(command).__name__}. Join its parts."
        raise InvalidInputError(msg)
    if source is None:
        return command, None
    rule = "source must be a mapping of names to texts, numbers, lists and mappings of them"
    if not isinstance(source, Mapping):
        msg = f"{rule}, got {type(source).__name__}."
        raise InvalidInputError(msg)
    try:
        return command, json.loads(json.dumps(dict(source), allow_nan=False))
    except (TypeError, ValueError) as error:
        msg = f"{rule}: {error}."
        raise InvalidInputError(msg) from error


def manifest(
    inputs: Inputs,
    data: Mapping[str, Any],
    *,
    parameters: Mapping[str, Any],
    labels: Mapping[str, Any],
    sample_weight: Any,
    command: str | None,
    source: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Write the manifest of a report; the report's own hash comes last, by `seal`.

    Parameters
    ----------
    inputs : Inputs
        Models and rows.

    data : mapping
        The data model so far.

    parameters : mapping
        The parameters of the report, as plain values.

    labels : mapping
        Groups and segments: names to labels of the rows.

    sample_weight : array-like or None
        Weights of the rows.

    command : str or None
        The command to run it again.

    source : mapping or None
        Where the rows came from.

    Returns
    -------
    section : dict
        The manifest.
    """
    lineage = data["lineage"]
    configuration = {
        "report": dict(parameters),
        "student": _model(lineage["student"]),
        "teacher": None if lineage["teacher"] is None else _model(lineage["teacher"]),
        "distillation": lineage["distillation"],
    }
    return {
        "is_computed": True,
        "reason": None,
        "hashes": {
            "data": _data_hashes(inputs, data["hashes"], labels, sample_weight),
            "answers": _answer_hashes(inputs),
            "teacher": fingerprint(inputs.teacher),
            "student": _student_hash(inputs, data["hashes"]["student"]),
            "model": None if data.get("model") is None else hash_json(data["model"]),
            "configuration": hash_json(configuration),
            "report": None,
        },
        "how": dict(HOW),
        "configuration": configuration,
        "environment": environment(),
        "seeds": _seeds(parameters, lineage),
        "git": git_state(),
        "command": command,
        "source": None if source is None else dict(source),
    }


def seal(data: dict[str, Any]) -> dict[str, Any]:
    """Put the report's own hash into its manifest; call it when all else is there.

    Parameters
    ----------
    data : dict
        The finished data model, changed in place.

    Returns
    -------
    data : dict
        The same.
    """
    data["provenance"]["hashes"]["report"] = hash_report(data)
    return data


def _data_hashes(
    inputs: Inputs, known: Mapping[str, Any], labels: Mapping[str, Any], sample_weight: Any
) -> dict[str, Any]:
    training = inputs.training_rows
    return {
        "evaluation_rows": _rows(inputs, inputs.rows, known["evaluation_rows"]),
        "labels": known["labels"],
        "training_rows": None
        if training is None
        else _rows(inputs, training, known["training_rows"]),
        "training_labels": known["training_labels"],
        "sample_weight": None if sample_weight is None else hash_values(sample_weight),
        "groups_and_segments": [
            {"name": name, "sha256": hash_values(_listed(values))}
            for name, values in labels.items()
        ],
    }


def _rows(inputs: Inputs, rows: Table, sha256: str) -> dict[str, Any]:
    columns = hash_columns(rows, inputs.structure)
    return {
        "sha256": sha256,
        "n_rows": int(rows.shape[0]),
        "columns": [{"column": name, "sha256": one} for name, one in columns.items()],
    }


def _listed(values: Any) -> NDArray[Any]:
    listed = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = [plain(value) for value in listed]
    return array


def _answer_hashes(inputs: Inputs) -> dict[str, str | None]:
    answers = inputs.teacher_answers
    return {
        "student": hash_answers(inputs.student_answers),
        "teacher": None if answers is None else hash_answers(answers),
    }


def _student_hash(inputs: Inputs, known: str | None) -> dict[str, Any]:
    if known is not None:
        return {"sha256": known, "reason": None, "file": None}
    return fingerprint(getattr(inputs.student, "student_", inputs.student))


def _model(description: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": description["type"], "parameters": dict(description["parameters"])}


def _seeds(parameters: Mapping[str, Any], lineage: Mapping[str, Any]) -> dict[str, Any]:
    """Gather every seed under the name of what it belongs to."""
    seeds = {"report.random_state": parameters["random_state"]}
    for who in ("student", "teacher"):
        model = lineage[who] or {"parameters": {}}
        for name, value in model["parameters"].items():
            if name.rpartition("__")[2] in {"random_state", "seed", "random_seed"}:
                seeds[f"{who}.{name}"] = value
    return seeds
