"""The one data abstraction of the learners: blocks of rows, and sums over them.

Every learner is a sum over rows: histograms, gradients, Gram matrices. A block is some rows as arrays
of equal length, and stays where it is: in memory, in files, on the workers of a cluster. What
travels is a function with a little state to the blocks, and what it gives back from them.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from interpkd.learners._threads import in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray


class Block:
    """Some rows, as arrays by name.

    Parameters
    ----------
    arrays : mapping of str to ndarray of shape (n_rows, ...)
        What is known of the rows; never changed in place.

    number : int
        Which block it is.

    Attributes
    ----------
    kept : dict
        What can be computed again from the arrays and is kept to save time. It may be empty at any
        call: a block may have been made again, elsewhere, from its source.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]], number: int = 0) -> None:
        self.arrays, self.number = dict(arrays), number
        self.kept: dict[Any, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "kept": {}}  # it does not travel

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))


class Blocks(Protocol):
    """Rows in blocks.

    Functions are called with a block and some state, both of which may have travelled: they are
    functions of a module (never closures), and must not change what they are given but for
    `Block.kept`. A function may be called again for the same block.
    """

    n_rows: int
    """Rows of all blocks."""

    n_blocks: int
    """Blocks, none of them empty."""

    def each(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(block, *state)`` of every block, in the order of the blocks.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.
        """

    def sum(self, function: Callable[..., Sequence[Any]], *state: Any) -> list[Any]:
        """Add what ``function(block, *state)`` gives, arrays or numbers, in the order of the blocks.

        Sums of floats depend on the order of the blocks in their last digits; who wants them not to
        sums whole numbers, or multiples of a power of two.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.

        Returns
        -------
        sums : list of ndarray or number
            One for each that the function gives.
        """

    def derive(self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any) -> Blocks:
        """Give blocks of the arrays that ``function(block, *state)`` gives, where the blocks are.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.

        Returns
        -------
        blocks : Blocks
            As many, or fewer where some would be empty.
        """

    def close(self) -> None:
        """Let go of what the blocks hold: memory, files, data on workers."""


class MemoryBlocks:
    """Blocks in the memory of this process, in the threads of `use_threads`.

    Parameters
    ----------
    blocks : sequence of mapping
        The arrays of each block; empty ones are left out.
    """

    def __init__(self, blocks: Iterable[Mapping[str, NDArray[Any]]]) -> None:
        made = (Block(arrays) for arrays in blocks)
        self._blocks = [block for block in made if len(block)]
        for number, block in enumerate(self._blocks):
            block.number = number
        self.n_rows = sum(len(block) for block in self._blocks)
        self.n_blocks = len(self._blocks)

    def each(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(block, *state)`` of every block, in the order of the blocks.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.
        """
        yield from in_turn(lambda i: function(self._blocks[i], *state), self.n_blocks)

    def sum(self, function: Callable[..., Sequence[Any]], *state: Any) -> list[Any]:
        """Add what ``function(block, *state)`` gives, in the order of the blocks.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.

        Returns
        -------
        sums : list of ndarray or number
            One for each that the function gives.
        """
        return added(self.each(function, *state))

    def derive(
        self, function: Callable[..., Mapping[str, NDArray[Any]]], *state: Any
    ) -> MemoryBlocks:
        """Give blocks of the arrays that ``function(block, *state)`` gives.

        Parameters
        ----------
        function : callable
            A function of a module, called with a block and the state.

        *state : object
            What it wants beside the block.

        Returns
        -------
        blocks : MemoryBlocks
            As many, or fewer where some would be empty.
        """
        return MemoryBlocks(self.each(function, *state))

    def close(self) -> None:
        """Let go of the arrays."""
        self._blocks = []


def added(parts: Iterable[Sequence[Any]]) -> list[Any]:
    """Add sums part by part, in their order, without a copy of more than one.

    Parameters
    ----------
    parts : iterable of sequence
        Of each part some arrays or numbers.

    Returns
    -------
    totals : list
        The sum of each of these over the parts.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import added
    >>> added([[np.array([1.0, 2.0])], [np.array([3.0, 4.0])]])
    [array([4., 6.])]
    """
    totals: list[Any] = []
    for part in parts:
        if not totals:
            totals = [np.array(one) for one in part]
            continue
        for k, one in enumerate(part):
            totals[k] = (
                totals[k] + one if totals[k].ndim == 0 else np.add(totals[k], one, out=totals[k])
            )
    return totals
