"""The rows of a file for a student: opened, and refused before any of them is read."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from interpkd.cli._errors import DataError
from interpkd.cli._predict_csv import CsvRows
from interpkd.cli._predict_parquet import ParquetRows
from interpkd.cli._predict_values import Limits, missing_texts
from interpkd.cli._tables import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from interpkd._tables import Column
    from interpkd.export import ReadStudent


def open_rows(
    path: Path, separator: str, missing: Sequence[str], name: str
) -> CsvRows | ParquetRows:
    """Open a file by its ending.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file.

    separator : str
        What stands between values of a CSV file.

    missing : sequence of str
        Texts of a CSV file that mean missing, beside the usual ones.

    name : str
        What the command line calls the file.

    Returns
    -------
    rows : CsvRows or ParquetRows
        The rows, none of them read.

    Raises
    ------
    click.UsageError
        If the ending is unknown, or an option does not go with it.

    DataError
        If the file cannot be read as what its ending says.
    """
    check_ending(path, name)
    if len(separator) != 1:
        msg = f"--separator must be a single character, got {separator!r}."
        raise click.UsageError(msg)
    if path.suffix.lower() == ".csv":
        return CsvRows(path, separator, missing_texts(missing))
    if missing:
        msg = "--missing is for CSV files; a Parquet file has missing values of its own."
        raise click.UsageError(msg)
    return ParquetRows(path)


def check_ending(path: Path, name: str) -> None:
    """Refuse a file whose ending says neither CSV nor Parquet."""
    if path.suffix.lower() not in SUFFIXES:
        msg = f"{name} {path.name!r} must be a file ending in {' or '.join(SUFFIXES)}."
        raise click.UsageError(msg)


def check_columns(rows: CsvRows | ParquetRows, columns: Sequence[Column], source: str) -> None:
    """Refuse a table that lacks columns, or has them of other types.

    Parameters
    ----------
    rows : CsvRows or ParquetRows
        The table.

    columns : sequence of Column
        The student's columns.

    source : str
        The name of the table.

    Raises
    ------
    DataError
        Naming the columns.
    """
    lacking = [column.name for column in columns if column.name not in rows.names]
    if lacking:
        shown = ", ".join(map(repr, lacking[:5])) + (", …" if len(lacking) > 5 else "")
        msg = (
            f"{source} lacks {len(lacking)} of the {len(columns)} columns of the student: {shown}."
            f"{hint(lacking[0], rows.names)}"
        )
        raise DataError(msg)
    rows.check(columns)


def hint(name: str, names: Sequence[str]) -> str:
    """Ask about the nearest name; nothing where none is near."""
    lowered = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    return f" Is {lowered[near[0]]!r} meant instead of {name!r}?" if near else ""


def limits_of(student: ReadStudent) -> Limits:
    """Say what a student takes."""
    return Limits(takes_missing=student.takes_missing_, in_single=student.kind == "tree")
