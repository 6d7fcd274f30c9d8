"""Validation shared by all rooms, and the only door to scikit-learn's private helpers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions
from sklearn.utils.metadata_routing import _raise_for_params as raise_for_params
from sklearn.utils.metadata_routing import _routing_enabled as is_routing_enabled
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_method_params as select_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples
from sklearn.utils.validation import check_array, column_or_1d

from interpkd.exceptions import InvalidInputError, TeacherError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray

__all__ = [
    "ROW_SUM_TOLERANCE",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "align_classes",
    "check_feature_names_in",
    "check_predictions",
    "check_probabilities",
    "check_sample_weight",
    "check_target",
    "class_positions",
    "fit_context",
    "is_routing_enabled",
    "num_samples",
    "raise_for_params",
    "safe_indexing",
    "select_params",
]

ROW_SUM_TOLERANCE = 1e-4
"""How far a row of probabilities may be from one; float32 softmax stays below 1e-6."""


def check_probabilities(
    proba: ArrayLike, *, n_samples: int, n_classes: int | None = None, source: str = "teacher"
) -> FloatArray:
    """Check class probabilities and give them as float64 rows that sum to one.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        What a model gave.

    n_samples : int
        The number of rows that were asked for.

    n_classes : int or None, default=None
        The number of classes, when known.

    source : str, default="teacher"
        Who gave them; named in the error.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        The probabilities, rounding errors of the row sums removed.

    Raises
    ------
    TeacherError
        If the shape is wrong, a value is not finite or below 0, or a row does not sum to one.
    """
    try:
        P = _as_floats(proba)
    except (TypeError, ValueError) as error:
        msg = (
            f"Probabilities of the {source} must be numbers; they cannot be read as floats: {error}"
        )
        raise TeacherError(msg) from error
    wanted = f"({n_samples}, {n_classes if n_classes is not None else 'n_classes'})"
    if P.ndim != 2 or len(P) != n_samples or (n_classes is not None and P.shape[1] != n_classes):
        msg = f"Probabilities of the {source} must have shape {wanted}, got {P.shape}."
        if P.ndim == 1:
            msg += " For two classes pass both columns: np.column_stack([1 - p, p])."
        raise TeacherError(msg)
    if P.shape[1] < 2:
        msg = f"Probabilities of the {source} need one column per class, at least 2, got {P.shape}."
        raise TeacherError(msg)
    bad = ~np.isfinite(P).all(axis=1)
    if bad.any():
        msg = (
            f"Probabilities of the {source} must be finite; {bad.sum()} of {n_samples} rows are "
            f"not, the first is row {int(bad.argmax())}: {P[bad.argmax()]}."
        )
        raise TeacherError(msg, row=int(bad.argmax()))
    total = P.sum(axis=1)
    bad = (np.abs(total - 1) > ROW_SUM_TOLERANCE) | (P < -ROW_SUM_TOLERANCE).any(axis=1)
    if bad.any():
        msg = (
            f"Probabilities of the {source} must be at least 0 and sum to 1 in each row; "
            f"{bad.sum()} of {n_samples} rows break this, the first is row {int(bad.argmax())}: "
            f"{P[bad.argmax()]}. Turn logits or scores into probabilities first."
        )
        raise TeacherError(msg, row=int(bad.argmax()))
    P = np.clip(P, 0, None)
    return P / P.sum(axis=1, keepdims=True)


def check_predictions(values: ArrayLike, *, n_samples: int, source: str = "teacher") -> FloatArray:
    """Check predictions of a regression and give them as float64.

    Parameters
    ----------
    values : array-like of shape (n_samples,) or (n_samples, 1)
        What a model gave.

    n_samples : int
        The number of rows that were asked for.

    source : str, default="teacher"
        Who gave them; named in the error.

    Returns
    -------
    values : ndarray of shape (n_samples,)
        The predictions.

    Raises
    ------
    TeacherError
        If the shape is wrong or a value is not finite.
    """
    try:
        out = _as_floats(values)
    except (TypeError, ValueError) as error:
        msg = f"Predictions of the {source} must be numbers; they cannot be read as floats: {error}"
        raise TeacherError(msg) from error
    if out.shape == (n_samples, 1):
        out = out[:, 0]
    if out.shape != (n_samples,):
        msg = f"Predictions of the {source} must have shape ({n_samples},), got {out.shape}."
        raise TeacherError(msg)
    bad = ~np.isfinite(out)
    if bad.any():
        msg = (
            f"Predictions of the {source} must be finite; {bad.sum()} of {n_samples} rows are not, "
            f"the first is row {int(bad.argmax())}: {out[bad.argmax()]}."
        )
        raise TeacherError(msg, row=int(bad.argmax()))
    return out


def _as_floats(values: ArrayLike) -> FloatArray:
    """Read numbers as float64; numpy would drop an imaginary part with no more than a warning."""
    if np.iscomplexobj(values):
        msg = "they are complex"
        raise TypeError(msg)
    return np.asarray(values, dtype=np.float64)


def check_target(y: ArrayLike, *, estimator: Any, dtype: Any = None) -> NDArray[Any]:
    """Check labels or target values and give them as an array.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        The target; a column vector is flattened with scikit-learn's warning.

    estimator : estimator instance
        Named in errors.

    dtype : dtype or None, default=None
        What to convert to; None keeps labels as they are.

    Returns
    -------
    y : ndarray of shape (n_samples,)
        The target, free of missing values.
    """
    y = column_or_1d(y, warn=True)
    return check_array(y, ensure_2d=False, dtype=dtype, input_name="y", estimator=estimator)


def align_classes(
    proba: FloatArray, given: NDArray[Any], wanted: NDArray[Any], *, source: str = "teacher"
) -> FloatArray:
    """Put probability columns into the order of other classes.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_given)
        Columns in the order of `given`.

    given : ndarray of shape (n_given,)
        The classes of the columns.

    wanted : ndarray of shape (n_wanted,)
        The classes to give; one that is not in `given` gets probability 0.

    source : str, default="teacher"
        Who gave them; named in the error.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_wanted)
        The aligned probabilities.

    Raises
    ------
    TeacherError
        If `given` holds a class that is not wanted.
    """
    if np.array_equal(given, wanted):
        return proba
    place = {label: k for k, label in enumerate(np.asarray(wanted).tolist())}
    unknown = [label for label in np.asarray(given).tolist() if label not in place]
    if unknown:
        msg = (
            f"The {source} gives probabilities for class {unknown[0]!r}, which is not among "
            f"{list(place)}. Rename its classes with as_teacher(model, classes=...)."
        )
        raise TeacherError(msg)
    out = np.zeros((len(proba), len(place)))
    out[:, [place[label] for label in np.asarray(given).tolist()]] = proba
    return out


def class_positions(y: NDArray[Any], classes: NDArray[Any], *, name: str = "y") -> NDArray[np.intp]:
    """Give the position in `classes` of every label.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.

    classes : ndarray of shape (n_classes,)
        The classes in any order.

    name : str, default="y"
        The parameter's name, for the error.

    Returns
    -------
    positions : ndarray of shape (n_samples,)
        Integers in [0, n_classes).

    Raises
    ------
    InvalidInputError
        If a label is not among the classes.
    """
    place = {label: k for k, label in enumerate(np.asarray(classes).tolist())}
    labels = np.asarray(y).tolist()
    unknown = next((label for label in labels if label not in place), None)
    if unknown is not None:
        msg = (
            f"{name} holds the label {unknown!r}, which is not a class of the teacher: "
            f"{list(place)}. Use the teacher's labels, or rename its classes with "
            "as_teacher(model, classes=...)."
        )
        raise InvalidInputError(msg)
    return np.fromiter((place[label] for label in labels), dtype=np.intp, count=len(labels))
