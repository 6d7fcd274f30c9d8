"""Loading a student: every number checked on its way in, and nothing run."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from interpkd._saved_classes import MODULES, class_of
from interpkd.exceptions import DamagedFileError, InvalidInputError
from interpkd.export._file_members import (
    MAX_BYTES,
    MAX_MANIFEST,
    MAX_OBJECTS,
    read_array,
    read_json_member,
    read_members,
)
from interpkd.export._file_trees import bare_tree, complete_tree
from interpkd.export._file_values import unpack
from interpkd.export._read_json import read_json
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "interpkd.file"

VERSION = 1
"""The version that is written, and the only one there is."""


def load(path: str | os.PathLike[str]) -> Any:
    """Load a student that :func:`~interpkd.export.save` wrote.

    What comes back is of the class that was saved and answers as it did, to the last digit on the
    same machine; its rules, columns and plain `student_` are the same. Only its teacher is not
    there: `teacher_reference_` says which it was, `teacher_` raises, and the parameter `teacher` is
    None. It serves wherever a fitted student does, and may be fitted again.

    Nothing in the file is run, and no more than 256 MiB of memory are taken. Damage of any kind is
    an error: members cut short or changed, more or fewer of them than listed, sizes that are not
    theirs, links between nodes that lead nowhere, numbers that are none. So is a file whose
    document is not what the student built from it would write.

    Parameters
    ----------
    path : path-like
        The file, of at most 32 MiB.

    Returns
    -------
    student : fitted estimator
        The student.

    Raises
    ------
    DamagedFileError
        If the file is none of a student, or damaged; it is an `InvalidInputError` too.

    InvalidInputError
        If there is no such file, or a later version of interpkd wrote it.

    See Also
    --------
    interpkd.export.save : How it is written, with an example.
    interpkd.export.read_json : The same from the document alone, for scoring.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import load, save
    >>> student = DecisionTreeClassifier().fit([[1.0], [2.0]], ["repaid", "default"])
    >>> with TemporaryDirectory() as folder:
    ...     path = save(student, Path(folder) / "student.interpkd")
    ...     load(path).predict([[1.0]])
    array(['repaid'], dtype='<U7')
    """
    if not isinstance(path, (str, os.PathLike)):
        msg = f"path must be the path of a file that save wrote, got {type(path).__name__}."
        raise InvalidInputError(msg)
    file = Path(path)
    if not file.is_file():
        msg = f"The file {os.fspath(path)!r} does not exist. Pass the path that save wrote."
        raise InvalidInputError(msg)
    with file.open("rb") as opened:
        # it may have grown since its size was looked up
        data = b"" if file.stat().st_size > MAX_BYTES else opened.read(MAX_BYTES + 1)
    if not 0 < len(data) <= MAX_BYTES:
        _refuse(f"it is empty, or larger than {MAX_BYTES} bytes")
    return read_student(data)


def read_student(data: bytes) -> Any:
    """Build a student from the bytes of its file.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    student : fitted estimator
        The student.
    """
    members = read_members(data)
    manifest = read_manifest(members)
    document = read_json_member(members["student.json"], "student.json", most=MAX_OBJECTS)
    arrays = {
        name.removeprefix("arrays/").removesuffix(".npy"): read_array(content, name)
        for name, content in members.items()
        if name.startswith("arrays/")
    }
    try:
        read = read_json(document)
        student = _build(manifest, read, arrays)
        is_same = agree(to_json(student), document)
    except InvalidInputError as error:
        raise DamagedFileError(*error.args) from error
    except Exception as error:  # whatever a library finds wrong with numbers it was given
        _refuse(f"no student can be built from it: {error or type(error).__name__}", error)
    if not is_same:
        _refuse("its document is not that of the student built from it")
    return student


def agree(own: Any, given: Any) -> bool:
    """Tell whether two documents say the same, where both say something.

    Within a version of the schema keys may be added, so of two versions of the package either may
    know some that the other does not.
    """
    if isinstance(own, dict) and isinstance(given, dict):
        return all(agree(own[key], given[key]) for key in own.keys() & given.keys())
    if isinstance(own, list) and isinstance(given, list):
        return len(own) == len(given) and all(map(agree, own, given))
    return type(own) is type(given) and bool(own == given)


def read_manifest(members: Mapping[str, bytes]) -> dict[str, Any]:
    """Read the manifest, and compare the members with it.

    Parameters
    ----------
    members : mapping
        Names to contents.

    Returns
    -------
    manifest : dict
        The manifest, of this version.
    """
    if "manifest.json" not in members:
        _refuse("it has no manifest.json")
    manifest = read_json_member(members["manifest.json"], "manifest.json", most=MAX_MANIFEST)
    if manifest.get("format") != FORMAT:
        _refuse(f"its format is {str(manifest.get('format'))[:60]!r}, not {FORMAT!r}")
    _check_version(manifest)
    listed, others = manifest.get("members"), {*members} - {"manifest.json"}
    if not isinstance(listed, dict) or {*listed} != others or "student.json" not in listed:
        _refuse(f"its members are {sorted(others)}, and its manifest lists others")
    for name in sorted(others):
        content = members[name]
        facts = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        if listed[name] != facts:
            _refuse(f"the member {name!r} is not what was written: its hash or size differs")
    return manifest


def _check_version(manifest: Mapping[str, Any]) -> None:
    version = manifest.get("version")
    if type(version) is not int or version < 1:
        _refuse("its version is no number")
    if version > VERSION:
        writer = manifest.get("written_by")
        by = writer.get("interpkd") if isinstance(writer, dict) else None
        msg = (
            f"The file has version {version} of the format and was written by a later version of "
            f"interpkd{f', {by[:20]}' if isinstance(by, str) else ''}; this one reads up to "
            f"version {VERSION}. Install a later interpkd to read it."
        )
        raise InvalidInputError(msg)


def _build(manifest: Mapping[str, Any], read: Any, arrays: dict[str, Any]) -> Any:
    """Build a student of the class that the manifest names."""
    kind = manifest.get("class")
    if not isinstance(kind, str) or kind not in MODULES:
        _refuse(f"it names the class {str(kind)[:60]!r}; only {', '.join(sorted(MODULES))} are")
    parameters, state = (_read_part(manifest, name, arrays) for name in ("parameters", "state"))
    if arrays:
        _refuse(f"nothing in it asks for {', '.join(sorted(arrays))}")
    if kind == "ReadStudent":
        return read
    _check_parameters(kind, parameters)
    if read.kind == "tree":
        read.student_ = complete_tree(read.student_, state)
    if MODULES[kind] != "interpkd":
        if type(read.student_) is not class_of(kind):
            _refuse(f"its document is of no {kind}")
        return bare_tree(parameters, state, read)
    # the protocol of students that are saved, which their base class has
    return class_of(kind)._from_state(parameters, state, read)  # noqa: SLF001


def _read_part(manifest: Mapping[str, Any], name: str, arrays: dict[str, Any]) -> dict[str, Any]:
    part = manifest.get(name)
    if not isinstance(part, dict):
        _refuse(f"its manifest has no {name}")
    return {key: unpack(value, arrays) for key, value in part.items()}


def _check_parameters(kind: str, parameters: Mapping[str, Any]) -> None:
    """See that they are those of the class, all of them."""
    wanted = {*class_of(kind)().get_params(deep=False)} - {"teacher"}
    if {*parameters} != wanted:
        odd = sorted(wanted ^ {*parameters})
        _refuse(f"the parameters of a {kind} do not include, or lack, {', '.join(odd)[:80]}")


def _refuse(what: str, error: Exception | None = None) -> NoReturn:
    msg = f"The file is no saved student, or is damaged: {what}. Save the student again."
    raise DamagedFileError(msg) from error
