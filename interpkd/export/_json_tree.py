"""A tree as JSON: a list of nodes, by number."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd._structure import Reach
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_checks import (
    get,
    read_choice,
    read_integer,
    read_list,
    read_number,
    read_numbers,
    refuse,
    write_label,
    write_number,
)
from interpkd.export._rules import split_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._structure import Structure
    from interpkd._tables import Column
    from interpkd._typing import FloatArray

SIDES = ("left", "right")

NEARLY = 1e-6
"""How far the probabilities of a node may be from summing to one."""


def write_tree(structure: Structure) -> dict[str, Any]:
    """Write the nodes of a tree.

    Parameters
    ----------
    structure : Structure
        A tree taken apart.

    Returns
    -------
    part : dict
        "compares_in" and "nodes".
    """
    tree = structure.core.tree_
    n_rows = tree.n_node_samples if structure.n_real_rows is None else structure.n_real_rows
    return {
        "compares_in": "float32",
        "nodes": [_write_node(structure, n_rows, node) for node in range(tree.node_count)],
    }


def _write_node(structure: Structure, n_rows: NDArray[Any], node: int) -> dict[str, Any]:
    tree, classes = structure.core.tree_, structure.classes
    answer = tree.value[node, 0]
    out: dict[str, Any] = {
        "node": node,
        "n_rows": int(n_rows[node]),
        "answer": answer.tolist(),
        "decision": None
        if classes is None
        else write_label(classes.tolist()[int(answer.argmax())], "a class"),
    }
    left, right = int(tree.children_left[node]), int(tree.children_right[node])
    if left == right:  # a leaf: both are -1
        return out
    column, threshold = structure.columns[tree.feature[node]], float(tree.threshold[node])
    missing = SIDES[0 if tree.missing_go_to_left[node] else 1]
    return out | {
        "column": column.name,
        "threshold": write_number(threshold),
        "missing": missing,
        "left": left,
        "right": right,
        **{f"{side}_text": text for side, text in split_texts(column, threshold, missing).items()},
    }


def split_texts(
    column: Column, threshold: float, missing: str, *, asked: bool = False
) -> dict[str, str]:
    """Say what goes to each side of a split.

    Parameters
    ----------
    column : Column
        The column that is asked about.

    threshold : float
        Its values up to this go to the left.

    missing : {"left", "right"}
        Where missing values go.

    asked : bool, default=False
        Whether to say so even where no training row missed a value.

    Returns
    -------
    texts : dict
        By side.
    """
    if asked:
        column = replace(column, has_missing=True)
    reaches = (
        Reach(upper=threshold, missing=missing == "left"),
        Reach(lower=threshold, missing=missing == "right"),
    )
    return {
        side: split_condition(column, reach) for side, reach in zip(SIDES, reaches, strict=True)
    }


@dataclass(frozen=True)
class TreeScorer:
    """A tree that was read, as it answers for encoded rows.

    Attributes
    ----------
    core : DecisionTreeClassifier or DecisionTreeRegressor
        A genuine tree with the numbers that were read.
    """

    core: Any

    def answers(self, Z: FloatArray) -> FloatArray:
        """Give the answers of the leaves, shape (n_samples, n_outputs)."""
        return np.asarray(self.core.tree_.predict(as_float32(Z)), dtype=np.float64)

    def proba(self, Z: FloatArray) -> FloatArray:
        """Give class probabilities."""
        return self.answers(Z)

    def decided(self, Z: FloatArray) -> NDArray[np.intp]:
        """Give the position of the decided class."""
        return self.answers(Z).argmax(axis=1)

    def prediction(self, Z: FloatArray) -> FloatArray:
        """Give the predictions of a regression."""
        return self.answers(Z)[:, 0]

    def apply(self, Z: FloatArray) -> NDArray[np.intp]:
        """Give the leaf of each row."""
        return np.asarray(self.core.tree_.apply(as_float32(Z)), dtype=np.intp)

    def attributes(self) -> dict[str, Any]:
        """Give the fitted attributes of such a student."""
        n_rows = np.asarray(self.core.tree_.n_node_samples, dtype=np.int64)
        return {"student_": self.core, "n_real_rows_": n_rows}


def read_tree(data: Any, columns: Sequence[Column], classes: NDArray[Any] | None) -> TreeScorer:
    """Read the nodes of a tree.

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
    scorer : TreeScorer
        The tree.

    Raises
    ------
    InvalidInputError
        If the nodes are no tree.
    """
    read_choice(get(data, "compares_in", "the student"), ["float32"], "compares_in")
    listed = read_list(get(data, "nodes", "the student"), "nodes")
    if not listed:
        refuse("nodes", "at least one node", listed)
    places = {column.name: i for i, column in enumerate(columns)}
    n_outputs = 1 if classes is None else len(classes)
    nodes = [_read_node(one, i, len(listed), places) for i, one in enumerate(listed)]
    answers = np.array([_read_answer(one, i, classes, n_outputs) for i, one in enumerate(listed)])
    _check_links(nodes)
    return TreeScorer(_build(nodes, answers, classes, len(columns)))


@dataclass(frozen=True)
class _Node:
    n_rows: int
    feature: int = -2
    threshold: float = -2.0
    missing_left: bool = False
    left: int = -1
    right: int = -1


def _read_node(one: Any, number: int, n_nodes: int, places: dict[str, int]) -> _Node:
    where = f"nodes[{number}]"
    if read_integer(get(one, "node", where), f"{where}.node") != number:
        refuse(f"{where}.node", f"its place, {number}", one["node"])
    n_rows = read_integer(get(one, "n_rows", where), f"{where}.n_rows", least=0)
    if "left" not in one and "right" not in one:
        return _Node(n_rows)
    name = get(one, "column", where)
    if not isinstance(name, str) or name not in places:
        refuse(f"{where}.column", "the name of a column", name)
    left, right = (read_integer(get(one, side, where), f"{where}.{side}") for side in SIDES)
    for side, child in zip(SIDES, (left, right), strict=True):
        # a child after its parent: so there are no circles
        if not number < child < n_nodes:
            refuse(f"{where}.{side}", f"a node from {number + 1} to {n_nodes - 1}", child)
    return _Node(
        n_rows,
        places[name],
        read_number(get(one, "threshold", where), f"{where}.threshold", may_be_infinite=True),
        read_choice(get(one, "missing", where), SIDES, f"{where}.missing") == "left",
        left,
        right,
    )


def _read_answer(
    one: Any, number: int, classes: NDArray[Any] | None, n_outputs: int
) -> list[float]:
    where = f"nodes[{number}]"
    answer = read_numbers(get(one, "answer", where), f"{where}.answer", length=n_outputs)
    if classes is None:
        return answer
    if min(answer) < 0 or abs(sum(answer) - 1) > NEARLY:
        refuse(f"{where}.answer", "probabilities that sum to one", answer)
    decision = classes.tolist()[int(np.argmax(answer))]
    if get(one, "decision", where) != decision:
        refuse(f"{where}.decision", f"the most probable class, {decision!r}", one["decision"])
    return answer


def _check_links(nodes: Sequence[_Node]) -> None:
    """See that every node but the first has one parent, and the rows of its children."""
    children = [child for one in nodes for child in (one.left, one.right) if child >= 0]
    if sorted(children) != list(range(1, len(nodes))):
        refuse("nodes", "a tree: each but the first the child of one other", sorted(children))
    for number, one in enumerate(nodes):
        if one.left < 0:
            continue
        below = nodes[one.left].n_rows + nodes[one.right].n_rows
        if below != one.n_rows:
            refuse(f"nodes[{number}].n_rows", f"the rows of its children, {below}", one.n_rows)


def _build(
    nodes: Sequence[_Node], answers: FloatArray, classes: NDArray[Any] | None, n_features: int
) -> Any:
    """Fill a genuine tree of scikit-learn."""
    kind: Any = DecisionTreeRegressor if classes is None else DecisionTreeClassifier
    # a fitted one shows how this version of scikit-learn keeps its nodes
    model = kind().fit([[0.0], [1.0]], [0, 1])
    array = np.zeros(len(nodes), dtype=model.tree_.__getstate__()["nodes"].dtype)
    n_rows = np.array([one.n_rows for one in nodes])
    array["left_child"] = [one.left for one in nodes]
    array["right_child"] = [one.right for one in nodes]
    array["feature"] = [one.feature for one in nodes]
    array["threshold"] = [one.threshold for one in nodes]
    array["missing_go_to_left"] = [one.missing_left for one in nodes]
    array["n_node_samples"] = array["weighted_n_node_samples"] = n_rows
    if classes is not None:
        array["impurity"] = 1 - (answers**2).sum(axis=1)
        model.classes_, model.n_classes_ = classes, np.intp(len(classes))
    counts = np.array([answers.shape[1]], dtype=np.intp)
    model.tree_ = type(model.tree_)(n_features, counts, 1)
    model.tree_.__setstate__(
        {
            "max_depth": _depth(nodes),
            "node_count": len(nodes),
            "nodes": array,
            "values": np.ascontiguousarray(answers[:, None, :]),
        }
    )
    model.n_features_in_ = model.max_features_ = n_features
    return model


def _depth(nodes: Sequence[_Node]) -> int:
    depth = [0] * len(nodes)
    for number, one in enumerate(nodes):  # parents come before their children
        if one.left >= 0:
            depth[one.left] = depth[one.right] = depth[number] + 1
    return max(depth)


def as_float32(Z: FloatArray) -> NDArray[np.float32]:
    """Give the matrix as trees compare it, or say which value they cannot compare."""
    with np.errstate(over="ignore"):
        Z32 = Z.astype(np.float32)
    if np.isinf(Z32).any():
        row, column = np.argwhere(np.isinf(Z32))[0]
        msg = (
            f"X holds a value too large for float32, which the tree compares in: row {row}, "
            f"column {column}: {Z[row, column]}."
        )
        raise InvalidInputError(msg)
    return Z32
