"""Numbers without the digits that rounding errors decide."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


def leading_digits(values: FloatArray, n_digits: int) -> FloatArray:
    """Round to a number of leading digits, whatever the size of the number.

    Parameters
    ----------
    values : ndarray
        Finite numbers.

    n_digits : int
        How many decimal digits of the binary mantissa, in [0.5, 1), are kept.

    Returns
    -------
    rounded : ndarray
        Of the same shape.
    """
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa, n_digits), exponent)


def short_decimal(value: float, following: float) -> float:
    """Give the shortest decimal from a value on, below a following one: a readable threshold.

    Parameters
    ----------
    value, following : float
        The range, `value` below `following`.

    Returns
    -------
    threshold : float
        `value` itself where nothing shorter lies in between.

    Examples
    --------
    >>> short_decimal(0.123456, 0.128)
    0.124
    """
    if not np.isfinite(value):
        return value
    highest = np.floor(np.log10(max(abs(value), abs(min(following, 1e300)), 1e-300)))
    for n_digits in range(17):
        step = 10.0 ** (highest - n_digits)
        # through its text, or the product would bring digits of its own
        rounded = float(f"{np.ceil(value / step) * step:.{n_digits + 2}g}")
        if value <= rounded < following:
            return rounded
    return value
