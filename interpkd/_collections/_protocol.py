"""What students ask of a table that is not in memory."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

    where : str
        What the part is called in errors, such as ``"row group 3 of part-0.parquet"``.
    """

    number: int
    X: Table
    y: NDArray[Any] | None = None
    sample_weight: NDArray[Any] | None = None
    where: str = ""


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

    n_parts: int
    """Parts; some may be empty."""

    engine: str
    """Who reads: ``"arrow"``, ``"dask"`` or ``"memory"``."""

    def map(self, function: Callable[..., Any], *state: Any) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, in their order."""

    def keep(
        self, function: Callable[..., tuple[dict[str, NDArray[Any]], Any]], *state: Any
    ) -> tuple[Any, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives, where the parts are read.

        Returns
        -------
        blocks : Blocks
            The first of the pair that the function gives, for every part that has rows.

        told : list
            The second of the pair, small, in the order of the parts.
        """

    def fingerprint(self) -> str:
        """Give a text that changes when the rows may have changed (files, sizes, times)."""
