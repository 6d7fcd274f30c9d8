"""How far apart the answers can be anywhere in the training range: an input that attains it.

A search that only asks: from the rows of the largest differences, column by column, whatever value
of the reference rows takes the answers further apart. What it ends at is true of that input, and
nothing is said about others. Of a regression by trees a bound is added: the smallest difference of
which it is proved that no input exceeds it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._html import paragraphs, show, table
from interpkd._tables import select_rows
from interpkd.fidelity._text import format_number
from interpkd.fidelity.certificate._cell_search import CellSearch
from interpkd.fidelity.certificate._witnesses import changed_table
from interpkd.fidelity.certificate._worst_bound import prove_bound

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._radii import Radii
    from interpkd.fidelity.certificate._search import Search

N_STARTS = 8
N_VALUES = 32
"""Reference values of a column that are tried: its quantiles, ends included."""

N_SWEEPS = 6
"""Most rounds over all columns."""


@dataclass(frozen=True, eq=False)
class WorstCase:
    """The largest difference of answers that was found in the training range.

    Attributes
    ----------
    difference : float
        Attained by `input`: the difference of predictions; of classes the total variation of the
        probabilities, which for two classes is the difference of one.

    input : array or data frame of shape (1, n_features)
        The input.

    teacher, student : float or list of float
        What the models answer to it: predictions, or probabilities in the order of the teacher's
        classes.

    row : int or None
        The row that the search came from, if from one.

    bound : float or None
        Of a regression: proved to be exceeded by no input whose numbers are within the range of the
        reference rows, none of them missing. None where nothing is proved, and `reason` says why.

    reason : str or None
        Why there is no bound.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.fidelity import certify
    >>> X, y = load_diabetes(return_X_y=True)
    >>> teacher = HistGradientBoostingRegressor(max_iter=5).fit(X, y)
    >>> student = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, teacher.predict(X))
    >>> certificate = certify(student, teacher, X_ref=X, X_eval=X[:9], tolerance=25.0)
    >>> worst = certificate.worst_case()
    >>> worst.difference <= worst.bound
    True
    """

    difference: float
    input: Any
    teacher: float | list[float]
    student: float | list[float]
    row: int | None
    bound: float | None
    reason: str | None

    def to_dict(self) -> dict[str, Any]:
        """Give all but the input, in plain Python values.

        Returns
        -------
        data : dict
            The attributes by name.
        """
        names = ("difference", "teacher", "student", "row", "bound", "reason")
        return {name: getattr(self, name) for name in names}

    def __str__(self) -> str:
        said = f"{self.difference:.4g}, attained by an input in the training range (`input`)"
        if self.bound is None:
            return f"{said}; nothing is proved about others. {self.reason}"
        return f"{said}; proved: no input there exceeds {self.bound:.4g}"

    def _repr_html_(self) -> str:
        rows = [("teacher", _answers(self.teacher)), ("student", _answers(self.student))]
        facts = paragraphs(f"Largest difference: {self}")
        return show("Worst case", facts, table("Their answers to that input", (), rows))


def _answers(answers: float | list[float]) -> str:
    listed = answers if isinstance(answers, list) else [answers]
    return ", ".join(format_number(one) for one in listed)


def worst_case(run: Radii) -> WorstCase:
    """Look for the largest difference of answers in the range of the reference rows.

    Parameters
    ----------
    run : Radii
        Models, rows and search.

    Returns
    -------
    worst : WorstCase
        The input that attains it.
    """
    gaps = run.both.differences(run.X)
    starts = np.argsort(-gaps, kind="stable")[:N_STARTS]
    search = run.search
    if isinstance(search, str):
        return _told(run, select_rows(run.X, starts[:1]), int(starts[0]), None, search)
    values, gaps = _climb(run, search, starts, gaps[starts])
    k = int(gaps.argmax())
    row, witness = int(starts[k]), values[k]
    is_from_row = True
    bound, reason = None, _why_unbounded(run, search)
    if reason is None and isinstance(search, CellSearch):
        bound, higher = prove_bound(run, search, float(gaps[k]))
        reason = None if bound is not None else "The search ended before it proved a bound."
        if higher is not None:
            row, witness, is_from_row = 0, higher, False
    table = _changed(run, search, np.array([row]), witness[None])
    return _told(run, table, row if is_from_row else None, bound, reason)


def _told(
    run: Radii, table: Table, row: int | None, bound: float | None, reason: str | None
) -> WorstCase:
    of_teacher, of_student = run.both.both_answers(table)
    difference = float(run.both.differences(table)[0])
    return WorstCase(
        difference, table, of_teacher[0].tolist(), of_student[0].tolist(), row, bound, reason
    )


def _changed(run: Radii, search: Search, rows: IntArray, values: FloatArray) -> Table:
    return changed_table(run.X, rows, search.names, search.values[rows], values)


def _climb(
    run: Radii, search: Search, rows: IntArray, gaps: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Move one column after the other to the value at which the answers are furthest apart."""
    values, gaps = search.values[rows].copy(), gaps.copy()
    for _ in range(N_SWEEPS):
        before = gaps.copy()
        for u in np.flatnonzero(search.moves):
            known = search.reference[~np.isnan(search.reference[:, u]), u]
            moving = np.flatnonzero(~np.isnan(values[:, u]))
            if not len(known) or not len(moving):
                continue
            places = np.linspace(0, 1, N_VALUES)
            tried = np.unique(np.quantile(known, places, method="closest_observation"))
            which = np.repeat(moving, len(tried))
            inputs = values[which]
            inputs[:, u] = np.tile(tried, len(moving))
            apart = run.both.differences(_changed(run, search, rows[which], inputs))
            apart = apart.reshape(len(moving), len(tried))
            best = apart.argmax(axis=1)
            top = apart.max(axis=1)
            better = top > gaps[moving]
            values[moving[better], u] = tried[best[better]]
            gaps[moving[better]] = top[better]
        if not (gaps > before).any():
            break
    return values, gaps


def _why_unbounded(run: Radii, search: Search) -> str | None:
    if run.both.classes is not None:
        return "Of classes only what is attained is told."
    if not isinstance(search, CellSearch):
        return "Beside a network only what is attained is told."
    if not search.moves.all():
        return "Bounds are only for tables of numbers of which no column is frozen."
    if np.isnan(search.reference).all(axis=0).any():
        return "A column has no reference value."
    return None
