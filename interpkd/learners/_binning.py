"""Binning: every value becomes a small code, every split a boundary between codes.

Codes keep the order of the values, so a tree on codes is a tree on values. A feature with few
different values loses nothing: each value has its own code, and the thresholds are the middles
between neighbours. A feature with many gets quantiles.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._sketch import SKETCH_ROWS, Sketch
from interpkd.learners._threads import share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

MAX_BINS = 255
"""Bins of a feature in `uint8`; code 255 is a missing value."""

EXACT_VALUES = 4096
"""Up to so many different values of a feature each keeps its own code, in `uint16`."""

SAMPLE_ROWS = SKETCH_ROWS
"""Quantiles of larger data come from a sketch of so many rows."""

COLUMNS = 8
"""Columns whose quantiles are taken at a time: their values in a row are next to each other."""

N_CELLS = 4096
"""Cells of the grid in which the code of a value is looked up."""


@dataclass(frozen=True)
class Binned:
    """Rows as codes.

    Attributes
    ----------
    codes : ndarray of uint8 or uint16 of shape (n_samples, n_features)
        The bin of each value; `missing` for NaN.

    thresholds : tuple of ndarray
        Per feature, rising: a value has code ``c`` when ``thresholds[c - 1] < value <=
        thresholds[c]``.

    missing : int
        The code of a missing value.

    values : tuple of ndarray or None
        Per feature, the value of each code, where each code is one value.

    candidates : sequence of ndarray or None
        Per feature, thresholds to take where the values leave a choice.
    """

    codes: NDArray[Any]
    thresholds: tuple[FloatArray, ...]
    missing: int
    values: tuple[FloatArray, ...] | None = None
    candidates: Sequence[FloatArray] | None = None

    @property
    def n_bins(self) -> NDArray[np.int64]:
        """Number of bins of each feature, the missing one left out, shape (n_features,)."""
        return np.array([len(t) + 1 for t in self.thresholds], dtype=np.int64)

    def threshold_between(self, feature: int, low: float, high: float) -> float:
        """Give the threshold that parts two values of a feature with none between them."""
        if self.candidates is not None:
            inside = self.candidates[feature]
            inside = inside[(inside >= low) & (inside < high)]
            if len(inside):
                nearest = inside[np.abs(inside - (low / 2 + high / 2)).argmin()]
                return _in_few_digits(float(nearest), low, high)
        return float(between(np.array([low]), np.array([high]))[0])


def bin_rows(
    Z: FloatArray,
    weights: FloatArray | None = None,
    candidates: Sequence[FloatArray] | None = None,
    tables: Sequence[NDArray[np.uint64] | None] | None = None,
) -> Binned:
    """Turn rows into codes.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights; a row of weight two counts twice in quantiles. None for one each.

    candidates : sequence of ndarray or None, default=None
        Per feature, rising: thresholds to take where the values leave a choice. Quantiles are
        drawn to the nearest of them.

    tables : sequence of (ndarray of uint64 or None) or None, default=None
        Per feature, the hash of the category of each code, see `Sketch.of`; None for numbers.

    Returns
    -------
    binned : Binned
        The codes and what they stand for: without loss if no feature has more than `EXACT_VALUES`
        different values, else at most `MAX_BINS` codes of about equal weight a feature.
    """
    if len(Z) > SAMPLE_ROWS:
        numbers = Sketch.of_numbers(Z, weights, tables=tables)
        thresholds = numbered_thresholds(Z, numbers, candidates)
        return replace(code_rows(Z, thresholds), candidates=candidates)
    values = _by_column(lambda j: distinct_values(Z[:, j]), Z.shape[1])
    if max(len(v) for v in values) <= EXACT_VALUES:
        thresholds = tuple(between(v[:-1], v[1:]) for v in values)
        return replace(code_rows(Z, thresholds), values=values, candidates=candidates)
    thresholds = _quantiles(Z, weights, candidates)
    return replace(code_rows(Z, thresholds), candidates=candidates)


def sketch_thresholds(
    sketch: Sketch, candidates: Sequence[FloatArray] | None = None
) -> tuple[FloatArray, ...]:
    """Choose the thresholds of each feature of many rows, at quantiles of their sketch.

    Parameters
    ----------
    sketch : Sketch
        Of the rows; a row counts with the weight of all its copies.

    candidates : sequence of ndarray or None, default=None
        As of `bin_rows`.

    Returns
    -------
    thresholds : tuple of ndarray
        Per feature, at most ``MAX_BINS - 1``, rising: `code_part` makes codes in `uint8` of them.
        A feature of fewer different values has one between any two.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import Sketch, sketch_thresholds
    >>> sketch = Sketch.of(np.array([[1.0], [2.0], [2.0], [4.0]]), np.ones(4), tables=[None])
    >>> sketch_thresholds(sketch)
    (array([1.5, 3. ]),)
    """
    return _quantiles(sketch.Z, sketch.rounded().weights, candidates)


def numbered_thresholds(
    Z: FloatArray, numbers: Sketch, candidates: Sequence[FloatArray] | None
) -> tuple[FloatArray, ...]:
    """Choose the thresholds of `sketch_thresholds`, rows of the sketch taken a few columns at a time."""
    return _quantiles(Z, numbers.rounded().weights, candidates, rows=numbers.Z)


def _quantiles(
    Z: FloatArray,
    weights: FloatArray | None,
    candidates: Sequence[FloatArray] | None,
    rows: NDArray[np.int64] | None = None,
) -> tuple[FloatArray, ...]:
    if weights is not None and (weights == weights[0]).all():
        weights = None
    found: list[FloatArray] = [np.empty(0)] * Z.shape[1]

    def do(first: int, last: int) -> None:
        for begin in range(first * COLUMNS, last * COLUMNS, COLUMNS):
            columns = slice(begin, begin + COLUMNS)
            some = Z[:, columns] if rows is None else Z[rows, columns]
            found[columns] = [quantile_thresholds(column, weights) for column in some.T]

    share(do, -(-Z.shape[1] // COLUMNS))
    return tuple(found) if candidates is None else tuple(map(drawn_to, found, candidates))


def code_rows(Z: FloatArray, thresholds: Sequence[FloatArray]) -> Binned:
    """Turn rows into codes of given thresholds."""
    coder = Coder(thresholds)
    return Binned(coder.code(Z), tuple(thresholds), coder.missing)


def code_part(Z: FloatArray, coder: Coder | Sequence[FloatArray]) -> NDArray[Any]:
    """Give the codes of some rows.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows in float32 or float64; NaN is missing.

    coder : Coder or sequence of ndarray
        A coder, which is made once for many rows, or the thresholds of one.

    Returns
    -------
    codes : ndarray of uint8 or uint16 of shape (n_samples, n_features)
        The codes.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import code_part
    >>> code_part(np.array([[0.5], [1.5], [np.nan]]), [np.array([1.0, 2.0])]).ravel()
    array([  0,   1, 255], dtype=uint8)
    """
    return (coder if isinstance(coder, Coder) else Coder(coder)).code(Z)


class Coder:
    """Turns rows into codes of given thresholds; small, and can be pickled.

    Parameters
    ----------
    thresholds : sequence of ndarray
        Per feature, rising.

    Attributes
    ----------
    missing : int
        The code of a missing value: 255 where all codes fit into `uint8`.
    """

    def __init__(self, thresholds: Sequence[FloatArray]) -> None:
        most = max(len(t) for t in thresholds)
        self._type = np.uint8 if most < MAX_BINS else np.uint16
        self.missing = MAX_BINS if most < MAX_BINS else most + 1
        self._table = np.full((len(thresholds), most), np.inf, dtype=np.float32)
        grids = []
        for j, t in enumerate(thresholds):
            self._table[j, : len(t)] = _float32_at_most(t)
            grids.append(_best_grid(self._table[j, : len(t)]))
        self._counts = np.array([grid.counts for grid in grids], dtype=np.uint16)
        self._low = np.array([grid.low for grid in grids])
        self._scale = np.array([grid.scale for grid in grids])
        self._by_digits = np.array([grid.by_digits for grid in grids])

    def code(self, Z: FloatArray) -> NDArray[Any]:
        """Give the codes of rows.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows; NaN is missing.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_features)
            In `uint8` where all fit.
        """
        from interpkd.learners._kernels import CODE_BLOCK, code_values

        codes = np.empty(Z.shape, dtype=self._type)
        grid = self._counts, self._low, self._scale, self._by_digits

        def code(first: int, last: int) -> None:
            code_values(Z, self._table, *grid, self.missing, codes, first, last)

        share(code, -(-len(Z) // CODE_BLOCK))
        return codes


def _by_column(work: Callable[[int], FloatArray], n_columns: int) -> tuple[FloatArray, ...]:
    """Give the results of some work on each column."""
    results = [np.empty(0)] * n_columns

    def do(first: int, last: int) -> None:
        results[first:last] = [work(j) for j in range(first, last)]

    share(do, n_columns)
    return tuple(results)


def _float32_at_most(thresholds: FloatArray) -> NDArray[np.float32]:
    """Give the largest float32 up to each threshold: the same float32 lie above both."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
        return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near)


@dataclass(frozen=True)
class _Grid:
    """Equal cells from the first threshold of a feature to the last.

    Attributes
    ----------
    counts : ndarray of int of shape (N_CELLS + 1,)
        How many thresholds lie below each cell.

    low, scale : float
        A value is in cell ``(place - low) * scale``, or in the first or last.

    by_digits : bool
        What the place of a value is, see `place_of`.
    """

    counts: NDArray[np.intp]
    low: float = 0.0
    scale: float = 1.0
    by_digits: bool = False


def _best_grid(thresholds: NDArray[np.float32]) -> _Grid:
    """Give the grid that leaves fewest thresholds to search among."""
    if not len(thresholds):
        return _Grid(np.zeros(N_CELLS + 1, dtype=np.intp))
    grids = [_grid(thresholds, by_digits=by_digits) for by_digits in (False, True)]
    # values are as likely between any two thresholds, so where many share a cell it is dear
    return min(grids, key=lambda grid: float((np.diff(grid.counts) ** 2).sum()))


def _grid(thresholds: NDArray[np.float32], *, by_digits: bool) -> _Grid:
    most = np.finfo(np.float32).max
    place = _place(thresholds, by_digits=by_digits)
    low, high = _place(np.clip(thresholds[[0, -1]], -most, most), by_digits=by_digits)
    scale = (N_CELLS - 1) / (high - low) if high > low else 1.0
    cells = np.clip((place - low) * scale, 0, N_CELLS - 1).astype(np.int64)
    return _Grid(
        np.searchsorted(cells, np.arange(N_CELLS + 1)), float(low), float(scale), by_digits
    )


def _place(values: NDArray[np.float32], *, by_digits: bool) -> FloatArray:
    """Give the places of values, as `place_of` in the compiled loop."""
    if not by_digits:
        return values.astype(np.float64)
    bits = values.view(np.int32)
    return np.where(bits >= 0, bits, -(bits & 0x7FFFFFFF)).astype(np.float64)


def distinct_values(values: FloatArray) -> FloatArray:
    """Give the different values of a feature, rising; equal in float32 is equal."""
    known = np.sort(values[~np.isnan(values)])
    as_float32 = known.astype(np.float32)
    is_new = np.ones(len(known), dtype=bool)
    is_new[1:] = as_float32[1:] > as_float32[:-1]
    return known[is_new]


def quantile_thresholds(values: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Choose at most ``MAX_BINS - 1`` thresholds of a feature, at weighted quantiles.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Values; NaN is left out.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights; None for one each.

    Returns
    -------
    thresholds : ndarray
        Rising, each between two neighbouring values.
    """
    is_known = ~np.isnan(values)
    known = values[is_known]
    if weights is None:
        known.sort()
    else:
        order = np.argsort(known, kind="stable")
        known, weights = known[order], weights[is_known][order]
    as_float32 = known.astype(np.float32, copy=False)
    is_last = as_float32[1:] > as_float32[:-1]  # the last row of each value but the last
    if np.count_nonzero(is_last) < MAX_BINS:
        steps = np.flatnonzero(is_last)
    else:
        shares = np.arange(1, MAX_BINS) / MAX_BINS
        # half a row of slack: sums of weights are exact up to rounding only
        if weights is None:
            rows = np.ceil(len(known) * (shares - 1e-9)).astype(np.intp) - 1
        else:
            rows = np.searchsorted(np.cumsum(weights), weights.sum() * (shares - 1e-9))
        # to the end of the value, or before the last value
        ends = np.searchsorted(as_float32, as_float32[rows], side="right") - 1
        last = np.searchsorted(as_float32, as_float32[-1]) - 1
        steps = np.unique(np.minimum(ends, last))
    return between(known[steps], known[steps + 1])


def drawn_to(thresholds: FloatArray, candidates: FloatArray) -> FloatArray:
    """Put each threshold on the nearest candidate, if it is nearer to it than to the next one.

    Parameters
    ----------
    thresholds, candidates : ndarray
        Rising.

    Returns
    -------
    thresholds : ndarray
        As many, rising.
    """
    if not len(candidates) or len(thresholds) < 2:
        return thresholds
    after = np.searchsorted(candidates, thresholds).clip(1, len(candidates) - 1)
    before = candidates[np.maximum(after - 1, 0)]
    next_ = candidates[np.minimum(after, len(candidates) - 1)]
    nearest = np.where(thresholds - before < next_ - thresholds, before, next_)
    half = np.diff(thresholds) / 2
    low = thresholds - np.append(half[0], half)
    high = thresholds + np.append(half, half[-1])
    drawn: FloatArray = np.where((low < nearest) & (nearest < high), nearest, thresholds)
    return drawn


def _in_few_digits(threshold: float, low: float, high: float) -> float:
    """Give a number in the fewest digits that is next to nothing away, and parts the same values.

    A threshold just below the higher value stays: it is written as "less than" that value.
    """
    if np.nextafter(np.float32(threshold), np.float32(np.inf)) == np.float32(high):
        return threshold
    low = max(low, float(np.float32(low)))
    high = min(high, float(np.float32(high)))
    for digits in range(1, 13):
        rounded = float(f"{threshold:.{digits}g}")
        if low <= rounded < high and abs(rounded - threshold) <= 1e-3 * (high - low):
            return rounded
    return threshold


def between(low: FloatArray, high: FloatArray) -> FloatArray:
    """Give a threshold half-way between two values, in few digits where these tell them apart.

    The middle of 16.78 and 16.81 in float32 reads 16.795000076293945, in every rule of every
    report. Twelve digits of the true middle send both values to the same sides.
    """
    low, high = low.astype(np.float64), high.astype(np.float64)
    middle = low / 2 + high / 2
    rounded = np.array([float(f"{value:.12g}") for value in middle], dtype=np.float64)
    low32 = low.astype(np.float32).astype(np.float64)
    high32 = high.astype(np.float32).astype(np.float64)
    works = (np.maximum(low, low32) <= rounded) & (rounded < np.minimum(high, high32))
    return np.where(works, rounded, low32 / 2 + high32 / 2)
