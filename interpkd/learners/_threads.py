"""How many threads the compiled loops use."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from joblib import effective_n_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def use_threads(n_jobs: int | None) -> Iterator[None]:
    """Let the compiled loops use some threads, as joblib counts them.

    Parameters
    ----------
    n_jobs : int or None
        None is 1 unless joblib's context says otherwise; -1 is all processors.
    """
    import numba

    before = numba.get_num_threads()
    most = int(vars(numba.config)["NUMBA_NUM_THREADS"])
    numba.set_num_threads(min(effective_n_jobs(n_jobs), most))
    try:
        yield
    finally:
        numba.set_num_threads(before)
