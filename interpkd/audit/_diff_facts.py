"""What two reports state beside the students: scores, parameters, findings, software, hashes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from interpkd.audit._diff_entries import same
from interpkd.audit._read_report import find, list_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def compare_scores(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare the headline scores, each with both intervals."""
    first, second = _score_table(one), _score_table(two)
    for name in dict.fromkeys([*first, *second]):
        x, y = first.get(name), second.get(name)
        if same(x, y):
            continue
        values = [find(score, "estimate") for score in (x, y)]
        known = all(isinstance(value, (int, float)) for value in values)
        yield {
            "score": name,
            "a": x,
            "b": y,
            "change": values[1] - values[0] if known else None,
            "intervals_overlap": _overlap(x, y),
        }


def _overlap(x: Any, y: Any) -> bool | None:
    bounds = [find(score, side) for score in (x, y) for side in ("low", "high")]
    if not all(isinstance(one, (int, float)) for one in bounds):
        return None
    return bool(max(bounds[0], bounds[2]) <= min(bounds[1], bounds[3]))


def _score_table(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    fidelity = mapping_of(find(data, "fidelity"))
    groups = {"fidelity": fidelity}
    for who, scores in mapping_of(find(fidelity, "performance")).items():
        groups[f"performance of the {who}"] = scores
    return {
        f"{group}: {name.replace('_', ' ')}": {
            part: _number(find(score, part)) for part in ("estimate", "low", "high")
        }
        for group, scores in groups.items()
        if isinstance(scores, Mapping)
        for name, score in scores.items()
        if isinstance(score, Mapping) and "estimate" in score
    }


def _number(value: Any) -> float | None:
    """Give a number, None for what is none: nothing in a file is trusted."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number else None


def parameters_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters of student, teacher, report and distillation by name."""
    configuration = find(data, "provenance", "configuration") or {}
    out: dict[str, Any] = {}
    for who in ("student", "teacher"):
        out[f"{who}: type"] = find(configuration, who, "type")
        for name, value in mapping_of(find(configuration, who, "parameters")).items():
            out[f"{who}: {name}"] = value
    for group in ("report", "distillation"):
        for name, value in mapping_of(find(configuration, group)).items():
            parts = value.items() if isinstance(value, Mapping) else [(None, value)]
            for key, one in parts:
                out[f"{group}: {name}" + ("" if key is None else f": {key}")] = one
    return out


def findings_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Say what became of each check: what it found, or that there was nothing."""
    named = {
        f"{find(one, 'code')} {find(one, 'title')}": one for one in list_of(find(data, "findings"))
    }
    return {
        name: f"{find(one, 'status')}, {find(one, 'severity')}"
        if find(one, "status") == "finding"
        else find(one, "status")
        for name, one in named.items()
    }


def software_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the versions of the software."""
    return mapping_of(find(data, "lineage", "software"))


def hashes_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give the hashes of the data and the teacher."""
    stated = find(data, "provenance", "hashes") or {}
    return {
        "evaluation rows": find(stated, "data", "evaluation_rows", "sha256"),
        "labels": find(stated, "data", "labels"),
        "training rows": find(stated, "data", "training_rows", "sha256"),
        "training labels": find(stated, "data", "training_labels"),
        "teacher": find(stated, "teacher", "sha256"),
    }
