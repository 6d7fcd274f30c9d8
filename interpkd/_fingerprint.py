"""The fingerprint of a fitted model, whatever it is made of.

A model is walked as pickle would walk it, but every part has one canonical form: mappings and sets
are sorted, arrays are little-endian, and what decides no answer (threads, seeds, versions of
libraries) is left out. Boosters and networks are written by their own libraries. What has no
canonical form, such as a function made on the spot, gets no hash, and the reason is said.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
import re
import types
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from interpkd._optional import is_instance_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

NO_ANSWERS = frozenset(
    {
        "batch_size",
        "_random_state",
        "_sklearn_output_config",
        "_sklearn_version",
        "callbacks",
        "device",
        "memory",
        "n_jobs",
        "nthread",
        "random_state",
        "refit_time_",
        "source_file_",
        "thread_count",
        "verbose",
        "verbosity",
        "warm_start",
    }
)
"""Attributes that decide no answer of a fitted model, or change with the machine."""


class _NoFormError(Exception):
    """A part of a model that has no canonical form."""


def fingerprint(model: Any) -> dict[str, Any]:
    """Give the SHA-256 of a fitted model in canonical form, and of the file it was read from.

    Parameters
    ----------
    model : object or None
        A fitted model; frozen teachers are looked into.

    Returns
    -------
    facts : dict
        "sha256" (None where the model has no canonical form), "reason" (why, else None) and
        "file" ({"name", "sha256"} of the file it was read from, else None).
    """
    file = getattr(model, "source_file_", None)
    # of a network the columns' names and the way from logits are part of the answer
    is_network = is_instance_of_name(model, "interpkd.teachers._torch.TorchTeacher")
    inner = model if is_network else unwrap(model)
    facts: dict[str, Any] = {"sha256": None, "reason": None, "file": None if not file else {**file}}
    if inner is None:
        return {**facts, "reason": "There is no model, only answers or nothing."}
    try:
        facts["sha256"] = _Walk().digest(inner)
    except RecursionError:
        facts["reason"] = f"The {type(inner).__name__} is nested too deeply."
    except _NoFormError as error:
        facts["reason"] = f"The {_name_of(inner)} has no canonical form: {error}."
    except Exception as error:  # a library's way of writing its own models may fail in any way
        facts["reason"] = (
            f"The {_name_of(inner)} cannot be written in canonical form: {type(error).__name__}."
        )
    return facts


def unwrap(teacher: Any) -> Any:
    """Give the model inside a `FrozenEstimator` or inside what `as_teacher` made."""
    if isinstance(teacher, FrozenEstimator):
        return unwrap(teacher.estimator)
    if is_instance_of_name(teacher, "interpkd.teachers._torch.TorchTeacher"):
        return teacher.module
    if is_instance_of_name(teacher, "interpkd.teachers._as_teacher._Frozen"):
        return unwrap(teacher.model)
    if is_instance_of_name(
        teacher,
        "interpkd.teachers._booster.BoosterClassifier",
        "interpkd.teachers._booster.BoosterRegressor",
    ):
        return teacher.source.booster
    return teacher


class _Walk:
    """One walk over a model; remembers where it is, so that a circle ends."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def digest(self, value: Any) -> str:
        """Give the SHA-256 of a part."""
        kind = type(value)
        if value is None or kind in (bool, int, float, complex, str):
            return _sha(kind.__name__, repr(value).encode("utf-8", "backslashreplace"))
        if kind in (bytes, bytearray):
            return _sha("bytes", bytes(value))
        if id(value) in self._open:
            return _sha("circle")
        self._open.append(id(value))
        try:
            return self._container(value)
        finally:
            self._open.pop()

    def _container(self, value: Any) -> str:
        if isinstance(value, (np.ndarray, np.generic)):
            return self._array(np.asarray(value))
        if type(value) in (list, tuple):
            return _sha("list", *map(self._bytes, value))
        if type(value) in (set, frozenset):
            return _sha("set", *sorted(map(self._bytes, value)))
        if type(value) is dict:
            return self._mapping(value)
        name = _name_to_find(value)
        return self._object(value) if name is None else _sha("name", name.encode())

    def _bytes(self, value: Any) -> bytes:
        return self.digest(value).encode()

    def _mapping(self, value: Mapping[Any, Any]) -> str:
        pairs = sorted(
            (self._bytes(key), self._bytes(one))
            for key, one in value.items()
            if not (isinstance(key, str) and key in NO_ANSWERS)
        )
        return _sha("mapping", *(part for pair in pairs for part in pair))

    def _array(self, value: np.ndarray[Any, Any]) -> str:
        shape = json.dumps(value.shape).encode()
        if value.dtype.names is not None:  # field by field: there may be gaps between them
            fields = [self._bytes(np.ascontiguousarray(value[name])) for name in value.dtype.names]
            return _sha("record", shape, *map(str.encode, value.dtype.names), *fields)
        if value.dtype == object:
            return _sha("objects", shape, *map(self._bytes, value.ravel().tolist()))
        plain = np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<"), copy=False)
        return _sha("array", shape, plain.dtype.str.encode(), plain.tobytes())

    def _object(self, value: Any) -> str:
        """Walk an object as pickle would rebuild it: what makes it, from what, in which state."""
        for name, write in WRITERS.items():
            if is_instance_of_name(value, name):
                return _sha(name, *map(self._bytes, write(value)))
        try:
            reduced = value.__reduce_ex__(2)
        except Exception as error:
            msg = f"it holds a {_name_of(value)}"
            raise _NoFormError(msg) from error
        if isinstance(reduced, str):
            return _sha("name", f"{type(value).__module__}.{reduced}".encode())
        make, arguments, *rest = reduced
        listed = [one if one is None or isinstance(one, (dict, tuple)) else [*one] for one in rest]
        return _sha("object", *map(self._bytes, (make, arguments, listed)))


def _name_to_find(value: Any) -> str | None:
    """Name what is found again by its name: classes, functions, modules, types of arrays."""
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, types.ModuleType):
        return value.__name__
    if isinstance(value, (np.random.RandomState, np.random.Generator)):
        return "generator"  # it has drawn what it drew; no answer comes from it
    if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)):
        return None
    name = f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', value.__name__)}"
    if "<" in name:
        msg = f"{name.rpartition('.')[2]} is a function without a name to find it by"
        raise _NoFormError(msg)
    return name


def _name_of(value: Any) -> str:
    return str(getattr(value, "__qualname__", None) or type(value).__name__)


def _sha(kind: str, *parts: bytes) -> str:
    """Hash parts with their lengths, so that no two lists of parts run into the same bytes."""
    digest = hashlib.sha256()
    for part in (kind.encode(), *parts):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def _xgboost(booster: Any) -> Iterable[Any]:
    """Give the trees and what they start from, without the version that wrote them."""
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    best = learner.pop("attributes", {}).get("best_iteration")
    return [learner, best]


def _lightgbm(booster: Any) -> Iterable[Any]:
    """Give the text of the model without the parameters it was trained with."""
    text = booster.model_to_string(num_iteration=-1)
    plain = re.sub(r"(?s)\nparameters:.*?\nend of parameters\n", "\n", text)
    return [plain, int(booster.best_iteration)]


def _catboost(model: Any) -> Iterable[Any]:
    """Give the trees as JSON, without the identifier and the time that every file has."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        written = json.loads(path.read_text(encoding="utf-8"))
    written.pop("model_info", None)
    classes = np.asarray(getattr(model, "classes_", []))
    return [written, classes]


def _torch_module(module: Any) -> Iterable[Any]:
    """Give the weights by name, and the layers in words."""
    weights = {name: _tensor(one) for name, one in module.state_dict().items()}
    return [weights, getattr(module, "code", None) or re.sub(r" at 0x[0-9a-f]+", "", repr(module))]


def _tensor(tensor: Any) -> Any:
    return (
        tensor.detach().cpu().float().numpy() if _is_half(tensor) else tensor.detach().cpu().numpy()
    )


def _is_half(tensor: Any) -> bool:
    return str(tensor.dtype) == "torch.bfloat16"  # which numpy does not know


WRITERS: dict[str, Callable[[Any], Iterable[Any]]] = {
    "xgboost.core.Booster": _xgboost,
    "lightgbm.basic.Booster": _lightgbm,
    "catboost.core.CatBoost": _catboost,
    "torch.nn.modules.module.Module": _torch_module,
    "torch.Tensor": lambda tensor: [_tensor(tensor)],
}
"""How models that numbers alone do not rebuild write themselves."""
