"""Where the arrays of blocks are put: memory, scratch files, and the folder of a checkpoint."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpkd._collections._array_files import read_arrays, storage_error, write_arrays
from interpkd._collections._stored_blocks import StoredBlock, StoredBlocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from interpkd._collections._protocol import Collection

TOLD = "told/"
"""What the names begin with of arrays in a file that tell of a part, and belong to no block."""


class Store:
    """A place for the arrays of blocks.

    Parameters
    ----------
    on_file : frozenset of str, default=frozenset({"Z"})
        Arrays that are put into files; the others stay in memory.

    checkpoint : Path or None, default=None
        A folder where every part is written as soon as it is made. Parts that are found there are
        not made again.

    progress : callable or None, default=None
        Called with the parts done and all of them.

    Notes
    -----
    Scratch files lie in a folder of their own in the one that :mod:`tempfile` chooses. It is gone
    when the last blocks are closed or forgotten, or the process ends.
    """

    def __init__(
        self,
        on_file: frozenset[str] = frozenset({"Z"}),
        *,
        checkpoint: Path | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> None:
        self.on_file, self.checkpoint, self.progress = on_file, checkpoint, progress
        self._folder: Path | None = None
        self._remove: Any = None
        self._n_files, self._n_users = 0, 1

    def collect(
        self,
        collection: Collection,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
    ) -> tuple[StoredBlocks, list[Any]]:
        """Make the blocks of a collection, or find them in the checkpoint.

        Parameters
        ----------
        collection : Collection
            Whose parts they are made of.

        function : callable
            Gives for a part the arrays of its block, and a dict of arrays that tell of it.

        *state : object
            What it needs besides the part.

        Returns
        -------
        blocks : StoredBlocks
            The blocks, in the order of the parts.

        told : list of dict
            What the function told, in the same order.
        """
        n_parts = collection.n_parts
        found = {number: self._find(number) for number in range(n_parts)}
        missing = [number for number, pair in found.items() if pair is None]
        n_done = n_parts - len(missing)
        if missing:
            parts = None if len(missing) == n_parts else missing
            made = collection.map(function, *state, parts=parts)
            try:
                for number, (arrays, told) in zip(missing, made, strict=True):
                    found[number] = self._put_part(number, arrays, told), told
                    n_done += 1
                    if self.progress is not None:
                        self.progress(n_done, n_parts)
            except BaseException:
                made.close()  # type: ignore[attr-defined]  # a generator: its reader stops now
                self._forget()
                raise
        pairs = [pair for pair in found.values() if pair is not None]
        return StoredBlocks([block for block, _ in pairs], self), [told for _, told in pairs]

    def put_scratch(self, arrays: Mapping[str, NDArray[Any]]) -> StoredBlock:
        """Put the arrays of a block where they belong."""
        n_rows = _n_rows(arrays)
        filed = {name: array for name, array in arrays.items() if name in self.on_file}
        if not filed or n_rows == 0:
            return StoredBlock(arrays, n_rows)
        path = self._scratch()
        write_arrays(path, filed)
        rest = {name: array for name, array in arrays.items() if name not in filed}
        return StoredBlock(rest, n_rows, path, frozenset(filed), is_scratch=True)

    def another_user(self) -> Store:
        """Note that blocks more have their files here."""
        self._n_users += 1
        return self

    def close(self) -> None:
        """Note that some blocks are closed; after the last the scratch files are removed."""
        self._n_users -= 1
        if self._n_users <= 0:
            self._forget()

    def _put_part(
        self, number: int, arrays: dict[str, NDArray[Any]], told: Mapping[str, NDArray[Any]]
    ) -> StoredBlock:
        if self.checkpoint is None:
            return self.put_scratch(arrays)
        path = self._part_path(number)
        write_arrays(path, {**arrays, **{TOLD + name: array for name, array in told.items()}})
        return self._block_of(path, arrays)

    def _find(self, number: int) -> tuple[StoredBlock, dict[str, NDArray[Any]]] | None:
        """Give a part that the checkpoint has."""
        if self.checkpoint is None or not self._part_path(number).exists():
            return None
        path = self._part_path(number)
        arrays = read_arrays(path, mapped=self.on_file)
        told = {name[len(TOLD) :]: arrays.pop(name) for name in [*arrays] if name[:5] == TOLD}
        return self._block_of(path, arrays), told

    def _block_of(self, path: Path, arrays: Mapping[str, NDArray[Any]]) -> StoredBlock:
        n_rows = len(next(iter(arrays.values())))
        filed = (
            frozenset(name for name in arrays if name in self.on_file) if n_rows else frozenset()
        )
        rest = {name: array for name, array in arrays.items() if name not in filed}
        return StoredBlock(rest, n_rows, path if filed else None, filed)

    def _part_path(self, number: int) -> Path:
        assert self.checkpoint is not None  # noqa: S101
        return self.checkpoint / f"part-{number:06d}.arrays"

    def _scratch(self) -> Path:
        if self._folder is None:
            try:
                self._folder = Path(tempfile.mkdtemp(prefix="interpkd-"))
            except OSError as error:
                raise storage_error(Path(tempfile.gettempdir()), error) from error
            self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._n_files += 1
        return self._folder / f"{self._n_files:06d}.arrays"

    def _forget(self) -> None:
        if self._remove is not None:
            self._remove()
        self._folder = self._remove = None


def _n_rows(arrays: Mapping[str, NDArray[Any]]) -> int:
    return len(next(iter(arrays.values()))) if arrays else 0
