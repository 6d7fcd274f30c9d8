"""`interpkd export`: a student for another system, whose answers there were compared."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd.cli._console import make_console, show_facts
from interpkd.cli._errors import DataError, traceback_option
from interpkd.cli._options import csv_options
from interpkd.cli._predict_model import read_model
from interpkd.cli._predict_rows import check_columns, limits_of, open_rows

if TYPE_CHECKING:
    import pandas as pd

    from interpkd.export import ParityReport, ReadStudent

FORMATS = ("sql", "onnx", "pmml", "python", "json", "javascript", "rules")

HELP = """Write a student for another system, after comparing its answers there.

MODEL is a .interpkd file, the JSON of a student, or the report.json of an audit report.

The export is run by its own engine, where that is installed, on the rows of --rows and on rows made
to hurt: thresholds and their neighbours, missing values, categories never seen. Labels must be equal
and probabilities the same but for rounding; else nothing is written and the exit code is 1.

\b
Example:
  interpkd export results/report.json --out model.sql --table loans
  interpkd export model.interpkd --out model.onnx --rows march.csv
  interpkd export model.interpkd --to python --out model.py --parity require
"""


@click.command(help=HELP, short_help="Write a student as SQL, ONNX, PMML, Python, and others.")
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to", type=click.Choice(FORMATS), help="The format; without it by the ending of --out."
)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file, which is there whole or not at all.",
)
@click.option(
    "--rows",
    metavar="TABLE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV or Parquet file with rows of yours to compare the answers on.",
)
@click.option(
    "--parity",
    type=click.Choice(["auto", "require", "warn", "skip"]),
    default="auto",
    show_default=True,
    help="auto: compare where the engine is installed, and else say in the file that nobody did. "
    "require: an engine that is not installed is an error. warn: write even if answers differ.",
)
@click.option("--table", metavar="NAME", help="The table that SQL reads.  [default: rows]")
@click.option(
    "--dialect", metavar="NAME", help="The database of SQL, such as postgres.  [default: duckdb]"
)
@click.option(
    "--keep", multiple=True, metavar="COLUMN", help="A column that SQL hands on. May be repeated."
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    help="The numbers of ONNX.  [default: float32]",
)
@click.option("--vectorised", is_flag=True, help="Python for many rows at once, with NumPy.")
@csv_options
@click.option("--overwrite", is_flag=True, help="Replace FILE.")
@traceback_option
def export(
    model: Path,
    to: str | None,
    out: Path,
    rows: Path | None,
    parity: str,
    missing: tuple[str, ...],
    separator: str,
    *,
    overwrite: bool,
    **options: Any,
) -> None:
    """Read the student and the rows, export, say how the answers compare."""
    _check(model, out, overwrite=overwrite)
    given = {name: value for name, value in options.items() if value}
    if (to or out.suffix.lower()) in ("sql", ".sql"):
        given.setdefault("table", "rows")
    student = read_model(model).student
    X, n_bad = (None, 0) if rows is None else _read(rows, separator, missing, student)
    from interpkd.export import export_student

    report = export_student(student, out, to=to, X=X, parity=parity, **given)  # type: ignore[arg-type]  # click chose it
    show_facts(make_console(), _facts(report, out, n_bad))


def _check(model: Path, out: Path, *, overwrite: bool) -> None:
    """Refuse to write over a file that is there."""
    if out.resolve() == model.resolve():
        msg = f"--out {str(out)!r} is MODEL itself; name another file."
        raise click.UsageError(msg)
    if out.exists() and not overwrite:
        msg = f"{out} is there already; add --overwrite to replace it."
        raise DataError(msg)


def _read(
    path: Path, separator: str, missing: tuple[str, ...], student: ReadStudent
) -> tuple[pd.DataFrame, int]:
    """Read the rows that the student can answer, as `interpkd predict` does; count the others."""
    rows = open_rows(path, separator, missing, "--rows")
    columns = student.columns_
    check_columns(rows, columns, path.name)
    chunk = next(
        iter(rows.chunks(rows.start, 0, sys.maxsize, columns, (), limits_of(student))), None
    )
    if chunk is None or chunk.frame.empty:
        msg = f"--rows {path.name} has no row that the student can answer."
        raise DataError(msg)
    return chunk.frame, len(chunk.bad)


def _facts(report: ParityReport, out: Path, n_bad: int) -> dict[str, str]:
    facts = {"Format": report.export}
    if report.passed is None:
        facts["Parity"] = f"not checked: {report.reason}"
    else:
        facts["Engine"] = str(report.engine)
        facts["Rows"] = f"{report.n_given:,} given, {report.n_hurting:,} made to hurt"
        if report.n_different_labels is not None:
            facts["Labels"] = f"{report.n_different_labels:,} differ"
        facts["Difference"] = (
            f"{report.largest_difference:.2g} at most; {report.tolerance:g} is rounding"
        )
        facts["Parity"] = "holds" if report.passed else f"FAILED: {report.reason}"
    if n_bad:
        facts["Left out"] = f"{n_bad:,} rows of --rows, which the student cannot answer"
    return facts | {"File": str(out)}
