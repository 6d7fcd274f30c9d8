"""Sharing work among threads: blocks of rows, or columns, a few at a time.

The compiled loops let go of Python's lock, as sorting does, so plain threads will do. What is shared
does not depend on how many there are: a block is always the same rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from joblib import effective_n_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

Result = TypeVar("Result")

TURNS = 4
"""Shares for each thread, so that one that is held up need not hold up all."""

_threads: ContextVar[tuple[ThreadPoolExecutor, int] | None] = ContextVar("threads", default=None)


@contextmanager
def use_threads(n_jobs: int | None) -> Iterator[None]:
    """Let the learners use some threads, as joblib counts them; without this it is one.

    Parameters
    ----------
    n_jobs : int or None
        None is 1 unless joblib's context says otherwise; -1 is all processors.

    Examples
    --------
    >>> from interpkd.learners import in_turn, use_threads
    >>> with use_threads(2):
    ...     list(in_turn(abs, 3))
    [0, 1, 2]
    """
    n_wanted = effective_n_jobs(n_jobs)
    if n_wanted == 1:
        token = _threads.set(None)
        try:
            yield
        finally:
            _threads.reset(token)
        return
    with ThreadPoolExecutor(n_wanted, thread_name_prefix="interpkd") as pool:
        token = _threads.set((pool, n_wanted))
        try:
            yield
        finally:
            _threads.reset(token)


def n_threads() -> int:
    """Give how many threads `share` uses."""
    threads = _threads.get()
    return 1 if threads is None else threads[1]


def share(work: Callable[[int, int], object], n_items: int) -> None:
    """Do ``work(first, last)`` for all items from 0 on, in the threads of `use_threads`.

    Parameters
    ----------
    work : callable
        Does some neighbouring items; what it does to one must not depend on the others.

    n_items : int
        Number of items.
    """
    threads = _threads.get()
    if threads is None or n_items < 2:
        work(0, n_items)
        return
    pool, n_workers = threads
    n_shares = min(n_items, n_workers * TURNS)
    bounds = [n_items * i // n_shares for i in range(n_shares + 1)]
    for _ in pool.map(work, bounds[:-1], bounds[1:]):  # raises what was raised in there
        pass


def in_turn(work: Callable[[int], Result], n_items: int) -> Iterator[Result]:
    """Give ``work(i)`` for all items from 0 on in their order, done in the threads of `use_threads`.

    Parameters
    ----------
    work : callable
        Does one item.

    n_items : int
        Number of items. A few more are begun than are taken.

    Examples
    --------
    >>> from interpkd.learners import in_turn
    >>> list(in_turn(lambda i: i * i, 4))
    [0, 1, 4, 9]
    """
    threads = _threads.get()
    if threads is None or n_items < 2:
        yield from map(work, range(n_items))
        return
    pool, n_workers = threads
    begun: deque[Future[Result]] = deque()
    try:
        for i in range(n_items):
            begun.append(pool.submit(work, i))
            if len(begun) > 2 * n_workers:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for one in begun:
            one.cancel()
