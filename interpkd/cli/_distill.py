"""`interpkd distill`: from a table to a student with its audit report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from interpkd.cli._certificate import certify_run_options, check_certify
from interpkd.cli._columns import check_known
from interpkd.cli._configuration import config_option, write_configuration
from interpkd.cli._console import make_console
from interpkd.cli._engine import MEMORY, choose_engine, engine_options, read_files
from interpkd.cli._errors import results_are_written, traceback_option
from interpkd.cli._fields import field_option, read_fields
from interpkd.cli._folder import CONFIGURATION, new_folder
from interpkd.cli._labels import read_labels
from interpkd.cli._options import (
    certify_option,
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
from interpkd.cli._source import Address, SourceType, read_source
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

    from interpkd.cli._files import Files
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
    "certify",
    "certify_tolerance",
    "certify_radius",
    "certify_frozen",
)
"""Options that are settings as they stand."""

HELP = """Distil a teacher into a model a person can read.

The teacher is trained on TABLE, or comes from --teacher-file, or has left its scores in a column of
TABLE (--teacher-scores).

TABLE is a CSV file (UTF-8, names in the first line), a Parquet file, or the connection URL of a
database with --table or --sql. Several Parquet files, a folder of them, a pattern in quotes and
URLs such as s3://bucket/*.parquet are one table, which need not fit into memory: --engine. In CSV, an empty value and NA, N/A, NaN, nan, null and NULL are
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
  interpkd distill 'loans/*.parquet' --target default --out big --engine arrow
"""


def _given(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Take the tables of --config where the command line names none."""
    if not value:
        value = (ctx.default_map or {}).get("source")
    if not value:
        raise click.MissingParameter(ctx=ctx, param=param)
    many = value if isinstance(value, (tuple, list)) else (value,)
    return tuple(param.type.convert(one, param, ctx) for one in many)


@click.command(help=HELP, short_help="Distil a table's teacher into a readable student.")
@click.argument("source", type=SourceType(), metavar="TABLE", nargs=-1, callback=_given)
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
@certify_option
@certify_run_options
@engine_options
@fail_option
@field_option
@config_option
@click.option("--overwrite", is_flag=True, help="Replace results that lie in --out.")
@traceback_option
def distill(
    source: tuple[Path | Address | str, ...], out: Path, *, overwrite: bool, **options: Any
) -> None:
    """Read the table, hold rows out, teach, report."""
    check_options(options["student"])
    check_certify(options)
    choice = read_choice(options)
    fields = read_fields(options["field"])
    console = make_console()
    engine, files = choose_engine(source, options)
    if engine != MEMORY and files is not None:
        _distill_files(source, files, engine, choice, fields, out, options, overwrite=overwrite)
        return
    with new_folder(out, overwrite=overwrite) as folder, Stages(console) as stages:
        stages.begin("Reading the table")
        frame, name = _read(source, files, options)
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


def _distill_files(
    source: tuple[Path | Address | str, ...],
    files: Files,
    engine: str,
    choice: TeacherChoice,
    fields: dict[str, str],
    out: Path,
    options: dict[str, Any],
    *,
    overwrite: bool,
) -> None:
    """Distil rows that stay where they are."""
    console = make_console()
    with new_folder(out, overwrite=overwrite) as folder, Stages(console) as stages:
        stages.begin("Loading interpkd")
        from interpkd.cli._distill_files import cluster, describe_run, open_run, teach_run
        from interpkd.cli._run import write
        from interpkd.cli._show import leave, show

        with cluster(engine, options["scheduler_address"]):
            stages.begin("Looking at the rows")
            plain = {name: options[name] for name in PLAIN}
            plain["plan"] = plan_refits(choice, options)
            run = open_run(files, engine, choice, options, fields, plain)
            describe_run(console, run)
            result = teach_run(run, stages)
        write_configuration(source, out, options, folder / CONFIGURATION)
        write(result, folder, stages)
    with results_are_written(out):
        show(console, result, out, stages.times)
    leave(result, options["fail_on"])


def _read(
    source: tuple[Path | Address | str, ...], files: Files | None, options: dict[str, Any]
) -> tuple[pd.DataFrame, str]:
    """Bring the table into memory."""
    only = source[0]
    if files is not None and (len(source) > 1 or isinstance(only, str)):
        return read_files(files, options["category"]), files.name
    return read_source(cast("Path | Address", only), options)


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
    check_known(options["certify_frozen"], problem.X, "--certify-frozen")
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
    if problem.task == "regression" and options["certify"] and not options["certify_tolerance"]:
        msg = (
            "--certify of a regression needs --certify-tolerance NUMBER above 0: predictions that "
            "differ by at most this agree."
        )
        raise click.UsageError(msg)
    return Settings(
        teacher=choice,
        scores=scores,
        plan=plan_refits(choice, options),
        fields=fields,
        **read,
        **{name: options[name] for name in PLAIN},
    )
