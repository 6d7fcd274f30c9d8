"""Fitted attributes from a file that anybody may have written: each checked as it is taken."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from interpkd.exceptions import DamagedFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def take(state: Mapping[str, Any], name: str) -> Any:
    """Give a fitted attribute that must be there."""
    if name not in state:
        msg = f"The saved student lacks {name!r}. Save it again."
        raise DamagedFileError(msg)
    return state[name]


def take_count(state: Mapping[str, Any], name: str) -> int:
    """Give a whole number of at least 1."""
    value = take(state, name)
    if type(value) is not int or not 1 <= value < 2**53:
        refuse_value(name, "a whole number of at least 1", value)
    return value


def take_choice(state: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    """Give one of a few texts."""
    value = take(state, name)
    if not isinstance(value, str) or value not in choices:
        refuse_value(name, f"one of {', '.join(choices)}", value)
    return value


def take_number(state: Mapping[str, Any], name: str) -> float:
    """Give a finite number."""
    value = take(state, name)
    if type(value) is not float or not math.isfinite(value):
        refuse_value(name, "a finite number", value)
    return value


def take_numbers(
    state: Mapping[str, Any], name: str, length: int, *, dtype: Any = np.float64
) -> NDArray[Any]:
    """Give an array of finite numbers."""
    value = take(state, name)
    is_array = isinstance(value, np.ndarray) and value.dtype == dtype
    if not is_array or value.shape != (length,) or not np.isfinite(value).all():
        refuse_value(name, f"{length} finite numbers", value)
    return np.ascontiguousarray(value)


def take_classes(state: Mapping[str, Any], name: str, classes: NDArray[Any]) -> NDArray[Any]:
    """Give the classes in the type they had, if they are those of the document."""
    value = take(state, name)
    is_array = isinstance(value, np.ndarray) and value.ndim == 1
    written = [(type(one), one) for one in classes.tolist()]
    if not is_array or [(type(one), one) for one in value.tolist()] != written:
        refuse_value(name, "the classes of the document", value)
    return np.ascontiguousarray(value)


def refuse_value(name: str, rule: str, value: Any) -> NoReturn:
    """Raise the error of an attribute that breaks a rule."""
    shown = np.array2string(value, threshold=5) if isinstance(value, np.ndarray) else repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    msg = f"The saved student's {name} must be {rule}, got {shown}."
    raise DamagedFileError(msg)
