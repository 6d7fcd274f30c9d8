"""One model on its own cells, as far as directions go."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import ask, class_probabilities, predictions, select_columns
from interpkd._structure import take_apart
from interpkd._tables import is_frame
from interpkd.fidelity.certificate._cells import level_pairs, make_cells
from interpkd.fidelity.certificate._equality_domain import LARGEST
from interpkd.fidelity.certificate._layout import column_places, teacher_encoding
from interpkd.fidelity.certificate._monotonicity_trees import Pairs, compare_pairs, leaf_boxes
from interpkd.fidelity.certificate._student_sum import (
    make_student_sum,
    read_student,
    student_borders,
)
from interpkd.fidelity.certificate._teacher_sum import make_teacher_sum, teacher_borders
from interpkd.fidelity.certificate._tree_sum import all_trees

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._monotonicity_trees import LeafBoxes
    from interpkd.fidelity.certificate._tree_sum import TreeSum

NEARLY = 1e-5
"""By how much an answer may fall where the parts of a model say that it rises: single precision."""


@dataclass(frozen=True, eq=False)
class Side:
    """A model on its own cells; made by :func:`student_side` and :func:`teacher_side`.

    Attributes
    ----------
    names : tuple of str
        Its columns, by their names in the table.

    places : ndarray of int of shape (n_columns,)
        Their places in the table.

    values : ndarray of shape (n_reference, n_columns)
        The reference rows: numbers, NaN where missing, and levels.

    cells : Cells
        The cells.

    trees : TreeSum
        Its trees; a single leaf for a sum over columns.

    value : ndarray of shape (n_nodes,)
        What each leaf adds to what rises with the answer.

    active : ndarray of int
        The trees that add anything.

    sums : tuple of ndarray, or None
        Of a sum over columns, what numbers are multiplied by, shape (n_columns,), and what cells
        add, shape (n_cells,); None for trees.

    special : dict
        For some columns, codes that are no numbers and have no order.
    """

    names: tuple[str, ...]
    places: IntArray
    values: FloatArray
    cells: Cells
    trees: TreeSum
    value: FloatArray
    active: IntArray
    sums: tuple[FloatArray, FloatArray] | None
    special: dict[int, FloatArray]

    @cached_property
    def has_missing(self) -> BoolArray:
        """Columns of numbers that are missing in some reference row."""
        return np.asarray(np.isnan(self.values).any(axis=0))

    @cached_property
    def boxes(self) -> list[LeafBoxes] | None:
        """The leaves of each active tree; None where a tree has too many."""
        out = []
        for root in self.trees.root[self.active]:
            one = leaf_boxes(self.trees, int(root), self.cells, self.has_missing)
            if one is None:
                return None
            out.append(one)
        return out

    def scores(self) -> FloatArray:
        """Give what the answers to the reference rows rise with."""
        from interpkd.fidelity.certificate._kernels import values_at

        cells = self.cells.of(self.values)
        if self.sums is not None:
            slope, table = self.sums
            is_number = (self.cells.n_levels == 0) & ~np.isnan(self.values)
            of_numbers = np.where(is_number, self.values, 0.0) @ slope
            return np.asarray(of_numbers + table[self.cells.starts[:-1] + cells].sum(axis=1))
        out = np.empty(len(cells))
        values_at(self.trees, self.value, self.active, cells, out)
        return out

    def is_misread(self, answers: FloatArray) -> bool:
        """Tell whether the model's own answers to the reference rows do not rise with the scores.

        Parameters
        ----------
        answers : ndarray of shape (n_reference,)
            The model's own.

        Returns
        -------
        is_misread : bool
            False for a model that was read as it is.
        """
        scores = self.scores()
        order = np.argsort(scores, kind="stable")
        size = max(1.0, float(np.abs(answers).max()))
        falls = np.diff(answers[order]) < -NEARLY * size
        apart = np.diff(scores[order]) > NEARLY * max(1.0, float(np.abs(scores).max()))
        return bool((falls & apart).any())

    def compare(self, column: int, sign: int) -> Pairs | None:
        """Compare all that can go against a direction along a column.

        Parameters
        ----------
        column : int
            The column, one of numbers.

        sign : int
            1 where the answer may not fall as the column grows, -1 where it may not rise.

        Returns
        -------
        pairs : Pairs or None
            None where a tree has too many leaves. The worst pair is told of a single tree only.
        """
        if self.sums is not None:
            steps = sign * self._steps(column, *self.sums)
            return Pairs(len(steps), int((steps < 0).sum()), None)
        if self.boxes is None:
            return None
        found = [compare_pairs(one, sign * self.value, column) for one in self.boxes]
        worst = found[0].worst if len(found) == 1 else None
        n_compared = sum(one.n_compared for one in found)
        return Pairs(n_compared, sum(one.n_against for one in found), worst)

    def _steps(self, column: int, slope: FloatArray, table: FloatArray) -> FloatArray:
        """Give what a sum over columns gains from cell to cell, and per unit."""
        cells, _ = self.numbers(column)
        gained = np.diff(table[self.cells.starts[column] + cells])
        own = slope[column]
        return np.append(gained, own) if own != 0 or not len(gained) else gained

    def uses(self, column: int) -> bool:
        """Tell whether the answer depends on a column."""
        if self.sums is not None:
            return bool((self._steps(column, *self.sums) != 0).any())
        at = self.trees.node[:, 0] == column
        if self.boxes is None:
            return bool(at.any())
        return any(column in one.used for one in self.boxes)

    def numbers(self, column: int) -> tuple[IntArray, FloatArray]:
        """Give the cells of a column that have an order, and a number of each.

        Parameters
        ----------
        column : int
            The column.

        Returns
        -------
        cells, numbers : ndarray of shape (n_cells,)
            Rising; a number is that of a reference row where one is in the cell.
        """
        n_cells = len(self.cells.borders[column]) + 1
        inside = self.cells.starts[column] + np.arange(n_cells)
        lowest, highest = (ends[inside] for ends in self.cells.ends())
        numbers = np.where(np.isfinite(highest), highest, lowest)
        numbers = np.where(np.isfinite(numbers), numbers, 0.0)
        own = self.values[:, column]
        own = own[~np.isnan(own)]
        numbers[np.searchsorted(self.cells.borders[column], own, side="left")] = own
        has_order = ~np.isin(highest, self.special.get(column, np.empty(0)))
        has_order &= np.abs(numbers) <= LARGEST
        return np.flatnonzero(has_order), numbers[has_order]


def student_side(student: Any, X: Table) -> Side:
    """Put a student on its own cells.

    Parameters
    ----------
    student : fitted estimator
        The student.

    X : array-like or data frame
        The reference rows.

    Returns
    -------
    side : Side
        The student.
    """
    structure = take_apart(student)
    parts = read_student(student, structure)
    known = [column.name for column in structure.columns]
    is_named = hasattr(student, "feature_names_in_") and is_frame(X)
    Z = structure.encode(select_columns(X, known) if is_named else X)
    is_number = np.array([column.kind != "category" for column in structure.columns])
    values, n_levels, codes = _coded(Z, is_number)
    at = np.arange(len(known))
    cells = make_cells([student_borders(parts, at, is_number)], n_levels)
    made = make_student_sum(parts, at, cells, codes)
    names, places = _in_table(X, known if is_named else None, len(known))
    special: dict[int, FloatArray] = {}
    sums: tuple[FloatArray, FloatArray] | None
    value = np.zeros(len(made.tree.node))
    if isinstance(parts, tuple):
        for u, term in enumerate(parts[1]):
            bins = getattr(term.values, "bins", None)
            if bins is not None:
                special[u] = np.asarray(bins.special, dtype=np.float64)
        sums = (made.slope[0], made.table[0])
    else:
        value, sums = _tree_values(parts.tree_.value[:, 0, :]), None
    active = all_trees(made.tree)
    return Side(names, places, values, cells, made.tree, value, active, sums, special)


def _tree_values(values: FloatArray) -> FloatArray:
    """Give the prediction, or the probability of the second class, as scikit-learn does."""
    if values.shape[1] == 1:
        return np.ascontiguousarray(values[:, 0])
    total = values.sum(axis=1)
    own = values[:, 1]
    return np.ascontiguousarray(own if np.allclose(total, 1.0, atol=1e-9) else own / total)


def teacher_side(ensemble: Any, X: Table, *, is_turned: bool) -> Side:
    """Put a teacher of trees on its own cells.

    Parameters
    ----------
    ensemble : TreeEnsemble
        The teacher's arrays.

    X : array-like or data frame
        The reference rows.

    is_turned : bool
        Whether its first class is the one that directions are told of.

    Returns
    -------
    side : Side
        The teacher.
    """
    by_set = np.unique(ensemble.feature[ensemble.category_set >= 0])
    is_number = np.array([known is None for known in ensemble.categories])
    is_number[by_set] = False
    values, n_levels, codes = _coded(teacher_encoding(X, ensemble), is_number)
    at = np.arange(ensemble.n_features)
    cells = make_cells([teacher_borders(ensemble, at, is_number)], n_levels)
    teacher = make_teacher_sum(ensemble, at, cells, codes)
    pair = teacher.pair(0, 1) if is_turned else teacher.pair(1, 0)
    names, places = _in_table(X, ensemble.names, ensemble.n_features)
    return Side(names, places, values, cells, teacher.trees, pair.value, pair.active, None, {})


def _coded(Z: FloatArray, is_number: BoolArray) -> tuple[FloatArray, IntArray, list[FloatArray]]:
    """Give encoded rows as numbers and levels, how many levels there are, and their codes."""
    values, n_levels = np.array(Z, dtype=np.float64), np.zeros(Z.shape[1], dtype=np.int64)
    codes = [np.empty(0) for _ in range(Z.shape[1])]
    for u in np.flatnonzero(~is_number):
        levels, values[:, u] = level_pairs(Z[:, u : u + 1])
        n_levels[u], codes[u] = len(levels), np.ascontiguousarray(levels[:, 0])
    return values, n_levels, codes


def _in_table(
    X: Table, known: Sequence[str] | None, n_known: int
) -> tuple[tuple[str, ...], IntArray]:
    """Give the names and the places in a table of a model's columns."""
    n_columns = X.shape[1]
    columns = [str(c) for c in X.columns] if is_frame(X) else [f"x{i}" for i in range(n_columns)]
    at = column_places(columns, known if is_frame(X) else None, n_known)
    places = np.zeros(n_known, dtype=np.int64)
    places[at[at >= 0]] = np.flatnonzero(at >= 0)
    return tuple(columns[p] for p in places), places


def answers_of(model: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    """Ask a model for what has a direction.

    Parameters
    ----------
    model : fitted estimator
        A teacher or a student.

    X : array-like or data frame
        Inputs.

    classes : ndarray of shape (2,) or None
        The classes; None for a regression.

    Returns
    -------
    answers : ndarray of shape (n_inputs,)
        Predictions; probabilities of the second class; of a classifier without any the value of
        its decision function.
    """
    if classes is None:
        return predictions(model, X)
    if hasattr(model, "predict_proba"):
        own = class_probabilities(model, X)
        return own[:, int(np.flatnonzero(np.asarray(model.classes_) == classes[1])[0])]
    sign = 1.0 if model.classes_[1] == classes[1] else -1.0
    return sign * np.asarray(ask(model, X, "decision_function"), dtype=np.float64).ravel()
