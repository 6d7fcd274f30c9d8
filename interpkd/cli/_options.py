"""Options that commands share, and those of `interpkd distill`, by what they are about."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from interpkd.cli._plan import FOLDS, REFITS, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def csv_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a CSV file is read to a command."""
    return _add(
        command,
        (
            click.option(
                "--missing",
                multiple=True,
                metavar="TEXT",
                help="One more text that means missing in a CSV file. May be repeated.",
            ),
            click.option(
                "--separator",
                metavar="SIGN",
                default=",",
                show_default=True,
                help="Between values of a CSV file.",
            ),
        ),
    )


def student_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the student to a command."""
    return _add(
        command,
        (
            click.option(
                "--student",
                type=click.Choice(["tree", "logistic", "svm", "scorecard", "linear"]),
                default="tree",
                show_default=True,
                help="The model to read: a decision tree; of classes logistic regression or a linear support "
                "vector machine; of two classes a scorecard; of numbers linear regression.",
            ),
            click.option(
                "--max-leaf-nodes",
                metavar="N",
                type=click.IntRange(min=2),
                default=16,
                show_default=True,
                help="Most rules of a tree.",
            ),
            click.option(
                "--min-samples-leaf",
                metavar="N",
                type=click.IntRange(min=1),
                default=5,
                show_default=True,
                help="Fewest rows behind a rule of a tree.",
            ),
            click.option(
                "--max-features",
                metavar="N",
                type=click.IntRange(min=1),
                default=None,
                help="Most columns of a scorecard; all without it.",
            ),
            click.option(
                "--max-bins",
                metavar="N",
                type=click.IntRange(2, 255),
                default=16,
                show_default=True,
                help="Most bins of a column of a scorecard.",
            ),
            click.option(
                "--pdo",
                metavar="POINTS",
                type=click.FloatRange(0, 1_000_000, min_open=True),
                default=20.0,
                show_default=True,
                help="Points of a scorecard that double the odds.",
            ),
            click.option(
                "--base-score",
                metavar="POINTS",
                type=click.FloatRange(-1_000_000, 1_000_000),
                default=600.0,
                show_default=True,
                help="Score of a scorecard that means the base odds.",
            ),
            click.option(
                "--base-odds",
                metavar="ODDS",
                type=click.FloatRange(min=0, min_open=True),
                default=50.0,
                show_default=True,
                help="Odds at the base score, of the good class to the other.",
            ),
            click.option(
                "--good-class",
                metavar="CLASS",
                default=None,
                help="The class that points of a scorecard speak for; the last in order without it.",
            ),
            click.option(
                "--monotonic",
                multiple=True,
                metavar="COLUMN=WAY",
                help="WAY is increasing or decreasing: the prediction, or the probability of the last class in "
                "order, may only rise or fall with the column. May be repeated.",
            ),
            click.option(
                "--alpha",
                metavar="SHARE",
                type=click.FloatRange(0, 1),
                default=0.0,
                show_default=True,
                help="Weight of the true target; the teacher has the rest.",
            ),
            click.option(
                "--temperature",
                metavar="T",
                type=click.FloatRange(min=0, min_open=True),
                default=1.0,
                show_default=True,
                help="Above 1, unlikely classes count more.",
            ),
        ),
    )


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is in the table to a command."""
    return _add(
        command,
        (
            click.option(
                "--table",
                "table_name",
                metavar="NAME",
                help="Of a database the table or view to read, such as loans or schema.loans.",
            ),
            click.option("--sql", metavar="QUERY", help="Of a database the query to read."),
            click.option(
                "--task",
                type=click.Choice(["auto", "classification", "regression"]),
                default="auto",
                show_default=True,
                help="auto: text, booleans and up to 20 whole numbers are classes.",
            ),
            click.option(
                "--drop",
                multiple=True,
                metavar="COLUMN",
                help="Leave a column out. May be repeated.",
            ),
            click.option(
                "--category",
                multiple=True,
                metavar="COLUMN",
                help="Read a column as names although it looks like numbers. May be repeated.",
            ),
            click.option(
                "--missing",
                multiple=True,
                metavar="TEXT",
                help="One more text that means missing in a CSV file. May be repeated.",
            ),
            click.option(
                "--separator",
                metavar="SIGN",
                default=",",
                show_default=True,
                help="Between values of a CSV file.",
            ),
        ),
    )


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is reported, and on which rows, to a command."""
    return _add(
        command,
        (
            click.option(
                "--test-size",
                metavar="SHARE",
                type=click.FloatRange(0, 1, min_open=True, max_open=True),
                default=0.25,
                show_default=True,
                help="Share of the rows held out for the report.",
            ),
            click.option(
                "--seed",
                metavar="N",
                type=click.IntRange(0, 2**32 - 1),
                default=0,
                show_default=True,
                help="Seed of the split and of both models.",
            ),
            click.option(
                "--adverse-class",
                metavar="LABEL",
                help="Of two classes the one whose decisions need reasons; else the second in sorted order, or "
                "the one that is not --good-class.",
            ),
            click.option(
                "--cutoff",
                metavar="SHARE",
                type=click.FloatRange(0, 1, min_open=True, max_open=True),
                default=0.5,
                show_default=True,
                help="Of two classes both models decide for the second in sorted order above this "
                "probability.",
            ),
            click.option(
                "--group",
                multiple=True,
                metavar="COLUMN",
                help="A protected attribute: fidelity is reported by its values, of many numbers in "
                "four bands. It is learned from too unless it is dropped with --drop. May be repeated.",
            ),
            click.option(
                "--segment",
                multiple=True,
                metavar="COLUMN",
                help="Another column to report by, likewise. May be repeated.",
            ),
        ),
    )


def quick_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that leaves all refits out to a command."""
    return click.option(
        "--quick",
        is_flag=True,
        help="No refits: the report leaves out the frontier, whether distilling pays, and the "
        "stability, and says so.",
    )(command)


def fail_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that makes a run a gate to a command."""
    return click.option(
        "--fail-on",
        type=click.Choice(["high", "medium", "low", "never"]),
        default="never",
        show_default=True,
        help="The least severity of a finding that makes the exit code 1; the results are written "
        "all the same.",
    )(command)


def certify_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that puts a certificate into the report to a command."""
    return click.option(
        "--certify",
        is_flag=True,
        help="Also prove near which held-out rows student and teacher agree, as interpkd certify "
        "does, and put it into the report.",
    )(command)


def refit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how many refits the report rests on to a command."""
    return _add(
        command,
        (
            click.option(
                "--folds",
                metavar="N",
                type=click.IntRange(min=0),
                help=f"Folds in which fidelity is measured against size, and whether distilling pays; 0 "
                f"for neither. {FOLDS} without it, 0 for a network trained here.",
            ),
            click.option(
                "--refits",
                metavar="N",
                type=click.IntRange(min=0),
                help="Refits on resampled rows that show how stable the student is; 0 for none. "
                f"{REFITS} without it, 0 for a network trained here.",
            ),
            click.option(
                "--refit-rows",
                metavar="N",
                type=click.IntRange(min=100),
                default=ROWS,
                show_default=True,
                help="Most training rows that folds and refits use, drawn at random.",
            ),
            click.option(
                "--jobs",
                metavar="N",
                type=click.IntRange(min=1),
                help="Folds or refits at once; without it one per core, and one for a small table. The "
                "results are the same.",
            ),
        ),
    )


def _add(command: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Decorate a command so that its help lists the options in this order."""
    for option in reversed(options):
        command = option(command)
    return command
