"""Linear students as ONNX: sums of double precision, whatever the type of inputs and outputs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._onnx_answers import read_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray
    from interpkd.export._onnx_columns import EncodedTable
    from interpkd.export._onnx_graph import OnnxGraph


def add_linear(graph: OnnxGraph, data: dict[str, Any], encoded: EncodedTable) -> None:
    """Add a linear student and its outputs.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    data : dict
        The document.

    encoded : EncodedTable
        The inputs.
    """
    sums = _add_sums(graph, data, encoded)
    if data["classes"] is None:
        prediction = graph.cast(sums, graph.dtype, of="float64")
        graph.add_output("prediction", prediction, graph.dtype, 1)
        return
    n_classes, labels = len(data["classes"]), read_labels(data["classes"])
    margins = sums
    if "link_slope" in data:
        margins = graph.add("Mul", sums, graph.constant(data["link_slope"], "float64"))
    probabilities = graph.add("Softmax", margins, axis=1)
    index = graph.add("ArgMax", sums, axis=1, keepdims=0)
    if encoded.numbers is not None or not data["takes_missing"]:
        # a refused value makes all probabilities NaN, and so their sum
        total = graph.add("ReduceSum", probabilities, graph.constant([1], "int64"), keepdims=0)
        refused = graph.add("IsNaN", total)
        index = graph.add("Where", refused, graph.constant(n_classes, "int64"), index)
    table = graph.constant([*labels.values, labels.refusal], labels.kind)
    graph.add_output("label", graph.add("Gather", table, index), labels.kind)
    probabilities = graph.cast(probabilities, graph.dtype, of="float64")
    graph.add_output("probabilities", probabilities, graph.dtype, n_classes)
    scores = sums
    if n_classes == 2:
        scores = graph.add("Gather", sums, graph.constant([1], "int64"), axis=1)
    scores = graph.cast(scores, graph.dtype, of="float64")
    graph.add_output("score", scores, graph.dtype, 1 if n_classes == 2 else n_classes)


def _add_sums(graph: OnnxGraph, data: dict[str, Any], encoded: EncodedTable) -> str:
    """Add the scores, shape (N, n_scores): of two classes, 0 for the first."""
    is_binary = data["classes"] is not None and len(data["classes"]) == 2
    terms = {term["column"]: term for term in data["terms"]}

    def widen(values: Sequence[float]) -> list[float]:
        return [0.0, *values] if is_binary else [*values]

    sums = graph.constant([widen(data["intercept"])], "float64")
    if encoded.numbers is not None:
        named = [terms[column["name"]] for column in encoded.number_columns]
        numbers = graph.cast(encoded.numbers, "float64", of=graph.dtype)
        if data["takes_missing"]:
            lost = graph.add("IsNaN", numbers)
            fills = graph.constant([[term["imputed"] for term in named]], "float64")
            numbers = graph.add("Where", lost, fills, numbers)
            if any(term["missing"] for term in named):
                zeros = [0.0] * len(data["intercept"])
                W = graph.constant([widen(term["missing"] or zeros) for term in named], "float64")
                marks = graph.cast(lost, "float64", of="bool")
                sums = graph.add("Gemm", marks, W, sums)
        W = graph.constant([widen(term["values"]) for term in named], "float64")
        sums = graph.add("Gemm", numbers, W, sums)
    if encoded.rows is not None:
        named = [terms[column["name"]] for column in encoded.category_columns]
        table = np.array([widen(one) for one in _category_values(data, named, encoded)])
        found = graph.add("Gather", graph.constant(table, "float64"), encoded.rows)
        axes = graph.constant([1], "int64")
        sums = graph.add("Add", graph.add("ReduceSum", found, axes, keepdims=0), sums)
    return sums


def _category_values(
    data: dict[str, Any], terms: Sequence[dict[str, Any]], encoded: EncodedTable
) -> FloatArray:
    """Give what each category adds to the scores, by row of the table of categories."""
    out = np.zeros((len(encoded.codes), len(data["intercept"])))
    for k, (owner, code) in enumerate(zip(encoded.owners, encoded.codes, strict=True)):
        term, column = terms[owner], encoded.category_columns[owner]
        if np.isnan(code):
            lost = term["missing"] or out[k]
            out[k] = lost if data["takes_missing"] else np.nan
            continue
        category = column["categories"][int(code)]
        if category != term["reference"]:
            out[k] = next(
                one["values"] for one in term["categories"] if one["category"] == category
            )
    return out
