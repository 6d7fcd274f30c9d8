"""Asking a teacher: some rows at a time, counted, no table twice, and rows named in every error.

A teacher may be slow, far away, or paid by the question. One fit keeps one ledger, which is freed
with it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, predictions
from interpkd._tables import is_frame, select_rows
from interpkd._validation import num_samples
from interpkd.exceptions import InterpkdError, TeacherError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

BATCH = 20_000
"""Rows that a teacher is asked about at a time."""


@dataclass(frozen=True)
class RowNames:
    """What the rows of a table are called in an error.

    Attributes
    ----------
    table : str
        The table that the user knows, such as ``"X"``.

    numbers : ndarray of shape (n_rows,) or None
        Their row numbers there; None for 0, 1, ….

    where : str
        What else tells where the error is, such as ``" (held out by fold 2)"``.

    remedy : str
        What helps.
    """

    table: str = "X"
    numbers: NDArray[np.intp] | None = None
    where: str = ""
    remedy: str = ""

    def one(self, i: int) -> str:
        """Name the row at a position.

        Parameters
        ----------
        i : int
            The position.

        Returns
        -------
        text : str
            The row in words.
        """
        number = i if self.numbers is None else int(self.numbers[i])
        return f"row {number} of {self.table}{self.where}"

    def between(self, start: int, stop: int) -> str:
        """Name the rows of a batch.

        Parameters
        ----------
        start, stop : int
            The positions of its first row, and after its last.

        Returns
        -------
        text : str
            The rows in words.
        """
        numbers = range(start, stop) if self.numbers is None else self.numbers[start:stop]
        if len(numbers) == 1:
            return self.one(start)
        first, last = int(min(numbers)), int(max(numbers))
        every = "" if last - first + 1 == len(numbers) else f"{len(numbers)} rows from "
        return f"{every}row {first} to row {last} of {self.table}{self.where}"


@dataclass(frozen=True)
class GeneratedRowNames(RowNames):
    """What generated rows are called: by their place, and by the real row each started as.

    Attributes
    ----------
    started : callable or None
        Names the real row that the generated row at a position started as.

    Examples
    --------
    >>> from interpkd.targets import GeneratedRowNames
    >>> GeneratedRowNames(started=lambda i: f"row {i + 7} of X").one(0)
    'row 0 of the generated rows (made near row 7 of X)'
    """

    table: str = "the generated rows"
    remedy: str = " Set augmentation=None to do without generated rows."
    started: Callable[[int], str] | None = None

    def one(self, i: int) -> str:
        """Name the row at a position.

        Parameters
        ----------
        i : int
            The position.

        Returns
        -------
        text : str
            The row in words.
        """
        origin = "" if self.started is None else f" (made near {self.started(i)})"
        return f"{super().one(i)}{origin}"


class Ledger:
    """What one fit asked its teacher.

    Parameters
    ----------
    task : {"classification", "regression"}
        Whether probabilities are asked for, or predictions.

    Attributes
    ----------
    n_rows : int
        Rows that were asked about, by the teacher and by the clones of its folds.

    n_calls : int
        Calls that this took, of at most 20,000 rows each.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd import as_teacher
    >>> from interpkd.targets import Ledger
    >>> teacher, X = as_teacher(lambda X: X.sum(axis=1)), np.ones((30_000, 2))
    >>> ledger = Ledger("regression")
    >>> ledger.ask(teacher, X).shape, ledger.ask(teacher, X).shape
    ((30000,), (30000,))
    >>> ledger.n_rows, ledger.n_calls
    (30000, 2)
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self.n_rows = 0
        self.n_calls = 0
        self._known: list[tuple[Any, Table, FloatArray]] = []

    def note(self, n_rows: int) -> None:
        """Write down a question that was asked elsewhere.

        Parameters
        ----------
        n_rows : int
            How many rows it was about.
        """
        self.n_rows += n_rows
        self.n_calls += -(-n_rows // BATCH)

    def ask(self, teacher: Any, X: Table, names: RowNames | None = None) -> FloatArray:
        """Ask a fitted teacher about a table, unless it has answered the same one before.

        Parameters
        ----------
        teacher : fitted estimator
            The teacher.

        X : array-like or data frame of shape (n_rows, n_features)
            The rows.

        names : RowNames or None, default=None
            What they are called; None for rows of `X`.

        Returns
        -------
        answers : ndarray of shape (n_rows, n_classes) or (n_rows,)
            Checked probabilities in the order of the teacher's `classes_`, or predictions; not to
            be changed.

        Raises
        ------
        TeacherError
            If the teacher fails, or its answers are no probabilities or predictions.
        """
        for model, table, answers in self._known:
            if model is teacher and _is_same(table, X):
                return answers
        answers = ask_in_batches(
            teacher, rows_of(X), num_samples(X), task=self.task, names=names or RowNames()
        )
        self.note(len(answers))
        self._known.append((teacher, X, answers))
        return answers

    def ask_once(
        self,
        teacher: Any,
        rows: Callable[[int, int], Table],
        n_rows: int,
        names: RowNames,
    ) -> FloatArray:
        """Ask about rows that are put together batch by batch and not kept.

        Parameters
        ----------
        teacher : fitted estimator
            The teacher.

        rows : callable
            Gives the table of the rows from a position up to another.

        n_rows : int
            The number of rows.

        names : RowNames
            What they are called.

        Returns
        -------
        answers : ndarray of shape (n_rows, n_classes) or (n_rows,)
            As in `ask`.
        """
        answers = ask_in_batches(teacher, rows, n_rows, task=self.task, names=names)
        self.note(n_rows)
        return answers


def ask_in_batches(
    teacher: Any,
    rows: Callable[[int, int], Table],
    n_rows: int,
    *,
    task: str,
    names: RowNames,
) -> FloatArray:
    """Ask a fitted teacher, at most `BATCH` rows at a time.

    Parameters
    ----------
    teacher : fitted estimator
        The teacher.

    rows : callable
        Gives the table of the rows from a position up to another.

    n_rows : int
        The number of rows.

    task : {"classification", "regression"}
        What is asked for.

    names : RowNames
        What the rows are called in an error.

    Returns
    -------
    answers : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Checked probabilities in the teacher's own order, or predictions.

    Raises
    ------
    TeacherError
        If the teacher fails on some rows, or its answers to them are unusable; the message names
        them, and what the teacher raised is the cause.
    """
    answers = []
    for start in range(0, n_rows, BATCH):
        stop = min(start + BATCH, n_rows)
        table = rows(start, stop)
        try:
            answers.append(
                class_probabilities(teacher, table)
                if task == "classification"
                else predictions(teacher, table)
            )
        except TeacherError as error:
            raise _with_names(error, names, start, stop) from (error.__cause__ or error)
        except (InterpkdError, MemoryError, Warning):
            raise
        except Exception as error:
            msg = (
                f"The teacher {type(teacher).__name__} failed on {names.between(start, stop)}: "
                f"{type(error).__name__}: {error}{names.remedy}"
            )
            raise TeacherError(msg) from error
    return answers[0] if len(answers) == 1 else np.concatenate(answers)


def rows_of(X: Table) -> Callable[[int, int], Table]:
    """Give the function that takes rows out of a table; all of them are the table itself."""
    n_rows = num_samples(X)

    def give(start: int, stop: int) -> Table:
        return X if (start, stop) == (0, n_rows) else select_rows(X, np.arange(start, stop))

    return give


def _with_names(error: TeacherError, names: RowNames, start: int, stop: int) -> TeacherError:
    """Say the same of rows as the user knows them."""
    if error.row is None:
        msg = f"{error} The teacher was asked about {names.between(start, stop)}.{names.remedy}"
        return TeacherError(msg)
    msg = str(error).replace(f"row {error.row}:", f"{names.one(start + error.row)}:", 1)
    return TeacherError(f"{msg}{names.remedy}", row=start + error.row)


def _is_same(one: Table, other: Table) -> bool:
    """Tell whether two tables hold the same rows, as far as that is found out at little cost."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        is_float = one.dtype.kind == "f"
        return one.dtype == other.dtype and bool(np.array_equal(one, other, equal_nan=is_float))
    if is_frame(one) and hasattr(one, "equals"):
        return bool(one.equals(other)) and _types(one) == _types(other)
    return False


def _types(frame: Any) -> list[tuple[str, str]]:
    import narwhals.stable.v1 as nw

    schema = nw.from_native(frame, eager_only=True).schema
    return [(name, str(dtype)) for name, dtype in schema.items()]
