"""What the workers of a cluster do: functions of a part or of blocks, sent there by name.

What travels is made into bytes here and taken apart there, so that arrays arrive writable and a
teacher is unpacked once per process, however many parts it is asked about.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections._array_files import read_arrays, write_arrays
from interpkd._collections._protocol import Part
from interpkd._collections._store import TOLD
from interpkd._optional import require
from interpkd.exceptions import InvalidInputError, StorageError
from interpkd.learners import Block

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

LARGE = 1 << 16
"""Bytes above which a piece of state travels on its own, once to each worker."""

_unpacking = Lock()


class WorkerBlock(Block):
    """A block on a worker: what is kept beside its arrays stays in the process that made it."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], number: int = 0) -> None:
        # Memory of a message may be read-only, for which compiled functions would be compiled anew;
        # and of columns by columns a sum of floats has other last digits than of rows by rows.
        super().__init__(
            {name: np.require(one, requirements=["C", "W"]) for name, one in arrays.items()}, number
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return WorkerBlock, (self.arrays, self.number)


class Packed:
    """Something as bytes; a large thing is unpacked once, as long as it stays in a process.

    Parameters
    ----------
    data : bytes
        What it was made into.

    Attributes
    ----------
    name : str
        The hash of the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.name = data, hashlib.sha256(data).hexdigest()
        self._values: list[Any] = []

    @property
    def is_large(self) -> bool:
        """Whether it is worth to travel once to each worker and not with each task."""
        return len(self.data) > LARGE

    def unpack(self) -> Any:
        """Give what was packed."""
        if not self.is_large:
            return pickle.loads(self.data)  # noqa: S301  # our own bytes
        with _unpacking:  # threads of a worker share it
            if not self._values:
                self._values.append(pickle.loads(self.data))  # noqa: S301  # our own bytes
            return self._values[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return Packed, (self.data,)

    def __sizeof__(self) -> int:
        return 2 * len(self.data) + 200  # as bytes and unpacked


def pack(value: Any) -> Packed:
    """Make bytes of something that is to travel."""
    dumps = require("cloudpickle", extra="dask", purpose="send models to workers").dumps
    try:
        data = dumps(value)
    except Exception as error:
        msg = (
            f"A {type(value).__name__} cannot be sent to the workers: {error}. Teachers must be "
            "picklable; wrap a model that is not with as_teacher and a function of a module."
        )
        raise InvalidInputError(msg) from error
    return Packed(data)


def hold(packed: Packed) -> Packed:
    """Be the task that holds packed state; other workers fetch it from there, once each."""
    return packed


@dataclass(frozen=True)
class Layout:
    """How a partition is read as a part.

    Attributes
    ----------
    features : list of str or None
        Columns of the features; None for arrays.

    target, weight : str or None
        Columns of the target and of the weights, where they are in the same frame.

    scores : tuple of str
        Columns of the teacher's scores.
    """

    features: list[Any] | None
    target: Any = None
    weight: Any = None
    scores: tuple[Any, ...] = ()


def read_part(layout: Layout, number: int, X: Any, y: Any, weight: Any) -> Part:
    """Make a part of a partition.

    Parameters
    ----------
    layout : Layout
        How to read it.

    number : int
        Which partition it is.

    X : pandas.DataFrame or ndarray
        The partition.

    y, weight : pandas.Series, ndarray or None
        Partitions of the target and of the weights, where they are collections of their own.

    Returns
    -------
    part : Part
        The part.
    """
    where = f"partition {number}"
    if layout.target is not None:
        y = X[layout.target]
    if layout.weight is not None:
        weight = X[layout.weight]
    for name, values in (("y", y), ("sample_weight", weight)):
        if values is not None and len(values) != len(X):
            msg = (
                f"{name} has {len(values)} rows and X has {len(X)}; both must have the same "
                "partitions."
            )
            raise InvalidInputError(msg)
    return Part(
        number,
        np.asarray(X) if layout.features is None else X[layout.features],
        None if y is None else _column(y),
        None if weight is None else _floats(weight),
        _floats(X[[*layout.scores]]) if layout.scores else None,
        where,
    )


def _column(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    return array.ravel() if array.ndim == 2 and array.shape[1] == 1 else array


def _floats(values: Any) -> NDArray[np.float64]:
    if hasattr(values, "to_numpy"):
        read: NDArray[np.float64] = values.to_numpy(np.float64, na_value=np.nan)
        return read
    return np.asarray(_column(values), dtype=np.float64)


def call_with_part(
    call: Packed,
    state: Sequence[Packed],
    path: Path | None,  # noqa: ARG001  # what is said is not written
    *part: Any,
) -> bytes:
    """Give what a function says of a part, as bytes."""
    function, layout = call.unpack()
    return _dump(function(read_part(layout, *part), *(one.unpack() for one in state)))


def merge_answers(call: Packed, answers: Sequence[bytes]) -> bytes:
    """Give what a function makes of the answers of several parts, as bytes."""
    read = [pickle.loads(answer) for answer in answers]  # noqa: S301  # our own bytes
    return _dump(call.unpack()(read))


def is_done(answer: bytes) -> bytes:
    """Say that an answer is there, and no more."""
    return _dump(bool(answer))


def make_block(
    call: Packed, state: Sequence[Packed], path: Path | None, number: int, *partition: Any
) -> tuple[WorkerBlock, bytes]:
    """Give the block that a function makes of a part, and what it tells of it.

    With a path they are written there, or read where they are there already.
    """
    if path is not None and path.exists():
        return read_block(path)
    if path is not None and partition[0] is None:
        msg = (
            f"{str(path)!r} is there for the client and not for a worker. The folder of a "
            "checkpoint must be one that all workers share."
        )
        raise StorageError(msg)
    function, layout = call.unpack()
    part = read_part(layout, number, *partition)
    arrays, told = function(part, *(one.unpack() for one in state))
    if path is not None:
        write_arrays(path, {**arrays, **{TOLD + name: array for name, array in told.items()}})
    return _made(arrays, told)


def part_path(folder: Path, number: int) -> Path:
    """Give the file of a part in the folder of a checkpoint."""
    return folder / f"part-{number:06d}.arrays"


def read_block(path: Path) -> tuple[WorkerBlock, bytes]:
    """Give a block that was made before, and what was told of it."""
    arrays = read_arrays(path)
    told = {name[len(TOLD) :]: arrays.pop(name) for name in [*arrays] if name.startswith(TOLD)}
    return _made(arrays, told)


def _made(arrays: dict[str, NDArray[Any]], told: Any) -> tuple[WorkerBlock, bytes]:
    block = WorkerBlock(arrays)
    return block, _dump((len(block) if arrays else 0, told))


def told_of(made: tuple[WorkerBlock, bytes]) -> bytes:
    """Give the small half of what was made."""
    return made[1]


def block_of(made: tuple[WorkerBlock, bytes]) -> WorkerBlock:
    """Give the large half of what was made, which stays."""
    return made[0]


def call_with_block(
    call: Packed, state: Sequence[Packed], number: int, block: WorkerBlock
) -> bytes:
    """Give what a function says of a block, as bytes."""
    block.number = number
    return _dump(call.unpack()(block, *(one.unpack() for one in state)))


def derive_block(
    call: Packed, state: Sequence[Packed], number: int, block: WorkerBlock
) -> WorkerBlock:
    """Give the block that a function makes of a block."""
    block.number = number
    return WorkerBlock(call.unpack()(block, *(one.unpack() for one in state)), number)


Nodes = dict[tuple[int, int], list[Any]]
"""Sums of a tree over the blocks: (level, i) is that of the blocks i * 2**level and following."""


def sum_blocks(
    call: Packed, state: Packed, n_blocks: int, numbers: Sequence[int], blocks: Sequence[Any]
) -> bytes:
    """Add what a function gives of some blocks, as far as they are neighbours.

    Returns
    -------
    nodes : bytes
        The sums, and the process that made them.
    """
    function, arguments = call.unpack(), state.unpack()
    nodes: Nodes = {}
    for number, block in zip(numbers, blocks, strict=True):
        block.number = number
        place(nodes, (0, number), [*function(block, *arguments)], n_blocks)
    return _dump((nodes, _here()))


def sum_nodes(n_blocks: int, parts: Sequence[bytes]) -> bytes:
    """Add sums of several workers."""
    read = [pickle.loads(part) for part in parts]  # noqa: S301  # our own bytes
    nodes: Nodes = {}
    for found, _ in read:
        for key, value in found.items():
            place(nodes, key, value, n_blocks)
    return _dump((nodes, [address for _, there in read for address in there]))


def place(nodes: Nodes, key: tuple[int, int], value: list[Any], n_blocks: int) -> None:
    """Put a sum into the tree, and add it to its neighbour when that is there.

    Which sums are added is a matter of the blocks' numbers and not of where they are, so the last
    digit of a sum of floats is the same on any number of workers.
    """
    level, i = key
    while 1 << level < n_blocks:
        if (i | 1) << level < n_blocks:  # it has a neighbour
            other = nodes.pop((level, i ^ 1), None)
            if other is None:
                break
            left, right = (value, other) if i & 1 == 0 else (other, value)
            value = [one + two for one, two in zip(left, right, strict=True)]
        level, i = level + 1, i >> 1
    nodes[level, i] = value


def _dump(value: Any) -> bytes:
    return pickle.dumps(value, protocol=5)


def _here() -> list[str]:
    worker: Callable[[], Any] = require(
        "distributed", extra="dask", purpose="work on a cluster"
    ).get_worker
    return [str(worker().address)]
