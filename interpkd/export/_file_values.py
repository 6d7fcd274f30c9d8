"""Parameters and fitted attributes as JSON: what JSON has no sign for is an object of one key.

A number that is infinite or none, a tuple, a mapping, an array (which is a member of its own), a
random state and a splitter of scikit-learn are such objects; every other value stands as it is.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from interpkd._saved_classes import saved_splitter, splitter_of
from interpkd.exceptions import DamagedFileError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DEEPEST = 12
"""Lists in lists up to which values are read."""

PLAIN_KINDS = "biufU"
"""Kinds of arrays that are written: truth values, numbers, texts."""


class Packer:
    """Write values as JSON, and put arrays aside.

    Attributes
    ----------
    arrays : dict
        Names to the arrays that were found.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self._writers: dict[type, Callable[[Any, str], Any]] = {
            int: self._integer,
            float: self._float,
            list: self._list,
            tuple: self._tuple,
            dict: self._mapping,
            np.ndarray: self._array,
            np.random.RandomState: self._random_state,
        }

    def pack(self, value: Any, name: str) -> Any:
        """Write a value.

        Parameters
        ----------
        value : object
            A plain value, an array, or a list or mapping of them.

        name : str
            Whose value it is: the parameter or attribute.

        Returns
        -------
        packed : object
            The same for JSON.

        Raises
        ------
        InvalidInputError
            If it is of another kind.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, (bool, str)):
            return value
        for kind, write in self._writers.items():
            if isinstance(value, kind):
                return write(value, name)
        kind_of_splitter = saved_splitter(value)
        if kind_of_splitter is None:
            _refuse(name, value)
        return {"splitter": [kind_of_splitter, self.pack(_arguments(value), name)]}

    def _integer(self, value: int, name: str) -> int:
        return value if abs(value) < 2**63 else _refuse(name, value)

    def _float(self, value: float, name: str) -> Any:
        del name
        return value if math.isfinite(value) else {"number": str(value)}

    def _list(self, value: list[Any], name: str) -> list[Any]:
        return [self.pack(one, name) for one in value]

    def _tuple(self, value: tuple[Any, ...], name: str) -> Any:
        return {"tuple": self._list([*value], name)}

    def _mapping(self, value: dict[Any, Any], name: str) -> Any:
        if all(isinstance(key, str) for key in value):
            return {"mapping": {key: self.pack(one, name) for key, one in value.items()}}
        return {"pairs": [self._list([*pair], name) for pair in value.items()]}

    def _random_state(self, value: np.random.RandomState, name: str) -> Any:
        return {"random_state": self.pack(_flat(value.get_state(legacy=False)), name)}

    def _array(self, value: NDArray[Any], name: str) -> Any:
        if value.dtype == object and value.ndim == 1:
            return {"objects": [self.pack(one, name) for one in value.tolist()]}
        if value.dtype.kind not in PLAIN_KINDS or value.dtype.itemsize > 2**14:
            _refuse(name, value)
        place = next(
            one
            for one in (name, *(f"{name}-{k}" for k in range(2, 1000)))
            if one not in self.arrays
        )
        self.arrays[place] = value
        return {"array": place}


def unpack(value: Any, arrays: dict[str, NDArray[Any]], *, depth: int = 0) -> Any:
    """Read a value that `Packer` wrote.

    Parameters
    ----------
    value : object
        From JSON.

    arrays : dict
        Names to arrays; one that is used is taken out.

    depth : int, default=0
        How deep it lies.

    Returns
    -------
    value : object
        The value.

    Raises
    ------
    DamagedFileError
        If it is no such value.
    """
    if depth > DEEPEST:
        msg = f"A value of the manifest is nested more than {DEEPEST} deep."
        raise DamagedFileError(msg)

    def inner(one: Any) -> Any:
        return unpack(one, arrays, depth=depth + 1)

    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _strange(value)
    if isinstance(value, list):
        return [inner(one) for one in value]
    [(kind, given)] = value.items() if len(value) == 1 else [(None, value)]
    if kind == "array" and isinstance(given, str) and given in arrays:
        return arrays.pop(given)
    if kind not in READERS:
        _strange(value)
    return READERS[kind](given, inner)


def _tuple(given: Any, inner: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(inner(one) for one in _list(given))


def _objects(given: Any, inner: Callable[[Any], Any]) -> NDArray[Any]:
    array = np.empty(len(_list(given)), dtype=object)
    array[:] = [inner(one) for one in given]
    return array


def _number(given: Any, inner: Callable[[Any], Any]) -> float:
    del inner
    return float(given) if given in ("inf", "-inf", "nan") else _strange(given)


def _mapping(given: Any, inner: Callable[[Any], Any]) -> dict[str, Any]:
    if not isinstance(given, dict):
        _strange(given)
    return {key: inner(one) for key, one in given.items()}


def _pairs(given: Any, inner: Callable[[Any], Any]) -> dict[Any, Any]:
    pairs = [[inner(one) for one in _list(pair, 2)] for pair in _list(given)]
    keys = [key for key, _ in pairs]
    if not all(key is None or isinstance(key, (str, int, float)) for key in keys):
        _strange(keys)
    if len(set(keys)) < len(keys):
        _strange(keys)
    return dict(pairs)


def _random_state(given: Any, inner: Callable[[Any], Any]) -> np.random.RandomState:
    state = inner(given)
    key = state.pop("key", None) if isinstance(state, dict) else None
    numbers = {"pos": int, "has_gauss": int, "gauss": float}
    if {*state} != {*numbers} or any(type(state[name]) is not numbers[name] for name in numbers):
        _strange(given)
    is_key = isinstance(key, np.ndarray) and key.shape == (624,) and key.dtype == np.uint32
    if not is_key or not 0 <= state["pos"] <= 624 or state["has_gauss"] not in (0, 1):
        _strange(given)
    generator = np.random.RandomState(0)
    inside = {"key": key, "pos": state.pop("pos")}
    generator.set_state({"bit_generator": "MT19937", "state": inside, **state})
    return generator


def _splitter(given: Any, inner: Callable[[Any], Any]) -> Any:
    name, packed = _list(given, 2)
    arguments = inner(packed)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        _strange(given)
    return splitter_of(name)(**arguments)


READERS: dict[Any, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "tuple": _tuple,
    "objects": _objects,
    "number": _number,
    "mapping": _mapping,
    "pairs": _pairs,
    "random_state": _random_state,
    "splitter": _splitter,
}


def _arguments(splitter: Any) -> dict[str, Any]:
    """Give what a splitter of scikit-learn was made from; repeated ones keep some in `cvargs`."""
    known = {**getattr(splitter, "cvargs", {}), **vars(splitter)}
    names = [
        one.name
        for one in inspect.signature(type(splitter)).parameters.values()
        if one.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    return {name: known[name] for name in names}


def _flat(state: Any) -> dict[str, Any]:
    inside = state["state"]
    return {
        "key": np.asarray(inside["key"], dtype=np.uint32),
        "pos": int(inside["pos"]),
        "has_gauss": int(state["has_gauss"]),
        "gauss": float(state["gauss"]),
    }


def _list(value: Any, length: int | None = None) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        _strange(value)
    return value


def _refuse(name: str, value: Any) -> NoReturn:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    msg = (
        f"{name}={shown} cannot be saved: a file holds plain values, lists, mappings and arrays of "
        f"numbers or texts, and splitters of scikit-learn. Nothing fitted depends on it any more: "
        f"set it to such a value, student.set_params({name}=...), and save again."
    )
    raise InvalidInputError(msg)


def _strange(value: Any) -> NoReturn:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    msg = f"A value of the manifest is none that save writes: {shown}."
    raise DamagedFileError(msg)
