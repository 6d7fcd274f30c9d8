"""Arrays of one block in one file, which is there whole or not at all.

A file is a list of names and then one array after another, each as numpy writes it. An array can
be read from it or mapped into memory without the others.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from interpkd.exceptions import DamagedFileError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to a file, in one step.

    Parameters
    ----------
    path : Path
        Where to; a file that is there is replaced.

    arrays : mapping of str to ndarray
        The arrays.

    Raises
    ------
    StorageError
        If they cannot be written; nothing is left of them.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb", buffering=0) as file:
            names = json.dumps([*arrays]).encode()
            for array in (np.frombuffer(names, dtype=np.uint8), *arrays.values()):
                _write(file, np.ascontiguousarray(array))
        draft.replace(path)
    except BaseException as error:
        draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise storage_error(path, error) from error
        raise


def read_arrays(
    path: Path, *, only: Iterable[str] | None = None, mapped: Iterable[str] = ()
) -> dict[str, NDArray[Any]]:
    """Read arrays of a file.

    Parameters
    ----------
    path : Path
        The file.

    only : iterable of str or None, default=None
        The arrays that are wanted; None for all.

    mapped : iterable of str, default=()
        Those to map into memory instead, read-only.

    Returns
    -------
    arrays : dict of str to ndarray
        The arrays.

    Raises
    ------
    DamagedFileError
        If the file is not whole.
    """
    only, mapped = None if only is None else frozenset(only), frozenset(mapped)
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with path.open("rb") as file:
            names = json.loads(npy.read_array(file, allow_pickle=False).tobytes())
            for name in names:
                shape, dtype = _header(file)
                start, n_bytes = file.tell(), dtype.itemsize * int(np.prod(shape, dtype=np.int64))
                if only is None or name in only:
                    if name in mapped and n_bytes:
                        arrays[name] = np.memmap(path, dtype, "r", start, shape)
                    else:
                        arrays[name] = _values(file, shape, dtype)
                file.seek(start + n_bytes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{str(path)!r} is not, or no longer, what was written there: {error}"
        raise DamagedFileError(msg) from error
    return arrays


def storage_error(path: Path, error: OSError) -> StorageError:
    """Say which file could not be written, why, and what helps."""
    reason = error.strerror or str(error)
    msg = (
        f"{str(path)!r} cannot be written: {reason}. Make room in {str(path.parent)!r}, or choose "
        "another folder: checkpoint=DIR for what a fit keeps, the environment variable TMPDIR for "
        "scratch files. What was half written is removed."
    )
    return StorageError(msg)


def _write(file: Any, array: NDArray[Any]) -> None:
    npy.write_array_header_1_0(file, npy.header_data_from_array_1_0(array))
    rest = memoryview(array.reshape(-1).view(np.uint8).data)
    while rest:  # unbuffered: a call may write less, and the one after it says why
        rest = rest[file.write(rest) :]


def _header(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[Any]]:
    npy.read_magic(file)
    shape, is_fortran, dtype = npy.read_array_header_1_0(file)
    if is_fortran or dtype.hasobject:
        msg = "an array in it is of another kind"
        raise ValueError(msg)
    return shape, dtype


def _values(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    n_values = int(np.prod(shape, dtype=np.int64))
    values = np.fromfile(file, dtype, n_values)
    if len(values) != n_values:
        msg = "it ends too early"
        raise ValueError(msg)
    return values.reshape(shape)
