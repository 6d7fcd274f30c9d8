"""A student as PMML, the XML that scoring engines of banks and databases read."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.export._json_linear import LINKS
from interpkd.export._parity import checked
from interpkd.export._pmml_card import write_card
from interpkd.export._pmml_engine import PmmlEngine
from interpkd.export._pmml_fields import make_names, write_dictionary
from interpkd.export._pmml_linear import write_linear
from interpkd.export._pmml_tree import write_tree
from interpkd.export._pmml_verification import write_verification
from interpkd.export._pmml_xml import node, to_text
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport
    from interpkd.export._pmml_fields import Names
    from interpkd.export._pmml_xml import Element

WRITERS: dict[str, Callable[[dict[str, Any], Names], Element]] = {
    "tree": write_tree,
    **dict.fromkeys(LINKS, write_linear),
    "scorecard": write_card,
}
"""What writes the model of each kind."""


def emit_pmml(data: dict[str, Any], *, note: str = "") -> str:
    """Write the document of a student as PMML 4.4.

    Parameters
    ----------
    data : dict
        What :func:`~interpkd.export.to_json` gives.

    note : str, default=""
        What the header says of the check.

    Returns
    -------
    text : str
        The PMML.

    Raises
    ------
    InvalidInputError
        If a name, category or class cannot stand in XML, or two of them become the same text.
    """
    return _finish(_start(data), note)


def make_pmml(
    student: Any, *, X: Table | None = None, parity: Parity = "auto"
) -> tuple[str, ParityReport]:
    """Write a student as PMML, and say how the document compares with it."""
    data = to_json(student)
    root = _start(data)

    def emit(note: str) -> str:
        return _finish(root, note)

    return checked(
        student, data, export="pmml", emit=emit, engine=PmmlEngine(data), X=X, parity=parity
    )


def to_pmml(
    student: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
) -> str:
    text, _ = make_pmml(student, X=X, parity=parity)
    if path is not None:
        write_atomically(path, text)
    return text


def _start(data: dict[str, Any]) -> Element:
    """Write all but the header."""
    names = make_names(data)
    model = WRITERS[data["kind"]](data, names)
    verification = write_verification(data, names)
    if verification is not None:
        model.append(verification)
    return node(
        "PMML",
        node("Header"),
        write_dictionary(data, names),
        model,
        xmlns="http://www.dmg.org/PMML-4_4",
        version="4.4",
    )


def _finish(root: Element, note: str) -> str:
    """Write the header, and give the text."""
    from interpkd import __version__

    root[0] = node("Header", node("Application", name="interpkd", version=__version__))
    if note:
        root[0].append(node("Annotation", text=note))
    return to_text(root)
