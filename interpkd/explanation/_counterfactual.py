"""Counterfactuals: the smallest change in stated columns that gives the other decision."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align, hash_rows
from interpkd._asking import class_probabilities
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.explanation._change_sum import change_on_sum
from interpkd.explanation._change_tree import change_on_tree
from interpkd.explanation._decider import make_decider
from interpkd.explanation._options import changed_row, check_changes, decode, make_rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd._typing import FloatArray, Table
    from interpkd.explanation._decider import Decider
    from interpkd.explanation._options import Room


@dataclass(frozen=True)
class Change:
    """A column with its value before and after; part of a :class:`Counterfactual`.

    Attributes
    ----------
    column : str
        The column.

    before, after : object
        Its values.

    cost : float
        How far it was moved: for numbers in mean distances of the background's values from their
        median, for anything else one.
    """

    column: str
    before: Any
    after: Any
    cost: float


@dataclass(frozen=True, repr=False)
class Counterfactual:
    """The smallest change that gives a decision; made by :func:`counterfactual`.

    Attributes
    ----------
    found : bool
        Whether there is one. If not, it is proved that no change of the changeable columns within
        what is allowed gives the decision.

    changes : tuple of Change
        What changes, in the order of the columns; empty where the decision is had already.

    cost : float or None
        The sum of the changes' costs; None where there is none.

    target_class : object
        The class that was to be decided.

    row : table of shape (1, n_columns) or None
        The changed row.

    student_before, student_after : float
        The student's probability of the target class on the row and on the changed row (for a
        support vector machine without probabilities its margin towards the class).

    teacher_before, teacher_after : float or None
        The teacher's; None without a teacher.

    teacher_agrees : bool or None
        Whether the teacher, too, decides for the target class on the changed row.

    unchangeable : tuple of str
        Changeable columns that were left alone, as their value is missing or a special value.

    background_sha256 : str
        Hash of the background.
    """

    found: bool
    changes: tuple[Change, ...]
    cost: float | None
    target_class: Any
    row: Any
    student_before: float
    student_after: float | None
    teacher_before: float | None
    teacher_after: float | None
    teacher_agrees: bool | None
    unchangeable: tuple[str, ...]
    background_sha256: str

    @property
    def text(self) -> str:
        """The change as a sentence."""
        if not self.found:
            return f"No change of these columns gives {self.target_class}."
        if not self.changes:
            return f"The decision is {self.target_class} already."
        parts = [
            f"{one.column} from {_word(one.before)} to {_word(one.after)}" for one in self.changes
        ]
        return f"{self.target_class} with {', '.join(parts)}."

    def to_dict(self) -> dict[str, Any]:
        """Give everything but the row in plain Python types that JSON can hold.

        Returns
        -------
        summary : dict
            Whether one was found, the changes and their cost, and what the teacher says.
        """
        label = self.target_class
        return {
            "found": self.found,
            "target_class": label.item() if hasattr(label, "item") else label,
            "n_changed": len(self.changes) if self.found else None,
            "cost": self.cost,
            "changes": [
                {
                    "column": one.column,
                    "before": one.before,
                    "after": one.after,
                    "cost": one.cost,
                }
                for one in self.changes
            ],
            "student_before": self.student_before,
            "student_after": self.student_after,
            "teacher_before": self.teacher_before,
            "teacher_after": self.teacher_after,
            "teacher_agrees": self.teacher_agrees,
            "unchangeable": [*self.unchangeable],
            "background_sha256": self.background_sha256,
        }

    def to_frame(self) -> Any:
        """Give one line per change as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "column", "before", "after" and "cost".
        """
        import pandas as pd

        lines = [[one.column, one.before, one.after, one.cost] for one in self.changes]
        return pd.DataFrame(lines, columns=["column", "before", "after", "cost"])

    def __repr__(self) -> str:
        return f"<Counterfactual: {self.text}>"


def counterfactual(
    student: Any,
    x: Table,
    *,
    changeable: Sequence[str],
    background: Table,
    target_class: Any = None,
    cutoff: float = 0.5,
    directions: Mapping[str, str] | None = None,
    teacher: Any = None,
) -> Counterfactual:
    """Find the smallest change of a row that gives the student's other decision.

    *Smallest* is: the fewest changed columns; among these the least cost, the sum over numbers of
    the distance moved, in units of the mean distance of the background's values from their median,
    plus one for each changed category or truth value. The search is exact: on trees over all
    leaves, each a box; on scorecards over all bins, and on linear students along lines, by a
    mixed-integer program solved to proved optimality. The student scores the answer before it is
    given.

    *Allowed* are numbers between the least and the largest of the background, whole ones in columns
    of whole numbers, and categories that the background holds. Missing values and special values
    of a scorecard are neither changed nor proposed. Where a bound must be passed and not touched,
    numbers go a thousandth of their unit beyond it (half-way where there is less room), and log
    odds must pass the cut-off's by 0.00001.

    It says what the student would answer to another row. It is no advice, for the world may not
    let a column change alone, and no promise, for the student may be refitted.

    Parameters
    ----------
    student : fitted estimator
        A tree, linear student or scorecard of two classes, of this package or scikit-learn.

    x : array-like of shape (n_features,) or (1, n_features), or data frame of one row
        The row.

    changeable : sequence of str
        Names of the columns that may change.

    background : array-like or data frame of shape (n_background, n_features)
        Rows that show what values there are, such as the training rows.

    target_class : object or None, default=None
        The class to be decided; None for the one that is not decided now.

    cutoff : float, default=0.5
        The second class is decided where its probability exceeds this.

    directions : mapping or None, default=None
        Columns of numbers to "increase" or "decrease", the only way that each may go.

    teacher : fitted estimator or None, default=None
        The teacher to ask about the changed row; None for the student's own `teacher_`.

    Returns
    -------
    counterfactual : Counterfactual
        The change, or that there is none.

    Raises
    ------
    InvalidInputError
        If the student cannot be read or has not two classes, or a parameter breaks its rule.

    See Also
    --------
    interpkd.explanation.reasons : What spoke against the row.

    References
    ----------
    .. [1] S. Wachter, B. Mittelstadt and C. Russell, "Counterfactual explanations without opening
       the black box", Harvard Journal of Law & Technology, 2018.
    .. [2] B. Ustun, A. Spangher and Y. Liu, "Actionable recourse in linear classification",
       FAT* 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.explanation import counterfactual
    >>> late, income = np.array([0, 0, 1, 4, 5, 6]), np.array([9, 2, 8, 7, 3, 9])
    >>> X = np.column_stack([late, income]).astype(float)
    >>> student = DecisionTreeClassifier(max_depth=1).fit(X, late > 2)
    >>> counterfactual(student, X[4], changeable=["x0"], background=X)
    <Counterfactual: False with x0 from 5 to 2.>
    >>> counterfactual(student, X[4], changeable=["x1"], background=X)
    <Counterfactual: No change of these columns gives False.>
    """
    decider = make_decider(
        student, adverse_class=target_class, cutoff=cutoff, purpose="Counterfactuals"
    )
    structure = decider.structure
    names, ways = check_changes(structure, changeable, directions)
    x = align(_one_row(x), student, structure, name="x")
    background = align(background, student, structure, name="background")
    if target_class is not None or not decider.is_adverse(decider.second(x))[0]:
        decider = replace(decider, adverse=1 - decider.adverse)  # the class to get away from
    z, Z = structure.encode(x)[0], structure.encode(background)
    rooms = make_rooms(structure, z, Z, names, ways, _special_values(student))
    change = _search(decider, x, z, rooms, background)
    row = None if change is None else changed_row(x, structure, change)
    teacher = getattr(student, "teacher_", None) if teacher is None else teacher
    changes = _changes(decider, z, rooms, change or {})
    return Counterfactual(
        found=change is not None,
        changes=changes,
        cost=None if change is None else sum((one.cost for one in changes), 0.0),
        target_class=structure.classes[1 - decider.adverse],  # type: ignore[index]  # has two
        row=row,
        unchangeable=tuple(
            column.name
            for i, column in enumerate(structure.columns)
            if column.name in names and i not in rooms
        ),
        background_sha256=hash_rows(background, structure),
        **_scores(decider, teacher, x, row),
    )


def _search(
    decider: Decider, x: Table, z: FloatArray, rooms: Mapping[int, Room], background: Table
) -> dict[int, float] | None:
    """Find the smallest change, and see that the student decides as it should."""
    if not decider.is_adverse(decider.second(x))[0]:
        return {}
    if decider.structure.is_tree:
        change = change_on_tree(decider, z, rooms)
    else:
        change = change_on_sum(decider, x, z, rooms, background)
    if change is None:
        return None
    row = changed_row(x, decider.structure, change)
    if decider.is_adverse(decider.second(row))[0]:
        msg = (
            f"The student does not decide as its {type(decider.structure.core).__name__} says, so "
            "no counterfactual can be read from it."
        )
        raise InvalidInputError(msg)
    return change


def _changes(
    decider: Decider, z: FloatArray, rooms: Mapping[int, Room], change: Mapping[int, float]
) -> tuple[Change, ...]:
    columns = decider.structure.columns
    return tuple(
        Change(
            columns[i].name,
            decode(columns[i], float(z[i])),
            decode(columns[i], value),
            float(rooms[i].cost(value)),
        )
        for i, value in sorted(change.items())
    )


def _scores(decider: Decider, teacher: Any, x: Table, row: Table | None) -> dict[str, Any]:
    """Ask both models about the row before and after."""
    other = replace(decider, adverse=1 - decider.adverse)  # its adverse score is that of the target
    out: dict[str, Any] = {
        "student_before": float(other.adverse_score(other.second(x))[0]),
        "student_after": None if row is None else float(other.adverse_score(other.second(row))[0]),
        "teacher_before": None,
        "teacher_after": None,
        "teacher_agrees": None,
    }
    if teacher is None:
        return out
    target = 1 - decider.adverse
    out["teacher_before"] = float(_teacher(decider, teacher, x)[target])
    if row is not None:
        P = _teacher(decider, teacher, row)
        out["teacher_after"] = float(P[target])
        out["teacher_agrees"] = bool((P[1] > decider.cutoff) == (target == 1))
    return out


def _teacher(decider: Decider, teacher: Any, row: Table) -> FloatArray:
    return class_probabilities(teacher, row, decider.structure.classes)[0]


def _special_values(student: Any) -> dict[int, FloatArray]:
    card = getattr(student, "card_", None)
    if card is None:
        return {}
    bins = zip(card.model.columns, card.model.bins, strict=True)
    return {int(i): np.asarray(one.special, dtype=np.float64) for i, one in bins}


def _one_row(x: Any) -> Any:
    if is_frame(x):
        ok = x.shape[0] == 1
    else:
        x = x if hasattr(x, "ndim") else np.asarray(x, dtype=object)
        x = x[None] if x.ndim == 1 else x
        ok = len(x) == 1
    if not ok:
        msg = f"x must be one row, got {x.shape[0]}. Take one, such as X.iloc[[0]]."
        raise InvalidInputError(msg)
    return x


def _word(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
