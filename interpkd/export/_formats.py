"""The formats of exports: which function makes each, and which files it goes to."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError
from interpkd.export._to_json import to_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport


@dataclass(frozen=True)
class Format:
    """One format of exports.

    Attributes
    ----------
    maker : str
        Module and name of a function ``make(student, *, X, parity, **options)`` that gives the
        export and a ParityReport.

    suffixes : tuple of str
        Endings of its files.

    install : str
        What installs its engine; empty where nothing is to be installed.
    """

    maker: str
    suffixes: tuple[str, ...]
    install: str = ""

    def load(self) -> Callable[..., tuple[Any, ParityReport]]:
        """Give the function."""
        module, _, name = self.maker.partition(":")
        return getattr(import_module(f"interpkd.export.{module}"), name)

    def options(self) -> tuple[str, ...]:
        """Give the names of the options that the function takes."""
        names = inspect.signature(self.load()).parameters
        return tuple(name for name in names if name not in ("student", "X", "parity"))


FORMATS: dict[str, Format] = {
    "javascript": Format("_to_javascript:make_javascript", (".js",), "Node.js 18 or later"),
    "json": Format("_to_json:make_json", (".json",)),
    "onnx": Format("_to_onnx:make_onnx", (".onnx",), 'pip install "interpkd[onnx]"'),
    "pmml": Format(
        "_to_pmml:make_pmml",
        (".pmml", ".xml"),
        'pip install "interpkd[pmml]", and Java (on Debian: apt install default-jre-headless)',
    ),
    "python": Format("_to_python:make_python", (".py",)),
    "rules": Format("_to_rules:make_rules", (".txt", ".md")),
    "sql": Format("_to_sql:make_sql", (".sql",), 'pip install "interpkd[sql]"'),
}


def make(
    student: Any, to: str, *, X: Table | None, parity: Parity, **options: Any
) -> tuple[Any, ParityReport]:
    """Make an export.

    Parameters
    ----------
    student : fitted estimator
        The student.

    to : str
        The name of a format.

    X : array-like, data frame or None
        The user's rows.

    parity : {"auto", "require", "warn", "skip"}
        As in the format's function.

    **options : object
        The format's own.

    Returns
    -------
    artefact : object
        The export.

    report : ParityReport
        How it compares.

    Raises
    ------
    InvalidInputError
        If there is no such format or option.
    """
    if to not in FORMATS:
        msg = f"The 'to' parameter must be one of {sorted(FORMATS)}, got {to!r}."
        raise InvalidInputError(msg)
    known = FORMATS[to].options()
    unknown = sorted(set(options) - {*known})
    if unknown:
        msg = f"The {to} export has no option {unknown[0]!r}; it has {[*known]}."
        raise InvalidInputError(msg)
    return FORMATS[to].load()(student, X=X, parity=parity, **options)


def format_of(path: str | os.PathLike[str]) -> str:
    """Give the format that a file's ending says.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    to : str
        The name of the format.

    Raises
    ------
    InvalidInputError
        If the ending is no format's.
    """
    suffix = Path(path).suffix.lower()
    for name, one in FORMATS.items():
        if suffix in one.suffixes:
            return name
    known = {ending: name for name, one in FORMATS.items() for ending in one.suffixes}
    msg = f"The ending {suffix!r} is no format's: pass 'to', or one of {known}."
    raise InvalidInputError(msg)


def as_content(artefact: Any) -> str | bytes:
    """Give what is written to a file.

    Parameters
    ----------
    artefact : object
        What a format's function gave.

    Returns
    -------
    content : str or bytes
        Text, the document as text, a data frame as CSV, or the bytes of a message.
    """
    if isinstance(artefact, dict):
        return to_text(artefact)
    if hasattr(artefact, "SerializeToString"):
        return bytes(artefact.SerializeToString())
    if hasattr(artefact, "to_csv"):
        return str(artefact.to_csv(index=False))
    return str(artefact)
