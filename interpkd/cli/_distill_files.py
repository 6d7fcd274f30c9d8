"""`interpkd distill` of rows that are not brought into memory: they are read part by part."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd import __version__
from interpkd._collections import HeldOut, Selection, View, held_out_parts, open_collection
from interpkd._optional import require
from interpkd._row_sample import DrawnRows, draw_rows, share_keys
from interpkd.audit import audit_report
from interpkd.cli._columns import check_known, tidy
from interpkd.cli._console import show_facts
from interpkd.cli._errors import DataError
from interpkd.cli._problem import FOLDS, Problem, Split, make_problem
from interpkd.cli._refits import refit
from interpkd.cli._run import Result, find_teacher, new_student
from interpkd.cli._run_facts import run_facts
from interpkd.cli._settings import Settings
from interpkd.cli._student import check_cutoff, check_student, read_class, read_monotonic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from interpkd._collections import Collection
    from interpkd.cli._files import Files
    from interpkd.cli._stages import Stages
    from interpkd.cli._teacher import TeacherChoice

LOOK = 20_000
"""Rows that options are checked against, and that refits draw from."""


PATIENCE = "20s"
"""For how long a scheduler may be silent at first."""


@dataclass(frozen=True)
class FilesRun:
    """A table in files, and how a student learns from it.

    Attributes
    ----------
    files : Files
        Where the rows are.

    engine : {"arrow", "dask"}
        Who reads them.

    rows : Collection
        All rows.

    drawn : DrawnRows
        A sample of them.

    problem : Problem
        The sample as a problem.

    settings : Settings
        How to teach.

    held_out : HeldOut
        Which rows are.

    options : mapping
        "drop", "group", "segment", "checkpoint".
    """

    files: Files
    engine: str
    rows: Collection
    drawn: DrawnRows
    problem: Problem
    settings: Settings
    held_out: HeldOut
    options: Mapping[str, Any]

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.drawn.facts["n_rows_available"])

    @property
    def facts(self) -> dict[str, Any]:
        """How rows are held out, as the report states it."""
        rule = self.held_out
        share = f"{100 * rule.share:g} %"
        if rule.parts is None:
            how = "by a hash of their content: equal rows are on the same side"
        else:
            how = f"{len(rule.parts)} whole parts of {self.rows.n_parts}, drawn at random"
        return {"Rows": self.n_rows, "Share held out": share, "How": how, "Seed": rule.seed}

    def to_learn_from(self) -> View:
        """Give the rows to learn from, without the columns that are dropped."""
        return View(self.rows, Selection(self.held_out, side=False, dropped=self._dropped))

    def to_report_on(self) -> View:
        """Give the rows held out, with all columns: some are reported by."""
        return View(self.rows, Selection(self.held_out, side=True))

    @property
    def _dropped(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.options["drop"]))


@contextlib.contextmanager
def cluster(engine: str, address: str | None) -> Iterator[None]:
    """Hold the connection to a Dask scheduler while a run lasts.

    Parameters
    ----------
    engine : str
        The engine in use.

    address : str or None
        Of the scheduler; None for none.

    Yields
    ------
    nothing : None
        The block runs once.

    Raises
    ------
    DataError
        If nobody answers there.
    """
    if engine != "dask" or address is None:
        yield
        return
    distributed = require("distributed", extra="dask", purpose="work on a cluster")
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        msg = f"--scheduler-address {address}: no Dask scheduler answers there ({error})."
        raise DataError(msg) from error
    try:
        yield
    finally:
        client.close()


def open_run(
    files: Files,
    engine: str,
    choice: TeacherChoice,
    options: Mapping[str, Any],
    fields: dict[str, str],
    plain: Mapping[str, Any],
) -> FilesRun:
    """Look at the rows once, and check all options against a sample of them.

    Parameters
    ----------
    files : Files
        The files.

    engine : {"arrow", "dask"}
        Who reads them.

    choice : TeacherChoice
        Which teacher.

    options : mapping
        The options of the command.

    fields : dict
        What only the user knows.

    plain : mapping
        Options that are settings as they stand.

    Returns
    -------
    run : FilesRun
        Ready to be taught.
    """
    _check_options(choice, options)
    target = options["target"]
    source = files.dataset()
    check_known([target], _Columns(source.schema.names), "--target")
    rows = open_collection(source if engine == "arrow" else _with_dask(files), target)
    drawn = draw_rows(rows, LOOK, seed=options["seed"])
    frame = tidy(drawn.X.assign(**{target: drawn.y}))
    problem = make_problem(
        frame,
        source=files.name,
        target=target,
        task=options["task"],
        drop=options["drop"],
        categories=(),
    )
    check_student(options["student"], problem)
    check_cutoff(options["cutoff"], problem)
    check_known([*options["group"], *options["segment"]], frame, "--group, --segment")
    settings = Settings(
        teacher=choice,
        fields=fields,
        good_class=read_class("--good-class", options["good_class"], problem),
        adverse_class=read_class("--adverse-class", options["adverse_class"], problem),
        monotonic=read_monotonic(options["monotonic"], problem),
        **plain,
    )
    share, seed = options["test_size"], options["seed"]
    parts = held_out_parts(rows.n_parts, share, seed) if options["hold_out"] == "parts" else None
    rule = HeldOut(share, seed, parts)
    return FilesRun(files, engine, rows, drawn, problem, settings, rule, options)


def describe_run(console: Console, run: FilesRun) -> None:
    """Print what will be learned, from which rows, by which models.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.

    run : FilesRun
        The run.
    """
    problem, facts = run.problem, run.facts
    what = f"{run.files.name}: {run.n_rows} rows, {problem.X.shape[1]} columns to learn from"
    shown = {
        "interpkd": __version__,
        "Table": what,
        "Engine": f"{run.engine}, {run.rows.n_parts} parts",
        "Target": f"{problem.target}: {problem.task} ({problem.reason})",
        "Held out": f"{facts['Share held out']} {facts['How']}, seed {facts['Seed']}",
        "Teacher": run.settings.teacher.sentence(FOLDS),
        "Student": run.settings.sentence,
    }
    show_facts(console, shown)
    console.print()


def teach_run(run: FilesRun, stages: Stages) -> Result:
    """Fit the student part by part, and report on all rows held out.

    Parameters
    ----------
    run : FilesRun
        The run.

    stages : Stages
        Where to say what is being done.

    Returns
    -------
    result : Result
        The student and the report.
    """
    problem, settings = run.problem, run.settings
    teacher = find_teacher(settings.teacher, problem, settings.seed)
    student = new_student(teacher, problem.task, settings, augmentation=None)
    stages.begin(settings.teacher.stage(FOLDS))
    student.fit(run.to_learn_from(), checkpoint=run.options["checkpoint"])
    evidence, refitted = _refit(student, run, stages)
    rows = {} if not refitted else {"Rows of the refits": f"{refitted}, of a sample of the files"}
    report = audit_report(
        student,
        run.to_report_on(),
        X_train=run.to_learn_from(),
        groups=list(run.options["group"]) or None,
        segments=list(run.options["segment"]) or None,
        cutoff=settings.cutoff,
        adverse_class=settings.adverse_class,
        fields={"data_source": problem.source} | settings.fields,
        split=run.facts | _cost(student) | rows,
        random_state=settings.seed,
        progress=stages.begin,
        **run_facts(),
        **evidence,
    )
    return Result(student, report)


def _refit(student: Any, run: FilesRun, stages: Stages) -> tuple[dict[str, Any], str]:
    """Make the refits on the rows of the sample that the student learned from."""
    frame = run.problem.X
    rule = run.held_out
    drawn = run.drawn
    if rule.parts is None:
        learned = np.flatnonzero(share_keys(drawn.X, seed=rule.seed) >= rule.share)
        X, y = frame.iloc[learned].reset_index(drop=True), run.problem.y[learned]
    else:
        own = draw_rows(run.to_learn_from(), LOOK, seed=run.settings.seed)
        X, y = tidy(own.X), np.asarray(own.y)
    none = np.empty(0, dtype=np.intp)
    split = Split(X, X.iloc[:0], y, y[:0], none, none, {})
    evidence, facts = refit(student, split, None, run.settings, stages)
    return evidence, facts.get("Rows of the refits", "")


def _cost(student: Any) -> dict[str, Any]:
    """Say what the fit took, as the student noted it."""
    titles = {"engine": "Engine", "n_parts": "Parts", "n_passes": "Passes over the rows"}
    known = student.distillation_
    return {title: known[name] for name, title in titles.items() if known.get(name) is not None}


def _with_dask(files: Files) -> Any:
    frames = require("dask.dataframe", extra="dask", purpose="read files with Dask")
    return frames.read_parquet(list(files.urls))


def _check_options(choice: TeacherChoice, options: Mapping[str, Any]) -> None:
    """Refuse options that need all rows in memory."""
    if choice.scores:
        msg = "--teacher-scores needs the table in memory: add --engine memory."
        raise click.UsageError(msg)
    if options["checkpoint"] is not None and choice.is_trained_here:
        msg = "--checkpoint needs a teacher that is trained already: give --teacher-file."
        raise click.UsageError(msg)
    if options["certify"]:
        msg = "--certify needs the table in memory: add --engine memory."
        raise click.UsageError(msg)
    for name in ("category", "missing"):
        if options[name]:
            remedy = "write the column as text into the files, or add --engine memory"
            msg = f"--{name} changes values as they are read, and files are read as they are: {remedy}."
            raise click.UsageError(msg)


class _Columns:
    """Names of columns, where a data frame is asked for them."""

    def __init__(self, names: list[str]) -> None:
        self.columns = names
