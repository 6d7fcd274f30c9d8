"""What the commands print: rules, scores, times, paths."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from interpkd._borders import short_bound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from interpkd.cli._stages import StageTime
    from interpkd.export import Coefficient, Condition, PointsTable, Rule

MAX_RULES_SHOWN = 16
MAX_BINS_SHOWN = 60


def make_console() -> Console:
    """Give the console for stdout, without guesses at what in a text might be a number."""
    return Console(highlight=False)


def show_facts(console: Console, facts: Mapping[str, str]) -> None:
    """Print named facts, one per line, names aligned.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    facts : mapping of str to str
        Name and text of each fact.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, text in facts.items():
        grid.add_row(Text(name), Text(text))
    console.print(grid)


def show_rules(console: Console, rules: Sequence[Rule]) -> None:
    """Print rules as a table, thresholds rounded to five digits.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    rules : sequence of Rule
        The rules of the student; the first `MAX_RULES_SHOWN` are printed.
    """
    shown = rules[:MAX_RULES_SHOWN]
    console.print(Text(f"The student: {len(rules)} rules", style="bold"))
    table = Table(**_PLAIN)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("if", overflow="fold")
    table.add_column("then", overflow="fold")
    table.add_column("" if rules[0].distribution is None else "P(then)", justify="right")
    table.add_column("rows", justify="right", no_wrap=True)
    for rule in shown:
        conditions = [_short(condition) for condition in rule.conditions]
        text = "\nand ".join(condition.text for condition in conditions) or "always"
        if rule.distribution is None:
            then, chance = _five_digits(rule.decision), ""
        else:
            then, chance = str(rule.decision), f"{rule.distribution[rule.decision]:.2f}"
        table.add_row(str(rule.number), Text(text), Text(then), chance, str(rule.n_rows))
    console.print(table)
    note = "Thresholds are rounded here; rules.txt has them in full."
    if len(rules) > len(shown):
        note = f"The first {len(shown)} of {len(rules)} rules, thresholds rounded; rules.txt has all in full."
    console.print(Text(note, style="dim"))


def show_coefficients(
    console: Console, coefficients: Sequence[Coefficient], scores: Sequence[str]
) -> None:
    """Print coefficients as a table, rounded to five digits.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    coefficients : sequence of Coefficient
        The coefficients of the student; the first `MAX_RULES_SHOWN` are printed.

    scores : sequence of str
        What each value of a coefficient adds to.
    """
    shown = coefficients[:MAX_RULES_SHOWN]
    console.print(Text(f"The student: {len(coefficients)} coefficients", style="bold"))
    table = Table(**_PLAIN)
    table.add_column("for", overflow="fold")
    for score in scores:
        table.add_column(Text(score), justify="right", overflow="fold")
    for one in shown:
        table.add_row(Text(one.text), *(f"{value:.5g}" for value in one.values))
    console.print(table)
    note = "Coefficients are rounded here; coefficients.csv has them in full, and the intercepts."
    if len(coefficients) > len(shown):
        note = f"The first {len(shown)} of {len(coefficients)}. {note}"
    console.print(Text(note, style="dim"))


def show_points(console: Console, card: PointsTable) -> None:
    """Print a scorecard, bin by bin.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    card : PointsTable
        The card; the bins of the first columns are printed, up to `MAX_BINS_SHOWN` bins.
    """
    title = f"The student: a scorecard of {len(card.features)} columns, {len(card.bins)} bins"
    console.print(Text(title, style="bold"))
    table = Table(**_PLAIN)
    table.add_column("column", overflow="fold")
    table.add_column("bin", overflow="fold")
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_row("base points", "", str(card.base_points), str(card.n_rows))
    before = None
    for one in card.bins[:MAX_BINS_SHOWN]:
        name = one.feature if one.feature != before else ""
        before = one.feature
        table.add_row(Text(name), Text(one.text), str(one.points), str(one.n_rows))
    console.print(table)
    note = (
        f"More points, more of {card.good_class}: {card.base_score:g} points are odds of "
        f"{card.base_odds:g}, {card.pdo:g} more double them. Whole points change a probability by "
        f"at most {card.rounding_change:.3f} on the training rows."
    )
    if len(card.bins) > MAX_BINS_SHOWN:
        note = f"The first {MAX_BINS_SHOWN} of {len(card.bins)} bins; points.csv has all. {note}"
    console.print(Text(note, style="dim"))


def show_scores(
    console: Console, title: str, columns: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> None:
    """Print scores with their intervals.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    title : str
        What the scores say, of which rows.

    columns : mapping of str to mapping
        Heading of each column, and its scores: name to "estimate", "low", "high" and "method".
        All columns have the same names.
    """
    console.print(Text(title, style="bold"))
    table = Table(**_PLAIN)
    table.add_column("score")
    for heading in columns:
        table.add_column(Text(heading))
    for name in next(iter(columns.values())):
        cells = [Text(_estimate(scores[name])) for scores in columns.values()]
        table.add_row(Text(name), *cells)
    console.print(table)


def show_times(console: Console, times: Sequence[StageTime]) -> None:
    """Print how long the stages of a run took.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    times : sequence of StageTime
        The stages.
    """
    console.print(Text("Time by stage", style="bold"))
    total = sum(one.seconds for one in times)
    table = Table(**_PLAIN)
    table.add_column("stage", overflow="fold")
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    for one in times:
        share = f"{100 * one.seconds / total:.0f} %" if total else ""
        table.add_row(Text(one.stage), f"{one.seconds:.1f}", share)
    table.add_row("all stages", f"{total:.1f}", "100 %")
    console.print(table)


def show_paths(console: Console, folder: Path, names: Sequence[str]) -> None:
    """Print the paths of files, one per line and unbroken, so that they can be copied.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    folder : Path
        The folder they lie in.

    names : sequence of str
        Names of the files.
    """
    for name in names:
        console.print(Text(str(folder / name)), soft_wrap=True)


_PLAIN: dict[str, Any] = {
    "box": None,
    "header_style": "dim",
    "pad_edge": False,
    "padding": (0, 2, 0, 0),
}


def _short(condition: Condition) -> Condition:
    """Write the bounds of a condition in the digits of single precision, which decide."""
    lower, upper = (
        None if bound is None else short_bound(bound)
        for bound in (condition.lower, condition.upper)
    )
    return replace(condition, lower=lower, upper=upper)


def _estimate(score: Mapping[str, Any]) -> str:
    """Write a score with its interval, or why there is none."""
    if score["estimate"] is None:
        return str(score["method"])
    if score["low"] is None:
        return f"{_number(score['estimate'])} (no interval)"
    low, high = _number(score["low"]), _number(score["high"])
    return f"{_number(score['estimate'])} ({low} to {high})"


def _number(value: float) -> str:
    """Write a score: three decimals, or five digits where it is large."""
    return f"{value:.3f}" if abs(value) < 100 else _five_digits(value)


def _five_digits(value: float) -> str:
    """Write a number with five significant digits and no exponent: 142430, not 1.4243e+05."""
    rounded = float(f"{value:.5g}")
    return f"{rounded:.0f}" if rounded.is_integer() else repr(rounded)
