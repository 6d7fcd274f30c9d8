"""The points of a scorecard, bin by bin, with what a score means."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import take_apart
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd._structure import Structure
    from interpkd._tables import Column

_NOTHING: dict[str, Any] = {"lower": None, "upper": None, "categories": (), "value": None}
"""What does not apply to a bin."""


@dataclass(frozen=True)
class PointsBin:
    """One bin of a scorecard and its points.

    Made by :func:`points_table`.

    Attributes
    ----------
    feature : str
        The column of the user's table.

    text : str
        What is in the bin, in the column's own units, such as ``"(20, 30]"``, ``"car, boat"``,
        ``"= -9"`` or ``"missing"``.

    kind : {"interval", "categories", "special", "missing"}
        What kind of values that is. The bin of missing values holds categories never seen, too.

    lower, upper : float or None
        Of an interval, the bounds: above the first, at most the second; None where it has none,
        and for other kinds.

    categories : tuple
        The categories of such a bin.

    value : float or None
        The special value of such a bin.

    n_rows : int
        Real training rows in it.

    share : float
        Their share of all, by weight.

    teacher_mean : float or None
        Mean soft target for the second class; None without rows.

    coefficient : float
        What the bin adds to the log odds of the second class before rounding.

    points : int
        What it adds to the score.
    """

    feature: str
    text: str
    kind: str
    lower: float | None
    upper: float | None
    categories: tuple[Any, ...]
    value: float | None
    n_rows: int
    share: float
    teacher_mean: float | None
    coefficient: float
    points: int


@dataclass(frozen=True)
class PointsTable:
    """A whole scorecard: its bins, and what a score means.

    Made by :func:`points_table`. A row's score is `base_points` plus the points of the one bin of
    each feature that holds its value; the odds of `good_class` are
    ``base_odds * 2 ** ((score - base_score) / pdo)``.

    Attributes
    ----------
    bins : tuple of PointsBin
        All bins, feature by feature in the order of the table's columns.

    base_points : int
        Points of every row.

    intercept : float
        The log odds of the second class before rounding, of a row with the mean of every feature.

    pdo : float
        Points to double the odds.

    base_score : float
        The score that means odds of `base_odds`.

    base_odds : float
        Odds at `base_score`: of `good_class` to `other_class`.

    good_class, other_class : object
        The class that points speak for, and the other.

    n_rows : int
        Real training rows.

    teacher_mean : float
        Mean soft target for the second class over them.

    rounding_loss : float
        What whole points cost on them: mean log loss, in nats, with points less that with the
        coefficients.

    rounding_change : float
        The largest change of a probability by rounding on them.
    """

    bins: tuple[PointsBin, ...]
    base_points: int
    intercept: float
    pdo: float
    base_score: float
    base_odds: float
    good_class: Any
    other_class: Any
    n_rows: int
    teacher_mean: float
    rounding_loss: float
    rounding_change: float

    @property
    def features(self) -> tuple[str, ...]:
        """The features of the card, in the order of their bins."""
        return tuple(dict.fromkeys(one.feature for one in self.bins))

    @property
    def least_score(self) -> int:
        """The lowest score there can be."""
        return self.base_points + sum(min(points) for points in self._points())

    @property
    def most_score(self) -> int:
        """The highest score there can be."""
        return self.base_points + sum(max(points) for points in self._points())

    def to_frame(self) -> Any:
        """Give the bins as a pandas DataFrame, one row each, after one of the base points.

        Returns
        -------
        frame : pandas.DataFrame
            The card.
        """
        import pandas as pd

        first: dict[str, Any] = {
            "text": "all rows",
            "kind": "base",
            "categories": (),
            "n_rows": self.n_rows,
            "share": 1.0,
            "teacher_mean": self.teacher_mean,
            "coefficient": self.intercept,
            "points": self.base_points,
        }
        rows = [asdict(one) for one in self.bins]
        frame = pd.DataFrame([dict.fromkeys(rows[0]) | first, *rows])
        numbers = ["lower", "upper", "value", "teacher_mean"]
        return frame.astype(dict.fromkeys(numbers, np.float64))

    def _points(self) -> Iterator[list[int]]:
        for feature in self.features:
            yield [one.points for one in self.bins if one.feature == feature]


def points_table(student: Any) -> PointsTable:
    """Give every bin of a scorecard with its points, and what a score means.

    Parameters
    ----------
    student : fitted estimator
        A scorecard.

    Returns
    -------
    table : PointsTable
        The bins are those of the student's `points_table_`, in its order.

    Raises
    ------
    InvalidInputError
        If the student is no scorecard, or its scale was changed after `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd import DistilledScorecardClassifier
    >>> from interpkd.export import points_table
    >>> age = np.repeat([20.0, 40.0, 60.0], 30)[:, None]
    >>> p = np.repeat([0.2, 0.5, 0.8], 30)
    >>> card = DistilledScorecardClassifier(pdo=20, base_score=100, base_odds=1)
    >>> card = card.fit(age, teacher_proba=np.column_stack([1 - p, p]))
    >>> table = points_table(card)
    >>> [(one.text, one.points) for one in table.bins]
    [('<= 30', 0), ('(30, 50]', 40), ('> 50', 80), ('missing', 40)]
    >>> table.base_points
    60
    """
    structure = take_apart(student)
    card = getattr(student, "card_", None)
    if card is None:
        msg = (
            f"Points need a scorecard; {type(student).__name__} is none. Pass a "
            "DistilledScorecardClassifier, or use rule_list for a tree and coefficient_list for a "
            "linear student."
        )
        raise InvalidInputError(msg)
    _check_scale(student, card)
    first, *rows = student.points_table_.to_dict("records")
    classes = [] if structure.classes is None else structure.classes.tolist()
    good, other = classes if card.factor < 0 else classes[::-1]
    return PointsTable(
        bins=tuple(
            PointsBin(**meaning, **_figures(row))
            for meaning, row in zip(_meanings(structure, card, rows), rows, strict=True)
        ),
        base_points=int(card.base_points),
        intercept=float(card.model.intercept),
        pdo=float(student.pdo),
        base_score=float(student.base_score),
        base_odds=float(student.base_odds),
        good_class=good,
        other_class=other,
        n_rows=int(first["rows"]),
        teacher_mean=float(first["teacher mean"]),
        rounding_loss=float(student.rounding_loss_),
        rounding_change=float(student.rounding_change_),
    )


def _check_scale(student: Any, card: Any) -> None:
    """See that the parameters of the scale are those of the fitted points."""
    factor = student.pdo / np.log(2)
    offset = student.base_score - factor * np.log(student.base_odds)
    if np.allclose([factor, offset], [abs(card.factor), card.offset], rtol=1e-9, atol=1e-9):
        return
    msg = (
        "The parameters pdo, base_score or base_odds were changed after fit, so they are not what "
        "the points mean. Fit the student again."
    )
    raise InvalidInputError(msg)


def _meanings(
    structure: Structure, card: Any, rows: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Give feature, text, kind, bounds, categories and value of each bin."""
    texts = iter(row["bin"] for row in rows)
    for i, bins in zip(card.model.columns, card.model.bins, strict=True):
        column = structure.columns[i]
        known = _groups(column, bins.groups) if bins.groups is not None else _intervals(bins.cuts)
        special = ({"kind": "special", "value": float(value)} for value in bins.special)
        for one in chain(known, special, [{"kind": "missing"}]):
            yield {**_NOTHING, "feature": column.name, "text": next(texts), **one}


def _intervals(cuts: Any) -> Iterator[dict[str, Any]]:
    for lower, upper in pairwise([None, *(float(cut) for cut in cuts), None]):
        yield {"kind": "interval", "lower": lower, "upper": upper}


def _groups(column: Column, groups: Any) -> Iterator[dict[str, Any]]:
    pairs = list(zip(column.categories, groups, strict=True))
    for k in range(int(groups.max(initial=0)) + 1):
        names = tuple(name for name, group in pairs if group == k)
        yield {"kind": "categories", "categories": names}


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    mean = float(row["teacher mean"])
    return {
        "n_rows": int(row["rows"]),
        "share": float(row["share"]),
        "teacher_mean": None if np.isnan(mean) else mean,
        "coefficient": float(row["coefficient"]),
        "points": int(row["points"]),
    }
