"""What students ask of a table that is not in memory."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import Table


@dataclass(frozen=True)
class Part:
    """Some neighbouring rows of a collection, in memory.

    Attributes
    ----------
    number : int
        Which part it is, from 0.

    X : pandas.DataFrame or ndarray of shape (n_rows, n_features)
        The features, in the order of the collection's `feature_names`.

    y : ndarray of shape (n_rows,) or None
        The target, where one was named.

    sample_weight : ndarray of shape (n_rows,) or None
        The weights, where a column of them was named.

    scores : ndarray of shape (n_rows, n_scores) or None
        The teacher's scores, where columns of them were named.

    where : str
        What the part's rows belong to in errors, such as ``"row group 3 of part-0.parquet"``.

    first_row : int
        The number there of the part's first row.
    """

    number: int
    X: Table
    y: NDArray[Any] | None = None
    sample_weight: NDArray[Any] | None = None
    scores: NDArray[Any] | None = None
    where: str = ""
    first_row: int = 0

    def __len__(self) -> int:
        return len(self.X)


@dataclass
class Passes:
    """Passes over blocks, and over what was derived of them.

    Attributes
    ----------
    n : int
        How many there were.
    """

    n: int = 0


class Collection(Protocol):
    """Rows in parts, each read where it is asked for: by this process, or by a worker.

    Functions are functions of a module, called with a :class:`Part` and some state that can be
    pickled; large state (a teacher) travels once to each worker and not with every part. They may
    be called again for the same part.
    """

    feature_names: list[str]
    """Names of the features; ``"x0"``, ``"x1"``, … of arrays."""

    is_named: bool
    """Whether the names are the user's."""

    has_target: bool
    """Whether parts have labels."""

    has_weights: bool
    """Whether parts have weights."""

    has_scores: bool
    """Whether parts have the teacher's scores."""

    score_names: list[str]
    """Names of these."""

    n_parts: int
    """Parts; some may be empty."""

    n_rows: int | None
    """Rows of all parts; None where that is only known once they are read."""

    n_passes: int
    """How often the rows were read so far."""

    engine: str
    """Who reads: ``"arrow"``, ``"dask"`` or ``"memory"``."""

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""

    def keep(
        self,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
        store: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives, where the parts are read.

        Parameters
        ----------
        function : callable
            Gives the arrays of a part, and what is to be told of it.

        *state : object
            What it needs.

        store : Store or None, default=None
            Where this process puts arrays; an engine whose blocks lie elsewhere takes no notice.

        Returns
        -------
        blocks : Blocks
            The first of the pair that the function gives, for every part that has rows.

        told : list
            The second of the pair, small, in the order of the parts.
        """

    def fingerprint(self) -> str:
        """Give a text that changes when the rows may have changed (files, sizes, times)."""
