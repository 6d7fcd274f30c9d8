"""The stages of a run: what is being done, and how long each took."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from rich.progress import Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from interpkd.cli._errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console


@dataclass(frozen=True)
class StageTime:
    """How long a stage took.

    Attributes
    ----------
    stage : str
        What was done.

    seconds : float
        Seconds on the clock.

    cpu_seconds : float
        Seconds of all cores in this process; those of the processes of ``--jobs`` are not known.
    """

    stage: str
    seconds: float
    cpu_seconds: float


class _Seconds(ProgressColumn):
    """The seconds a stage has taken, to a tenth: most take less than a minute."""

    def render(self, task: Task) -> Text:
        """Give the time as text."""
        taken = task.finished_time if task.finished else task.elapsed
        return Text(f"{taken or 0.0:7.1f} s")


class Stages:
    """The stages of a run as they begin: a live line each on a terminal, plain lines elsewhere.

    Ctrl-C inside leaves with a sentence that says which stage it was.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()
        self._begun: tuple[str, float, float] | None = None
        self._done: list[StageTime] = []
        self._progress: Progress | None = None
        if console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(finished_text=Text("+", style="green")),
                TextColumn("{task.description}", markup=False),
                _Seconds(),
                console=console,
            )

    @property
    def times(self) -> tuple[StageTime, ...]:
        """The stages so far, that which is under way included."""
        now = _time_of(self._begun)
        return (*self._done, now) if now is not None else tuple(self._done)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._progress is not None:
            if error is None:
                self._finish()
            self._progress.stop()
        if isinstance(error, KeyboardInterrupt) and self._begun is not None:
            message = f"Interrupted during '{self._begun[0]}'; nothing was written."
            raise Interrupted(message) from error
        self._done, self._begun = list(self.times), None

    def begin(self, name: str) -> None:
        """Say that a stage begins, and so that the one before it is done.

        Parameters
        ----------
        name : str
            What is being done.
        """
        self._done = list(self.times)
        self._begun = (name, time.monotonic(), time.process_time())
        if self._progress is None:
            seconds = time.monotonic() - self._start
            self._console.print(Text(f"{seconds:7.1f} s  {name}"))
            return
        self._finish()
        self._progress.add_task(name, total=1)

    def within(self, detail: str) -> None:
        """Say on a terminal how far the stage is.

        Parameters
        ----------
        detail : str
            Such as "fold 2 of 3".
        """
        if self._progress is not None and self._progress.tasks and self._begun is not None:
            task = self._progress.tasks[-1].id
            self._progress.update(task, description=f"{self._begun[0]} ({detail})")

    def _finish(self) -> None:
        if self._progress is not None and self._progress.tasks:
            self._progress.update(self._progress.tasks[-1].id, completed=1)


def times_as_json(times: Sequence[StageTime]) -> str:
    """Write the times as JSON.

    Parameters
    ----------
    times : sequence of StageTime
        The stages.

    Returns
    -------
    text : str
        An object with "stages", "seconds" and "cpu_seconds".
    """
    content: dict[str, Any] = {
        "stages": [
            {
                "stage": one.stage,
                "seconds": round(one.seconds, 3),
                "cpu_seconds": round(one.cpu_seconds, 3),
            }
            for one in times
        ],
        "seconds": round(sum(one.seconds for one in times), 3),
        "cpu_seconds": round(sum(one.cpu_seconds for one in times), 3),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write_times(stages: Stages, path: Path) -> None:
    """Write the times of a run beside its results.

    They are no part of the report, which is the same for the same inputs.

    Parameters
    ----------
    stages : Stages
        The stages of the run.

    path : Path
        The file.
    """
    path.write_text(times_as_json(stages.times), encoding="utf-8")


def _time_of(begun: tuple[str, float, float] | None) -> StageTime | None:
    if begun is None:
        return None
    name, start, cpu = begun
    return StageTime(name, time.monotonic() - start, time.process_time() - cpu)
