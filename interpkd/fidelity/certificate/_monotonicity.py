"""Directions of teacher and student along columns: proved, or denied by two inputs.

A student that imitates a teacher trained under monotone constraints does not inherit them. Its own
directions follow from its numbers; those of boosted trees, if they were trained under constraints,
from every tree alone; of others two inputs show what they do.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd._html import paragraphs, show, table
from interpkd._tables import is_frame
from interpkd.exceptions import InterpkdError, InvalidInputError
from interpkd.fidelity.certificate._equality import check_missing, reference_rows
from interpkd.fidelity.certificate._monotonicity_sides import (
    Side,
    answers_of,
    student_side,
    teacher_side,
)
from interpkd.fidelity.certificate._monotonicity_witness import (
    Column,
    confirm,
    pair_inputs,
    sweep,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.fidelity.certificate._monotonicity_trees import Pairs
    from interpkd.fidelity.certificate._monotonicity_witness import Against

N_POINTS = 200
"""Most numbers that a column is moved over."""

WAYS = {1: "never falls", -1: "never rises"}


@dataclass(frozen=True, eq=False)
class Monotonicity:
    """What is proved of one model along one column; part of a :class:`MonotonicityCertificate`.

    Attributes
    ----------
    status : {"proved", "violated", "not decided"}
        Proved for every input, denied by `witness`, or neither, for `reason`.

    method : str
        What was compared, or asked.

    n_compared : int
        Pairs of leaves, steps between bins, or coefficients; 0 where nothing is.

    n_rows_swept : int
        Reference rows whose column was moved over its thresholds.

    witness : array or data frame of shape (2, n_features), or None
        Two inputs that differ in the column only, that of the smaller number first.

    numbers, answers : tuple of float, or None
        The two numbers of the column, and what the model itself answers.

    reason : str or None
        Why nothing was decided.

    n_against : int
        Of what was compared, how much goes against the direction.

    Examples
    --------
    >>> from interpkd.fidelity import Monotonicity
    >>> print(Monotonicity("proved", "all pairs of leaves", n_compared=9))
    proved: all pairs of leaves (9 compared)
    """

    status: Literal["proved", "violated", "not decided"]
    method: str
    n_compared: int = 0
    n_rows_swept: int = 0
    witness: Any = None
    numbers: tuple[float, float] | None = None
    answers: tuple[float, float] | None = None
    reason: str | None = None
    n_against: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give all but the witness, in plain Python values.

        Returns
        -------
        data : dict
            The attributes by name; numbers and answers as lists.
        """
        names = ("status", "method", "n_compared", "n_against", "n_rows_swept", "reason")
        pairs = {"numbers": self.numbers, "answers": self.answers}
        return {
            **{name: getattr(self, name) for name in names},
            **{name: None if pair is None else list(pair) for name, pair in pairs.items()},
        }

    def __str__(self) -> str:
        if self.status == "proved":
            count = f" ({self.n_compared} compared)" if self.n_compared else ""
            return f"proved: {self.method}{count}"
        if self.numbers is not None and self.answers is not None:
            numbers = " to ".join(f"{one:.6g}" for one in self.numbers)
            answers = " to ".join(f"{one:.4g}" for one in self.answers)
            return f"violated: from {numbers} the answer goes from {answers}"
        return f"not decided. {self.reason}"

    def _repr_html_(self) -> str:
        return show("Direction along one column", paragraphs(self))


@dataclass(frozen=True, eq=False)
class MonotonicityCertificate:
    """Directions of a student, and of its teacher; made by :func:`certify_monotonicity`.

    Attributes
    ----------
    signs : dict
        For each column 1 where the answer may not fall as it grows, -1 where it may not rise.

    student : dict
        Column to what is proved of the student, a :class:`Monotonicity`.

    teacher : dict
        The same of the teacher; empty without one.

    classes : list or None
        Of two classes; directions are of the probability of the second. None for a regression.

    trained : dict
        The constraints that the teacher was trained under, as far as they can be read.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.fidelity import certify_monotonicity
    >>> X, y = [[0.0], [1.0], [2.0]], [0.0, 2.0, 1.0]
    >>> student = DecisionTreeRegressor().fit(X, y)
    >>> certificate = certify_monotonicity(student, X_ref=X, columns={0: 1})
    >>> print(certificate.student["x0"])
    violated: from 1 to 2 the answer goes from 2 to 1
    """

    signs: dict[str, int]
    student: dict[str, Monotonicity]
    teacher: dict[str, Monotonicity]
    classes: list[Any] | None
    trained: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the certificate in plain Python values.

        Returns
        -------
        data : dict
            "classes", "remedy", and "columns", a list with "column", "sign", "student" and
            "teacher" (None without one).
        """
        return {
            "classes": self.classes,
            "remedy": self.remedy(),
            "columns": [
                {
                    "column": name,
                    "sign": sign,
                    "student": self.student[name].to_dict(),
                    "teacher": self.teacher[name].to_dict() if name in self.teacher else None,
                }
                for name, sign in self.signs.items()
            ],
        }

    def remedy(self) -> str | None:
        """Say how a student without violations is had, and what to look at for its price.

        Returns
        -------
        remedy : str or None
            None where all of the student's directions are proved. Nothing is fitted.
        """
        if all(one.status == "proved" for one in self.student.values()):
            return None
        wanted = {**self.trained, **self.signs}  # a student keeps those only that it is told
        how = 'monotonic_cst="teacher"' if wanted == self.trained else f"monotonic_cst={wanted}"
        return (
            f"Distil the student again with {how}. What it costs, compare_students tells of the "
            "two students on the same held-out rows."
        )

    def __str__(self) -> str:
        answer = "prediction" if self.classes is None else f"probability of {self.classes[1]!r}"
        lines = [f"Directions of the {answer}, all other columns held as they are"]
        for name, sign in self.signs.items():
            lines.append(f"{name}: {WAYS[sign]} as it grows")
            sides = {"student": self.student, "teacher": self.teacher}
            lines += [f"  {who}: {side[name]}" for who, side in sides.items() if name in side]
        remedy = self.remedy()
        return "\n".join(lines if remedy is None else [*lines, remedy])

    def _repr_html_(self) -> str:
        answer = "prediction" if self.classes is None else f"probability of {self.classes[1]!r}"
        rows = [
            [name, WAYS[sign], self.student[name], self.teacher.get(name, "")]
            for name, sign in self.signs.items()
        ]
        header = ("as it grows", f"the {answer}", "student", "teacher")
        title = "Directions, all other columns held as they are"
        return show(title, table("", header, rows), paragraphs(self.remedy()))


def certify_monotonicity(
    student: Any,
    teacher: Any = None,
    *,
    X_ref: Table,
    columns: Mapping[str | int, int] | None = None,
    max_rows: int = 200,
) -> MonotonicityCertificate:
    """Prove in which direction answers go along columns, or find two inputs that deny it.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or such a tree or linear model of scikit-learn; of
        two classes or a regression.

    teacher : fitted estimator, teacher or None, default=None
        The teacher. An ensemble of trees that :func:`~interpkd.teachers.tree_ensemble` reads can be
        proved, if every tree alone goes the right way, as under constraints; any other can only be
        denied.

    X_ref : array-like or data frame of shape (n_reference, n_features)
        Rows that show which columns may be missing, and their categories; from them the search for
        two inputs starts.

    columns : mapping of str or int to {1, -1}, or None, default=None
        Columns by name or place: 1 where the prediction, or the probability of the student's second
        class, may not fall as the column grows, -1 where it may not rise. None for the constraints
        that the teacher was trained under
        (:func:`~interpkd.teachers.teacher_monotonic_cst`), and those stated for the student.

    max_rows : int, default=200
        Most reference rows whose column is moved over its thresholds.

    Returns
    -------
    certificate : MonotonicityCertificate
        What is proved of both, or two inputs each.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, there are more than two classes, no constraint is known, or
        the student is of no known kind.

    See Also
    --------
    certify : For how many rows both agree on every input near them.

    Notes
    -----
    Proofs hold for all numbers of all columns, for the categories of `X_ref`, and for missing
    values in columns that are missing in some row of it; of the column itself missing values, and
    the special values of a scorecard, have no order. They are of the models' numbers, rounding
    aside: answers that go the wrong way by at most 1e-9 are no violation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import HistGradientBoostingRegressor
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.fidelity import certify_monotonicity
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2))
    >>> y = X[:, 0] + np.sin(3 * X[:, 1]) + rng.normal(size=300)
    >>> teacher = HistGradientBoostingRegressor(max_iter=20, monotonic_cst=[1, 0]).fit(X, y)
    >>> student = DecisionTreeRegressor(max_leaf_nodes=30, random_state=0)
    >>> student = student.fit(X, teacher.predict(X))
    >>> certificate = certify_monotonicity(student, teacher, X_ref=X)
    >>> certificate.teacher["x0"].status, certificate.student["x0"].status
    ('proved', 'violated')
    """
    if not isinstance(max_rows, Integral) or max_rows < 1:
        msg = f"The 'max_rows' parameter must be a whole number of at least 1, got {max_rows!r}."
        raise InvalidInputError(msg)
    X_ref = reference_rows(X_ref)
    classes = _classes(student, teacher)
    own = student_side(student, X_ref)
    trained = {} if teacher is None else _trained(teacher, X_ref, classes)
    signs = _signs(student, trained, columns, X_ref)
    run = _Run(X_ref, classes, int(max_rows), signs)
    of_student = run.judge(student, own, own)
    of_teacher = {} if teacher is None else run.judge(teacher, _read(teacher, X_ref, classes), own)
    told = None if classes is None else classes.tolist()
    return MonotonicityCertificate(signs, of_student, of_teacher, told, trained)


def _classes(student: Any, teacher: Any) -> NDArray[Any] | None:
    """Give the student's two classes, None for a regression."""
    classes = getattr(student, "classes_", None)
    if classes is None:
        if getattr(teacher, "classes_", None) is not None:
            msg = "The teacher is a classifier and the student a regression; both must be the same."
            raise InvalidInputError(msg)
        return None
    known = np.asarray(classes)
    if len(known) != 2:
        msg = (
            f"Directions are told of two classes or a regression; the student has {len(known)} "
            "classes, and no one answer that could have a direction."
        )
        raise InvalidInputError(msg)
    others = getattr(teacher, "classes_", None)
    if teacher is not None and (others is None or sorted(others) != sorted(known)):
        msg = f"The teacher must have the student's classes {known.tolist()}, got {others!r}."
        raise InvalidInputError(msg)
    return known


def _is_turned(teacher: Any, classes: NDArray[Any] | None) -> bool:
    return classes is not None and bool(np.asarray(teacher.classes_)[1] != classes[1])


def _read(teacher: Any, X: Table, classes: NDArray[Any] | None) -> Side | str:
    """Put the teacher on its own cells, or say why not."""
    from interpkd.teachers import tree_ensemble

    try:
        ensemble = tree_ensemble(teacher)
        check_missing(teacher, ensemble)
    except InterpkdError as error:
        return str(error)
    return teacher_side(ensemble, X, is_turned=_is_turned(teacher, classes))


def _column_names(X: Table) -> list[str]:
    return [str(c) for c in X.columns] if is_frame(X) else [f"x{i}" for i in range(X.shape[1])]


def _trained(teacher: Any, X: Table, classes: NDArray[Any] | None) -> dict[str, int]:
    """Read the constraints that a teacher was trained under; none where they cannot be read."""
    from interpkd.teachers import teacher_monotonic_cst

    names = _column_names(X)
    try:
        signs = teacher_monotonic_cst(teacher, names if is_frame(X) else len(names))
    except (InvalidInputError, AttributeError):
        return {}
    turn = -1 if _is_turned(teacher, classes) else 1
    return {name: turn * int(s) for name, s in zip(names, signs, strict=True) if s}


def _signs(
    student: Any,
    trained: dict[str, int],
    columns: Mapping[str | int, int] | None,
    X: Table,
) -> dict[str, int]:
    """Give the directions that are asked about, by names of columns."""
    names = _column_names(X)
    if columns is None:
        signs = {**_stated(student, names), **trained}
        if signs:
            return {name: signs[name] for name in names if name in signs}
        msg = (
            "No constraint of the teacher or the student can be read, so there is no direction to "
            "ask about. State them: columns={'column': 1}."
        )
        raise InvalidInputError(msg)
    out = {}
    for key, sign in columns.items():
        is_place = isinstance(key, Integral) and 0 <= int(key) < len(names)
        if not is_place and str(key) not in names:
            msg = f"The 'columns' parameter names {key!r}, which is no column of X_ref: {names}."
            raise InvalidInputError(msg)
        if sign not in (1, -1):
            msg = f"The 'columns' parameter must give 1 or -1, got {sign!r} for {key!r}."
            raise InvalidInputError(msg)
        out[names[int(key)] if is_place else str(key)] = int(sign)
    return out


def _stated(student: Any, names: list[str]) -> dict[str, int]:
    """Give the constraints that a student states itself."""
    stated = getattr(student, "monotonic_cst", None)
    if stated is None or isinstance(stated, str):  # "teacher"
        return {}
    if isinstance(stated, Mapping):
        return {str(name): int(sign) for name, sign in stated.items() if sign}
    own = getattr(student, "feature_names_in_", names)
    return {str(name): int(s) for name, s in zip(own, stated, strict=False) if s}


class _Run:
    """The questions, and the rows that they start from."""

    def __init__(
        self, X: Table, classes: NDArray[Any] | None, max_rows: int, signs: dict[str, int]
    ) -> None:
        self.X, self.classes, self.max_rows, self.signs = X, classes, max_rows, signs

    def judge(self, model: Any, side: Side | str, own: Side) -> dict[str, Monotonicity]:
        """Judge one model along all columns; a side in words is one that could not be read."""

        def answer(table: Table) -> FloatArray:
            return answers_of(model, table, self.classes)

        if isinstance(side, Side) and side.is_misread(answer(self.X)):
            side = (
                f"The answers of {type(model).__name__} to the reference rows do not rise with "
                "what its parts add up to, so nothing is proved from these."
            )
        return {
            name: self._judge(answer, side, own, name, sign) for name, sign in self.signs.items()
        }

    def _judge(
        self, answer: Any, side: Side | str, own: Side, name: str, sign: int
    ) -> Monotonicity:
        column, points = self._column(side, own, name, sign)
        if isinstance(side, str):
            n_swept, against = sweep(answer, self.X, column, points, self.max_rows)
            reason = f"No two inputs were found, which proves nothing. {side}"
            return _told(against, "rows moved over the column's values", None, n_swept, reason)
        u = side.names.index(name) if name in side.names else -1
        if u < 0 or not side.uses(u):
            return Monotonicity("proved", "the model does not use the column")
        pairs, method = side.compare(u, sign), _method(side)
        if pairs is not None and not pairs.n_against:
            return Monotonicity("proved", method, pairs.n_compared)
        n_swept, against = sweep(answer, self.X, column, points, self.max_rows)
        if against is None and pairs is not None and pairs.worst and side.boxes:
            table, numbers = pair_inputs(side, self.X, side.boxes[0], pairs.worst, u)
            against = confirm(answer, table, column, numbers)
        if pairs is None:
            return _told(against, method, None, n_swept, "A tree has too many leaves to compare.")
        reason = (
            f"{pairs.n_against} of {pairs.n_compared} go against it, and {n_swept} rows that were "
            "moved over the thresholds of the column do not show it."
        )
        return _told(against, method, pairs, n_swept, reason)

    def _column(
        self, side: Side | str, own: Side, name: str, sign: int
    ) -> tuple[Column, FloatArray]:
        """Give a column and the numbers that it is moved over."""
        known = side if isinstance(side, Side) and name in side.names else own
        if name not in known.names:
            return Column(name, np.zeros(self.X.shape[0]), sign), np.empty(0)
        u = known.names.index(name)
        if known.cells.n_levels[u]:
            msg = f"The column {name!r} holds categories, which have no order; take it off."
            raise InvalidInputError(msg)
        values = known.values[:, u]
        points = np.unique(values[~np.isnan(values)])
        if known is side:
            _, numbers = known.numbers(u)
            points = np.unique(np.concatenate([points[:1], points[-1:], numbers]))
        if name in own.names:
            special = own.special.get(own.names.index(name), np.empty(0))
            points = points[~np.isin(points, special)]
        return Column(name, values, sign), _some(points)


def _some(points: FloatArray) -> FloatArray:
    """Give at most `N_POINTS` of rising numbers, the ends among them."""
    places = np.linspace(0, len(points) - 1, min(len(points), N_POINTS)).astype(np.int64)
    return points[places] if len(points) else points


def _method(side: Side) -> str:
    if side.sums is not None:
        return "the steps of its terms along the column"
    pairs = "all pairs of leaves that differ in this column alone"
    return pairs if len(side.active) <= 1 else f"{pairs}, of every tree"


def _told(
    against: Against | None, method: str, pairs: Pairs | None, n_swept: int, reason: str
) -> Monotonicity:
    n_compared, n_against = (0, 0) if pairs is None else pairs[:2]
    if against is None:
        return Monotonicity(
            "not decided", method, n_compared, n_swept, reason=reason, n_against=n_against
        )
    return Monotonicity(
        "violated",
        method,
        n_compared,
        n_swept,
        against.table,
        against.numbers,
        against.answers,
        n_against=n_against,
    )
