"""A mean inside a segment, outside it, and the gap between the two, on the same resamples."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._intervals import MIN_UNITS, ScoreEstimate, clopper_pearson, measure

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._sample import Sample


class MeanWhere:
    """Weighted mean of one number per row over some of the rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        The numbers.

    where : ndarray of bool of shape (n_rows,)
        The rows that count; at least one.
    """

    undefined = ""
    note = ""

    def __init__(self, rows: FloatArray, where: BoolArray) -> None:
        self._rows = rows
        self._where = where.astype(np.float64)

    def values(self, W: FloatArray) -> FloatArray:
        """Give the mean under each weighting; NaN where none of the rows has weight."""
        total = self._where @ W
        summed = (self._where * self._rows) @ W
        return np.divide(summed, total, out=np.full(W.shape[1], np.nan), where=total > 0)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give w (row - mean) / sum of w for the rows that count, 0 for the others."""
        w = w * self._where
        return w * (self._rows - self._rows @ w / w.sum()) / w.sum()


class MeanGap:
    """Mean inside a segment minus the mean outside.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        One number per row.

    inside : ndarray of bool of shape (n_rows,)
        The rows of the segment; some, and not all.
    """

    undefined = ""
    note = ""

    def __init__(self, rows: FloatArray, inside: BoolArray) -> None:
        self._inside, self._rest = MeanWhere(rows, inside), MeanWhere(rows, ~inside)

    def values(self, W: FloatArray) -> FloatArray:
        """Give the gap under each weighting; NaN where one side has no weight."""
        return self._inside.values(W) - self._rest.values(W)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the difference of the two influences."""
        return self._inside.influence(w) - self._rest.influence(w)


def exact_comparison(holds: BoolArray, inside: BoolArray, alpha: float) -> list[ScoreEstimate]:
    """Compare a share inside a segment with the share outside, for independent equal rows.

    Parameters
    ----------
    holds : ndarray of bool of shape (n_rows,)
        The rows on which a statement holds.

    inside : ndarray of bool of shape (n_rows,)
        The rows of the segment; some, and not all.

    alpha : float
        One minus the confidence of each interval.

    Returns
    -------
    estimates : list of ScoreEstimate
        Share inside, share outside, inside minus outside.
    """
    counts = [(int(holds[part].sum()), int(part.sum())) for part in (inside, ~inside)]
    shares = [
        ScoreEstimate(k / n, *clopper_pearson(k, n, alpha), n, "Clopper-Pearson, exact")
        for k, n in counts
    ]
    # each of two intervals misses with half the risk, so their difference with no more than all
    (low, high), (rest_low, rest_high) = (clopper_pearson(k, n, alpha / 2) for k, n in counts)
    gap = ScoreEstimate(
        counts[0][0] / counts[0][1] - counts[1][0] / counts[1][1],
        low - rest_high,
        high - rest_low,
        len(holds),
        "from two Clopper-Pearson intervals at half the risk each, exact",
    )
    return [*shares, gap]


def resampled_comparisons(
    values: FloatArray, insides: list[BoolArray], sample: Sample, alpha: float
) -> list[list[ScoreEstimate]]:
    """Compare means inside segments with those outside by resampling rows or whole groups.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        One number per row.

    insides : list of ndarray of bool of shape (n_rows,)
        The rows of each segment; some, and not all.

    sample : Sample
        Weights and groups of the rows.

    alpha : float
        One minus the confidence of each interval.

    Returns
    -------
    estimates : list of list of ScoreEstimate
        Per segment: mean inside, mean outside, inside minus outside. No interval where fewer
        than 10 rows or groups lie on one side.
    """
    statistics: dict[tuple[int, str], MeanWhere | MeanGap] = {}
    for k, inside in enumerate(insides):
        statistics[k, "inside"] = MeanWhere(values, inside)
        statistics[k, "rest"] = MeanWhere(values, ~inside)
        statistics[k, "gap"] = MeanGap(values, inside)
    measured = measure(statistics, sample, alpha)
    return [
        [
            _honest(measured[k, part], sample, sides)
            for part, sides in (
                ("inside", [inside]),
                ("rest", [~inside]),
                ("gap", [inside, ~inside]),
            )
        ]
        for k, inside in enumerate(insides)
    ]


def _honest(score: ScoreEstimate, sample: Sample, sides: list[BoolArray]) -> ScoreEstimate:
    """Count the rows of the sides, and withdraw the interval where one has few units."""
    n = int(np.logical_or.reduce(sides).sum())
    fewest = min(
        np.count_nonzero(sample.total_by_unit(side.astype(np.float64)) > 0) for side in sides
    )
    if fewest >= MIN_UNITS:
        return ScoreEstimate(score.estimate, score.low, score.high, n, score.method)
    units = "rows" if sample.groups is None else "groups"
    method = f"no interval: {fewest} {units}, at least {MIN_UNITS} are needed to resample"
    return ScoreEstimate(score.estimate, None, None, n, method)
