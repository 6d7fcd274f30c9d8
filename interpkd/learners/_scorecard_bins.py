"""The bins of a scorecard's columns: intervals of numbers, groups of categories, values apart.

The known bins of a column come first, in the order of its values (of categories: in the order of
what the teacher says of them); then one bin for each special value, then one for missing values.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray

NEARLY = 1e-9
"""What rounding may do to a sum of weights; a bin edge must not hang on it."""

FEW_CUTS = 64
"""With no more cuts, all of them are compared with every value."""

IN_CACHE = 4096
"""Values that are compared at once."""


@dataclass(frozen=True)
class ScorecardBins:
    """The bins of one column.

    Attributes
    ----------
    cuts : ndarray of shape (n_cuts,)
        Ascending upper ends of the intervals; a value equal to a cut is below it.

    special : ndarray of shape (n_special,)
        Ascending values that each have a bin of their own.

    groups : ndarray of shape (n_categories,) or None
        Of a category column, the bin of each code; None for numbers.
    """

    cuts: FloatArray = field(default_factory=lambda: np.zeros(0))
    special: FloatArray = field(default_factory=lambda: np.zeros(0))
    groups: IntArray | None = None

    @property
    def n_known(self) -> int:
        """Number of bins of known values, without special ones."""
        if self.groups is None:
            return len(self.cuts) + 1
        return int(self.groups.max(initial=0)) + 1

    @property
    def n_bins(self) -> int:
        """Number of all bins, that of missing values included."""
        return self.n_known + len(self.special) + 1

    def codes(self, values: FloatArray) -> NDArray[np.int16]:
        """Give the bin of each value.

        Parameters
        ----------
        values : ndarray of shape (n_samples,)
            Numbers or codes of categories; NaN is missing, and so is a code of no category.

        Returns
        -------
        codes : ndarray of shape (n_samples,)
            From 0 to ``n_bins - 1``.
        """
        missing = self.n_bins - 1
        known = ~np.isnan(values)
        codes = np.full(len(values), missing, dtype=np.int16)
        if self.groups is None:
            np.copyto(codes, _n_below(self.cuts, values), where=known, casting="unsafe")
            for i, value in enumerate(self.special):
                codes[values == value] = self.n_known + i
            return codes
        known &= (values >= 0) & (values < len(self.groups))
        codes[known] = self.groups[values[known].astype(np.intp)]
        return codes


def _n_below(cuts: FloatArray, values: FloatArray) -> NDArray[Any]:
    """Count the cuts below each value, as a binary search does."""
    if len(cuts) > FEW_CUTS:
        return np.searchsorted(cuts, values, side="left")
    n_below = np.zeros(len(values), dtype=np.int8)
    for start in range(0, len(values), IN_CACHE):
        block = slice(start, start + IN_CACHE)
        held = np.ascontiguousarray(values[block])
        for cut in cuts:  # comparing all is faster than jumping about, for a card's few cuts
            n_below[block] += (held > cut).view(np.int8)
    return n_below


def fine_bins(
    values: FloatArray, weights: FloatArray, special: FloatArray, n_categories: int, most: int
) -> ScorecardBins:
    """Cut one column into many bins, before anything is fitted.

    Few different values have a bin each. Of many, those with a large share have one each and the
    rest lie in bins of equal weight. Every category has its own.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        The column, NaN where missing.

    weights : ndarray of shape (n_samples,)
        Row weights.

    special : ndarray of shape (n_special,)
        Values that are no numbers of the same scale.

    n_categories : int
        Number of categories; 0 for a column of numbers.

    most : int
        Bins of equal weight to cut into; frequent values may add as many again at most.

    Returns
    -------
    bins : ScorecardBins
        The fine bins.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fine_bins
    >>> bins = fine_bins(np.array([1.0, 1.0, 2.0, np.nan]), np.ones(4), np.array([]), 0, 40)
    >>> bins.n_bins  # two values, and missing
    3
    """
    if n_categories:
        return ScorecardBins(groups=np.arange(n_categories))
    known = ~(np.isnan(values) | np.isin(values, special))
    levels, place = np.unique(values[known], return_inverse=True)
    if len(levels) < 2:
        return ScorecardBins(special=special)
    if len(levels) <= most:
        ends = np.arange(len(levels) - 1)
    else:
        mass = np.asarray(np.bincount(place, weights[known]), dtype=np.float64)
        ends = np.flatnonzero(np.diff(_parts(mass, most)))
    cuts = [simple_between(levels[i], levels[i + 1]) for i in ends]
    return ScorecardBins(np.array(cuts), special)


def _parts(mass: FloatArray, most: int) -> IntArray:
    """Give numbers to the runs of neighbouring levels that make up a fine bin."""
    total = mass.sum()
    is_heavy = mass >= total / most * (1 - NEARLY)
    light = np.where(is_heavy, 0.0, mass)
    n_light = max(1, most - int(is_heavy.sum()))
    middle = np.cumsum(light) - light / 2
    part = np.floor(middle / max(light.sum(), 1e-300) * n_light + NEARLY).astype(np.int64)
    # a heavy level differs from both neighbours, whatever equal-weight part those are in
    starts = np.zeros(len(mass), dtype=np.int64)
    starts[1:] = (np.diff(part) != 0) | is_heavy[1:] | is_heavy[:-1]
    return np.cumsum(starts)


def simple_between(lower: float, upper: float) -> float:
    """Give the number with the fewest digits between two, near their middle.

    Parameters
    ----------
    lower, upper : float
        Two numbers, the first below the second.

    Returns
    -------
    between : float
        Above `lower` and below `upper`; `lower` where no float is between them.
    """
    middle = lower / 2 + upper / 2
    for digits in range(1, 18):
        simple = float(f"{middle:.{digits}g}")
        if lower < simple < upper:
            return simple
    return float(lower)
