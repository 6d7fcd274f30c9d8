"""How well probabilities rank the rows that a model decides."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd._digits import leading_digits
from interpkd.fidelity._ranked_pairs import RankedPairs
from interpkd.fidelity._statistics import MeanOf, Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.fidelity._statistics import Statistic

TIE_DIGITS = 12
"""Probabilities that differ after these leading digits only are a tie."""


def area_under_curve(decided: NDArray[np.intp], P: FloatArray, *, undefined: str) -> Statistic:
    """Give the AUC of probabilities for decided classes: one area, or the mean of one-vs-rest.

    Probabilities with the same leading 12 digits count as ties: two leaves of a tree that share a
    value may differ in the last digit once their rows are made to sum to one.

    Parameters
    ----------
    decided : ndarray of shape (n_samples,)
        Positions of classes.

    P : ndarray of shape (n_samples, n_classes)
        Probabilities that rank the rows.

    undefined : str
        What to say when one class only is decided.

    Returns
    -------
    statistic : Statistic
        The area.
    """
    scores = leading_digits(P, TIE_DIGITS)
    if P.shape[1] == 2:
        return RankedPairs(decided == 1, scores[:, 1], undefined=undefined)
    areas = [
        RankedPairs(decided == k, scores[:, k], undefined=undefined) for k in np.unique(decided)
    ]
    if len(areas) < 2:
        return Undefined(undefined)
    return MeanOf(areas, note=f"mean of one-vs-rest areas of {len(areas)} of {P.shape[1]} classes")
