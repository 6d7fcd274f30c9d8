"""A teacher of trees on cells: its sums for pairs of classes, its limits, its rounding.

The arrays come from ``interpkd.teachers.tree_ensemble``, the one reader of tree ensembles. It reads
a fitted model and builds nothing, so this room may call it, as the audit calls the reader of
monotone constraints: any model can be a teacher here, XGBoost's own among them, and none of them
would carry a method of ours.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import expit, logit

from interpkd.fidelity.certificate._cells import number_borders
from interpkd.fidelity.certificate._tree_sum import Nodes, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray, FloatArray, IntArray
    from interpkd.fidelity.certificate._cells import Cells
    from interpkd.fidelity.certificate._tree_sum import TreeSum

SINGLE = 2.0**-24
"""Half a unit in the last place of single precision: what one rounding may miss."""

DOUBLE = 2.0**-52
"""The same of double precision, with room to spare."""

LINK_ROUNDINGS = 8
"""Roundings in single precision between a margin and a probability."""


class PairSum(NamedTuple):
    """By how much the teacher's margin of one class is above that of another.

    Attributes
    ----------
    value : ndarray of shape (n_nodes,)
        What the leaves add.

    active : ndarray of shape (n_active,)
        The trees that add anything.

    base : float
        What every row has.

    slack : float
        Most that the library's rounding, and ours, can move the difference.
    """

    value: FloatArray
    active: IntArray
    base: float
    slack: float


@dataclass(frozen=True, eq=False)
class TeacherSum:
    """A teacher of trees on cells; made by :func:`make_teacher_sum`.

    Attributes
    ----------
    ensemble : TreeEnsemble
        The arrays.

    trees : TreeSum
        The same on cells.

    pairs : dict
        The differences of margins that were asked for.
    """

    ensemble: Any
    trees: TreeSum
    pairs: dict[tuple[int, int], PairSum] = field(default_factory=dict)

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 for a regression."""
        return 0 if self.ensemble.classes is None else len(self.ensemble.classes)

    def pair(self, one: int, other: int) -> PairSum:
        """Give the margin of one class minus that of another.

        Parameters
        ----------
        one, other : int
            Positions of the classes. Of a regression 1 and 0 are the margin itself, 0 and 1 minus
            the margin.

        Returns
        -------
        pair : PairSum
            The difference as a sum over trees.
        """
        if (one, other) not in self.pairs:
            # the bounds of slices are sums of differences, one or two for each cut of a tree
            n_steps = 3 * len(self.trees.cut_cell) + 4 * len(self.trees.slot_column) + 4
            self.pairs[one, other] = _pair(self.ensemble, one, other, n_steps)
        return self.pairs[one, other]

    def limit(self, tolerance: float) -> float:
        """Give the difference of margins at which a class is ahead by twice the tolerance.

        Parameters
        ----------
        tolerance : float
            How far a probability of two classes is beyond one half.

        Returns
        -------
        limit : float
            0 where there is no tolerance.
        """
        if tolerance == 0:
            return 0.0
        if self.ensemble.link == "mean":
            return 2 * tolerance
        return float(logit(0.5 + tolerance)) / self.ensemble.scale

    def link_slack(self, tolerance: float) -> float:
        """Give what rounding a probability, or a logarithmic link, moves a margin at the limit."""
        link = self.ensemble.link
        if link in ("mean", "identity"):
            return 0.0
        p = 0.5 + tolerance if link == "logistic" else 0.5
        return LINK_ROUNDINGS * SINGLE / (p * (1 - p)) / self.ensemble.scale

    def margins(self, cells: IntArray, pair: PairSum) -> FloatArray:
        """Give the difference of margins for rows of cells, shape (n_rows,)."""
        from interpkd.fidelity.certificate._kernels import values_at

        out = np.empty(len(cells))
        values_at(self.trees, pair.value, pair.active, np.ascontiguousarray(cells), out)
        return out + pair.base


def _pair(ensemble: Any, one: int, other: int, n_steps: int) -> PairSum:
    n_outputs, n_values = len(ensemble.base), ensemble.value.shape[1]
    direction = np.zeros(n_outputs + n_values)
    if n_outputs == 1:
        direction[0] = 1.0 if one > other else -1.0
    else:
        direction[one], direction[other] = 1.0, -1.0
    tree = np.repeat(np.arange(ensemble.n_trees), np.diff([*ensemble.root, len(ensemble.feature)]))
    of_tree = direction[ensemble.output[:, None] + np.arange(n_values)] * ensemble.weight[:, None]
    value = (ensemble.value * of_tree[tree]).sum(axis=1)
    mass = (np.abs(ensemble.value) * np.abs(of_tree[tree])).sum(axis=1)
    largest = np.zeros(ensemble.n_trees)
    np.maximum.at(largest, tree, mass)
    active = np.flatnonzero(largest > 0).astype(np.int64)
    base = float(direction[:n_outputs] @ ensemble.base)
    size = float(largest.sum() + np.abs(direction[:n_outputs]) @ np.abs(ensemble.base))
    # scikit-learn's forests add in double precision; of others XGBoost is the least exact
    unit = DOUBLE if ensemble.link == "mean" else SINGLE
    slack = ((len(active) + 4) * unit + n_steps * DOUBLE) * size + _base_slack(ensemble)
    return PairSum(np.ascontiguousarray(value), active, base, slack)


def _base_slack(ensemble: Any) -> float:
    """Give what is lost when a base score in single precision is turned into a margin."""
    if ensemble.link != "logistic":
        return 4 * SINGLE if ensemble.link == "exp" else 0.0
    p = expit(ensemble.base[0])
    return float(4 * SINGLE / max(min(p, 1 - p), SINGLE))


def teacher_borders(ensemble: Any, teacher_at: IntArray, is_number: BoolArray) -> list[FloatArray]:
    """Give the borders of a teacher's splits for each column of the table.

    Parameters
    ----------
    ensemble : TreeEnsemble
        The teacher's arrays.

    teacher_at : ndarray of int of shape (n_columns,)
        The teacher's column for each column of the table, -1 for none.

    is_number : ndarray of bool of shape (n_columns,)
        Which columns have cells of numbers.

    Returns
    -------
    borders : list of ndarray
        Per column of the table.
    """
    borders = _node_borders(ensemble)
    return [
        borders[ensemble.feature == j] if number and j >= 0 else np.empty(0)
        for j, number in zip(teacher_at, is_number, strict=True)
    ]


def make_teacher_sum(
    ensemble: Any, teacher_at: IntArray, cells: Cells, codes: Sequence[FloatArray]
) -> TeacherSum:
    """Put a teacher on cells.

    Parameters
    ----------
    ensemble : TreeEnsemble
        The teacher's arrays.

    teacher_at : ndarray of int of shape (n_columns,)
        The teacher's column for each column of the table, -1 for none.

    cells : Cells
        The cells of the table.

    codes : sequence of ndarray
        Per column of the table the teacher's code of each level; empty for numbers.

    Returns
    -------
    teacher : TeacherSum
        The teacher.
    """
    column_of = np.full(ensemble.n_features, -1, dtype=np.int64)
    column_of[teacher_at[teacher_at >= 0]] = np.flatnonzero(teacher_at >= 0)
    inner = ensemble.feature >= 0
    feature = np.where(inner, column_of[np.where(inner, ensemble.feature, 0)], -1)
    by_level = np.flatnonzero(inner & (cells.n_levels[feature] > 0))
    level_row = np.full(len(feature), -1, dtype=np.int64)
    level_row[by_level] = np.arange(len(by_level))
    level_left = np.zeros((max(len(by_level), 1), max(cells.n_levels.max(initial=0), 1)), bool)
    for row, node in enumerate(by_level):
        known = codes[feature[node]]
        level_left[row, : len(known)] = ensemble.goes_left(np.full(len(known), node), known)
    nodes = Nodes(
        feature=feature,
        border=_node_borders(ensemble),
        left=ensemble.left,
        right=ensemble.right,
        missing_left=ensemble.missing_left,
        root=ensemble.root,
        level_row=level_row,
        level_left=level_left,
    )
    return TeacherSum(ensemble, lay_out(nodes, cells))


def _node_borders(ensemble: Any) -> FloatArray:
    """Give the border of each node, NaN where it compares no numbers."""
    return number_borders(
        ensemble.threshold, single=ensemble.precision == "float32", tiny=ensemble.tiny
    )
