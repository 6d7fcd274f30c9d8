"""What every student's graph ends in: the answers of a table of them, and labels."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.export._onnx_graph import OnnxGraph


@dataclass(frozen=True)
class Labels:
    """The classes as a tensor.

    Attributes
    ----------
    kind : {"int64", "float64", "text"}
        The type; truth values are 0 and 1.

    values : list
        The classes, in their order.

    refusal : int, float or str
        What stands where the student gives no answer; never a class.
    """

    kind: str
    values: list[Any]
    refusal: Any


def read_labels(classes: Sequence[Any]) -> Labels:
    """Choose how classes are written.

    Parameters
    ----------
    classes : sequence
        The classes of a document.

    Returns
    -------
    labels : Labels
        The same for ONNX.

    Raises
    ------
    InvalidInputError
        If they are texts and numbers.
    """
    if all(isinstance(one, str) for one in classes):
        refusal = ""
        while refusal in classes:
            refusal = f"{refusal}_" if refusal else "no answer"
        return Labels("text", [*classes], refusal)
    if any(isinstance(one, str) for one in classes):
        msg = f"A tensor of ONNX holds texts or numbers; the classes are both: {[*classes]}."
        raise InvalidInputError(msg)
    if all(isinstance(one, int) for one in classes):
        return Labels("int64", [int(one) for one in classes], min(-1, int(min(classes)) - 1))
    return Labels("float64", [float(one) for one in classes], math.nan)


def add_refusals(graph: OnnxGraph, matrix: str, index: str, last: int) -> str:
    """Put a number of its own where a row misses a value.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    matrix : str
        The rows, of shape (N, width).

    index : str
        Numbers of answers, of shape (N,).

    last : int
        The number of no answer.

    Returns
    -------
    index : str
        The same with `last` where any value of the row is NaN.
    """
    marks = graph.cast(graph.add("IsNaN", matrix), "int64", of="bool")
    axes = graph.constant([1], "int64")
    lost = graph.cast(graph.add("ReduceSum", marks, axes, keepdims=0), "bool", of="int64")
    return graph.add("Where", lost, graph.constant(last, "int64"), index)


def add_table(
    graph: OnnxGraph,
    index: str,
    answers: FloatArray,
    decided: NDArray[np.intp],
    labels: Labels | None,
) -> None:
    """Look answers up in a table of doubles: nothing is lost on the way.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    index : str
        Numbers of rows of the table, of shape (N,).

    answers : ndarray of shape (n_answers, n_outputs)
        The table.

    decided : ndarray of int of shape (n_answers,)
        The decided class of each; one more than there are is no answer.

    labels : Labels or None
        The classes; None for a regression.
    """
    n_outputs = answers.shape[1]
    found = graph.add("Gather", graph.constant(answers, graph.dtype), index)
    if labels is None:
        graph.add_output("prediction", found, graph.dtype, n_outputs)
        return
    values = [[*labels.values, labels.refusal][k] for k in decided.tolist()]
    label = graph.add("Gather", graph.constant(values, labels.kind), index)
    graph.add_output("label", label, labels.kind)
    graph.add_output("probabilities", found, graph.dtype, n_outputs)
