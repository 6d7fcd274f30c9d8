"""Where the table comes from: a file, or a database that a connection URL names."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode

import click

from interpkd.cli._files import is_pattern, names_files
from interpkd.cli._sql import read_sql
from interpkd.cli._tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic for type checkers only, since click 8.4

SECRET = re.compile(r"pass|pwd|secret|token|key|cred|sig", re.IGNORECASE)
"""Names of URL parameters whose values nobody shall see."""

HIDDEN = "***"


@dataclass(frozen=True)
class Address:
    """A connection URL, which is written without its secrets.

    Attributes
    ----------
    url : str
        The whole URL; not in the representation.

    public : str
        The same without a password and without parameters that look like secrets.

    secrets : tuple of str
        What was left out, in every spelling in which a message might hold it.
    """

    url: str = field(repr=False)
    public: str
    secrets: tuple[str, ...] = field(repr=False)

    def clean(self, text: str) -> str:
        """Take the secrets out of a text."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text


def read_address(url: str) -> Address:
    """Take a connection URL apart into what may be shown and what may not.

    Parameters
    ----------
    url : str
        Such as ``"postgresql://user:password@host/base"``.

    Returns
    -------
    address : Address
        The URL, with and without secrets.
    """
    scheme, _, rest = url.partition("://")
    rest, question, parameters = rest.partition("?")
    secrets: list[str] = []
    # the last "@" ends the user's part: a password may hold one that is not escaped
    user, at, place = rest.rpartition("@")
    if at:
        user, colon, password = user.partition(":")
        if colon:
            secrets.append(password)
    pairs = parse_qsl(parameters, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not SECRET.search(name)]
    secrets += [value for name, value in pairs if SECRET.search(name)]
    known = {one for secret in secrets for one in (secret, unquote(secret))}
    spelt = {
        one for secret in known for one in (secret, quote(secret, safe=""), quote_plus(secret))
    }
    tail = question + urlencode(kept, safe="/:,") if kept else ""
    public = f"{scheme}://{user}{at}{place}{tail}"
    return Address(url, public, tuple(sorted(one for one in spelt if one)))


class SourceType(ParamType):
    """A file that exists, or a connection URL."""

    name = "source"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | Address | str:
        """Tell a URL by its ``://``; anything else must be a file, a folder or a pattern.

        Parameters
        ----------
        value : str, Path or Address
            What the user wrote.

        param, ctx : object
            As click gives them.

        Returns
        -------
        source : Path, Address or str
            The file, the database, or what names several files or files at a URL.
        """
        if isinstance(value, Address):
            return value
        if names_files(str(value)) or is_pattern(str(value)):
            return str(value)
        if "://" in str(value):
            return read_address(str(value))
        path: Path = click.Path(exists=True, dir_okay=False, path_type=Path).convert(
            value, param, ctx
        )
        return path


def check_source(source: Path | Address, options: Mapping[str, Any]) -> None:
    """Refuse options that do not go with the source.

    Parameters
    ----------
    source : Path or Address
        The file or the database.

    options : mapping
        "sql", "table_name", "missing" and "separator".

    Raises
    ------
    click.UsageError
        If a database comes without ``--sql`` and ``--table`` or with both, or a file with one.
    """
    asked = [name for name, key in (("--sql", "sql"), ("--table", "table_name")) if options[key]]
    if len(options["separator"]) != 1:
        msg = f"--separator must be a single character, got {options['separator']!r}."
        raise click.UsageError(msg)
    if isinstance(source, Path):
        if asked:
            msg = f"{asked[0]} is for a database; {source.name} is a file: leave it out."
            raise click.UsageError(msg)
        return
    if len(asked) != 1:
        msg = (
            "a connection URL needs either --table NAME or --sql 'SELECT ...', got "
            f"{'both' if asked else 'neither'}."
        )
        raise click.UsageError(msg)
    if options["missing"]:
        msg = "--missing is for CSV files; a database has missing values of its own (NULL)."
        raise click.UsageError(msg)


def read_source(source: Path | Address, options: Mapping[str, Any]) -> tuple[pd.DataFrame, str]:
    """Read the table.

    Parameters
    ----------
    source : Path or Address
        The file or the database.

    options : mapping
        "sql", "table_name", "separator", "missing" and "category".

    Returns
    -------
    frame : pandas.DataFrame
        The table.

    name : str
        What it is called in messages and in the report, without secrets.
    """
    if isinstance(source, Path):
        frame = read_table(
            source,
            separator=options["separator"],
            missing=options["missing"],
            categories=options["category"],
        )
        return frame, source.name
    return read_sql(
        source, query=options["sql"], table=options["table_name"], categories=options["category"]
    )
