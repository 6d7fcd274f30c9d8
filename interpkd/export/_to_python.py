"""A student as a module of Python that needs nothing else, or nothing but NumPy."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from interpkd._files import write_atomically
from interpkd.export._parity import checked
from interpkd.export._python_engine import PythonEngine
from interpkd.export._python_tables import write_parts
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    import os

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport

HEAD = '''"""A student that interpkd wrote down as Python: {what}.

{how}
"""
'''

ROWS = """A row is a mapping from the names in COLUMNS to values: None and NaN are missing, and so is a
category that was never seen. A row that the student refuses raises a ValueError."""

TABLES = """A table is a mapping from the names in COLUMNS to arrays of equal length, or a data frame: None
and NaN are missing, and so is a category that was never seen. A table that the student refuses
raises a ValueError."""


def to_python(
    student: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    vectorised: bool = False,
    X: Table | None = None,
    parity: Parity = "auto",
) -> str:
    """Write a student as a module of Python that needs no other library.

    The module has the functions ``predict(row)`` and, of classifiers, ``predict_proba(row)``, where
    a row is a mapping from names of columns to values, and None and NaN are missing. Trees also
    have ``leaf(row)``, scorecards ``points(row)`` and ``terms(row)``, linear students ``terms(row)``
    and, of classifiers, ``score(row)``. What the student refuses raises a ``ValueError``.

    The module is run in an interpreter of its own and compared with the student, on the rows given
    and on rows made to hurt, before it is returned: labels must be equal on all rows, numbers to
    1e-12. Its header says how that went.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, a decision tree of scikit-learn, or what
        :func:`~interpkd.export.read_json` gave.

    path : path-like or None, default=None
        A file to write as well; it appears whole or not at all.

    vectorised : bool, default=False
        Whether the functions take whole tables, as mappings from names of columns to arrays or as
        data frames, and give arrays. The module then needs NumPy.

    X : array-like or data frame of shape (n_samples, n_features), default=None
        Rows to compare the module and the student on, beside the rows made to hurt.

    parity : {"auto", "require", "warn", "skip"}, default="auto"
        What to do about the comparison: "warn" writes the module even where it fails, "skip"
        leaves it out.

    Returns
    -------
    module : str
        The text of the module, in ASCII.

    Raises
    ------
    ParityError
        If the module does not answer as the student.

    InvalidInputError
        If :func:`~interpkd.export.to_json` cannot write the student.

    See Also
    --------
    interpkd.export.to_json : The numbers in the module.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_python
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> module = to_python(DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y))
    >>> print(module[module.index("    if x3"):module.index("def predict_proba")].rstrip())
        if x3_petal_width_cm <= 0.8000000417232512:
            return 1
        else:
            return 2
    """
    module, _ = make_python(student, vectorised=vectorised, X=X, parity=parity)
    if path is not None:
        write_atomically(path, module)
    return module


def make_python(
    student: Any, *, X: Table | None = None, parity: Parity = "auto", vectorised: bool = False
) -> tuple[str, ParityReport]:
    """Give the module, and how it compares with the student."""
    data = to_json(student)
    return checked(
        student,
        data,
        export="python",
        emit=lambda note: emit_python(data, note=note, vectorised=vectorised),
        engine=PythonEngine(vectorised=vectorised),
        X=X,
        parity=parity,
    )


def emit_python(data: dict[str, Any], *, note: str = "", vectorised: bool = False) -> str:
    """Write the module of a document.

    Parameters
    ----------
    data : dict
        The document of a student.

    note : str, default=""
        A line for its header.

    vectorised : bool, default=False
        Whether it takes whole tables.

    Returns
    -------
    module : str
        Its text.
    """
    what = f"kind {data['kind']}, {data['task']}"
    lines = [HEAD.format(what=what, how=TABLES if vectorised else ROWS)]
    if note:
        # one line of plain signs, whatever the note is
        lines.append(f"# {ascii(' '.join(note.split()))[1:-1]}\n")
    text = "\n".join([*lines, *write_parts(data, vectorised=vectorised)])
    # lines begin like this in functions only: names and categories are escaped
    return re.sub(r"\n+(?=def |_places )", "\n\n\n", text)
