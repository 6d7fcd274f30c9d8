"""What a fidelity report is made from: both models asked on the same rows, everything checked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from interpkd._asking import class_probabilities, in_class_order, predictions
from interpkd._digits import leading_digits
from interpkd._validation import (
    check_predictions,
    check_probabilities,
    class_positions,
    num_samples,
)
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._sample import Sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, Table

SMALLEST_ALPHA = 0.001
"""Thinner tails than this are beyond what simulation has shown to hold."""


SORTED_DIGITS = 9
"""Leading digits by which rows are sorted: another processor may differ in those after them."""


@dataclass(frozen=True)
class Answers:
    """Both models' answers on the rows that count.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,) or None
        The student's classes; None for a regression.

    teacher, student : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, columns as in `classes`; predictions for a regression.

    y : ndarray of shape (n_rows,) or None
        Positions of the labels in `classes`, or target values; None when there are none.

    sample : Sample
        Weights and groups of the rows.

    rows : ndarray of shape (n_rows,)
        Their positions in the user's table.

    weighted : bool
        Whether the user gave weights.
    """

    classes: NDArray[Any] | None
    teacher: FloatArray
    student: FloatArray
    y: NDArray[Any] | None
    sample: Sample
    rows: NDArray[np.intp]
    weighted: bool


def collect_answers(
    student: Any,
    X: Table,
    y: ArrayLike | None,
    *,
    teacher: Any,
    sample_weight: ArrayLike | None,
    groups: ArrayLike | None,
) -> Answers:
    """Ask both models and put the rows into an order of their own.

    Rows of weight 0 are left out. The others are sorted by what is known of them, so that the
    report does not depend on the order of the table, and the fidelity scores not on whether there
    are labels.
    """
    n = num_samples(X)
    if n == 0:
        msg = "X has no rows; fidelity is measured on rows, best on held-out ones."
        raise InvalidInputError(msg)
    weights = check_weights(sample_weight, n)
    codes = None if groups is None else check_groups(groups, n)
    classes = classes_of(student)
    of_teacher, of_student, target = ask_both(student, X, y, teacher=teacher, classes=classes)
    return in_own_order(
        classes, of_teacher, of_student, target, weights, codes, weighted=sample_weight is not None
    )


def ask_both(
    student: Any, X: Table, y: ArrayLike | None, *, teacher: Any, classes: NDArray[Any] | None
) -> tuple[FloatArray, FloatArray, NDArray[Any] | None]:
    """Give the teacher's and the student's answers, and the target, all checked, in their order."""
    of_student = _ask_student(student, X, classes)
    of_teacher = _ask_teacher(find_teacher(teacher, student), X, classes)
    target = None if y is None else _check_target(y, classes, num_samples(X))
    return of_teacher, of_student, target


def in_own_order(
    classes: NDArray[Any] | None,
    of_teacher: FloatArray,
    of_student: FloatArray,
    target: NDArray[Any] | None,
    weights: FloatArray,
    codes: NDArray[np.intp] | None = None,
    *,
    weighted: bool,
) -> Answers:
    """Leave out rows of weight 0 and sort the others by what is known of them."""
    rows = own_order([of_teacher, of_student, weights, target, codes])
    rows = rows[weights[rows] > 0]
    return Answers(
        classes=classes,
        teacher=of_teacher[rows],
        student=of_student[rows],
        y=None if target is None else target[rows],
        sample=Sample(weights[rows], None if codes is None else codes[rows]),
        rows=rows,
        weighted=weighted,
    )


def own_order(facts: list[NDArray[Any] | None]) -> NDArray[np.intp]:
    """Sort rows by what is known of them, the first fact first; rounding errors do not count."""
    columns = [
        leading_digits(column.astype(np.float64), SORTED_DIGITS)
        for fact in facts
        if fact is not None
        for column in fact.reshape(len(fact), -1).T
    ]
    return np.lexsort(columns[::-1])


def check_weights(sample_weight: ArrayLike | None, n: int) -> FloatArray:
    """Check row weights and give them as float64 of shape (n,); ones for None."""
    if sample_weight is None:
        return np.ones(n)
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"sample_weight must hold numbers; it cannot be read as floats: {error}"
        raise InvalidInputError(msg) from error
    if weights.shape != (n,):
        msg = f"sample_weight must have shape ({n},), one weight per row, got {weights.shape}."
        raise InvalidInputError(msg)
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        msg = (
            f"sample_weight must be finite and at least 0; {bad.sum()} of {n} weights are not, "
            f"the first is row {int(bad.argmax())}: {weights[bad.argmax()]}. Give rows that are "
            "not to count the weight 0."
        )
        raise InvalidInputError(msg)
    if not weights.any():
        msg = "sample_weight is 0 on every row; at least one row must count."
        raise InvalidInputError(msg)
    return weights


def check_cutoff(cutoff: float) -> float:
    """Check that a decision cutoff lies strictly between 0 and 1."""
    if isinstance(cutoff, bool) or not isinstance(cutoff, Real) or not 0 < cutoff < 1:
        msg = (
            f"cutoff must be a number strictly between 0 and 1, got {cutoff!r}. It is compared "
            "with the probability of the second class."
        )
        raise InvalidInputError(msg)
    return float(cutoff)


def check_alpha(alpha: float) -> float:
    """Check that one minus the confidence is a sensible number."""
    if isinstance(alpha, bool) or not isinstance(alpha, Real) or not SMALLEST_ALPHA <= alpha < 1:
        msg = (
            f"alpha must be a number of at least {SMALLEST_ALPHA} and below 1, got {alpha!r}. It "
            "is one minus the confidence: 0.05 gives 95 % intervals."
        )
        raise InvalidInputError(msg)
    return float(alpha)


def check_groups(groups: ArrayLike, n: int) -> NDArray[np.intp]:
    """Check labels of dependent rows and give them as codes in the order of the labels."""
    labels = read_labels(groups, n, name="groups")
    lacking = [row for row, label in enumerate(labels) if label is None]
    if lacking:
        msg = (
            f"groups must name the group of every row; {len(lacking)} of {n} rows have none, the "
            f"first is row {lacking[0]}. Give a row that depends on no other a label of its own."
        )
        raise InvalidInputError(msg)
    code = {label: k for k, label in enumerate(sort_labels(set(labels)))}
    return np.fromiter((code[label] for label in labels), dtype=np.intp, count=n)


def read_labels(values: ArrayLike, n: int, *, name: str) -> list[Any]:
    """Give one label per row as plain objects, None where it is missing."""
    # a list is not made an array of one type: ["a", nan] would become two texts
    as_is = isinstance(values, (list, tuple))
    array = np.asarray(values, dtype=object) if as_is else np.asarray(values)
    if array.dtype.kind == "M":
        array = np.datetime_as_string(array, unit="auto").astype(object)
        array[array == "NaT"] = None
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (n,):
        msg = f"{name} must have shape ({n},), one label per row, got {array.shape}."
        raise InvalidInputError(msg)
    return [None if _is_missing(label) else label for label in array.tolist()]


def sort_labels(labels: set[Any]) -> list[Any]:
    """Sort labels; by their text where they cannot be compared."""
    try:
        return sorted(labels)
    except TypeError:
        return sorted(labels, key=lambda label: (str(type(label)), str(label)))


def plain_label(label: Any) -> Any:
    """Give a label that JSON can hold: itself, or its text."""
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, float) and not math.isfinite(label):
        return str(label)
    return label if label is None or isinstance(label, (str, int, float)) else str(label)


def _is_missing(label: Any) -> bool:
    # NaN and NaT differ from themselves; pandas.NA has no truth value at all
    return label is None or type(label).__name__ == "NAType" or bool(label != label)  # noqa: PLR0124


def classes_of(student: Any) -> NDArray[Any] | None:
    """Give the student's classes, None for a regression; refuse what is neither."""
    _check_fitted(student, "student")
    if hasattr(student, "classes_"):
        if not hasattr(student, "predict_proba"):
            msg = (
                f"student is a {type(student).__name__}, a classifier without predict_proba; its "
                "fidelity is measured on probabilities. Calibrate it first, for instance with "
                "CalibratedClassifierCV."
            )
            raise InvalidInputError(msg)
        return np.asarray(student.classes_)
    if not hasattr(student, "predict"):
        msg = (
            f"student must be a fitted classifier or regressor, got {type(student).__name__}, "
            "which has neither classes_ nor predict."
        )
        raise InvalidInputError(msg)
    return None


def _check_fitted(model: Any, name: str) -> None:
    if isinstance(model, type):
        msg = f"{name} is the class {model.__name__}; pass a fitted instance of it."
        raise InvalidInputError(msg)
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        msg = f"{name} is a {type(model).__name__} that is not fitted. Fit it first."
        raise InvalidInputError(msg) from error
    except TypeError:  # not an estimator for scikit-learn: nothing more to ask
        return


def find_teacher(teacher: Any, student: Any) -> Any:
    if teacher is None:
        teacher = getattr(student, "teacher_", None)
    if teacher is None:
        msg = (
            f"teacher is None and the student, a {type(student).__name__}, holds no fitted "
            "teacher. Pass teacher=, a fitted model or its scores on X: probabilities of shape "
            "(n_samples, n_classes), or predictions of shape (n_samples,)."
        )
        raise InvalidInputError(msg)
    return teacher


def _ask_student(student: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    if classes is None:
        return predictions(student, X, source="student")
    return class_probabilities(student, X, source="student")


def _ask_teacher(teacher: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    """Give the teacher's answers, its columns in the order of the student's classes."""
    is_model = hasattr(teacher, "predict") or hasattr(teacher, "predict_proba")
    if is_model:
        _check_fitted(teacher, "teacher")
    elif callable(teacher):
        msg = (
            "teacher is a function or class; wrap it with as_teacher(function, classes=[...]), "
            "which says what its columns are."
        )
        raise InvalidInputError(msg)
    if classes is None:
        if not is_model:
            return check_predictions(teacher, n_samples=num_samples(X))
        if hasattr(teacher, "classes_"):
            msg = (
                f"The student is a regression, but teacher is a {type(teacher).__name__}, a "
                "classifier. Compare models of the same task."
            )
            raise InvalidInputError(msg)
        return predictions(teacher, X)
    if not is_model:
        return check_probabilities(
            in_class_order(teacher, classes), n_samples=num_samples(X), n_classes=len(classes)
        )
    if not (hasattr(teacher, "classes_") and hasattr(teacher, "predict_proba")):
        msg = (
            f"teacher is a {type(teacher).__name__} without predict_proba and classes_, but the "
            "student gives class probabilities. Pass a classifier with probabilities, wrap it with "
            "as_teacher(model, classes=[...]), or pass its probabilities on X."
        )
        raise InvalidInputError(msg)
    return class_probabilities(teacher, X, classes)


def _check_target(y: ArrayLike, classes: NDArray[Any] | None, n: int) -> NDArray[Any]:
    target = np.asarray(y)
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    if target.shape != (n,):
        msg = f"y must have shape ({n},), one true value per row of X, got {target.shape}."
        raise InvalidInputError(msg)
    if classes is not None:
        known = set(classes.tolist())
        unknown = [label for label in target.tolist() if label not in known]
        if unknown:
            msg = (
                f"y holds the label {unknown[0]!r}, which is not a class of the student: "
                f"{classes.tolist()}. Use the student's labels, and leave out rows without one."
            )
            raise InvalidInputError(msg)
        return class_positions(target, classes)
    try:
        values = target.astype(np.float64)
    except (TypeError, ValueError) as error:
        msg = f"y must hold numbers for a regression; it cannot be read as floats: {error}"
        raise InvalidInputError(msg) from error
    bad = ~np.isfinite(values)
    if bad.any():
        msg = (
            f"y must be finite; {bad.sum()} of {n} values are not, the first is row "
            f"{int(bad.argmax())}: {values[bad.argmax()]}. Leave out rows without a true value."
        )
        raise InvalidInputError(msg)
    return values
