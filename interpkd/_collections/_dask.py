"""Dask DataFrames and Arrays, partition by partition: on a cluster, or by a local scheduler."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_blocks import FAN_IN, DaskBlocks, kept_blocks
from interpkd._collections._dask_cluster import Cluster, current_client, new_key
from interpkd._collections._dask_local import locally, named
from interpkd._collections._dask_sources import beside, delayed, layout_of, n_parts, some_parts
from interpkd._collections._dask_work import (
    block_of,
    call_with_part,
    is_done,
    make_block,
    merge_answers,
    pack,
    part_path,
    told_of,
)
from interpkd._collections._open import names_of
from interpkd._collections._store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


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
        given = {"y": y, "sample_weight": sample_weight}
        columns = {
            parameter: one if isinstance(one, str) else None for parameter, one in given.items()
        }
        self.score_names = names_of(scores)
        roles = [*columns.items(), *(("teacher_proba", name) for name in self.score_names)]
        X, self._layout, self.feature_names, self.is_named = layout_of(X, roles)
        self.has_target, self.has_weights = y is not None, sample_weight is not None
        self.has_scores = bool(self.score_names)
        self._sources = [X]
        for parameter, one in given.items():
            is_apart = one is not None and columns[parameter] is None
            self._sources.append(beside(X, one, parameter) if is_apart else None)
        self.n_parts, self.n_passes = n_parts(X), 0
        self.n_rows: int | None = None
        if hasattr(X, "chunks") and X.shape[0] == X.shape[0]:  # a length that is not known is NaN
            self.n_rows = int(X.shape[0])

    @property
    def cluster(self) -> Cluster | None:
        """The cluster that does the work; None for this process."""
        return self._cluster

    def partitions(self, numbers: Sequence[int]) -> tuple[Any, Any, Any]:
        """Give some parts as Dask collections of their own: the rows, the target, the weights."""
        rows, y, weight = (
            None if one is None else some_parts(one, numbers) for one in self._sources
        )
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
            partitions = self._partitions(wanted)
            yield from locally(function, self._layout, state, wanted, partitions)
            return
        tasks = self._tasks(call_with_part, "part", function, self._cluster.ship(*state), wanted)
        futures = self._cluster.compute(tasks)
        yield from self._cluster.answers(futures, lambda k: named(wanted[k]))

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
            for number, _ in enumerate(cluster.answers(waiting, named), start=1):
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
            for answer in cluster.answers(futures[: len(told)], named):
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
        lists = [None if source is None else delayed(source) for source in self._sources]
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


def _homes(n: int, workers: dict[str, Any]) -> list[str]:
    """Share neighbouring blocks among workers, by their threads."""
    threads = [address for address, facts in workers.items() for _ in range(facts["nthreads"])]
    return [threads[k * len(threads) // n] for k in range(n)]
