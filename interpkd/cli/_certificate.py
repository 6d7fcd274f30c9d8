"""What `interpkd certify` and `interpkd distill --certify` share: options, rows, files, words."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.table import Table
from rich.text import Text

from interpkd._plain_rows import plain_rows
from interpkd.cli._csv import write_csv
from interpkd.cli._folder import CERTIFICATE_FILES
from interpkd.cli._rows_in_words import listed, visible
from interpkd.exceptions import InterpkdError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from rich.console import Console

    from interpkd.cli._problem import Split
    from interpkd.cli._settings import Settings
    from interpkd.cli._stages import Stages
    from interpkd.fidelity import Certificate

RADII = (0.01, 0.02, 0.05)
"""Shares of ranks."""

ROWS, NODES = 1000, 1000
"""Most rows of a certificate, and most boxes for each and a radius."""

SHOWN = 5
"""Most counterexamples that are printed."""

WRITTEN = 100
"""Most counterexamples that are written."""


def certify_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how far the search goes to a command."""
    options = (
        click.option(
            "--max-nodes",
            metavar="N",
            type=click.IntRange(min=1),
            default=NODES,
            show_default=True,
            help="Most boxes searched for a row and a radius; it is the only limit, so that every "
            "run gives the same.",
        ),
        click.option(
            "--rows",
            metavar="N",
            type=click.IntRange(min=1),
            default=ROWS,
            show_default=True,
            help="Most rows of TABLE, drawn at random.",
        ),
        click.option(
            "--tolerance",
            metavar="NUMBER",
            type=click.FloatRange(min=0),
            help="Of a regression, where it must be given: predictions that differ by at most this "
            "agree. Of two classes: how far beyond one half the teacher must be to contradict.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def certify_run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what `--certify` of a command asks."""
    options = (
        click.option(
            "--certify-tolerance",
            metavar="NUMBER",
            type=click.FloatRange(min=0),
            help="Of a regression with --certify, where it must be given: predictions that differ by "
            "at most this agree.",
        ),
        click.option(
            "--certify-radius",
            metavar="SHARE",
            multiple=True,
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            help="With --certify, how far a number may move, as a share of ranks. May be repeated. "
            f"{', '.join(map(str, RADII))} without it.",
        ),
        click.option(
            "--certify-frozen",
            metavar="COLUMN",
            multiple=True,
            help="With --certify, a column that keeps the row's own value. May be repeated.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_certify(options: Mapping[str, Any]) -> None:
    """Refuse options of `--certify` without it.

    Parameters
    ----------
    options : mapping
        The options of the command.

    Raises
    ------
    click.UsageError
        If one was given.
    """
    for name in ("tolerance", "radius", "frozen"):
        if options[f"certify_{name}"] not in (None, ()) and not options["certify"]:
            msg = f"--certify-{name} is for --certify; give both, or neither."
            raise click.UsageError(msg)


def draw(n_rows: int, most: int, seed: int) -> NDArray[np.intp]:
    """Draw rows without replacement, in their order; all where there are no more.

    Parameters
    ----------
    n_rows, most : int
        Rows there are, and rows that are wanted.

    seed : int
        Of the drawing.

    Returns
    -------
    rows : ndarray of int
        Their places.
    """
    if n_rows <= most:
        return np.arange(n_rows)
    chosen = np.random.default_rng(seed).choice(n_rows, size=most, replace=False)
    return np.sort(chosen).astype(np.intp)


def certificate_of_run(
    student: Any, split: Split, settings: Settings, stages: Stages
) -> tuple[Any, dict[str, str]]:
    """Make the certificate of a run on its held-out rows, where the run was asked to.

    Parameters
    ----------
    student : estimator
        The fitted student.

    split : Split
        The rows to learn from, whose ranks are the unit, and the rows held out.

    settings : Settings
        How to teach.

    stages : Stages
        Where to say what is being done.

    Returns
    -------
    certificate : Certificate or str
        As `audit_report` takes it: the certificate, or why there is none.

    facts : dict
        How its rows were chosen, as the report states it.
    """
    if not settings.certify:
        return "Left out: the run was not asked for it; --certify adds it.", {}
    if settings.scores is not None:
        return "Left out: only the teacher's scores are at hand, and a proof reads the teacher.", {}
    from interpkd._validation import safe_indexing
    from interpkd.fidelity import certify

    n = len(split.y_test)
    rows = draw(n, ROWS, settings.seed)
    stages.begin(f"Certificate: searching near {len(rows)} rows")
    try:
        found = certify(
            student,
            student.teacher_,
            X_ref=split.X_train,
            X_eval=safe_indexing(split.X_test, rows),
            radius=settings.certify_radius or RADII,
            frozen_features=settings.certify_frozen or None,
            tolerance=settings.certify_tolerance,
            max_nodes=NODES,
            progress=stages.within,
        )
    except InterpkdError as error:  # the rest of the report is not lost
        reason = f"Not computed: {error}"
        click.echo(f"Note: certificate: {' '.join(reason.split())}", err=True)
        return reason, {}
    which = f"All {n} rows held out."
    if len(rows) < n:
        which = f"{len(rows)} of the {n} rows held out, drawn at random with seed {settings.seed}."
    return found, {"Rows of the certificate": which}


def show_certificate(
    console: Console, found: Certificate, rows: NDArray[Any], facts: Mapping[str, Any]
) -> None:
    """Print a certificate and counterexamples of the fewest changes.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    found : Certificate
        What was proved.

    rows : ndarray of int
        Places of its rows in the table.

    facts : mapping
        "table" and "n_rows_of_table".
    """
    if len(rows) < facts["n_rows_of_table"]:
        drawn = f"{len(rows)} of the {facts['n_rows_of_table']} rows of {facts['table']}"
        console.print(Text(f"{drawn}, drawn at random with seed {facts['seed']}."))
    console.print(Text(str(found)), soft_wrap=True)
    worst = _worst(found)
    if worst is not None:
        text = f"Largest difference of answers found in the range of the reference rows: {worst['difference']:.4g}, attained by this input"
        if worst["bound"] is not None:
            text += f"; proved: no input there exceeds {worst['bound']:.4g}"
        console.print()
        console.print(Text(text), soft_wrap=True)
        console.print(Text(visible(listed(worst["input"]))), soft_wrap=True)
    examples = _examples(found, rows, SHOWN)
    if len(examples):
        console.print()
        console.print(Text("Disagreements near rows, each attained by this input", style="bold"))
        table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
        for name in examples.columns:
            table.add_column(str(name).replace("_", " "), overflow="fold")
        for one in examples.itertuples(index=False):
            cells = (f"{v:.6g}" if isinstance(v, float) else str(v) for v in one)
            table.add_row(*(Text(visible(cell)) for cell in cells))
        console.print(table)


def write(
    found: Certificate,
    rows: NDArray[Any],
    facts: Mapping[str, Any],
    everywhere: Mapping[str, Any],
    folder: Path,
) -> None:
    """Write a certificate: everything as JSON, rows and counterexamples as CSV.

    Parameters
    ----------
    found : Certificate
        What was proved.

    rows : ndarray of int
        Places of its rows in the table; files count from 1.

    facts : mapping
        How it was made.

    everywhere : mapping
        What was asked beyond single rows.

    folder : Path
        Where to.
    """
    examples = _examples(found, rows, WRITTEN)
    document = {
        "schema": {"name": "interpkd.certificate", "version": 1},
        **facts,
        **found.to_dict(),
        "rows": (rows + 1).tolist(),
        "counterexamples": examples.to_dict("records"),
        "worst_case": _worst(found),
        **everywhere,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / CERTIFICATE_FILES[0]).write_text(text + "\n", encoding="utf-8")
    frame = found.rows
    write_csv(frame.assign(row=rows[frame["row"].to_numpy()] + 1), folder / CERTIFICATE_FILES[1])
    write_csv(examples, folder / CERTIFICATE_FILES[2])


def _worst(found: Certificate) -> dict[str, Any] | None:
    """Give the largest difference of answers with its input; None without probabilities."""
    try:
        worst = found.worst_case()
    except InvalidInputError:
        return None
    return {**worst.to_dict(), "input": plain_rows(worst.input)[0]}


def _examples(found: Certificate, rows: NDArray[Any], most: int) -> Any:
    """Give counterexamples whose rows are numbers of the table, from 1."""
    table = found.counterexamples(most)
    return table.assign(row=rows[table["row"].to_numpy(dtype=np.intp)] + 1)
