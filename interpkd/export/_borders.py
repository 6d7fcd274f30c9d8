"""The borders of trees, as engines of other numbers must compare them.

A tree of scikit-learn compares ``float32(x) <= threshold``. An engine of doubles that compared
``x <= threshold`` would send a number that rounds onto the threshold to the other side.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import numpy as np


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
    >>> from interpkd.export._borders import single_border
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
    >>> from interpkd.export._borders import double_border
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
