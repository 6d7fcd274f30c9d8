"""Dask DataFrames and Arrays, partition by partition: on a cluster, or by a local scheduler."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_blocks import FAN_IN, DaskBlocks, kept_blocks
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
    is_done,
    make_block,
    merge_answers,
    pack,
    part_path,
    read_part,
    told_of,
)
from interpkd._collections._open import feature_columns, names_of
from interpkd._collections._store import Store
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def is_dask(X: Any) -> bool:
    """Tell whether `X` is a Dask DataFrame, Series or Array; loads nothing."""
    if "dask" not in sys.modules:
        return False
    import dask

    return dask.is_dask_collection(X) and (hasattr(X, "npartitions") or hasattr(X, "chunks"))


class DaskCollection:
    """A Dask DataFrame or Array, its target, its weights and its teacher's scores.

    With a client (:class:`distributed.Client`) the workers read the parts and keep the blocks.
    Without one this process does, as many parts at a time as Dask's local scheduler has threads.

    Parameters
    ----------
    X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
        The rows; each partition is a part, and so is each chunk of rows.

    y : str, dask.dataframe.Series, dask.array.Array or None, default=None
        The target: a column of `X`, or a collection of the same partitions.

    sample_weight : str, dask.dataframe.Series, dask.array.Array or None, default=None
        The weights, likewise.

    scores : str, sequence of str, or None, default=None
        The columns of the teacher's scores.

    Raises
    ------
    InvalidInputError
        If `y`, `sample_weight` or `scores` does not belong to `X`.
    """

    engine = "dask"

    def __init__(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        scores: str | Sequence[str] | None = None,
    ) -> None:
        client = current_client()
        self._cluster = None if client is None else Cluster(client)
        beside = {"y": y, "sample_weight": sample_weight}
        named = {
            parameter: given if isinstance(given, str) else None
            for parameter, given in beside.items()
        }
        roles = [*named.items(), *(("teacher_proba", name) for name in names_of(scores))]
        X, self._layout, self.feature_names, self.is_named = _layout(X, roles)
        self.has_target, self.has_weights = y is not None, sample_weight is not None
        self.score_names = names_of(scores)
        self.has_scores = bool(self.score_names)
        self._sources = [
            X,
            *(
                None
                if given is None or named[parameter] is not None
                else _beside(X, given, parameter)
                for parameter, given in beside.items()
            ),
        ]
        self.n_parts, self.n_passes = _n_parts(X), 0
        self.n_rows: int | None = None
        if hasattr(X, "chunks") and X.shape[0] == X.shape[0]:  # a length that is not known is NaN
            self.n_rows = int(X.shape[0])

    @property
    def cluster(self) -> Cluster | None:
        """The cluster that does the work; None for this process."""
        return self._cluster

    def partitions(self, numbers: Sequence[int]) -> tuple[Any, Any, Any]:
        """Give some parts as Dask collections of their own: the rows, the target, the weights."""
        rows, y, weight = (None if one is None else _some(one, numbers) for one in self._sources)
        X: Any = rows
        layout = self._layout
        y = X[layout.target] if layout.target is not None else y
        weight = X[layout.weight] if layout.weight is not None else weight
        return X if layout.features is None else X[layout.features], y, weight

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""
        self.n_passes += 1
        wanted = list(range(self.n_parts)) if parts is None else list(parts)
        if self._cluster is None:
            yield from self._locally(function, state, wanted)
            return
        tasks = self._tasks(call_with_part, "part", function, self._cluster.ship(*state), wanted)
        futures = self._cluster.compute(tasks)
        yield from self._cluster.answers(futures, lambda k: _what(wanted[k]))

    def merged(
        self,
        function: Callable[..., Any],
        merge: Callable[[Sequence[Any]], Any],
        *state: Any,
        progress: Callable[[int, int], object] | None = None,
    ) -> Any:
        """Merge what ``function(part, *state)`` gives, a few at a time where they are.

        Parameters
        ----------
        function : callable
            What is asked of each part.

        merge : callable
            Makes one answer of a list of them; neighbours are merged, and what comes of that.

        *state : object
            What the function wants beside the part.

        progress : callable or None, default=None
            Called with the parts done and all of them.

        Returns
        -------
        answer : object
            The answer of all parts.
        """
        if self._cluster is None:
            answer = merge([])
            for number, one in enumerate(self.map(function, *state)):
                answer = merge([answer, one])
                if progress is not None:
                    progress(number + 1, self.n_parts)
            return answer
        self.n_passes += 1
        return self._merged(self._cluster, function, merge, state, progress)

    def _merged(
        self,
        cluster: Cluster,
        function: Callable[..., Any],
        merge: Callable[[Sequence[Any]], Any],
        state: Sequence[Any],
        progress: Callable[[int, int], object] | None,
    ) -> Any:
        """Merge the answers as a tree; small tasks beside it say which part failed."""
        import dask

        numbers = range(self.n_parts)
        found = self._tasks(call_with_part, "part", function, cluster.ship(*state), numbers)
        check, join = dask.delayed(is_done, pure=False), dask.delayed(merge_answers, pure=False)
        done = [check(one, dask_key_name=new_key("done")) for one in found]
        call = pack(merge)
        while len(found) > 1:
            found = [
                join(call, found[start : start + FAN_IN], dask_key_name=new_key("merged"))
                for start in range(0, len(found), FAN_IN)
            ]
        *waiting, root = cluster.compute([*done, *found])
        try:
            for number, _ in enumerate(cluster.answers(waiting, _what), start=1):
                if progress is not None:
                    progress(number, self.n_parts)
        except BaseException:
            cluster.cancel([root])
            raise
        return next(cluster.answers([root], lambda _: "the facts of all partitions"))

    def keep(
        self,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
        store: Store | None = None,
    ) -> tuple[Any, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives, where the parts are read.

        Parameters
        ----------
        function : callable
            Gives arrays, and something small, of a part.

        *state : object
            What it wants beside the part.

        store : Store or None, default=None
            Where this process puts arrays. On a cluster they stay with the workers; where it has a
            checkpoint the workers write each part there, so it must be a folder that they share.

        Returns
        -------
        blocks : DaskBlocks or StoredBlocks
            Blocks of the arrays, on the workers of the cluster or in this process.

        told : list
            The small things, in the order of the parts.
        """
        if self._cluster is None:
            return (store or Store()).collect(self, function, *state)
        self.n_passes += 1
        return self._keep(self._cluster, function, state, store or Store())

    def _keep(
        self, cluster: Cluster, function: Callable[..., Any], state: Sequence[Any], store: Store
    ) -> tuple[DaskBlocks, list[Any]]:
        """Make blocks, and put neighbours on the same worker."""
        import dask

        wishes: dict[str, Any] = {"resources": {"GPU": 1}} if cluster.has_gpu() else {}
        folder = None if store.checkpoint is None else store.checkpoint.resolve()
        made = self._tasks(
            make_block,
            "made",
            function,
            cluster.ship(*state),
            range(self.n_parts),
            folder,
            wishes=wishes,
        )
        tell = dask.delayed(told_of, pure=False)
        told = [tell(one, dask_key_name=new_key("told")) for one in made]
        take, blocks = dask.delayed(block_of, pure=False), []
        for one, address in zip(made, _homes(len(made), cluster.workers()), strict=True):
            with dask.annotate(workers=[address], allow_other_workers=True):
                blocks.append(take(one, dask_key_name=new_key("block")))
        futures = cluster.compute([*told, *blocks])
        kept, answers = futures[len(told) :], []
        try:
            for answer in cluster.answers(futures[: len(told)], _what):
                answers.append(answer)
                if store.progress is not None:
                    store.progress(len(answers), self.n_parts)
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

    def _partitions(self, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
        """Give the delayed partitions of the rows, the target and the weights, part by part."""
        lists = [None if source is None else _delayed(source) for source in self._sources]
        return [tuple(None if one is None else one[k] for one in lists) for k in numbers]

    def _tasks(
        self,
        work: Callable[..., Any],
        kind: str,
        function: Any,
        state: Sequence[Any],
        numbers: Sequence[int],
        folder: Path | None = None,
        wishes: Mapping[str, Any] = MappingProxyType({}),
    ) -> list[Any]:
        """Give a delayed task for each part; one that is in the folder is not read again."""
        import dask

        call, partitions = pack((function, self._layout)), self._partitions(numbers)
        task = dask.delayed(work, pure=False)
        with dask.annotate(**wishes):
            tasks = []
            for number, partition in zip(numbers, partitions, strict=True):
                path = None if folder is None else part_path(folder, number)
                is_there = path is not None and path.exists()
                what = (None,) * len(partition) if is_there else partition
                tasks.append(task(call, state, path, number, *what, dask_key_name=new_key(kind)))
            return tasks

    def _locally(
        self, function: Callable[..., Any], state: Sequence[Any], numbers: Sequence[int]
    ) -> Iterator[Any]:
        """Call a function with parts in this process, a few at a time."""
        import dask

        scheduler = LOCAL.get(dask.config.get("scheduler", None), "threads")
        n_threads = dask.config.get("num_workers", None) or dask.system.CPU_COUNT
        step = n_threads if scheduler == "threads" else 1
        partitions = self._partitions(numbers)
        for start in range(0, len(numbers), step):
            some = numbers[start : start + step]
            call = _Call(function, self._layout, state)
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
            raise_named(first, _what(number))
        for number, task in zip(numbers, tasks, strict=True):  # it could not be read: which one?
            try:
                dask.compute(task, scheduler=scheduler)
            except Exception as again:
                raise_named(again, _what(number))
        raise_named(error, f"one of the partitions {numbers[0]} to {numbers[-1]}")
        raise


def _layout(X: Any, roles: Sequence[tuple[str, Any]]) -> tuple[Any, Layout, list[str], bool]:
    """Give the rows in whole chunks, how they are read, and the names of the features."""
    if hasattr(X, "columns"):
        given = {str(column): column for column in X.columns}
        features = feature_columns([str(column) for column in X.columns], roles)
        target, weight, *scores = (None if name is None else given[name] for _, name in roles)
        layout = Layout([given[name] for name in features], target, weight, tuple(scores))
        return X, layout, features, all(isinstance(column, str) for column in X.columns)
    if not hasattr(X, "chunks") or X.ndim != 2:
        msg = (
            "X must be a Dask DataFrame, or a Dask Array of 2 dimensions; got a "
            f"{type(X).__name__}. Take columns by a list: ddf[['a', 'b']]."
        )
        raise InvalidInputError(msg)
    for parameter, name in roles:
        if name is not None:
            msg = (
                f"{parameter}={name!r} names a column, and a Dask Array has none. Give a Dask "
                "Array of the same chunks, or a Dask DataFrame as X."
            )
            raise InvalidInputError(msg)
    return X.rechunk({1: -1}), Layout(None), [f"x{i}" for i in range(X.shape[1])], False


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


def _some(source: Any, numbers: Sequence[int]) -> Any:
    """Give some partitions of a collection, as a collection."""
    if hasattr(source, "chunks"):
        import dask.array

        return dask.array.concatenate([source.blocks[k] for k in numbers])
    return source.partitions[list(numbers)]


def _homes(n: int, workers: dict[str, Any]) -> list[str]:
    """Share neighbouring blocks among workers, by their threads."""
    threads = [address for address, facts in workers.items() for _ in range(facts["nthreads"])]
    return [threads[k * len(threads) // n] for k in range(n)]


def _what(number: int) -> str:
    return f"partition {number}"
