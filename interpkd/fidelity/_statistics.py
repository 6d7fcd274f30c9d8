"""Statistics of weighted rows, from which every score is made.

Each knows its value under any row weights, for many weightings at once, and how that value moves
when one row gains a little weight. The first is all that leaving rows out asks for, the second is
all that a standard error needs. Some are in truth the mean of numbers within known bounds: that is
all a guaranteed interval needs.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from interpkd.fidelity._scales import LOG, PLAIN, UNEXPLAINED, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._weightings import LeaveOneOut

ROUNDING = 1e-12
"""A spread below this share of the numbers themselves is the rounding error of zero."""


def identity(value: float) -> float:
    """Give the value back."""
    return value


@dataclass(frozen=True)
class BoundedMean:
    """What a statistic is at heart: a rising function of the mean of numbers within bounds.

    Attributes
    ----------
    rows : ndarray of shape (n_rows,)
        The numbers.

    lowest, highest : float
        Bounds that every number obeys, known before any row was seen.

    counts : ndarray of bool of shape (n_rows,) or None
        Which rows the mean is taken over; None for all.

    transform : callable
        The rising function.

    is_share : bool
        Whether the numbers are zeros and ones.
    """

    rows: FloatArray
    lowest: float
    highest: float
    counts: BoolArray | None = None
    transform: Callable[[float], float] = identity
    is_share: bool = False


class Statistic(Protocol):
    """A number computed from weighted rows.

    Attributes
    ----------
    bounded : BoundedMean or None
        The mean that the number comes down to; None when it is more than that.

    undefined : str
        Why the number does not exist on these rows; empty when it does.

    note : str
        What a reader of the number must know beyond its definition; empty for nothing.

    is_ranked : bool
        Whether every value takes a sort: then the derivative serves where many values would.

    scale : Scale
        Where the number's error is nearly symmetric.

    kinds : ndarray of bool of shape (n_rows, n_kinds) or None
        Which rows are of each kind, where the number hangs on every kind being seen.
    """

    undefined: str
    note: str
    is_ranked: bool

    @property
    def kinds(self) -> BoolArray | None:
        """Which rows are of each kind, where the number hangs on every kind being seen."""
        ...

    @property
    def scale(self) -> Scale:
        """Where the number's error is nearly symmetric."""
        ...

    @property
    def bounded(self) -> BoundedMean | None:
        """The mean that the number comes down to, None when it is more than that."""
        ...

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the number for each column of the weights.

        Parameters
        ----------
        W : ndarray of shape (n_rows, n_weightings) or LeaveOneOut
            Row weights, at least 0.

        Returns
        -------
        values : ndarray of shape (n_weightings,)
            NaN where the weighted rows do not define it.
        """
        ...

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative to the log of each row's weight, shape (n_rows,).

        It sums to zero, since a common factor of the weights changes nothing.
        """
        ...


class WeightedMean:
    """Weighted mean of one number per row.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        The numbers.

    lowest, highest : float, default=-inf, inf
        Bounds that every number obeys by its definition.

    kinds : ndarray of bool of shape (n_rows, n_kinds) or None, default=None
        Which rows are of each kind, where the numbers differ much between kinds.
    """

    undefined = ""
    note = ""
    is_ranked = False
    is_share = False

    def __init__(
        self,
        rows: FloatArray | BoolArray,
        *,
        lowest: float = -math.inf,
        highest: float = math.inf,
        kinds: BoolArray | None = None,
    ) -> None:
        self.rows = np.asarray(rows, dtype=np.float64)
        self.kinds = kinds
        self._bounds = lowest, highest

    @property
    def scale(self) -> Scale:
        """The logarithm of a mean that cannot be below 0."""
        return LOG if self._bounds[0] == 0 else PLAIN

    @property
    def bounded(self) -> BoundedMean | None:
        """The mean itself where its numbers have bounds."""
        lowest, highest = self._bounds
        if math.isinf(highest - lowest):
            return None
        # a number past its bound by rounding only is at the bound
        rows = np.clip(self.rows, lowest, highest)
        return BoundedMean(rows, lowest, highest, is_share=self.is_share)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the mean under each weighting."""
        # the same product for both sums, so that the mean of ones is one to the last digit
        return (self.rows @ W) / (np.ones_like(self.rows) @ W)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give w (row - mean) / sum of w."""
        total = w.sum()
        return w * (self.rows - self.rows @ w / total) / total


class Share(WeightedMean):
    """Weighted share of rows on which a statement is true.

    A class of its own because equal, independent rows give a share an exact interval.

    Parameters
    ----------
    rows : ndarray of bool of shape (n_rows,)
        Where it is true.
    """

    is_share = True

    def __init__(self, rows: BoolArray) -> None:
        super().__init__(rows, lowest=0.0, highest=1.0)


class RootMean:
    """Square root of a weighted mean of numbers that are at least 0.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        The numbers.

    highest : float, default=inf
        A bound that every number obeys by its definition.
    """

    undefined = ""
    note = ""
    is_ranked = False
    scale = LOG

    def __init__(self, rows: FloatArray, *, highest: float = math.inf) -> None:
        self._mean = WeightedMean(rows, lowest=0.0, highest=highest)
        self.kinds = None

    @property
    def bounded(self) -> BoundedMean | None:
        """The mean under the root."""
        mean = self._mean.bounded
        return None if mean is None else replace(mean, transform=math.sqrt)

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the root of the mean under each weighting."""
        return np.sqrt(self._mean.values(W))

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the mean's influence over twice the root; zero where the root is."""
        root = self.values(w[:, None])[0]
        return self._mean.influence(w) / (2 * root) if root > 0 else np.zeros(len(w))


class ExplainedShare:
    r"""Share of the variation of a truth that a prediction explains, :math:`R^2`.

    One minus the ratio of summed squared errors to summed squared deviations from the weighted
    mean. Several columns are pooled: both sums run over all of them.

    Parameters
    ----------
    truth, prediction : ndarray of shape (n_rows,) or (n_rows, n_columns)
        What was to be predicted and what was.

    undefined : str
        What to say when the truth is the same on all rows.
    """

    note = ""
    is_ranked = False
    bounded = None
    kinds = None
    scale = UNEXPLAINED

    def __init__(self, truth: FloatArray, prediction: FloatArray, *, undefined: str) -> None:
        truth = truth.reshape(len(truth), -1)
        # deviations from any fixed point serve; from near the mean they keep their digits
        self._deviations = truth - truth.mean(axis=0)
        self._errors = ((truth - prediction.reshape(truth.shape)) ** 2).sum(axis=1)
        is_constant = np.ptp(truth, axis=0) <= ROUNDING * np.abs(truth).max(axis=0)
        self.undefined = undefined if is_constant.all() else ""

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give R² under each weighting; NaN where the weighted truth is constant."""
        raw = (self._deviations**2).sum(axis=1) @ W
        total = raw - ((self._deviations.T @ W) ** 2).sum(axis=0) / W.sum(axis=0)
        varies = total > ROUNDING * raw
        return 1 - np.divide(self._errors @ W, total, out=np.full(W.shape[1], np.nan), where=varies)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the derivative of the ratio; the one through the mean vanishes."""
        centred = self._deviations - (w @ self._deviations) / w.sum()
        squares = (centred**2).sum(axis=1)
        total = squares @ w
        return w * (squares * (self._errors @ w) / total - self._errors) / total


class MeanOf:
    """Plain mean of several statistics, such as one-vs-rest areas.

    Parameters
    ----------
    parts : sequence of Statistic
        What is averaged; at least one.

    note : str
        What is said beside the number.
    """

    undefined = ""
    bounded = None
    scale = PLAIN

    def __init__(self, parts: Sequence[Statistic], *, note: str) -> None:
        self._parts = parts
        self.note = note
        self.is_ranked = any(part.is_ranked for part in parts)
        kinds = [part.kinds for part in parts if part.kinds is not None]
        self.kinds: BoolArray | None = np.hstack(kinds) if kinds else None

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the mean under each weighting; NaN where a part is."""
        return np.mean([part.values(W) for part in self._parts], axis=0)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the mean of the influences."""
        return np.mean([part.influence(w) for part in self._parts], axis=0)


class Undefined:
    """A statistic that does not exist on these rows."""

    note = ""
    is_ranked = False
    bounded = None
    kinds = None
    scale = PLAIN

    def __init__(self, reason: str) -> None:
        self.undefined = reason

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give NaN for each weighting."""
        return np.full(W.shape[1], np.nan)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give NaN for each row."""
        return np.full(len(w), np.nan)
