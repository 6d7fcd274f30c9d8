"""Statistics of weighted rows that relate two answers: kappa, specific agreement, a slope, ranks."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._dominance import Dominance
from interpkd.fidelity._ranked_pairs import below
from interpkd.fidelity._scales import FISHER, LOGIT, PLAIN
from interpkd.fidelity._statistics import ROUNDING, BoundedMean
from interpkd.fidelity._weightings import columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._weightings import LeaveOneOut


class Kappa:
    """Agreement of two decisions beyond what their shares alone would give.

    One minus the ratio of disagreement to the disagreement of independent decisions with the same
    shares.

    Parameters
    ----------
    one, other : ndarray of shape (n_rows,)
        Positions of the decided classes.

    n_classes : int
        The number of classes.

    undefined : str
        What to say when both decide the same single class throughout.
    """

    note = ""
    is_ranked = False
    bounded = None
    scale = FISHER

    def __init__(
        self,
        one: NDArray[np.intp],
        other: NDArray[np.intp],
        *,
        n_classes: int,
        undefined: str,
    ) -> None:
        self._one, self._other = one, other
        self._is_one, self._is_other = np.eye(n_classes)[one], np.eye(n_classes)[other]
        self._same = (one == other).astype(np.float64)
        # kappa hangs on the rows that either decides otherwise than most rows are decided
        usual = np.bincount(np.concatenate([one, other])).argmax()
        self.kinds: BoolArray | None = ((one != usual) | (other != usual))[:, None]
        is_single = (one == one[0]).all() and (other == one[0]).all()
        self.undefined = undefined if is_single else ""

    def _shares(self, W: FloatArray | LeaveOneOut) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Give the share of equal decisions, and the shares of the classes in either."""
        total = W.sum(axis=0)
        return self._same @ W / total, self._is_one.T @ W / total, self._is_other.T @ W / total

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give kappa under each weighting; NaN where both decide one class."""
        same, one, other = self._shares(W)
        by_chance = (one * other).sum(axis=0)
        room = 1 - by_chance
        defined = room > ROUNDING
        return np.divide(same - by_chance, room, out=np.full(len(same), np.nan), where=defined)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative through the agreement and through the shares of classes."""
        same, one, other = (part[..., 0] for part in self._shares(w[:, None]))
        by_chance = one @ other
        through_same = (self._same - same) / (1 - by_chance)
        moved = other[self._one] + one[self._other] - 2 * by_chance
        through_chance = (1 - same) / (1 - by_chance) ** 2 * moved
        return w * (through_same - through_chance) / w.sum()


class SpecificAgreement:
    """Share of the decisions for a class, of both models together, that both made.

    Twice the rows on which both decide for it, over the decisions for it of one and of the other:
    the harmonic mean of precision and recall.

    Parameters
    ----------
    one, other : ndarray of bool of shape (n_rows,)
        Where the class is decided.

    undefined : str
        What to say when neither ever decides for it.
    """

    note = ""
    is_ranked = False
    scale = LOGIT
    kinds = None

    def __init__(self, one: BoolArray, other: BoolArray, *, undefined: str) -> None:
        self._both = (one & other).astype(np.float64)
        self._any = (one | other).astype(np.float64)
        self.undefined = "" if self._any.any() else undefined

    @property
    def bounded(self) -> BoundedMean:
        """The share of both among the rows of any; the score is a rising function of it."""
        is_any = self._any > 0
        return BoundedMean(self._both, 0.0, 1.0, is_any, _dice_of_jaccard, is_share=True)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the agreement under each weighting; NaN where nothing is decided for the class."""
        both, any_ = self._both @ W, self._any @ W
        return np.divide(
            2 * both, both + any_, out=np.full(W.shape[1], np.nan), where=both + any_ > 0
        )

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative of the ratio."""
        both, any_ = self._both @ w, self._any @ w
        return w * 2 * (self._both * any_ - self._any * both) / (both + any_) ** 2


class Slope:
    """Slope of the least-squares line of one answer on the other, with an intercept per column.

    Parameters
    ----------
    x, y : ndarray of shape (n_rows,) or (n_rows, n_columns)
        What explains, and what is explained; columns are pooled.

    undefined : str
        What to say when x is the same on all rows.
    """

    note = ""
    is_ranked = False
    bounded = None
    scale = PLAIN
    kinds = None

    def __init__(self, x: FloatArray, y: FloatArray, *, undefined: str) -> None:
        x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
        self._x, self._y = x - x.mean(axis=0), y - y.mean(axis=0)
        is_constant = np.ptp(x, axis=0) <= ROUNDING * np.abs(x).max(axis=0)
        self.undefined = undefined if is_constant.all() else ""

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the slope under each weighting; NaN where the weighted x is constant."""
        total = W.sum(axis=0)
        sum_x, sum_y = self._x.T @ W, self._y.T @ W
        raw = (self._x**2).sum(axis=1) @ W
        xx = raw - (sum_x**2).sum(axis=0) / total
        xy = (self._x * self._y).sum(axis=1) @ W - (sum_x * sum_y).sum(axis=0) / total
        return np.divide(xy, xx, out=np.full(W.shape[1], np.nan), where=xx > ROUNDING * raw)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative of the ratio; those through the means vanish."""
        x = self._x - w @ self._x / w.sum()
        y = self._y - w @ self._y / w.sum()
        squares = (x * x).sum(axis=1)
        slope = w @ (x * y).sum(axis=1) / (w @ squares)
        return w * ((x * y).sum(axis=1) - slope * squares) / (w @ squares)


class RankCorrelation:
    """Spearman's correlation: the linear one of ranks, ties at their mean rank.

    A row of weight two has the rank of two rows.

    Parameters
    ----------
    x, y : ndarray of shape (n_rows,)
        What ranks the rows.

    undefined : str
        What to say when either is the same on all rows.
    """

    note = ""
    is_ranked = True
    bounded = None
    scale = FISHER
    kinds = None

    def __init__(self, x: FloatArray, y: FloatArray, *, undefined: str) -> None:
        (x_levels, self._x), (y_levels, self._y) = (
            np.unique(values, return_inverse=True) for values in (x, y)
        )
        self.undefined = undefined if min(len(x_levels), len(y_levels)) < 2 else ""

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the correlation under each weighting; NaN where one side is constant."""
        return np.array([self._moments(w)[0] for w in columns(W)])

    def _moments(self, w: FloatArray) -> tuple[float, FloatArray, FloatArray, float, float]:
        """Give the correlation, the centred ranks and their two sums of squares."""
        u, v = self._ranks(self._x, w), self._ranks(self._y, w)
        xx, yy = float(w @ (u * u)), float(w @ (v * v))
        product = np.sqrt(xx) * np.sqrt(yy)
        value = float(w @ (u * v)) / product if product > 0 else np.nan
        return min(1.0, max(-1.0, value)) if product > 0 else np.nan, u, v, xx, yy

    @staticmethod
    def _ranks(level: NDArray[np.intp], w: FloatArray) -> FloatArray:
        """Give each row's mean rank less the middle one."""
        totals = _totals(level, w)
        return below(totals)[level] - totals.sum() / 2

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative; a heavier row also lifts the ranks of all rows above it."""
        value, u, v, xx, yy = self._moments(w)
        # sums over the rows above, ties by half; all rows together sum to zero
        through_x = -below(_totals(self._x, w * v))[self._x]
        through_y = -below(_totals(self._y, w * u))[self._y]
        of_x = u * u - 2 * below(_totals(self._x, w * u))[self._x]
        of_y = v * v - 2 * below(_totals(self._y, w * v))[self._y]
        cross = (u * v + through_x + through_y) / np.sqrt(xx * yy)
        return w * (cross - value / 2 * (of_x / xx + of_y / yy))


class PairOrder:
    """Kendall's tau-b: concordant less discordant pairs, over the pairs that either ranks.

    A pair weighs the product of its two weights.

    Parameters
    ----------
    x, y : ndarray of shape (n_rows,)
        What ranks the rows.

    undefined : str
        What to say when either is the same on all rows.
    """

    note = ""
    is_ranked = True
    bounded = None
    scale = FISHER
    kinds = None

    def __init__(self, x: FloatArray, y: FloatArray, *, undefined: str) -> None:
        (x_levels, self._x), (y_levels, self._y) = (
            np.unique(values, return_inverse=True) for values in (x, y)
        )
        self.undefined = undefined if min(len(x_levels), len(y_levels)) < 2 else ""
        self._dominance = Dominance(self._x, self._y)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give tau under each weighting; NaN where one side is constant."""
        return np.array([self._counts(w)[0] for w in columns(W)])

    def _counts(self, w: FloatArray) -> tuple[float, tuple[FloatArray, ...], tuple[float, ...]]:
        """Give tau, and pairs by row and in all: in order, untied in x, untied in y."""
        total = w.sum()
        x, y = (_totals(level, w) for level in (self._x, self._y))
        below_x, below_y = below(x)[self._x], below(y)[self._y]
        in_order = 4 * self._dominance.below_both(w) - 2 * below_x - 2 * below_y + total
        by_row = in_order, total - x[self._x], total - y[self._y]
        order, untied_x, untied_y = (float(w @ part) for part in by_row)
        pairs = np.sqrt(untied_x) * np.sqrt(untied_y)
        tau = min(1.0, max(-1.0, order / pairs)) if pairs > 0 else np.nan
        return tau, by_row, (order, untied_x, untied_y)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative: twice a row's own part of each count of pairs."""
        tau, (in_order, of_x, of_y), (_, untied_x, untied_y) = self._counts(w)
        cross = 2 * in_order / np.sqrt(untied_x * untied_y)
        return w * (cross - tau * (of_x / untied_x + of_y / untied_y))


def _totals(level: NDArray[np.intp], w: FloatArray) -> FloatArray:
    """Sum the weights at each level."""
    return np.bincount(level, weights=w).astype(np.float64)


def _dice_of_jaccard(share: float) -> float:
    return 2 * share / (1 + share)
