"""`interpkd distill`: from a table to a student with its audit report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd.cli._configuration import config_option, write_configuration
from interpkd.cli._console import make_console
from interpkd.cli._errors import results_are_written, traceback_option
from interpkd.cli._fields import field_option, read_fields
from interpkd.cli._folder import CONFIGURATION, new_folder
from interpkd.cli._labels import read_labels
from interpkd.cli._options import (
    fail_option,
    quick_option,
    refit_options,
    report_options,
    student_options,
    table_options,
)
from interpkd.cli._plan import plan_refits
from interpkd.cli._problem import hold_out, make_problem
from interpkd.cli._settings import Settings
from interpkd.cli._source import Address, SourceType, check_source, read_source
from interpkd.cli._stages import Stages
from interpkd.cli._student import (
    check_cutoff,
    check_options,
    check_student,
    read_class,
    read_monotonic,
)
from interpkd.cli._teacher import (
    TeacherChoice,
    read_choice,
    read_scores,
    score_columns,
    teacher_options,
)

if TYPE_CHECKING:
    import pandas as pd

    from interpkd.cli._problem import Problem

PLAIN = (
    "student",
    "max_leaf_nodes",
    "min_samples_leaf",
    "max_features",
    "max_bins",
    "pdo",
    "base_score",
    "base_odds",
    "alpha",
    "temperature",
    "seed",
    "cutoff",
)
"""Options that are settings as they stand."""

HELP = """Distil a teacher into a model a person can read.

The teacher is trained on TABLE, or comes from --teacher-file, or has left its scores in a column of
TABLE (--teacher-scores).

TABLE is a CSV file (UTF-8, names in the first line), a Parquet file, or the connection URL of a
database with --table or --sql. In CSV, an empty value and NA, N/A, NaN, nan, null and NULL are
missing; "none" is a category.

Writes report.html, report.json, report.md, model_card.md, metrics.json, times.json, run.toml and
student.interpkd, which interpkd.export.load reads, into the folder --out, and rules.txt and rules.csv for a tree, coefficients.csv for a linear student, points.csv for
a scorecard: all of them, or none. --config run.toml repeats the run.

\b
Example:
  interpkd distill loans.csv --target default --max-leaf-nodes 8 --out results
  interpkd distill loans.csv --target default --student scorecard --out card
  interpkd distill loans.csv --target default --teacher-file b.ubj --out audit
  interpkd distill sqlite:///bank.db --table loans --target default --out bank
  interpkd distill --config results/run.toml --seed 1 --out again
"""


@click.command(help=HELP, short_help="Distil a table's teacher into a readable student.")
@click.argument("source", type=SourceType(), metavar="TABLE")
@click.option("--target", required=True, metavar="COLUMN", help="Column to predict.")
@click.option(
    "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="New folder."
)
@teacher_options
@student_options
@table_options
@report_options
@quick_option
@refit_options
@fail_option
@field_option
@config_option
@click.option("--overwrite", is_flag=True, help="Replace results that lie in --out.")
@traceback_option
def distill(source: Path | Address, out: Path, *, overwrite: bool, **options: Any) -> None:
    """Read the table, hold rows out, teach, report."""
    check_source(source, options)
    check_options(options["student"])
    choice = read_choice(options)
    fields = read_fields(options["field"])
    console = make_console()
    with new_folder(out, overwrite=overwrite) as folder, Stages(console) as stages:
        stages.begin("Reading the table")
        frame, name = read_source(source, options)
        problem = _problem(frame, name, choice, options)
        settings = _settings(frame, problem, choice, options, fields)
        split = hold_out(problem, test_size=options["test_size"], seed=settings.seed)
        # the rest of the package comes only now, after everything that is quick to refuse
        stages.begin("Loading interpkd")
        from interpkd.cli._run import teach, write
        from interpkd.cli._show import describe, leave, show

        describe(console, problem, split, settings)
        result = teach(problem, split, settings, stages)
        write_configuration(source, out, options, folder / CONFIGURATION)
        write(result, folder, stages)
    with results_are_written(out):
        show(console, result, out, stages.times)
    leave(result, options["fail_on"])


def _problem(
    frame: pd.DataFrame, source: str, choice: TeacherChoice, options: dict[str, Any]
) -> Problem:
    return make_problem(
        frame,
        source=source,
        target=options["target"],
        task=options["task"],
        drop=(*options["drop"], *score_columns(choice, frame)),
        categories=options["category"],
    )


def _settings(
    frame: pd.DataFrame,
    problem: Problem,
    choice: TeacherChoice,
    options: dict[str, Any],
    fields: dict[str, str],
) -> Settings:
    """Read what the options say of this table, and refuse what does not fit it."""
    student = options["student"]
    scores = read_scores(choice, frame, problem) if choice.scores else None
    check_student(student, problem)
    check_cutoff(options["cutoff"], problem)
    read = {
        "good_class": read_class("--good-class", options["good_class"], problem),
        "adverse_class": read_class("--adverse-class", options["adverse_class"], problem),
        "monotonic": read_monotonic(options["monotonic"], problem),
        "labels": read_labels(
            frame, target=problem.target, groups=options["group"], segments=options["segment"]
        ),
    }
    if problem.task == "regression" and options["temperature"] != 1:
        msg = "--temperature is for classes; this is a regression: leave it at 1."
        raise click.UsageError(msg)
    return Settings(
        teacher=choice,
        scores=scores,
        plan=plan_refits(choice, options),
        fields=fields,
        **read,
        **{name: options[name] for name in PLAIN},
    )
