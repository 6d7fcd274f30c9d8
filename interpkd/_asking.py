"""Questioning a fitted model: columns in the order it was trained on, answers checked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from interpkd._optional import is_instance_of_name
from interpkd._tables import is_frame
from interpkd._validation import (
    align_classes,
    check_predictions,
    check_probabilities,
    num_samples,
)
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table


def class_probabilities(
    model: Any, X: Table, classes: NDArray[Any] | None = None, *, source: str = "teacher"
) -> FloatArray:
    """Ask a fitted classifier for checked probabilities, columns in a stated class order.

    Parameters
    ----------
    model : object with predict_proba and classes_
        A teacher or a student.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    classes : ndarray of shape (n_classes,) or None, default=None
        The order of the probability columns; None for the model's own.

    source : str, default="teacher"
        Who the model is; named in errors.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities, each row summing to one.
    """
    own = np.asarray(model.classes_)
    P = check_probabilities(
        in_class_order(ask(model, X, "predict_proba"), own),
        n_samples=num_samples(X),
        n_classes=len(own),
        source=source,
    )
    return P if classes is None else align_classes(P, own, np.asarray(classes), source=source)


def in_class_order(proba: Any, classes: NDArray[Any]) -> Any:
    """Put a data frame of probabilities whose columns are named by the classes into their order.

    Parameters
    ----------
    proba : array-like or data frame of shape (n_samples, n_classes)
        Probabilities, unchecked.

    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    proba : array-like or data frame of shape (n_samples, n_classes)
        As given, unless the columns are named by exactly these classes; a table's numbering of
        its columns is no name.
    """
    if not is_frame(proba) or not all(isinstance(name, str) for name in proba.columns):
        return proba
    wanted = [str(label) for label in classes.tolist()]
    if sorted(proba.columns) != sorted(wanted):
        return proba
    return select_columns(proba, wanted)


def predictions(model: Any, X: Table, *, source: str = "teacher") -> FloatArray:
    """Ask a fitted regressor for checked predictions of shape (n_samples,)."""
    return check_predictions(ask(model, X, "predict"), n_samples=num_samples(X), source=source)


def decide(P: FloatArray, cutoff: float) -> NDArray[np.intp]:
    """Give the position of the decided class of each row.

    Parameters
    ----------
    P : ndarray of shape (n_samples, n_classes)
        Probabilities.

    cutoff : float
        With two classes, the second is decided above it; with more, the most probable one is.

    Returns
    -------
    decided : ndarray of shape (n_samples,)
        Integers in [0, n_classes).
    """
    if P.shape[1] == 2:
        return (P[:, 1] > cutoff).astype(np.intp)
    return P.argmax(axis=1)


def ask(model: Any, X: Table, method: str) -> Any:
    """Call a method of a fitted model on a table whose columns may be in another order.

    A model that remembers the names of its columns gets exactly those, in its own order:
    LightGBM would take them in any order without a word, and score the wrong columns.

    Parameters
    ----------
    model : fitted estimator
        The model.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    method : str
        The method to call, such as ``"predict_proba"``; ``"__call__"`` for a function.

    Returns
    -------
    answer : object
        What the method gives, unchecked.

    Raises
    ------
    InvalidInputError
        If the table lacks a column that the model was trained on.
    """
    if is_frame(X):
        names = trained_names(model)
        if names is not None:
            X = select_columns(X, names)
    return getattr(model, method)(X)


def trained_names(model: Any) -> list[str] | None:
    """Give the names of the columns a fitted model remembers, None when it remembers none."""
    inner = model.estimator if isinstance(model, FrozenEstimator) else model
    names = getattr(inner, "feature_names_in_", None)
    if names is None and is_instance_of_name(inner, "lightgbm.sklearn.LGBMModel"):
        names = inner.feature_name_
    if names is None and is_instance_of_name(inner, "catboost.core.CatBoost"):
        names = inner.feature_names_
    if names is None:
        return None
    names = [str(name) for name in names]
    # LightGBM's and CatBoost's names of nameless columns
    nameless = [[f"Column_{i}" for i in range(len(names))], [f"{i}" for i in range(len(names))]]
    return None if names in nameless else names


def select_columns(X: Table, names: list[str]) -> Table:
    """Give the named columns of a data frame, in that order; raise when one is lacking."""
    import narwhals.stable.v1 as nw

    frame = nw.from_native(X, eager_only=True)
    have = [str(name) for name in frame.columns]
    if have == names:
        return X
    # LightGBM also writes its training columns with "_" for white space
    by_name = {re.sub(r"\s", "_", name): name for name in have} | {name: name for name in have}
    lacking = [name for name in names if name not in by_name]
    if lacking:
        msg = (
            f"The model was trained on the column {lacking[0]!r}, which the table lacks "
            f"({len(lacking)} of its {len(names)} columns are missing)."
        )
        raise InvalidInputError(msg)
    return frame.select([by_name[name] for name in names]).to_native()
