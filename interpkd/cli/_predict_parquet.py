"""A Parquet file in chunks of whole rows, from any row on."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import require
from interpkd.cli._columns import check_names, tidy
from interpkd.cli._errors import DataError
from interpkd.cli._predict_values import (
    Bad,
    Chunk,
    Values,
    check_values,
    join_problems,
    make_frame,
    match_categories,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from interpkd._tables import Column
    from interpkd.cli._predict_values import Limits

SMALL_BATCH = 2**14
"""Rows that are read at once; chunks are put together from them."""

PURPOSE = "read and write Parquet files"


class ParquetRows:
    """The rows of a Parquet file.

    Parameters
    ----------
    path : Path
        The file.

    Attributes
    ----------
    names : list of str
        Names of the columns.

    start : int
        The row at which the rows begin.

    size : int
        Rows of the file.
    """

    unit = "rows"
    start = 0

    def __init__(self, path: Path) -> None:
        self._parquet = require("pyarrow.parquet", extra="parquet", purpose=PURPOSE)
        self._arrow = require("pyarrow", extra="parquet", purpose=PURPOSE)
        self._path = path
        try:
            with self._parquet.ParquetFile(path) as file:
                self._schema = file.schema_arrow
                self._groups = [
                    file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)
                ]
        except (self._arrow.ArrowException, OSError) as error:
            msg = f"{path.name} is no readable Parquet file: {error}"
            raise DataError(msg) from error
        self.names = [str(name) for name in self._schema.names]
        self.size = sum(self._groups)
        check_names(self.names, path.name)

    def check(self, columns: Sequence[Column]) -> None:
        """Refuse columns of types that the student cannot take.

        Parameters
        ----------
        columns : sequence of Column
            The student's columns.

        Raises
        ------
        DataError
            Naming the column, its type, and the remedy.
        """
        for column in columns:
            kind = self._type(column.name)
            if not self._is_taken(kind, column):
                what = "numbers" if column.kind != "category" else "texts or numbers"
                msg = (
                    f"{self._path.name}: column {column.name!r} is of the type {kind}, and the "
                    f"student needs {what}; convert the column."
                )
                raise DataError(msg)

    def check_kept(self, keep: Sequence[str]) -> None:
        """Refuse columns to hand on that CSV cannot hold."""
        nested = [name for name in keep if self._arrow.types.is_nested(self._type(name))]
        if nested:
            msg = f"--keep {nested[0]!r} is nested, which CSV cannot hold; write --out as Parquet."
            raise DataError(msg)

    def kept_types(self, keep: Sequence[str]) -> dict[str, Any]:
        """Give the Arrow type of each column that is handed on."""
        return {name: self._type(name) for name in keep}

    def chunks(
        self, mark: int, row: int, n_rows: int, columns: Sequence[Column], keep: Sequence[str],
        limits: Limits,
    ) -> Iterator[Chunk]:  # fmt: skip
        """Read on; as :meth:`CsvRows.chunks`, the mark being the row."""
        names = list(dict.fromkeys([*(column.name for column in columns), *keep]))
        for table in self._tables(mark, n_rows, names):
            yield self._chunk(table, row, columns, keep, limits)
            row += table.num_rows

    def _tables(self, row: int, n_rows: int, names: list[str]) -> Iterator[Any]:
        """Give tables of `n_rows` rows, the last one of fewer."""
        first, before = 0, 0
        while first < len(self._groups) and before + self._groups[first] <= row:
            before += self._groups[first]
            first += 1
        skip, waiting, n_waiting = row - before, [], 0
        with self._parquet.ParquetFile(self._path, pre_buffer=False) as file:
            groups = range(first, len(self._groups))
            batches = file.iter_batches(min(n_rows, SMALL_BATCH), row_groups=groups, columns=names)
            for batch in batches if groups else ():
                left = batch.slice(min(skip, batch.num_rows))
                skip -= batch.num_rows - left.num_rows
                waiting.append(left)
                n_waiting += left.num_rows
                while n_waiting >= n_rows:
                    table = self._arrow.Table.from_batches(waiting)
                    yield table.slice(0, n_rows)
                    waiting, n_waiting = table.slice(n_rows).to_batches(), n_waiting - n_rows
        if n_waiting:
            yield self._arrow.Table.from_batches(waiting)

    def _chunk(
        self, table: Any, row: int, columns: Sequence[Column], keep: Sequence[str], limits: Limits
    ) -> Chunk:
        read = {
            column.name: check_values(_values(table[column.name], column), column, limits)
            for column in columns
        }
        problems = join_problems(read)
        good = np.ones(table.num_rows, dtype=bool)
        good[list(problems)] = False
        bad = [
            Bad(row + i + 1, problems[i], _as_text(table.slice(i, 1).to_pylist()[0]))
            for i in sorted(problems)
        ]
        frame, unseen = make_frame(read, good)
        rest = table.filter(self._arrow.array(good))
        kept = {name: _plain(rest[name].combine_chunks(), self._type(name)) for name in keep}
        return Chunk(table.num_rows, row + table.num_rows, frame, kept, bad, unseen)

    def _type(self, name: str) -> Any:
        """Give the type of a column; of a dictionary that of its values."""
        kind = self._schema.field(name).type
        return kind.value_type if self._arrow.types.is_dictionary(kind) else kind

    def _is_taken(self, kind: Any, column: Column) -> bool:
        types = self._arrow.types
        is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
        if types.is_null(kind) or is_number:
            return True
        if column.kind != "category":
            return bool(types.is_boolean(kind))
        if types.is_boolean(kind):
            return not any(isinstance(one, str) for one in column.categories)
        is_view = getattr(types, "is_string_view", None)  # since pyarrow 16
        is_text = types.is_string(kind) or types.is_large_string(kind)
        return bool(is_text or (is_view is not None and is_view(kind)))


def _values(array: Any, column: Column) -> Values:
    """Read one column."""
    import pandas as pd

    series = array.to_pandas()
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    is_name = any(isinstance(one, str) for one in column.categories)
    # decimals, and numbers that are names, as `interpkd distill --category` reads them
    frame = tidy(pd.DataFrame({column.name: series}), [column.name] if is_name else [])
    series = frame[column.name]
    if column.kind != "category":
        return Values(series.to_numpy(dtype=np.float64, na_value=np.nan))
    values = series.astype(object)
    return match_categories(values.where(values.notna(), None).tolist(), column, frozenset())


def _plain(array: Any, kind: Any) -> Any:
    """Give a column that is handed on without a dictionary: those of two chunks may differ."""
    return array.cast(kind) if array.type != kind else array


def _as_text(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)
