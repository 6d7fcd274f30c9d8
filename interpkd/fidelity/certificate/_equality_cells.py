"""What an ensemble decides on cells: from its sums, and where rounding decides from itself."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from interpkd._asking import class_probabilities, decide
from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._equality import check_missing, check_trees
from interpkd.fidelity.certificate._models import prepare
from interpkd.fidelity.certificate._search_room import NO, YES, Boxes
from interpkd.fidelity.certificate._verdicts import ask_stability
from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray, Table


class TeacherCells:
    """A classifying ensemble of trees on the cells of its own thresholds.

    Parameters
    ----------
    teacher : fitted estimator
        The teacher.

    X : array-like or data frame
        Reference rows.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        The classes.

    low, high : ndarray of int of shape (n_columns,)
        The domain: first and last cell; that of missing values is the last where reference rows
        have some.

    own_cells : ndarray of int of shape (n_reference, n_columns)
        The reference rows.

    own_labels : ndarray of int of shape (n_reference,)
        What the teacher decides on them.
    """

    def __init__(self, teacher: Any, X: Table) -> None:
        from interpkd.teachers import tree_ensemble

        ensemble = tree_ensemble(teacher)
        check_missing(teacher, ensemble)
        by_category = any(one is not None for one in ensemble.categories)
        if ensemble.classes is None or by_category or (ensemble.category_set >= 0).any():
            msg = (
                f"{type(teacher).__name__} is a regression or splits on categories; born-again "
                "trees are for classifiers on columns of numbers. Distil a tree instead."
            )
            raise InvalidInputError(msg)
        self.teacher, self.X, self.ensemble = teacher, X, ensemble
        self.classes = np.asarray(ensemble.classes)
        nothing = np.zeros((len(self.classes), X.shape[1]))
        constant = DecisionTreeClassifier(max_depth=1).fit(nothing, self.classes)
        self.prepared = prepare(constant, ensemble, X, X, tolerance=0.0)
        self.models, self.names = self.prepared.models, self.prepared.layout.names
        self.own_labels = self.decided(X)
        check_trees(teacher, self.prepared, self.own_labels.astype(np.float64))
        cells, values = self.models.cells, self.prepared.values
        self.own_cells = cells.of(values)
        self.low = np.zeros(len(self.names), dtype=np.int64)
        is_missing = np.isnan(values).any(axis=0)
        self.high = np.where(is_missing, cells.missing, cells.missing - 1)
        self._known = self._representatives()

    def decided(self, X: Table) -> IntArray:
        """Ask the teacher itself: positions of classes."""
        return decide(class_probabilities(self.teacher, X), 0.5).astype(np.int64)

    def _representatives(self) -> FloatArray:
        """Give a number of each cell, that of a reference row where one is there."""
        cells, values = self.models.cells, self.prepared.values
        lowest, highest = cells.ends()
        known = np.clip(0.0, np.nan_to_num(lowest, nan=0.0), np.nan_to_num(highest, nan=0.0))
        for u, start in enumerate(cells.starts[:-1]):
            known[start + cells.missing[u]] = np.nan
            known[start + self.own_cells[:, u]] = values[:, u]
        return known

    def table(self, cells: IntArray) -> Table:
        """Give inputs of cells as a table that the teacher takes, one row for each row of cells."""
        values = self._known[self.models.cells.starts[:-1] + cells]
        first = np.zeros(len(cells), dtype=np.int64)
        base = select_rows(self.X, first)
        return changed_table(
            base, np.arange(len(cells)), self.names, self.prepared.values[first], values
        )

    def labels(self, cells: IntArray) -> IntArray:
        """Give the teacher's decision on rows of cells.

        Parameters
        ----------
        cells : ndarray of int of shape (n_rows, n_columns)
            The rows.

        Returns
        -------
        labels : ndarray of int of shape (n_rows,)
            Positions of classes. Where margins are as near as rounding the teacher itself is asked.
        """
        n_classes, teacher = len(self.classes), self.models.teacher
        margins, slack = np.zeros((len(cells), n_classes)), np.zeros(n_classes)
        for k in range(1, n_classes):
            pair = teacher.pair(k, 0)
            margins[:, k] = teacher.margins(cells, pair)
            slack[k] = pair.slack + teacher.link_slack(0.0)
        labels = margins.argmax(axis=1).astype(np.int64)
        top = np.sort(margins, axis=1)
        near = np.flatnonzero(top[:, -1] - top[:, -2] <= 2 * slack.max())
        if len(near):
            labels[near] = self.decided(self.table(cells[near]))
        return labels

    def is_constant(
        self, low: IntArray, high: IntArray, label: int, max_nodes: int
    ) -> tuple[bool, IntArray | None]:
        """Tell whether it is proved that the teacher decides one class on all of a box.

        Parameters
        ----------
        low, high : ndarray of int of shape (n_columns,)
            First and last cells.

        label : int
            Position of the class.

        max_nodes : int
            Most boxes that are looked at.

        Returns
        -------
        is_proved : bool
            False where it is not so, or not found out.

        cells : ndarray of int of shape (n_columns,) or None
            A row on which the teacher decides otherwise, if one was found.
        """
        nothing = np.zeros((1, len(low)))
        boxes = Boxes(low[None], high[None], nothing, nothing, np.zeros((1, len(low)), dtype=bool))

        def confirm(_: IntArray, cells: IntArray, __: FloatArray) -> BoolArray:
            return np.asarray(self.decided(self.table(cells)) != label)

        decided = np.array([float(label)])
        answers = ask_stability(self.models, boxes, decided, max_nodes, confirm)
        if answers.state[0] == YES:
            return False, answers.found[0]
        return bool(answers.state[0] == NO), None

    def cuts(self, low: IntArray, high: IntArray) -> list[IntArray]:
        """Give the cuts that trees make inside a box, per column; each begins a new part."""
        found: list[set[int]] = [set() for _ in low]
        trees = self.models.teacher.trees
        todo = [(int(root), low, high) for root in trees.root]
        while todo:
            node, first, last = todo.pop()
            column, cut, left, right, missing_left, _, missing = trees.node[node, :7].tolist()
            if column < 0:
                continue
            if first[column] == last[column] == missing:
                todo.append((left if missing_left else right, first, last))
                continue
            has_missing = last[column] == missing
            if has_missing:  # numbers and missing values may part here
                found[column].add(missing)
            top = last[column] - has_missing
            if first[column] < cut <= top:
                found[column].add(cut)
            if first[column] < cut or (has_missing and missing_left):
                below = last.copy()
                if not (has_missing and missing_left):
                    below[column] = min(cut - 1, top)
                todo.append((left, first, below))
            if top >= cut or (has_missing and not missing_left):
                above, end = first.copy(), last.copy()
                above[column] = max(cut, first[column])
                if has_missing and missing_left:
                    end[column] = top
                todo.append((right, above, end))
        return [np.array(sorted(one), dtype=np.int64) for one in found]
