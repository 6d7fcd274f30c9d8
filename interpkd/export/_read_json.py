"""A student that was written as JSON, read again: the same answers, and no code in between."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags, RegressorTags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, validate_data

from interpkd._asking import select_columns
from interpkd._structure import read_object_array
from interpkd._tables import RawColumn, RawMatrix, encode, is_frame, read_frame
from interpkd._validation import num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_card import read_card
from interpkd.export._json_checks import get, read_choice, read_flag, refuse
from interpkd.export._json_columns import read_classes, read_columns
from interpkd.export._json_linear import LINKS, read_linear
from interpkd.export._json_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table

MAX_BYTES = 2**26
"""A file larger than this is no student that people read."""

READERS: dict[str, Callable[..., Any]] = {
    "tree": read_tree,
    **dict.fromkeys(LINKS, read_linear),
    "scorecard": read_card,
}
"""What reads the numbers of each kind."""

TASKS = {"classification": "classifier", "regression": "regressor"}


def read_json(source: dict[str, Any] | str | os.PathLike[str]) -> ReadStudent:
    """Read a student that :func:`~interpkd.export.to_json` wrote.

    Nothing in the document is run. Whatever is not as the schema says is refused: a text cut
    short, another schema or version, links between nodes that lead nowhere or in circles, numbers
    that are none, counts that do not fit together.

    Parameters
    ----------
    source : dict, str or path-like
        The document, or the path of its file of at most 64 MiB.

    Returns
    -------
    student : ReadStudent
        A fitted estimator that answers as the student that was written.

    Raises
    ------
    InvalidInputError
        If it is no such document; the message says where.

    See Also
    --------
    interpkd.export.to_json : How it is written.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.export import read_json, to_json
    >>> X = np.arange(6.0)[:, None]
    >>> tree = DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0] > 2)
    >>> student = read_json(to_json(tree))
    >>> student
    <ReadStudent of kind 'tree', regression, 1 column>
    >>> student.predict(X).tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    data = source if isinstance(source, dict) else _load(source)
    schema = get(data, "schema", "the document")
    name, version = get(schema, "name", "schema"), get(schema, "version", "schema")
    if name != "interpkd.student":
        refuse("schema.name", "'interpkd.student'", name)
    if version != 1 or isinstance(version, bool):
        refuse("schema.version", "1, the only one that this version of interpkd reads", version)
    return ReadStudent(data)


def _has(method: str) -> Callable[[ReadStudent], bool]:
    """Give the question whether students of a kind and task have a method."""

    def check(student: ReadStudent) -> bool:
        is_known = student.task == "classification" or method != "proba"
        return is_known and hasattr(student.scorer_, method)

    return check


class ReadStudent(BaseEstimator):
    """A student that was read from JSON.

    Made by :func:`read_json`. It answers as the student that was written, on the same tables:
    columns of a data frame are taken by their names where the student knows names, and others are
    left out. It serves as `student` wherever a fitted one is asked for, and cannot be fitted.

    Parameters
    ----------
    data : dict
        The document.

    Attributes
    ----------
    kind : {"tree", "logistic", "svm", "linear", "scorecard"}
        What kind of student it is.

    task : {"classification", "regression"}
        What it answers.

    classes_ : ndarray of shape (n_classes,)
        The class labels of a classification.

    columns_ : tuple of Column
        The columns of its table: kinds, categories, ranges.

    student_ : estimator
        A plain estimator of scikit-learn with the same numbers; it works on encoded columns.

    n_features_in_ : int
        Number of columns.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where the student was fitted on a table with names.

    See Also
    --------
    interpkd.export.read_json : How it is made.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.kind = read_choice(get(data, "kind", "the document"), [*READERS], "kind")
        self.task = read_choice(get(data, "task", "the document"), [*TASKS], "task")
        classes = read_classes(get(data, "classes", "the document"))
        if (classes is None) != (self.task == "regression"):
            refuse("classes", f"fitting for a {self.task}", data["classes"])
        if classes is not None:
            self.classes_ = classes
        self.columns_ = read_columns(get(data, "columns", "the document"))
        self.n_features_in_ = len(self.columns_)
        if read_flag(get(data, "has_names", "the document"), "has_names"):
            names = [column.name for column in self.columns_]
            self.feature_names_in_ = np.array(names, dtype=object)
        missing = read_flag(get(data, "takes_missing", "the document"), "takes_missing")
        self.takes_missing_ = missing
        self.scorer_ = READERS[self.kind](data, self.columns_, classes)
        for name, value in self.scorer_.attributes().items():
            setattr(self, name, value)

    def fit(self, X: Table, y: Any = None) -> Self:
        """Refuse to be fitted.

        Parameters
        ----------
        X : array-like or data frame
            Not used.

        y : array-like or None, default=None
            Not used.

        Returns
        -------
        self : object
            Never.

        Raises
        ------
        InvalidInputError
            Always.
        """
        del X, y
        msg = (
            "A student that was read from JSON cannot be fitted: it has no teacher. Fit a new one."
        )
        raise InvalidInputError(msg)

    def predict(self, X: Table) -> NDArray[Any]:
        """Predict the class, or the target of a regression.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels or predictions.
        """
        Z = self._encode(X)
        if self.task == "regression":
            return self.scorer_.prediction(Z)
        return self.classes_[self.scorer_.decided(Z)]

    @available_if(_has("proba"))
    def predict_proba(self, X: Table) -> FloatArray:
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, columns as in `classes_`.
        """
        return self.scorer_.proba(self._encode(X))

    @available_if(_has("scores"))
    def decision_function(self, X: Table) -> FloatArray:
        """Give the scores of a linear classifier or a scorecard.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Log odds, or margins of a support vector machine.
        """
        return self.scorer_.scores(self._encode(X))

    @available_if(_has("points"))
    def score_samples(self, X: Table) -> NDArray[np.int64]:
        """Give the points of a scorecard.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        scores : ndarray of int of shape (n_samples,)
            The sum of each row's points.
        """
        return self.scorer_.points(self._encode(X))

    @available_if(_has("terms"))
    def terms(self, X: Table) -> FloatArray:
        """Give what each column adds to the score of a linear student or a scorecard.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        terms : ndarray of shape (n_samples, n_features) or (n_samples, n_features, n_classes)
            Points, or addends of the margin, log odds or prediction; the last shape for more than
            two classes. With the base points or the intercept they add up to the score.
        """
        return self.scorer_.terms(self._encode(X))

    @available_if(_has("apply"))
    def apply(self, X: Table) -> NDArray[np.intp]:
        """Give the leaf of a tree that each row reaches.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        leaves : ndarray of int of shape (n_samples,)
            Numbers of nodes, as in the document.
        """
        return self.scorer_.apply(self._encode(X))

    def _encode(self, X: Table) -> FloatArray:
        raw = read_table(self, X)
        for column in raw:
            if column.kind != "category" and np.isinf(column.values).any():
                row = int(np.isinf(column.values).argmax())
                msg = f"Input X contains infinity: column {column.name!r}, row {row}."
                raise InvalidInputError(msg)
        Z = encode(raw, self.columns_)
        if not self.takes_missing_ and np.isnan(Z).any():
            row, place = np.argwhere(np.isnan(Z))[0]
            msg = (
                f"Input X contains NaN: row {row}, column {self.columns_[place].name!r}. The "
                "student does not know missing values; impute them."
            )
            raise InvalidInputError(msg)
        return Z

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.estimator_type = TASKS[self.task]
        if self.task == "classification":
            tags.classifier_tags = ClassifierTags()
        else:
            tags.regressor_tags = RegressorTags()
        tags.input_tags.allow_nan = self.takes_missing_
        return tags

    def __repr__(self, **options: Any) -> str:
        n = self.n_features_in_
        columns = f"{n} column" if n == 1 else f"{n} columns"
        return f"<ReadStudent of kind {self.kind!r}, {self.task}, {columns}>"


def read_table(student: ReadStudent, X: Table) -> list[RawColumn]:
    """Read a table as the student does that was written.

    Parameters
    ----------
    student : ReadStudent
        The student.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    Returns
    -------
    raw : list of RawColumn
        One per column of the student.

    Raises
    ------
    InvalidInputError
        If the table is not the student's.
    """
    if is_frame(X):
        if hasattr(student, "feature_names_in_"):
            X = select_columns(X, student.feature_names_in_.tolist())
        validate_data(student, X, reset=False, skip_check_array=True)
        check_array(np.zeros((num_samples(X), 1)), estimator=student)  # at least one row
        return read_frame(X)
    if any(column.kind == "category" for column in student.columns_):
        X = check_array(X, dtype=object, ensure_all_finite=False, estimator=student)
        validate_data(student, X, reset=False, skip_check_array=True)
        return read_object_array(X, student.columns_)
    return RawMatrix(
        validate_data(student, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
    )


def _load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a file as JSON, and as nothing else."""
    if not isinstance(path, (str, os.PathLike)):
        msg = f"source must be a document or the path of its file, got {type(path).__name__}."
        raise InvalidInputError(msg)
    file = Path(path)
    if not file.is_file():
        msg = f"The file {os.fspath(path)!r} does not exist. Pass the path that to_json wrote."
        raise InvalidInputError(msg)
    if file.stat().st_size > MAX_BYTES:
        msg = f"The file {os.fspath(path)!r} is larger than {MAX_BYTES} bytes: no student is."
        raise InvalidInputError(msg)
    try:
        data = json.loads(file.read_bytes().decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        msg = f"The file {os.fspath(path)!r} is not JSON, or was cut short: {error}."
        raise InvalidInputError(msg) from error
    if not isinstance(data, dict):
        refuse("the document", "an object", data)
    return data


def _no_number(text: str) -> NoReturn:
    msg = f"{text} is no number"
    raise ValueError(msg)
