"""What refits of a student have in common, in a validator's words."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from interpkd._html import bar, paragraphs, show, table

if TYPE_CHECKING:
    from interpkd.fidelity import ScoreEstimate

STABLE, OFTEN = 0.9, 0.5
"""Shares of refits from which a finding is called stable, or frequent."""


@dataclass(frozen=True)
class Recurrence:
    """How often refits repeat one thing that the student does.

    Attributes
    ----------
    name : str
        The thing: a split, a column, a coefficient.

    column : str
        The column it is about.

    n_again : int
        Refits that repeat it.

    n_refits : int
        All refits.

    is_of_reference : bool
        Whether the reference student does it; columns that only refits use are listed too.

    verdict : {"stable", "frequent", "unstable"}
        "stable" in at least 90 % of the refits, "frequent" in at least half.

    text : str
        The finding in a sentence.
    """

    name: str
    column: str
    n_again: int
    n_refits: int
    is_of_reference: bool
    verdict: str
    text: str


@dataclass(frozen=True)
class SpreadOfRefits:
    """A number of the reference student beside those of the refits.

    Attributes
    ----------
    name, column : str
        What it is, and the column it is about.

    reference : float
        The reference student's.

    lowest, median, highest : float or None
        Over the refits that have it; None when none has.

    n_refits : int
        Refits that have it.
    """

    name: str
    column: str
    reference: float
    lowest: float | None
    median: float | None
    highest: float | None
    n_refits: int


@dataclass(frozen=True)
class Stability:
    """How much of a student survives a refit; made by :func:`stability`.

    Print it for a text table.

    Attributes
    ----------
    student : str
        Type of the student.

    kind : {"bootstrap", "seed"}
        What differs between refits.

    task : {"classification", "regression"}
        What the student does.

    n_refits, n_refits_planned : int
        Refits that were finished, and all.

    n_train, n_test : int
        Rows that refits were fitted on (before resampling), and held-out rows.

    confidence : float
        Confidence of the intervals.

    tolerance : float
        The share of training rows that may change sides for a split to count as the same.

    reference : str
        Which student the refits are compared with.

    churn : ScoreEstimate
        Share of held-out decisions that differ between two refits, on the average of all pairs;
        for a regression the mean absolute difference of predictions.

    change : ScoreEstimate
        The same between the reference student and a refit.

    same_rules : SpreadOfRefits or None
        Adjusted Rand index of the leaves of held-out rows, reference against refit: 1 for the same
        partition, 0 for no more than chance. None without a tree.

    columns : tuple of Recurrence
        Columns that are used.

    splits : tuple of Recurrence
        The splits of a tree.

    signs : tuple of Recurrence
        Coefficients not 0 of a linear student: refits with the same sign.

    values : tuple of SpreadOfRefits
        Coefficients, or points by bin of a scorecard: mean points of the bin's training rows.

    notes : tuple of str
        What was varied and what the numbers mean.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.audit import stability
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = as_teacher(LogisticRegression(max_iter=500).fit(X, y))
    >>> student = DistilledTreeClassifier(teacher, max_leaf_nodes=3, effort="greedy")
    >>> found = stability(student.set_params(augmentation=None), X, n_refits=4, kind="seed")
    >>> found.churn.estimate  # nothing here depends on a seed
    0.0
    >>> found.splits[0].text
    'Chosen again in 4 of 4 refits.'
    """

    student: str
    kind: str
    task: str
    n_refits: int
    n_refits_planned: int
    n_train: int
    n_test: int
    confidence: float
    tolerance: float
    reference: str
    churn: ScoreEstimate
    change: ScoreEstimate
    same_rules: SpreadOfRefits | None
    columns: tuple[Recurrence, ...]
    splits: tuple[Recurrence, ...]
    signs: tuple[Recurrence, ...]
    values: tuple[SpreadOfRefits, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain Python values that JSON can hold.

        Returns
        -------
        found : dict
            The attributes under their names.
        """
        data = asdict(self)
        for name in ("columns", "splits", "signs", "values", "notes"):
            data[name] = list(data[name])
        return data

    def to_frame(self) -> Any:
        """Give what recurs as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "what" ("split", "column", "sign"), then the attributes of :class:`Recurrence`.
        """
        import pandas as pd

        parts = (("split", self.splits), ("column", self.columns), ("sign", self.signs))
        names = ["what", *Recurrence.__dataclass_fields__]
        rows = [{"what": what, **asdict(one)} for what, many in parts for one in many]
        return pd.DataFrame(rows, columns=names)

    def __str__(self) -> str:
        lines = [
            f"Stability of {self.student}: {self.n_refits} refits ({self.kind}) on {self.n_train} "
            f"rows, compared on {self.n_test} held-out rows",
            f"{_churn(self.task)} between two refits: {_figures(self.churn)}",
            f"the same between {self.reference} and a refit: {_figures(self.change)}",
        ]
        if self.same_rules is not None and self.same_rules.median is not None:
            lines.append(
                f"adjusted Rand index of the leaves: median {self.same_rules.median:.3f}, lowest "
                f"{self.same_rules.lowest:.3f}"
            )
        for title, many in (
            ("Splits", self.splits),
            ("Columns", self.columns),
            ("Signs", self.signs),
        ):
            if many:
                lines += ["", title]
                width = max(len(one.name) for one in many)
                lines += [f"{one.name:{width}}  {one.verdict:8}  {one.text}" for one in many]
        if self.values:
            lines += ["", "Values: reference, and lowest, median and highest of the refits"]
            width = max(len(one.name) for one in self.values)
            lines += [f"{one.name:{width}}  {_spread(one)}" for one in self.values]
        return "\n".join([*lines, "", *self.notes])

    def _repr_html_(self) -> str:
        facts = [
            ("refits", f"{self.n_refits} ({self.kind}) on {self.n_train:,} rows"),
            (f"{_churn(self.task)} between two refits", _figures(self.churn)),
            (f"the same between {self.reference} and a refit", _figures(self.change)),
        ]
        if self.same_rules is not None and self.same_rules.median is not None:
            index = f"median {self.same_rules.median:.3f}, lowest {self.same_rules.lowest:.3f}"
            facts.append(("adjusted Rand index of the leaves", index))
        parts = [table(f"On {self.n_test:,} held-out rows", (), facts)]
        titles = {"Splits": self.splits, "Columns": self.columns, "Signs": self.signs}
        for title, many in titles.items():
            rows = [
                [one.name, bar(one.n_again, one.n_refits), one.verdict, one.text] for one in many
            ]
            parts += [table(title, (), rows)] if rows else []
        if self.values:
            rows = [[one.name, _spread(one)] for one in self.values]
            title = "Values: reference, and lowest, median and highest of the refits"
            parts.append(table(title, (), rows))
        return show(f"Stability of {self.student}", *parts, paragraphs(*self.notes, soft=True))


def recurrence(
    name: str,
    column: str,
    n_again: int,
    n_refits: int,
    *,
    what: str,
    is_of_reference: bool = True,
) -> Recurrence:
    """Judge how often something recurs."""
    share = n_again / n_refits
    verdict = "stable" if share >= STABLE else "frequent" if share >= OFTEN else "unstable"
    text = f"{what} in {n_again} of {n_refits} refits."
    return Recurrence(name, column, n_again, n_refits, is_of_reference, verdict, text)


def _churn(task: str) -> str:
    if task == "regression":
        return "mean absolute difference of predictions"
    return "share of decisions that differ"


def _figures(score: ScoreEstimate) -> str:
    if score.low is None or score.high is None:
        return f"{score.estimate:.4g}" if score.estimate is not None else score.method
    return f"{score.estimate:.4g} [{score.low:.4g}, {score.high:.4g}]"


def _spread(one: SpreadOfRefits) -> str:
    if one.median is None:
        return f"{one.reference:.4g}; in no refit"
    return f"{one.reference:.4g}; {one.lowest:.4g}, {one.median:.4g}, {one.highest:.4g}"
