"""`interpkd demo`: the whole way once, on a table that is already here."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interpkd.cli._console import make_console
from interpkd.cli._errors import results_are_written, traceback_option
from interpkd.cli._folder import new_folder
from interpkd.cli._options import certify_option, fail_option, quick_option
from interpkd.cli._plan import RefitPlan
from interpkd.cli._problem import hold_out, make_problem
from interpkd.cli._settings import Settings
from interpkd.cli._stages import Stages

if TYPE_CHECKING:
    from interpkd.cli._problem import Problem

TEST_SIZE = 0.25

FEW_REFITS = RefitPlan(folds=2, refits=3, jobs=1)
"""Few, so that the demo takes seconds."""

NO_REFITS = RefitPlan(folds=0, refits=0, reason="Left out by --quick.")

HELP = """Run the whole way once, on bundled clinical data.

A boosted teacher learns to tell malignant from benign breast masses, a small decision tree learns
from the teacher, and the report says how faithful it is on rows that neither has seen. Nothing is
downloaded.
"""


@click.command(help=HELP, short_help="Run the whole way once, on bundled clinical data.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path("interpkd-demo"),
    show_default=True,
    help="Folder for the results; those of an earlier run are replaced.",
)
@quick_option
@certify_option
@fail_option
@traceback_option
def demo(out: Path, fail_on: str, *, quick: bool, certify: bool) -> None:
    """Teach a tree on the clinical table and write its report."""
    console = make_console()
    with new_folder(out, overwrite=True) as folder, Stages(console) as stages:
        stages.begin("Reading the table")
        problem = demo_problem()
        settings = Settings(
            max_leaf_nodes=6, plan=NO_REFITS if quick else FEW_REFITS, certify=certify
        )
        split = hold_out(problem, test_size=TEST_SIZE, seed=settings.seed)
        stages.begin("Loading interpkd")
        from interpkd.cli._run import teach, write
        from interpkd.cli._show import describe, leave, show

        describe(console, problem, split, settings)
        result = teach(problem, split, settings, stages)
        write(result, folder, stages)
    with results_are_written(out):
        show(console, result, out, stages.times)
    leave(result, fail_on)


def demo_problem() -> Problem:
    """Give the clinical table and its target."""
    from interpkd.datasets import load_clinical

    clinical = load_clinical()
    return make_problem(
        clinical.data.assign(diagnosis=clinical.target),
        source="clinical data bundled with scikit-learn",
        target="diagnosis",
        task="auto",
        drop=(),
        categories=(),
    )
