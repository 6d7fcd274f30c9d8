"""What "distil or not" found: each lesson's scores, and what may be said of their differences."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd._html import paragraphs, show, table
from interpkd.fidelity._aligned import aligned_table, with_interval
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.fidelity._intervals import ScoreEstimate

LESSONS = {
    "labels": "the true labels",
    "hard": "the teacher's decisions",
    "soft": "the teacher's probabilities",
}
"""What a student can be taught, in words."""

PREDICTIONS = {"labels": "the true values", "soft": "the teacher's predictions"}
"""The same for a regression, which has no hard labels."""

TEACHER = "the teacher itself"

TITLES = {
    "accuracy": "accuracy",
    "auc": "AUC",
    "log_loss": "log loss",
    "r2": "R²",
    "mae": "mean absolute error",
}


@dataclass(frozen=True)
class Lesson:
    """The student as it learned from one kind of target.

    Attributes
    ----------
    name : {"soft", "hard", "labels"}
        The target.

    performance : dict of str to ScoreEstimate
        Against the true values, on the held-out rows.

    counts : dict of str to float or None
        What the student is made of, on the average of the folds.

    n_generated : float
        Generated rows that it learned from beside the real ones, on the average of the folds.
    """

    name: str
    performance: Mapping[str, ScoreEstimate]
    counts: Mapping[str, float | None]
    n_generated: float

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes.

        Returns
        -------
        lesson : dict
            Plain Python values that JSON can hold.
        """
        return {
            "name": self.name,
            "performance": {name: one.to_dict() for name, one in self.performance.items()},
            "counts": dict(self.counts),
            "n_generated": self.n_generated,
        }


@dataclass(frozen=True)
class PairedDifference:
    """How one score differs between two models on the same held-out rows.

    Attributes
    ----------
    first, second : str
        The models: "soft", "hard", "labels" or "teacher".

    score : str
        The score, against the true values.

    difference : ScoreEstimate
        The first one's score less the second one's.

    confidence : float
        Confidence of its interval.

    p_value : float or None
        McNemar's exact test of equal accuracy; None for other scores, and where rows are weighted
        or dependent.

    test : str
        What decided whether the difference is shown.

    better : str or None
        The model that is shown to be better; None when neither is.

    text : str
        The finding in one sentence.
    """

    first: str
    second: str
    score: str
    difference: ScoreEstimate
    confidence: float
    p_value: float | None
    test: str
    better: str | None
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes.

        Returns
        -------
        difference : dict
            Plain Python values that JSON can hold.
        """
        return {
            "first": self.first,
            "second": self.second,
            "score": self.score,
            "difference": self.difference.to_dict(),
            "confidence": self.confidence,
            "p_value": self.p_value,
            "test": self.test,
            "better": self.better,
            "text": self.text,
        }


@dataclass(frozen=True)
class DistilOrNot:
    """Whether the teacher was worth its while; made by :func:`distil_or_not`.

    Print it for a text table.

    Attributes
    ----------
    student : str
        Type of the student.

    task : {"classification", "regression"}
        What it does.

    n_rows : int
        Held-out rows with a weight above 0.

    n_groups : int or None
        Groups of dependent rows, None when rows count as independent.

    n_folds, n_folds_planned : int
        Folds that were finished, and all.

    confidence : float
        Confidence with which all of `comparisons` hold at once, and with which each of `price` and
        each score holds by itself.

    lessons : tuple of Lesson
        The student by what it learned from.

    teacher : dict of str to ScoreEstimate
        The teachers of the folds against the true values.

    comparisons : tuple of PairedDifference
        The lessons against each other.

    price : tuple of PairedDifference
        Each lesson against the teacher.

    notes : tuple of str
        What differs between the lessons besides their targets, and what the tests say.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier
    >>> from interpkd.fidelity import distil_or_not
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=5, random_state=0)
    >>> student = DistilledTreeClassifier(forest, max_leaf_nodes=4, cv=2, augmentation=None)
    >>> found = distil_or_not(student, X, y, cv=2)
    >>> [lesson.name for lesson in found.lessons]
    ['soft', 'hard', 'labels']
    """

    student: str
    task: str
    n_rows: int
    n_groups: int | None
    n_folds: int
    n_folds_planned: int
    confidence: float
    lessons: tuple[Lesson, ...]
    teacher: Mapping[str, ScoreEstimate]
    comparisons: tuple[PairedDifference, ...]
    price: tuple[PairedDifference, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain Python values that JSON can hold.

        Returns
        -------
        found : dict
            The attributes under their names.
        """
        names = ("student", "task", "n_rows", "n_groups", "n_folds", "n_folds_planned")
        return {
            **{name: getattr(self, name) for name in names},
            "confidence": self.confidence,
            "lessons": [lesson.to_dict() for lesson in self.lessons],
            "teacher": {name: one.to_dict() for name, one in self.teacher.items()},
            "comparisons": [one.to_dict() for one in self.comparisons],
            "price": [one.to_dict() for one in self.price],
            "notes": list(self.notes),
        }

    def to_frame(self) -> Any:
        """Give the differences as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "first", "second", "score", "estimate", "low", "high", "n", "method",
            "confidence", "p_value", "better".
        """
        import pandas as pd

        rows = [
            {"first": one.first, "second": one.second, "score": one.score}
            | one.difference.to_dict()
            | {"confidence": one.confidence, "p_value": one.p_value, "better": one.better}
            for one in (*self.comparisons, *self.price)
        ]
        numbers = ["estimate", "low", "high", "p_value"]
        return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))

    def __str__(self) -> str:
        table_text = aligned_table(*self._table())
        return "\n\n".join([table_text, "\n".join(self._verdicts()), "\n".join(self.notes)])

    def _repr_html_(self) -> str:
        title, header, rows = self._table()
        name, _, rest = title.partition(", ")
        numbers = range(1, len(header))
        found = table(f"Against the true values, {rest}", header, rows, numeric=numbers)
        verdicts = paragraphs(*self._verdicts())
        return show(name, found, verdicts, paragraphs(*self.notes, soft=True))

    def _table(self) -> tuple[str, list[str], list[list[str]]]:
        """Give title, header and rows: one row per lesson, the teacher last."""
        scores = list(self.teacher)
        rows = [
            [lesson.name, *(with_interval(lesson.performance[name]) for name in scores)]
            for lesson in self.lessons
        ]
        rows.append(["teacher", *(with_interval(self.teacher[name]) for name in scores)])
        title = (
            f"Distil or not: {self.student}, {self.n_rows} held-out rows of {self.n_folds} folds, "
            f"{100 * self.confidence:g} % intervals"
        )
        return title, ["learned from", *(TITLES[name] for name in scores)], rows

    def _verdicts(self) -> list[str]:
        verdicts = [one.text for one in (*self.comparisons, *self.price)]
        if self.n_folds < self.n_folds_planned:
            verdicts.append(f"Interrupted: {self.n_folds} of {self.n_folds_planned} folds.")
        return verdicts


def verdict(
    first: str,
    second: str,
    score: str,
    difference: ScoreEstimate,
    *,
    better: str | None,
    names: Mapping[str, str],
) -> str:
    """Say in a sentence what the rows show of a difference, and no more."""
    what, n = TITLES[score], difference.n
    one, other = names[first], names[second]
    if difference.estimate is None:
        return f"{what}, {one} or {other}: {difference.method}."
    size = format_number(abs(difference.estimate))
    if better is None:
        # equal to the last digit is a finding of these rows too, and no proof of equality
        return f"{what}, {one} or {other}: no difference that these {n} rows can show."
    worse = other if better == first else one
    return f"{what}: {names[better]} is better than {worse} by {size} on these {n} rows."
