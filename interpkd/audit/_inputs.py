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

from interpkd._alignment import align, refuse_sparse
from interpkd._asking import class_probabilities, decide, predictions
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

    rows : table of shape (n_samples, n_columns)
        The same with exactly the student's columns, in its order.

    raw : list of RawColumn
        `rows` as read.

    y : ndarray of shape (n_samples,) or None
        Labels or target values.

    student_answers, teacher_answers : ndarray of shape (n_samples, n_classes) or (n_samples,)
        Probabilities or predictions on `X`; None for a teacher that cannot be asked.

    leaves : ndarray of shape (n_samples,) or None
        The leaf that each row reaches; None for a student that is no tree.

    cutoff : float
        With two classes, the second is decided where its probability exceeds this.

    training_rows : table of shape (n_training, n_columns) or None
        The rows both models learned from, with exactly the student's columns; None when not given.

    training_raw : list of RawColumn or None
        `training_rows` as read.

    y_train : ndarray of shape (n_training,) or None
        Their labels or target values.
    """

    student: Any
    structure: Structure
    teacher: Any
    teacher_source: str
    X: Table
    rows: Table
    raw: list[RawColumn]
    y: NDArray[Any] | None
    student_answers: FloatArray
    teacher_answers: FloatArray | None
    leaves: NDArray[np.intp] | None
    cutoff: float
    training_rows: Table | None = None
    training_raw: list[RawColumn] | None = None
    y_train: NDArray[Any] | None = None

    @property
    def classes(self) -> list[Any] | None:
        """The classes as plain Python values, None for a regression."""
        return None if self.structure.classes is None else self.structure.classes.tolist()

    @property
    def n_rows(self) -> int:
        """The number of evaluation rows."""
        return num_samples(self.X)

    def decide(self, proba: FloatArray) -> NDArray[np.intp]:
        """Give the position of the decided class, for probabilities of shape (n, n_classes)."""
        return decide(proba, self.cutoff)


def read_inputs(
    student: Any,
    X: Table,
    y: Any,
    teacher: Any,
    cutoff: float,
    *,
    X_train: Table | None = None,
    y_train: Any = None,
) -> Inputs:
    """Ask both models about the evaluation rows.

    Parameters
    ----------
    student : fitted estimator
        A student or an estimator of scikit-learn.

    X : array-like or data frame of shape (n_samples, n_features)
        The evaluation rows.

    y : array-like of shape (n_samples,) or None
        Labels or target values.

    teacher : fitted estimator, array-like or None
        The teacher, its answers on `X`, or None for the student's own teacher.

    cutoff : float
        Where two classes are divided.

    X_train : array-like or data frame of shape (n_training, n_features) or None, default=None
        The training rows.

    y_train : array-like of shape (n_training,) or None, default=None
        Their labels or target values.

    Returns
    -------
    inputs : Inputs
        Everything the sections are written from.

    Raises
    ------
    InvalidInputError
        If the student cannot be asked, or lengths differ.
    """
    structure = take_apart(student)
    refuse_sparse(X, name="X")
    if not (is_frame(X) or isinstance(X, np.ndarray)):
        X = np.asarray(X)
    source = "given"
    if teacher is None:
        teacher = getattr(student, "teacher_", None)
        source = "none" if teacher is None else "student"
    answers = None if teacher is None else _teacher_answers(teacher, X, structure)
    if source == "given" and not _can_be_asked(teacher):
        teacher, source = None, "answers"
    rows = align(X, student, structure, name="X")
    training = None if X_train is None else align(X_train, student, structure, name="X_train")
    if training is None and y_train is not None:
        msg = "y_train needs X_train: got labels of training rows without the rows; pass both."
        raise InvalidInputError(msg)
    n_training = 0 if training is None else num_samples(training)
    return Inputs(
        student=student,
        structure=structure,
        teacher=teacher,
        teacher_source=source,
        X=X,
        rows=rows,
        raw=read_table(rows, structure),
        y=_check_y(y, num_samples(X)),
        student_answers=_answers(student, X, structure, "student"),
        teacher_answers=answers,
        leaves=structure.core.apply(structure.encode(rows)) if structure.is_tree else None,
        cutoff=cutoff,
        training_rows=training,
        training_raw=None if training is None else read_table(training, structure),
        y_train=_check_y(y_train, n_training, "y_train", "X_train"),
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


def merge_labels(groups: Any, segments: Any) -> tuple[dict[str, Any], list[str]]:
    """Put groups and segments together: both are labels of rows, and get the same scores.

    Parameters
    ----------
    groups, segments : mapping, data frame, array-like of shape (n_samples,) or None
        Labels of rows, by name.

    Returns
    -------
    labels : dict
        Name to labels, groups first; their lengths are checked where they are used.

    names : list of str
        Which of them are groups.

    Raises
    ------
    InvalidInputError
        If a name is used for both, or is given in place of a column.
    """
    first, second = _named(groups, "groups"), _named(segments, "segments")
    twice = [name for name in first if name in second]
    if twice:
        msg = f"groups and segments both hold {twice[0]!r}. Leave it out of one, or rename it."
        raise InvalidInputError(msg)
    return {**first, **second}, list(first)


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
        msg = (
            f"{name} must be a text or a number, got {type(value).__name__}. Write it as one text."
        )
        raise InvalidInputError(msg)
    return plain(value)


def _named(labels: Any, parameter: str) -> dict[str, Any]:
    if labels is None:
        return {}
    if is_frame(labels):
        import narwhals.stable.v1 as nw

        frame = nw.from_native(labels, eager_only=True)
        return {str(column.name): column.to_list() for column in frame.iter_columns()}
    if not isinstance(labels, Mapping):
        name = getattr(labels, "name", None)
        labels = {parameter.removesuffix("s") if name is None else name: labels}
    for name, values in labels.items():
        if isinstance(values, str):
            msg = (
                f"{parameter}[{name!r}] is the text {values!r}; it must be one label per row of X. "
                "Pass the column itself, not its name."
            )
            raise InvalidInputError(msg)
    return {str(name): values for name, values in labels.items()}


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


def _check_y(y: Any, n_rows: int, name: str = "y", table: str = "X") -> NDArray[Any] | None:
    if y is None:
        return None
    labels = np.asarray(y)
    if labels.shape != (n_rows,):
        msg = (
            f"{name} must have one value per row of {table}, shape ({n_rows},), got {labels.shape}."
        )
        raise InvalidInputError(msg)
    return labels
