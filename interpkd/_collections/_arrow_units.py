"""What of a data set is read at once: row groups of a file, or a fragment without any."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import DamagedFileError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PART_ROWS = 262_144
"""Most rows of a part."""


@dataclass(frozen=True)
class Unit:
    """Rows of one file that are read together.

    Attributes
    ----------
    fragment : pyarrow.dataset.Fragment
        The file.

    row_groups : tuple of int or None
        Its row groups; None where the format has none.

    n_rows : int
        Rows.

    path : str or None
        The file's path; None for rows in memory.
    """

    fragment: Any
    row_groups: tuple[int, ...] | None
    n_rows: int
    path: str | None

    @property
    def n_parts(self) -> int:
        """Parts that the rows make."""
        return -(-self.n_rows // PART_ROWS)

    @property
    def bounds(self) -> list[int]:
        """First row of each part, and the number of rows."""
        return [self.n_rows * k // self.n_parts for k in range(self.n_parts + 1)]

    @property
    def where(self) -> str:
        """The rows in words."""
        file = "the table" if self.path is None else self.path.rpartition("/")[2]
        if self.row_groups is None:
            return file
        first, last = self.row_groups[0], self.row_groups[-1]
        return (
            f"row group {first} of {file}"
            if first == last
            else (f"row groups {first} to {last} of {file}")
        )

    @property
    def filesystem(self) -> Any:
        """Where the file lies."""
        return self.fragment.filesystem


def check_types(schema: Any, features: Sequence[str], roles: Sequence[str]) -> None:
    """Refuse columns that are neither numbers nor categories, before anything is read.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns of the data set.

    features : sequence of str
        Those that are features.

    roles : sequence of str
        Those with another use.

    Raises
    ------
    InvalidInputError
        If the type of one cannot be read.
    """
    for name in (*features, *roles):
        kind = schema.field(name).type
        if not _is_readable(kind):
            msg = (
                f"Column {name!r} holds {kind}, which is neither numbers nor categories. Convert "
                "it, a date for instance to a number of days, or leave it out of the data set."
            )
            raise InvalidInputError(msg)


def units_of(dataset: Any) -> list[Unit]:
    """List what is read at once, from the files' footers alone where they have any.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
        The data set.

    Returns
    -------
    units : list of Unit
        In the order of the data set; those without rows are left out.

    Raises
    ------
    InvalidInputError
        If the data set is filtered.

    DamagedFileError
        If a file cannot be opened.
    """
    try:
        fragments = list(dataset.get_fragments())
    except ValueError as error:
        msg = (
            "X is a filtered data set, whose rows cannot be counted file by file. Write the rows "
            "that are wanted to a data set of their own (pyarrow.dataset.write_dataset)."
        )
        raise InvalidInputError(msg) from error
    return [unit for fragment in fragments for unit in _units_of(fragment) if unit.n_rows]


def read_unit(unit: Unit, schema: Any, columns: Sequence[str]) -> Iterator[tuple[Any, str, int]]:
    """Read the rows of a unit, part by part.

    Parameters
    ----------
    unit : Unit
        What is read.

    schema : pyarrow.Schema
        The columns of the data set, which a file may have in another type, or lack.

    columns : sequence of str
        The columns that are read.

    Yields
    ------
    table : pyarrow.Table
        The rows of a part.

    where : str
        What they belong to.

    first_row : int
        The number there of the first.

    Raises
    ------
    DamagedFileError
        If the rows cannot be read; the message names the file and the row group.
    """
    import pyarrow as pa

    bounds, waiting, n_waiting, at = unit.bounds, [], 0, 0
    for table in _tables(unit, schema, columns):
        waiting.append(table)
        n_waiting += len(table)
        while at < unit.n_parts and n_waiting >= bounds[at + 1] - bounds[at]:
            n_rows = bounds[at + 1] - bounds[at]
            whole = pa.concat_tables(waiting)
            waiting, n_waiting = [whole.slice(n_rows)], n_waiting - n_rows
            yield whole.slice(0, n_rows), unit.where, bounds[at]
            at += 1
    if at < unit.n_parts or n_waiting:
        n_found = bounds[at] + n_waiting
        msg = (
            f"{unit.where} has {n_found} rows and not the {unit.n_rows} that were counted: the "
            "file was changed while it was read. Start again."
        )
        raise DamagedFileError(msg)


def _units_of(fragment: Any) -> Iterator[Unit]:
    path = getattr(fragment, "path", None)
    try:
        if not hasattr(fragment, "row_groups"):
            yield Unit(fragment, None, fragment.count_rows(), path)
            return
        sizes = [(group.id, group.num_rows) for group in fragment.row_groups]
    except Exception as error:
        msg = f"{path or 'The table'} cannot be opened: {_first_line(error)}. {_REMEDY}"
        raise DamagedFileError(msg) from error
    together: list[int] = []
    n_rows = 0
    for number, n_more in sizes:
        if together and n_rows + n_more > PART_ROWS:
            yield Unit(fragment, tuple(together), n_rows, path)
            together, n_rows = [], 0
        together.append(number)
        n_rows += n_more
    yield Unit(fragment, tuple(together), n_rows, path)


def _tables(unit: Unit, schema: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Read row group by row group, or batch by batch where there are none."""
    import pyarrow as pa

    how = {"schema": schema, "columns": [*columns]}
    if unit.row_groups is None:
        batches = unit.fragment.to_batches(
            **how, batch_size=PART_ROWS, batch_readahead=1, fragment_readahead=1
        )
        with _named(unit.where):
            yield from (pa.Table.from_batches([batch]) for batch in batches)
        return
    for number in unit.row_groups:
        with _named(f"row group {number} of {unit.path}"):
            yield unit.fragment.subset(row_group_ids=[number]).to_table(**how)


_REMEDY = "Write the file again, or leave it out of the data set."


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Say in an error of reading what could not be read."""
    try:
        yield
    except (MemoryError, DamagedFileError):
        raise
    except Exception as error:  # pyarrow raises OSError, ValueError and errors of its own
        msg = f"{where} cannot be read: {_first_line(error)}. {_REMEDY}"
        raise DamagedFileError(msg) from error


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(". ")
    return f"{type(error).__name__}: {text}"


def _is_readable(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    is_view = getattr(types, "is_string_view", None)  # since pyarrow 16
    return (
        types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or (is_view is not None and is_view(kind))
    )
