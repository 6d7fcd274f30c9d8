"""A data frame cut into parts: the plainest collection, and what the others are measured by."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections._open import feature_columns, names_of
from interpkd._collections._protocol import Part
from interpkd._collections._store import Store
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._collections._stored_blocks import StoredBlocks


class MemoryCollection:
    """A pandas DataFrame as a collection.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The table.

    n_parts : int
        Into how many parts of about equal length it is cut.

    y, sample_weight : str or None, default=None
        The columns of the target and of the weights.

    scores : str, sequence of str, or None, default=None
        The columns of the teacher's scores.
    """

    engine = "memory"
    is_named = True

    def __init__(
        self,
        frame: Any,
        n_parts: int,
        y: str | None = None,
        sample_weight: str | None = None,
        *,
        scores: str | Sequence[str] | None = None,
    ) -> None:
        self.score_names = names_of(scores)
        roles = [("y", y), ("sample_weight", sample_weight)]
        roles += [("teacher_proba", name) for name in self.score_names]
        self.feature_names = feature_columns([str(name) for name in frame.columns], roles)
        self._frame, self._y, self._sample_weight = frame, y, sample_weight
        self.has_target, self.has_weights = y is not None, sample_weight is not None
        self.has_scores = bool(self.score_names)
        self.n_rows: int | None = len(frame)
        self.n_parts, self.n_passes = n_parts, 0
        if self.n_rows == 0:
            msg = "X holds no row."
            raise InvalidInputError(msg)

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""
        self.n_passes += 1
        for number in range(self.n_parts) if parts is None else parts:
            yield function(self._part(number), *state)

    def keep(
        self,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
        store: Store | None = None,
    ) -> tuple[StoredBlocks, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives."""
        return (store or Store()).collect(self, function, *state)

    def fingerprint(self) -> str:
        """Give a text that changes when the rows change."""
        import pandas as pd

        digest = hashlib.sha256(repr([*self._frame.dtypes.items()]).encode())
        digest.update(repr([self._y, self._sample_weight, self.score_names, self.n_parts]).encode())
        digest.update(pd.util.hash_pandas_object(self._frame, index=False).to_numpy().tobytes())
        return digest.hexdigest()

    def _part(self, number: int) -> Part:
        start, stop = (len(self._frame) * k // self.n_parts for k in (number, number + 1))
        rows = self._frame.iloc[start:stop]
        return cut_part(
            rows,
            number,
            self.feature_names,
            self._y,
            self._sample_weight,
            self.score_names,
            "X",
            start,
        )


def cut_part(
    rows: Any,
    number: int,
    features: Sequence[str],
    y: str | None,
    sample_weight: str | None,
    scores: Sequence[str],
    where: str,
    first_row: int,
) -> Part:
    """Take the columns of a part's data frame apart by what they are for."""
    return Part(
        number,
        rows[[*features]],
        None if y is None else np.asarray(rows[y]),
        None
        if sample_weight is None
        else rows[sample_weight].to_numpy(np.float64, na_value=np.nan),
        rows[[*scores]].to_numpy(np.float64, na_value=np.nan) if scores else None,
        where,
        first_row,
    )
