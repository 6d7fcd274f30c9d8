"""`interpkd certify`: what is proved of a student and its teacher near the rows of a table."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import numpy as np

from interpkd.cli._certificate import RADII, certify_options, draw, show_certificate
from interpkd.cli._certificate import write as write_files
from interpkd.cli._certify_everywhere import (
    ask_everywhere,
    everywhere_options,
    read_ways,
    show_everywhere,
    write_grown,
)
from interpkd.cli._columns import check_known
from interpkd.cli._console import make_console, show_paths
from interpkd.cli._errors import Interrupted, results_are_written, traceback_option
from interpkd.cli._folder import CERTIFICATE_FILES, new_folder
from interpkd.cli._options import csv_options
from interpkd.cli._predict_model import read_model
from interpkd.cli._stages import Stages
from interpkd.cli._tables import read_table
from interpkd.exceptions import InterruptedRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from interpkd.cli._certify_everywhere import Everywhere
    from interpkd.fidelity import Certificate

HELP = """Prove for how many rows of TABLE student and teacher agree on every input near the row.

STUDENT is a .interpkd file, the JSON of a student, or the report.json of an audit report. TABLE and
--reference are CSV or Parquet files with the columns of the student: TABLE has rows that neither
model was fitted to, --reference those whose ranks say what is near, such as the training rows.

What is proved is proved for every input within a share of ranks; what is said of the population
holds with 95 % confidence for rows like those of TABLE; a counterexample is attained by its input.

Three options ask beyond single rows: --equality, --monotonic and --born-again. They are answered
first.

Ctrl-C ends the search: what was decided until then is printed, and written with --out.

\b
Example:
  interpkd certify m.interpkd new.csv --teacher-file b.ubj --reference old.csv
  interpkd certify results/report.json new.csv --teacher-file b.ubj
    --reference old.csv --radius 0.01 --frozen age --out certificate
  interpkd certify m.interpkd new.csv --teacher-file b.ubj --reference old.csv
    --equality all --monotonic income=decreasing --born-again 500 --out proofs
"""

TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help=HELP, short_help="Prove near which rows student and teacher agree.")
@click.argument("student", type=TABLE)
@click.argument("table", type=TABLE)
@click.option(
    "--teacher-file",
    required=True,
    metavar="FILE",
    type=TABLE,
    help="The teacher, as --teacher-file of interpkd distill.",
)
@click.option("--from-logits", is_flag=True, help="The network of --teacher-file gives logits.")
@click.option("--trust", multiple=True, metavar="TYPE", help="A type that a .skops file may build.")
@click.option(
    "--trust-pickle",
    is_flag=True,
    help="Read --teacher-file although it is a pickle, which can run any code.",
)
@click.option(
    "--reference",
    required=True,
    metavar="TABLE",
    type=TABLE,
    help="Rows whose ranks are the unit of --radius, such as the training rows.",
)
@click.option(
    "--radius",
    multiple=True,
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=RADII,
    show_default=True,
    help="How far a number may move, as a share of ranks. May be repeated.",
)
@click.option(
    "--frozen",
    multiple=True,
    metavar="COLUMN",
    help="A column that keeps the row's own value. May be repeated.",
)
@everywhere_options
@certify_options
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the drawing of rows.",
)
@click.option(
    "--alpha",
    metavar="SHARE",
    type=click.FloatRange(0.001, 0.5),
    default=0.05,
    show_default=True,
    help="One minus the confidence of all limits together.",
)
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=f"New folder for {', '.join(CERTIFICATE_FILES)}.",
)
@csv_options
@click.option("--overwrite", is_flag=True, help="Replace results that lie in --out.")
@traceback_option
def certify(
    student: Path,
    table: Path,
    out: Path | None,
    missing: tuple[str, ...],
    separator: str,
    *,
    overwrite: bool,
    **options: Any,
) -> None:
    """Read models and rows, search, print and write."""
    if len(separator) != 1:
        msg = f"--separator must be a single character, got {separator!r}."
        raise click.UsageError(msg)
    if missing and not any(_is_csv(one) for one in (table, options["reference"])):
        msg = "--missing is for CSV files; a Parquet file has missing values of its own."
        raise click.UsageError(msg)
    console = make_console()
    reading = {"separator": separator, "missing": missing}
    names = list(CERTIFICATE_FILES)
    if out is None:
        with Stages(console) as stages:
            found = _search(student, table, reading, options, stages)
    else:
        with new_folder(out, overwrite=overwrite) as folder, Stages(console) as stages:
            found = _search(student, table, reading, options, stages)
            facts = {**found.facts, "is_whole": found.is_whole}
            write_files(found.certificate, found.rows, facts, found.everywhere.to_dict(), folder)
            if found.everywhere.grown is not None:
                names += write_grown(found.everywhere.grown, folder)
    with contextlib.nullcontext() if out is None else results_are_written(out):
        console.print()
        show_certificate(console, found.certificate, found.rows, found.facts)
        show_everywhere(console, found.everywhere)
        if out is not None:
            console.print()
            show_paths(console, out, names)
    if not found.is_whole:
        where = "printed above" if out is None else f"in {out}"
        message = f"Interrupted; what was decided until then is {where}, other rows are undecided."
        raise Interrupted(message)


class _Found(NamedTuple):
    """What was found, the numbers of its rows, how it was made, whether it went to its end."""

    certificate: Certificate
    rows: np.ndarray[Any, Any]
    facts: dict[str, Any]
    everywhere: Everywhere
    is_whole: bool


def _search(
    path: Path,
    table: Path,
    reading: Mapping[str, Any],
    options: Mapping[str, Any],
    stages: Stages,
) -> _Found:
    """Read the models and rows, and ask what the options ask."""
    stages.begin("Reading models and rows")
    model = read_model(path)
    student = model.student
    X_all = _read(table, "TABLE", student, reading)
    X_ref = _read(options["reference"], "--reference", student, reading)
    check_known(options["frozen"], X_all, "--frozen")
    read_ways(options["monotonic"], X_ref)  # what is wrong there shows before the teacher is read
    teacher = _teacher(student, options)
    rows = draw(len(X_all), options["rows"], options["seed"])
    facts = {
        "student": path.name,
        "student_sha256": model.sha256,
        "teacher": options["teacher_file"].name,
        "table": table.name,
        "reference": options["reference"].name,
        "n_reference": len(X_ref),
        "n_rows_of_table": len(X_all),
        "seed": options["seed"],
    }
    from interpkd.fidelity import certify as search

    everywhere = ask_everywhere(student, teacher, X_ref, options, stages)
    stages.begin(f"Searching near {len(rows)} rows")
    try:
        found = search(
            student,
            teacher,
            X_ref=X_ref,
            X_eval=X_all.iloc[rows].reset_index(drop=True),
            radius=options["radius"],
            alpha=options["alpha"],
            frozen_features=options["frozen"] or None,
            tolerance=options["tolerance"],
            max_nodes=options["max_nodes"],
            progress=stages.within,
        )
    except InterruptedRun as stopped:
        partial: Any = stopped.partial
        return _Found(partial, rows, facts, everywhere, is_whole=False)
    return _Found(found, rows, facts, everywhere, is_whole=True)


def _read(path: Path, name: str, student: Any, reading: Mapping[str, Any]) -> pd.DataFrame:
    """Read the columns of the student; names stay names where the student knows names."""
    columns = student.columns_
    texts = [
        one.name
        for one in columns
        if one.kind == "category" and all(isinstance(label, str) for label in one.categories)
    ]
    missing = reading["missing"] if _is_csv(path) else ()
    frame = read_table(path, separator=reading["separator"], missing=missing, categories=texts)
    names = [one.name for one in columns]
    check_known(names, frame, f"{name} {path.name}")
    return frame[names]


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _teacher(student: Any, options: Mapping[str, Any]) -> Any:
    from interpkd.teachers import load_teacher

    classes = getattr(student, "classes_", None)
    return load_teacher(
        options["teacher_file"],
        classes=None if classes is None else np.asarray(classes),
        from_logits=options["from_logits"],
        trusted=options["trust"],
        trust_pickle=options["trust_pickle"],
    )
