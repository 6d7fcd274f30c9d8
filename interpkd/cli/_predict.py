"""`interpkd predict`: the answers of a student for a table of any length."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from interpkd.cli._console import make_console, show_facts
from interpkd.cli._errors import DataError, Interrupted, traceback_option
from interpkd.cli._options import csv_options
from interpkd.cli._predict_output import EXTRAS, Answers, CsvForm, ParquetForm
from interpkd.cli._predict_rows import check_columns, check_ending, hint, limits_of, open_rows
from interpkd.cli._predict_state import Job, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from interpkd.cli._predict_csv import CsvRows
    from interpkd.cli._predict_model import Model
    from interpkd.cli._predict_output import Form
    from interpkd.cli._predict_parquet import ParquetRows
    from interpkd.cli._predict_values import Chunk

HELP = """Predict the rows of a table, however many there are.

MODEL is a .interpkd file, the JSON of a student, or the report.json of an audit report. TABLE is a
CSV or Parquet file with the columns that the student was trained on, in any order; others are left
alone. It is read in chunks, so memory does not grow with it.

--out is CSV or Parquet by its ending, one row for each good row of TABLE, in its order: the columns
of --keep, prediction, and of classes probability_CLASS for each. Rows that cannot be predicted (text
in a column of numbers, infinite or refused missing values, too few or too many values, bytes that are
no UTF-8) are set aside in FILE.bad.csv with the row number, counted from 1 below the header, the
reason and the text. Good and bad rows are all rows.

After Ctrl-C, kill or a full disk the same command goes on where it was: FILE.part and FILE.state.json
say where. FILE appears when all is done.

The exit code is 0 when all rows were read, 1 when --fail-on-bad is given and some were set aside, 130
after Ctrl-C.

\b
Example:
  interpkd predict results/report.json march.csv --out scores.csv --keep id
  interpkd predict model.interpkd march.parquet --out scores.parquet
"""


@click.command(help=HELP, short_help="Predict the rows of a table of any length.")
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The answers, a .csv or .parquet file.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="COLUMN",
    help="A column of TABLE to hand on as it is, such as the one that names the rows. May be repeated.",
)
@click.option(
    "--with",
    "extras",
    multiple=True,
    type=click.Choice([*EXTRAS]),
    help="One more column: the leaf of a tree, the points of a scorecard, the score (log odds or "
    "margin) of a linear student or a scorecard. May be repeated.",
)
@csv_options
@click.option(
    "--chunk-rows",
    metavar="N",
    type=click.IntRange(min=1),
    default=50_000,
    show_default=True,
    help="Rows in memory at once, and between two notes of how far the run is.",
)
@click.option("--restart", is_flag=True, help="Throw away what an unfinished run left.")
@click.option("--overwrite", is_flag=True, help="Replace FILE.")
@click.option("--fail-on-bad", is_flag=True, help="Exit code 1 when rows were set aside.")
@traceback_option
@click.pass_context
def predict(
    ctx: click.Context,
    model: Path,
    table: Path,
    out: Path,
    keep: tuple[str, ...],
    extras: tuple[str, ...],
    missing: tuple[str, ...],
    separator: str,
    chunk_rows: int,
    *,
    restart: bool,
    overwrite: bool,
    fail_on_bad: bool,
) -> None:
    """Check everything that can be checked before a row is read, then go through the table."""
    _check_paths(model, table, out)
    from interpkd.cli._predict_model import read_model

    read = read_model(model)
    keep, extras = tuple(dict.fromkeys(keep)), tuple(dict.fromkeys(extras))
    rows = open_rows(table, separator, missing, "TABLE")
    answers = Answers(read.student, extras)
    _check_keep(rows, keep, answers, table.name)
    check_columns(rows, read.student.columns_, table.name)
    if out.suffix.lower() == ".csv":
        rows.check_kept(keep)
    said = {
        "the table": fingerprint(table),
        "the model": read.sha256,
        "--keep": list(keep),
        "--with": list(extras),
        "--missing": list(missing),
        "--separator": separator,
    }
    job = Job(out, _form(out, rows, keep, answers), said, rows.start)
    console = make_console()
    with _says_how_to_go_on(job):
        goes_on = job.begin(restart=restart, overwrite=overwrite)
        before = job.done.n_rows
        _run(job, rows, read, keep, answers, chunk_rows, console)
    by_earlier = f", {before:,} of them by an earlier run" if goes_on else ""
    show_facts(console, {"Rows": f"{job.done.n_rows:,}{by_earlier}"} | _outcome(job))
    if fail_on_bad and job.done.n_bad:
        ctx.exit(1)


def _check_paths(model: Path, table: Path, out: Path) -> None:
    check_ending(out, "--out")
    if not out.resolve().parent.is_dir():
        msg = f"--out: the folder {str(out.parent)!r} does not exist; create it first."
        raise click.UsageError(msg)
    if out.resolve() in {table.resolve(), model.resolve()}:
        msg = f"--out {str(out)!r} is one of the files to read; name another one."
        raise click.UsageError(msg)


def _check_keep(
    rows: CsvRows | ParquetRows, keep: Sequence[str], answers: Answers, source: str
) -> None:
    """Refuse columns that are not there, or that the output would have twice."""
    for name in keep:
        if name not in rows.names:
            msg = f"--keep {name!r}: {source} has no such column.{hint(name, rows.names)}"
            raise click.UsageError(msg)
        if name in answers.kinds:
            msg = f"--keep {name!r}: the answers have a column of this name; rename yours."
            raise click.UsageError(msg)


def _form(out: Path, rows: CsvRows | ParquetRows, keep: Sequence[str], answers: Answers) -> Form:
    if out.suffix.lower() == ".csv":
        return CsvForm([*keep, *answers.kinds])
    kept = rows.kept_types(keep)
    types = {name: kind or answers.arrow_type("text") for name, kind in kept.items()}
    return ParquetForm(types | {n: answers.arrow_type(kind) for n, kind in answers.kinds.items()})


def _run(
    job: Job, rows: CsvRows | ParquetRows, model: Model, keep: Sequence[str], answers: Answers,
    chunk_rows: int, console: Console,
) -> None:  # fmt: skip
    """Go through the table."""
    with _progress(console) as bar:
        task = bar.add_task("Predicting", total=rows.size, completed=job.done.mark)
        for chunk in _chunks(job, rows, model, keep, chunk_rows):
            job.add(chunk.kept | answers.of(chunk), chunk)
            name = f"{job.done.n_rows:,} rows"
            bar.update(task, completed=chunk.mark, description=name)
        job.finish()


@contextlib.contextmanager
def _says_how_to_go_on(job: Job) -> Iterator[None]:
    """Say of an end before the end of the table how far the run was."""
    again = "the same command goes on from there"
    try:
        yield
    except KeyboardInterrupt as error:
        msg = f"Interrupted after {job.done.n_rows} rows; {again}."
        raise Interrupted(msg) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        msg = f"{error.strerror or error}{where}, after {job.done.n_rows} rows; {again}."
        raise DataError(msg) from error


def _chunks(
    job: Job, rows: CsvRows | ParquetRows, model: Model, keep: Sequence[str], chunk_rows: int
) -> Iterable[Chunk]:
    """Give the rows that are still to be predicted."""
    if job.done.is_read:
        return ()
    at, columns = (job.done.mark, job.done.n_rows, chunk_rows), model.student.columns_
    return rows.chunks(*at, columns, keep, limits_of(model.student))


def _progress(console: Console) -> Progress:
    """Give a bar on a terminal, and nothing elsewhere."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _outcome(job: Job) -> dict[str, str]:
    done = job.done
    facts = {"Predicted": f"{done.n_rows - done.n_bad:,}, in {job.out}"}
    if done.n_bad:
        facts["Set aside"] = f"{done.n_bad:,}, in {job.bad} with the reasons"
    if done.unseen:
        counts = ", ".join(f"{name} {count:,}" for name, count in done.unseen.items())
        facts["Never seen"] = f"categories that the student does not know, so missing: {counts}"
    return facts
