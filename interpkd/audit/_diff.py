"""What changed from one report to the next: rules, numbers, parameters, software, decisions."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, decide, predictions
from interpkd._validation import num_samples
from interpkd.audit._diff_document import diff_document
from interpkd.audit._inputs import plain
from interpkd.audit._plain_text import to_plain_text
from interpkd.audit._read_report import close, find, list_of, mapping_of, read_report, rebuild
from interpkd.audit._render import to_markdown_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from interpkd._typing import Table
    from interpkd.audit._audit_report import AuditReport

MOST_ROWS = 50
"""Rows of another decision whose positions are listed."""

Key = tuple[Any, ...]


@dataclass(frozen=True, repr=False)
class ReportDiff:
    """What differs between two reports; made by :func:`diff`.

    Attributes
    ----------
    data : dict
        Everything that was compared, as plain values; empty lists where nothing differs.
    """

    data: dict[str, Any]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs but times."""
        return bool(self.data["is_equal"])

    def to_dict(self) -> dict[str, Any]:
        """Give what was compared.

        Returns
        -------
        data : dict
            Plain Python values that JSON can hold.
        """
        return copy.deepcopy(self.data)

    def to_json(self) -> str:
        """Give what was compared as JSON text.

        Returns
        -------
        text : str
            Indented JSON.
        """
        return json.dumps(self.data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_markdown(self) -> str:
        """Give the differences as Markdown.

        Returns
        -------
        text : str
            Headings and tables; names and categories are escaped.
        """
        return to_markdown_text(diff_document(self.data))

    def __str__(self) -> str:
        return to_plain_text(diff_document(self.data))

    def __repr__(self) -> str:
        return f"<ReportDiff: {'equal' if self.is_equal else 'different'}>"


def diff(
    a: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    b: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    X: Table | None = None,
) -> ReportDiff:
    """Compare two reports.

    Rules are the same when their conditions are; coefficients when column and category are; points
    when column and bin are. Scores count as changed in the ninth digit.

    Parameters
    ----------
    a, b : AuditReport, mapping or path-like
        The earlier and the later report, their data models, or the paths of their JSON files.

    X : array-like or data frame of shape (n_samples, n_features) or None, default=None
        Rows that both students, built from their reports, decide: those that they decide
        differently are the swap set. None for no swap set.

    Returns
    -------
    diff : ReportDiff
        What differs, as text (`str`), Markdown and JSON.

    Raises
    ------
    InvalidInputError
        If `a` or `b` is no report, or the rows do not fit a student.

    See Also
    --------
    interpkd.audit.verify : One report against its data and models.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd import DistilledTreeClassifier, as_teacher, audit_report
    >>> from interpkd.audit import diff
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X.iloc[:, :4]
    >>> teacher = as_teacher(LogisticRegression(max_iter=9999).fit(X[::2], y[::2]))
    >>> small, large = (
    ...     audit_report(DistilledTreeClassifier(teacher, max_leaf_nodes=n).fit(X[::2]), X[1::2])
    ...     for n in (2, 3)
    ... )
    >>> found = diff(small, large, X).to_dict()
    >>> len(found["rules"]["removed"]), len(found["rules"]["added"])
    (1, 2)
    >>> diff(small, small).is_equal
    True
    """
    one, two = read_report(a, "a"), read_report(b, "b")
    data: dict[str, Any] = {
        "a": _about(one),
        "b": _about(two),
        "rules": _entries(one, two, "rules", _rule_key, _rule_facts),
        "coefficients": _entries(one, two, "coefficients", _coefficient_key, _coefficient_facts),
        "points": _entries(one, two, "bins", _bin_key, _bin_facts),
        "columns": _columns(one, two),
        "student": [*_student(one, two)],
        "scores": [*_scores(one, two)],
        "findings": [*_values(_findings(one), _findings(two))],
        "parameters": [*_values(_parameters(one), _parameters(two))],
        "software": [*_values(_software(one), _software(two))],
        "data": [*_values(_hashes(one), _hashes(two))],
        "swap_set": _swap_set(one, two, X),
    }
    data["is_equal"] = not _differs(data)
    return ReportDiff(json.loads(json.dumps(data, allow_nan=False)))


def _differs(data: Mapping[str, Any]) -> bool:
    listed = ("student", "scores", "findings", "parameters", "software", "data")
    if any(data[name] for name in listed) or any(data["columns"].values()):
        return True
    kinds = ("added", "removed", "changed")
    parts = [data[name][kind] for name in ("rules", "coefficients", "points") for kind in kinds]
    return any(parts) or bool(data["swap_set"].get("n_changed"))


def _about(data: Mapping[str, Any]) -> dict[str, Any]:
    """Name a report."""
    return {
        "name": find(data, "identity", "model_name") or find(data, "lineage", "student", "name"),
        "version": find(data, "identity", "version"),
        "created_utc": find(data, "created_utc"),
        "report_sha256": find(data, "provenance", "hashes", "report"),
        "student": find(data, "lineage", "student", "name"),
        "n_rows": find(data, "data", "n_rows"),
    }


def _entries(
    one: Mapping[str, Any],
    two: Mapping[str, Any],
    name: str,
    key: Callable[[Any], Key],
    facts: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """Compare rules, coefficients or bins by their keys."""
    listed = [
        {key(entry): facts(entry) for entry in list_of(find(data, "student", name))}
        for data in (one, two)
    ]
    first, second = listed
    both = [place for place in first if place in second]
    changed = [place for place in both if not _same(first[place], second[place])]
    return {
        "added": [entry for place, entry in second.items() if place not in first],
        "removed": [entry for place, entry in first.items() if place not in second],
        "changed": [{"a": first[place], "b": second[place]} for place in changed],
        "n_unchanged": len(both) - len(changed),
    }


def _rule_key(rule: Any) -> Key:
    return tuple(sorted(str(find(one, "text")) for one in list_of(find(rule, "conditions"))))


def _rule_facts(rule: Any) -> dict[str, Any]:
    conditions = [str(find(one, "text")) for one in list_of(find(rule, "conditions"))]
    names = ("n_rows", "distribution", "value", "decision")
    return {"conditions": conditions, **{name: find(rule, name) for name in names}}


def _coefficient_key(entry: Any) -> Key:
    return (find(entry, "column"), find(entry, "kind"), find(entry, "category"))


def _coefficient_facts(entry: Any) -> dict[str, Any]:
    return {name: find(entry, name) for name in ("text", "column", "category", "values")}


def _bin_key(entry: Any) -> Key:
    return (find(entry, "feature"), find(entry, "bin"))


def _bin_facts(entry: Any) -> dict[str, Any]:
    return {name: find(entry, name) for name in ("feature", "bin", "points", "n_rows")}


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_same(one[name], two[name]) for name in one)
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(map(_same, one, two))
    return close(one, two)


def _columns(one: Mapping[str, Any], two: Mapping[str, Any]) -> dict[str, list[str]]:
    """Compare the columns that the students use."""
    first, second = (list_of(find(data, "student", "columns_used")) for data in (one, two))
    first, second = [str(name) for name in first], [str(name) for name in second]
    return {
        "added": [name for name in second if name not in first],
        "removed": [name for name in first if name not in second],
    }


def _student(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare what a student has but once: kind, classes, intercepts, the scale of its points."""
    names = ("kind", "depth", "intercepts", "imputed_values", "reference_levels", "base_points")
    first, second = (
        {
            "task": find(data, "task"),
            "classes": find(data, "classes"),
            **{name: find(data, "student", name) for name in names},
            **{f"scale {k}": v for k, v in mapping_of(find(data, "student", "scale")).items()},
        }
        for data in (one, two)
    )
    yield from _values(first, second)


def _scores(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare the headline scores, each with both intervals."""
    first, second = _score_table(one), _score_table(two)
    for name in dict.fromkeys([*first, *second]):
        x, y = first.get(name), second.get(name)
        if _same(x, y):
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


def _values(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the names whose values differ."""
    for name in dict.fromkeys([*first, *second]):
        x, y = first.get(name), second.get(name)
        if not _same(x, y):
            yield {"name": str(name), "a": x, "b": y}


def _parameters(data: Mapping[str, Any]) -> dict[str, Any]:
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


def _findings(data: Mapping[str, Any]) -> dict[str, Any]:
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


def _software(data: Mapping[str, Any]) -> dict[str, Any]:
    return mapping_of(find(data, "lineage", "software"))


def _hashes(data: Mapping[str, Any]) -> dict[str, Any]:
    stated = find(data, "provenance", "hashes") or {}
    return {
        "evaluation rows": find(stated, "data", "evaluation_rows", "sha256"),
        "labels": find(stated, "data", "labels"),
        "training rows": find(stated, "data", "training_rows", "sha256"),
        "training labels": find(stated, "data", "training_labels"),
        "teacher": find(stated, "teacher", "sha256"),
    }


def _swap_set(one: Mapping[str, Any], two: Mapping[str, Any], X: Any) -> dict[str, Any]:
    """Ask both students about the same rows."""
    if X is None:
        return {"is_computed": False, "reason": "No rows were given."}
    first, second = rebuild(one), rebuild(two)
    for name, (_, reason) in (("a", first), ("b", second)):
        if reason is not None:
            return {"is_computed": False, "reason": f"Of {name}: {reason}."}
    if first[0].task != second[0].task:
        return {"is_computed": False, "reason": "One is a classification, the other a regression."}
    n = num_samples(X)
    done = {"is_computed": True, "reason": None, "n_rows": n}
    if first[0].task == "regression":
        change = predictions(second[0], X, source="b") - predictions(first[0], X, source="a")
        moved = np.flatnonzero(np.abs(change) > 1e-9 * (1 + np.abs(change).max(initial=0.0)))
        return done | {
            "n_changed": len(moved),
            "rows": moved[:MOST_ROWS].tolist(),
            "mean_change": float(change.mean()),
            "mean_absolute_change": float(np.abs(change).mean()),
            "largest_absolute_change": float(np.abs(change).max()),
        }
    before, after = (_decisions(found[0], data, X) for found, data in ((first, one), (second, two)))
    swapped = [i for i in range(n) if before[i] != after[i]]
    pairs = Counter((str(before[i]), str(after[i])) for i in swapped)
    named = {str(label): plain(label) for label in (*before, *after)}
    return done | {
        "n_changed": len(swapped),
        "share": len(swapped) / n,
        "rows": swapped[:MOST_ROWS],
        "swaps": [
            {"from": named[x], "to": named[y], "n": count}
            for (x, y), count in sorted(pairs.items())
        ],
    }


def _decisions(student: Any, data: Mapping[str, Any], X: Any) -> list[Any]:
    """Give the class that a student decides for each row, at its report's cut-off."""
    proba = class_probabilities(student, X, student.classes_, source="student")
    cutoff = find(data, "fidelity", "cutoff")
    place = decide(proba, 0.5 if cutoff is None else cutoff)
    return [student.classes_.tolist()[i] for i in place]
