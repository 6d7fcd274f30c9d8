"""What a search for the worst segment brought to light, as the test half has it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd._html import paragraphs, show, table
from interpkd.fidelity._aligned import aligned_table, with_interval
from interpkd.fidelity._segment_rules import SegmentCondition, rows_of_rule, rule_text
from interpkd.fidelity._segment_table import read_columns

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, Table
    from interpkd.fidelity._intervals import ScoreEstimate

TITLES = {
    "agreement": "agreement",
    "proba_difference": "mean difference of probabilities",
    "mae": "mean absolute error",
}
"""What the measures are called in a sentence."""


@dataclass(frozen=True)
class SegmentFinding:
    """A segment that was found on one half of the rows and tested on the other.

    Attributes
    ----------
    conditions : tuple of SegmentCondition
        All must hold.

    n_rows : int
        Rows of the test half in the segment.

    share : float
        The same as a share of the test half, weighted where rows are.

    inside, rest : ScoreEstimate
        The measure in the segment and on the other rows of the test half.

    difference : ScoreEstimate
        Inside minus rest.

    p_value, p_adjusted : float
        One-sided, that the segment is worse than the rest; by itself, and by Holm's correction
        for all segments tested. 1 where the segment could not be tested.

    test : str
        How it was tested, or why not.

    is_worse : bool
        Whether the adjusted p-value is at most one minus the confidence.
    """

    conditions: tuple[SegmentCondition, ...]
    n_rows: int
    share: float
    inside: ScoreEstimate
    rest: ScoreEstimate
    difference: ScoreEstimate
    p_value: float
    p_adjusted: float
    test: str
    is_worse: bool

    @property
    def rule(self) -> str:
        """The segment in words, on the columns of the user's table."""
        return rule_text(self.conditions)

    def holds(self, X: Table) -> BoolArray:
        """Tell which rows of a table are in the segment.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            Rows with the columns that the rule asks for.

        Returns
        -------
        rows : ndarray of bool of shape (n_samples,)
            Which rows meet all conditions.
        """
        raw = read_columns(X, [condition.column for condition in self.conditions])
        return rows_of_rule(self.conditions, {column.name: column for column in raw})

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as plain Python values that JSON can hold.

        Returns
        -------
        finding : dict
            "rule" in words, and the attributes under their names.
        """
        return {
            "rule": self.rule,
            "conditions": [condition.to_dict() for condition in self.conditions],
            "n_rows": self.n_rows,
            "share": self.share,
            "inside": self.inside.to_dict(),
            "rest": self.rest.to_dict(),
            "difference": self.difference.to_dict(),
            "p_value": self.p_value,
            "p_adjusted": self.p_adjusted,
            "test": self.test,
            "is_worse": self.is_worse,
        }


@dataclass(frozen=True)
class WorstSegments:
    """Where a student imitates its teacher worst; made by :func:`worst_segment`.

    Every figure is of the test half alone. Print it for a text table.

    Attributes
    ----------
    measure : {"agreement", "proba_difference", "mae"}
        What is compared.

    cutoff : float or None
        Where two classes are divided; None where decisions play no part.

    n_rows, n_test : int
        The number of rows used, and of those in the test half.

    n_groups : int or None
        Groups of dependent rows in the test half, None when rows count as independent.

    weighted : bool
        Whether rows were weighted.

    confidence : float
        Of the intervals of all segments at once.

    max_conditions, min_rows : int
        The longest rule, and the fewest rows that a segment had in the searched half.

    random_state : int
        Seed of the halves.

    overall : ScoreEstimate
        The measure on all rows of the test half, its interval at `confidence` by itself.

    segments : tuple of SegmentFinding
        The segments tested, the most conspicuous in the searched half first.

    test_rows : ndarray of int of shape (n_test,)
        Positions of the test half in the user's table.
    """

    measure: str
    cutoff: float | None
    n_rows: int
    n_test: int
    n_groups: int | None
    weighted: bool
    confidence: float
    max_conditions: int
    min_rows: int
    random_state: int
    overall: ScoreEstimate
    segments: tuple[SegmentFinding, ...]
    test_rows: Any

    @property
    def verdict(self) -> str:
        """What the test says, in one sentence or two."""
        if not self.segments:
            return (
                "No segment was tested: in the searched half no rule of enough rows stood out from "
                "the rest."
            )
        worse = [one for one in self.segments if one.is_worse]
        tested = f"{len(self.segments)} segment{'s' if len(self.segments) > 1 else ''} tested"
        if not worse:
            least = min(one.p_adjusted for one in self.segments)
            return (
                f"Of {tested}, none was shown to be worse than the rest (smallest adjusted p-value "
                f"{least:.2g}). That is no proof that none is."
            )
        worst = min(worse, key=lambda one: one.p_adjusted)
        name, inside, rest = TITLES[self.measure], worst.inside.estimate, worst.rest.estimate
        return (
            f"Of {tested}, {len(worse)} {'are' if len(worse) > 1 else 'is'} worse than the rest, "
            f"with a risk of error of {1 - self.confidence:.3g} in all. Clearest: {worst.rule}: "
            f"{name} {inside:.4g} against {rest:.4g} (adjusted p-value {worst.p_adjusted:.2g})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain Python values that JSON can hold.

        Returns
        -------
        result : dict
            The attributes under their names, but for `test_rows`, and the "verdict".
        """
        return {
            "measure": self.measure,
            "cutoff": self.cutoff,
            "n_rows": self.n_rows,
            "n_test": self.n_test,
            "n_groups": self.n_groups,
            "weighted": self.weighted,
            "confidence": self.confidence,
            "max_conditions": self.max_conditions,
            "min_rows": self.min_rows,
            "random_state": self.random_state,
            "overall": self.overall.to_dict(),
            "segments": [one.to_dict() for one in self.segments],
            "verdict": self.verdict,
        }

    def to_frame(self) -> Any:
        """Give the tested segments as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "rule", "n_rows", "share", "inside", "low", "high", "rest", "difference",
            "p_value", "p_adjusted", "is_worse".
        """
        import pandas as pd

        names = ["rule", "n_rows", "share", "inside", "low", "high", "rest", "difference"]
        names += ["p_value", "p_adjusted", "is_worse"]
        rows = [
            {
                **{name: value for name, value in one.to_dict().items() if name in names},
                "inside": one.inside.estimate,
                "low": one.inside.low,
                "high": one.inside.high,
                "rest": one.rest.estimate,
                "difference": one.difference.estimate,
            }
            for one in self.segments
        ]
        return pd.DataFrame(rows, columns=names)

    def __str__(self) -> str:
        head, header, rows = self._table()
        if not self.segments:
            return f"{head}\n\n{self.verdict}"
        return "\n\n".join([aligned_table(head, header, rows), self._note(), self.verdict])

    def _repr_html_(self) -> str:
        head, header, rows = self._table()
        if not self.segments:
            return show(head, paragraphs(self.verdict))
        numbers = range(1, len(header))
        worse = [k for k, one in enumerate(self.segments) if one.is_worse]
        found = table("Segments", header, rows, numeric=numbers, marked=worse)
        return show(head, paragraphs(self.verdict), found, paragraphs(self._note(), soft=True))

    def _note(self) -> str:
        return f"All intervals hold at once with {100 * self.confidence:g} % confidence."

    def _table(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        """Give title, header and rows: one row per segment."""
        name = TITLES[self.measure]
        head = f"Worst segments by {name}: {self.n_test} of {self.n_rows} rows in the test half"
        header = ("segment", "rows", f"{name} inside", "rest", "difference", "p", "adjusted p")
        rows: list[tuple[str, ...]] = [
            (
                one.rule,
                str(one.n_rows),
                with_interval(one.inside),
                with_interval(one.rest),
                with_interval(one.difference),
                f"{one.p_value:.2g}",
                f"{one.p_adjusted:.2g}",
            )
            for one in self.segments
        ]
        return head, header, rows
