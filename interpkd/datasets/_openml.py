"""Tables of OpenML: fetched by scikit-learn, and checked against what is known of them.

scikit-learn downloads and caches, and compares each file with the MD5 that OpenML states. Both come
from one place, so here follow checks of our own: of the SHA-256 of the file, and of the size, the
names and the labels of the table. Where no checksum was established beforehand, that of the first
fetch is written down, and every later read is held against it.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import gzip
import hashlib
import math
from http.client import HTTPException
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from sklearn.datasets import fetch_openml, get_data_home
from sklearn.utils import Bunch

from interpkd._files import write_atomically
from interpkd.exceptions import DamagedFileError, FetchError, InvalidInputError, StorageError

if TYPE_CHECKING:
    import os

    from interpkd.datasets._openml_tables import OpenMLTable

VARIABLE = "SCIKIT_LEARN_DATA"
RECORDS = "interpkd"
"""The folder of the written checksums, beside scikit-learn's folder ``openml``."""


def fetch_table(
    table: OpenMLTable,
    *,
    data_home: str | os.PathLike[str] | None,
    n_retries: int,
    delay: float,
) -> Bunch:
    """Fetch a table, or read it from the cache; check it and name its parts.

    Parameters
    ----------
    table : OpenMLTable
        Which one, and what it has to look like.

    data_home, n_retries, delay : path-like or None, int, float
        As in the public functions.

    Returns
    -------
    bunch : Bunch
        As the public functions give it.

    Raises
    ------
    InvalidInputError
        If `n_retries` or `delay` breaks its rule.

    FetchError
        If it is not in the cache and cannot be fetched.

    DamagedFileError
        If it is not the table that it should be.

    StorageError
        If its checksum cannot be written down.
    """
    _check_patience(n_retries, delay)
    home = Path(get_data_home(data_home))
    raw = _ask(table, home, n_retries, delay)
    _check_table(table, raw, home)  # before a checksum is written down
    digest, against = _check_file(table, raw, home)
    return _named(table, raw, digest, against)


def _check_patience(n_retries: Any, delay: Any) -> None:
    if not isinstance(n_retries, Integral) or isinstance(n_retries, bool) or n_retries < 1:
        msg = f"n_retries must be a whole number of at least 1, got {n_retries!r}."
        raise InvalidInputError(msg)
    if not isinstance(delay, Real) or isinstance(delay, bool) or not 0 < float(delay) < math.inf:
        msg = f"delay must be a number of seconds above 0, got {delay!r}."
        raise InvalidInputError(msg)


def _ask(table: OpenMLTable, home: Path, n_retries: int, delay: float) -> Bunch:
    try:
        return fetch_openml(
            data_id=table.data_id,
            target_column=table.target,
            data_home=str(home),
            as_frame=True,
            # The other one fails on labels that are numbers (scikit-learn 1.9.1 with pandas 3.1,
            # 2026-11), and gives columns another dtype with each version of pandas.
            parser="liac-arff",
            n_retries=n_retries,
            delay=delay,
        )
    except (OSError, HTTPException) as error:  # a refused connection, a time-out, a server's error
        msg = (
            f"The data set {table.title} is not in the cache {str(home)!r}, and could not be "
            f"fetched: {error}. For a machine without a network, fetch it on one that has it, and "
            f"copy the folders 'openml' and '{RECORDS}' from the cache there into {str(home)!r}. "
            f"The parameter 'data_home', or the environment variable {VARIABLE}, names another "
            "cache."
        )
        raise FetchError(msg) from error
    except (ValueError, KeyError) as error:  # another MD5, no such entry, no such column
        raise _damaged(table, home, str(error)) from error


def _check_file(table: OpenMLTable, raw: Bunch, home: Path) -> tuple[str, str]:
    """Hold the file against its checksum; give that, and what it was held against."""
    digest, *others = {_sha256(path) for path in _cached_files(table, raw, home)}
    if others:
        raise _damaged(table, home, "the cache holds two files of it, which differ")
    record = home / RECORDS / f"openml-{table.data_id}.sha256"
    if table.sha256 is not None:
        expected, against = table.sha256, "the published checksum"
    elif record.is_file():
        expected = record.read_text(encoding="utf-8").partition(" ")[0]
        against = "the checksum of the first fetch"
    else:
        _write_down(record, f"{digest}  {table.name}.arff\n")
        return digest, "nothing: the first fetch, whose checksum was written down"
    if digest != expected:
        raise _damaged(table, home, f"its SHA-256 is {digest}, and {against} is {expected}")
    return digest, against


def _sha256(path: Path) -> str:
    with gzip.open(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cached_files(table: OpenMLTable, raw: Bunch, home: Path) -> list[Path]:
    """Find the file in scikit-learn's cache; 1.6 calls it by its number, 1.9 by its address."""
    places = (urlparse(raw.details["url"]).path, f"data/v1/download/{raw.details['file_id']}")
    paths = [home / "openml" / "openml.org" / f"{place.lstrip('/')}.gz" for place in places]
    found = [path for path in paths if path.is_file()]
    if not found:
        msg = (
            f"The file of {table.title} was not found under {str(home / 'openml')!r}, where "
            "scikit-learn keeps it, so its checksum cannot be seen. Is another program clearing "
            "the folder? Otherwise scikit-learn is newer than this version of interpkd knows."
        )
        raise StorageError(msg)
    return found


def _write_down(record: Path, line: str) -> None:
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(record, line)
    except OSError as error:
        msg = (
            f"The checksum {str(record)!r} could not be written: {error}. Give a folder that can "
            f"be written, by 'data_home' or the environment variable {VARIABLE}, or copy the "
            "checksum there together with the data."
        )
        raise StorageError(msg) from error


def _check_table(table: OpenMLTable, raw: Bunch, home: Path) -> None:
    """Compare the entry, the size, the names and the labels with what is known of the table."""
    found = {
        "name": raw.details["name"],
        "version": int(raw.details["version"]),
        "rows": len(raw.data),
        "columns": tuple(raw.data.columns),
        "target": raw.target.name,
    }
    stated = {
        "name": table.name,
        "rows": table.n_rows,
        "columns": table.names_there,
        "target": table.target,
    }
    if table.version is not None:
        stated["version"] = table.version
    if table.classes:
        found["classes"] = tuple(sorted(_texts(raw.target).unique()))
        stated["classes"] = tuple(sorted(table.classes))
    for what, value in stated.items():
        if found[what] != value:
            raise _damaged(table, home, f"{what}: {found[what]!r} instead of {value!r}")


def _named(table: OpenMLTable, raw: Bunch, digest: str, against: str) -> Bunch:
    """Give the table with the names that this package uses."""
    import pandas as pd

    data = raw.data.set_axis(list(table.columns), axis="columns").reset_index(drop=True)
    for name, values in data.items():
        if name in table.codes:
            data[name] = _texts(values).astype("category")
        elif pd.api.types.is_float_dtype(values) and (values % 1 == 0).all():
            data[name] = values.astype("int64")
    if table.classes:
        values = _texts(raw.target).map(dict(table.classes)).to_numpy(object)
    else:
        values = raw.target.to_numpy(float)
    target = pd.Series(values, name=table.target_name, dtype="object" if table.classes else None)
    details = {
        "name": table.name,
        "version": int(raw.details["version"]),
        "data_id": table.data_id,
        "url": table.url,
        "source": table.source,
        "licence": table.licence,
        "licence_on_openml": raw.details.get("licence"),
        "sha256": digest,
        "checked_against": against,
    }
    return Bunch(
        data=data,
        target=target,
        frame=pd.concat([data, target], axis="columns"),
        positive_class=table.positive,
        protected=list(table.protected),
        details=details,
        description=f"{table.source}. {table.title}.",
        DESCR=raw.DESCR,
    )


def _texts(values: Any) -> Any:
    """Give labels as text, also where they came as numbers: 1 and 1.0 are "1"."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values):
        values = values.astype(int)
    return values.astype(str).astype(object)


def _damaged(table: OpenMLTable, home: Path, why: str) -> DamagedFileError:
    msg = (
        f"The data set {table.title} is not what it should be: {why.rstrip('.')}. It was not used. Remove "
        f"the folder {str(home / 'openml')!r} and fetch it again; if that gives the same, do not "
        f"use it, and tell us: what {table.url} serves has changed."
    )
    return DamagedFileError(msg)
