"""What counts as drift: the conventions, and what the user puts in their place."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from interpkd.exceptions import InvalidInputError

THRESHOLDS: dict[str, float] = {
    "psi_warning": 0.1,
    "psi_alarm": 0.25,
    "share_warning": 0.01,
    "share_alarm": 0.05,
    "fidelity_tolerance": 0.02,
    "calibration_tolerance": 0.02,
    "performance_tolerance": 0.02,
}
"""The conventions: a population stability index of 0.1 is worth a look and of 0.25 a major shift
(N. Siddiqi, "Credit Risk Scorecards", 2006); the others are this package's own."""

MEANINGS: dict[str, str] = {
    "psi_warning": "Population stability index from which a column or score is a warning",
    "psi_alarm": "Population stability index from which it is an alarm",
    "share_warning": "Share of rows with new missing values, unseen categories or values outside "
    "the known range from which a column is a warning",
    "share_alarm": "The same share from which it is an alarm",
    "fidelity_tolerance": "How far beyond the interval of today's fidelity is an alarm",
    "calibration_tolerance": "The same of the calibration; of a regression in standard deviations "
    "of the target",
    "performance_tolerance": "The same of the performance",
}
"""What each threshold means, as the report prints it."""

TEXTS = {"how_often": "How often", "responsible": "Who is responsible"}
"""What only the user can say of the plan."""


def check_monitoring(monitoring: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give the thresholds, and what the user says of the plan.

    Parameters
    ----------
    monitoring : mapping or None
        Names of `THRESHOLDS` to numbers of at least 0, and of `TEXTS` to texts.

    Returns
    -------
    plan : dict
        "thresholds", and every name of `TEXTS` with its text or None.

    Raises
    ------
    InvalidInputError
        If a name is not known or a value breaks its rule.
    """
    given = {} if monitoring is None else monitoring
    if not isinstance(given, Mapping):
        msg = f"monitoring must be a mapping of names to values, got {type(given).__name__}."
        raise InvalidInputError(msg)
    known = [*THRESHOLDS, *TEXTS]
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        msg = f"monitoring holds the unknown name {unknown[0]!r}. Known: {', '.join(known)}."
        raise InvalidInputError(msg)
    thresholds = {name: _number(name, given.get(name, usual)) for name, usual in THRESHOLDS.items()}
    for kind in ("psi", "share"):
        low, high = thresholds[f"{kind}_warning"], thresholds[f"{kind}_alarm"]
        if low > high:
            msg = (
                f"monitoring['{kind}_warning'] is {low:g} and '{kind}_alarm' {high:g}; a warning "
                "comes before the alarm, so it must not be larger."
            )
            raise InvalidInputError(msg)
    return {"thresholds": thresholds, **{name: _text(name, given.get(name)) for name in TEXTS}}


def _number(name: str, value: Any) -> float:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    most = 1.0 if name.startswith("share") else math.inf
    if not is_number or not math.isfinite(value) or not 0 <= value <= most:
        rule = "from 0 to 1" if most == 1 else "of at least 0"
        msg = f"monitoring[{name!r}] must be a number {rule}, got {value!r}."
        raise InvalidInputError(msg)
    return float(value)


def _text(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, (str, int, float)):
        msg = f"monitoring[{name!r}] must be a text, got {type(value).__name__}."
        raise InvalidInputError(msg)
    return str(value).strip()
