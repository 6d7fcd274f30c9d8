"""The answers as CSV or Parquet, in pieces that can be appended to a file one after the other."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING, Any, Protocol

import click
import numpy as np

from interpkd._optional import require
from interpkd.cli._csv import as_text
from interpkd.cli._predict_parquet import PURPOSE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from interpkd.cli._predict_values import Bad, Chunk
    from interpkd.export import ReadStudent

EXTRAS = {"leaf": "apply", "points": "score_samples", "score": "decision_function"}
"""What may be asked for beside the answer, and the method of a student that gives it."""

BAD_NAMES = ("row", "reason", "text")


class Form(Protocol):
    """A format of files."""

    def head(self) -> bytes:
        """Give what stands before all rows."""

    def rows(self, columns: Mapping[str, Any]) -> bytes:
        """Give some rows."""

    def finish(self, part: Path, target: Path) -> None:
        """Make the file of the pieces; it appears in one step."""


class Answers:
    """The columns of the output.

    Parameters
    ----------
    student : ReadStudent
        The student.

    extras : sequence of str
        Names of `EXTRAS`.

    Raises
    ------
    click.UsageError
        If the student has no such thing.
    """

    def __init__(self, student: ReadStudent, extras: Sequence[str]) -> None:
        for name in extras:
            if not hasattr(student, EXTRAS[name]):
                has = [one for one, method in EXTRAS.items() if hasattr(student, method)]
                msg = (
                    f"--with {name}: a student of kind {student.kind!r} has none; it has "
                    f"{', '.join(has) or 'its predictions only'}."
                )
                raise click.UsageError(msg)
        self._student = student
        self._extras = extras
        self._classes = getattr(student, "classes_", np.array([])).tolist()
        self._has_proba = hasattr(student, "predict_proba")

    @property
    def kinds(self) -> dict[str, str]:
        """The columns in order, and what they hold: "label", "number" or "integer"."""
        labels = [f"{name}" for name in self._classes]
        kinds = {"prediction": "label" if labels else "number"}
        if self._has_proba:
            kinds |= {f"probability_{label}": "number" for label in labels}
        for name in self._extras:
            if name == "score" and len(labels) > 2:
                kinds |= {f"score_{label}": "number" for label in labels}
            else:
                kinds[name] = "number" if name == "score" else "integer"
        return kinds

    def of(self, chunk: Chunk) -> dict[str, list[Any]]:
        """Ask the student about the good rows of a chunk."""
        if chunk.frame.empty:
            return {name: [] for name in self.kinds}
        X = chunk.frame if hasattr(self._student, "feature_names_in_") else _matrix(chunk.frame)
        answers: list[NDArray[Any]] = [self._student.predict(X)]
        if self._has_proba:
            answers += [*self._student.predict_proba(X).T]
        for name in self._extras:
            values = getattr(self._student, EXTRAS[name])(X)
            answers += [values] if values.ndim == 1 else [*values.T]
        return {name: values.tolist() for name, values in zip(self.kinds, answers, strict=True)}

    def arrow_type(self, kind: str) -> Any:
        """Give the Arrow type of a column; classes of several types become texts."""
        arrow = require("pyarrow", extra="parquet", purpose=PURPOSE)
        types = {
            "text": arrow.string(),
            "number": arrow.float64(),
            "integer": arrow.int64(),
            "str": arrow.string(),
            "bool": arrow.bool_(),
            "int": arrow.int64(),
            "float": arrow.float64(),
        }
        if kind != "label":
            return types[kind]
        names = {type(one).__name__ for one in self._classes}
        return types[names.pop() if len(names) == 1 else "text"]


def _matrix(frame: Any) -> NDArray[Any]:
    """Give the columns of a student that knows no names."""
    is_number = all(kind == np.float64 for kind in frame.dtypes)
    return np.asarray(frame.to_numpy(dtype=np.float64 if is_number else object))


class CsvForm:
    """CSV in UTF-8, numbers with all digits that tell them apart.

    Parameters
    ----------
    names : sequence of str
        The columns.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def head(self) -> bytes:
        """Give the line of names."""
        return _lines([self._names])

    def rows(self, columns: Mapping[str, Any]) -> bytes:
        """Give some rows."""
        return _lines(zip(*(_texts(columns[name]) for name in self._names), strict=True))

    def finish(self, part: Path, target: Path) -> None:
        """Give the file its name."""
        part.replace(target)


class ParquetForm:
    """Parquet; until the end a stream of Arrow's own, to which rows can be added.

    A Parquet file says at its end what is in it, and so cannot be half of one.

    Parameters
    ----------
    types : mapping of str to pyarrow.DataType
        The columns.
    """

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._arrow = require("pyarrow", extra="parquet", purpose=PURPOSE)
        self._parquet = require("pyarrow.parquet", extra="parquet", purpose=PURPOSE)
        self._schema = self._arrow.schema(list(types.items()))

    def head(self) -> bytes:
        """Give nothing: each piece says what its columns are."""
        return b""

    def rows(self, columns: Mapping[str, Any]) -> bytes:
        """Give some rows, as one whole stream."""
        arrays = [self._array(columns[field.name], field.type) for field in self._schema]
        batch = self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema)
        sink = io.BytesIO()
        with self._arrow.ipc.new_stream(sink, self._schema) as stream:
            stream.write_batch(batch)
        return sink.getvalue()

    def finish(self, part: Path, target: Path) -> None:
        """Write the streams as one Parquet file, one row group each."""
        draft = part.with_name(f"{part.name}.parquet")
        try:
            self._join(part, draft)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        part.unlink()

    def _join(self, part: Path, draft: Path) -> None:
        size = part.stat().st_size
        with part.open("rb") as file, self._parquet.ParquetWriter(draft, self._schema) as writer:
            while file.tell() < size:
                with self._arrow.ipc.open_stream(file) as stream:
                    for batch in stream:
                        writer.write_batch(batch)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())

    def _array(self, values: Any, kind: Any) -> Any:
        if isinstance(values, list):
            texts = kind == self._arrow.string()
            return self._arrow.array([str(one) for one in values] if texts else values, kind)
        return values


def bad_rows(bad: Sequence[Bad], *, with_head: bool) -> bytes:
    """Give rows that are set aside as CSV.

    People open this file in a spreadsheet, where no text of a table may run as a formula.

    Parameters
    ----------
    bad : sequence of Bad
        The rows.

    with_head : bool
        Whether the line of names comes first.

    Returns
    -------
    lines : bytes
        Row number, reason and text of each.
    """
    lines: list[Sequence[Any]] = [BAD_NAMES] if with_head else []
    lines += [(one.row, as_text(one.reason), as_text(one.text)) for one in bad]
    return _lines(lines)


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _texts(values: Any) -> list[Any]:
    """Give a column as a list; of Arrow's arrays their texts, nothing for a missing value."""
    if isinstance(values, list):
        return values
    arrow = require("pyarrow", extra="parquet", purpose=PURPOSE)
    return ["" if one is None else one for one in values.cast(arrow.string()).to_pylist()]
