"""What the generators share: the check of their arguments, and category columns."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_n_samples(n_samples: Any) -> int:
    """Give the number of rows as an int, or say that it is none.

    Raises
    ------
    InvalidInputError
        If it is not a whole number of at least 1.
    """
    if not isinstance(n_samples, Integral) or isinstance(n_samples, bool) or n_samples < 1:
        msg = f"n_samples must be a whole number of at least 1, got {n_samples!r}."
        raise InvalidInputError(msg)
    return int(n_samples)


def check_effect(name: str, effect: Any) -> float:
    """Give an effect on the log-odds as a float, or say that it is none.

    Raises
    ------
    InvalidInputError
        If it is not a finite number.
    """
    is_number = isinstance(effect, Real) and not isinstance(effect, bool)
    if not is_number or not math.isfinite(effect):
        msg = f"{name} must be a finite number, a difference of log-odds, got {effect!r}."
        raise InvalidInputError(msg)
    return float(effect)


def categories(codes: Any, names: Sequence[str]) -> Any:
    """Give a pandas category column; -1 is missing."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=list(names))
