"""Single values that exports have gone wrong on."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._borders import double_border, single_border

if TYPE_CHECKING:
    from collections.abc import Sequence

SINGLE_MAX = float(np.finfo(np.float32).max)

EXTREMES = (0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e-310, 1.4e-45, -1.4e-45, 1e-40, 1.2e-38)
"""Zeros and numbers that are nearly zero: denormal in double or in single precision."""

LARGE = (2.0**24 + 1, 2.0**53 + 2, 1e30)
"""Numbers that single precision, integers or texts do not hold exactly."""

SCORES = (1.0, 40.0, 710.0, 746.0, 1000.0)
"""Scores at which one minus a probability, the exponential, and its inverse leave the doubles."""

TEXTS = ("", " ", "unseen", "NULL", "None", "nan", "0", "é", "true")
"""Texts that mean something elsewhere."""

N_NEAR = 8
"""Categories whose likes are tried."""


def single_holds(value: float) -> bool:
    """Tell whether single precision rounds a number to a finite one."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.float32(value)))


def border_values(threshold: float) -> list[float]:
    """Give what lies on and beside a border, in both precisions.

    Parameters
    ----------
    threshold : float
        The border; an infinite one has the largest numbers beside it.

    Returns
    -------
    values : list of float
        The threshold, the largest numbers that are not above it in either precision, and the
        two neighbours of each in either precision.
    """
    if np.isinf(threshold):
        return [-SINGLE_MAX, SINGLE_MAX]
    values: set[float] = set()
    with np.errstate(over="ignore"):
        for middle in (threshold, single_border(threshold), double_border(threshold)):
            for kind in (np.float32, np.float64):
                near = kind(middle)
                values |= {float(np.nextafter(near, kind(end))) for end in (-np.inf, np.inf)}
                values |= {float(near)}
    return sorted(value for value in values if single_holds(value))


def extreme_values(data: dict[str, Any], i: int) -> list[float]:
    """Give extreme numbers for a column.

    Parameters
    ----------
    data : dict
        The document of a student.

    i : int
        The column's place.

    Returns
    -------
    values : list of float
        Zeros, numbers beside zero, large ones, the column's ends and what is beyond; of a linear
        student the numbers at which exponentials overflow, of others the largest there are.
    """
    column = data["columns"][i]
    values = [*EXTREMES, *LARGE, *(-value for value in LARGE)]
    low, high = column["minimum"], column["maximum"]
    if low is not None and high is not None:
        values += [low, high, low - 1 - (high - low), high + 1 + (high - low)]
    if "terms" in data:
        largest = max(abs(one) for one in data["terms"][i]["values"])
        if largest > 0:
            values += [sign * score / largest for score in SCORES for sign in (-1, 1)]
        # sums beyond single precision are no numbers there: 1e30 is large enough
        return [value for value in values if abs(value) <= LARGE[-1]]
    values += [-SINGLE_MAX, SINGLE_MAX]
    return [value for value in values if single_holds(value)]


def unseen_values(labels: Sequence[Any]) -> list[Any]:
    """Give values that are nearly categories, and are none.

    Parameters
    ----------
    labels : sequence
        The categories of a column.

    Returns
    -------
    values : list
        Texts that differ by case, space or accent, or numbers, as the categories are; whole ones
        where all categories are whole, and none beside truth values.
    """
    known = set(labels)
    texts = [label for label in labels if isinstance(label, str)]
    numbers = [v for v in labels if isinstance(v, (int, float)) and not isinstance(v, bool)]
    made: list[Any] = []
    if texts or not labels:
        made += TEXTS[2:3]
        for text in texts[:N_NEAR]:
            made += [text.swapcase(), f"{text} ", f" {text}", f"{text}\u0301", text[:-1]]
            made += [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC")]
        made += TEXTS
    if numbers:
        made += [max(numbers) + 1, min(numbers) - 1]
        made += [] if all(isinstance(v, int) for v in numbers) else [numbers[0] + 0.25]
    return list(dict.fromkeys(value for value in made if value not in known))
