"""A student as PMML, the XML that scoring engines of banks and databases read."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import sys
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
    from xml.etree.ElementTree import Element

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport
    from interpkd.export._pmml_fields import Names

WRITERS: dict[str, Callable[[dict[str, Any], Names], Element]] = {
    "tree": write_tree,
    **dict.fromkeys(LINKS, write_linear),
    "scorecard": write_card,
}
"""What writes the model of each kind."""


def to_pmml(
    student: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
) -> str:
    """Write a student as PMML 4.4, the XML that scoring engines of banks and databases read.

    A tree becomes a TreeModel, a linear student a RegressionModel, a scorecard a Scorecard with
    points and reason codes. Inputs are the columns of the table by name: numbers as doubles,
    categories as they are, truth values as the texts ``true`` and ``false``. Outputs are
    ``prediction``, for classes ``probability(...)`` of each, for a tree ``leaf``, for a scorecard
    ``points`` and ``reason 1`` and so on; where a column has such a name, the output's gets an
    underscore. A category that was never seen counts as missing. A student that does not know
    missing values gives no answer to a row that has one.

    The document is run on PMML4S, an evaluator on Java, and compared with the student, on the rows
    given and on rows made to hurt, before it is returned: labels must be equal on all rows, numbers
    to 1e-12. Its header says how that went. Up to 20 of the rows made to hurt stand in it with the
    student's answers, for evaluators that verify themselves; none of `X` do.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, a decision tree of scikit-learn, or what
        :func:`~interpkd.export.read_json` gave.

    path : path-like or None, default=None
        A file to write as well; it appears whole or not at all.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare the document and the student on, beside the rows made to hurt.

    parity : {"auto", "require", "warn", "skip"}, default="auto"
        What to do about the comparison: "auto" leaves it out where PMML4S or Java is not
        installed, "require" does not; "warn" writes the document even where it fails, "skip"
        leaves it out.

    Returns
    -------
    document : str
        The text of the document.

    Raises
    ------
    ParityError
        If the document does not answer as the student.

    MissingExtraError
        If the comparison is required and PMML4S or Java is not installed.

    InvalidInputError
        If :func:`~interpkd.export.to_json` cannot write the student, or a name, category or class
        cannot stand in XML.

    See Also
    --------
    interpkd.export.to_json : The numbers in the document.
    interpkd.explanation.reasons : What the reason codes of a scorecard agree with.

    References
    ----------
    .. [1] Data Mining Group, "PMML 4.4", 2019, https://dmg.org/pmml/v4-4/GeneralStructure.html

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_pmml
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y)
    >>> document = to_pmml(tree, parity="skip")
    >>> print(next(line.strip() for line in document.splitlines() if "<SimplePredicate" in line))
    <SimplePredicate field="petal width (cm)" operator="lessOrEqual" value="0.8000000417232512"/>
    """
    text, _ = make_pmml(student, X=X, parity=parity)
    if path is not None:
        write_atomically(path, text)
    return text


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
    version = str(sys.modules["interpkd"].__version__)
    root[0] = node("Header", node("Application", name="interpkd", version=version))
    if note:
        root[0].append(node("Annotation", text=note))
    return to_text(root)
