"""A Parquet or other Arrow data set, read a row group at a time."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from interpkd._collections._arrow_units import Unit, check_types, read_unit, units_of
from interpkd._collections._memory import MemoryCollection, cut_part
from interpkd._collections._open import feature_columns, names_of
from interpkd._collections._store import Store
from interpkd._optional import require
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._collections._protocol import Part
    from interpkd._collections._stored_blocks import StoredBlocks


class ArrowCollection:
    """The rows of a data set, in the order of its files and row groups.

    Small row groups that follow each other in a file are one part, large ones are several, of at
    most `PART_ROWS` rows. While a part is at work the next ones are read; so there are rows of two
    row groups in memory, and not more.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        The data set.

    y, sample_weight : str or None, default=None
        The columns of the target and of the weights.

    scores : str, sequence of str, or None, default=None
        The columns of the teacher's scores.
    """

    engine = "arrow"
    is_named = True

    def __init__(
        self,
        dataset: Any,
        y: str | None = None,
        sample_weight: str | None = None,
        *,
        scores: str | Sequence[str] | None = None,
    ) -> None:
        require("pyarrow.dataset", extra="parquet", purpose="read data sets")
        self.score_names = names_of(scores)
        roles = [("y", y), ("sample_weight", sample_weight)]
        roles += [("teacher_proba", name) for name in self.score_names]
        self.feature_names = feature_columns(_columns(dataset.schema), roles)
        self._roles = [name for _, name in roles if name is not None]
        check_types(dataset.schema, self.feature_names, self._roles)
        self._dataset, self._y, self._sample_weight = dataset, y, sample_weight
        self.has_target, self.has_weights = y is not None, sample_weight is not None
        self.has_scores = bool(self.score_names)
        self._units = units_of(dataset)
        self.n_rows: int | None = sum(unit.n_rows for unit in self._units)
        self.n_parts = sum(unit.n_parts for unit in self._units)
        self.n_passes = 0
        if self.n_rows == 0:
            msg = "X holds no row: the data set is empty."
            raise InvalidInputError(msg)

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""
        self.n_passes += 1
        wanted = range(self.n_parts) if parts is None else frozenset(parts)
        coming = self._parts(wanted)
        with ThreadPoolExecutor(1, thread_name_prefix="interpkd-reader") as reader:
            ahead = reader.submit(next, coming, None)
            try:
                while (part := ahead.result()) is not None:
                    ahead = reader.submit(next, coming, None)
                    yield function(part, *state)
            finally:  # an error or the keyboard: nobody reads on
                ahead.cancel()

    def keep(
        self,
        function: Callable[..., tuple[dict[str, NDArray[Any]], Any]],
        *state: Any,
        store: Store | None = None,
    ) -> tuple[StoredBlocks, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives."""
        return (store or Store()).collect(self, function, *state)

    def fingerprint(self) -> str:
        """Give a text that changes when the rows may have changed: files, sizes, times, columns."""
        facts: list[Any] = [str(self._dataset.schema.remove_metadata()), self._y]
        facts += [self._sample_weight, self.score_names]
        facts += [[unit.path, unit.row_groups, unit.n_rows, unit.n_parts] for unit in self._units]
        files = {unit.path: unit.filesystem for unit in self._units if unit.path}
        for path, filesystem in files.items():
            info = filesystem.get_file_info(path)
            facts.append([path, info.size, info.mtime_ns])
        if not files:  # of tables in memory, what they hold
            frame = self._dataset.to_table().to_pandas()
            facts.append(MemoryCollection(frame, 1).fingerprint())
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _parts(self, wanted: Any) -> Iterator[Part]:
        first = 0
        for unit in self._units:
            numbers = range(first, first + unit.n_parts)
            first += unit.n_parts
            if any(number in wanted for number in numbers):
                yield from self._parts_of(unit, numbers, wanted)

    def _parts_of(self, unit: Unit, numbers: range, wanted: Any) -> Iterator[Part]:
        columns = [*self.feature_names, *self._roles]
        tables = read_unit(unit, self._dataset.schema, columns)
        for number, (table, where, first_row) in zip(numbers, tables, strict=True):
            if number in wanted:
                frame = as_frame(table)
                what = self.feature_names, self._y, self._sample_weight, self.score_names
                yield cut_part(frame, number, *what, where, first_row)


def as_frame(table: Any) -> Any:
    """Give an Arrow table as a data frame that students and teachers read.

    Parameters
    ----------
    table : pyarrow.Table
        The table.

    Returns
    -------
    frame : pandas.DataFrame
        Decimal numbers as float64; truth values beside missing ones as pandas' own type for that.
    """
    import pandas as pd
    import pyarrow as pa

    names = table.column_names
    types = [pa.float64() if pa.types.is_decimal(one) else one for one in table.schema.types]
    if types != table.schema.types:
        fields = [field.with_type(kind) for field, kind in zip(table.schema, types, strict=True)]
        table = table.cast(pa.schema(fields, metadata=table.schema.metadata))
    lost = any(
        pa.types.is_boolean(column.type) and column.null_count > 0 for column in table.columns
    )
    frame = table.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get if lost else None)
    frame.columns = names  # metadata of pandas may turn them into numbers
    return frame


def _columns(schema: Any) -> list[str]:
    """Give the columns of a data set, without those that pandas kept its index in."""
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in schema.names if name not in index]
