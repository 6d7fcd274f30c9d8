"""A scorecard that was read: bins of encoded rows, their points, and probabilities of scores."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import FloatArray, IntArray
    from interpkd.export._points import PointsTable


@dataclass(frozen=True)
class ReadBins:
    """The bins of one column: known values, then special ones, then missing ones.

    Attributes
    ----------
    cuts : ndarray of shape (n_cuts,)
        Ascending upper ends of the intervals, which hold them.

    special : ndarray of shape (n_special,)
        Values with a bin of their own.

    groups : ndarray of shape (n_categories,) or None
        Of a category column, the bin of each code.
    """

    cuts: FloatArray = field(default_factory=lambda: np.zeros(0))
    special: FloatArray = field(default_factory=lambda: np.zeros(0))
    groups: IntArray | None = None

    def codes(self, values: FloatArray) -> NDArray[np.intp]:
        """Give the bin of each value of shape (n_samples,)."""
        n_known = len(self.cuts) + 1
        if self.groups is not None:
            n_known = int(self.groups.max(initial=0)) + 1
        known = ~np.isnan(values)
        codes = np.full(len(values), n_known + len(self.special), dtype=np.intp)
        if self.groups is not None:
            codes[known] = self.groups[values[known].astype(np.intp)]
            return codes
        codes[known] = np.searchsorted(self.cuts, values[known], side="left")
        for k, value in enumerate(self.special):
            codes[values == value] = n_known + k
        return codes


@dataclass(frozen=True)
class ReadModel:
    """The bins of a card, and its log odds before rounding.

    Attributes
    ----------
    columns : ndarray of shape (n_selected,)
        Numbers of the columns in the card.

    bins : list of ReadBins
        The bins of each.

    log_odds : list of ndarray of shape (n_bins,)
        What each bin added before rounding.

    intercept : float
        What every row had before rounding.
    """

    columns: IntArray
    bins: list[ReadBins]
    log_odds: list[FloatArray]
    intercept: float

    def codes(self, Z: FloatArray) -> NDArray[np.intp]:
        """Give the bins of rows, shape (n_selected, n_samples)."""
        return np.stack([b.codes(Z[:, i]) for i, b in zip(self.columns, self.bins, strict=True)])


@dataclass(frozen=True)
class ReadCard:
    """The points of a card.

    Attributes
    ----------
    model : ReadModel
        Its bins.

    points : list of ndarray of shape (n_bins,)
        Their points.

    base_points : int
        Points of every row.

    factor, offset : float
        Points per unit of log odds of the second class, and the score at even odds.
    """

    model: ReadModel
    points: list[IntArray]
    base_points: int
    factor: float
    offset: float

    def contributions(self, Z: FloatArray) -> IntArray:
        """Give the points of rows by column of the card, shape (n_samples, n_selected)."""
        codes = self.model.codes(Z)
        return np.stack([p[code] for p, code in zip(self.points, codes, strict=True)], axis=1)

    def scores(self, Z: FloatArray) -> IntArray:
        """Give the points of rows, base points included."""
        return self.base_points + self.contributions(Z).sum(axis=1)


@dataclass(frozen=True)
class CardScorer:
    """A scorecard that was read, as it answers for encoded rows.

    Attributes
    ----------
    card : ReadCard
        The card.

    table : PointsTable
        The same as a table.

    columns : tuple of Column
        The columns of the user's table.

    classes : ndarray of shape (2,)
        The classes.

    good_class_was_given : bool
        Whether the user named the class that points speak for.
    """

    card: ReadCard
    table: PointsTable
    columns: tuple[Column, ...]
    classes: NDArray[Any]
    good_class_was_given: bool

    def points(self, Z: FloatArray) -> IntArray:
        """Give the score of each row."""
        return self.card.scores(Z)

    def scores(self, Z: FloatArray) -> FloatArray:
        """Give the log odds of the second class."""
        return np.asarray((self.points(Z) - self.card.offset) / self.card.factor, dtype=np.float64)

    def proba(self, Z: FloatArray) -> FloatArray:
        """Give class probabilities."""
        p = expit(self.scores(Z))
        return np.column_stack([1 - p, p])

    def decided(self, Z: FloatArray) -> NDArray[np.intp]:
        """Give the position of the decided class."""
        return self.proba(Z).argmax(axis=1)

    def terms(self, Z: FloatArray) -> FloatArray:
        """Give the points of each column of the table, 0 for one that is not in the card."""
        out = np.zeros(Z.shape)
        out[:, self.card.model.columns] = self.card.contributions(Z)
        return out

    def attributes(self) -> dict[str, Any]:
        """Give the fitted attributes of such a student."""
        core = LogisticRegression()
        core.classes_ = self.classes
        core.coef_ = np.concatenate(self.card.points)[None, :] / self.card.factor
        core.intercept_ = np.array([(self.card.base_points - self.card.offset) / self.card.factor])
        core.n_features_in_ = core.coef_.shape[1]
        return {
            "student_": core,
            "card_": self.card,
            "points_table_": self._frame(),
            "pdo": self.table.pdo,
            "base_score": self.table.base_score,
            "base_odds": self.table.base_odds,
            "good_class": self.table.good_class if self.good_class_was_given else None,
            "rounding_loss_": self.table.rounding_loss,
            "rounding_change_": self.table.rounding_change,
        }

    def _frame(self) -> Any:
        """Give the card as the student's own data frame."""
        import pandas as pd

        table = self.table
        first = ("base points", "all rows", table.n_rows, 1.0, table.teacher_mean)
        rows = [(*first, table.intercept, table.base_points)]
        for one in table.bins:
            mean = np.nan if one.teacher_mean is None else one.teacher_mean
            known = (one.feature, one.text, one.n_rows, one.share, mean)
            rows.append((*known, one.coefficient, one.points))
        names = ["feature", "bin", "rows", "share", "teacher mean", "coefficient", "points"]
        # as objects: a text may hold half of a surrogate pair, which pandas' own texts refuse
        parts = dict(zip(names, zip(*rows, strict=True), strict=True))
        return pd.DataFrame(
            {
                name: pd.Series(values, dtype=object if name in names[:2] else None)
                for name, values in parts.items()
            }
        )
