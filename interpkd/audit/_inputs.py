"""What the caller gave, checked once and put into one shape."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import BaseDecisionTree

from interpkd._asking import class_probabilities, predictions
from interpkd._structure import Structure, read_object_array, take_apart
from interpkd._tables import RawColumn, is_frame, read_frame
from interpkd._validation import check_predictions, check_probabilities, num_samples
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

FIELDS: dict[str, str] = {
    "model_name": "Model name",
    "version": "Version",
    "predecessor": "Predecessor",
    "owner": "Owner",
    "intended_use": "Intended use",
    "prohibited_uses": "Prohibited uses",
    "materiality": "Materiality",
    "data_source": "Data source",
    "period": "Period of the data",
}
"""The identity fields a user may fill in, with their titles; blank ones print "not provided"."""


@dataclass(frozen=True)
class Inputs:
    """A student, a teacher, their answers and the evaluation rows.

    Attributes
    ----------
    student : fitted estimator
        The student as given.

    structure : Structure
        The student taken apart; its core is a tree.

    teacher : fitted estimator or None
        The teacher that can be asked; None when there is none, or only its answers.

    teacher_source : {"given", "student", "answers", "none"}
        Where the teacher comes from: the parameter, ``student.teacher_``, an array, nowhere.

    X : table of shape (n_samples, n_features)
        The evaluation rows as given.

    raw : list of RawColumn
        The same rows as read.

    y : ndarray of shape (n_samples,) or None
        Labels or target values.

    student_answers, teacher_answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities or predictions on `X`; None for a teacher that cannot be asked.

    leaves : ndarray of shape (n_samples,)
        The leaf that each row reaches.
    """

    student: Any
    structure: Structure
    teacher: Any
    teacher_source: str
    X: Table
    raw: list[RawColumn]
    y: NDArray[Any] | None
    student_answers: FloatArray
    teacher_answers: FloatArray | None
    leaves: NDArray[np.intp]

    @property
    def classes(self) -> list[Any] | None:
        """The classes as plain Python values, None for a regression."""
        return None if self.structure.classes is None else self.structure.classes.tolist()

    @property
    def n_rows(self) -> int:
        """The number of evaluation rows."""
        return len(self.leaves)


def read_inputs(student: Any, X: Table, y: Any, teacher: Any) -> Inputs:
    """Ask both models about the evaluation rows.

    Parameters
    ----------
    student : fitted estimator
        A tree student or a decision tree of scikit-learn.

    X : array-like or data frame of shape (n_samples, n_features)
        The evaluation rows.

    y : array-like of shape (n_samples,) or None
        Labels or target values.

    teacher : fitted estimator, array-like or None
        The teacher, its answers on `X`, or None for the student's own teacher.

    Returns
    -------
    inputs : Inputs
        Everything the sections are written from.

    Raises
    ------
    InvalidInputError
        If the student is not a tree or lengths differ.
    """
    structure = take_apart(student)
    if not isinstance(structure.core, BaseDecisionTree):
        msg = (
            f"An audit report needs a decision tree in this version; {type(structure.core).__name__}"
            " is none. Pass a tree student such as DistilledTreeClassifier, or a fitted tree of "
            "scikit-learn."
        )
        raise InvalidInputError(msg)
    if not (is_frame(X) or isinstance(X, np.ndarray)):
        X = np.asarray(X)
    source = "given"
    if teacher is None:
        teacher = getattr(student, "teacher_", None)
        source = "none" if teacher is None else "student"
    answers = None if teacher is None else _teacher_answers(teacher, X, structure)
    if source == "given" and not _can_be_asked(teacher):
        teacher, source = None, "answers"
    return Inputs(
        student=student,
        structure=structure,
        teacher=teacher,
        teacher_source=source,
        X=X,
        raw=read_table(X, structure),
        y=_check_y(y, num_samples(X)),
        student_answers=_answers(student, X, structure, "student"),
        teacher_answers=answers,
        leaves=structure.core.apply(structure.encode(X)),
    )


def read_table(X: Table, structure: Structure) -> list[RawColumn]:
    """Read a table of any library, columns named as the student names them."""
    if is_frame(X):
        return read_frame(X)
    if any(column.kind == "category" for column in structure.columns):
        return read_object_array(np.asarray(X, dtype=object), structure.columns)
    Z = np.asarray(X, dtype=np.float64)
    return [RawColumn(one.name, one.kind, Z[:, i]) for i, one in enumerate(structure.columns)]


def check_fields(fields: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Give every identity field: the user's text, or None where it is blank.

    Parameters
    ----------
    fields : mapping or None
        Known names to texts or numbers.

    Returns
    -------
    identity : dict
        All names of `FIELDS`, in their order.

    Raises
    ------
    InvalidInputError
        If a name is not known, or a value is neither text nor a number.
    """
    given = {} if fields is None else fields
    if not isinstance(given, Mapping):
        msg = f"fields must be a mapping of names to texts, got {type(given).__name__}."
        raise InvalidInputError(msg)
    unknown = [str(name) for name in given if name not in FIELDS]
    if unknown:
        msg = f"fields holds the unknown name {unknown[0]!r}. Known names: {', '.join(FIELDS)}."
        raise InvalidInputError(msg)
    texts = {name: _plain_value(given.get(name), f"fields[{name!r}]") for name in FIELDS}
    return {
        name: str(value).strip() if value is not None and str(value).strip() else None
        for name, value in texts.items()
    }


def check_split(split: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give the description of the held-out rows as JSON-able values, None when there is none.

    Parameters
    ----------
    split : mapping or None
        Any names to texts or numbers.

    Returns
    -------
    split : dict or None
        The same with plain values.
    """
    if split is None:
        return None
    if not isinstance(split, Mapping):
        msg = f"split must be a mapping of names to texts or numbers, got {type(split).__name__}."
        raise InvalidInputError(msg)
    return {str(name): _plain_value(value, f"split[{name!r}]") for name, value in split.items()}


def check_labels(values: Any, name: str, n_rows: int) -> dict[str, NDArray[Any]]:
    """Give groups or segments as a dictionary of name to one label per row.

    Parameters
    ----------
    values : mapping, data frame, array-like of shape (n_samples,) or None
        What the caller gave; one array is named after the parameter.

    name : {"groups", "segments"}
        The parameter, for errors.

    n_rows : int
        The number of evaluation rows.

    Returns
    -------
    labels : dict
        Name to array of shape (n_samples,).

    Raises
    ------
    InvalidInputError
        If an entry does not have one label per row.
    """
    if values is None:
        return {}
    if is_frame(values):
        labels = {column.name: _labels_of(column) for column in read_frame(values)}
    elif isinstance(values, Mapping):
        labels = {str(key): np.asarray(value) for key, value in values.items()}
    else:
        labels = {name.removesuffix("s"): np.asarray(values)}
    for key, value in labels.items():
        if value.shape != (n_rows,):
            msg = (
                f"{name}[{key!r}] must have one label per row of X, shape ({n_rows},), got "
                f"{value.shape}. Pass the column itself, not its name."
            )
            raise InvalidInputError(msg)
    return labels


def check_seed(random_state: Any) -> int:
    """Give the seed as an int: a report must be repeatable, so it takes no generator."""
    if isinstance(random_state, bool) or not isinstance(random_state, Integral) or random_state < 0:
        msg = (
            f"random_state must be an int of at least 0, got {random_state!r}: the report states "
            "its seed, so that it can be repeated."
        )
        raise InvalidInputError(msg)
    return int(random_state)


def plain(value: Any) -> Any:
    """Give a label or number as a JSON-able Python value; what is neither becomes text."""
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return str(value)


def _plain_value(value: Any, name: str) -> Any:
    if isinstance(value, (Mapping, list, tuple, set, np.ndarray)):
        msg = f"{name} must be a text or a number, got {type(value).__name__}. Write it as one text."
        raise InvalidInputError(msg)
    return plain(value)


def _labels_of(column: RawColumn) -> NDArray[Any]:
    """Give whole numbers as ints and missing labels as text, so that they read as given."""
    if column.kind == "category":
        return np.array(["missing" if v is None else v for v in column.values], dtype=object)
    if column.kind == "boolean" and not np.isnan(column.values).any():
        return column.values.astype(bool)
    values = ["missing" if np.isnan(v) else int(v) if v.is_integer() else v for v in column.values]
    return np.array(values, dtype=object)


def _can_be_asked(teacher: Any) -> bool:
    return hasattr(teacher, "predict_proba") or hasattr(teacher, "predict")


def _teacher_answers(teacher: Any, X: Table, structure: Structure) -> FloatArray:
    if _can_be_asked(teacher):
        return _answers(teacher, X, structure, "teacher")
    if callable(teacher):
        msg = "teacher is a function. Wrap it: interpkd.as_teacher(function, classes=[...])."
        raise InvalidInputError(msg)
    n = num_samples(X)
    if structure.classes is None:
        return check_predictions(teacher, n_samples=n)
    return check_probabilities(teacher, n_samples=n, n_classes=len(structure.classes))


def _answers(model: Any, X: Table, structure: Structure, source: str) -> FloatArray:
    if structure.classes is None:
        return predictions(model, X, source=source)
    if not hasattr(model, "predict_proba"):
        msg = (
            f"The {source} {type(model).__name__} has no predict_proba. An audit report compares "
            "probabilities; calibrate the model first."
        )
        raise InvalidInputError(msg)
    return class_probabilities(model, X, structure.classes, source=source)


def _check_y(y: Any, n_rows: int) -> NDArray[Any] | None:
    if y is None:
        return None
    labels = np.asarray(y)
    if labels.shape != (n_rows,):
        msg = f"y must have one value per row of X, shape ({n_rows},), got {labels.shape}."
        raise InvalidInputError(msg)
    return labels
