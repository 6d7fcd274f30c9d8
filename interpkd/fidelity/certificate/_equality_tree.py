"""A tree that is its teacher: grown by cuts of the teacher's own until each part has one answer."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import ask
from interpkd._html import paragraphs, show, table
from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._equality import reference_rows
from interpkd.fidelity.certificate._equality_cells import TeacherCells
from interpkd.fidelity.certificate._equality_plain import GrownNode, plain_tree
from interpkd.fidelity.certificate._equality_plan import Plan, Planner, purity

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, IntArray, Table

MOST_PARTS = 16_384
"""Parts of a box that are all asked about; of more a sample of `N_DRAWN`."""

N_DRAWN = 2048


@dataclass(frozen=True, eq=False)
class BornAgainTree:
    """A tree grown from an ensemble's decisions; made by :func:`born_again_tree`.

    Attributes
    ----------
    tree : DecisionTreeClassifier
        The tree. Its leaves hold the teacher's decision, and no probability of it.

    is_identical : bool
        Whether it is proved that it decides as the teacher does for all `inputs`.

    inputs : str
        The inputs that it is said of, in words.

    n_leaves, depth : int
        Its size.

    witness : array or data frame of shape (1, n_features), or None
        Where the leaf limit came first: an input on which the two differ, confirmed by both.

    n_open : int
        Leaves in which the teacher is not proved to be of one mind; 0 if `is_identical`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd.fidelity import born_again_tree
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = RandomForestClassifier(3, max_depth=2, random_state=0).fit(X, y)
    >>> born_again_tree(teacher, X_ref=X, max_leaf_nodes=2).is_identical
    False
    """

    tree: Any
    is_identical: bool
    inputs: str
    n_leaves: int
    depth: int
    witness: Any
    n_open: int

    def to_dict(self) -> dict[str, Any]:
        """Give the size and what is proved, in plain Python values.

        Returns
        -------
        data : dict
            The attributes but tree and witness.
        """
        names = ("is_identical", "inputs", "n_leaves", "depth", "n_open")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        size = f"{self.n_leaves} leaves, depth {self.depth}"
        if self.is_identical:
            return f"proved: decides as the teacher does for {self.inputs} ({size})"
        found = "" if self.witness is None else "; `witness` is an input on which the two differ"
        return f"not the same: {self.n_open} of its leaves are not proved ({size}){found}"

    def _repr_html_(self) -> str:
        rows = [
            ("inputs", self.inputs),
            ("leaves", f"{self.n_leaves:,}"),
            ("depth", f"{self.depth}"),
            ("leaves that are not proved", f"{self.n_open:,}"),
        ]
        note = "Its leaves hold decisions of the teacher, and no probabilities."
        return show(
            "A tree born again", paragraphs(self), table("", (), rows), paragraphs(note, soft=True)
        )


def born_again_tree(
    teacher: Any,
    *,
    X_ref: Table,
    max_leaf_nodes: int = 1000,
    max_nodes: int = 2000,
    random_state: int = 0,
) -> BornAgainTree:
    """Grow one tree that decides as a small ensemble of trees does, on every input.

    Parameters
    ----------
    teacher : fitted classifier
        An ensemble of few and shallow trees on columns of numbers.

    X_ref : array-like or data frame of shape (n_reference, n_features)
        Rows that show which columns may be missing; where the leaf limit comes first, leaves that
        are wrong on most of them are cut first.

    max_leaf_nodes : int, default=1000
        Most leaves.

    max_nodes : int, default=2000
        Most boxes of cells that the search for another decision looks at in one leaf.

    random_state : int, default=0
        Seed of the inputs that are drawn where there are too many parts to ask about all.

    Returns
    -------
    grown : BornAgainTree
        The tree, and whether it is proved to be identical.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or the teacher is no classifier of trees on numbers.

    See Also
    --------
    certify_equality : Prove that a given student is identical to its teacher.

    Notes
    -----
    After [1]_, whose dynamic program finds a smallest such tree; this one need not be. A box of few
    parts is planned as a whole: of the purest cuts that which leaves the fewest leaves, when each
    is followed to its end, and the best of all where the table of decisions is small. A larger box
    is cut where drawn parts are purest. Growth stops where asking about each part, or a search with
    bounds, proves that one decision is left.

    scikit-learn's trees round numbers to single precision. Of a teacher that does too (XGBoost, and
    scikit-learn's own trees, forests and plain boosting) identity is of every number; of others
    (LightGBM, histogram boosting) of every number of single precision.

    References
    ----------
    .. [1] T. Vidal and M. Schiffer, "Born-again tree ensembles", ICML 2020.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd.fidelity import born_again_tree, certify_equality
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = RandomForestClassifier(3, max_depth=2, random_state=0).fit(X, y)
    >>> grown = born_again_tree(teacher, X_ref=X)
    >>> grown.is_identical, certify_equality(grown.tree, teacher, X_ref=X).is_identical
    (True, True)
    """
    for name, value, least in (("max_leaf_nodes", max_leaf_nodes, 2), ("max_nodes", max_nodes, 1)):
        if not isinstance(value, Integral) or value < least:
            msg = f"The {name!r} parameter must be a whole number >= {least}, got {value!r}."
            raise InvalidInputError(msg)
    X_ref = reference_rows(X_ref)
    cells = TeacherCells(teacher, X_ref)
    growth = _Growth(cells, int(max_nodes), np.random.default_rng(random_state))
    growth.run(int(max_leaf_nodes))
    tree, is_exact = plain_tree(growth.nodes, cells, X_ref)
    inputs = "every number" if is_exact else "every number of single precision"
    missing = cells.high == cells.models.cells.missing
    if missing.any():
        inputs += ", and missing values where reference rows have some"
    is_leaf = [node.column < 0 for node in growth.nodes]
    witness = _witness(tree, cells, growth) if growth.heap else None
    return BornAgainTree(
        tree, not growth.heap, inputs, sum(is_leaf), tree.get_depth(), witness, len(growth.heap)
    )


def _witness(tree: Any, cells: TeacherCells, growth: _Growth) -> Any:
    """Give an input of an open leaf on which tree and teacher differ, as both say."""
    found = [leaf.other for _, _, leaf in growth.heap if leaf.other is not None]
    if not found:
        return None
    table = cells.table(np.array(found))
    of_teacher = cells.classes[cells.decided(table)]
    apart = np.flatnonzero(of_teacher != np.asarray(ask(tree, table, "predict")))
    return select_rows(table, apart[:1]) if len(apart) else None


@dataclass
class _Open:
    """A leaf that is not proved: how to cut it, and a row of cells of another decision."""

    node: int
    low: IntArray
    high: IntArray
    column: int
    cut: int
    other: IntArray | None
    plan: _Planned | None = None


@dataclass
class _Planned:
    """A plan for a box, and the cells that its places are, per column from the first on."""

    plan: Plan
    axes: list[IntArray]

    @property
    def cut(self) -> tuple[int, int]:
        return self.plan.axis, int(self.axes[self.plan.axis][self.plan.place])

    def side(self, plan: Plan | None, part: slice) -> _Planned | None:
        if plan is None:
            return None
        axes = [*self.axes]
        axes[self.plan.axis] = axes[self.plan.axis][part]
        return _Planned(plan, axes)


class _Growth:
    """Growing, the leaf first that is wrong on most reference rows."""

    def __init__(self, cells: TeacherCells, max_nodes: int, rng: np.random.Generator) -> None:
        self.cells, self.max_nodes, self.rng = cells, max_nodes, rng
        self.nodes: list[GrownNode] = []
        self.heap: list[tuple[float, int, _Open]] = []
        self.planner = Planner(len(cells.classes))

    def run(self, max_leaves: int) -> None:
        self._add(self.cells.low, self.cells.high)
        n_leaves = 1
        while self.heap and n_leaves < max_leaves:
            _, _, leaf = heapq.heappop(self.heap)
            node = self.nodes[leaf.node]
            node.column, node.cut = leaf.column, leaf.cut
            below, above = leaf.high.copy(), leaf.low.copy()
            below[leaf.column], above[leaf.column] = leaf.cut - 1, leaf.cut
            left = right = None
            if leaf.plan is not None:
                plan = leaf.plan.plan
                left = leaf.plan.side(plan.left, slice(None, plan.place))
                right = leaf.plan.side(plan.right, slice(plan.place, None))
            node.left = self._add(leaf.low, below, left)
            node.right = self._add(above, leaf.high, right)
            n_leaves += 1

    def _add(self, low: IntArray, high: IntArray, plan: _Planned | None = None) -> int:
        """Make a leaf, and note how it is to be cut unless one decision is proved."""
        number = len(self.nodes)
        own_cells = self.cells.own_cells
        inside = np.asarray(((own_cells >= low) & (own_cells <= high)).all(axis=1))
        cuts = self.cells.cuts(low, high)
        rows, is_all = self._parts(low, cuts, inside)
        labels = self.cells.labels(rows)
        if is_all and plan is None and not (labels == labels[0]).all():
            axes = [np.append(first, cut) for first, cut in zip(low, cuts, strict=True)]
            table = labels.reshape([len(axis) for axis in axes]).astype(np.int16)
            found = self.planner.plan(table)
            plan = None if found is None else _Planned(found, axes)
        counts = np.bincount(labels, minlength=len(self.cells.classes))
        own = np.bincount(self.cells.own_labels[inside], minlength=len(counts))
        label = int((own if own.any() else counts).argmax())
        self.nodes.append(GrownNode(label, int(inside.sum())))
        if (labels == labels[0]).all():
            other = None
            if not is_all:
                is_all, other = self.cells.is_constant(low, high, label, self.max_nodes)
            if is_all:
                return number
            if other is not None:
                rows = np.concatenate([rows, other[None]])
                labels = self.cells.labels(rows)
        if (labels == labels[0]).all():  # neither proved nor denied: halve it
            column = int(np.argmax([len(one) for one in cuts]))
            cut = int(cuts[column][len(cuts[column]) // 2])
        elif plan is not None:
            column, cut = plan.cut
        else:
            column, cut = best_cut(rows, labels, cuts, len(counts))
        differs = np.flatnonzero(labels != label)
        other = rows[differs[0]] if len(differs) else None
        # of equals the larger part of the domain first
        wrong = -float(own.sum() - own[label])
        open_leaf = _Open(number, low, high, column, cut, other, plan)
        heapq.heappush(self.heap, (wrong, number, open_leaf))
        return number

    def _parts(
        self, low: IntArray, cuts: list[IntArray], inside: BoolArray
    ) -> tuple[IntArray, bool]:
        """Give a row of cells for each part that trees tell apart in a box, or drawn ones."""
        axes = [np.append(first, cut) for first, cut in zip(low, cuts, strict=True)]
        if np.prod([float(len(axis)) for axis in axes]) <= MOST_PARTS:
            return np.array(list(itertools.product(*axes)), dtype=np.int64), True
        drawn = np.stack([self.rng.choice(axis, N_DRAWN) for axis in axes], axis=1)
        own = np.unique(self.cells.own_cells[inside], axis=0)
        return np.concatenate([drawn, own]), False


def best_cut(
    rows: IntArray, labels: IntArray, cuts: list[IntArray], n_classes: int
) -> tuple[int, int]:
    """Choose the cut that leaves the labels of rows purest (Gini).

    Parameters
    ----------
    rows : ndarray of int of shape (n_rows, n_columns)
        Rows of cells.

    labels : ndarray of int of shape (n_rows,)
        Their labels.

    cuts : list of ndarray
        Per column the cells before which may be cut.

    n_classes : int
        Number of classes.

    Returns
    -------
    column, cut : int
        The first of the best.
    """
    best, column, where = -np.inf, -1, -1
    for u, own in enumerate(cuts):
        if not len(own):
            continue
        segment = np.searchsorted(own, rows[:, u], side="right")
        counts = np.bincount(segment * n_classes + labels, minlength=(len(own) + 1) * n_classes)
        left = np.cumsum(counts.reshape(-1, n_classes), axis=0)
        score = purity(left[:-1]) + purity(left[-1] - left[:-1])
        k = int(score.argmax())
        if score[k] > best:
            best, column, where = float(score[k]), u, int(own[k])
    return column, where
