"""One door to all exports: by the name of the format, or by the ending of the file."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.exceptions import ParityWarning
from interpkd.export._formats import as_content, format_of, make

if TYPE_CHECKING:
    import os

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport


def parity_report(student: Any, X: Table | None = None, *, to: str, **options: Any) -> ParityReport:
    """Run an export in its own engine and compare it with its student; write nothing.

    Rows made to hurt are always among those compared: numbers on and beside every threshold of the
    student, missing values in each column and in all, categories that were never seen, extremes.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or a decision tree of scikit-learn.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare on as well.

    to : str
        The format, such as "python" or "json".

    **options : object
        Options of the format, as its function ``to_...`` takes them.

    Returns
    -------
    report : ParityReport
        How many labels differ, and the largest difference. Its `passed` is False where the export
        failed, and None where its engine is not installed; `reason` says more.

    See Also
    --------
    interpkd.export.export_student : Writes the export.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import parity_report
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    >>> report = parity_report(tree, X, to="json")
    >>> report.passed, report.n_given, report.n_different_labels, report.largest_difference
    (True, 150, 0, 0.0)
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParityWarning)  # the report says it
        return make(student, to, X=X, parity="warn", **options)[1]


def export_student(
    student: Any,
    path: str | os.PathLike[str],
    *,
    to: str | None = None,
    X: Table | None = None,
    parity: Parity = "auto",
    **options: Any,
) -> ParityReport:
    """Write a student to a file for another system, once it is shown to answer as the student.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or a decision tree of scikit-learn.

    path : path-like
        The file; it appears whole or not at all.

    to : str or None, default=None
        The format, such as "python" or "json"; None takes it from the ending of the file.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare the export and the student on, beside rows made to hurt.

    parity : {"auto", "require", "warn", "skip"}, default="auto"
        "auto" compares where the engine that runs the export is installed, and says in the file
        where it is not. "require" refuses to do without, "warn" writes even where the export
        answers otherwise than the student, "skip" does not compare.

    **options : object
        Options of the format, as its function ``to_...`` takes them.

    Returns
    -------
    report : ParityReport
        How the export compares with the student.

    Raises
    ------
    ParityError
        If the export does not answer as the student; nothing is written.

    MissingExtraError
        If the engine is not installed and `parity` is "require".

    InvalidInputError
        If there is no such format or option, or the student cannot be written in it.

    See Also
    --------
    interpkd.export.parity_report : The comparison alone.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import export_student
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    >>> folder = tempfile.TemporaryDirectory()
    >>> report = export_student(tree, Path(folder.name, "student.py"), X=X)
    >>> report.passed, report.n_different_labels
    (True, 0)
    >>> folder.cleanup()
    """
    name = format_of(path) if to is None else to
    if name == "rules" and Path(path).suffix.lower() == ".md":
        options = {"format": "markdown"} | options
    artefact, report = make(student, name, X=X, parity=parity, **options)
    write_atomically(path, as_content(artefact))
    return report
