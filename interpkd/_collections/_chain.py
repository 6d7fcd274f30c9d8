"""Two collections as one: labelled rows, and after them rows without labels."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interpkd._collections._store import Store
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._collections._protocol import Collection, Part
    from interpkd._collections._stored_blocks import StoredBlocks


class Chain:
    """The parts of two collections, one after the other.

    Parameters
    ----------
    first, second : Collection
        Of the same features. Both are read by this process.
    """

    def __init__(self, first: Collection, second: Collection) -> None:
        for one in (first, second):
            if one.engine == "dask":
                msg = (
                    "X_unlabeled is taken beside a data set, and not beside a Dask collection. Put "
                    "its rows into X, and give the labels of none: y=None with a frozen teacher."
                )
                raise InvalidInputError(msg)
        if first.feature_names != second.feature_names:
            msg = (
                f"X_unlabeled has the columns {second.feature_names}, and the features of X are "
                f"{first.feature_names}. Give it the same ones in the same order, without y."
            )
            raise InvalidInputError(msg)
        self.first, self.second = first, second
        self.feature_names, self.is_named = first.feature_names, first.is_named
        self.has_target, self.has_weights = first.has_target, first.has_weights
        self.has_scores, self.score_names = first.has_scores, first.score_names
        self.engine = first.engine
        self.n_parts = first.n_parts + second.n_parts
        self.n_rows: int | None = (
            None if first.n_rows is None or second.n_rows is None else first.n_rows + second.n_rows
        )
        self.n_passes = 0

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""
        self.n_passes += 1
        n = self.first.n_parts
        one = None if parts is None else [number for number in parts if number < n]
        two = None if parts is None else [number - n for number in parts if number >= n]
        yield from self.first.map(function, *state, parts=one)
        yield from self.second.map(_numbered, function, state, n, parts=two)

    def keep(
        self,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
        store: Store | None = None,
    ) -> tuple[StoredBlocks, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives."""
        return (store or Store()).collect(self, function, *state)

    def fingerprint(self) -> str:
        """Give a text that changes when the rows of either may have changed."""
        return f"{self.first.fingerprint()}+{self.second.fingerprint()}"


def _numbered(part: Part, function: Callable[..., Any], state: Sequence[Any], first: int) -> Any:
    return function(replace(part, number=part.number + first), *state)
