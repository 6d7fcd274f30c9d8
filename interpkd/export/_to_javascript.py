"""A student as a script that scores rows in a browser or in Node, without any library."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align
from interpkd._files import write_atomically
from interpkd._structure import take_apart
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_checks import INFINITE
from interpkd.export._json_columns import read_columns
from interpkd.export._json_tree import SIDES, as_float32, split_texts
from interpkd.export._node_engine import NodeEngine
from interpkd.export._parity import checked
from interpkd.export._read_json import read_json
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    import os

    from interpkd._tables import Column
    from interpkd._typing import FloatArray, Table
    from interpkd.export._parity import Parity, ParityReport

PLACE = '"@student@"'
"""Where the script holds the student."""


def to_javascript(
    student: Any,
    *,
    reference: Mapping[str, float] | Table | None = None,
    adverse_class: Any = None,
    path: str | os.PathLike[str] | None = None,
    X: Table | None = None,
    parity: Parity = "skip",
) -> str:
    """Write a student as a script that scores one row at a time.

    The script defines one constant, ``interpkdStudent``, with ``columns``, ``classes`` and
    ``score(row)``. A row is an object from column names to numbers, texts, truth values or null,
    where null and NaN are missing. ``score`` gives an object of

    - ``probabilities``: a list in the order of ``classes``; null for a regression,
    - ``prediction``: the class, or the predicted number,
    - ``score``: log odds, margin or points; null for trees, regressions and several classes,
      whose ``scores`` are a list,
    - ``leaf`` and ``path``: for a tree the number of the leaf, and the conditions on the way, each
      with ``column``, ``text`` and the number of its ``node``,
    - ``terms``: for other students what each column adds, with ``column``, ``text``, ``value`` (of
      several classes for the predicted one; ``values`` has all) and ``reference_value``,
    - ``reasons``: with a reference, the columns that speak for the adverse class as
      :func:`~interpkd.explanation.reasons` has them, the largest ``contribution`` first; else null.

    It answers as the student in Python: trees exactly, others to rounding. What the student refuses,
    such as a text in a column of numbers, throws a ``TypeError``. Names and categories stand in the
    script as JSON, with ``<`` and every sign beyond ASCII escaped, so that it may stand inside a
    page.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or what :func:`~interpkd.export.read_json` gave.

    reference : array-like, data frame, mapping or None, default=None
        The rows of a reference group. Of these, linear students and scorecards need only what each
        column adds on the average, and take that too, by column; for a tree one of all rows that
        it cannot tell apart becomes part of the script, so some hundred rows are enough. Not for
        more than two classes.

    adverse_class : object or None, default=None
        The class that reasons are given for; None as in :func:`~interpkd.explanation.reasons`.

    path : path-like or None, default=None
        A file to write as well; it appears whole or not at all.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare the script and the student on, beside rows made to hurt.

    parity : {"skip", "auto", "require", "warn"}, default="skip"
        Whether to run the script in Node and compare it with the student; its first line then
        says how that went. "auto" does without Node, "require" does not, and "warn" goes on even
        where it fails.

    Returns
    -------
    script : str
        The script, in ASCII.

    Raises
    ------
    ParityError
        If the script does not answer as the student.

    InvalidInputError
        If :func:`~interpkd.export.to_json` cannot write the student, or the reference does not fit
        it.

    See Also
    --------
    interpkd.export.to_json : The numbers in the script.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_javascript
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> script = to_javascript(DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y))
    >>> script.splitlines()[0]
    'const interpkdStudent = (() => {'
    """
    script, _ = make_javascript(
        student, reference=reference, adverse_class=adverse_class, X=X, parity=parity
    )
    if path is not None:
        write_atomically(path, script)
    return script


def make_javascript(
    student: Any,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
    reference: Mapping[str, float] | Table | None = None,
    adverse_class: Any = None,
) -> tuple[str, ParityReport]:
    """Give the script, and how it compares with the student."""
    data = to_json(student)
    group = None if reference is None else _make_reference(reference, student, data)
    direction = _direction(student, data, adverse_class)

    def emit(note: str) -> str:
        # what was left out is not news: the script stands inside of reports
        shown = "" if parity == "skip" else note
        return emit_javascript(data, note=shown, reference=group, direction=direction)

    return checked(
        student, data, export="javascript", emit=emit, engine=NodeEngine(), X=X, parity=parity
    )


def emit_javascript(
    data: dict[str, Any],
    *,
    note: str = "",
    reference: list[Any] | None = None,
    direction: float | None = None,
) -> str:
    """Write the script of a document.

    Parameters
    ----------
    data : dict
        The document of a student.

    note : str, default=""
        A line for its header.

    reference : list or None, default=None
        The reference group, for a tree its rows, else a mean by column.

    direction : float or None, default=None
        What one unit of a term is towards the adverse class.

    Returns
    -------
    script : str
        Its text.
    """
    if data["kind"] == "tree":
        columns = read_columns(data["columns"])
        data = data | {"nodes": [_with_asked(node, columns) for node in data["nodes"]]}
    parts = {"student": data, "reference": reference, "direction": direction}
    script = files("interpkd.export").joinpath("student.js").read_text(encoding="utf-8")
    before, _, after = script.partition(PLACE)
    # one line of plain signs, whatever the note is
    head = f"// {embed(' '.join(note.split()))[1:-1]}\n" if note else ""
    return head + before + embed(parts) + after


def embed(value: Any) -> str:
    """Write a value as an expression of JavaScript that may stand inside a page."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # in JSON these signs stand inside of texts only
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _with_asked(node: dict[str, Any], columns: tuple[Column, ...]) -> dict[str, Any]:
    """Add what a split reads like for a missing value, also where none was seen."""
    if "left" not in node:
        return node
    [column] = [one for one in columns if one.name == node["column"]]
    threshold = INFINITE.get(node["threshold"], node["threshold"])
    texts = split_texts(column, threshold, node["missing"], asked=True)
    return node | {f"{side}_asked": texts[side] for side in SIDES}


def _make_reference(reference: Any, student: Any, data: dict[str, Any]) -> list[Any]:
    """Give the reference as the script takes it: for a tree its rows, else a mean by column."""
    if len(data["classes"] or ()) > 2:
        msg = "A student of several classes has no reasons; leave 'reference' out."
        raise InvalidInputError(msg)
    if data["kind"] == "tree":
        if isinstance(reference, Mapping):
            msg = "A tree has no terms to compare: 'reference' must be the rows of the group."
            raise InvalidInputError(msg)
        structure = take_apart(student)
        rows = align(reference, student, structure, name="reference")
        return _different_rows(structure.core.tree_, structure.encode(rows))
    names = [column["name"] for column in data["columns"]]
    if not isinstance(reference, Mapping):
        means: list[float] = read_json(data).terms(reference).mean(axis=0).tolist()
        return means
    if set(reference) != {*names}:
        msg = (
            f"The 'reference' parameter must map each of the columns {names} to a number, or be "
            f"the rows of the group; got {reference!r}."
        )
        raise InvalidInputError(msg)
    values = [reference[name] for name in names]
    if not all(isinstance(value, Real) and math.isfinite(value) for value in values):
        msg = f"The 'reference' parameter must hold numbers, got {dict(reference)!r}."
        raise InvalidInputError(msg)
    return [float(value) for value in values]


def _different_rows(tree: Any, Z: FloatArray) -> list[dict[str, Any]]:
    """Give one of all rows that the tree cannot tell apart, with their share."""
    Z = as_float32(Z).astype(np.float64)
    inner = tree.children_left != tree.children_right
    place = np.zeros(Z.shape, dtype=np.int64)
    for i in np.unique(tree.feature[inner]):
        cuts = np.unique(tree.threshold[inner & (tree.feature == i)])
        place[:, i] = np.where(np.isnan(Z[:, i]), -1, np.searchsorted(cuts, Z[:, i]))
    _, first, counts = np.unique(place, axis=0, return_index=True, return_counts=True)
    shown = np.where(np.isin(np.arange(Z.shape[1]), tree.feature[inner]), Z[first], 0.0)
    return [
        {
            "values": [None if np.isnan(value) else value for value in row],
            "share": int(count) / len(Z),
        }
        for row, count in zip(shown.tolist(), counts, strict=True)
    ]


def _direction(student: Any, data: dict[str, Any], adverse_class: Any) -> float | None:
    """Give what one unit of a term is towards the adverse class; None without two classes."""
    classes = data["classes"]
    if classes is None or len(classes) != 2:
        return None
    if adverse_class is None:
        good = data["scale"]["good_class"] if _names_good_class(data) else None
        adverse = 1 if good is None else 1 - classes.index(good)
    elif adverse_class in classes:
        adverse = classes.index(adverse_class)
    else:
        msg = (
            f"The 'adverse_class' parameter must be one of the classes {classes}, got "
            f"{adverse_class!r}."
        )
        raise InvalidInputError(msg)
    sign = 1.0 if adverse == 1 else -1.0
    if data["kind"] == "scorecard":
        return sign if student.card_.factor > 0 else -sign
    return sign * float(data.get("link_slope", 1.0))


def _names_good_class(data: dict[str, Any]) -> bool:
    return data["kind"] == "scorecard" and bool(data["scale"]["good_class_was_given"])
