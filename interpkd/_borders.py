"""The borders of trees, as engines of other numbers must compare them.

A tree of scikit-learn compares ``float32(x) <= threshold``. An engine of doubles that compared
``x <= threshold`` would send a number that rounds onto the threshold to the other side.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class BorderText(NamedTuple):
    """How a threshold is written; made by :func:`border_text`.

    Attributes
    ----------
    value : float
        The number that is written.

    below, above : str
        The signs of the two sides, as in ``x < 39.0`` and ``x >= 39.0``, or ``39.0 <= x``.
    """

    value: float
    below: str
    above: str

    @property
    def before(self) -> str:
        """The sign of the upper side where the number stands before the name."""
        return {">": "<", ">=": "<="}[self.above]


def border_text(threshold: float) -> BorderText:
    """Give the shorter way to write a threshold that single precision compares with.

    Parameters
    ----------
    threshold : float
        A finite threshold.

    Returns
    -------
    text : BorderText
        ``<= threshold``, or ``< following`` where the next number of single precision is the
        shorter to write: boosters split at ``x < 39``, which is ``x <= 38.999996185302734``. Both
        say the same of numbers in single precision, a following 0.1 being its 0.1.

    Examples
    --------
    >>> from interpkd._borders import border_text
    >>> border_text(38.999996185302734), border_text(0.5)
    (BorderText(value=39.0, below='<', above='>='), BorderText(value=0.5, below='<=', above='>'))
    """
    value = float(threshold)
    last = np.float32(single_border(value))
    with np.errstate(over="ignore"):
        following = np.nextafter(last, np.float32(np.inf))
    if np.isfinite(following) and len(str(following)) < min(len(str(last)), len(repr(value))):
        return BorderText(float(str(following)), "<", ">=")
    return BorderText(value, "<=", ">")


def short_border(threshold: float) -> BorderText:
    """Give the shortest way to write a threshold that single precision compares with.

    Parameters
    ----------
    threshold : float
        A finite threshold.

    Returns
    -------
    text : BorderText
        As of `border_text`, or the threshold in the digits of single precision: 0.8 for
        0.800000011920929, which says the same of numbers in single precision. Fewer digits could
        put rows on the other side.

    Examples
    --------
    >>> from interpkd._borders import short_border
    >>> short_border(0.800000011920929).value, short_border(38.999996185302734).value
    (0.8, 39.0)
    """
    exact = border_text(threshold)
    single = float(str(np.float32(single_border(threshold))))
    if exact.below == "<=" and len(repr(single)) < len(repr(exact.value)):
        return BorderText(single, "<=", ">")
    return exact


def short_bound(threshold: float) -> float:
    """Give the threshold that `border_text` writes as `short_border` does.

    Parameters
    ----------
    threshold : float
        A finite threshold.

    Returns
    -------
    bound : float
        For numbers in single precision the same threshold.

    Examples
    --------
    >>> from interpkd._borders import short_bound
    >>> short_bound(0.800000011920929), short_bound(38.999996185302734)
    (0.8, 38.999996185302734)
    """
    short = short_border(threshold)
    return threshold if short.below == "<" else short.value


def single_border(threshold: float) -> float:
    """Give the largest number of single precision that is not above a threshold.

    Parameters
    ----------
    threshold : float
        A threshold; infinite ones stay as they are.

    Returns
    -------
    border : float
        For every x of single precision, ``x <= border`` exactly where ``x <= threshold``.

    Examples
    --------
    >>> from interpkd._borders import single_border
    >>> single_border(0.5), single_border(0.1)
    (0.5, 0.09999999403953552)
    """
    with np.errstate(over="ignore"):
        near = np.float32(threshold)
    if np.isinf(threshold) or float(near) <= threshold:
        return float(near)
    return float(np.nextafter(near, np.float32(-np.inf)))


def double_border(threshold: float) -> float:
    """Give the largest double that single precision rounds to a number not above a threshold.

    Parameters
    ----------
    threshold : float
        A threshold; infinite ones stay as they are.

    Returns
    -------
    border : float
        For every finite double x, ``x <= border`` exactly where ``float32(x) <= threshold``.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd._borders import double_border
    >>> border = double_border(0.5)
    >>> border > 0.5, bool(np.float32(border) <= 0.5), bool(np.float32(np.nextafter(border, 1)) <= 0.5)
    (True, True, False)
    """
    if np.isinf(threshold):
        return float(threshold)
    last = np.float32(single_border(threshold))
    with np.errstate(over="ignore"):
        following = float(np.nextafter(last, np.float32(np.inf)))
    if np.isinf(following):  # all that single precision holds is at most the threshold
        return float(last) if np.isinf(last) else float(np.finfo(np.float64).max)
    middle = (float(last) + following) / 2  # exact in a double
    with np.errstate(over="ignore"):
        # halfway goes to the even one
        return middle if np.float32(middle) <= last else float(np.nextafter(middle, -np.inf))
