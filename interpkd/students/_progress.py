"""The progress of a long fit, shown when asked for."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from interpkd._optional import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress_of(what: str, verbose: int) -> Iterator[Callable[[int, int], object] | None]:
    """Show a bar while something runs.

    Parameters
    ----------
    what : str
        What is under way.

    verbose : int
        Nothing is shown at 0.

    Yields
    ------
    progress : callable or None
        To be called with the steps done and all steps; None when nothing is shown.
    """
    if not verbose:
        yield None
        return
    rich = require("rich.progress", purpose="show progress")
    with rich.Progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
