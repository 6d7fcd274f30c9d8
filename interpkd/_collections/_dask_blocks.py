"""Blocks on the workers of a Dask cluster: they stay there, only sums travel."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import pickle
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_cluster import Cluster, new_key
from interpkd._collections._dask_work import (
    Nodes,
    call_with_block,
    derive_block,
    pack,
    place,
    sum_blocks,
    sum_nodes,
)
from interpkd._collections._protocol import Passes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

FAN_IN = 16
"""So many sums or answers are put together on a worker before they travel on."""


class DaskBlocks:
    """Blocks as futures of a cluster.

    A pass over them sends one task to each thread of a worker, which goes through the blocks that
    are there. Blocks that were lost with their worker are made again by Dask, from their source.

    Parameters
    ----------
    cluster : Cluster
        Where they are.

    futures : sequence of Future
        The blocks, none of them empty.

    n_rows : int
        Rows of all.

    parts : sequence of int
        The partition that each is of; named in errors.

    passes : Passes or None, default=None
        Those over what these were derived of, which go on here; None where they are the first.
    """

    def __init__(
        self,
        cluster: Cluster,
        futures: Sequence[Any],
        n_rows: int,
        parts: Sequence[int],
        passes: Passes | None = None,
    ) -> None:
        self._cluster, self._futures, self._parts = cluster, list(futures), list(parts)
        self.n_rows, self.n_blocks = n_rows, len(self._futures)
        self._passes = Passes() if passes is None else passes
        self._runs: list[tuple[str | None, list[int]]] | None = None

    @property
    def n_passes(self) -> int:
        """Passes over these blocks, and over what they were derived of and what of them."""
        return self._passes.n

    def each(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(block, *state)`` of every block, in the order of the blocks."""
        self._passes.n += 1
        futures = self._on_each(call_with_block, "each", function, state)
        yield from self._cluster.answers(futures, self._what)

    def sum(self, function: Callable[..., Sequence[Any]], *state: Any) -> list[Any]:
        """Add what ``function(block, *state)`` gives, as a tree over the blocks' numbers."""
        self._passes.n += 1
        if self._runs is None:
            self._runs = self._where_they_are()
        call, packed = pack(function), pack(state)
        futures = []
        for address, numbers in self._runs:
            blocks = [self._futures[number] for number in numbers]
            futures.append(
                self._cluster.submit(
                    *(sum_blocks, call, packed, self.n_blocks, numbers, blocks),
                    key=new_key("sum"),
                    **_preferably(address),
                )
            )
        self._cluster.n_bytes += len(futures) * (len(call.data) + len(packed.data))
        while len(futures) > FAN_IN:
            futures = [
                self._cluster.submit(
                    *(sum_nodes, self.n_blocks, futures[start : start + FAN_IN]),
                    key=new_key("sum"),
                )
                for start in range(0, len(futures), FAN_IN)
            ]
        nodes: Nodes = {}
        where: list[str] = []
        for found, there in self._cluster.answers(futures, lambda _: "the blocks of the rows"):
            where += there
            for key, value in found.items():
                place(nodes, key, value, self.n_blocks)
        if where != [address for address, _ in self._runs]:
            self._runs = None  # a worker is gone, or blocks have moved
        (total,) = nodes.values() or [[]]
        return total

    def derive(
        self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any
    ) -> DaskBlocks:
        """Give blocks of the arrays that ``function(block, *state)`` gives, on the same workers."""
        self._passes.n += 1
        futures = self._on_each(derive_block, "block", function, state)
        self._cluster.wait(futures, self._what)
        sizes = [
            self._cluster.submit(block_size, future, key=new_key("size")) for future in futures
        ]
        rows = list(self._cluster.answers(sizes, self._what))
        return kept_blocks(self._cluster, futures, rows, self._parts, self._passes)

    def replaced(
        self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any
    ) -> DaskBlocks:
        """Give what `derive` gives, and let go of the old blocks."""
        blocks = self.derive(function, *state)
        for future in self._futures:
            future.release()
        self._futures = []
        return blocks

    def close(self) -> None:
        """Let the workers forget the blocks."""
        futures, self._futures = self._futures, []
        for future in futures:
            future.release()
        self._cluster.release()

    def _on_each(
        self, work: Callable[..., Any], kind: str, function: Any, state: Sequence[Any]
    ) -> list[Any]:
        call, shipped = pack(function), self._cluster.ship(*state)
        self._cluster.n_bytes += self.n_blocks * len(call.data)
        return [
            self._cluster.submit(work, call, shipped, number, block, key=new_key(kind))
            for number, block in enumerate(self._futures)
        ]

    def _where_they_are(self) -> list[tuple[str | None, list[int]]]:
        """Share the blocks among the threads of the workers that hold them."""
        threads = {address: facts["nthreads"] for address, facts in self._cluster.workers().items()}
        holders = self._cluster.client.who_has(self._futures)
        at: dict[str | None, list[int]] = {}
        for number, future in enumerate(self._futures):
            there = [address for address in holders.get(future.key, ()) if address in threads]
            at.setdefault(min(there, default=None), []).append(number)
        runs = []
        for address, numbers in at.items():
            n_runs = min(threads.get(address or "", 1), len(numbers))
            bounds = [len(numbers) * k // n_runs for k in range(n_runs + 1)]
            runs += [(address, numbers[a:b]) for a, b in pairwise(bounds)]
        return sorted(runs, key=lambda run: run[1][0])

    def _what(self, number: int) -> str:
        return f"partition {self._parts[number]}"


def kept_blocks(
    cluster: Cluster,
    futures: Sequence[Any],
    rows: Sequence[int],
    parts: Sequence[int],
    passes: Passes | None = None,
) -> DaskBlocks:
    """Give blocks of those futures that have rows."""
    full = [k for k, n in enumerate(rows) if n]
    kept, numbers = [futures[k] for k in full], [parts[k] for k in full]
    return DaskBlocks(cluster, kept, sum(rows), numbers, passes)


def block_size(block: Any) -> bytes:
    """Give the rows of a block, as bytes."""
    return pickle.dumps(len(block) if block.arrays else 0)


def _preferably(address: str | None) -> dict[str, Any]:
    """Ask for a worker, and take another where it is gone."""
    return {} if address is None else {"workers": [address], "allow_other_workers": True}
