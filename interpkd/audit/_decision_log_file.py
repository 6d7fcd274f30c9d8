"""The file of a decision log: lines that are there whole, of one schema only."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from interpkd.exceptions import InvalidInputError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]  # asked before every use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SCHEMA: dict[str, Any] = {"schema": "interpkd.decision", "schema_version": 1}

STEP = 1 << 16
"""Bytes that are read at once when the end of the file is looked at."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_label(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def _is_hash(value: Any) -> bool:
    return _is_text(value) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_time(value: Any) -> bool:
    if not _is_text(value) or not value.endswith("Z"):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_reasons(value: Any) -> bool:
    names = {"column", "value", "reference", "contribution", "text"}
    return isinstance(value, list) and all(isinstance(a, dict) and names == set(a) for a in value)


def _or_null(is_right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_right(value)


FIELDS: dict[str, Callable[[Any], bool]] = {
    "decided_utc": _is_time,
    "id": _or_null(lambda value: _is_text(value) or isinstance(value, int)),
    "input_sha256": _is_hash,
    "model_version": _or_null(_is_text),
    "student_sha256": _or_null(_is_hash),
    "score": _is_number,
    "scored_class": _or_null(_is_label),
    "cutoff": _or_null(_is_number),
    "decision": _or_null(_is_label),
    "reasons": _or_null(_is_reasons),
    "reference": _or_null(lambda value: isinstance(value, dict)),
}
"""The fields of a line, in their order, and what each may hold."""


class LogFile:
    """A log that lines are added to.

    Parameters
    ----------
    path : path-like
        The file; made where there is none.

    Raises
    ------
    InvalidInputError
        If it cannot be written to, or holds something else.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file = -1

    def __enter__(self) -> Self:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            self._file = os.open(self._path, flags, 0o666)
        except OSError as error:
            msg = f"The log {str(self._path)!r} cannot be written to: {error.strerror}."
            raise InvalidInputError(msg) from error
        try:
            with self._locked():
                self._mend()
                self._check()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        try:
            os.fsync(self._file)
        finally:
            os.close(self._file)

    def append(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines: all of them, or none when that fails."""
        text = "".join(json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n" for one in lines)
        # half of a surrogate pair is no text; its escape is JSON
        left = memoryview(text.encode("utf-8", "backslashreplace"))
        with self._locked():
            self._mend()
            size = os.fstat(self._file).st_size
            try:
                while left:
                    left = left[os.write(self._file, left) :]
            except BaseException:
                os.ftruncate(self._file, size)
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from writing; where there are no locks, hope that none does."""
        if fcntl is None:
            yield
            return
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _mend(self) -> None:
        """Cut off what a killed process left of a line."""
        size = os.fstat(self._file).st_size
        whole = self._last_break(size)
        if whole < size:
            warnings.warn(
                f"{self._path.name} ended in {size - whole} bytes of a line that was never "
                "finished, left by a process that was killed; they were cut off.",
                stacklevel=5,
            )
            os.ftruncate(self._file, whole)

    def _last_break(self, end: int) -> int:
        """Give the position after the last line break before a position; 0 without one."""
        while end:
            start = max(0, end - STEP)
            os.lseek(self._file, start, os.SEEK_SET)
            found = os.read(self._file, end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
        return 0

    def _check(self) -> None:
        """See that the first and the last line are of this schema."""
        size = os.fstat(self._file).st_size
        if not size:
            return
        os.lseek(self._file, 0, os.SEEK_SET)
        with open(os.dup(self._file), "rb") as file:  # noqa: PTH123  # it is open already
            check_line(file.readline(), 1, self._path.name)
        start = self._last_break(size - 1)
        os.lseek(self._file, start, os.SEEK_SET)
        last = os.read(self._file, size - start)
        check_line(last, None, self._path.name)


def read_lines(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Read the lines of a log, each checked.

    Parameters
    ----------
    path : path-like
        The log.

    Yields
    ------
    line : dict
        One decision.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or a line is no decision.
    """
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                yield check_line(line, number, Path(path).name)
    except OSError as error:
        msg = f"The log {str(path)!r} cannot be read: {error.strerror}."
        raise InvalidInputError(msg) from error


def check_line(line: bytes, number: int | None, name: str) -> dict[str, Any]:
    """Read one line.

    Parameters
    ----------
    line : bytes
        The line with its end.

    number : int or None
        Its number from 1, None for the last line.

    name : str
        Name of the file, for the error.

    Returns
    -------
    line : dict
        The decision.

    Raises
    ------
    InvalidInputError
        If it is none.
    """
    where = f"{name}: {'the last line' if number is None else f'line {number}'}"
    if not line.endswith(b"\n"):
        msg = f"{where} is not finished: it has no line break at its end."
        raise InvalidInputError(msg)
    try:
        found = json.loads(line)
    except ValueError as error:
        msg = f"{where} is no JSON: {error}."
        raise InvalidInputError(msg) from error
    if not isinstance(found, dict) or any(found.get(key) != SCHEMA[key] for key in SCHEMA):
        msg = (
            f"{where} is no decision of the schema {SCHEMA['schema']!r}, version "
            f"{SCHEMA['schema_version']}. Name another file."
        )
        raise InvalidInputError(msg)
    if set(found) != {*SCHEMA, *FIELDS}:
        odd = sorted(set(found) ^ {*SCHEMA, *FIELDS})[0]
        msg = f"{where} {'has the unknown' if odd in found else 'lacks the'} field {odd!r}."
        raise InvalidInputError(msg)
    for field, is_right in FIELDS.items():
        if not is_right(found[field]):
            msg = f"{where} holds {found[field]!r} as {field}, which cannot be."
            raise InvalidInputError(msg)
    return found
