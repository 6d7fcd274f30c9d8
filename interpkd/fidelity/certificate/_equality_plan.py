"""Cutting a table of decisions into few boxes of one decision each, by cuts one within the other."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray

    Labels: TypeAlias = NDArray[np.int16]

EXACT = 36
"""Cells of a table for which the fewest boxes are found."""

AHEAD = 16384
"""Cells of a table up to which several cuts are followed to their ends."""

N_TRIED = 8
"""Cuts that are followed."""


class Plan(NamedTuple):
    """How a table is cut: an axis, the first place behind the cut, and both sides; None if not."""

    axis: int
    place: int
    left: Plan | None
    right: Plan | None


class Planner:
    """Plans for tables of labels; what was found of one is kept for its equals.

    Parameters
    ----------
    n_classes : int
        Labels are below it.
    """

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes
        self._known: dict[tuple[tuple[int, ...], bytes], int] = {}

    def plan(self, labels: Labels) -> Plan | None:
        """Plan how to cut a table.

        Parameters
        ----------
        labels : ndarray of int16
            One axis per column.

        Returns
        -------
        plan : Plan or None
            Places are those of this table; None for one label.
        """
        small, kept = compressed(labels)
        if small.size == 1:
            return None
        axis, place = self._choose(small)
        at = int(kept[axis][place])
        left, right = np.split(labels, [at], axis=axis)
        return Plan(axis, at, self.plan(left), self.plan(right))

    def _choose(self, small: Labels) -> tuple[int, int]:
        """Choose a cut of a table without equal neighbours."""
        if small.size <= EXACT:
            cuts = [(axis, place) for axis, n in enumerate(small.shape) for place in range(1, n)]
        else:
            cuts = self._purest(small, N_TRIED if small.size <= AHEAD else 1)
        if len(cuts) == 1:
            return cuts[0]
        return min(cuts, key=lambda cut: self._n_parts(small, *cut))

    def _n_parts(self, small: Labels, axis: int, place: int) -> int:
        return sum(self._n_leaves(part) for part in np.split(small, [place], axis=axis))

    def _n_leaves(self, labels: Labels) -> int:
        """Give the boxes that a table needs: the fewest if it is small, else by the purest cuts."""
        small, _ = compressed(labels)
        if small.size <= 2:  # one cut at most
            return small.size
        key = small.shape, small.tobytes()
        if key not in self._known:
            if small.size <= EXACT:
                cut = self._choose(small)
            else:
                [cut] = self._purest(small, 1)
            self._known[key] = self._n_parts(small, *cut)
        return self._known[key]

    def _purest(self, small: Labels, most: int) -> list[tuple[int, int]]:
        """Give the cuts that leave the labels purest (Gini), the best first."""
        found: list[tuple[float, int, int]] = []
        is_class = [small == k for k in range(self.n_classes)]
        for axis, n in enumerate(small.shape):
            if n == 1:
                continue
            others = tuple(k for k in range(small.ndim) if k != axis)
            left = np.cumsum([one.sum(axis=others) for one in is_class], axis=1).T
            score = purity(left[:-1]) + purity(left[-1] - left[:-1])
            found += [(-float(score[k]), axis, k + 1) for k in range(n - 1)]
        return [(axis, place) for _, axis, place in sorted(found)[:most]]


def purity(counts: IntArray) -> FloatArray:
    """Give the sum of squares of each row's counts over their sum."""
    return np.asarray((counts.astype(float) ** 2).sum(axis=1) / np.maximum(counts.sum(axis=1), 1))


def compressed(labels: Labels) -> tuple[Labels, list[IntArray]]:
    """Leave out what equals its neighbour.

    Parameters
    ----------
    labels : ndarray of int16
        One axis per column.

    Returns
    -------
    small : ndarray of int16
        The table without slices that are equal to the one before.

    kept : list of ndarray of int
        Per axis the places that are left.
    """
    kept = []
    for axis in range(labels.ndim):
        n = labels.shape[axis]
        places = np.zeros(1, dtype=np.int64)
        if n > 1:
            rows = np.moveaxis(labels, axis, 0).reshape(n, -1)
            places = np.append(places, 1 + np.flatnonzero((rows[1:] != rows[:-1]).any(axis=1)))
            if len(places) < n:
                labels = np.take(labels, places, axis=axis)
        kept.append(places)
    return np.ascontiguousarray(labels), kept
