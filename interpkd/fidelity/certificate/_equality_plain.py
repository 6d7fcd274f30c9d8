"""A genuine tree of scikit-learn from cuts of cells."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from interpkd._tables import is_frame
from interpkd.fidelity.certificate._cells import number_borders
from interpkd.fidelity.certificate._equality_domain import table_places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, Table
    from interpkd.fidelity.certificate._equality_cells import TeacherCells

NO_ROWS = 1e-6
"""Weight of a leaf that no reference row comes to, so that explainers need not divide by 0."""


@dataclass
class GrownNode:
    """A node while a tree grows.

    Attributes
    ----------
    label : int
        Position of the class that is decided.

    n_rows : int
        Reference rows.

    column, cut : int
        Column of the split, -1 for a leaf, and the first cell that goes right.

    left, right : int
        Its children.
    """

    label: int
    n_rows: int
    column: int = -1
    cut: int = -1
    left: int = -1
    right: int = -1


def single_threshold(border: float) -> tuple[float, bool]:
    """Give the threshold by which a tree of single precision parts numbers at a border.

    Parameters
    ----------
    border : float
        The largest double that is to go left.

    Returns
    -------
    threshold : float
        Every number of single precision goes the same way.

    is_exact : bool
        Whether every double does.
    """
    with np.errstate(over="ignore"):
        near = np.float32(border)
    if number_borders(np.array([near], dtype=np.float64), single=True)[0] == border:
        return float(near), True
    if float(near) > border:
        near = np.nextafter(near, np.float32(-np.inf))
    return float(near), False


def plain_tree(nodes: Sequence[GrownNode], cells: TeacherCells, X: Table) -> tuple[Any, bool]:
    """Make a classifier of grown nodes.

    Parameters
    ----------
    nodes : sequence of GrownNode
        The nodes, parents before their children.

    cells : TeacherCells
        What they were grown on.

    X : array-like or data frame
        The reference rows.

    Returns
    -------
    tree : DecisionTreeClassifier
        The tree.

    is_exact : bool
        Whether it parts every double where the cells do.
    """
    classes, places = cells.classes, table_places(X, cells.prepared.layout)
    # a fitted one shows how this version of scikit-learn keeps its nodes
    model = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
    array = np.zeros(len(nodes), dtype=model.tree_.__getstate__()["nodes"].dtype)
    array["left_child"] = [one.left for one in nodes]
    array["right_child"] = [one.right for one in nodes]
    array["feature"] = [places[one.column] if one.column >= 0 else -2 for one in nodes]
    array["threshold"], is_exact = _thresholds(nodes, cells)
    array["n_node_samples"] = [one.n_rows for one in nodes]
    depth, shares = np.zeros(len(nodes), dtype=np.int64), np.zeros((len(nodes), len(classes)))
    for k in range(len(nodes) - 1, -1, -1):
        one = nodes[k]
        if one.column < 0:
            shares[k, one.label] = max(one.n_rows, NO_ROWS)
        else:
            shares[k] = shares[one.left] + shares[one.right]
            depth[k] = 1 + max(depth[one.left], depth[one.right])
    weight = shares.sum(axis=1)
    shares /= weight[:, None]
    array["weighted_n_node_samples"] = weight
    array["impurity"] = 1 - (shares**2).sum(axis=1)
    model.classes_, model.n_classes_ = classes, np.intp(len(classes))
    counts = np.array([len(classes)], dtype=np.intp)
    model.tree_ = type(model.tree_)(X.shape[1], counts, 1)
    model.tree_.__setstate__(
        {
            "max_depth": int(depth[0]),
            "node_count": len(nodes),
            "nodes": array,
            "values": np.ascontiguousarray(shares[:, None, :]),
        }
    )
    model.n_features_in_ = model.max_features_ = X.shape[1]
    if is_frame(X) and all(isinstance(name, str) for name in X.columns):
        model.feature_names_in_ = np.array([*X.columns], dtype=object)
    return model, is_exact


def _thresholds(nodes: Sequence[GrownNode], cells: TeacherCells) -> tuple[FloatArray, bool]:
    out, is_exact = np.full(len(nodes), -2.0), True
    table = cells.models.cells
    for k, one in enumerate(nodes):
        if one.column < 0:
            continue
        if one.cut == table.missing[one.column]:  # only missing values go right
            out[k] = np.inf
            continue
        out[k], exact = single_threshold(float(table.borders[one.column][one.cut - 1]))
        is_exact = is_exact and exact
    return out, is_exact
