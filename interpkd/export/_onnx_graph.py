"""An ONNX graph, put together one node at a time."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd._optional import require
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence


Dtype = Literal["float32", "float64"]

PREFIX = "interpkd."
"""Begins the names of all tensors inside; an input of such a name gets another."""

OUTPUTS = ("label", "probabilities", "score", "leaf", "prediction")

TENSORS = {
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "int64": "INT64",
    "bool": "BOOL",
    "text": "STRING",
}
"""What ONNX calls the types."""

OPSET = 13
"""The oldest in which axes are inputs; all that is used here has been the same since."""

OPSET_ML = 3
"""The oldest whose trees take thresholds of double precision."""

OPSET_ML_NUMBERS = 4
"""The oldest that finds the place of a number in a list, for categories that are numbers."""


class OnnxGraph:
    """The parts of a graph, as they are added.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        The numbers of inputs and outputs.
    """

    def __init__(self, dtype: Dtype) -> None:
        self.dtype = dtype
        self.helper = require("onnx.helper", extra="onnx", purpose="write ONNX")
        self.arrays = require("onnx.numpy_helper", extra="onnx", purpose="write ONNX")
        self.types = require("onnx", extra="onnx", purpose="write ONNX").TensorProto
        self.opset_ml = OPSET_ML
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def type_of(self, kind: str) -> int:
        """Give the number that ONNX has for a type."""
        return int(getattr(self.types, TENSORS[kind]))

    def add_input(self, name: str, kind: str, width: int) -> str:
        """Add an input of shape (N, width)."""
        info = self.helper.make_tensor_value_info(name, self.type_of(kind), ["N", width])
        self._inputs.append(info)
        return name

    def add_output(self, name: str, source: str, kind: str, *width: int) -> None:
        """Give a tensor of shape (N,) or (N, width) away, under a name of its own."""
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [name if one == source else one for one in names]
        info = self.helper.make_tensor_value_info(name, self.type_of(kind), ["N", *width])
        self._outputs.append(info)

    def add(self, operator: str, *sources: str, **attributes: Any) -> str:
        """Add a node, and give the name of its one output."""
        domain = attributes.pop("domain", "")
        name = f"{PREFIX}{len(self._nodes)}.{operator}"
        node = self.helper.make_node(
            operator, [*sources], [name], name=name, domain=domain, **attributes
        )
        self._nodes.append(node)
        return name

    def add_ml(self, operator: str, source: str, **attributes: Any) -> str:
        """Add a node of the operators for machine learning."""
        return self.add(operator, source, domain="ai.onnx.ml", **attributes)

    def cast(self, source: str, kind: str, *, of: str) -> str:
        """Give a tensor as another type, itself if it is `of` that type."""
        return source if kind == of else self.add("Cast", source, to=self.type_of(kind))

    def constant(self, values: Any, kind: str) -> str:
        """Add a constant, and give its name."""
        name = f"{PREFIX}constant.{len(self._constants)}"
        self._constants.append(self.tensor(values, kind, name))
        return name

    def tensor(self, values: Any, kind: str, name: str = "values") -> Any:
        """Give values as ONNX holds them."""
        if kind == "text":
            array = np.array([write_text(one) for one in values], dtype=object)
        else:
            array = np.asarray(values, dtype=kind)
        return self.arrays.from_array(array, name)

    def numbers(self, name: str, values: Sequence[float], kind: str) -> dict[str, Any]:
        """Give numbers as an attribute: a list of singles, or a tensor of doubles."""
        if kind == "float32":
            return {name: [float(one) for one in values]}
        return {f"{name}_as_tensor": self.tensor(values, kind)}

    def model(self, name: str, **facts: Any) -> Any:
        """Give the model of the graph, in the oldest format that holds it."""
        graph = self.helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, self._constants
        )
        opsets = [("", OPSET), ("ai.onnx.ml", self.opset_ml)]
        imports = [self.helper.make_opsetid(*one) for one in opsets]
        oldest = self.helper.find_min_ir_version_for(imports)
        return self.helper.make_model(graph, opset_imports=imports, ir_version=oldest, **facts)


def write_text(value: str) -> str:
    """Give a text that ONNX can hold, or say that it cannot."""
    if can_hold(value):
        return value
    msg = (
        f"ONNX holds texts in UTF-8 that programs in C can read; {value!r} has a NUL or half of a "
        "surrogate pair in it. Rename that class or category before fitting."
    )
    raise InvalidInputError(msg)


def can_hold(value: str) -> bool:
    """Tell whether ONNX can hold a text."""
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
