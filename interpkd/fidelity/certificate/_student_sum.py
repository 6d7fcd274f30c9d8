"""A student on cells: one tree, or a sum over columns."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.svm import LinearSVC

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._cells import number_borders
from interpkd.fidelity.certificate._tree_sum import Nodes, TreeSum, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interpkd._structure import Structure
    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells


LINEAR = (
    LogisticRegression,
    LinearSVC,
    RidgeClassifier,
    LinearRegression,
    Ridge,
    Lasso,
    ElasticNet,
)
"""Linear models of scikit-learn whose score is the sum of their coefficients times the columns."""


@dataclass(frozen=True, eq=False)
class StudentSum:
    """A student on cells; made by :func:`make_student_sum`.

    Attributes
    ----------
    tree : TreeSum
        The student's tree; of a sum over columns a single leaf.

    answer : ndarray of shape (n_nodes,) or None
        Position of the decided class of each leaf, or its prediction. None for a sum.

    intercept : ndarray of shape (n_outputs,)
        What every row has; empty for a tree.

    slope : ndarray of shape (n_outputs, n_columns)
        What each number is multiplied by.

    table : ndarray of shape (n_outputs, n_cells)
        What each cell adds.
    """

    tree: TreeSum
    answer: FloatArray | None
    intercept: FloatArray
    slope: FloatArray
    table: FloatArray


@dataclass(frozen=True)
class ColumnTerm:
    """What one column adds to the scores of a student that is a sum.

    Attributes
    ----------
    borders : ndarray
        Where it jumps.

    slope : ndarray of shape (n_outputs,)
        Per unit of a number.

    values : callable
        From encoded values of the column, NaN for missing, to what they add beside the slope, shape
        (n_outputs, n_values).
    """

    borders: FloatArray
    slope: FloatArray
    values: Callable[[FloatArray], FloatArray]


def read_student(student: Any, structure: Structure) -> Any:
    """Find out what a student is made of.

    Parameters
    ----------
    student : fitted estimator
        The student.

    structure : Structure
        The same taken apart.

    Returns
    -------
    parts : sklearn tree or (intercept, list of ColumnTerm)
        A tree, or the terms of a sum.

    Raises
    ------
    InvalidInputError
        If it is neither.
    """
    core = structure.core
    if structure.is_tree and core.n_outputs_ == 1:
        return core
    if hasattr(student, "card_"):
        return _card_terms(student.card_, structure)
    is_ours = hasattr(student, "reference_levels_") and hasattr(student, "imputed_values_")
    if structure.is_plain and (is_ours or (core is student and isinstance(core, LINEAR))):
        return _linear_terms(student, structure)
    msg = (
        "certify knows trees, linear students and scorecards; "
        f"{type(student).__name__} is none of them. Distil one from the same teacher, such as "
        "DistilledTreeClassifier."
    )
    raise InvalidInputError(msg)


def _card_terms(card: Any, structure: Structure) -> tuple[FloatArray, list[ColumnTerm]]:
    """Give the log odds of a scorecard, in points: one point is one unit."""
    sign = 1.0 if card.factor > 0 else -1.0
    place = {int(column): k for k, column in enumerate(card.model.columns)}
    terms = []
    for i in range(len(structure.columns)):
        if i not in place:
            terms.append(ColumnTerm(np.empty(0), np.zeros(1), _nothing))
            continue
        bins, points = card.model.bins[place[i]], card.points[place[i]]
        special = np.asarray(bins.special, dtype=np.float64)
        borders = np.concatenate([bins.cuts, special, np.nextafter(special, -np.inf)])

        signed = sign * np.asarray(points, dtype=np.float64)
        terms.append(ColumnTerm(borders, np.zeros(1), _Points(bins, signed)))
    return np.array([sign * (card.base_points - card.offset)]), terms


def _nothing(codes: FloatArray) -> FloatArray:
    return np.zeros((1, len(codes)))


@dataclass(frozen=True)
class _Points:
    """What the bin of each value adds."""

    bins: Any
    points: FloatArray

    def __call__(self, codes: FloatArray) -> FloatArray:
        return self.points[self.bins.codes(codes)][None]


def _linear_terms(student: Any, structure: Structure) -> tuple[FloatArray, list[ColumnTerm]]:
    """Give the scores of a linear student, column by column of the user's table."""
    coef, intercept = np.atleast_2d(student.coef_), np.atleast_1d(student.intercept_)
    slope = float(getattr(student, "link_slope_", 1.0))  # of its probabilities, above 0
    coef, intercept = coef * slope, np.broadcast_to(intercept * slope, len(coef)).astype(np.float64)
    references = getattr(student, "reference_levels_", {})
    imputed = getattr(student, "imputed_values_", {})
    terms, j, n_outputs = [], 0, len(coef)
    for column in structure.columns:
        is_category = column.kind == "category"
        if is_category:
            codes = [
                code
                for code, category in enumerate(column.categories)
                if category != references.get(column.name)
            ]
        width = (len(codes) if is_category else 1) + column.has_missing
        own = coef[:, j : j + width]
        j += width
        missing = own[:, -1] if column.has_missing else np.zeros(n_outputs)
        if is_category:
            added = np.zeros((n_outputs, len(column.categories) + 1))
            added[:, codes] = own[:, : len(codes)]
            added[:, -1] = missing
            terms.append(ColumnTerm(np.empty(0), np.zeros(n_outputs), _LevelValues(added)))
        else:
            filled = missing + own[:, 0] * imputed.get(column.name, 0.0)
            terms.append(ColumnTerm(np.empty(0), own[:, 0], _MissingValue(filled)))
    return intercept, terms


@dataclass(frozen=True)
class _LevelValues:
    """What each code adds; the last place is for missing values."""

    added: FloatArray

    def __call__(self, codes: FloatArray) -> FloatArray:
        last = self.added.shape[1] - 1
        return self.added[:, np.where(np.isnan(codes), last, codes).astype(np.intp)]


@dataclass(frozen=True)
class _MissingValue:
    """What a missing number adds; others add only by their slope."""

    filled: FloatArray

    def __call__(self, codes: FloatArray) -> FloatArray:
        return np.where(np.isnan(codes), self.filled[:, None], 0.0)


def student_borders(parts: Any, student_at: IntArray, is_number: BoolArray) -> list[FloatArray]:
    """Give the borders of a student for each column of the table.

    Parameters
    ----------
    parts : object
        As `read_student` gives it.

    student_at : ndarray of int of shape (n_columns,)
        The student's column for each column of the table, -1 for none.

    is_number : ndarray of bool of shape (n_columns,)
        Which columns have cells of numbers.

    Returns
    -------
    borders : list of ndarray
        Per column of the table.
    """
    if isinstance(parts, tuple):
        own = [term.borders for term in parts[1]]
    else:
        tree = parts.tree_
        inner = tree.children_left != tree.children_right
        borders = number_borders(tree.threshold, single=True)
        own = [borders[inner & (tree.feature == j)] for j in range(parts.n_features_in_)]
    return [
        own[j] if number and j >= 0 else np.empty(0)
        for j, number in zip(student_at, is_number, strict=True)
    ]


def make_student_sum(
    parts: Any, student_at: IntArray, cells: Cells, codes: Sequence[FloatArray]
) -> StudentSum:
    """Put a student on cells.

    Parameters
    ----------
    parts : object
        As `read_student` gives it.

    student_at : ndarray of int of shape (n_columns,)
        The student's column for each column of the table, -1 for none.

    cells : Cells
        The cells of the table.

    codes : sequence of ndarray
        Per column of the table the student's code of each level; empty for numbers.

    Returns
    -------
    student : StudentSum
        The student.
    """
    if not isinstance(parts, tuple):
        return _tree_on_cells(parts, student_at, cells, codes)
    intercept, terms = parts
    slope = np.zeros((len(intercept), len(student_at)))
    table = np.zeros((len(intercept), cells.starts[-1]))
    lowest, highest = cells.ends()
    for u, j in enumerate(student_at):
        if j < 0:
            continue
        first = cells.starts[u]
        if cells.n_levels[u]:
            known = codes[u]
            # a frozen or coded number has no cells, only its values
            here = terms[j].values(known) + terms[j].slope[:, None] * np.nan_to_num(known)
        else:
            slope[:, u] = terms[j].slope
            n_numbers = len(cells.borders[u]) + 1
            inside = slice(first, first + n_numbers)
            finite = np.where(np.isfinite(highest[inside]), highest[inside], lowest[inside])
            finite = np.where(np.isfinite(finite), finite, 0.0)  # one cell of all numbers
            here = terms[j].values(np.append(finite, np.nan))
        table[:, first : first + here.shape[1]] = here
    return StudentSum(one_leaf(cells), None, intercept, slope, table)


def _tree_on_cells(
    core: Any, student_at: IntArray, cells: Cells, codes: Sequence[FloatArray]
) -> StudentSum:
    tree = core.tree_
    inner = tree.children_left != tree.children_right
    column_of = np.full(core.n_features_in_, -1, dtype=np.int64)
    column_of[student_at[student_at >= 0]] = np.flatnonzero(student_at >= 0)
    feature = np.where(inner, column_of[np.where(inner, tree.feature, 0)], -1)
    missing_left = np.asarray(tree.missing_go_to_left, dtype=bool)
    by_level = np.flatnonzero(inner & (cells.n_levels[feature] > 0))
    level_row = np.full(len(feature), -1, dtype=np.int64)
    level_row[by_level] = np.arange(len(by_level))
    level_left = np.zeros((max(len(by_level), 1), max(cells.n_levels.max(initial=0), 1)), bool)
    for row, node in enumerate(by_level):
        known = codes[feature[node]]
        goes = known.astype(np.float32).astype(np.float64) <= tree.threshold[node]
        level_left[row, : len(known)] = np.where(np.isnan(known), missing_left[node], goes)
    nodes = Nodes(
        feature=feature,
        border=number_borders(tree.threshold, single=True),
        left=tree.children_left.astype(np.int64),
        right=tree.children_right.astype(np.int64),
        missing_left=missing_left,
        root=np.zeros(1, dtype=np.int64),
        level_row=level_row,
        level_left=level_left,
    )
    values = tree.value[:, 0, :]
    # a classifier may know one class only
    has_classes = hasattr(core, "classes_")
    answer = values.argmax(axis=1).astype(np.float64) if has_classes else values[:, 0]
    empty = np.empty(0)
    return StudentSum(lay_out(nodes, cells), answer, empty, empty, empty)


def one_leaf(cells: Cells) -> TreeSum:
    """Give a tree that tells nothing apart.

    Parameters
    ----------
    cells : Cells
        The cells.

    Returns
    -------
    tree : TreeSum
        A single leaf.
    """
    leaf = np.full(1, -1, dtype=np.int64)
    nodes = Nodes(
        feature=leaf,
        border=np.full(1, np.nan),
        left=leaf,
        right=leaf,
        missing_left=np.zeros(1, dtype=bool),
        root=np.zeros(1, dtype=np.int64),
        level_row=leaf,
        level_left=np.zeros((1, 1), dtype=bool),
    )
    return lay_out(nodes, cells)
