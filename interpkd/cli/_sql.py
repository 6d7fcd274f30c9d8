"""Reading a table or the rows of a query from a database, through SQLAlchemy."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpkd._optional import require
from interpkd.cli._columns import check_names, tidy
from interpkd.cli._errors import DataError
from interpkd.exceptions import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from interpkd.cli._source import Address

FILES = ("sqlite", "duckdb")
"""Databases that are a file: where it does not exist, their drivers would make an empty one."""

PURPOSE = "read from a database"


def read_sql(
    address: Address, *, query: str | None, table: str | None, categories: Sequence[str]
) -> tuple[pd.DataFrame, str]:
    """Read the rows of a query or of a table. Nothing is changed in the database.

    Parameters
    ----------
    address : Address
        The connection URL.

    query : str or None
        The query; None for all rows of `table`.

    table : str or None
        A table or view, with its schema and a dot in front where it is not in the usual one.

    categories : sequence of str
        Columns to read as categories although they are numbers.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The rows, with unique column names.

    name : str
        The query or table, and the database, without secrets.

    Raises
    ------
    DataError
        If the database or the query cannot be read; the message holds no secret.

    MissingExtraError
        If a library is not installed.
    """
    alchemy = require("sqlalchemy", extra="database", purpose=PURPOSE)
    try:
        url = alchemy.engine.make_url(address.url)
    except (alchemy.exc.ArgumentError, ValueError):
        msg = (
            "The connection URL cannot be read; write it as driver://user:password@host/base, or "
            "sqlite:///file.db, with signs such as @ in a password as %40."
        )
        raise DataError(msg) from None
    base = _base(url)
    what = f"table {table}" if query is None else f'query "{" ".join(query.split())}"'
    name = address.clean(f"{what} of the {base}")
    engine = _engine(alchemy, url, address, base)
    try:
        with engine.connect() as connection:
            text = (
                query if query is not None else _select_all(alchemy, connection, str(table), base)
            )
            names, rows = _rows(connection, text)
    except (alchemy.exc.SQLAlchemyError, OSError) as error:
        # not chained: what lies below may hold the URL
        raise DataError(_reason(error, address, name)) from None
    finally:
        engine.dispose()
    return _frame(names, rows, name, categories), name


def _base(url: Any) -> str:
    """Name the database: a file by its name, any other by name and host."""
    kind = url.get_backend_name()
    if kind in FILES:
        if url.database in {None, "", ":memory:"}:
            msg = f"The URL names a {kind} database in memory, which is empty; name its file."
            raise DataError(msg)
        path = Path(url.database)
        if not path.name.startswith("file:") and not path.is_file():
            msg = f"The {kind} database {path.name} does not exist (or is no file); check the path."
            raise DataError(msg)
        return f"{kind} database {path.name}"
    host = f" on {url.host}" if url.host else ""
    return f"{kind} database {url.database or ''}".rstrip() + host


def _engine(alchemy: Any, url: Any, address: Address, base: str) -> Any:
    is_duckdb = url.get_backend_name() == "duckdb"
    options = {"connect_args": {"read_only": True}} if is_duckdb else {}
    try:
        return alchemy.create_engine(url, **options)
    except alchemy.exc.NoSuchModuleError:
        if is_duckdb:
            require("duckdb_engine", extra="database", purpose=PURPOSE)
        msg = (
            f"SQLAlchemy knows no database of the kind {url.drivername!r} (sqlite, duckdb, "
            "postgresql, mysql, mssql and others); correct the URL, or install its dialect."
        )
        raise DataError(msg) from None
    except ModuleNotFoundError as error:
        msg = (
            f"{error.name} is needed to read the {base} and is not installed. Install it with: "
            f"pip install {error.name}"
        )
        raise MissingExtraError(msg, name=str(error.name)) from None
    except alchemy.exc.SQLAlchemyError as error:
        raise DataError(_reason(error, address, base)) from None


def _select_all(alchemy: Any, connection: Any, table: str, base: str) -> str:
    """Give the query of a whole table, its name quoted as the database wants it."""
    inspector = alchemy.inspect(connection)
    schema, _, last = table.rpartition(".")
    if inspector.has_table(table):
        schema, last = "", table
    elif not schema or not inspector.has_table(last, schema=schema):
        known = [*inspector.get_table_names(), *inspector.get_view_names()]
        near = difflib.get_close_matches(table, known, n=1)
        shown = ", ".join(known[:10]) or "none"
        hint = f"did you mean {near[0]!r}?" if near else f"its tables: {shown}."
        msg = f"The {base} has no table {table!r}; {hint}"
        raise DataError(msg)
    rows = alchemy.table(last, schema=schema or None)
    return str(alchemy.select(alchemy.literal_column("*")).select_from(rows).compile(connection))


def _rows(connection: Any, text: str) -> tuple[list[str], list[Any]]:
    """Run a query as it stands; what it may have changed is undone when the connection closes."""
    as_it_is = connection.execution_options(no_parameters=True)
    result = as_it_is.exec_driver_sql(text)
    if not result.returns_rows:
        msg = "--sql gives no rows; it must be a query, such as SELECT * FROM loans."
        raise DataError(msg)
    names = [str(one[0]) for one in result.cursor.description]
    return names, result.fetchall()


def _frame(names: list[str], rows: list[Any], name: str, categories: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    check_names(names, f"The {name}")
    if not rows:
        msg = f"The {name} has no rows."
        raise DataError(msg)
    columns = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {one: pd.Series(list(values)) for one, values in zip(names, columns, strict=True)}
    )
    return tidy(frame, categories)


def _reason(error: Exception, address: Address, name: str) -> str:
    """Say why a database could not be read, in its own words without secrets."""
    own = getattr(error, "orig", None) or error
    words = " ".join(str(own).split()) or type(own).__name__
    return address.clean(f"The {name} cannot be read: {words}")
