"""Who reads the table: this process at once, this process part by part, or Dask."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd.cli._columns import tidy
from interpkd.cli._errors import DataError
from interpkd.cli._files import Files, find_files, fits_easily
from interpkd.cli._source import Address, check_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

MEMORY, ARROW, DASK = "memory", "arrow", "dask"


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who reads the table to a command."""
    options = (
        click.option(
            "--engine",
            type=click.Choice(["auto", MEMORY, ARROW, DASK]),
            default="auto",
            show_default=True,
            help="memory brings the table into memory; arrow reads Parquet files part by part; dask "
            "does so on a cluster, or with its local scheduler. auto: memory for one file that fits "
            "easily, else arrow.",
        ),
        click.option(
            "--scheduler-address",
            metavar="ADDRESS",
            help="Of a Dask scheduler, such as tcp://host:8786, for --engine dask.",
        ),
        click.option(
            "--checkpoint",
            metavar="DIR",
            type=click.Path(file_okay=False, path_type=Path),
            help="Folder in which a long fit keeps its finished stages, and from which the same fit "
            "goes on; for arrow and dask.",
        ),
        click.option(
            "--hold-out",
            type=click.Choice(["rows", "parts"]),
            default="rows",
            show_default=True,
            help="Of arrow and dask, hold out rows by a hash of their content, or whole parts of the "
            "files.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def choose_engine(
    source: Sequence[Path | Address | str], options: Mapping[str, Any]
) -> tuple[str, Files | None]:
    """Choose who reads the table, and find its files.

    Parameters
    ----------
    source : sequence of Path, Address or str
        What the user named.

    options : mapping
        "engine", "scheduler_address", "checkpoint", and how a table is read.

    Returns
    -------
    engine : {"memory", "arrow", "dask"}
        Who reads.

    files : Files or None
        The Parquet files; None of a CSV file or a database.

    Raises
    ------
    click.UsageError
        If an option does not go with the engine, or the engine not with the table.
    """
    engine = options["engine"]
    files = None
    only = source[0] if len(source) == 1 else None
    if isinstance(only, (Path, Address)):
        check_source(only, options)
        if isinstance(only, Path) and only.suffix.lower() == ".parquet" and engine != MEMORY:
            files = Files((str(only),), (str(only),))
    elif any(isinstance(one, Address) for one in source):
        msg = "a database is one table; name it alone."
        raise click.UsageError(msg)
    else:
        _check_parquet_options(options)
        files = find_files([str(one) for one in source])
    if engine == "auto":
        engine = MEMORY if files is None or _is_small(only, files) else ARROW
    elif engine != MEMORY and files is None:
        msg = f"--engine {engine} reads Parquet files; write the table as Parquet, or leave it out."
        raise click.UsageError(msg)
    _check_engine_options(engine, options)
    return engine, files


def read_files(files: Files, categories: Sequence[str]) -> pd.DataFrame:
    """Bring several files into memory.

    Parameters
    ----------
    files : Files
        The files.

    categories : sequence of str
        Columns to read as names.

    Returns
    -------
    frame : pandas.DataFrame
        Their rows, in the order of the files.
    """
    frame = files.dataset().to_table().to_pandas().reset_index(drop=True)
    if frame.empty:
        msg = f"{files.name}: the files have column names but no rows."
        raise DataError(msg)
    frame.columns = [str(name) for name in frame.columns]
    return tidy(frame, categories)


def _is_small(only: Path | Address | str | None, files: Files) -> bool:
    """Tell whether it is one file that fits easily; one that cannot be read is told of later."""
    if not isinstance(only, Path):
        return False
    try:
        return fits_easily(files)
    except (OSError, ValueError, ImportError):
        return True


def _check_parquet_options(options: Mapping[str, Any]) -> None:
    """Refuse options of databases and of CSV files."""
    wrong = {"--sql": options["sql"], "--table": options["table_name"]}
    wrong["--missing"] = options["missing"]
    for option, value in wrong.items():
        if value:
            msg = f"{option} is not for Parquet files: leave it out."
            raise click.UsageError(msg)


def _check_engine_options(engine: str, options: Mapping[str, Any]) -> None:
    needs = {"scheduler_address": (DASK,), "checkpoint": (ARROW, DASK)}
    for name, engines in needs.items():
        if options[name] is not None and engine not in engines:
            option = f"--{name.replace('_', '-')}"
            msg = f"{option} is for --engine {' or '.join(engines)}; this run's is {engine}."
            raise click.UsageError(msg)
    if options["hold_out"] != "rows" and engine == MEMORY:
        msg = "--hold-out parts is for --engine arrow or dask; in memory rows are held out."
        raise click.UsageError(msg)
