"""`interpkd demo`: the whole way once, on a table that is already here."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from interpkd.cli._console import Stages, make_console
from interpkd.cli._errors import traceback_option
from interpkd.cli._folder import new_folder
from interpkd.cli._problem import hold_out, make_problem

if TYPE_CHECKING:
    from interpkd.cli._problem import Problem

TEST_SIZE = 0.25

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
@traceback_option
def demo(out: Path) -> None:
    """Teach a tree on the clinical table and write its report."""
    console = make_console()
    with new_folder(out, overwrite=True) as folder:
        from interpkd.cli._run import Settings, describe, show, teach, write

        problem = demo_problem()
        settings = Settings(max_leaf_nodes=6)
        split = hold_out(problem, test_size=TEST_SIZE, seed=settings.seed)
        describe(console, problem, split, settings)
        with Stages(console) as stages:
            result = teach(problem, split, settings, stages)
            stages.begin("Writing the files")
            write(result, folder)
    show(console, result, out)


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
