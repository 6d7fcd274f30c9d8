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
