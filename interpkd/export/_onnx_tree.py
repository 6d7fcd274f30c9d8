"""Trees and scorecards as ONNX: an ensemble gives a whole number, tables the answers of each.

An ensemble adds up singles, in which whole numbers are exact: the number of a leaf, or points. So
the answers are the student's own, whatever the type of the outputs. Where singles are all that is
wanted, there is no table: a tree holds them in its leaves, and those of a card are in a list.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import expit

from interpkd._borders import single_border
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_checks import INFINITE
from interpkd.export._onnx_answers import add_refusals, add_table, look_up, read_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.export._onnx_columns import EncodedTable
    from interpkd.export._onnx_graph import OnnxGraph

MAX_SCORES = 10**6
"""Most different scores of a card: each has its probabilities in a table, and is exact in single."""

MAX_LISTED = 10**4
"""Most different scores whose probabilities are in a list, in which they are searched."""


class Node(NamedTuple):
    """A node of an ensemble.

    Attributes
    ----------
    tree, node : int
        Which tree, and which node of it.

    value : int, tuple of float or None
        What a leaf adds, of several targets to each; None of a split.

    feature : int
        The column of the matrix that a split asks about.

    border : float
        Values up to it go to the left.

    left, right : int
        The children.

    missing_left : bool
        Whether missing values go to the left.
    """

    tree: int
    node: int
    value: int | tuple[float, ...] | None = None
    feature: int = 0
    border: float = 0.0
    left: int = 0
    right: int = 0
    missing_left: bool = False


def add_tree(graph: OnnxGraph, data: dict[str, Any], encoded: EncodedTable) -> None:
    """Add a tree and its outputs.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    data : dict
        The document.

    encoded : EncodedTable
        The inputs.
    """
    matrix, places = encoded.matrix(graph, "float32")
    nodes = [_tree_node(one, places) for one in data["nodes"]]
    answers = np.array([one["answer"] for one in data["nodes"]], dtype=np.float64)
    name = "prediction" if data["classes"] is None else "probabilities"
    if _are_singles_alone(graph, data):
        held = [
            one if one.value is None else one._replace(value=(*answers[one.node].tolist(),))
            for one in nodes
        ]
        found = _add_ensemble(graph, held, matrix, "float32")
        graph.add_output(name, found, graph.dtype, answers.shape[1])
        return
    leaf = _whole(graph, _add_ensemble(graph, nodes, matrix, "float32"))
    index = _add_answers(graph, data, matrix, leaf, answers, answers.argmax(axis=1))
    if graph.wants("leaf"):
        numbers = [*range(len(nodes)), *([] if data["takes_missing"] else [-1])]
        graph.add_output("leaf", look_up(graph, numbers, "int64", index), "int64")


def add_card(graph: OnnxGraph, data: dict[str, Any], encoded: EncodedTable) -> None:
    """Add a scorecard and its outputs.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    data : dict
        The document.

    encoded : EncodedTable
        The inputs.

    Raises
    ------
    InvalidInputError
        If the card has too many different scores for a table.
    """
    # of doubles, which ends of intervals and special values are
    matrix, places = encoded.matrix(graph, graph.dtype)
    columns = {column["name"]: column for column in data["columns"]}
    nodes: list[Node] = []
    lowest = highest = int(data["base_points"])
    for tree, feature in enumerate(data["features"]):
        name, bins = feature["column"], feature["bins"]
        points = [one["points"] for one in bins]
        lowest, highest = lowest + min(points), highest + max(points)
        borders, values = _steps(bins, columns[name], graph.dtype)
        shifted = [value - min(points) for value in values]
        nodes += _step_tree(tree, places[name], borders, shifted, bins[-1]["points"] - min(points))
    if highest - lowest >= MAX_SCORES:
        msg = (
            f"to_onnx writes cards of fewer than {MAX_SCORES} different scores; this one has scores "
            f"from {lowest} to {highest}. Distil one of fewer points, with a smaller 'pdo'."
        )
        raise InvalidInputError(msg)
    scores = np.arange(lowest, highest + 1)
    positive = expit((scores - data["offset"]) / data["factor"])
    answers = np.column_stack([1 - positive, positive])
    if _are_singles_alone(graph, data) and len(scores) <= MAX_LISTED:
        _add_singles(graph, nodes, matrix, answers)
        return
    index = _whole(graph, _add_ensemble(graph, nodes, matrix, graph.dtype))
    index = _add_answers(graph, data, matrix, index, answers, answers.argmax(axis=1))
    if graph.wants("score"):
        table = np.array([*scores, *([] if data["takes_missing"] else [np.nan])], dtype=np.float64)
        found = look_up(graph, table[:, None], graph.dtype, index)
        graph.add_output("score", found, graph.dtype, 1)


def _are_singles_alone(graph: OnnxGraph, data: dict[str, Any]) -> bool:
    """Tell whether nothing but answers of single precision is wanted, of every row."""
    answers = ("probabilities", "prediction")
    return graph.dtype == "float32" and data["takes_missing"] and graph.wants_only(*answers)


def _add_singles(graph: OnnxGraph, nodes: Sequence[Node], matrix: str, answers: FloatArray) -> None:
    """Add the probabilities of numbered rows, and nothing else.

    The number is summed up once per class, each time beyond the last: the sums are places in one
    list, whose entries take one operator to find, and those of a table two.
    """
    n, n_classes = answers.shape
    several = [
        one._replace(value=(float(one.value),) * n_classes) if isinstance(one.value, int) else one
        for one in nodes
    ]
    starts = [float(n * k) for k in range(n_classes)]
    found = graph.add_ml(
        "LabelEncoder",
        _add_ensemble(graph, several, matrix, "float32", starts),
        keys_floats=[float(k) for k in range(answers.size)],
        values_floats=answers.T.ravel().tolist(),
    )
    graph.add_output("probabilities", found, "float32", n_classes)


def _add_answers(
    graph: OnnxGraph,
    data: dict[str, Any],
    matrix: str,
    index: str,
    answers: FloatArray,
    decided: NDArray[np.intp],
) -> str:
    """Add the answers of numbered rows; where a missing value is refused, one more is no answer."""
    labels = None if data["classes"] is None else read_labels(data["classes"])
    if not data["takes_missing"]:
        index = add_refusals(graph, matrix, index, len(answers))
        answers = np.vstack([answers, np.full((1, answers.shape[1]), np.nan)])
        decided = np.append(decided, -1)
    add_table(graph, index, answers, decided, labels)
    return index


def _tree_node(one: dict[str, Any], places: dict[str, int]) -> Node:
    if "left" not in one:
        return Node(0, one["node"], one["node"])
    border = single_border(INFINITE.get(one["threshold"], one["threshold"]))
    is_left = one["missing"] == "left"
    links = places[one["column"]], border, one["left"], one["right"], is_left
    return Node(0, one["node"], None, *links)


def _steps(
    bins: Sequence[dict[str, Any]], column: dict[str, Any], kind: str
) -> tuple[list[float], list[int]]:
    """Give the points of a column as a function of steps: ascending borders, points up to each.

    The points have one more, for what is above the last border.
    """
    if column["kind"] == "category":
        points = {category: one["points"] for one in bins for category in one["categories"]}
        values = [points[category] for category in column["categories"]]
        return [float(k) for k in range(len(values) - 1)], values or [0]
    special = {one["value"]: one["points"] for one in bins if one["kind"] == "special"}
    known = [one for one in bins if one["kind"] == "interval"]
    number = np.dtype(kind).type
    borders = {_border(one["upper"], kind) for one in known[:-1]}
    for value in special:
        if float(number(value)) == value:  # else no number of this type is equal to it
            borders |= {float(np.nextafter(number(value), number(-np.inf))), float(value)}
    ends = sorted(borders)

    def points_of(value: float) -> int:
        held = next(one for one in known if one["upper"] is None or value <= one["upper"])
        return int(special.get(value, held["points"]))

    return ends, [points_of(end) for end in [*ends, np.inf]]


def _border(cut: float, kind: str) -> float:
    return single_border(cut) if kind == "float32" else float(cut)


def _step_tree(
    tree: int, feature: int, borders: Sequence[float], values: Sequence[int], missing: int
) -> Iterator[Node]:
    """Give the nodes of a tree that looks a step up by halving."""
    todo = [(0, 0, len(borders))]  # a node for the steps from the second to the third
    following = 1
    while todo:
        node, first, last = todo.pop()
        if first < last:
            middle = (first + last) // 2
            yield Node(tree, node, None, feature, borders[middle], following, following + 1)
            todo += [(following, first, middle), (following + 1, middle + 1, last)]
            following += 2
        elif last < len(borders):
            yield Node(tree, node, values[first])
        else:  # missing values come as far, and alone are not up to infinity
            yield Node(tree, node, None, feature, np.inf, following, following + 1)
            yield Node(tree, following, values[first])
            yield Node(tree, following + 1, missing)
            following += 2


def _add_ensemble(
    graph: OnnxGraph,
    nodes: Sequence[Node],
    matrix: str,
    kind: str,
    starts: Sequence[float] | None = None,
) -> str:
    """Add trees, and give the sums of what their leaves add: singles of shape (N, n_targets).

    The sums begin at `starts`, or at 0.
    """
    leaves = [
        (one, one.value if isinstance(one.value, tuple) else (float(one.value),))
        for one in nodes
        if one.value is not None
    ]
    n_targets = len(leaves[0][1])
    weights = [value for _, values in leaves for value in values]
    return graph.add_ml(
        "TreeEnsembleRegressor",
        matrix,
        n_targets=n_targets,
        base_values=starts,
        nodes_treeids=[one.tree for one in nodes],
        nodes_nodeids=[one.node for one in nodes],
        nodes_modes=["BRANCH_LEQ" if one.value is None else "LEAF" for one in nodes],
        nodes_featureids=[one.feature for one in nodes],
        nodes_truenodeids=[one.left for one in nodes],
        nodes_falsenodeids=[one.right for one in nodes],
        nodes_missing_value_tracks_true=[int(one.missing_left) for one in nodes],
        target_treeids=[one.tree for one, _ in leaves for _ in range(n_targets)],
        target_nodeids=[one.node for one, _ in leaves for _ in range(n_targets)],
        target_ids=[*range(n_targets)] * len(leaves),
        **graph.numbers("nodes_values", [one.border for one in nodes], kind),
        **graph.numbers("target_weights", weights, kind),
    )


def _whole(graph: OnnxGraph, sums: str) -> str:
    """Give sums that are whole numbers as such, of shape (N, 1)."""
    return graph.cast(sums, "int64", of="float32")
