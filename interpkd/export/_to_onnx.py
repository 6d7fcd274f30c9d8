"""A student as an ONNX model, which answers as the student on every row."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.exceptions import InvalidInputError
from interpkd.export._formats import as_content
from interpkd.export._onnx_answers import read_labels
from interpkd.export._onnx_columns import add_columns, plan_inputs
from interpkd.export._onnx_engine import OnnxRuntime
from interpkd.export._onnx_graph import OnnxGraph
from interpkd.export._onnx_linear import add_linear
from interpkd.export._onnx_tree import add_card, add_tree
from interpkd.export._parity import ParityReport, checked
from interpkd.export._to_json import to_json, to_text

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from interpkd._typing import Table
    from interpkd.export._onnx_columns import Form, InputColumn
    from interpkd.export._onnx_graph import Dtype
    from interpkd.export._parity import Parity

WRITERS = {
    "tree": add_tree,
    **dict.fromkeys(("logistic", "svm", "linear"), add_linear),
    "scorecard": add_card,
}
"""What adds each kind to a graph."""


def to_onnx(
    student: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    dtype: Dtype = "float32",
    inputs: Form = "auto",
    X: Table | None = None,
    parity: Parity = "auto",
) -> Any:
    """Write a student as an ONNX model, and see that it answers as the student.

    The model holds everything from the user's columns to the answer: categories are texts, missing
    values NaN or a stated text. Its outputs are ``label`` and ``probabilities`` of a
    classification and ``prediction`` of a regression; ``leaf`` of a tree, and ``score`` of a linear
    classifier (log odds, or margins) and of a scorecard (points).

    Labels are the student's own, and with ``dtype="float64"`` so are the answers: those of trees
    and scorecards to the last digit, others to 1e-12. A row that the student refuses, because a
    value is missing that it does not know as missing, has NaN as its answer, and a label that is no
    class.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or what :func:`~interpkd.export.read_json` gave.

    path : path-like or None, default=None
        A file to write as well; it appears whole or not at all.

    dtype : {"float32", "float64"}, default="float32"
        The numbers of inputs and outputs. Inside, linear students add up doubles, and trees compare
        singles, as scikit-learn's do.

    inputs : {"auto", "columns", "matrix"}, default="auto"
        One input of shape (N, 1) per column, named as the column, or all columns of a sort as one
        matrix: ``X`` (numbers and truth values), ``X_text`` (categories), ``X_number`` (categories
        that are numbers, always doubles), each in the order of the table. "auto" is the one matrix
        ``X`` where all columns are numbers or truth values, and one input per column elsewhere.

    X : array-like, data frame or None, default=None
        Rows to compare the model and the student on, beside those that are made to hurt.

    parity : {"auto", "require", "warn", "skip"}, default="auto"
        Whether the two are compared: where ONNX Runtime is installed; else it is an error; as the
        first, and a difference is a warning; not at all. The model says which, and the outcome.

    Returns
    -------
    model : onnx.ModelProto
        The model. Its metadata say how each column is given and what is missing.

    Raises
    ------
    ParityError
        If the model does not answer as the student; nothing is written.

    InvalidInputError
        If the student cannot be written: it is of another kind, or a column or the classes hold
        texts and numbers.

    MissingExtraError
        If onnx is not installed, or ONNX Runtime is not and `parity` is "require".

    See Also
    --------
    interpkd.export.to_json : The document that the model is made of.

    Notes
    -----
    Operators are those of ai.onnx 13 and ai.onnx.ml 3, of ai.onnx.ml 4 where categories are
    numbers. Values beyond single precision are compared as infinite by trees, and infinite ones are
    not refused by trees and scorecards, which the student does.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_onnx
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = to_onnx(DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y), X=X)
    >>> [one.name for one in model.graph.input], [one.name for one in model.graph.output]
    (['X'], ['label', 'probabilities', 'leaf'])
    """
    model, _ = make_onnx(student, X=X, parity=parity, dtype=dtype, inputs=inputs)
    if path is not None:
        write_atomically(path, as_content(model))
    return model


def make_onnx(
    student: Any,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
    dtype: Dtype = "float32",
    inputs: Form = "auto",
) -> tuple[Any, ParityReport]:
    """Give the model, and how it compares with the student."""
    _check_choice("dtype", dtype, ("float32", "float64"))
    data = to_json(student)

    def emit(note: str) -> Any:
        return emit_onnx(data, note=note, dtype=dtype, inputs=inputs)

    return checked(
        student, data, export="onnx", emit=emit, engine=OnnxRuntime(dtype), X=X, parity=parity
    )


def emit_onnx(
    data: dict[str, Any], *, note: str = "", dtype: Dtype = "float32", inputs: Form = "auto"
) -> Any:
    """Write a document as an ONNX model.

    Parameters
    ----------
    data : dict
        What `to_json` gave.

    note : str, default=""
        What the model says of its parity.

    dtype : {"float32", "float64"}, default="float32"
        As in `to_onnx`.

    inputs : {"auto", "columns", "matrix"}, default="auto"
        As in `to_onnx`.

    Returns
    -------
    model : onnx.ModelProto
        The model.
    """
    _check_choice("dtype", dtype, ("float32", "float64"))
    _check_choice("inputs", inputs, ("auto", "columns", "matrix"))
    graph = OnnxGraph(dtype)
    planned = plan_inputs(data["columns"], inputs)
    WRITERS[data["kind"]](graph, data, add_columns(graph, planned))
    model = graph.model(
        f"interpkd_{data['kind']}",
        doc_string=f"A student ({data['kind']}, {data['task']}) of interpkd. {note}".rstrip(),
        producer_name="interpkd",
        # the package's root is never imported from inside
        producer_version=str(sys.modules["interpkd"].__version__),
    )
    graph.helper.set_model_props(model, _facts(data, planned, note))
    return model


def _facts(data: dict[str, Any], planned: Sequence[InputColumn], note: str) -> dict[str, str]:
    """Give what a reader of the file must know, as JSON or plain texts in ASCII."""
    document = to_text(data).encode("utf-8", "backslashreplace")  # as the file of to_json
    facts: dict[str, Any] = {
        "kind": data["kind"],
        "task": data["task"],
        "classes": data["classes"],
        "columns": [one.describe() for one in planned],
        "takes_missing": data["takes_missing"],
        "parity": note,
        "student_sha256": hashlib.sha256(document).hexdigest(),
    }
    if data["classes"] is not None:
        facts["label_of_refused_rows"] = str(read_labels(data["classes"]).refusal)
    return {
        f"interpkd.{name}": one if isinstance(one, str) else json.dumps(one)
        for name, one in facts.items()
    }


def _check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    if value not in choices:
        msg = f"The {name!r} parameter must be one of {', '.join(choices)}; got {value!r}."
        raise InvalidInputError(msg)
