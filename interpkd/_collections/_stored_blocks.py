"""Blocks of this process whose arrays are in memory, or in files of a folder."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._collections._array_files import read_arrays
from interpkd._collections._protocol import Passes
from interpkd.learners import Block, added, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from interpkd._collections._store import Store

READ = frozenset({"Z"})
"""Arrays that are wanted whole in every pass: they are read, and let go of with their block.

Others are mapped into memory: of the codes a growing tree wants fewer rows at every step.
"""


class StoredBlock:
    """A block, and where its arrays are.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Those in memory.

    n_rows : int
        Rows.

    path : Path or None, default=None
        The file of the others.

    on_file : frozenset of str, default=frozenset()
        Their names.

    is_scratch : bool, default=False
        Whether the file ends with the block.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        n_rows: int,
        path: Path | None = None,
        on_file: frozenset[str] = frozenset(),
        *,
        is_scratch: bool = False,
    ) -> None:
        self.arrays, self.n_rows, self.number = dict(arrays), n_rows, 0
        self.path, self.on_file, self.is_scratch = path, on_file, is_scratch
        self.kept: dict[Any, Any] = {}
        mapped = on_file - READ
        if path is not None and mapped:
            self.arrays.update(read_arrays(path, only=mapped, mapped=mapped))

    def open(self) -> Block:
        """Give the block with its arrays at hand."""
        wanted = self.on_file & READ
        read = read_arrays(self.path, only=wanted) if self.path is not None and wanted else {}
        block = Block({**self.arrays, **read}, self.number)
        block.kept = self.kept
        return block

    def close(self) -> None:
        """Let go of the arrays, and remove a scratch file."""
        self.arrays, self.kept = {}, {}
        if self.path is not None and self.is_scratch:
            self.path.unlink(missing_ok=True)


class StoredBlocks:
    """Blocks in the order of the parts that they were made of.

    Parameters
    ----------
    blocks : sequence of StoredBlock
        The blocks; those without rows are left out.

    store : Store
        Where arrays that are derived of them go.

    passes : Passes or None, default=None
        Those over what these were derived of, which go on here; None where they are the first.
    """

    def __init__(
        self, blocks: Sequence[StoredBlock], store: Store, passes: Passes | None = None
    ) -> None:
        self._blocks, self._store = [block for block in blocks if block.n_rows], store
        for number, block in enumerate(self._blocks):
            block.number = number
        self.n_rows = sum(block.n_rows for block in self._blocks)
        self.n_blocks = len(self._blocks)
        self._passes = Passes() if passes is None else passes

    @property
    def n_passes(self) -> int:
        """Passes over these blocks, and over what they were derived of and what of them."""
        return self._passes.n

    def each(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(block, *state)`` of every block, in the order of the blocks."""
        self._passes.n += 1
        blocks = self._blocks
        yield from in_turn(lambda i: function(blocks[i].open(), *state), len(blocks))

    def sum(self, function: Callable[..., Sequence[Any]], *state: Any) -> list[Any]:
        """Add what ``function(block, *state)`` gives, in the order of the blocks."""
        return added(self.each(function, *state))

    def derive(
        self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any
    ) -> StoredBlocks:
        """Give blocks of the arrays that ``function(block, *state)`` gives."""
        return self._derived(function, state, is_last=False)

    def replaced(
        self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any
    ) -> StoredBlocks:
        """Give what `derive` gives, and let go of each old block once the new one is made."""
        return self._derived(function, state, is_last=True)

    def close(self) -> None:
        """Let go of the arrays, in memory and in scratch files."""
        for block in self._blocks:
            block.close()
        self._blocks = []
        self._store.close()

    def _derived(self, function: Any, state: tuple[Any, ...], *, is_last: bool) -> StoredBlocks:
        self._passes.n += 1
        made = []
        for block in self._blocks:
            made.append(self._store.put_scratch(function(block.open(), *state)))
            if is_last:
                block.close()
        if is_last:
            self._blocks = []
        store = self._store if is_last else self._store.another_user()
        return StoredBlocks(made, store, self._passes)
