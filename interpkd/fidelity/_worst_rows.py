"""The rows on which student and teacher differ most."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import decide
from interpkd._html import paragraphs, show, table
from interpkd._tables import RawColumn, describe_columns, encode
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._aligned import aligned_table
from interpkd.fidelity._inputs import check_cutoff, collect_answers, own_order, plain_label
from interpkd.fidelity._segment_table import read_columns
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from interpkd._typing import Table


SHOWN = 8
"""Columns of the table that a notebook shows beside the answers."""


@dataclass(frozen=True)
class WorstRow:
    """A row with what both models say of it.

    Attributes
    ----------
    row : int
        Its position in the table.

    difference : float
        Total variation between the two models' probabilities, with two classes their absolute
        difference; for a regression the absolute difference of the predictions.

    teacher, student : dict of class to float, or float
        Probabilities by class, or the prediction.

    teacher_decision, student_decision : object
        The decided classes; None for a regression.

    values : dict of str to object
        The row itself, columns in the order of their names; None where a value is missing.

    reasons : None
        Kept free for what both models give as their reasons.
    """

    row: int
    difference: float
    teacher: Any
    student: Any
    teacher_decision: Any
    student_decision: Any
    values: dict[str, Any]
    reasons: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Give the row as plain Python values that JSON can hold.

        Returns
        -------
        row : dict
            The attributes under their names; classes as text where they name probabilities.
        """
        return {
            "row": self.row,
            "difference": self.difference,
            "teacher": _plain_answer(self.teacher),
            "student": _plain_answer(self.student),
            "teacher_decision": plain_label(self.teacher_decision),
            "student_decision": plain_label(self.student_decision),
            "values": {name: plain_label(value) for name, value in self.values.items()},
            "reasons": self.reasons,
        }


@dataclass(frozen=True)
class WorstRows:
    """The rows of the largest disagreement; made by :func:`worst_rows`.

    Attributes
    ----------
    n_rows : int
        The number of rows looked at.

    cutoff : float or None
        Where two classes are divided; None without two classes.

    rows : tuple of WorstRow
        The largest difference first.
    """

    n_rows: int
    cutoff: float | None
    rows: tuple[WorstRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain Python values that JSON can hold.

        Returns
        -------
        result : dict
            Keys "n_rows", "cutoff" and "rows".
        """
        rows = [one.to_dict() for one in self.rows]
        return {"n_rows": self.n_rows, "cutoff": self.cutoff, "rows": rows}

    def to_frame(self) -> Any:
        """Give the rows as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "row", "difference", the answers of both models (one column per class),
            their decisions, and the columns of the table.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "row": one.row,
                "difference": one.difference,
                **_by_model("teacher", one.teacher),
                **_by_model("student", one.student),
                "teacher decision": one.teacher_decision,
                "student decision": one.student_decision,
                **one.values,
            }
            for one in self.rows
        )

    def __str__(self) -> str:
        return aligned_table(*self._table())

    def _repr_html_(self) -> str:
        title, header, rows = self._table()
        names = list(self.rows[0].values)[:SHOWN]
        values = [[str(one.values[name]) for name in names] for one in self.rows]
        rows_ = [[*row, *more] for row, more in zip(rows, values, strict=True)]
        found = table("", [*header, *names], rows_, numeric=range(len(header)))
        n_more = len(self.rows[0].values) - len(names)
        left = f"{n_more} more columns: to_frame() has them all." if n_more else ""
        return show(title, found, paragraphs(left, soft=True))

    def _table(self) -> tuple[str, tuple[str, ...], list[tuple[str, ...]]]:
        """Give title, header and rows."""
        names = [*_by_model("teacher", self.rows[0].teacher)]
        names += [*_by_model("student", self.rows[0].student)]
        header = ("row", "difference", *names)
        rows = []
        for one in self.rows:
            answers = {**_by_model("teacher", one.teacher), **_by_model("student", one.student)}
            figures = [one.difference, *answers.values()]
            rows.append((str(one.row), *(format_number(value) for value in figures)))
        title = f"Rows of the largest disagreement, {len(self.rows)} of {self.n_rows}"
        return title, header, rows


def worst_rows(
    student: Any, X: Table, teacher: Any = None, n: int = 10, *, cutoff: float = 0.5
) -> WorstRows:
    """Give the rows on which the answers of student and teacher differ most.

    Parameters
    ----------
    student : fitted classifier with predict_proba, or fitted regressor
        The student.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows to compare on.

    teacher : fitted model, array-like or None, default=None
        The teacher, or its answers on `X`, as in :func:`~interpkd.fidelity_report`.

    n : int, default=10
        How many rows to give, at least 1.

    cutoff : float, default=0.5
        With two classes both models decide for the second one above it.

    Returns
    -------
    rows : WorstRows
        The rows with both models' answers.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import worst_rows
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[::2], y[::2])
    >>> rows = worst_rows(tree, X[1::2], forest, n=2).to_dict()["rows"]
    >>> rows[0]["difference"] >= rows[1]["difference"]
    True
    """
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        msg = f"n must be an int of at least 1, the number of rows to give, got {n!r}."
        raise InvalidInputError(msg)
    cutoff = check_cutoff(cutoff)
    raw = read_columns(X, None)
    answers = collect_answers(student, X, None, teacher=teacher, sample_weight=None, groups=None)
    gap = np.abs(answers.teacher - answers.student)
    gap = gap if gap.ndim == 1 else gap.sum(axis=1) / 2
    raw = [RawColumn(one.name, one.kind, one.values[answers.rows]) for one in raw]
    known = encode(raw, describe_columns(raw))
    order = own_order([-gap, answers.teacher, answers.student, known])[:n]
    return WorstRows(
        n_rows=len(gap),
        cutoff=cutoff if answers.classes is not None and len(answers.classes) == 2 else None,
        rows=tuple(_row(k, answers, float(gap[k]), raw, cutoff) for k in order.tolist()),
    )


def _row(k: int, answers: Any, gap: float, raw: list[RawColumn], cutoff: float) -> WorstRow:
    values = {one.name: _plain_value(one, k) for one in raw}
    row, teacher, student = int(answers.rows[k]), answers.teacher[k], answers.student[k]
    if answers.classes is None:
        return WorstRow(row, gap, float(teacher), float(student), None, None, values)
    classes = answers.classes.tolist()
    t, s = (classes[int(decide(P[None], cutoff)[0])] for P in (teacher, student))
    of_teacher, of_student = (
        dict(zip(classes, P.tolist(), strict=True)) for P in (teacher, student)
    )
    return WorstRow(row, gap, of_teacher, of_student, t, s, values)


def _plain_value(column: RawColumn, k: int) -> Any:
    value = column.values[k]
    if column.kind == "category":
        return value
    if np.isnan(value):
        return None
    return bool(value) if column.kind == "boolean" else float(value)


def _plain_answer(answer: Any) -> Any:
    return {str(k): p for k, p in answer.items()} if isinstance(answer, dict) else answer


def _by_model(who: str, answer: Any) -> dict[str, float]:
    if isinstance(answer, dict):
        return {f"{who} {label}": p for label, p in answer.items()}
    return {who: answer}
