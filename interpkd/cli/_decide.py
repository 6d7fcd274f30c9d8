"""`interpkd decide`: decide on rows by the student of a report, and log every decision."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd.cli._columns import check_known
from interpkd.cli._console import make_console, show_facts
from interpkd.cli._errors import DataError, traceback_option
from interpkd.cli._options import csv_options
from interpkd.cli._report_plan import read_plan, text_columns
from interpkd.cli._tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

HELP = """Decide on rows by the student of an audit report, and log the decisions.

REPORT is the report.json of an audit report, which holds the student. TABLE is a CSV or Parquet file
with the columns that the student was trained on, read as `interpkd distill` reads tables.

Every decision is one line of JSON in the file --log: hashes of row and student, score, cut-off,
decision, and, where --applicants names the rows to compare with, the principal reasons of adverse
decisions. Lines are added to a log that is there.

\b
Example:
  interpkd decide results/report.json march.csv --log decisions.jsonl
  interpkd decide report.json march.csv --log log.jsonl --applicants old.csv
"""


@click.command(help=HELP, short_help="Decide on rows, and log the decisions.")
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--log",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The log, in JSON Lines.",
)
@click.option("--id", "id_column", metavar="COLUMN", help="Column that names the rows.")
@click.option("--model-version", metavar="TEXT", help="Else the version that the report states.")
@click.option(
    "--applicants",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows that reasons compare with, such as those learned from.",
)
@click.option(
    "--reference",
    type=click.Choice(["all applicants", "at the cut-off"]),
    default="all applicants",
    show_default=True,
    help="Which of the applicants reasons compare with.",
)
@csv_options
@traceback_option
def decide(
    report: Path,
    table: Path,
    log: Path,
    id_column: str | None,
    model_version: str | None,
    applicants: Path | None,
    reference: str,
    missing: tuple[str, ...],
    separator: str,
) -> None:
    """Read student and rows, decide, and add to the log."""
    if len(separator) != 1:
        msg = f"--separator must be a single character, got {separator!r}."
        raise click.UsageError(msg)
    from interpkd.audit import decision_log
    from interpkd.export import read_json

    data = read_plan(report)
    if data.get("model") is None:
        msg = f"{report.name} does not hold the student: {data.get('model_left_out')}"
        raise DataError(msg)
    reading: dict[str, Any] = {
        "separator": separator,
        "missing": missing,
        "categories": text_columns(data),
    }
    frame = read_table(table, **reading)
    if id_column is not None:
        check_known([id_column], frame, "--id")
    n_lines = decision_log(
        read_json(data["model"]),
        frame,
        log,
        cutoff=data["fidelity"]["cutoff"] or 0.5,
        reasons=_reasons(data, applicants, reference, reading),
        model_version=model_version or data["identity"]["version"],
        ids=None if id_column is None else frame[id_column].astype(str).tolist(),
    )
    show_facts(make_console(), {"Decisions": f"{n_lines}, added to {log}"})


def _reasons(
    data: Mapping[str, Any], applicants: Path | None, reference: str, reading: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Say what reasons are to be asked for; none without applicants."""
    if applicants is None:
        return None
    return {
        "reference": reference,
        "background": read_table(applicants, **reading),
        "adverse_class": data["reasons"].get("adverse_class"),
    }
