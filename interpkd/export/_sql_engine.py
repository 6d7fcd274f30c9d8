"""DuckDB and SQLite: the statement is executed, on a real table filled with the rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import require
from interpkd.exceptions import ParityError
from interpkd.export._parity import Answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.export._sql_order import Order

NEARLY = 1e-12
"""How near a probability may be to a cut-off for rounding to decide."""

TYPES = {
    "duckdb": {"numeric": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR"},
    "sqlite": {"numeric": "REAL", "boolean": "INTEGER", "text": "TEXT"},
}


class SqlEngine:
    """What runs a statement.

    Parameters
    ----------
    data : dict
        The document of the student.

    order : Order
        What was asked for, in the dialect "duckdb" or "sqlite".
    """

    tolerance = 1e-12
    in_single = False
    gives_nan = True
    """Whether every other missing number is NaN instead of NULL, in DuckDB."""

    def __init__(self, data: Mapping[str, Any], order: Order) -> None:
        self.data, self.order = data, order
        self.name = order.dialect.title
        self.is_duckdb = order.dialect.name == "duckdb"

    def version(self) -> str | None:
        """Give the version that is installed; None when there is none."""
        if self.is_duckdb:
            try:
                return metadata.version("duckdb")
            except metadata.PackageNotFoundError:
                return None
        try:
            with closing(sqlite3.connect(":memory:")) as database:
                database.execute("SELECT EXP(0), JSON_EXTRACT('1', '$')")
        except sqlite3.OperationalError:
            return None
        return sqlite3.sqlite_version

    def install_line(self) -> str:
        """Say what installs it."""
        if self.is_duckdb:
            return 'pip install "interpkd[sql]"'
        return "a Python whose SQLite has the functions EXP and JSON_EXTRACT"

    def answers(self, artefact: str, rows: Any) -> Answers:
        """Answer rows: a pandas data frame of float64, "boolean" and object columns with None."""
        table = _Table(self.data, self.order, rows)
        if self.is_duckdb:
            found = _run_duckdb(artefact, table, gives_nan=self.gives_nan)
        else:
            found = _run_sqlite(artefact, table)
        if len(found) != len(rows):
            msg = f"{self.name} answered {len(found)} of {len(rows)} rows."
            raise ParityError(msg)
        listed = [*zip(*found, strict=True)]
        columns = dict(zip(self.order.outputs, listed, strict=True))
        return self._read(columns)

    def _read(self, columns: Mapping[Any, Sequence[Any]]) -> Answers:
        """Read the answers from the columns."""
        classes = self.data["classes"]
        numbers = [
            np.array(values, dtype=np.float64)  # a NULL becomes NaN
            for one, values in columns.items()
            if one.kind in ("value", "probability")
        ]
        if classes is None:
            return Answers(numbers[0])
        P = np.stack([1 - numbers[0], *numbers] if len(classes) == 2 else numbers, axis=1)
        said = [values for one, values in columns.items() if one.kind == "prediction"]
        if said:
            # a dialect without truth values says 0 and 1, which Python takes for the same
            known = {one: one for one in classes}
            labels = _objects([known.get(value) for value in said[0]])
            if self.order.cutoff is None:
                return Answers(labels, P)
            _check_cutoff(P, labels, classes, self.order.cutoff)
        decided = np.nan_to_num(P, nan=-1).argmax(axis=1)
        return Answers(_objects([classes[k] for k in decided]), P)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _check_cutoff(
    P: FloatArray, labels: NDArray[Any], classes: Sequence[Any], cutoff: float
) -> None:
    """See that labels are on the side of the cut-off on which probabilities are."""
    is_second = np.array([label == classes[1] for label in labels])
    wrong = (is_second != (P[:, 1] > cutoff)) & (np.abs(P[:, 1] - cutoff) > NEARLY)
    if wrong.any():
        row = int(wrong.argmax())
        msg = (
            f"Row {row} has the probability {P[row, 1]!r} and is called {labels[row]!a}, where "
            f"the cut-off is {cutoff!r}."
        )
        raise ParityError(msg)


class _Table:
    """The rows as a database takes them: names, types and values of columns."""

    def __init__(self, data: Mapping[str, Any], order: Order, rows: Any) -> None:
        dialect, types = order.dialect, TYPES[order.dialect.name]
        self.parts = [dialect.write_name(part, "the table") for part in order.table]
        self.name = ".".join(self.parts)
        self.columns: list[tuple[str, str, list[Any]]] = []
        given = {dialect.same_name(name) for name in order.names.values()}
        for column in data["columns"]:
            kind = _kind(column)
            values = [_plain(value, kind) for value in rows[column["name"]].tolist()]
            name = dialect.write_name(order.names[column["name"]], "the column")
            self.columns.append((name, types[kind], values))
        for name in order.keep:
            if dialect.same_name(name) not in given:
                written = dialect.write_name(name, "the column")
                self.columns.append((written, "INTEGER", [*range(len(rows))]))

    @property
    def create(self) -> str:
        """The statement that makes it."""
        listed = ", ".join(f"{name} {kind}" for name, kind, _ in self.columns)
        return f"CREATE TABLE {self.name} ({listed})"


def _kind(column: Mapping[str, Any]) -> str:
    """Say what a table holds in a column."""
    labels = column["categories"]
    if column["kind"] != "category":
        return str(column["kind"])
    if labels and all(isinstance(label, bool) for label in labels):
        return "boolean"
    return "text" if not labels or isinstance(labels[0], str) else "numeric"


def _plain(value: Any, kind: str) -> Any:
    """Give a value as a column of a database holds it, None where it is missing."""
    if kind == "text":
        return value if isinstance(value, str) else None
    # not a number, or a category that a column of numbers does not hold
    if not isinstance(value, (bool, int, float)) or value != value:  # noqa: PLR0124
        return None
    return bool(value) if kind == "boolean" else float(value)


def _run_duckdb(statement: str, table: _Table, *, gives_nan: bool) -> list[tuple[Any, ...]]:
    """Run it in a DuckDB in memory."""
    duckdb = require("duckdb", extra="sql", purpose="check an export to SQL")
    frame, items = _duckdb_rows(table, gives_nan=gives_nan)
    with duckdb.connect(":memory:") as database:
        database.execute("SET threads TO 1")  # rows come in their order
        database.execute("SET pandas_analyze_sample TO 0")
        schema = table.parts[:-1]
        if len(schema) == 2:
            database.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {schema[0]}")
        if schema:
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(schema)}")
        database.execute(table.create)
        database.register("rows to score", frame)
        insert = f'INSERT INTO {table.name} SELECT {", ".join(items)} FROM "rows to score"'  # noqa: S608  # names are quoted
        database.execute(insert)
        found: list[tuple[Any, ...]] = database.execute(statement).fetchall()
    return found


def _duckdb_rows(table: _Table, *, gives_nan: bool) -> tuple[Any, list[str]]:
    """Give the rows as a data frame, and what fills the table from it."""
    import pandas as pd

    parts: dict[str, Any] = {}
    items = []
    for k, (_, kind, values) in enumerate(table.columns):
        if kind != "DOUBLE":
            parts[f"c{k}"] = pd.Series(values, dtype=object)
            items.append(f"CAST(c{k} AS {kind})")
            continue
        parts[f"c{k}"] = np.array(values, dtype=np.float64)
        state = np.isnan(parts[f"c{k}"]).astype(np.int8)
        if gives_nan:  # by turns: both are missing
            state[np.flatnonzero(state)[1::2]] = 2
        parts[f"s{k}"] = state
        items.append(f"CASE s{k} WHEN 0 THEN c{k} WHEN 2 THEN CAST('NaN' AS DOUBLE) END")
    return pd.DataFrame(parts), items


def _run_sqlite(statement: str, table: _Table) -> list[tuple[Any, ...]]:
    """Run it in an SQLite in memory."""
    database = sqlite3.connect(":memory:")
    try:
        if len(table.parts) == 2 and table.parts[0].lower() not in ('"main"', '"temp"'):
            database.execute(f"ATTACH ':memory:' AS {table.parts[0]}")
        database.execute(table.create)
        places = ", ".join("?" for _ in table.columns)
        insert = f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608  # names are quoted
        database.executemany(insert, zip(*(values for *_, values in table.columns), strict=True))
        return database.execute(statement).fetchall()
    finally:
        database.close()
