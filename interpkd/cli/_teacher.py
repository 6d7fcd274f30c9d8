"""Which teacher the options ask for: one to be trained, one from a file, or only its scores."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd.cli._columns import check_known
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from interpkd._typing import FloatArray
    from interpkd.cli._problem import Problem

FILE_OPTIONS = ("from_logits", "trust", "trust_pickle")
"""Options that only a teacher from a file has."""

ROUNDING = 1e-6
"""Scores may miss 0, 1 and a sum of 1 by this much."""


def teacher_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the teacher to a command.

    Parameters
    ----------
    command : callable
        The command's function; it gets the keyword arguments of :class:`TeacherChoice`, and
        `teacher`, `teacher_file`, `teacher_scores`.

    Returns
    -------
    command : callable
        The same with options.
    """
    from pathlib import Path

    options = (
        click.option(
            "--teacher",
            type=click.Choice(["boosted", "forest", "neural"]),
            default="boosted",
            show_default=True,
            help="The black box to train: gradient boosting, a random forest or a network.",
        ),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "cuda"]),
            default="auto",
            show_default=True,
            help="Where the teacher trains and answers; auto takes a GPU where there is one.",
        ),
        click.option(
            "--teacher-file",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A teacher trained elsewhere, used as it is: .json or .ubj of XGBoost, .txt of "
            "LightGBM, .cbm of CatBoost, .skops, .pt2 of torch.export.",
        ),
        click.option(
            "--from-logits",
            is_flag=True,
            help="The network of --teacher-file gives logits, not probabilities.",
        ),
        click.option(
            "--trust",
            multiple=True,
            metavar="TYPE",
            help="A type that a .skops file may build. May be repeated.",
        ),
        click.option(
            "--trust-pickle",
            is_flag=True,
            help="Read --teacher-file although it is a pickle, which can run any code.",
        ),
        click.option(
            "--teacher-scores",
            multiple=True,
            metavar="COLUMN",
            help="Only the teacher's scores are at hand, in this column: the probability of the "
            "second class in sorted order, or the prediction. For more classes CLASS=COLUMN, once "
            "for each.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True)
class TeacherChoice:
    """What the options say about the teacher.

    Attributes
    ----------
    kind : {"boosted", "forest", "neural"}
        The teacher to train; not used with `file` or `scores`.

    device : {"auto", "cpu", "cuda"}
        Where it runs.

    file : Path or None
        A teacher trained elsewhere.

    scores : tuple of str
        Columns of scores; empty for a teacher that can be asked.

    from_logits, trust_pickle : bool
        As the parameters of `load_teacher`.

    trust : tuple of str
        Its `trusted`.
    """

    kind: str = "boosted"
    device: str = "auto"
    file: Path | None = None
    scores: tuple[str, ...] = ()
    from_logits: bool = False
    trust: tuple[str, ...] = ()
    trust_pickle: bool = False

    @property
    def is_trained_here(self) -> bool:
        """Whether the run trains the teacher."""
        return self.file is None and not self.scores

    def sentence(self, n_folds: int) -> str:
        """Say in words which teacher it is."""
        if self.scores:
            return f"its scores only, in {', '.join(self.scores)}; it cannot be asked"
        if self.file is not None:
            return f"{self.file.name}, trained elsewhere and used as it is"
        return f"{self.kind}; the student learns from its answers out of {n_folds} folds"

    def stage(self, n_folds: int) -> str:
        """Say what fitting does."""
        if self.is_trained_here:
            return f"Fitting the teacher ({n_folds} folds and all rows) and the student"
        return "Fitting the student"


def read_choice(options: Mapping[str, Any]) -> TeacherChoice:
    """Read which teacher the options ask for.

    Parameters
    ----------
    options : mapping
        What :func:`teacher_options` added.

    Returns
    -------
    choice : TeacherChoice
        The checked choice.

    Raises
    ------
    click.UsageError
        If two kinds of teacher are asked for, or an option has no teacher to act on.
    """
    choice = TeacherChoice(
        options["teacher"],
        options["device"],
        options["teacher_file"],
        options["teacher_scores"],
        options["from_logits"],
        options["trust"],
        options["trust_pickle"],
    )
    check_teacher_options(choice)
    return choice


def check_teacher_options(choice: TeacherChoice) -> None:
    """Refuse options that contradict each other.

    Parameters
    ----------
    choice : TeacherChoice
        The options.

    Raises
    ------
    click.UsageError
        If two kinds of teacher are asked for, or an option has no teacher to act on.
    """
    given = click.get_current_context().get_parameter_source
    named = given("teacher") is not click.core.ParameterSource.DEFAULT
    asked = [
        name
        for name, is_given in (
            ("--teacher", named),
            ("--teacher-file", choice.file is not None),
            ("--teacher-scores", bool(choice.scores)),
        )
        if is_given
    ]
    if len(asked) > 1:
        msg = f"{' and '.join(asked)} name different teachers; choose one of them."
        raise click.UsageError(msg)
    for name in FILE_OPTIONS:
        if choice.file is None and getattr(choice, name):
            msg = f"--{name.replace('_', '-')} is for a teacher from --teacher-file; there is none."
            raise click.UsageError(msg)
    if choice.scores and choice.device != "auto":
        msg = "--device has no effect on --teacher-scores, which run nowhere: leave it out."
        raise click.UsageError(msg)


def score_columns(choice: TeacherChoice, frame: pd.DataFrame) -> list[str]:
    """Give the columns of scores, which are no columns to learn from.

    Parameters
    ----------
    choice : TeacherChoice
        The options.

    frame : pandas.DataFrame
        The table.

    Returns
    -------
    columns : list of str
        Names of columns of the table.

    Raises
    ------
    click.UsageError
        If one is not in the table.
    """
    columns = [_column(text, frame) for text in choice.scores]
    check_known(columns, frame, "--teacher-scores")
    return columns


def read_scores(choice: TeacherChoice, frame: pd.DataFrame, problem: Problem) -> FloatArray:
    """Read the teacher's scores.

    Parameters
    ----------
    choice : TeacherChoice
        The options.

    frame : pandas.DataFrame
        The table, columns of scores included.

    problem : Problem
        What is to be learned.

    Returns
    -------
    scores : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Probabilities in sorted order of the classes, or predictions.

    Raises
    ------
    click.UsageError
        If the columns do not fit the classes.

    DataError
        If the values are no probabilities; the message says where.
    """
    if problem.task == "regression":
        if len(choice.scores) != 1:
            msg = f"--teacher-scores of a regression is one column, got {len(choice.scores)}."
            raise click.UsageError(msg)
        return _numbers(frame, choice.scores[0])
    classes = [str(label) for label in np.unique(problem.y).tolist()]
    if len(choice.scores) == 1 and len(classes) == 2 and choice.scores[0] in frame:
        second = _numbers(frame, choice.scores[0])
        _check_range(second, choice.scores[0])
        return np.column_stack([1 - second, second])
    by_class = _by_class(choice.scores, classes, frame)
    for name in by_class.values():
        _check_range(_numbers(frame, name), name)
    P = np.column_stack([_numbers(frame, by_class[label]) for label in classes])
    off = np.abs(P.sum(axis=1) - 1)
    if off.max() > ROUNDING:
        row = int(off.argmax())
        msg = (
            f"--teacher-scores are no probabilities: those of row {row + 1} sum to "
            f"{P[row].sum():g}, not to 1."
        )
        raise DataError(msg)
    return P


def _by_class(scores: Sequence[str], classes: list[str], frame: pd.DataFrame) -> dict[str, str]:
    """Read CLASS=COLUMN for every class."""
    pairs = [text.partition("=")[::2] for text in scores]
    by_class = {label: column for label, column in pairs if column in frame}
    if sorted(by_class) != sorted(classes) or len(pairs) != len(classes):
        wanted = " ".join(f"--teacher-scores {label}=COLUMN" for label in classes)
        msg = f"--teacher-scores must name a column for each class: {wanted}."
        raise click.UsageError(msg)
    return by_class


def _column(text: str, frame: pd.DataFrame) -> str:
    return text if text in frame else text.partition("=")[2] or text


def _numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(frame[name].dtype):
        msg = f"--teacher-scores: the column {name!r} holds no numbers."
        raise DataError(msg)
    values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values)).argmax()) + 1
        msg = f"--teacher-scores: the column {name!r} is missing or infinite in row {row}."
        raise DataError(msg)
    return values


def _check_range(values: FloatArray, name: str) -> None:
    outside = (values < -ROUNDING) | (values > 1 + ROUNDING)
    if outside.any():
        row = int(outside.argmax())
        msg = (
            f"--teacher-scores: the column {name!r} holds {values[row]:g} in row {row + 1}, which "
            "is no probability. Points and logits have to be turned into probabilities first."
        )
        raise DataError(msg)
