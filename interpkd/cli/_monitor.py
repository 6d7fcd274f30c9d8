"""`interpkd monitor`: later rows against the plan of a report, as a gate."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.text import Text

from interpkd.cli._columns import check_known
from interpkd.cli._console import make_console, show_paths
from interpkd.cli._errors import DataError, traceback_option
from interpkd.cli._folder import MONITOR_FILES, new_folder
from interpkd.cli._options import csv_options
from interpkd.cli._problem import Problem
from interpkd.cli._report_plan import read_plan, text_columns
from interpkd.cli._tables import read_table
from interpkd.cli._teacher import TeacherChoice, read_scores, score_columns
from interpkd.exceptions import InterpkdError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from interpkd.audit import MonitoringReport

HELP = """Compare later rows with the baseline of an audit report.

REPORT is the report.json of an audit report: it holds the student, the baseline and the thresholds.
TABLE is a CSV or Parquet file with the columns that the student was trained on, read as `interpkd
distill` reads tables.

The exit code is 0 when nothing is at the level of --fail-on, 1 when something is, and 2 when the rows
could not be compared.

\b
Example:
  interpkd monitor results/report.json march.csv
  interpkd monitor results/report.json march.csv --target default --out march
  interpkd monitor report.json march.csv --teacher b.ubj --fail-on warning
"""


class NotCompared(click.ClickException):
    """The rows could not be compared; not the same as an alarm, and so another exit code."""

    exit_code = 2


@click.command(help=HELP, short_help="Compare later rows with the baseline of a report.")
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--target", metavar="COLUMN", help="Column of what became of the rows.")
@click.option(
    "--teacher",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The teacher, as --teacher-file of interpkd distill.",
)
@click.option("--from-logits", is_flag=True, help="The network of --teacher gives logits.")
@click.option("--trust", multiple=True, metavar="TYPE", help="A type that a .skops file may build.")
@click.option(
    "--trust-pickle",
    is_flag=True,
    help="Read --teacher although it is a pickle, which can run any code.",
)
@click.option(
    "--teacher-scores",
    multiple=True,
    metavar="COLUMN",
    help="The teacher's scores on these rows, as in interpkd distill: of more than two classes "
    "CLASS=COLUMN, once for each.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="New folder for monitoring.json and monitoring.md.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["alarm", "warning", "never"]),
    default="alarm",
    show_default=True,
    help="The level from which the exit code is 1.",
)
@click.option(
    "--alpha",
    metavar="SHARE",
    type=click.FloatRange(0.001, 0.5),
    default=0.05,
    show_default=True,
    help="One minus the confidence.",
)
@csv_options
@click.option("--overwrite", is_flag=True, help="Replace results that lie in --out.")
@traceback_option
@click.pass_context
def monitor(
    ctx: click.Context,
    report: Path,
    table: Path,
    target: str | None,
    teacher: Path | None,
    trust: tuple[str, ...],
    teacher_scores: tuple[str, ...],
    out: Path | None,
    fail_on: str,
    alpha: float,
    missing: tuple[str, ...],
    separator: str,
    *,
    from_logits: bool,
    trust_pickle: bool,
    overwrite: bool,
) -> None:
    """Read the rows, compare them, say what was found."""
    if len(separator) != 1:
        msg = f"--separator must be a single character, got {separator!r}."
        raise click.UsageError(msg)
    if teacher is not None and teacher_scores:
        msg = "--teacher and --teacher-scores name different teachers; choose one of them."
        raise click.UsageError(msg)
    choice = TeacherChoice(
        file=teacher,
        scores=teacher_scores,
        from_logits=from_logits,
        trust=trust,
        trust_pickle=trust_pickle,
    )
    try:
        found = _compare(
            report,
            table,
            target,
            choice,
            alpha=alpha,
            reading={"separator": separator, "missing": missing},
        )
        if out is not None:
            _write(found, out, overwrite=overwrite)
    except (DataError, InterpkdError) as error:
        text = error.message if isinstance(error, DataError) else str(error)
        raise NotCompared(text) from error
    console = make_console()
    console.print(Text(str(found)))
    if out is not None:
        console.print()
        show_paths(console, out, list(MONITOR_FILES))
    levels = {"alarm": ("alarm",), "warning": ("warning", "alarm"), "never": ()}
    if found.worst_level in levels[fail_on]:
        ctx.exit(1)


def _compare(
    report: Path,
    table: Path,
    target: str | None,
    choice: TeacherChoice,
    *,
    alpha: float,
    reading: Mapping[str, Any],
) -> MonitoringReport:
    from interpkd.audit import monitor as compare

    manifest = read_plan(report)
    frame = read_table(table, categories=text_columns(manifest), **reading)
    y, classes = None, manifest["classes"]
    if target is not None:
        check_known([target], frame, "--target")
        y = _outcomes(frame[target], classes)
    return compare(manifest, frame, y, _teacher(choice, frame, classes, table.name), alpha=alpha)


def _teacher(
    choice: TeacherChoice, frame: pd.DataFrame, classes: Sequence[Any] | None, source: str
) -> Any:
    """Read the teacher from its file, or its scores from the table."""
    from interpkd.teachers import load_teacher

    if choice.file is not None:
        return load_teacher(
            choice.file,
            classes=None if classes is None else np.asarray(classes),
            from_logits=choice.from_logits,
            trusted=choice.trust,
            trust_pickle=choice.trust_pickle,
        )
    if not choice.scores:
        return None
    score_columns(choice, frame)
    task = "regression" if classes is None else "classification"
    problem = Problem(source, frame, np.asarray(classes), "", task, "")
    return read_scores(choice, frame, problem)


def _outcomes(column: pd.Series, classes: Sequence[Any] | None) -> Any:
    """Read labels as the report names them, or numbers."""
    import pandas as pd

    name, is_missing = column.name, column.isna().to_numpy()
    if is_missing.any():
        msg = (
            f"--target {name!r} is missing in {is_missing.sum()} of {len(column)} rows, first in row "
            f"{int(is_missing.argmax()) + 1}. Compare the rows whose outcome is known by "
            "themselves, and all rows without --target."
        )
        raise DataError(msg)
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    if classes is None:
        if not is_number:
            msg = f"--target {name!r} holds text such as {column.iloc[0]!s}; it must be numbers."
            raise DataError(msg)
        return column.to_numpy(dtype=np.float64)
    known: dict[Any, Any] = {one: one for one in classes}
    if all(isinstance(one, str) for one in classes):
        column = column.astype(str)
    labels = column.tolist()
    unknown = next((i for i, one in enumerate(labels) if one not in known), None)
    if unknown is not None:
        msg = (
            f"--target {name!r} holds {labels[unknown]!s} in row {unknown + 1}, which is no class of "
            f"the report: {', '.join(str(one) for one in classes)}."
        )
        raise DataError(msg)
    return np.array([known[one] for one in labels])


def _write(found: MonitoringReport, out: Path, *, overwrite: bool) -> None:
    with new_folder(out, overwrite=overwrite) as folder:
        found.to_json(folder / MONITOR_FILES[0])
        found.to_markdown(folder / MONITOR_FILES[1])
