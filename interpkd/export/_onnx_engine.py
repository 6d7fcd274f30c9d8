"""ONNX Runtime, as what runs an export."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import require
from interpkd.exceptions import MissingExtraError
from interpkd.export._parity import Answers

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from interpkd.export._onnx_graph import Dtype

TOLERANCES = {"float32": 1e-6, "float64": 1e-12}

FED = {"tensor(float)": np.float32, "tensor(double)": np.float64}


class OnnxRuntime:
    """ONNX Runtime on the processor, with one thread.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        The numbers of inputs and outputs.
    """

    name = "ONNX Runtime"

    def __init__(self, dtype: Dtype) -> None:
        self.tolerance = TOLERANCES[dtype]
        self.in_single = dtype == "float32"

    def version(self) -> str | None:
        """Give the version that is installed; None when there is none."""
        try:
            return str(_runtime().__version__)
        except MissingExtraError:
            return None

    def install_line(self) -> str:
        """Say what installs it."""
        return 'pip install "interpkd[onnx]"'

    def answers(self, artefact: Any, rows: Any) -> Answers:
        """Answer rows: a pandas data frame of float64, "boolean" and object columns with None."""
        session = open_session(artefact)
        facts = session.get_modelmeta().custom_metadata_map
        names = [one.name for one in session.get_outputs()]
        found = dict(zip(names, session.run(names, feed(session, rows)), strict=True))
        if "prediction" in found:
            return Answers(found["prediction"][:, 0].astype(np.float64))
        classes = json.loads(facts["interpkd.classes"])
        labels = found["label"]
        if all(isinstance(one, bool) for one in classes):  # they are 0 and 1 in the graph
            labels = np.where(np.isin(labels, [0, 1]), labels == 1, None)
        return Answers(labels, found["probabilities"].astype(np.float64))


def open_session(model: Any) -> Any:
    """Open a model as a service would that answers single rows: one thread, no log."""
    options = _runtime().SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    return _runtime().InferenceSession(model.SerializeToString(), options, providers=providers)


def feed(session: Any, rows: Any) -> dict[str, NDArray[Any]]:
    """Give the inputs of a session.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The session.

    rows : pandas.DataFrame
        The rows, in the student's columns.

    Returns
    -------
    fed : dict
        Names of inputs to arrays of shape (n_samples, width).
    """
    columns = json.loads(session.get_modelmeta().custom_metadata_map["interpkd.columns"])
    types = {one.name: FED.get(one.type) for one in session.get_inputs()}
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in types}
    for one in columns:  # of one input, in the order of its columns
        values, number = rows[one["column"]], types[one["input"]]
        if number is None:
            values = values.astype(object).where(values.notna(), one["missing"])
            parts[one["input"]].append(values.to_numpy(dtype=object))
        else:
            with np.errstate(over="ignore"):
                found = values.to_numpy(dtype=np.float64, na_value=np.nan).astype(number)
            parts[one["input"]].append(found)
    return {name: np.stack(found, axis=1) for name, found in parts.items()}


def _runtime() -> ModuleType:
    return require("onnxruntime", extra="onnx", purpose="check ONNX")
