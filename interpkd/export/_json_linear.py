"""A linear student as JSON: what each column adds to the scores."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC

from interpkd.export._coefficients import coefficient_list
from interpkd.export._json_checks import (
    get,
    read_choice,
    read_list,
    read_number,
    read_numbers,
    refuse,
    write_label,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._structure import Structure
    from interpkd._tables import Column
    from interpkd._typing import FloatArray

LINKS = {"logistic": "logistic", "svm": "logistic", "linear": "identity"}
"""From one score to the answer; with several classes, "softmax" stands for "logistic"."""


def write_linear(student: Any, structure: Structure) -> dict[str, Any]:
    """Write the coefficients of a linear student.

    Parameters
    ----------
    student : fitted estimator
        A linear student.

    structure : Structure
        The same taken apart.

    Returns
    -------
    part : dict
        "link", "intercept" and "terms"; "link_slope" of a support vector machine.
    """
    classes = structure.classes
    link = "identity" if classes is None else "logistic" if len(classes) == 2 else "softmax"
    part: dict[str, Any] = {"link": link}
    if hasattr(student, "link_slope_"):
        part["link_slope"] = float(student.link_slope_)
    part["intercept"] = np.atleast_1d(student.intercept_).tolist()
    part["terms"] = [_write_term(student, column) for column in structure.columns]
    listed = coefficient_list(student)
    terms = {term["column"]: term for term in part["terms"]}
    for one in listed:
        term, values = terms[one.column], list(one.values)
        if one.kind == "category":
            label = write_label(one.category, f"a category of {one.column!r}")
            term["categories"].append({"category": label, "values": values})
        else:
            term["values" if one.kind == "per unit" else "missing"] = values
    return part


def _write_term(student: Any, column: Column) -> dict[str, Any]:
    """Begin the term of a column, before its coefficients."""
    if column.kind != "category":
        imputed = float(student.imputed_values_[column.name])
        return {"column": column.name, "values": [], "imputed": imputed, "missing": None}
    reference = student.reference_levels_.get(column.name)
    if reference is not None:
        reference = write_label(reference, f"a category of {column.name!r}")
    return {"column": column.name, "reference": reference, "categories": [], "missing": None}


@dataclass(frozen=True)
class LinearScorer:
    """A linear student that was read, as it answers for encoded rows.

    Attributes
    ----------
    columns : tuple of Column
        The columns of the table.

    fills : ndarray of shape (n_columns,)
        What stands for a missing value: a number, or the code of the reference level, which is -1
        where there is none.

    coef : ndarray of shape (n_outputs, n_design_columns)
        The coefficients.

    intercept : ndarray of shape (n_outputs,)
        The intercepts.
    """

    columns: tuple[Column, ...]
    fills: FloatArray
    coef: FloatArray
    intercept: FloatArray

    def prediction(self, Z: FloatArray) -> FloatArray:
        """Give the predictions of a regression."""
        return self._sums(Z)[:, 0]

    def terms(self, Z: FloatArray) -> FloatArray:
        """Give what each column adds."""
        D, owners = self._design(Z)
        out = np.zeros((*Z.shape, len(self.coef)))
        for j, owner in enumerate(owners):
            out[:, owner] += D[:, j, None] * self.coef[:, j]
        return out[..., 0] if len(self.coef) == 1 else out

    def sizes(self, Z: FloatArray) -> FloatArray:
        """Give the sums of the sizes of what is added up, shape (n_samples, n_outputs).

        Any order of adding rounds a sum by some units in the last place of this one.
        """
        return np.abs(self._design(Z)[0]) @ np.abs(self.coef.T) + np.abs(self.intercept)

    def attributes(self) -> dict[str, Any]:
        """Give the fitted attributes of such a student."""
        core = _fill(LinearRegression(), self.coef[0], self.intercept[0])
        return {"student_": core, "coef_": core.coef_, "intercept_": core.intercept_} | self._known

    @property
    def _known(self) -> dict[str, Any]:
        pairs = list(zip(self.columns, self.fills.tolist(), strict=True))
        return {
            "imputed_values_": {c.name: fill for c, fill in pairs if c.kind != "category"},
            "reference_levels_": {
                c.name: c.categories[int(fill)] for c, fill in pairs if c.categories
            },
        }

    def _sums(self, Z: FloatArray) -> FloatArray:
        return self._design(Z)[0] @ self.coef.T + self.intercept

    def _design(self, Z: FloatArray) -> tuple[FloatArray, list[int]]:
        """Give the columns that coefficients belong to, and whose they are."""
        if not any(one.kind == "category" or one.has_missing for one in self.columns):
            return Z, [*range(Z.shape[1])]
        made: list[Any] = []
        owners: list[int] = []
        for i, (column, fill) in enumerate(zip(self.columns, self.fills, strict=True)):
            missing = np.isnan(Z[:, i])
            if column.kind == "category":
                codes = [code for code in range(len(column.categories)) if code != fill]
                here = [Z[:, i] == code for code in codes]
            else:
                here = [np.where(missing, fill, Z[:, i])]
            here += [missing] if column.has_missing else []
            made += here
            owners += [i] * len(here)
        return np.stack(made, axis=1).astype(np.float64).reshape(len(Z), len(made)), owners


@dataclass(frozen=True)
class LinearClassScorer(LinearScorer):
    """A linear student of classes that was read.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The classes.

    slope : float or None
        From the margins of a support vector machine to the scores of its probabilities.
    """

    classes: NDArray[Any]
    slope: float | None = None

    def scores(self, Z: FloatArray) -> FloatArray:
        """Give log odds or margins; one per class where there are more than two."""
        sums = self._sums(Z)
        return sums[:, 0] if len(self.classes) == 2 else sums

    def decided(self, Z: FloatArray) -> NDArray[np.intp]:
        """Give the position of the decided class."""
        scores = self.scores(Z)
        return (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)

    def proba(self, Z: FloatArray) -> FloatArray:
        """Give class probabilities."""
        sums = self._sums(Z) * (1.0 if self.slope is None else self.slope)
        if len(self.classes) > 2:
            return np.asarray(softmax(sums, axis=1), dtype=np.float64)
        positive = expit(sums)
        return np.hstack([1 - positive, positive])

    def attributes(self) -> dict[str, Any]:
        """Give the fitted attributes of such a student."""
        core = _fill(
            LogisticRegression() if self.slope is None else LinearSVC(), self.coef, self.intercept
        )
        core.classes_ = self.classes
        out = {"student_": core, "coef_": core.coef_, "intercept_": core.intercept_}
        return out | self._known | ({} if self.slope is None else {"link_slope_": self.slope})


def read_linear(data: Any, columns: Sequence[Column], classes: NDArray[Any] | None) -> LinearScorer:
    """Read a linear student.

    Parameters
    ----------
    data : dict
        The document.

    columns : sequence of Column
        Its columns.

    classes : ndarray of shape (n_classes,) or None
        Its classes.

    Returns
    -------
    scorer : LinearScorer
        The student.

    Raises
    ------
    InvalidInputError
        If its numbers do not fit its columns and classes.
    """
    kind = data["kind"]
    if (kind == "linear") != (classes is None) or (classes is not None and len(classes) < 2):
        refuse("classes", "at least two, and none of a regression", data["classes"])
    n_outputs = 1 if classes is None or len(classes) == 2 else len(classes)
    link = LINKS[kind] if n_outputs == 1 else "softmax"
    read_choice(get(data, "link", "the student"), [link], "link")
    intercept = read_numbers(get(data, "intercept", "the student"), "intercept", length=n_outputs)
    listed = read_list(get(data, "terms", "the student"), "terms", length=len(columns))
    fills, coef = [], []
    for i, (one, column) in enumerate(zip(listed, columns, strict=True)):
        where = f"terms[{i}]"
        if get(one, "column", where) != column.name:
            refuse(f"{where}.column", f"the name of that column, {column.name!r}", one["column"])
        read = _read_categories if column.kind == "category" else _read_per_unit
        fill, rows = read(one, column, n_outputs, where)
        fills.append(fill)
        coef += rows + _read_missing(one, column, n_outputs, where)
    numbers = np.array(coef, dtype=np.float64).reshape(len(coef), n_outputs).T
    parts = tuple(columns), np.array(fills, dtype=np.float64), numbers, np.array(intercept)
    if classes is None:
        return LinearScorer(*parts)
    slope = None
    if kind == "svm":
        slope = read_number(get(data, "link_slope", "the student"), "link_slope")
    return LinearClassScorer(*parts, classes, slope)


def _read_per_unit(
    one: Any, column: Column, n_outputs: int, where: str
) -> tuple[float, list[list[float]]]:
    del column
    fill = read_number(get(one, "imputed", where), f"{where}.imputed")
    return fill, [read_numbers(get(one, "values", where), f"{where}.values", length=n_outputs)]


def _read_categories(
    one: Any, column: Column, n_outputs: int, where: str
) -> tuple[float, list[list[float]]]:
    reference = get(one, "reference", where)
    known = [*column.categories]
    if (reference is None) != (not known) or (known and reference not in known):
        refuse(f"{where}.reference", f"a category of {column.name!r}", reference)
    expected = [label for label in known if label != reference]
    listed = read_list(get(one, "categories", where), f"{where}.categories", length=len(expected))
    rows = []
    for k, (part, label) in enumerate(zip(listed, expected, strict=True)):
        here = f"{where}.categories[{k}]"
        if get(part, "category", here) != label:
            refuse(f"{here}.category", f"the next category, {label!r}", part["category"])
        rows.append(read_numbers(get(part, "values", here), f"{here}.values", length=n_outputs))
    return (float(known.index(reference)) if known else -1.0), rows


def _read_missing(one: Any, column: Column, n_outputs: int, where: str) -> list[list[float]]:
    values = get(one, "missing", where)
    if (values is None) == column.has_missing:
        rule = "there where training rows missed a value, and null elsewhere"
        refuse(f"{where}.missing", rule, values)
    return [] if values is None else [read_numbers(values, f"{where}.missing", length=n_outputs)]


def _fill(core: Any, coef: FloatArray, intercept: Any) -> Any:
    core.coef_, core.intercept_, core.n_features_in_ = coef, intercept, coef.shape[-1]
    return core
