"""A student as JSON: all that is needed to score with it, and to show it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sklearn.utils import get_tags

from interpkd._files import write_atomically
from interpkd._structure import take_apart
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_card import write_card
from interpkd.export._json_columns import write_classes, write_columns
from interpkd.export._json_linear import LINKS, write_linear
from interpkd.export._json_tree import write_tree

if TYPE_CHECKING:
    import os

    from interpkd._structure import Structure
    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport

SCHEMA: dict[str, Any] = {"name": "interpkd.student", "version": 1}


def to_json(
    student: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    X: Table | None = None,
    parity: Parity = "skip",
) -> dict[str, Any]:
    """Write a student as JSON: its numbers at full precision, its columns, its categories.

    The document says what the student answers to any row, missing values and unseen categories
    included, and holds no code. Its schema has a version, and is described in the documentation:
    :func:`~interpkd.export.read_json` reads it, and so may any other program.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or a decision tree of scikit-learn.

    path : path-like or None, default=None
        A file to write as well: indented, one value per line, in UTF-8; it appears whole or not at
        all.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare the document, read again, and the student on, beside rows made to hurt.

    parity : {"skip", "auto", "require", "warn"}, default="skip"
        Whether to compare them; the document then says under "parity" how that went. "warn" goes
        on even where it fails.

    Returns
    -------
    data : dict
        The document, in plain Python values.

    Raises
    ------
    ParityError
        If the document, read again, does not answer as the student.

    InvalidInputError
        If the student is of another kind, or a class or category is neither text nor a number nor
        a truth value.

    See Also
    --------
    interpkd.export.read_json : The way back.
    interpkd.export.to_javascript : The same student as a program for browsers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_json
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> data = to_json(DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y))
    >>> data["kind"], len(data["columns"])
    ('tree', 4)
    >>> data["nodes"][0]["left_text"], data["nodes"][1]["answer"]
    ('petal width (cm) <= 0.800000011920929', [1.0, 0.0, 0.0])
    """
    data = make_document(student) if parity == "skip" else make_json(student, X=X, parity=parity)[0]
    if path is not None:
        write_atomically(path, to_text(data))
    return data


def make_json(
    student: Any, *, X: Table | None = None, parity: Parity = "auto"
) -> tuple[dict[str, Any], ParityReport]:
    """Give the document, and how it compares with the student."""
    from interpkd.export._json_engine import JsonEngine  # reads what is written here
    from interpkd.export._parity import checked

    data = make_document(student)
    return checked(
        student,
        data,
        export="json",
        emit=lambda note: emit_json(data, note=note),
        engine=JsonEngine(),
        X=X,
        parity=parity,
    )


def emit_json(data: dict[str, Any], *, note: str = "") -> dict[str, Any]:
    """Give the document with a note under "parity"."""
    return data | {"parity": note} if note else data


def make_document(student: Any) -> dict[str, Any]:
    """Give the document of a student."""
    structure = take_apart(student)
    kind = _kind(student, structure)
    # what stands for a missing value in a linear student is what is usual
    usual = getattr(student, "imputed_values_", {}) | getattr(student, "reference_levels_", {})
    if kind == "tree":
        part = write_tree(structure)
    else:
        part = write_card(student) if kind == "scorecard" else write_linear(student, structure)
    return {
        "schema": dict(SCHEMA),
        "kind": kind,
        "task": "regression" if structure.classes is None else "classification",
        "classes": write_classes(structure.classes),
        "has_names": hasattr(student, "feature_names_in_"),
        "takes_missing": _takes_missing(student, structure, kind),
        "columns": write_columns(structure.columns, usual),
        **part,
    }


def to_text(data: dict[str, Any]) -> str:
    """Give a document as the text of a file."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _kind(student: Any, structure: Structure) -> str:
    """Say what kind of student it is, or that it cannot be written."""
    if hasattr(student, "card_"):
        return "scorecard"
    if structure.is_tree and structure.core.n_outputs_ == 1:
        return "tree"
    if hasattr(student, "reference_levels_") and hasattr(student, "imputed_values_"):
        if structure.classes is None:
            return "linear"
        return "svm" if hasattr(student, "link_slope_") else "logistic"
    if structure.is_tree:
        msg = f"to_json writes trees of one output; this one has {structure.core.n_outputs_}."
        raise InvalidInputError(msg)
    own, core = type(student).__name__, type(structure.core).__name__
    msg = (
        "to_json writes trees, linear students and scorecards; "
        f"{own if own == core else f'{own} with a {core} inside'} is none whose numbers are the "
        "student's answers. Distil one of these from the same teacher, such as "
        "DistilledTreeClassifier."
    )
    raise InvalidInputError(msg)


def _takes_missing(student: Any, structure: Structure, kind: str) -> bool:
    """Tell whether the student answers where a value is missing, or refuses."""
    knows_missing = any(column.has_missing for column in structure.columns)
    has_category = any(column.kind == "category" for column in structure.columns)
    if kind in LINKS and not (knows_missing or has_category):
        return False  # nothing stands for a missing number
    return knows_missing or bool(get_tags(student).input_tags.allow_nan)
