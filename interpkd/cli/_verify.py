"""`interpkd verify`: a report against the table it was made from."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd.cli._columns import check_known
from interpkd.cli._errors import DataError, traceback_option
from interpkd.cli._problem import hold_out, make_problem, read_target
from interpkd.cli._tables import read_table
from interpkd.cli._teacher import TeacherChoice, read_scores, score_columns
from interpkd.exceptions import InterpkdError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from interpkd.cli._problem import Split

HELP = """Compute the hashes and headline numbers of a report again.

REPORT is the report.json of a run. TABLE is the table of that run, of which the same rows are held
out again as the report notes, or a table of exactly the evaluation rows. Each statement is the
same, differs, or cannot be checked because something was not given.

Exit code: 0 when nothing differs, 1 when something does, 2 when it could not be tried.

\b
Example:
  interpkd verify results/report.json --data loans.csv
  interpkd verify results/report.json --data loans.csv --retrain
  interpkd verify audit/report.json --data loans.csv --teacher b.ubj
"""


@dataclass(frozen=True)
class Rows:
    """What the report is compared with; None where it is not known."""

    X: Any = None
    y: Any = None
    X_train: Any = None
    y_train: Any = None
    scores: Any = None


@click.command(help=HELP, short_help="Compute the numbers of a report again, say what differs.")
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data",
    metavar="TABLE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The table of the run, or one of the evaluation rows.",
)
@click.option("--target", metavar="COLUMN", help="Column of the labels; else as the report notes.")
@click.option(
    "--teacher",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The teacher's file.",
)
@click.option(
    "--retrain",
    is_flag=True,
    help="Train the teacher again as the run did, where it trained one.",
)
@click.option("--from-logits", is_flag=True, help="The network of --teacher gives logits.")
@click.option("--trust", multiple=True, metavar="TYPE", help="A type that a .skops file may build.")
@click.option("--trust-pickle", is_flag=True, help="Read a pickle, which can run any code.")
@click.option("--separator", metavar="SIGN", help="Between values of a CSV file; else as noted.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
@traceback_option
@click.pass_context
def verify(
    ctx: click.Context,
    report: Path,
    data: Path | None,
    target: str | None,
    teacher: Path | None,
    trust: tuple[str, ...],
    separator: str | None,
    *,
    retrain: bool,
    from_logits: bool,
    trust_pickle: bool,
    as_json: bool,
) -> None:
    """Read the report, hold the rows out again, compare."""
    from interpkd import audit

    with usage_errors():
        if teacher is not None and retrain:
            msg = "--teacher and --retrain name different teachers; choose one of them."
            raise click.UsageError(msg)
        stated = audit.read_report(report)
        source = run_of(stated)
        rows = _find_rows(stated, source, data, target, separator)
        asked: Any = rows.scores
        if teacher is not None:
            asked = _load(
                teacher, stated, trust, from_logits=from_logits, trust_pickle=trust_pickle
            )
        elif retrain:
            asked = _retrain(stated, source, rows)
        found = audit.verify(
            stated, rows.X, rows.y, teacher=asked, X_train=rows.X_train, y_train=rows.y_train
        )
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(found))
        if asked is None:
            click.echo("To compute the teacher's figures as well, add --retrain or --teacher FILE.")
    ctx.exit(0 if found.is_same else 1)


def run_of(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Give command and options of the run that made a report, as far as it notes them.

    Parameters
    ----------
    stated : mapping
        The data model of the report.

    Returns
    -------
    source : dict
        "command" and "options"; empty for a report that was made in Python.
    """
    manifest = stated.get("provenance")
    source = manifest.get("source") if isinstance(manifest, dict) else None
    if isinstance(source, dict) and isinstance(source.get("options"), dict):
        return source
    return {}


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Give every foreseen error the exit code 2: code 1 means that something differs.

    Yields
    ------
    nothing : None
        The block runs once.

    Raises
    ------
    click.ClickException
        With the exit code 2.
    """
    try:
        yield
    except click.ClickException as error:
        raise click.UsageError(error.format_message()) from error
    except (InterpkdError, OSError) as error:
        raise click.UsageError(str(error)) from error


def read_evaluation_rows(path: Path, *, separator: str, options: Mapping[str, Any]) -> pd.DataFrame:
    """Read a table as the run of a report did.

    Parameters
    ----------
    path : Path
        The table.

    separator : str
        Between the values of a CSV file.

    options : mapping
        The options that the report notes.

    Returns
    -------
    frame : pandas.DataFrame
        The table.
    """
    missing = options.get("missing") or ()
    return read_table(
        path,
        separator=separator,
        missing=missing if path.suffix.lower() == ".csv" else (),
        categories=options.get("category") or (),
    )


def _find_rows(
    stated: Mapping[str, Any],
    source: Mapping[str, Any],
    data: Path | None,
    target: str | None,
    separator: str | None,
) -> Rows:
    """Give the evaluation rows: the table as it is, or what the run held out of it."""
    if source.get("command") == "demo" and data is None:
        return _demo_rows()
    if data is None:
        return Rows()
    options = source.get("options") or {}
    separator = separator or options.get("separator") or ","
    frame = read_evaluation_rows(data, separator=separator, options=options)
    target = target or options.get("target")
    if target is not None:
        check_known([target], frame, "--target")
    if len(frame) == (stated.get("data") or {}).get("n_rows"):
        return _as_it_is(stated, frame, target, options)
    if "test_size" not in options or target is None:
        msg = (
            "The report does not note how its rows were held out of a table; give --data a table "
            "of exactly the evaluation rows."
        )
        raise DataError(msg)
    return _held_out(frame, data.name, target, options)


def _demo_rows() -> Rows:
    from interpkd.cli._demo import TEST_SIZE, demo_problem

    split = hold_out(demo_problem(), test_size=TEST_SIZE, seed=0)
    return _of(split)


def _of(split: Split, scores: Any = None) -> Rows:
    return Rows(split.X_test, split.y_test, split.X_train, split.y_train, scores)


def _as_it_is(
    stated: Mapping[str, Any], frame: pd.DataFrame, target: str | None, options: Mapping[str, Any]
) -> Rows:
    y = None if target is None else read_target(frame[target], str(stated.get("task")))
    choice = TeacherChoice(scores=tuple(options.get("teacher_scores") or ()))
    is_there = choice.scores and all(name.rpartition("=")[2] in frame for name in choice.scores)
    X = frame.drop(columns=[] if target is None else [target])
    if not is_there or y is None:
        return Rows(X, y)
    return Rows(X, y, scores=_scores_as_stated(stated, choice, frame))


def _scores_as_stated(stated: Mapping[str, Any], choice: TeacherChoice, frame: pd.DataFrame) -> Any:
    """Read scores where the rows need not hold every class."""
    classes = stated.get("classes")
    names = [name.rpartition("=") for name in choice.scores]
    if classes is None or len(names) == 1:
        values = frame[choice.scores[0]].to_numpy(dtype=np.float64)
        return values if classes is None else np.column_stack([1 - values, values])
    by_class = {label: column for label, _, column in names}
    return np.column_stack([frame[by_class[str(label)]].to_numpy(float) for label in classes])


def _held_out(frame: pd.DataFrame, name: str, target: str, options: Mapping[str, Any]) -> Rows:
    choice = TeacherChoice(scores=tuple(options.get("teacher_scores") or ()))
    problem = make_problem(
        frame,
        source=name,
        target=target,
        task=str(options.get("task", "auto")),
        drop=(*(options.get("drop") or ()), *score_columns(choice, frame)),
        categories=options.get("category") or (),
    )
    split = hold_out(
        problem, test_size=float(options["test_size"]), seed=int(options.get("seed", 0))
    )
    scores = read_scores(choice, frame, problem)[split.test] if choice.scores else None
    return _of(split, scores)


def _load(
    path: Path,
    stated: Mapping[str, Any],
    trust: tuple[str, ...],
    *,
    from_logits: bool,
    trust_pickle: bool,
) -> Any:
    from interpkd.teachers import load_teacher

    classes = stated.get("classes")
    return load_teacher(
        path,
        classes=None if classes is None else np.array(classes),
        from_logits=from_logits,
        trusted=trust,
        trust_pickle=trust_pickle,
    )


def _retrain(stated: Mapping[str, Any], source: Mapping[str, Any], rows: Rows) -> Any:
    """Train the teacher as the run did: the same kind, seed and rows."""
    from interpkd.teachers import make_teacher

    options = source.get("options") or {}
    if source.get("command") != "demo" and (
        options.get("teacher_file") or options.get("teacher_scores") or "teacher" not in options
    ):
        msg = "--retrain is for a teacher that the run trained; this report's was not."
        raise click.UsageError(msg)
    if rows.X_train is None:
        msg = "--retrain needs the training rows: give --data the whole table of the run."
        raise click.UsageError(msg)
    teacher = make_teacher(
        options.get("teacher", "boosted"),
        task=str(stated.get("task")),
        device=options.get("device", "auto"),
        random_state=int(options.get("seed", 0)),
    )
    return teacher.fit(rows.X_train, rows.y_train)
