"""The columns of a table as inputs of an ONNX graph, and their values as the student reads them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.export._onnx_graph import OPSET_ML_NUMBERS, OUTPUTS, PREFIX, can_hold, write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray
    from interpkd.export._onnx_graph import OnnxGraph

Form = Literal["auto", "columns", "matrix"]

MATRICES = {"number": "X", "text": "X_text", "code": "X_number"}
"""The inputs that hold all columns of a sort."""


@dataclass(frozen=True)
class InputColumn:
    """How one column of the table enters the graph.

    Attributes
    ----------
    column : dict
        What the document says of it.

    sort : {"number", "text", "code"}
        Numbers and truth values; categories that are texts; categories that are numbers.

    input : str
        The name of the input.

    position : int
        Its place in the input.

    missing : str or None
        The text that stands for a missing value; None where that is NaN.
    """

    column: dict[str, Any]
    sort: str
    input: str
    position: int
    missing: str | None

    def describe(self) -> dict[str, Any]:
        """Give what a caller must know."""
        return {
            "column": self.column["name"],
            "kind": self.column["kind"],
            "input": self.input,
            "position": self.position,
            "missing": "NaN" if self.missing is None else self.missing,
        }


@dataclass(frozen=True)
class EncodedTable:
    """The tensors that a student works on.

    Attributes
    ----------
    numbers : str or None
        Name of the matrix of numbers and truth values, in the graph's own type.

    number_columns : list of dict
        Its columns.

    rows : str or None
        Name of the matrix of categories: for each the row of a table of all of them.

    category_columns : list of dict
        Its columns.

    owners : ndarray of int of shape (n_table_rows,)
        The column of each row of that table, by place in `category_columns`.

    codes : ndarray of shape (n_table_rows,)
        The position of each row's category; NaN where a missing or unknown one leads.
    """

    numbers: str | None
    number_columns: list[dict[str, Any]]
    rows: str | None
    category_columns: list[dict[str, Any]]
    owners: IntArray
    codes: FloatArray

    def matrix(self, graph: OnnxGraph, kind: str) -> tuple[str, dict[str, int]]:
        """Give the encoded matrix in a type, and the place of each column in it."""
        parts = []
        if self.numbers is not None:
            parts.append(graph.cast(self.numbers, kind, of=graph.dtype))
        if self.rows is not None:
            parts.append(graph.add("Gather", graph.constant(self.codes, kind), self.rows))
        whole = parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
        columns = [*self.number_columns, *self.category_columns]
        return whole, {column["name"]: i for i, column in enumerate(columns)}


def plan_inputs(columns: Sequence[dict[str, Any]], form: Form) -> list[InputColumn]:
    """Decide how each column of a table enters.

    Parameters
    ----------
    columns : sequence of dict
        The columns of a document.

    form : {"auto", "columns", "matrix"}
        One input per column, or one per sort of column; "auto" is one matrix where all are
        numbers and truth values, and one per column elsewhere.

    Returns
    -------
    planned : list of InputColumn
        In the order of the table.

    Raises
    ------
    InvalidInputError
        If the categories of a column are texts and numbers.
    """
    sorts = [_sort(column) for column in columns]
    if form == "auto":
        form = "matrix" if {*sorts} == {"number"} else "columns"
    token = missing_text([one for column in columns for one in column["categories"]])
    names = input_names([column["name"] for column in columns])
    planned = []
    for i, (column, sort) in enumerate(zip(columns, sorts, strict=True)):
        is_alone = form == "columns"
        place = (names[i], 0) if is_alone else (MATRICES[sort], sorts[:i].count(sort))
        planned.append(InputColumn(column, sort, *place, token if sort == "text" else None))
    return planned


def input_names(names: Sequence[str]) -> list[str]:
    """Give each column's name, or another where ONNX or this graph cannot use it."""
    usable = [
        name != "" and can_hold(name) and name not in OUTPUTS and not name.startswith(PREFIX)
        for name in names
    ]
    taken = {name for name, is_usable in zip(names, usable, strict=True) if is_usable}
    out = []
    for i, (name, is_usable) in enumerate(zip(names, usable, strict=True)):
        safe = name if is_usable else f"column_{i}"
        while not is_usable and safe in taken:
            safe += "_"
        taken.add(safe)
        out.append(safe)
    return out


def missing_text(categories: Sequence[Any]) -> str:
    """Give a text that is no category: the empty one if possible."""
    token = ""
    while token in categories:
        token = f"{token}_" if token else "missing"
    return token


def add_columns(graph: OnnxGraph, planned: Sequence[InputColumn]) -> EncodedTable:
    """Add the inputs to a graph, and what looks categories up.

    Parameters
    ----------
    graph : OnnxGraph
        The graph.

    planned : sequence of InputColumn
        The columns.

    Returns
    -------
    encoded : EncodedTable
        The tensors.
    """
    sorts = {sort: [one for one in planned if one.sort == sort] for sort in MATRICES}
    tensors = _add_inputs(graph, planned, sorts)
    rows: list[str] = []
    owners: list[int] = []
    codes: list[float] = []
    columns: list[dict[str, Any]] = []
    for sort in ("text", "code"):
        if not sorts[sort]:
            continue
        found, part = _look_up(graph, tensors[sort], sorts[sort], start=len(owners))
        rows.append(found)
        owners += [len(columns) + owner for owner in np.repeat(range(len(part)), len(part[0]))]
        codes += [code for one in part for code in one]
        columns += [one.column for one in sorts[sort]]
    if len(rows) == 2:
        rows = [graph.add("Concat", *rows, axis=1)]
    return EncodedTable(
        tensors.get("number"),
        [one.column for one in sorts["number"]],
        rows[0] if rows else None,
        columns,
        np.array(owners, dtype=np.int64),
        np.array(codes, dtype=np.float64),
    )


def _sort(column: dict[str, Any]) -> str:
    """Tell which sort of input a column is."""
    if column["kind"] != "category":
        return "number"
    are_texts = {isinstance(one, str) for one in column["categories"]}
    if len(are_texts) == 2:
        msg = (
            f"A tensor of ONNX holds texts or numbers; the categories of column "
            f"{column['name']!r} are both. Convert them to text before fitting."
        )
        raise InvalidInputError(msg)
    return "code" if are_texts == {False} else "text"


def _add_inputs(
    graph: OnnxGraph, planned: Sequence[InputColumn], sorts: dict[str, list[InputColumn]]
) -> dict[str, str]:
    """Add the inputs, and give the matrix of each sort."""
    kinds = {"number": graph.dtype, "text": "text", "code": "float64"}
    widths = {one.input: 0 for one in planned}
    for one in planned:
        widths[one.input] += 1
    for name, width in widths.items():
        sort = next(one.sort for one in planned if one.input == name)
        graph.add_input(name, kinds[sort], width)
    out = {}
    for sort, members in sorts.items():
        names = [*dict.fromkeys(one.input for one in members)]
        if names:
            out[sort] = names[0] if len(names) == 1 else graph.add("Concat", *names, axis=1)
    return out


def _look_up(
    graph: OnnxGraph, source: str, members: Sequence[InputColumn], *, start: int
) -> tuple[str, list[list[float]]]:
    """Find categories in a list of all; one more row per column is for what is not in it."""
    if members[0].sort == "text":
        known = [*dict.fromkeys(c for one in members for c in one.column["categories"])]
        # an empty list is none to some engines
        known = known or [members[0].missing]
        keys = {"keys_strings": [write_text(one) for one in known]}
        values = {"values_int64s": [*range(len(known))], "default_int64": len(known)}
    else:
        # 0.0, for -0.0 and False are the same category
        known = [*dict.fromkeys(c + 0.0 for one in members for c in one.column["categories"])]
        graph.opset_ml = OPSET_ML_NUMBERS
        keys = {"keys_tensor": graph.tensor(known, "float64")}
        values = {
            "values_tensor": graph.tensor([*range(len(known))], "int64"),
            "default_tensor": graph.tensor([len(known)], "int64"),
        }
    found = graph.add_ml("LabelEncoder", source, **keys, **values)
    size = len(known) + 1
    if start or len(members) > 1:
        offsets = start + size * np.arange(len(members))
        found = graph.add("Add", found, graph.constant(offsets[None, :], "int64"))
    places = [{c: float(k) for k, c in enumerate(one.column["categories"])} for one in members]
    return found, [[*(one.get(c, np.nan) for c in known), np.nan] for one in places]
