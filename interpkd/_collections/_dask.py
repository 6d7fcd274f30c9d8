"""Dask DataFrames and Arrays, partition by partition: on a cluster, or by a local scheduler."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_blocks import DaskBlocks, kept_blocks
from interpkd._collections._dask_cluster import (
    LOCAL,
    Cluster,
    current_client,
    new_key,
    raise_named,
)
from interpkd._collections._dask_work import (
    Layout,
    block_of,
    call_with_part,
    make_block,
    pack,
    read_part,
    told_of,
)
from interpkd.exceptions import InvalidInputError
from interpkd.learners import MemoryBlocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray


def is_dask(X: Any) -> bool:
    """Tell whether `X` is a Dask DataFrame, Series or Array; loads nothing."""
    if "dask" not in sys.modules:
        return False
    import dask

    return dask.is_dask_collection(X) and (hasattr(X, "npartitions") or hasattr(X, "chunks"))


class DaskCollection:
    """A Dask DataFrame or Array, and its target and weights.

    Parameters
    ----------
    X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
        The rows; each partition is a part, and so is each chunk of rows.

    y : str, dask.dataframe.Series, dask.array.Array or None, default=None
        The target: a column of `X`, or a collection of the same partitions.

    sample_weight : str, dask.dataframe.Series, dask.array.Array or None, default=None
        The weights, likewise.

    Raises
    ------
    InvalidInputError
        If `y` or `sample_weight` does not belong to `X`.
    """

    engine = "dask"

    def __init__(self, X: Any, y: Any = None, sample_weight: Any = None) -> None:
        client = current_client()
        self._cluster = None if client is None else Cluster(client)
        is_frame = hasattr(X, "columns")
        if not is_frame and (not hasattr(X, "chunks") or X.ndim != 2):
            msg = (
                "X must be a Dask DataFrame, or a Dask Array of 2 dimensions; got a "
                f"{type(X).__name__}. Take columns by a list: ddf[['a', 'b']]."
            )
            raise InvalidInputError(msg)
        columns = list(X.columns) if is_frame else []
        named = [_named(columns, y, "y"), _named(columns, sample_weight, "sample_weight")]
        if is_frame:
            features = [column for column in columns if column not in named]
            self._layout = Layout(features, *named)
            self.feature_names = [str(column) for column in features]
            self.is_named = all(isinstance(column, str) for column in features)
        else:
            X = X.rechunk({1: -1})
            self._layout = Layout(None)
            self.feature_names = [f"x{i}" for i in range(X.shape[1])]
            self.is_named = False
        self.has_target = y is not None
        self.source = X
        beside = [
            None if name is not None or given is None else _beside(X, given, parameter)
            for name, given, parameter in zip(
                named, (y, sample_weight), ("y", "sample_weight"), strict=True
            )
        ]
        self._sources = [X, *beside]
        self.n_parts = _n_parts(X)
        self.n_passes = 0

    def map(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, in their order."""
        self.n_passes += 1
        if self._cluster is None:
            yield from self._locally(_Call(function, self._layout, state))
            return
        tasks = self._tasks(call_with_part, "part", function, self._cluster.ship(*state))
        yield from self._cluster.answers(self._cluster.compute(tasks), _what)

    def keep(
        self, function: Callable[..., tuple[dict[str, NDArray[Any]], Any]], *state: Any
    ) -> tuple[Any, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives, where the parts are read.

        Parameters
        ----------
        function : callable
            Gives arrays, and something small, of a part.

        *state : object
            What it wants beside the part.

        Returns
        -------
        blocks : DaskBlocks or MemoryBlocks
            Blocks of the arrays, on the workers of the cluster or in this process.

        told : list
            The small things, in the order of the parts.
        """
        self.n_passes += 1
        if self._cluster is None:
            made = self._locally(_Call(function, self._layout, state))
            arrays, told = zip(*made, strict=True)
            return MemoryBlocks([one for one in arrays if one]), list(told)
        return self._keep(self._cluster, function, state)

    def _keep(
        self, cluster: Cluster, function: Callable[..., Any], state: Sequence[Any]
    ) -> tuple[DaskBlocks, list[Any]]:
        """Make blocks, and put neighbours on the same worker."""
        import dask

        wishes = {"resources": {"GPU": 1}} if cluster.has_gpu() else {}
        made = self._tasks(make_block, "made", function, cluster.ship(*state), **wishes)
        told = [
            dask.delayed(told_of, pure=False)(one, dask_key_name=new_key("told")) for one in made
        ]
        blocks = []
        for one, address in zip(made, _homes(len(made), cluster.workers()), strict=True):
            with dask.annotate(workers=[address], allow_other_workers=True):
                task = dask.delayed(block_of, pure=False)
                blocks.append(task(one, dask_key_name=new_key("block")))
        futures = cluster.compute([*told, *blocks])
        kept = futures[len(told) :]
        try:
            answers = list(cluster.answers(futures[: len(told)], _what))
        except BaseException:
            cluster.cancel(kept)
            raise
        rows = [n for n, _ in answers]
        return kept_blocks(cluster, kept, rows, range(len(kept))), [one for _, one in answers]

    def fingerprint(self) -> str:
        """Give a text that changes when the rows may have changed.

        It is made of the names of Dask's graphs, which hold the sizes and times of files that were
        read.
        """
        names: list[Any] = [
            getattr(one, "_name", None) or getattr(one, "name", "") for one in self._sources
        ]
        return "dask:" + ":".join(map(str, [*names, self._layout, self.n_parts]))

    def _partitions(self) -> Iterator[tuple[Any, ...]]:
        """Give the delayed partitions of the rows, the target and the weights, part by part."""
        lists = [
            [None] * self.n_parts if source is None else _delayed(source)
            for source in self._sources
        ]
        yield from zip(*lists, strict=True)

    def _tasks(
        self,
        work: Callable[..., Any],
        kind: str,
        function: Any,
        state: Sequence[Any],
        **wishes: Any,
    ) -> list[Any]:
        import dask

        call, partitions = pack((function, self._layout)), list(self._partitions())
        task = dask.delayed(work, pure=False)
        with dask.annotate(**wishes):
            return [
                task(call, state, number, *partition, dask_key_name=new_key(kind))
                for number, partition in enumerate(partitions)
            ]

    def _locally(self, call: _Call) -> list[Any]:
        """Call a function with every part, in this process."""
        import dask

        scheduler = LOCAL.get(dask.config.get("scheduler", None), "threads")
        task = dask.delayed(call, pure=False)
        tasks = [task(number, *one) for number, one in enumerate(self._partitions())]
        try:
            return list(dask.compute(*tasks, scheduler=scheduler))
        except Exception as error:
            if call.failed is not None:
                raise_named(error, _what(call.failed))
            raise_named(error, _what(self._unreadable(call.done, scheduler)))
            raise

    def _unreadable(self, done: set[int], scheduler: str) -> int:
        """Give the first part that cannot be read, among those that were not done."""
        import dask

        for number, partition in enumerate(self._partitions()):
            if number not in done:
                try:
                    dask.compute(*partition, scheduler=scheduler)
                except Exception:  # it is what we look for
                    return number
        return min({*range(self.n_parts)} - done)


class _Call:
    """A function that notes which parts it has been called with; the threads share it."""

    def __init__(self, function: Callable[..., Any], layout: Layout, state: Sequence[Any]) -> None:
        self._function, self._layout, self._state = function, layout, state
        self.done: set[int] = set()
        self.failed: int | None = None

    def __call__(self, number: int, *partition: Any) -> Any:
        try:
            answer = self._function(read_part(self._layout, number, *partition), *self._state)
        except Exception:
            self.failed = number
            raise
        self.done.add(number)
        return answer


def _named(columns: list[Any], given: Any, parameter: str) -> Any:
    """Give the name of the column that is meant, None where it is not a name."""
    if not isinstance(given, str):
        return None
    if given not in columns:
        msg = (
            f"{parameter} names the column {given!r}, which X does not have. Give one of its "
            "columns, or a Dask Series or Array of the same partitions."
        )
        raise InvalidInputError(msg)
    return given


def _beside(X: Any, given: Any, parameter: str) -> Any:
    """Check that a collection has the same partitions."""
    if not is_dask(given) or getattr(given, "ndim", 1) > 2:
        msg = (
            f"{parameter} must be the name of a column, or a Dask Series or Array of the same "
            f"partitions as X; got a {type(given).__name__}."
        )
        raise InvalidInputError(msg)
    if hasattr(given, "chunks"):
        if given.ndim == 2:
            given = given.rechunk({1: -1})
        if hasattr(X, "chunks") and given.chunks[0] != X.chunks[0] and X.shape[0] == given.shape[0]:
            given = given.rechunk({0: X.chunks[0]})
    if _n_parts(given) != _n_parts(X):
        msg = (
            f"{parameter} has {_n_parts(given)} partitions and X has {_n_parts(X)}; both must have "
            "the same. Take both from one collection, or name a column."
        )
        raise InvalidInputError(msg)
    return given


def _n_parts(source: Any) -> int:
    return int(source.numblocks[0] if hasattr(source, "chunks") else source.npartitions)


def _delayed(source: Any) -> list[Any]:
    delayed = source.to_delayed()
    return list(delayed.ravel()) if hasattr(source, "chunks") else list(delayed)


def _homes(n: int, workers: dict[str, Any]) -> list[str]:
    """Share neighbouring blocks among workers, by their threads."""
    threads = [address for address, facts in workers.items() for _ in range(facts["nthreads"])]
    return [threads[k * len(threads) // n] for k in range(n)]


def _what(number: int) -> str:
    return f"partition {number}"
