"""Which data, which model, which software: the fingerprints a reviewer can recompute.

Everything has one canonical form, whatever library holds it: numbers as little-endian float64 with
one zero and one missing value, labels as text with their type. A table is hashed as the background
of an explanation is, so the two can be compared.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import platform
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from interpkd._structure import Structure

SOFTWARE = ("interpkd", "numpy", "scipy", "sklearn", "pandas", "shap", "matplotlib", "jinja2")
"""The libraries whose versions every report states, beside the teacher's own."""


LEFT_OUT = (
    ("created_utc",),
    ("frontier", "points", "*", "seconds_per_row"),
    ("provenance", "hashes", "report"),
)
"""Paths that a report's hash leaves out, ``*`` for each of a list: times, and the hash itself."""


def utc_now() -> str:
    """Give the time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hash_values(values: Any) -> str:
    """Give the SHA-256 of labels, targets or answers in canonical form.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, n_classes)
        Numbers or labels.

    Returns
    -------
    sha256 : str
        64 hexadecimal digits.
    """
    array = np.asarray(values)
    shape = json.dumps(array.shape).encode()
    if array.dtype == object and all(_is_number(one) for one in array.ravel().tolist()):
        array = array.astype(np.float64)
    if array.dtype.kind in "fiub":
        return _digest([shape, _number_bytes(array)])
    return _digest([shape, *(_value_bytes(value) for value in array.ravel().tolist())])


def hash_answers(answers: Any) -> str:
    """Give the SHA-256 of answers to nine digits, which other processors give alike.

    Parameters
    ----------
    answers : array-like of shape (n_samples,) or (n_samples, n_classes)
        Probabilities or predictions.

    Returns
    -------
    sha256 : str
        64 hexadecimal digits of the answers over the power of ten below the largest of them
        (probabilities: over 1), rounded to nine decimals.
    """
    values = np.asarray(answers, dtype=np.float64)
    largest = float(np.abs(values).max(initial=0.0))
    power = math.floor(math.log10(largest)) if largest > 1 else 0
    return hash_values(np.round(values / 10.0**power, 9))


def hash_json(data: Any) -> str:
    """Give the SHA-256 of plain data as canonical JSON.

    Parameters
    ----------
    data : dict, list, text, number or None
        What JSON can hold.

    Returns
    -------
    sha256 : str
        64 hexadecimal digits of the ASCII text with sorted keys, without spaces, every other sign
        as its escape, numbers as Python writes them.
    """
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def hash_report(data: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a report's data model without its times and without this hash.

    Parameters
    ----------
    data : mapping
        The data model, or what its JSON file holds.

    Returns
    -------
    sha256 : str
        64 hexadecimal digits: :func:`hash_json` of everything but `LEFT_OUT`.
    """
    rest: Any = dict(data)
    for path in LEFT_OUT:
        rest = _without(rest, path)
    return hash_json(rest)


def _without(part: Any, path: Sequence[str]) -> Any:
    """Give plain data without what a path leads to; what lies beside the path is not copied."""
    first, *rest = path
    if first == "*" and isinstance(part, list):
        return [_without(one, rest) for one in part]
    if not isinstance(part, dict) or first not in part:
        return part
    others = {name: value for name, value in part.items() if name != first}
    return {**others, first: _without(part[first], rest)} if rest else others


def hash_student(structure: Structure, student: Any) -> str | None:
    """Give the SHA-256 of everything that decides a student's answers.

    Parameters
    ----------
    structure : Structure
        A student taken apart.

    student : fitted estimator
        The same as a whole.

    Returns
    -------
    sha256 : str or None
        64 hexadecimal digits over the splits, the routes of missing values and the leaf values, or
        the coefficients, intercepts, values in place of missing ones and reference levels, or the
        bins, points and scale of a scorecard; the columns with their categories, and the classes. None for a student of another kind.
    """
    core = structure.core
    if structure.is_tree:
        numbers = _tree_numbers(core.tree_)
    elif hasattr(student, "reference_levels_"):
        numbers = (core.coef_, core.intercept_)
    elif hasattr(student, "card_"):
        numbers = _card_numbers(student.card_)
    else:
        return None
    parts = [_number_bytes(np.asarray(one, dtype=np.float64)) for one in numbers]
    for column in structure.columns:
        parts += [_value_bytes(column.name), _value_bytes(column.kind)]
        parts += [_value_bytes(value) for value in column.categories]
    for name in ("imputed_values_", "reference_levels_"):
        for pair in getattr(student, name, {}).items():
            parts += [_value_bytes(value) for value in pair]
    if hasattr(student, "link_slope_"):
        parts.append(_value_bytes(student.link_slope_))
    if structure.classes is not None:
        parts += [_value_bytes(label) for label in structure.classes.tolist()]
    return _digest(parts)


def _tree_numbers(tree: Any) -> tuple[Any, ...]:
    # scikit-learn leaves something there for leaves, too, where it grows the best leaf first
    is_split = tree.children_left >= 0
    return (
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        np.where(is_split, tree.missing_go_to_left, 0),
        tree.value,
    )


def _card_numbers(card: Any) -> tuple[Any, ...]:
    """Give what decides a score and what it means: columns, bins, points, scale."""
    numbers = [card.model.columns, card.base_points, card.factor, card.offset]
    for bins, points in zip(card.model.bins, card.points, strict=True):
        groups = [] if bins.groups is None else bins.groups
        numbers += [bins.cuts, bins.special, groups, points]
    return tuple(numbers)


def software(*extra_libraries: str | None) -> dict[str, str]:
    """Give the versions of Python, of the platform and of the libraries that made the numbers.

    Parameters
    ----------
    *extra_libraries : str or None
        Top modules to name beside the usual ones, such as the teacher's.

    Returns
    -------
    versions : dict
        Name to version; a library that is not installed is left out.
    """
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for name in dict.fromkeys([*SOFTWARE, *extra_libraries]):
        version = None if name is None else library_version(name)
        if name is not None and version is not None:
            versions[name] = version
    return versions


def library_version(module: str) -> str | None:
    """Give the version of a library by the name of its top module, None when it states none."""
    version = getattr(sys.modules.get(module), "__version__", None)
    if version is None:
        try:
            version = importlib.metadata.version(module)
        except importlib.metadata.PackageNotFoundError:
            return None
    return str(version)


def _number_bytes(values: Any) -> bytes:
    numbers = np.ascontiguousarray(values, dtype="<f8") + 0.0  # -0.0 becomes 0.0
    numbers[np.isnan(numbers)] = np.nan  # one bit pattern for every missing value
    return numbers.tobytes()


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float))


def _value_bytes(value: Any) -> bytes:
    if value is None:
        return b"missing"
    plain = value.item() if hasattr(value, "item") else value
    return f"{type(plain).__name__}:{plain}".encode("utf-8", "backslashreplace")


def _digest(parts: Iterable[bytes]) -> str:
    """Hash parts with their lengths, so that no two lists of parts run into the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()
