"""How many refits a run makes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from joblib import cpu_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.cli._teacher import TeacherChoice

FOLDS, REFITS, ROWS = 3, 10, 5000
"""Folds of the frontier and of "distil or not", refits of the stability, most rows of both."""

FEW_ROWS = 2000
"""With fewer rows a second process takes longer to begin than it saves."""

MOST_JOBS = 8


@dataclass(frozen=True)
class RefitPlan:
    """How many refits the report is to rest on.

    Attributes
    ----------
    folds : int
        Folds of the frontier and of "distil or not"; 0 leaves both out.

    refits : int
        Refits of the stability; 0 leaves it out.

    rows : int
        Most rows that they use.

    jobs : int or None
        Refits that run at once; None for one per core on all but small tables.

    reason : str
        Why something is left out.
    """

    folds: int = FOLDS
    refits: int = REFITS
    rows: int = ROWS
    jobs: int | None = None
    reason: str = "Left out: the run was asked to."

    def jobs_for(self, n_rows: int) -> int:
        """Give the refits that run at once."""
        if self.jobs is not None:
            return self.jobs
        return 1 if n_rows < FEW_ROWS else min(cpu_count(), MOST_JOBS)


def plan_refits(choice: TeacherChoice, options: Mapping[str, Any]) -> RefitPlan:
    """Say how many refits the options ask for.

    Parameters
    ----------
    choice : TeacherChoice
        Which teacher.

    options : mapping
        "quick", "folds", "refits", "refit_rows" and "jobs".

    Returns
    -------
    plan : RefitPlan
        The numbers; none for a network that would be trained anew in each, unless they are given.

    Raises
    ------
    click.UsageError
        If there is a single fold or refit, or ``--quick`` and a number are given.
    """
    folds, refits = options["folds"], options["refits"]
    for name, number in (("--folds", folds), ("--refits", refits)):
        if number is not None and options["quick"]:
            msg = f"--quick leaves out what {name} is for; give one of them."
            raise click.UsageError(msg)
        if number == 1:
            msg = f"{name} must be 0 or at least 2: one alone has nothing to be compared with."
            raise click.UsageError(msg)
    reason = "Left out by --folds 0 or --refits 0."
    usual = (FOLDS, REFITS)
    if options["quick"]:
        usual, reason = (0, 0), "Left out by --quick."
    elif choice.is_trained_here and choice.kind == "neural":
        usual = (0, 0)
        reason = (
            "Left out: each refit would train a network six times. --folds and --refits ask for it."
        )
    return RefitPlan(
        usual[0] if folds is None else folds,
        usual[1] if refits is None else refits,
        options["refit_rows"],
        options["jobs"],
        reason,
    )
