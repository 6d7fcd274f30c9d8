"""Saving a student: a file of numbers and texts that people can read and that runs nothing."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NoReturn

from interpkd._files import write_atomically
from interpkd._saved_classes import MODULES, saved_name
from interpkd.exceptions import InvalidInputError
from interpkd.export._file_members import write_array, write_json, write_members
from interpkd.export._file_trees import bare_state, tree_arrays
from interpkd.export._file_values import Packer
from interpkd.export._load import FORMAT, VERSION, read_student
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    import os
    from pathlib import Path

LIBRARIES = ("interpkd", "numpy", "scikit-learn", "scipy", "pandas")


def save(student: Any, path: str | os.PathLike[str]) -> Path:
    """Save a student to a file that :func:`~interpkd.export.load` reads.

    The file is a zip of JSON and of arrays of numbers: a manifest with parameters, versions and the
    SHA-256 of every member, the document of :func:`~interpkd.export.to_json`, and what that lacks.
    There is no pickle and no code in it, and no teacher: of that its type and hash are noted. The
    same student gives the same bytes. Before it is written it is read again, and must give the
    same student.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard of this package, what
        :func:`~interpkd.export.read_json` gave, or a decision tree of scikit-learn.

    path : path-like
        The file, commonly ``*.interpkd``. It appears whole or not at all.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    InvalidInputError
        If the student is of another class, or has a parameter, class or category that cannot be
        written, or is too large to be read again.

    See Also
    --------
    interpkd.export.load : The way back.
    interpkd.export.to_json : The document alone.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from interpkd import DistilledTreeRegressor
    >>> from interpkd.export import load, save
    >>> X = np.arange(12.0)[:, None]
    >>> student = DistilledTreeRegressor(max_leaf_nodes=2).fit(X, teacher_proba=X[:, 0] > 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(student, Path(folder) / "student.interpkd")
    ...     again = load(path)
    >>> again
    DistilledTreeRegressor(max_leaf_nodes=2)
    >>> again.predict([[5.0], [6.0]]).tolist()
    [0.0, 1.0]
    """
    data = student_bytes(student)
    if student_bytes(read_student(data)) != data:
        msg = (
            f"This {type(student).__name__} would not be the same when it is read again, so it was "
            "not saved. Its fitted attributes were changed by hand, or this is a mistake of "
            "interpkd: please report it with the student's parameters."
        )
        raise InvalidInputError(msg)
    return write_atomically(path, data)


def student_bytes(student: Any) -> bytes:
    """Give the file of a student.

    Parameters
    ----------
    student : fitted estimator
        The student.

    Returns
    -------
    data : bytes
        The file.
    """
    kind = saved_name(student)
    if kind is None:
        _refuse(student)
    document = to_json(student)
    packer = Packer()
    parameters, state = _parts(student, kind, document)
    packed = {
        "parameters": {name: packer.pack(one, name) for name, one in sorted(parameters.items())},
        "state": {name: packer.pack(one, name) for name, one in sorted(state.items())},
    }
    members = {
        "student.json": write_json(document),
        **{f"arrays/{name}.npy": write_array(one) for name, one in sorted(packer.arrays.items())},
    }
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "class": kind,
        **packed,
        "members": {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in members.items()
        },
        "written_by": {
            "python": platform.python_version(),
            **{library: _version(library) for library in LIBRARIES},
        },
    }
    return write_members({"manifest.json": write_json(manifest), **members})


def _version(library: str) -> str | None:
    """Give a library's version; None where it is on the path without being installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _parts(student: Any, kind: str, document: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the parameters, and the fitted attributes that the document lacks."""
    if kind == "ReadStudent":
        return {}, {}
    parameters = student.get_params(deep=False)
    parameters.pop("teacher", None)
    is_own = MODULES[kind] == "interpkd"
    # the protocol of students that are saved, which their base class has
    state = student._to_state() if is_own else bare_state(student)  # noqa: SLF001
    if document["kind"] == "tree":
        state |= tree_arrays(student)
    return parameters, state


def _refuse(student: Any) -> NoReturn:
    own = type(student).__name__
    msg = (
        f"save writes {', '.join(sorted(MODULES))}; a {own} is none of them, and what it is made of "
        "may be of any class. Distil one of these from the same teacher, such as "
        "DistilledTreeClassifier, or write the plain estimator with skops: "
        "skops.io.dump(student.student_, path)."
    )
    raise InvalidInputError(msg)
