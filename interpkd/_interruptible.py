"""Many fits, one after another or at once, of which none is lost when the user stops them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from joblib import Parallel, delayed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_each(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    n_jobs: int | None,
    progress: Callable[[str], Any] | None,
    name: str,
) -> tuple[list[Result], bool]:
    """Run a function on each task, and keep what is finished when the user interrupts.

    Parameters
    ----------
    function : callable
        What is run; a function of a module, so that another process can find it.

    tasks : sequence
        Its arguments, one each.

    n_jobs : int or None
        How many run at once, as joblib takes it.

    progress : callable or None
        Called with a text such as "fold 2 of 5" after each.

    name : str
        What one task is called there.

    Returns
    -------
    results : list
        In the order of the tasks; the first ones only after an interruption.

    is_complete : bool
        Whether all tasks were finished.

    Raises
    ------
    KeyboardInterrupt
        If nothing was finished.
    """
    done: list[Result] = []
    results = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(function)(one) for one in tasks
    )
    try:
        for result in results:
            done.append(result)
            if progress is not None:
                progress(f"{name} {len(done)} of {len(tasks)}")
    except KeyboardInterrupt:
        if not done:
            raise
    finally:
        results.close()
    return done, len(done) == len(tasks)
