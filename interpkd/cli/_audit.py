"""`interpkd audit`: a report that was written before as a gate."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from interpkd.cli._console import make_console
from interpkd.cli._errors import traceback_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from interpkd.audit import Finding

HELP = """Put the checks to REPORT, the report.json of an earlier run, and print what they find.

The built-in checks are put to the evidence in the file anew; findings of other checks are taken as
they stand there.

\b
Exit code: 0 when no finding is as grave as --fail-on, 1 when one is, 2 when
the command line is wrong or REPORT is no audit report.

\b
Examples:
  interpkd audit results/report.json
  interpkd audit results/report.json --fail-on medium --floor agreement=0.95
"""

GRAVES = ("high", "medium", "low", "never")


@click.command(help=HELP, short_help="Put the checks to a report, as a gate.")
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--fail-on",
    type=click.Choice(GRAVES),
    default="high",
    show_default=True,
    help="The least severity of a finding that makes the exit code 1.",
)
@click.option(
    "--floor",
    "floors",
    multiple=True,
    metavar="NAME=VALUE",
    help="A floor in place of the one in the report, such as agreement=0.95. May be repeated.",
)
@traceback_option
@click.pass_context
def audit(ctx: click.Context, report: Path, fail_on: str, floors: tuple[str, ...]) -> None:
    """Read the report, put the checks to it, print, and set the exit code."""
    data = _read(report)
    given = dict(_read_floor(one) for one in floors)
    from interpkd.audit import worst

    findings = _look(data, given)
    show_findings(make_console(), findings)
    ctx.exit(0 if worst(findings, fail_on) is None else 1)


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print what checks found, the gravest first, then what they did not find or could not ask.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    findings : sequence of Finding
        The findings of a report.
    """
    from interpkd.audit import SEVERITIES

    found = [one for one in findings if one.status in {"finding", "failed"}]
    found.sort(key=lambda one: SEVERITIES.index(one.severity or "high"))
    if found:
        table = _table("code", "severity", "finding")
        for one in found:
            table.add_row(
                _text(one.code),
                _text(one.severity),
                _text(f"{one.title}. {one.message} {one.remedy}".strip()),
            )
        console.print(table)
    absent = [one for one in findings if one.status == "not applicable"]
    if absent:
        table = _table("code", "not asked", "why")
        for one in absent:
            table.add_row(_text(one.code), _text(one.title), _text(one.message))
        console.print(table)
    clear = [one.code for one in findings if one.status == "clear"]
    if clear:
        console.print(_text(f"Nothing found by {', '.join(clear)}."))
    counts = [sum(one.severity == grave for one in found) for grave in SEVERITIES]
    said = ", ".join(f"{n} {grave}" for n, grave in zip(counts, SEVERITIES, strict=True) if n)
    noun = "finding" if len(found) == 1 else "findings"
    console.print(_text(f"{len(found)} {noun}{f' ({said})' if said else ''}."))


def _look(data: Mapping[str, Any], floors: Mapping[str, float]) -> list[Finding]:
    """Put the built-in checks, and keep the findings of others."""
    from interpkd.audit import BUILTIN_CHECKS, Finding, run_checks
    from interpkd.exceptions import InvalidInputError

    try:
        findings = list(run_checks(data, floors=floors))
        own = {one.code for one in BUILTIN_CHECKS}
        findings += [Finding(**one) for one in data.get("findings", []) if one["code"] not in own]
    except InvalidInputError as error:
        raise click.UsageError(str(error)) from error
    except (TypeError, KeyError) as error:
        msg = f"REPORT holds findings that are none: {error}. Write it anew with audit_report."
        raise click.UsageError(msg) from error
    return findings


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        msg = f"{path} is not JSON ({error}). Pass the report.json that an earlier run wrote."
        raise click.UsageError(msg) from error
    schema = data.get("schema") if isinstance(data, Mapping) else None
    if not isinstance(schema, Mapping) or schema.get("name") != "interpkd.audit_report":
        msg = (
            f"{path} is JSON, but no audit report: it does not name the schema "
            "interpkd.audit_report. Pass the report.json that an earlier run wrote."
        )
        raise click.UsageError(msg)
    return data


def _read_floor(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        msg = f"--floor must be NAME=VALUE with a number, such as agreement=0.95, got {text!r}."
        raise click.UsageError(msg) from error


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings[:-1]:
        table.add_column(heading)
    table.add_column(headings[-1], overflow="fold")
    return table


def _text(value: Any) -> Text:
    """Give text as it is, what cannot be printed spelled out: a file may hold anything."""
    return Text(
        "".join(
            sign if sign.isprintable() else sign.encode("unicode_escape").decode()
            for sign in str(value)
        )
    )
