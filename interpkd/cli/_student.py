"""Which student fits the options and the target: refused before anything is fitted."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd.cli._columns import check_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.cli._problem import Problem

OWN_OPTIONS = {
    "max_leaf_nodes": "tree",
    "min_samples_leaf": "tree",
    "max_features": "scorecard",
    "max_bins": "scorecard",
    "pdo": "scorecard",
    "base_score": "scorecard",
    "base_odds": "scorecard",
    "good_class": "scorecard",
}
"""Options that only one kind of student has."""

LACKS = {
    "tree": "is for a tree; --student {} has no leaves: leave it out.",
    "scorecard": "is for a scorecard; --student {} has no points: leave it out.",
}

EVEN = 0.5
"""The cutoff that needs no two classes."""

SIGNS = {"increasing": 1, "decreasing": -1}


def check_options(student: str) -> None:
    """Refuse options of another kind of student.

    Parameters
    ----------
    student : str
        The kind of student asked for.

    Raises
    ------
    click.UsageError
        If an option was given that this student does not have.
    """
    given = click.get_current_context().get_parameter_source
    for name, kind in OWN_OPTIONS.items():
        if student != kind and given(name) is not click.core.ParameterSource.DEFAULT:
            msg = f"--{name.replace('_', '-')} {LACKS[kind].format(student)}"
            raise click.UsageError(msg)


def check_student(student: str, problem: Problem) -> None:
    """Refuse a student that cannot learn the target.

    Parameters
    ----------
    student : str
        The kind of student asked for.

    problem : Problem
        The table and its target.

    Raises
    ------
    click.UsageError
        If a student of classes is to learn a regression, or the other way round, or a scorecard
        more than two classes.
    """
    fits = {"tree": problem.task, "linear": "regression"}.get(student, "classification")
    if fits != problem.task:
        classes = "tree, logistic, svm or, for two classes, scorecard"
        others = "tree or linear" if problem.task == "regression" else classes
        msg = f"--student {student} is for a {fits}; this is a {problem.task}: choose {others}."
        raise click.UsageError(msg)
    n_classes = len(np.unique(problem.y))
    if student == "scorecard" and n_classes > 2:
        msg = (
            f"--student scorecard is for two classes; the target {problem.target!r} has "
            f"{n_classes}: choose tree, logistic or svm, or a target of one class against the rest."
        )
        raise click.UsageError(msg)


def check_cutoff(cutoff: float, problem: Problem) -> None:
    """Refuse a cutoff where there are no two classes to divide.

    Parameters
    ----------
    cutoff : float
        What ``--cutoff`` says.

    problem : Problem
        The table and its target.

    Raises
    ------
    click.UsageError
        If it is not the default, and there are not two classes.
    """
    n_classes = len(np.unique(problem.y))
    if cutoff != EVEN and (problem.task == "regression" or n_classes != 2):
        kind = "a regression" if problem.task == "regression" else f"of {n_classes} classes"
        msg = f"--cutoff divides two classes; this is {kind}: leave it out."
        raise click.UsageError(msg)


def read_monotonic(written: Sequence[str], problem: Problem) -> dict[str, int] | None:
    """Read constraints such as ``income=increasing``.

    Parameters
    ----------
    written : sequence of str
        What the user wrote.

    problem : Problem
        The table and its target.

    Returns
    -------
    signs : dict or None
        Column to 1 or -1; None without constraints.

    Raises
    ------
    click.UsageError
        If one is not of that form, names no column of numbers or a column twice, or there are
        more than two classes.
    """
    import pandas as pd

    signs: dict[str, int] = {}
    for text in written:
        name, _, way = text.rpartition("=")  # a column's name may hold "="
        if not name or way not in SIGNS:
            msg = f"--monotonic must be COLUMN=increasing or COLUMN=decreasing, got {text!r}."
            raise click.UsageError(msg)
        check_known([name], problem.X, "--monotonic")
        if not pd.api.types.is_numeric_dtype(problem.X[name].dtype):
            msg = f"--monotonic names {name!r}, whose values are no numbers and have no order."
            raise click.UsageError(msg)
        if signs.setdefault(name, SIGNS[way]) != SIGNS[way]:
            msg = f"--monotonic says of {name!r} both increasing and decreasing; choose one."
            raise click.UsageError(msg)
    n_classes = len(np.unique(problem.y))
    if signs and problem.task == "classification" and n_classes > 2:
        msg = (
            f"--monotonic needs two classes or a regression; the target {problem.target!r} has "
            f"{n_classes} classes."
        )
        raise click.UsageError(msg)
    return signs or None


def read_class(option: str, written: str | None, problem: Problem) -> Any:
    """Find one of the two classes.

    Parameters
    ----------
    option : str
        The option that names it, for messages.

    written : str or None
        What the user wrote.

    problem : Problem
        The table and its target.

    Returns
    -------
    label : object or None
        The label as the target holds it; None for the default.

    Raises
    ------
    click.UsageError
        If there are not two classes, or none of them is it.
    """
    if written is None:
        return None
    if problem.task == "regression":
        msg = f"{option} is for two classes; this is a regression: leave it out."
        raise click.UsageError(msg)
    labels = {str(label): label for label in np.unique(problem.y).tolist()}
    if written not in labels:
        known = ", ".join(labels)
        msg = f"{option} {written!r} is no class of {problem.target!r}; its classes: {known}."
        raise click.UsageError(msg)
    return labels[written]
