"""The members of a saved file: a plain zip in, bytes, JSON and arrays out, within stated bounds.

A file is read whole, never unpacked to a disk, and nothing in it is believed before it is measured:
the list of members before it is read, the size of a member before it is unpacked, the objects that a
text of JSON would become before it is parsed, the shape of an array before it is made.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import io
import json
import math
import re
import stat
import zipfile
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from interpkd.exceptions import DamagedFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAX_BYTES = 2**25
"""Most bytes of a file, and of its members together when unpacked: 32 MiB."""

MAX_OBJECTS = 2**26
"""Most bytes of the objects that the document may become: 64 MiB."""

MAX_MANIFEST = 2**23
"""The same for the manifest: 8 MiB."""

MAX_MEMORY = 2**28
"""What loading allocates at most, all in all: 256 MiB."""

MAX_MEMBERS = 64

NAME = re.compile(r"manifest\.json|student\.json|arrays/[a-z_]{1,40}(-[0-9]{1,3})?\.npy")

HEADER = re.compile(
    rb"\{'descr': '([<>|])([biufU])([0-9]{1,5})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,9}(?:, [0-9]{1,9}|,)*)?)\), \} *\n"
)
"""How numpy begins an array of numbers or texts; nothing else is let in to its reader."""

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip knows: the same bytes whenever a file is written."""


def write_members(members: Mapping[str, bytes]) -> bytes:
    """Give a zip of some members, the same bytes for the same members.

    Parameters
    ----------
    members : mapping
        Names to contents, in the order of the file.

    Returns
    -------
    data : bytes
        The file.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # or it would say on which system it was written
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def read_members(data: bytes) -> dict[str, bytes]:
    """Read all members of a zip.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    members : dict
        Names to contents.

    Raises
    ------
    DamagedFileError
        If it is no zip as `write_members` makes them, or a member is damaged.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            _check_members(listed)
            return {info.filename: _read_member(archive, info) for info in listed}
    except DamagedFileError:
        raise
    except Exception as error:  # damage may make the libraries fail in any way
        _refuse(f"its zip cannot be read: {error or type(error).__name__}", error)


def _check_directory(data: bytes) -> None:
    """See that the list of members stands at the end, and is short, before anything reads it."""
    end = data[-22:]
    if len(end) < 22 or end[:4] != b"PK\5\6" or end[20:] != b"\0\0":
        _refuse("it does not end as a zip does, so it was cut short or is something else")
    if data[-42:-38] == b"PK\6\7":
        _refuse("its zip has the form for sizes that no student has")
    count, size = (int.from_bytes(part, "little") for part in (end[10:12], end[12:16]))
    if not 0 < count <= MAX_MEMBERS or size > 2**14:
        _refuse(f"it lists {count} members in {size} bytes, and a student has few")


def _check_members(listed: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in listed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        _refuse(f"the member {twice[0]!r} is there twice")
    for info in listed:
        # `orig_filename`: the name before anything was made of a zero byte or a backslash
        if not NAME.fullmatch(info.filename) or info.orig_filename != info.filename:
            _refuse(f"it has a member {info.orig_filename[:60]!r}, and a student has none")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.is_dir():
            _refuse(f"the member {info.filename!r} is a link or a folder")
        if info.flag_bits & 0x1 or info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            _refuse(f"the member {info.filename!r} is encrypted or packed in an unusual way")
    total = sum(info.file_size for info in listed)
    if total > MAX_BYTES:
        _refuse(f"it unpacks to {total} bytes, more than the {MAX_BYTES} that are read")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # no more than it says, whatever it unpacks to; one more byte, so that its sum is checked
        content = file.read(info.file_size + 1)
    if len(content) != info.file_size:
        _refuse(f"the member {info.filename!r} is not of the size it says")
    return content


def write_json(value: Any) -> bytes:
    """Write JSON as people read it."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # half of a surrogate pair is no text; JSON and people can read its escape
    return text.encode("utf-8", "backslashreplace")


def read_json_member(content: bytes, name: str, *, most: int) -> dict[str, Any]:
    """Read JSON that must be one object, written as `write_json` writes it.

    Parameters
    ----------
    content : bytes
        The member.

    name : str
        Its name, for errors.

    most : int
        Bytes of memory that it may take.

    Returns
    -------
    value : dict
        The object.

    Raises
    ------
    DamagedFileError
        If it is not such JSON, or holds too much.
    """
    if objects_of(content) > most:
        _refuse(f"{name} would take more than {most} bytes of memory, as no student does")
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        _refuse(f"{name} is not JSON: {error}", error)
    if not isinstance(value, dict):
        _refuse(f"{name} is not one object")
    if not _is_canonical(value, content):  # a key twice, or a number too long to be read
        _refuse(f"{name} is not as save writes it")
    return value


def objects_of(content: bytes) -> int:
    """Bound the bytes of memory that a text of JSON becomes, from its signs.

    Every object, list, text and value has one, so there are no more of them than signs; lists and
    mappings have more room than they fill, and while they grow twice as much. A text has up to four
    bytes a letter where one is not ASCII.
    """
    wide = 1 if content.isascii() else 4
    signs = {b"{": 200, b"[": 104, b",": 48, b":": 72, b'"': 40}
    return len(content) * (1 + wide) + sum(n * content.count(sign) for sign, n in signs.items())


def _is_canonical(value: Any, content: bytes) -> bool:
    try:
        return write_json(value) == content
    except (ValueError, RecursionError):  # a number that was too large is infinite now
        return False


def _no_number(text: str) -> NoReturn:
    msg = f"{text} is no number"
    raise ValueError(msg)


def write_array(array: NDArray[Any]) -> bytes:
    """Write an array as numpy does, without pickle."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_array(content: bytes, name: str) -> NDArray[Any]:
    """Read an array of truth values, numbers or texts.

    Parameters
    ----------
    content : bytes
        The member.

    name : str
        Its name, for errors.

    Returns
    -------
    array : ndarray
        The array.

    Raises
    ------
    DamagedFileError
        If it is of another type, or its shape is not that of its bytes.
    """
    start = 10 + int.from_bytes(content[8:10], "little")
    header = HEADER.fullmatch(content[10:start])
    if content[:8] != b"\x93NUMPY\1\0" or header is None:
        _refuse(f"{name} is no array of numbers or texts")
    _, kind, width, _, shape = header.groups()
    size = int(width) * (4 if kind == b"U" else 1)
    lengths = [int(one) for one in shape.replace(b",", b" ").split()]
    if len(lengths) > 8 or start + math.prod(lengths) * size != len(content):
        _refuse(f"{name} says it is of shape {tuple(lengths)}, which is not what it holds")
    try:
        return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
    except Exception as error:  # such as a width that numpy does not know
        _refuse(f"{name} cannot be read: {error}", error)


def _refuse(what: str, error: Exception | None = None) -> NoReturn:
    msg = f"The file is no saved student, or is damaged: {what}. Save the student again."
    raise DamagedFileError(msg) from error
