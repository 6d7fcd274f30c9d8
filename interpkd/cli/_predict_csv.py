"""A CSV file in chunks: every line is accounted for, and reading can go on at any byte.

Everything is read as text, and what a text means is the student's columns' to say: guessed from a
chunk, "01" would be a number in one chunk and a name in the next.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from interpkd.cli._errors import DataError
from interpkd.cli._predict_values import Bad, Chunk, join_problems, make_frame, read_texts
from interpkd.cli._tables import check_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from interpkd._tables import Column
    from interpkd.cli._predict_values import Limits

LONGEST_LINE = 2**24
"""A line of more bytes belongs to no table; reading it whole could take all memory."""

MARK = b"\xef\xbb\xbf"
"""What spreadsheets put in front of UTF-8."""


@dataclass(frozen=True)
class Record:
    """One row: its lines, and its values or why they cannot be read."""

    lines: list[bytes]
    fields: list[str]
    reason: str = ""

    @property
    def text(self) -> str:
        r"""The row as it stands in the file; bytes that are no UTF-8 as ``\xe9``."""
        return b"".join(self.lines).decode("utf-8", "backslashreplace").rstrip("\r\n")


class CsvRows:
    """The rows of a CSV file.

    Parameters
    ----------
    path : Path
        The file.

    separator : str
        What stands between values.

    missing : frozenset of str
        Texts that mean missing.

    Attributes
    ----------
    names : list of str
        Names of the columns.

    start : int
        The byte at which the rows begin.

    size : int
        Bytes of the file.
    """

    unit = "bytes"

    def __init__(self, path: Path, separator: str, missing: frozenset[str]) -> None:
        self._path = path
        self._separator = separator
        self._missing = missing
        self.size = path.stat().st_size
        with path.open("rb") as file:
            has_mark = file.read(len(MARK)) == MARK
            file.seek(len(MARK) if has_mark else 0)
            first = next(_Records(file, separator, None, path.name), None)
            if first is None:
                msg = f"{path.name} is empty."
                raise DataError(msg)
            if first.reason:
                msg = f"{path.name}: the first line, which names the columns, {first.reason}."
                raise DataError(msg)
            self.names = first.fields
            self.start = file.tell()
        check_header(self.names, path, separator)

    def check(self, columns: Sequence[Column]) -> None:
        """Refuse columns of types that the student cannot take: texts are looked at one by one."""

    def check_kept(self, keep: Sequence[str]) -> None:
        """Refuse columns that CSV cannot hold: none."""

    def kept_types(self, keep: Sequence[str]) -> dict[str, Any]:
        """Give the Arrow type of each column that is handed on; None stands for text."""
        return dict.fromkeys(keep)

    def chunks(
        self, mark: int, row: int, n_rows: int, columns: Sequence[Column], keep: Sequence[str],
        limits: Limits,
    ) -> Iterator[Chunk]:  # fmt: skip
        """Read on.

        Parameters
        ----------
        mark : int
            The byte to begin at.

        row : int
            How many rows come before.

        n_rows : int
            Most rows of a chunk.

        columns : sequence of Column
            The student's columns.

        keep : sequence of str
            Columns to hand on.

        limits : Limits
            What the student takes.

        Yields
        ------
        chunk : Chunk
            The next rows.
        """
        with self._path.open("rb") as file:
            file.seek(mark)
            records = _Records(file, self._separator, len(self.names), self._path.name)
            while batch := records.take(n_rows):
                yield self._chunk(batch, mark + records.n_bytes, row, columns, keep, limits)
                row += len(batch)

    def _chunk(
        self, batch: list[Record], mark: int, row: int, columns: Sequence[Column],
        keep: Sequence[str], limits: Limits,
    ) -> Chunk:  # fmt: skip
        whole = [i for i, one in enumerate(batch) if not one.reason]
        texts = list(zip(*(batch[i].fields for i in whole), strict=True))
        by_name: dict[str, Sequence[str]] = {
            name: texts[i] if texts else () for i, name in enumerate(self.names)
        }
        read = {
            column.name: read_texts(by_name[column.name], column, self._missing, limits)
            for column in columns
        }
        problems = join_problems(read)
        good = np.ones(len(whole), dtype=bool)
        good[list(problems)] = False
        reasons = {i: one.reason for i, one in enumerate(batch) if one.reason}
        reasons |= {whole[i]: reason for i, reason in problems.items()}
        bad = [Bad(row + i + 1, reasons[i], batch[i].text) for i in sorted(reasons)]
        frame, unseen = make_frame(read, good)
        kept = {
            name: [text for text, is_good in zip(by_name[name], good, strict=True) if is_good]
            for name in keep
        }
        return Chunk(len(batch), mark, frame, kept, bad, unseen)


class _Records:
    """The records of an open file, blank lines left out.

    A record that is not well formed and goes over several lines, as after a quotation mark that
    is not closed, costs its first line only: the others are read again.
    """

    def __init__(self, file: BinaryIO, separator: str, n_fields: int | None, source: str) -> None:
        self._lines = _Lines(file, source)
        self._reader = csv.reader(self._lines, delimiter=separator, strict=True)
        self._n_fields = n_fields
        self.n_bytes = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record:
        while True:
            reason, fields = "", []
            try:
                fields = next(self._reader)
            except csv.Error as error:
                reason = _explain(error)
            except StopIteration:
                self.n_bytes += sum(map(len, self._lines.take()))
                raise
            if fields == [] and not reason:
                self.n_bytes += sum(map(len, self._lines.take()))
                continue
            if not reason and self._n_fields is not None and len(fields) != self._n_fields:
                reason = f"has {len(fields)} values, and there are {self._n_fields} columns"
            if reason:
                self._lines.give_back()
            lines = self._lines.take()
            self.n_bytes += sum(map(len, lines))
            return Record(lines, fields, reason or _no_text(fields))

    def take(self, n: int) -> list[Record]:
        """Give the next records, fewer or none at the end of the file."""
        return [record for _, record in zip(range(n), self, strict=False)]


class _Lines:
    """Lines of a file as text, which can be given back."""

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._file = file
        self._source = source
        self._waiting: deque[bytes] = deque()
        self._taken: list[bytes] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE:
            msg = f"{self._source} has a line of more than {LONGEST_LINE} bytes: it is no table."
            raise DataError(msg)
        self._taken.append(line)
        return line.decode("utf-8", "surrogateescape")

    def take(self) -> list[bytes]:
        """Give the lines read since the last call."""
        lines, self._taken = self._taken, []
        return lines

    def give_back(self) -> None:
        """Read the lines after the first one again."""
        self._waiting.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


def _explain(error: csv.Error) -> str:
    """Say in a reader's words why a record is not well formed."""
    text = str(error)
    if "unexpected end" in text:
        return "has a quotation mark that is not closed"
    if "expected after" in text:
        return "has a quotation mark inside a quoted value, or one that is not closed"
    if "field larger" in text:
        return "has a quotation mark that is not closed, or a value of more than 131072 signs"
    if "new-line" in text:
        return "has a line end (a carriage return) inside a value that is not quoted"
    return f"is not well formed ({text})"


def _no_text(fields: list[str]) -> str:
    """Say which byte is no UTF-8; nothing for text."""
    joined = "".join(fields)
    if joined.isascii():
        return ""
    odd = next((sign for sign in joined if "\udc80" <= sign <= "\udcff"), None)
    return "" if odd is None else f"the byte 0x{ord(odd) - 0xDC00:02x} is not UTF-8"
