"""A segment as a person says it: up to a few conditions on columns of the table."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interpkd._tables import RawColumn
    from interpkd._typing import BoolArray

Kind = Literal["<=", ">", "between", "in", "is missing", "is not missing"]


@dataclass(frozen=True)
class SegmentCondition:
    """What the rule of a segment asks of one column.

    Attributes
    ----------
    column : str
        Name of the column.

    kind : {"<=", ">", "between", "in", "is missing", "is not missing"}
        The form of the condition; "between" is ``lower < value <= upper``.

    lower, upper : float or None
        The bounds that `kind` uses.

    categories : tuple
        For "in": the values that meet it, ``(False,)`` or ``(True,)`` for a boolean column.

    Examples
    --------
    >>> from interpkd.fidelity import SegmentCondition
    >>> SegmentCondition("age", "between", lower=20.0, upper=35.0).text
    '20.0 < age <= 35.0'
    """

    column: str
    kind: Kind
    lower: float | None = None
    upper: float | None = None
    categories: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The condition in words."""
        name = _readable(self.column)
        if self.kind == "in":
            if len(self.categories) == 1 and isinstance(self.categories[0], bool):
                return f"{name} is {self.categories[0]}"
            return f"{name} in {{{', '.join(_readable(value) for value in self.categories)}}}"
        if self.kind == "between":
            return f"{self.lower!r} < {name} <= {self.upper!r}"
        if self.kind in ("is missing", "is not missing"):
            return f"{name} {self.kind}"
        return f"{name} {self.kind} {self.upper if self.kind == '<=' else self.lower!r}"

    def to_dict(self) -> dict[str, Any]:
        """Give the condition as plain Python values that JSON can hold.

        Returns
        -------
        condition : dict
            Keys "column", "kind", "lower", "upper", "categories" and "text".
        """
        return {
            "column": self.column,
            "kind": self.kind,
            "lower": self.lower,
            "upper": self.upper,
            "categories": [
                value if isinstance(value, (str, int, float)) else str(value)
                for value in self.categories
            ],
            "text": self.text,
        }

    def holds(self, column: RawColumn) -> BoolArray:
        """Tell which values of a column, as read, meet the condition.

        Parameters
        ----------
        column : RawColumn
            The column as read.

        Returns
        -------
        rows : ndarray of bool of shape (n_samples,)
            Where it holds.
        """
        if column.kind == "category":
            return _holds_of_categories(self, column.values)
        values = np.asarray(column.values, dtype=np.float64)
        missing = np.isnan(values)
        if self.kind in ("is missing", "is not missing"):
            return missing if self.kind == "is missing" else ~missing
        if self.kind == "in":
            return np.isin(values, [float(value) for value in self.categories])
        lower = -np.inf if self.lower is None else self.lower
        upper = np.inf if self.upper is None else self.upper
        # minus infinity has no lower bound to exceed
        above = (values > lower) | (self.kind == "<=")
        return above & (values <= upper) & ~missing


def rule_text(conditions: Iterable[SegmentCondition]) -> str:
    """Write the conditions of a rule, joined by "and"."""
    return " and ".join(condition.text for condition in conditions)


def rows_of_rule(
    conditions: Iterable[SegmentCondition], columns: Mapping[str, RawColumn]
) -> BoolArray:
    """Tell which rows meet all conditions.

    Parameters
    ----------
    conditions : iterable of SegmentCondition
        At least one.

    columns : mapping of str to RawColumn
        The table by column name.

    Returns
    -------
    rows : ndarray of bool of shape (n_samples,)
        Which rows are in the segment.
    """
    return np.logical_and.reduce([one.holds(columns[one.column]) for one in conditions])


def _holds_of_categories(condition: SegmentCondition, values: Any) -> BoolArray:
    if condition.kind == "in":
        wanted = set(condition.categories)
        return np.fromiter((value in wanted for value in values), dtype=bool, count=len(values))
    missing = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    return missing if condition.kind == "is missing" else ~missing


def _readable(value: Any) -> str:
    """Give a name or category as text, quoted where it could be misread in a list."""
    text = str(value)
    plain = text == text.strip() and text.isprintable() and not set(text) & set(',{}"')
    return text if plain and text else json.dumps(text, ensure_ascii=False)
