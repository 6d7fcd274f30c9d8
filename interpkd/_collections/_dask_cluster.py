"""A client of a cluster: state that travels once, answers in order, errors that say where."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import pickle
import sys
import uuid
import warnings
from typing import TYPE_CHECKING, Any

from interpkd._collections._dask_work import Packed, hold, pack
from interpkd._optional import is_instance_of_name, require
from interpkd.exceptions import ClusterError, InterpkdError, PartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOCAL = {
    "processes": "threads",  # blocks stay in this process
    "multiprocessing": "threads",
    "single-threaded": "synchronous",
    "sync": "synchronous",
    "synchronous": "synchronous",
    "threads": "threads",
    "threading": "threads",
}
"""The schedulers of one machine that a user may have set, and the one that is used for each."""


def current_client() -> Any | None:
    """Give the client of the cluster that Dask would use now, None for a local scheduler."""
    import dask

    if "distributed" not in sys.modules or dask.config.get("scheduler", None) in LOCAL:
        return None
    try:
        client = require("distributed", extra="dask", purpose="use a cluster").get_client()
    except ValueError:
        return None
    return None if client.asynchronous else client


class Cluster:
    """What the blocks and parts of one fit share of a client.

    Parameters
    ----------
    client : distributed.Client
        The client.

    Attributes
    ----------
    n_bytes : int
        Bytes of state and of answers that this process has sent and received.
    """

    def __init__(self, client: Any) -> None:
        self.client, self.n_bytes = client, 0
        self._held: dict[str, Any] = {}

    def workers(self) -> dict[str, Any]:
        """Give the facts of the workers by their addresses, sorted."""
        self._check_connection()
        try:
            facts = self.client.scheduler_info(n_workers=-1)
        except TypeError:  # before 2025.4 all workers are told without asking
            facts = self.client.scheduler_info()
        return dict(sorted(facts["workers"].items()))

    def has_gpu(self) -> bool:
        """Tell whether a worker was started with ``--resources GPU=1``."""
        return any(facts["resources"].get("GPU") for facts in self.workers().values())

    def ship(self, *state: Any) -> list[Any]:
        """Make state ready to travel: large pieces are tasks, fetched once by each worker."""
        return [self._ship(pack(piece)) for piece in state]

    def _ship(self, packed: Packed) -> Any:
        self.n_bytes += len(packed.data)
        if not packed.is_large:
            return packed
        if packed.name not in self._held:
            with _large_messages():
                self._held[packed.name] = self.client.submit(
                    hold, packed, key=new_key("state"), pure=False
                )
        return self._held[packed.name]

    def release(self) -> None:
        """Let the cluster forget the state."""
        self._held = {}

    def compute(self, tasks: Sequence[Any]) -> list[Any]:
        """Start delayed tasks, and give their futures."""
        self._check_connection()
        with _large_messages():
            return list(self.client.compute(list(tasks)))

    def submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Start one task."""
        self._check_connection()
        with _large_messages():
            return self.client.submit(function, *arguments, pure=False, **options)

    def answers(self, futures: Sequence[Any], what: Callable[[int], str]) -> Iterator[Any]:
        """Give the unpacked results of futures in their order, and release them.

        Parameters
        ----------
        futures : sequence of Future
            The futures, all of bytes; cancelled when one fails or nobody waits for more.

        what : callable
            What the work of the future of a number is called in errors.

        Yields
        ------
        answer : object
            What the bytes hold.
        """
        waiting: list[Any] = list(futures)
        try:
            ready: dict[int, bytes] = {}
            following = 0
            for number, data in self._as_completed(futures, what):
                ready[number] = data
                waiting[number].release()
                waiting[number] = None
                while following in ready:
                    answer = ready.pop(following)
                    self.n_bytes += len(answer)
                    following += 1
                    yield pickle.loads(answer)  # noqa: S301  # our own bytes
        finally:
            self.cancel([future for future in waiting if future is not None])

    def _as_completed(
        self, futures: Sequence[Any], what: Callable[[int], str]
    ) -> Iterator[tuple[int, bytes]]:
        """Give the number and the result of each future, as soon as it has one."""
        distributed = require("distributed", extra="dask", purpose="work on a cluster")
        numbers = {future.key: number for number, future in enumerate(futures)}
        for batch in distributed.as_completed(futures).batches():
            for future in batch:
                if future.status != "finished":
                    self.fail(future, what(numbers[future.key]))
            try:
                results = self.client.gather(list(batch))
            except Exception:
                lost = [future for future in batch if future.status != "finished"]
                for future in lost:  # on the way: which one, and why
                    self.fail(future, what(numbers[future.key]))
                self._check_connection()
                if not lost:
                    raise
                results = self.client.gather(list(batch))  # they have been made again
            for future, result in zip(batch, results, strict=True):
                yield numbers[future.key], result

    def wait(self, futures: Sequence[Any], what: Callable[[int], str]) -> None:
        """Wait until all futures are there, which stay where they are."""
        distributed = require("distributed", extra="dask", purpose="work on a cluster")
        numbers = {future.key: number for number, future in enumerate(futures)}
        for future in distributed.as_completed(futures):
            if future.status != "finished":
                try:
                    self.fail(future, what(numbers[future.key]))
                except BaseException:
                    self.cancel(futures)
                    raise

    def fail(self, future: Any, what: str) -> None:
        """Raise what a future that is not finished stands for.

        One whose worker died after it was done is waited for, and raises nothing once it has been
        made again.
        """
        self._check_connection()
        try:
            error = future.exception()
        except BaseException as cancelled:
            self._check_connection()
            if not isinstance(cancelled, Exception) and "Cancelled" not in type(cancelled).__name__:
                raise
            msg = f"The work on {what} was cancelled; start again."
            raise ClusterError(msg) from cancelled
        if error is not None:
            raise_named(error, what)

    def _check_connection(self) -> None:
        scheduler = self.client.scheduler
        if self.client.status not in ("running", "newly-created") or scheduler is None:
            msg = (
                "The connection to the scheduler of the cluster is lost; nothing was fitted. Start "
                "the cluster and the client again, and fit with checkpoint=DIR to resume."
            )
            raise ClusterError(msg)

    def cancel(self, futures: Sequence[Any]) -> None:
        """Stop work that nobody waits for any more."""
        if futures:
            with contextlib.suppress(Exception):  # a cluster that is gone works no more
                self.client.cancel(list(futures))


def raise_named(error: BaseException, what: str) -> None:
    """Raise an error that says where it happened.

    Our own errors keep their kind; any other one is the cause of a `PartError`.
    """
    if isinstance(error, InterpkdError):
        if what not in str(error):
            error.args = (f"In {what}: {error.args[0] if error.args else error}", *error.args[1:])
        raise error
    if is_instance_of_name(error, "distributed.scheduler.KilledWorker"):
        msg = (
            f"Workers died again and again while they worked on {what}; they may have too little "
            "memory for a partition. Make partitions smaller, or give workers more memory."
        )
        raise PartError(msg) from error
    kind = type(error).__name__
    msg = f"{what[:1].upper()}{what[1:]} could not be worked on: {kind}: {error}"
    raise PartError(msg) from error


def new_key(kind: str) -> str:
    """Name a task as no other."""
    return f"interpkd-{kind}-{uuid.uuid4().hex}"


@contextlib.contextmanager
def _large_messages() -> Iterator[None]:
    """Say nothing of large messages: a teacher is as large as it is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
        yield
