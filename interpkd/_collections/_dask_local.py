"""Parts that this process reads, by Dask's scheduler of one machine."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_cluster import LOCAL, raise_named
from interpkd._collections._dask_work import read_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interpkd._collections._dask_work import Layout


def locally(
    function: Callable[..., Any],
    layout: Layout,
    state: Sequence[Any],
    numbers: Sequence[int],
    partitions: Sequence[tuple[Any, ...]],
) -> Iterator[Any]:
    """Call a function with parts in this process, a few at a time."""
    import dask

    scheduler = LOCAL.get(dask.config.get("scheduler", None), "threads")
    n_threads = dask.config.get("num_workers", None) or dask.system.CPU_COUNT
    step = n_threads if scheduler == "threads" else 1
    for start in range(0, len(numbers), step):
        some = numbers[start : start + step]
        call = _Call(function, layout, state)
        task = dask.delayed(call, pure=False)
        tasks = [
            task(number, *partition)
            for number, partition in zip(some, partitions[start : start + step], strict=True)
        ]
        yield from _compute(call, tasks, some, scheduler)


class _Call:
    """A function, and the errors it raised; threads share it."""

    def __init__(self, function: Callable[..., Any], layout: Layout, state: Sequence[Any]) -> None:
        self._function, self._layout, self._state = function, layout, state
        self.errors: dict[int, Exception] = {}

    def __call__(self, number: int, *partition: Any) -> Any:
        try:
            return self._function(read_part(self._layout, number, *partition), *self._state)
        except Exception as error:
            self.errors[number] = error
            raise


def _compute(call: _Call, tasks: list[Any], numbers: Sequence[int], scheduler: str) -> list[Any]:
    """Compute tasks of parts, and name the part that fails."""
    import dask

    try:
        return list(dask.compute(*tasks, scheduler=scheduler))
    except Exception as error:
        if call.errors:
            number, first = min(call.errors.items())
            raise_named(first, named(number))
        for number, task in zip(numbers, tasks, strict=True):  # it could not be read: which one?
            try:
                dask.compute(task, scheduler=scheduler)
            except Exception as again:
                raise_named(again, named(number))
        raise_named(error, f"one of the partitions {numbers[0]} to {numbers[-1]}")
        raise


def named(number: int) -> str:
    """Give what a part is called in errors."""
    return f"partition {number}"
