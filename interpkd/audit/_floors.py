"""The floors of the checks: what is asked of a student unless its user asks something else.

They are conventions, not law: a floor says from where on a reader should look, and which one is
right depends on what the model is for.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any

from interpkd.exceptions import InvalidInputError

FLOORS: Mapping[str, float] = MappingProxyType(
    {
        "agreement": 0.9,
        "r2": 0.8,
        "segment_agreement": 0.8,
        "segment_error_ratio": 2.0,
        "kappa": 0.6,
        "class_agreement": 0.7,
        "chance_agreement": 0.6,
        "explanation_rank": 0.7,
        "explanation_sign": 0.8,
        "label_memory": 0.1,
        "leakage_gap": 0.05,
        "calibration_bias": 0.05,
        "calibration_error": 0.1,
        "mean_error": 0.1,
        "rows_per_rule": 30.0,
        "rows_per_parameter": 10.0,
        "leaf_rows": 20.0,
        "recurrence": 0.5,
        "churn": 0.1,
        "outside_share": 0.05,
        "shared_share": 0.01,
        "proved_share": 0.8,
        "border_share": 0.05,
        "proxy_auc": 0.8,
        "group_change": 0.02,
    }
)
"""Default floors and ceilings by name; the documentation of the checks says what each is for."""


def check_floors(floors: Mapping[str, float] | None) -> dict[str, float]:
    """Give every floor: the user's, or the default.

    Parameters
    ----------
    floors : mapping or None
        Known names to numbers.

    Returns
    -------
    floors : dict of str to float
        All names of `FLOORS`, in their order.

    Raises
    ------
    InvalidInputError
        If a name is not known, or a value is no finite number.
    """
    given = {} if floors is None else floors
    if not isinstance(given, Mapping):
        msg = f"floors must be a mapping of names to numbers, got {type(given).__name__}."
        raise InvalidInputError(msg)
    unknown = [name for name in given if name not in FLOORS]
    if unknown:
        msg = f"floors holds the unknown name {unknown[0]!r}. Known names: {', '.join(FLOORS)}."
        raise InvalidInputError(msg)
    for name, value in given.items():
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            msg = f"floors[{name!r}] must be a finite number, got {value!r}."
            raise InvalidInputError(msg)
    return {name: float(given.get(name, default)) for name, default in FLOORS.items()}


def floor(data: Mapping[str, Any], name: str) -> float:
    """Give a floor of a report; the default where it was written without this one."""
    return float(data.get("floors", {}).get(name, FLOORS[name]))
