"""`interpkd diff`: what changed from one report to another."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from interpkd.cli._errors import traceback_option
from interpkd.cli._verify import read_evaluation_rows, run_of, usage_errors

HELP = """Say what differs between two reports.

A and B are the report.json of two runs, the earlier first: rules, coefficients or points that are
new, gone or changed, columns used, scores with both intervals, parameters, software. With --data,
both students decide the rows of TABLE, and those that they decide differently are counted.

Exit code: 0 when nothing differs but times, 1 when something does, 2 when it could not be tried.

\b
Example:
  interpkd diff before/report.json after/report.json
  interpkd diff before/report.json after/report.json --data loans.csv
"""


@click.command(help=HELP, short_help="Say what differs between two reports.")
@click.argument("a", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("b", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data",
    metavar="TABLE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows that both students decide.",
)
@click.option("--separator", metavar="SIGN", help="Between values of a CSV file; else as noted.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How to print it.",
)
@traceback_option
@click.pass_context
def diff(
    ctx: click.Context, a: Path, b: Path, data: Path | None, separator: str | None, style: str
) -> None:
    """Read both reports and compare them."""
    from interpkd import audit

    with usage_errors():
        one, two = audit.read_report(a, "A"), audit.read_report(b, "B")
        X: Any = None
        if data is not None:
            options = run_of(two).get("options", {})
            sign = separator or options.get("separator") or ","
            X = read_evaluation_rows(data, separator=sign, options=options)
        found = audit.diff(one, two, X)
    written = {"text": found.__str__, "markdown": found.to_markdown, "json": found.to_json}
    click.echo(written[style]().rstrip("\n"))
    ctx.exit(0 if found.is_equal else 1)
