"""From a table and the name of its target to rows to learn from and rows held out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from sklearn.model_selection import train_test_split

from interpkd.cli._columns import check_columns, check_known, check_no_text_among_numbers
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

MAX_WHOLE_CLASSES = 20
"""Most different whole numbers that ``--task auto`` takes for classes."""

FOLDS = 5
"""Folds of the cross-fitting; each needs a row of every class."""

MIN_ROWS = 20
"""Fewest rows that are worth a teacher, a student and a held-out check."""


@dataclass(frozen=True)
class Problem:
    """What is to be learned.

    Attributes
    ----------
    source : str
        Name of the table.

    X : pandas.DataFrame of shape (n_rows, n_columns)
        The columns to learn from.

    y : ndarray of shape (n_rows,)
        The target.

    target : str
        Name of the target.

    task : {"classification", "regression"}
        What is learned of it.

    reason : str
        Why it is this task.
    """

    source: str
    X: pd.DataFrame
    y: NDArray[Any]
    target: str
    task: str
    reason: str


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows held out.

    Attributes
    ----------
    X_train, X_test : pandas.DataFrame
        The columns.

    y_train, y_test : ndarray
        The target.

    train, test : ndarray of int
        Positions of the rows in the table.

    facts : dict
        How the split was made, as the report states it.
    """

    X_train: pd.DataFrame
    X_test: pd.DataFrame
    y_train: NDArray[Any]
    y_test: NDArray[Any]
    train: NDArray[np.intp]
    test: NDArray[np.intp]
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        """The split in words."""
        facts = self.facts
        return (
            f"{facts['Rows held out']} rows ({facts['Share held out']}, {facts['How']}, seed "
            f"{facts['Seed']}); {facts['Rows to learn from']} rows to learn from"
        )


def make_problem(
    frame: pd.DataFrame,
    *,
    source: str,
    target: str,
    task: str,
    drop: Sequence[str],
    categories: Sequence[str],
) -> Problem:
    """Check a table and take its target apart from the columns to learn from.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.

    source : str
        Its name, for messages.

    target : str
        Name of the target column.

    task : {"auto", "classification", "regression"}
        What to learn; "auto" takes texts, booleans and few whole numbers for classes.

    drop : sequence of str
        Columns to leave out.

    categories : sequence of str
        Columns that are categories although they may look like numbers.

    Returns
    -------
    problem : Problem
        The checked problem.

    Raises
    ------
    click.UsageError
        If an option names an unknown column, or options contradict each other.

    DataError
        If the table breaks a rule; the message names the column and the remedy.
    """
    check_known([target], frame, "--target")
    check_known(drop, frame, "--drop")
    check_known(categories, frame, "--category")
    if target in drop:
        msg = f"{target!r} is given as --target and as --drop; it can be only one of them."
        raise click.UsageError(msg)
    X = frame.drop(columns=[target, *dict.fromkeys(drop)])
    if X.shape[1] == 0:
        msg = f"No column is left to learn from besides the target {target!r}."
        raise click.UsageError(msg)
    _check_target(frame[target], source)
    check_columns(X, categories=categories)
    if target not in categories:
        check_no_text_among_numbers(frame[target])
    task, reason = _choose_task(frame[target], task)
    y = read_target(frame[target], task)
    if len(np.unique(y)) < 2:
        msg = (
            f"The target {target!r} has the single value {y[0]!s} in all {len(y)} rows; there is "
            "nothing to learn."
        )
        raise DataError(msg)
    if len(y) < MIN_ROWS:
        msg = f"{source} has {len(y)} rows; at least {MIN_ROWS} are needed."
        raise DataError(msg)
    return Problem(source, X, y, target, task, reason)


def read_target(values: pd.Series, task: str) -> NDArray[Any]:
    """Give the target as plain numpy.

    Parameters
    ----------
    values : pandas.Series of shape (n_rows,)
        The column.

    task : {"classification", "regression"}
        What it is for.

    Returns
    -------
    y : ndarray of shape (n_rows,)
        bool, int64 or text for classes, float64 for a regression.
    """
    return _classes(values) if task == "classification" else _numbers(values)


def hold_out(problem: Problem, *, test_size: float, seed: int) -> Split:
    """Hold rows out at random: stratified by class for a classification.

    Parameters
    ----------
    problem : Problem
        All rows.

    test_size : float
        Share of the rows to hold out.

    seed : int
        Seed of the draw.

    Returns
    -------
    split : Split
        The two parts.

    Raises
    ------
    DataError
        If a class is too rare to be in both parts.
    """
    classes = problem.task == "classification"
    if classes:
        _check_class_sizes(problem, test_size)
    rows = np.arange(len(problem.y))
    train, test = train_test_split(
        rows, test_size=test_size, random_state=seed, stratify=problem.y if classes else None
    )
    facts = {
        "Rows held out": len(test),
        "Rows to learn from": len(train),
        "Share held out": f"{100 * test_size:g} %",
        "How": "at random, " + (f"stratified by {problem.target}" if classes else "not stratified"),
        "Seed": seed,
    }
    X, y = problem.X, problem.y
    return Split(
        X.iloc[train].reset_index(drop=True),
        X.iloc[test].reset_index(drop=True),
        y[train],
        y[test],
        train,
        test,
        facts,
    )


def _check_target(values: pd.Series, source: str) -> None:
    missing = int(values.isna().sum())
    if missing == len(values):
        msg = f"The target {values.name!r} holds no values at all; name another --target."
        raise DataError(msg)
    if missing:
        row = int(values.isna().to_numpy().argmax()) + 1
        msg = (
            f"The target {values.name!r} is missing in {missing} of {len(values)} rows, first in "
            f"row {row}; remove these rows from {source}, nothing can be learned or checked there."
        )
        raise DataError(msg)


def _choose_task(values: pd.Series, task: str) -> tuple[str, str]:
    """Settle classification or regression, and say why."""
    import pandas as pd

    n = values.nunique()
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    boolean = pd.api.types.is_bool_dtype(values.dtype)
    whole = numeric and not boolean and bool((values % 1 == 0).all())
    if task == "regression" and (boolean or not numeric):
        msg = (
            f"The target {values.name!r} holds {'booleans' if boolean else 'text'} such as "
            f"{values.iloc[0]!s}; --task regression needs numbers."
        )
        raise DataError(msg)
    if task == "classification" and numeric and not boolean and not whole:
        msg = (
            f"The target {values.name!r} holds numbers with decimals, which name no classes; "
            "use --task regression."
        )
        raise DataError(msg)
    if task != "auto":
        return task, "as asked for"
    if boolean or not numeric:
        return "classification", f"the target holds {'booleans' if boolean else 'text'}"
    if whole and n <= MAX_WHOLE_CLASSES:
        return "classification", f"the target holds {n} different whole numbers"
    kind = "whole numbers" if whole else "numbers"
    return "regression", f"the target holds {n} different {kind}"


def _classes(values: pd.Series) -> NDArray[Any]:
    """Give class labels as plain numpy: bool, int64 or text."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.to_numpy(dtype=np.bool_)
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=np.int64)
    return np.array([str(value) for value in values])


def _numbers(values: pd.Series) -> NDArray[Any]:
    y = values.to_numpy(dtype=np.float64)
    if not np.isfinite(y).all():
        row = int((~np.isfinite(y)).argmax()) + 1
        msg = f"The target {values.name!r} is infinite in row {row}; correct or remove that row."
        raise DataError(msg)
    return y


def _check_class_sizes(problem: Problem, test_size: float) -> None:
    """See that every class has a row for each fold and at least one to hold out."""
    labels, counts = np.unique(problem.y, return_counts=True)
    needed = max(math.ceil(FOLDS / (1 - test_size)), math.ceil(1 / test_size)) + 1
    if counts.min() >= needed:
        return
    rare = labels[counts.argmin()]
    many = len(labels) > MAX_WHOLE_CLASSES
    remedy = (
        f"the target has {len(labels)} different values: is it a class at all, or --task regression?"
        if many
        else "remove its rows or join it with another class."
    )
    msg = (
        f"The class {rare!s} of the target {problem.target!r} has only {counts.min()} "
        f"{'row' if counts.min() == 1 else 'rows'}, and at least {needed} are needed to learn it "
        f"and to check it on held-out rows; {remedy}"
    )
    raise DataError(msg)
