"""Reasons as a reader sees them: sentences, tables, shares."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._html import Markup, paragraphs, show, table
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._tables import Column

TIE_RULE = "larger contribution first, of equal ones (to ten digits) the earlier column"

SHOWN = 8
"""Decisions that a notebook shows."""

GROUPS = {"all applicants": "all applicants", "at the cut-off": "those at the cut-off"}


@dataclass(frozen=True)
class Reason:
    """One reason of an adverse decision; made by :func:`reasons`.

    Attributes
    ----------
    column : str
        The column.

    value, reference : object
        The row's value, and what is usual in the reference group: the mean of numbers, else the
        most frequent value. None where it is missing.

    contribution : float
        What the column adds to the adverse score against the group.

    text : str
        The reason as a sentence.

    teacher_drop : float or None
        By how much moving the column alone to the values of the group lowers the teacher's
        probability of the adverse class, on average; None without a teacher.
    """

    column: str
    value: Any
    reference: Any
    contribution: float
    text: str
    teacher_drop: float | None

    @property
    def teacher_supports(self) -> bool | None:
        """Whether it lowers it at all; None without a teacher."""
        return None if self.teacher_drop is None else self.teacher_drop > 0


@dataclass(frozen=True)
class Decline:
    """An adverse decision with its reasons; made by :func:`reasons`.

    Attributes
    ----------
    row : int
        Position of the row.

    score : float
        The student's probability of the adverse class, or its margin towards it.

    reasons : tuple of Reason
        The principal reason first. Empty where no used column is worse than in the group.

    claimed : float
        The sum of the contributions of the reasons.

    measured : float
        By how much the adverse score falls, on average, when all columns named are moved together
        to the values of the group and the student scores again. For a sum over columns this is
        the claim; in a tree columns act together, and it may differ.

    share_passing : float
        Share of the group with whose values of the columns named the row passes the cut-off.
    """

    row: int
    score: float
    reasons: tuple[Reason, ...]
    claimed: float
    measured: float
    share_passing: float


@dataclass(frozen=True, repr=False)
class Reasons:
    """The reasons of all adverse decisions among some rows; made by :func:`reasons`.

    Attributes
    ----------
    declines : tuple of Decline
        The adverse decisions, in the order of the rows.

    n_rows : int
        Rows decided on.

    n_reasons : int
        Most reasons of a decision.

    adverse_class : object
        The class that is adverse.

    cutoff : float
        Where the classes are divided.

    scale : {"probability", "log odds", "points", "margin"}
        The scale of contributions.

    reference : str
        The reference group.

    n_reference, n_background : int
        Its rows, and the rows it was chosen from.

    reference_sha256, background_sha256 : str
        Their hashes.

    tie_rule : str
        How equal contributions are ordered.

    check_error : float
        The largest distance of a row's contributions, of all columns, from what they share out:
        its score less the mean score of the group, both asked from the student.
    """

    declines: tuple[Decline, ...]
    n_rows: int
    n_reasons: int
    adverse_class: Any
    cutoff: float
    scale: str
    reference: str
    n_reference: int
    n_background: int
    reference_sha256: str
    background_sha256: str
    tie_rule: str
    check_error: float

    @property
    def teacher_support(self) -> float | None:
        """Share of all reasons that the teacher supports; None without a teacher or reasons."""
        return _share([why.teacher_supports for one in self.declines for why in one.reasons])

    @property
    def teacher_support_first(self) -> float | None:
        """The same of the first reasons."""
        return _share([one.reasons[0].teacher_supports for one in self.declines if one.reasons])

    def text(self, row: int) -> str:
        """Give the reasons of one decision, a numbered sentence per line.

        Parameters
        ----------
        row : int
            Position of the row in the table that was decided on.

        Returns
        -------
        text : str
            Its reasons.

        Raises
        ------
        InvalidInputError
            If the decision on this row is not adverse.
        """
        for one in self.declines:
            if one.row == row:
                lines = [f"{k}. {why.text}" for k, why in enumerate(one.reasons, 1)]
                return (
                    "\n".join(lines) or f"No column is worse than among {GROUPS[self.reference]}."
                )
        msg = f"The decision on row {row} is not adverse, so it has no reasons."
        raise InvalidInputError(msg)

    def to_frame(self) -> Any:
        """Give one line per reason as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            One line per reason, decision by decision.
        """
        import pandas as pd

        names = ["row", "score", "rank", "column", "value", "reference", "contribution", "text"]
        names += ["teacher_drop", "teacher_supports"]
        lines = [
            [
                one.row, one.score, k, why.column, why.value, why.reference, why.contribution,
                why.text, why.teacher_drop, why.teacher_supports,
            ]
            for one in self.declines
            for k, why in enumerate(one.reasons, 1)
        ]  # fmt: skip
        return pd.DataFrame(lines, columns=names)

    def to_dict(self) -> dict[str, Any]:
        """Give everything in plain Python types that JSON can hold.

        Returns
        -------
        summary : dict
            The attributes, the shares of supported reasons, and under "declines" each decision.
        """
        label = self.adverse_class
        return {
            "reference": self.reference,
            "n_reference": self.n_reference,
            "n_background": self.n_background,
            "reference_sha256": self.reference_sha256,
            "background_sha256": self.background_sha256,
            "adverse_class": label.item() if hasattr(label, "item") else label,
            "cutoff": self.cutoff,
            "scale": self.scale,
            "n_rows": self.n_rows,
            "n_declines": len(self.declines),
            "n_without_reason": sum(not one.reasons for one in self.declines),
            "n_reasons": self.n_reasons,
            "tie_rule": self.tie_rule,
            "teacher_support": self.teacher_support,
            "teacher_support_first": self.teacher_support_first,
            "check_error": self.check_error,
            "declines": [_decline_dict(one) for one in self.declines],
        }

    def compare(self, other: Reasons) -> dict[str, Any]:
        """Compare with the reasons of the same decisions relative to another reference.

        Parameters
        ----------
        other : Reasons
            Of the same rows at the same cut-off.

        Returns
        -------
        comparison : dict
            "n_declines", and the shares of them for which the first reason, and for which the set
            of reasons differs: "first_differs" and "set_differs", None without declines.

        Raises
        ------
        InvalidInputError
            If the decisions are not the same.
        """
        if [one.row for one in self.declines] != [one.row for one in other.declines]:
            msg = (
                "The two have reasons of different decisions. Ask for both with the same rows, "
                "cutoff and adverse_class."
            )
            raise InvalidInputError(msg)
        pairs = [
            ([why.column for why in one.reasons], [why.column for why in two.reasons])
            for one, two in zip(self.declines, other.declines, strict=True)
        ]
        return {
            "references": [self.reference, other.reference],
            "n_declines": len(pairs),
            "first_differs": _share([one[:1] != two[:1] for one, two in pairs]),
            "set_differs": _share([set(one) != set(two) for one, two in pairs]),
        }

    def _repr_html_(self) -> str:
        shown = self.declines[:SHOWN]
        rows: list[list[Any]] = []
        for one in shown:
            first = [f"{one.row}", f"{one.score:.4g}"]
            for k, why in enumerate(one.reasons, 1):
                supports = {None: "", True: "yes", False: "no"}[why.teacher_supports]
                said = [f"{k}. {why.text}", f"{why.contribution:.4g}", supports]
                rows.append([*(first if k == 1 else ["", ""]), *said])
            if not one.reasons:
                none = f"No column is worse than among {GROUPS[self.reference]}."
                rows.append([*first, none, "", ""])
        header = (
            "row",
            "score",
            "reason",
            f"contribution, {self.scale}",
            "the teacher supports it",
        )
        title = f"{len(self.declines):,} adverse decisions on {self.n_rows:,} rows"
        found = table(
            f"Compared with {GROUPS[self.reference]} ({self.n_reference:,} rows)",
            header, rows, numeric=(0, 1, 3),
        )  # fmt: skip
        n_left = len(self.declines) - len(shown)
        left = f"{n_left:,} more decisions: to_frame() has them all." if n_left else ""
        return show(f"Reasons: {title}", found if rows else Markup(), paragraphs(left, soft=True))

    def __repr__(self) -> str:
        return (
            f"<Reasons of {len(self.declines)} adverse decisions on {self.n_rows} rows, compared "
            f"with {GROUPS[self.reference]} ({self.n_reference} rows)>"
        )


def reason_text(
    column: Column, value: Any, reference: Any, group: str, dictionary: Mapping[str, str]
) -> str:
    """Word one reason, by the user's sentence for its column or a plain one.

    Parameters
    ----------
    column : Column
        The column.

    value, reference : object
        The row's value and the usual one.

    group : str
        The reference group.

    dictionary : mapping
        Columns to sentences.

    Returns
    -------
    text : str
        A sentence.
    """
    words = {"column": column.name, "value": _word(value), "reference": _word(reference)}
    if column.name in dictionary:
        return str(dictionary[column.name]).format(**words)
    usual = "mean" if column.kind == "numeric" else "most frequent"
    usual = f"{usual} of {GROUPS[group]}: {words['reference']}"
    if column.kind != "numeric" and value is not None and value == reference:
        # the group's mean score counts its other values, too
        usual = f"the most frequent of {GROUPS[group]}, too"
    return f"{column.name} is {words['value']} ({usual})"


def _word(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


def _share(found: list[bool | None]) -> float | None:
    known = [one for one in found if one is not None]
    return float(np.mean(known)) if known else None


def _decline_dict(one: Decline) -> dict[str, Any]:
    return {
        "row": one.row,
        "score": one.score,
        "claimed": one.claimed,
        "measured": one.measured,
        "share_passing": one.share_passing,
        "reasons": [
            {
                "column": why.column,
                "value": _json(why.value),
                "reference": _json(why.reference),
                "contribution": why.contribution,
                "text": why.text,
                "teacher_drop": why.teacher_drop,
                "teacher_supports": why.teacher_supports,
            }
            for why in one.reasons
        ],
    }


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
