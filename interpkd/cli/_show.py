"""What a run says of itself: what it will learn, and what came out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.text import Text

from interpkd import __version__
from interpkd.audit import worst
from interpkd.cli._audit import show_findings
from interpkd.cli._columns import identifiers
from interpkd.cli._console import (
    show_coefficients,
    show_facts,
    show_paths,
    show_points,
    show_rules,
    show_scores,
    show_times,
)
from interpkd.cli._problem import FOLDS
from interpkd.export import coefficient_list, points_table, rule_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from interpkd.cli._problem import Problem, Split
    from interpkd.cli._run import Result
    from interpkd.cli._settings import Settings
    from interpkd.cli._stages import StageTime

MAX_CLASSES_SHOWN = 8

LESSONS = ("soft", "labels")
"""What distilling is compared with: the same student without the teacher."""

VERDICTS = {
    True: "The report passes: no finding is of high severity.",
    False: "The report does not pass: a finding is of high severity, or nothing was checked.",
}
"""What the report says of itself by its key "passed"."""

SCORES = {
    "agreement": "same decision as the teacher",
    "kl_divergence": "KL(teacher || student), nats",
    "proba_r2": "R2 of the probabilities",
    "proba_mae": "mean error of the probabilities",
    "decision_auc": "AUC for the teacher's decision",
    "r2": "R2",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "accuracy": "accuracy",
    "auc": "AUC",
    "log_loss": "log loss",
    "brier": "Brier score",
}


def describe(console: Console, problem: Problem, split: Split, settings: Settings) -> None:
    """Print what will be learned, from which rows, by which models.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    problem : Problem
        The table and its target.

    split : Split
        The rows held out.

    settings : Settings
        How to teach.
    """
    n_rows, n_columns = problem.X.shape
    missing = int(problem.X.isna().sum().sum())
    size = f"{problem.source}: {n_rows} rows, {n_columns} columns to learn from"
    facts = {
        "interpkd": __version__,
        "Table": size + (f", {missing} values missing" if missing else ", no values missing"),
        "Target": f"{problem.target}: {problem.task} ({problem.reason}{_class_sizes(problem)})",
        "Held out": split.sentence,
        "Teacher": settings.teacher.sentence(FOLDS),
        "Student": settings.sentence,
    }
    facts |= settings.labels.sentences(problem)
    if settings.monotonic is not None:
        ways = {1: "increasing", -1: "decreasing"}
        listed = [f"{name} {ways[sign]}" for name, sign in settings.monotonic.items()]
        facts["Monotonic"] = ", ".join(listed)
    if names := identifiers(problem.X):
        remedy = " ".join(f"--drop {shlex.quote(name)}" for name in names)
        facts["Note"] = (
            f"{', '.join(map(repr, names))}: another value in (nearly) every row. What identifies "
            f"rows teaches nothing about others; leave it out with {remedy}."
        )
    show_facts(console, facts)
    console.print()


def show(console: Console, result: Result, out: Path, times: Sequence[StageTime]) -> None:
    """Print the student, its scores, findings, times, what to do next, and paths; the HTML report comes last.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    result : Result
        What came out of the run.

    out : Path
        The folder of results.

    times : sequence of StageTime
        How long each stage took.
    """
    scores = result.scores
    against = scores["performance"]
    interval = f"{100 * scores['confidence']:g} % interval"
    console.print()
    if result.is_scorecard:
        show_points(console, points_table(result.student))
    elif result.is_linear:
        data = result.report.to_dict()["student"]
        show_coefficients(console, coefficient_list(result.student), data["scores"])
    else:
        show_rules(console, rule_list(result.student))
    console.print()
    show_scores(
        console,
        f"Fidelity: the student against its teacher, {scores['n_rows']} held-out rows",
        {f"estimate ({interval})": {SCORES[key]: scores[key] for key in SCORES if key in scores}},
    )
    console.print()
    show_scores(
        console,
        f"Performance: both models against the target, the same rows ({interval}s)",
        {who: {SCORES[key]: score for key, score in against[who].items()} for who in against},
    )
    console.print()
    console.print(Text("Findings of the checks", style="bold"))
    show_findings(console, result.report.findings)
    console.print(Text(VERDICTS[result.report.to_dict()["passed"]]))
    console.print()
    refits = _refits(result.report.to_dict())
    if refits:
        console.print(Text("Refits on the rows learned from", style="bold"))
        show_facts(console, refits)
        console.print()
    proved = result.report.to_dict()["certificate"]
    if proved["is_computed"]:
        console.print(Text("Certificate: what is proved near held-out rows", style="bold"))
        for sentence in proved["statements"]:
            console.print(Text(sentence))
        if proved["not_searched"] is not None:
            console.print(Text(f"Nothing is proved near them. {proved['not_searched']}"))
        console.print()
    show_times(console, times)
    console.print()
    _show_next(console, out)
    console.print(Text("Files written", style="bold"))
    names = sorted({path.name for path in out.iterdir()} - {"report.html"})
    show_paths(console, out, [*names, "report.html"])


def leave(result: Result, fail_on: str) -> None:
    """End the command, with exit code 1 where a finding is too grave.

    Parameters
    ----------
    result : Result
        What came out of the run.

    fail_on : {"high", "medium", "low", "never"}
        The least severity that is too grave.
    """
    grave = worst(result.report.findings, fail_on)
    if grave is not None:
        click.echo(f"Findings reach --fail-on {fail_on}; the results are written.", err=True)
        click.get_current_context().exit(1)


def _show_next(console: Console, out: Path) -> None:
    """Say what to do with the results; commands stay unbroken, so that they can be copied."""
    report = shlex.quote(str(out / "report.json"))
    console.print(Text("Next", style="bold"))
    console.print(Text(f"read           {out / 'report.html'}, findings first"), soft_wrap=True)
    console.print(Text(f"score rows     interpkd predict {report} TABLE"), soft_wrap=True)
    console.print(Text(f"hand it on     interpkd export {report}"), soft_wrap=True)
    console.print()


def _refits(data: Mapping[str, Any]) -> dict[str, str]:
    """Say in a sentence each what the refits show; nothing of those that were left out."""
    out = {}
    if data["frontier"]["is_computed"]:
        out["Frontier"] = data["frontier"]["choice"]["text"]
    if data["distil_or_not"]["is_computed"]:
        found = data["distil_or_not"]
        pairs = [one for one in found["comparisons"] if (one["first"], one["second"]) == LESSONS]
        shown = [one["text"] for one in pairs if one["better"] is not None]
        out["Distil or not"] = " ".join([*(shown or [pairs[0]["text"]]), found["price"][0]["text"]])
    if data["stability"]["is_computed"]:
        out["Stability"] = _stability(data["stability"])
    return out


def _stability(found: Mapping[str, Any]) -> str:
    between = f"between two of {found['n_refits']} refits"
    value = found["churn"]["estimate"]
    if found["task"] == "regression":
        text = f"Predictions differ by {value:.4g} on the average {between}."
    else:
        text = f"{100 * value:.1f} % of the decisions differ {between}."
    for what in ("splits", "signs"):
        own = [one for one in found[what] if one["is_of_reference"]]
        often = sum(one["verdict"] != "unstable" for one in own)
        if own:
            text += f" Half of the refits or more repeat {often} of {len(own)} {what}."
    return text


def _class_sizes(problem: Problem) -> str:
    """Name a handful of classes with their rows."""
    labels, counts = np.unique(problem.y, return_counts=True)
    if problem.task != "classification" or len(labels) > MAX_CLASSES_SHOWN:
        return ""
    pairs = zip(labels.tolist(), counts.tolist(), strict=True)
    return "; " + ", ".join(f"{label}: {count} rows" for label, count in pairs)
