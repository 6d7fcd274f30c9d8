"""`interpkd distill`: from a table to a student with its audit report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path

import click

from interpkd.cli._console import Stages, make_console
from interpkd.cli._errors import traceback_option
from interpkd.cli._folder import new_folder
from interpkd.cli._problem import hold_out, make_problem
from interpkd.cli._student import check_options, check_student, read_class, read_monotonic
from interpkd.cli._tables import read_table
from interpkd.cli._teacher import (
    TeacherChoice,
    check_teacher_options,
    read_scores,
    score_columns,
    teacher_options,
)

HELP = """Distil a teacher into a model a person can read.

The teacher is trained on TABLE, or comes from --teacher-file, or has left its scores in a column of
TABLE (--teacher-scores).

TABLE is a CSV file (UTF-8, names in the first line) or a Parquet file. In CSV, an empty value and
NA, N/A, NaN, nan, null and NULL are missing; "none" is a category.

Writes report.html, report.json, report.md, model_card.md and metrics.json into the folder --out,
and rules.txt and rules.csv for a tree, coefficients.csv for a linear student, points.csv for a
scorecard: all of them, or none.

\b
Example:
  interpkd distill loans.csv --target default --max-leaf-nodes 8 --out results
  interpkd distill loans.csv --target default --student scorecard --out card
  interpkd distill loans.csv --target default --teacher-file b.ubj --out audit
"""


@click.command(help=HELP, short_help="Distil a table's teacher into a readable student.")
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--target", required=True, metavar="COLUMN", help="Column to predict.")
@click.option(
    "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="New folder."
)
@teacher_options
@click.option(
    "--student",
    type=click.Choice(["tree", "logistic", "svm", "scorecard", "linear"]),
    default="tree",
    show_default=True,
    help="The model to read: a decision tree; of classes logistic regression or a linear support "
    "vector machine; of two classes a scorecard; of numbers linear regression.",
)
@click.option(
    "--max-leaf-nodes",
    metavar="N",
    type=click.IntRange(min=2),
    default=16,
    show_default=True,
    help="Most rules of a tree.",
)
@click.option(
    "--min-samples-leaf",
    metavar="N",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Fewest rows behind a rule of a tree.",
)
@click.option(
    "--max-features",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help="Most columns of a scorecard; all without it.",
)
@click.option(
    "--max-bins",
    metavar="N",
    type=click.IntRange(2, 255),
    default=16,
    show_default=True,
    help="Most bins of a column of a scorecard.",
)
@click.option(
    "--pdo",
    metavar="POINTS",
    type=click.FloatRange(0, 1_000_000, min_open=True),
    default=20.0,
    show_default=True,
    help="Points of a scorecard that double the odds.",
)
@click.option(
    "--base-score",
    metavar="POINTS",
    type=click.FloatRange(-1_000_000, 1_000_000),
    default=600.0,
    show_default=True,
    help="Score of a scorecard that means the base odds.",
)
@click.option(
    "--base-odds",
    metavar="ODDS",
    type=click.FloatRange(min=0, min_open=True),
    default=50.0,
    show_default=True,
    help="Odds at the base score, of the good class to the other.",
)
@click.option(
    "--good-class",
    metavar="CLASS",
    default=None,
    help="The class that points of a scorecard speak for; the last in order without it.",
)
@click.option(
    "--adverse-class",
    metavar="LABEL",
    help="Of two classes the one whose decisions need reasons; else the second in sorted order, or "
    "the one that is not --good-class.",
)
@click.option(
    "--monotonic",
    multiple=True,
    metavar="COLUMN=WAY",
    help="WAY is increasing or decreasing: the prediction, or the probability of the last class in "
    "order, may only rise or fall with the column. May be repeated.",
)
@click.option(
    "--task",
    type=click.Choice(["auto", "classification", "regression"]),
    default="auto",
    show_default=True,
    help="auto: text, booleans and up to 20 whole numbers are classes.",
)
@click.option(
    "--test-size",
    metavar="SHARE",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.25,
    show_default=True,
    help="Share of the rows held out for the report.",
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Seed of the split and of both models.",
)
@click.option(
    "--alpha",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Weight of the true target; the teacher has the rest.",
)
@click.option(
    "--temperature",
    metavar="T",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Above 1, unlikely classes count more.",
)
@click.option(
    "--drop", multiple=True, metavar="COLUMN", help="Leave a column out. May be repeated."
)
@click.option(
    "--category",
    multiple=True,
    metavar="COLUMN",
    help="Read a column as names although it looks like numbers. May be repeated.",
)
@click.option(
    "--missing",
    multiple=True,
    metavar="TEXT",
    help="One more text that means missing in a CSV file. May be repeated.",
)
@click.option(
    "--separator",
    metavar="SIGN",
    default=",",
    show_default=True,
    help="Between values of a CSV file.",
)
@click.option("--overwrite", is_flag=True, help="Replace results that lie in --out.")
@traceback_option
def distill(
    table: Path,
    target: str,
    out: Path,
    teacher: str,
    student: str,
    max_leaf_nodes: int,
    min_samples_leaf: int,
    max_features: int | None,
    max_bins: int,
    pdo: float,
    base_score: float,
    base_odds: float,
    good_class: str | None,
    adverse_class: str | None,
    monotonic: tuple[str, ...],
    task: str,
    test_size: float,
    seed: int,
    alpha: float,
    temperature: float,
    drop: tuple[str, ...],
    category: tuple[str, ...],
    missing: tuple[str, ...],
    separator: str,
    device: str,
    teacher_file: Path | None,
    teacher_scores: tuple[str, ...],
    trust: tuple[str, ...],
    *,
    from_logits: bool,
    trust_pickle: bool,
    overwrite: bool,
) -> None:
    """Read the table, hold rows out, teach, report."""
    if len(separator) != 1:
        msg = f"--separator must be a single character, got {separator!r}."
        raise click.UsageError(msg)
    check_options(student)
    choice = TeacherChoice(
        teacher, device, teacher_file, teacher_scores, from_logits, trust, trust_pickle
    )
    check_teacher_options(choice)
    console = make_console()
    with new_folder(out, overwrite=overwrite) as folder:
        frame = read_table(table, separator=separator, missing=missing, categories=category)
        left_out = (*drop, *score_columns(choice, frame))
        problem = make_problem(
            frame, source=table.name, target=target, task=task, drop=left_out, categories=category
        )
        scores = read_scores(choice, frame, problem) if choice.scores else None
        check_student(student, problem)
        signs = read_monotonic(monotonic, problem)
        good = read_class("--good-class", good_class, problem)
        adverse = read_class("--adverse-class", adverse_class, problem)
        if problem.task == "regression" and temperature != 1:
            msg = "--temperature is for classes; this is a regression: leave it at 1."
            raise click.UsageError(msg)
        split = hold_out(problem, test_size=test_size, seed=seed)
        # the rest of the package comes only now, after everything that is quick to refuse
        from interpkd.cli._run import Settings, describe, show, teach, write

        settings = Settings(
            teacher=choice,
            scores=scores,
            student=student,
            max_leaf_nodes=max_leaf_nodes,
            min_samples_leaf=min_samples_leaf,
            max_features=max_features,
            max_bins=max_bins,
            pdo=pdo,
            base_score=base_score,
            base_odds=base_odds,
            good_class=good,
            adverse_class=adverse,
            monotonic=signs,
            alpha=alpha,
            temperature=temperature,
            seed=seed,
        )
        describe(console, problem, split, settings)
        with Stages(console) as stages:
            result = teach(problem, split, settings, stages)
            stages.begin("Writing the files")
            write(result, folder)
    show(console, result, out)
