"""The command line: thin adapters over the public functions.

Every failure is one sentence on stderr, and results appear in full or not at all.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import click

from interpkd import __version__
from interpkd.cli._audit import audit
from interpkd.cli._certify import certify
from interpkd.cli._decide import decide
from interpkd.cli._demo import demo
from interpkd.cli._diff import diff
from interpkd.cli._distill import distill
from interpkd.cli._errors import OneSentenceGroup
from interpkd.cli._export import export
from interpkd.cli._monitor import monitor
from interpkd.cli._predict import predict
from interpkd.cli._verify import verify

HELP = """Distil a black box into a model a person can read, with the evidence of how faithful it is.

\b
Examples:
  interpkd demo
  interpkd distill loans.csv --target default --out results
  interpkd distill homes.parquet --target price --drop id --out results
  interpkd audit results/report.json --fail-on medium
  interpkd monitor results/report.json homes-in-march.parquet
  interpkd decide results/report.json march.csv --log decisions.jsonl
  interpkd predict results/report.json march.csv --out scores.csv --keep id
  interpkd export results/report.json --to sql --table loans --out model.sql
  interpkd verify results/report.json --data loans.csv
  interpkd diff before/report.json results/report.json
  interpkd certify m.interpkd new.csv --teacher-file b.ubj --reference old.csv
"""


@click.group(
    cls=OneSentenceGroup,
    name="interpkd",
    help=HELP,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="interpkd")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Show the help when no command is named."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


main.add_command(audit)
main.add_command(certify)
main.add_command(decide)
main.add_command(demo)
main.add_command(diff)
main.add_command(distill)
main.add_command(export)
main.add_command(monitor)
main.add_command(predict)
main.add_command(verify)

__all__ = ["main"]
