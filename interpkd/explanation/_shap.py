"""SHAP values of student and teacher that can be compared: one background, one output scale."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align, hash_rows
from interpkd._collections import is_collection, open_collection
from interpkd._html import Markup, bar, paragraphs, show, table
from interpkd._optional import require
from interpkd._row_sample import draw_rows
from interpkd._structure import Structure, take_apart
from interpkd._validation import align_classes
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.explanation._asked_values import Sampling, Setting, Values, explain_by_asking
from interpkd.explanation._linear_values import TOLERANCE, explain_linear, explain_sum
from interpkd.explanation._rows import original_values
from interpkd.explanation._tree_shap import forest_shap, tree_shap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import Table

MOST_EXPLAINED, MOST_BACKGROUND = 200, 100
"""Rows of a data set that are explained, and that they are compared with."""

SHOWN = 15
"""Columns that a notebook shows."""

EXACT = "exact, interventional TreeSHAP"


@dataclass(frozen=True)
class Explanations:
    """SHAP values of a student and its teacher on the same rows and the same background.

    Made by :func:`explain`. For each model, ``base_values + values.sum(axis=1)`` are its
    probabilities (its predictions, for a regression) on the explained rows.

    Attributes
    ----------
    student : shap.Explanation
        Values of shape (n_samples, n_columns, n_classes), for a regression
        (n_samples, n_columns); `feature_names` are the user's columns, `output_names` the classes.

    teacher : shap.Explanation or None
        The same for the teacher, classes in the student's order. For either, `error_std` holds the
        standard errors where the values were sampled. None when there is no teacher to ask.

    display_data : ndarray of object of shape (n_samples, n_columns)
        The values of the explained rows as the user's table holds them.

    classes : ndarray of shape (n_classes,) or None
        The classes; None for a regression.

    background_sha256 : str
        SHA-256 of the background's column names and values; the same rows give the same digest
        in any library's table.

    n_background : int
        Rows of the background.

    method : dict
        For "student" and "teacher", how the values were computed, in words.

    additivity_error : dict
        For "student" and "teacher", the largest distance of base plus values from the model's own
        answer; None without a teacher.

    sample : dict or None
        Of rows that were not in memory, how those that are explained were drawn: "n_rows",
        "n_rows_available", "seed" and "how"; None of rows in memory.
    """

    student: Any
    teacher: Any | None
    display_data: NDArray[Any]
    classes: NDArray[Any] | None
    background_sha256: str
    n_background: int
    method: dict[str, str]
    additivity_error: dict[str, float | None]
    sample: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Sum up the explanation in plain Python types.

        Returns
        -------
        summary : dict
            "columns", "classes", "n_rows", "sample", "n_background", "background_sha256", and for
            "student" and "teacher" (None without one) "method", "additivity_error" and "mean_abs": the mean
            absolute value of each column over rows and classes.
        """
        return {
            "columns": [str(name) for name in self.student.feature_names],
            "classes": None if self.classes is None else self.classes.tolist(),
            "n_rows": len(self.display_data),
            "sample": self.sample,
            "n_background": self.n_background,
            "background_sha256": self.background_sha256,
            "student": self._sum_up("student", self.student),
            "teacher": None if self.teacher is None else self._sum_up("teacher", self.teacher),
        }

    def _repr_html_(self) -> str:
        summary = self.to_dict()
        sides = [side for side in ("student", "teacher") if summary[side] is not None]
        sizes = {side: summary[side]["mean_abs"] for side in sides}
        names = sorted(summary["columns"], key=lambda name: -max(s[name] for s in sizes.values()))
        most = max((sizes[side][name] for side in sides for name in names), default=0.0)
        rows = [
            [name, *(cell for side in sides for cell in _size(sizes[side][name], most))]
            for name in names[:SHOWN]
        ]
        header = ["column", *(head for side in sides for head in (side, ""))]
        title = "Mean size of a column's SHAP value, over rows and classes"
        n_left = len(names) - SHOWN
        notes = [f"{n_left} more columns: to_dict() has them all."] if n_left > 0 else []
        notes += [f"{side}: {self.method[side]}." for side in ("student", "teacher")]
        notes.append("A SHAP value says what moves the model, and nothing of causes.")
        head = f"Explanations of {summary['n_rows']:,} rows against {self.n_background:,} others"
        found = table(title, header, rows, numeric=range(1, len(header), 2))
        return show(head, found, paragraphs(*notes, soft=True))

    def _sum_up(self, who: str, explanation: Any) -> dict[str, Any]:
        size = np.abs(explanation.values)
        mean = size.mean(axis=(0, 2) if size.ndim == 3 else 0)
        names = [str(name) for name in explanation.feature_names]
        return {
            "method": self.method[who],
            "additivity_error": self.additivity_error[who],
            "mean_abs": dict(zip(names, mean.tolist(), strict=True)),
        }


def explain(
    student: Any,
    X: Table,
    *,
    background: Table,
    teacher: Any = None,
    n_permutations: int = 10,
    random_state: int = 0,
) -> Explanations:
    r"""Compute SHAP values of a student and its teacher that can be compared.

    Both models are explained on the same background, on the scale of probabilities (predictions,
    for a regression), column by column of the user's table. A column's value at a row is its
    Shapley value in the game that sets some columns to the row's values and leaves the rest as in
    the background rows, averaged over these.

    The values of a tree student are exact, those of one whose prediction is a sum over columns,
    and those of two classes where the log odds are one: of a linear student, of a scorecard. So are
    the teacher's where it is a tree or a forest of scikit-learn on numbers, and the values were
    seen to add up to its answers. Any other model is asked about mixed rows in the user's own
    table: about all coalitions of columns where they are few, else along random permutations. What
    was done is in `method`.

    Parameters
    ----------
    student : fitted estimator
        A student, or an estimator of scikit-learn.

    X : array-like, data frame, pyarrow.dataset.Dataset, or Dask DataFrame
        The rows to explain, shape (n_samples, n_columns). Of a data set 200 are drawn by their
        content, the same ones in any order of its parts; `sample` of the result says so.

    background : array-like, data frame, pyarrow.dataset.Dataset, or Dask DataFrame
        The rows to compare with, shape (n_background, n_columns), for instance 100 training rows;
        recorded by their hash. All of them are used; of a data set 100 are drawn.

    teacher : fitted estimator or None, default=None
        The teacher to ask; None for the student's `teacher_`.

    n_permutations : int, default=10
        Permutations per row, at least 2, where a model's values are sampled. The model is
        then asked about ``n_samples * n_permutations * 2 * (n_columns - 1) * n_background`` mixed
        rows, less those that are the same: at most 400 000 for 10 rows, 21 columns and a
        background of 100.

    random_state : int, default=0
        Seed of the permutations, and of the rows that are drawn of a data set.

    Returns
    -------
    explanations : Explanations
        The values of both models.

    Raises
    ------
    InvalidInputError
        If the student cannot be asked, a table lacks a column of the student, has no rows, or `X`
        and `background` are tables of different libraries.

    NotATeacherError
        If `teacher` cannot be asked for what the student predicts.

    References
    ----------
    .. [1] S. Lundberg and S.-I. Lee, "A unified approach to interpreting model predictions",
       NeurIPS 2017.
    .. [2] S. Lundberg et al., "From local explanations to global understanding with explainable AI
       for trees", Nature Machine Intelligence, 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledTreeClassifier
    >>> from interpkd.explanation import explain
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0).fit(X, y)
    >>> student = DistilledTreeClassifier(FrozenEstimator(forest), max_leaf_nodes=4).fit(X)
    >>> both = explain(student, X.iloc[:5], background=X.iloc[100:120])
    >>> both.student.values.shape
    (5, 30, 2)
    >>> both.method["teacher"]
    'exact, interventional TreeSHAP'
    """
    structure = take_apart(student)
    _check(student, structure, n_permutations)
    X, sample = _in_memory(X, MOST_EXPLAINED, random_state)
    background, _ = _in_memory(background, MOST_BACKGROUND, random_state + 1)
    X = align(X, student, structure, name="X")
    background = align(background, student, structure, name="background")
    setting = Setting(structure, X, background, structure.encode(X), structure.encode(background))
    sampling = Sampling(n_permutations, random_state)
    own = _explain_student(setting, student, sampling)
    teacher = getattr(student, "teacher_", None) if teacher is None else teacher
    other = None
    if teacher is not None:
        _check_teacher(teacher, structure)
        other = _explain_unread(setting, teacher, "teacher", sampling)
    shown = original_values(X)
    return Explanations(
        student=_as_shap(setting, own, shown),
        teacher=None if other is None else _as_shap(setting, other, shown),
        display_data=shown,
        classes=structure.classes,
        background_sha256=hash_rows(background, structure),
        n_background=len(setting.Z_background),
        method={
            "student": own.method,
            "teacher": "not explained: there is no teacher to ask"
            if other is None
            else other.method,
        },
        additivity_error={
            "student": own.miss(),
            "teacher": None if other is None else other.miss(),
        },
        sample=sample,
    )


def _size(value: float, most: float) -> tuple[str, Markup]:
    return f"{value:.4g}", bar(value, most)


def _in_memory(X: Table, most: int, seed: int) -> tuple[Table, dict[str, Any] | None]:
    """Draw rows of a collection, and say how; rows in memory stay as they are."""
    if not is_collection(X):
        return X, None
    drawn = draw_rows(open_collection(X), most, seed=seed)
    return drawn.X, drawn.facts


def _explain_student(setting: Setting, student: Any, sampling: Sampling) -> Values:
    core = setting.structure.core
    if not setting.structure.is_tree:
        if not hasattr(core, "coef_"):
            return _explain_unread(setting, student, "student", sampling)
        if setting.structure.classes is None:
            return explain_sum(setting, student, sampling)
        return explain_linear(setting, student, sampling)
    values, base = tree_shap(core.tree_, setting.Z_background, setting.Z)
    own = Values(values, base, setting.ask(student, setting.X, "student"), EXACT)
    scale = max(1.0, float(np.abs(own.answers).max()))
    if own.miss() > TOLERANCE * scale:
        msg = (
            f"The student's SHAP values miss its answers by {own.miss():.2g}, more than "
            f"{TOLERANCE * scale:.2g}: it does not predict what its {type(core).__name__} says."
        )
        raise InvalidInputError(msg)
    return own


def _explain_unread(setting: Setting, model: Any, source: str, sampling: Sampling) -> Values:
    """Explain a model that is not this package's to read: a teacher, a student of any kind."""
    exact = _exact_values(setting, model, source)
    if not isinstance(exact, str):
        return exact
    return explain_by_asking(setting, model, source, sampling, exact)


def _exact_values(setting: Setting, model: Any, source: str) -> Values | str:
    """Give a model's TreeSHAP values if they are its own, else the reason why not."""
    columns = setting.structure.columns
    if any(column.kind == "category" for column in columns):
        return "the table has category columns"
    names = [column.name for column in columns]
    answer = forest_shap(model, names, setting.Z_background, setting.Z)
    if isinstance(answer, str):
        return answer
    values, base = answer
    if setting.structure.classes is not None:
        own, wanted = np.asarray(model.classes_), setting.structure.classes
        shape = (*setting.Z.shape, len(wanted))
        values = align_classes(values.reshape(-1, len(own)), own, wanted).reshape(shape)
        base = align_classes(base[None], own, wanted)[0]
    exact = Values(values, base, setting.ask(model, setting.X, source), EXACT)
    mean = setting.ask(model, setting.background, source).mean(axis=0)
    tolerance = TOLERANCE * max(1.0, float(np.abs(exact.answers).max()))
    miss = max(exact.miss(), float(np.abs(base - mean).max()))
    return exact if miss <= tolerance else f"TreeSHAP missed its answers by {miss:.1g}"


def _as_shap(setting: Setting, found: Values, shown: NDArray[Any]) -> Any:
    classes = setting.structure.classes
    values, error = found.values, found.error
    base = np.repeat(found.base[None], len(values), axis=0)
    if classes is None:
        values, base = values[..., 0], base[:, 0]
        error = None if error is None else error[..., 0]
    with warnings.catch_warnings():  # importing shap may warn about its own needs
        warnings.simplefilter("ignore")
        shap = require("shap", purpose="explain predictions")
    return shap.Explanation(
        values,
        base_values=base,
        data=setting.Z,
        display_data=shown,
        feature_names=[column.name for column in setting.structure.columns],
        output_names=None if classes is None else [str(label) for label in classes.tolist()],
        error_std=error,
    )


def _check(student: Any, structure: Structure, n_permutations: int) -> None:
    if structure.is_tree and structure.core.n_outputs_ != 1:
        msg = (
            "explain needs a student of one output; this tree has "
            f"{structure.core.n_outputs_}. Pass a tree student such as DistilledTreeClassifier."
        )
        raise InvalidInputError(msg)
    if structure.classes is not None and not hasattr(student, "predict_proba"):
        msg = (
            f"explain needs the student's probabilities, and {type(student).__name__} has no "
            "predict_proba. Calibrate it first."
        )
        raise InvalidInputError(msg)
    if n_permutations < 2:
        msg = (
            f"The 'n_permutations' parameter must be at least 2, got {n_permutations}: one alone "
            "has no standard error."
        )
        raise InvalidInputError(msg)


def _check_teacher(teacher: Any, structure: Structure) -> None:
    wanted = ("predict",) if structure.classes is None else ("predict_proba", "classes_")
    lacking = [name for name in wanted if not hasattr(teacher, name)]
    if lacking:
        msg = (
            f"teacher must be a fitted model with {' and '.join(wanted)}; "
            f"{type(teacher).__name__} lacks {lacking[0]}. Wrap a function with "
            "as_teacher(function, classes=...)."
        )
        raise NotATeacherError(msg)
