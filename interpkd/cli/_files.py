"""One or many Parquet files, here or on a store that fsspec knows, as one data set."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from interpkd._optional import require
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = frozenset(
    [
        "abfs",
        "abfss",
        "adl",
        "az",
        "file",
        "gcs",
        "github",
        "gs",
        "hdfs",
        "hf",
        "http",
        "https",
        "local",
        "memory",
        "oci",
        "s3",
        "s3a",
        "sftp",
        "smb",
        "ssh",
        "webhdfs",
    ]
)
"""Schemes of URLs that name files; any other names a database."""

SIGNS = "*?["
"""What makes a path a pattern."""

EASILY = 8
"""A file fits into memory easily when so many times its columns would."""

SUFFIX = ".parquet"


@dataclass(frozen=True)
class Files:
    """Parquet files of one table.

    Attributes
    ----------
    paths : tuple of str
        As their file system knows them.

    urls : tuple of str
        The same as anybody knows them.

    filesystem : object or None
        Of pyarrow; None for the local one.
    """

    paths: tuple[str, ...]
    urls: tuple[str, ...]
    filesystem: Any = None

    @property
    def name(self) -> str:
        """What the table is called in messages and in the report."""
        first = self.paths[0].rsplit("/", 1)[-1]
        return first if len(self.paths) == 1 else f"{len(self.paths)} files, {first} first"

    def dataset(self) -> Any:
        """Open the files as one data set, after a look at the schema of each.

        Returns
        -------
        dataset : pyarrow.dataset.Dataset
            The rows, in the order of the files.

        Raises
        ------
        DataError
            If a file is no Parquet file, or its columns are others than those of the first.
        """
        arrow = require("pyarrow", extra="parquet", purpose="read Parquet files")
        parquet = require("pyarrow.parquet", extra="parquet", purpose="read Parquet files")
        datasets = require("pyarrow.dataset", extra="parquet", purpose="read Parquet files")
        first = None
        for path in self.paths:
            try:
                schema = parquet.read_schema(path, filesystem=self.filesystem)
            except (arrow.ArrowException, OSError) as error:
                msg = f"{path} is no readable Parquet file: {error}"
                raise DataError(msg) from error
            first = schema if first is None else first
            _check_same(first, schema, self.paths[0], path)
        return datasets.dataset(
            list(self.paths), filesystem=self.filesystem, format="parquet", schema=first
        )

    def n_bytes(self) -> int:
        """Give what the columns take, as the files tell."""
        parquet = require("pyarrow.parquet", extra="parquet", purpose="read Parquet files")
        total = 0
        for path in self.paths:
            of = parquet.read_metadata(path, filesystem=self.filesystem)
            total += sum(of.row_group(k).total_byte_size for k in range(of.num_row_groups))
        return total


def names_files(source: str) -> bool:
    """Tell whether a source is a URL of files: any other URL is a database's.

    Parameters
    ----------
    source : str
        What the user wrote.

    Returns
    -------
    names : bool
        Whether it is one.
    """
    scheme, found, _ = source.partition("://")
    return bool(found) and scheme.lower() in SCHEMES


def find_files(sources: Sequence[str]) -> Files:
    """Find the files that paths, patterns, folders and URLs name, each once.

    Parameters
    ----------
    sources : sequence of str
        What the user wrote.

    Returns
    -------
    files : Files
        In the order of the sources, those of a pattern by name.

    Raises
    ------
    click.UsageError
        If nothing is there, or it lies in different places.

    DataError
        If a file does not end in .parquet.
    """
    remote = [source for source in sources if names_files(source)]
    if remote and len(remote) < len(sources):
        msg = "the files are partly here and partly at a URL; give file:// URLs for those here."
        raise click.UsageError(msg)
    files = _find_remote(remote) if remote else _find_local(sources)
    odd = [path for path in files.paths if not path.lower().endswith(SUFFIX)]
    if odd:
        msg = (
            f"{odd[0]} does not end in {SUFFIX}; several files, or files at a URL, must be Parquet."
        )
        raise DataError(msg)
    return files


def fits_easily(files: Files) -> bool:
    """Tell whether a table fits into memory so well that nobody needs to think of it."""
    from interpkd._collections import available_bytes  # the learners come with it

    return len(files.paths) == 1 and EASILY * files.n_bytes() < available_bytes()


def is_pattern(source: str) -> bool:
    """Tell whether a source may name many: a pattern that is no file itself, a folder of Parquet."""
    if "://" in source:
        return False
    path = Path(source)
    if path.is_dir():
        return any(path.rglob(f"*{SUFFIX}"))
    return any(sign in source for sign in SIGNS) and not path.exists()


def _find_local(sources: Sequence[str]) -> Files:
    found: list[str] = []
    for source in sources:
        if Path(source).is_dir():
            own = sorted(str(path) for path in Path(source).rglob(f"*{SUFFIX}"))
        elif is_pattern(source):
            own = sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - patterns may be absolute
        else:
            own = [source] if Path(source).exists() else []
        found += _some(own, source)
    paths = tuple(dict.fromkeys(found))
    return Files(paths, paths)


def _find_remote(sources: Sequence[str]) -> Files:
    core = require("fsspec.core", extra="dask", purpose="read files at a URL")
    handlers = require("pyarrow.fs", extra="parquet", purpose="read Parquet files")
    found: list[str] = []
    systems = []
    for source in sources:
        try:
            system, path = core.url_to_fs(source)
        except ImportError as error:
            msg = f"{source}: {error}"
            raise DataError(msg) from error
        systems.append(system)
        if any(sign in path for sign in SIGNS):
            own = sorted(system.glob(path))
        elif system.isdir(path):
            own = sorted(one for one in system.find(path) if str(one).endswith(SUFFIX))
        else:
            own = [path] if system.exists(path) else []
        found += _some([str(one) for one in own], source)
    if any(system != systems[0] for system in systems):
        msg = f"the files lie in different places ({sources[0]}, …); give those of one place."
        raise click.UsageError(msg)
    paths = tuple(dict.fromkeys(found))
    urls = tuple(systems[0].unstrip_protocol(path) for path in paths)
    return Files(paths, urls, handlers.PyFileSystem(handlers.FSSpecHandler(systems[0])))


def _some(found: list[str], source: str) -> list[str]:
    if not found:
        msg = f"{source!r} names no file; check the path, and put a pattern into quotes."
        raise click.UsageError(msg)
    return found


def _check_same(first: Any, schema: Any, first_path: str, path: str) -> None:
    """Refuse a file whose columns are not those of the first one."""
    names, own = set(first.names), set(schema.names)
    if names != own:
        name = sorted(names ^ own)[0]
        lacks, has = (path, first_path) if name in names else (first_path, path)
        msg = f"The files differ: {lacks} lacks the column {name!r}, which {has} has."
        raise DataError(msg)
    for name in first.names:
        one, other = first.field(name).type, schema.field(name).type
        if one != other:
            msg = (
                f"The files differ: the column {name!r} is {other} in {path}, and {one} in "
                f"{first_path}. Write them with the same types."
            )
            raise DataError(msg)
