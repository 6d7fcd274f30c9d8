"""Everything that two models can be asked about: boxes of cells, and the tables of their inputs.

The domain is made of what reference rows show. A column of numbers may have any number; it may be
missing only where some reference row lacks it; categories are those of the reference rows. All
combinations of categories and missing values, one by one, are the boxes.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._search_room import Boxes
from interpkd.fidelity.certificate._witnesses import changed_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._layout import Layout
    from interpkd.fidelity.certificate._models import Prepared
    from interpkd.fidelity.certificate._questions import Models

LARGEST = float(np.finfo(np.float32).max)
"""Largest number that models of single precision take."""


@dataclass(frozen=True, eq=False)
class Domain:
    """The boxes of a domain; made by :func:`whole_domain`.

    Attributes
    ----------
    boxes : Boxes
        One per combination of categories and missing values.

    values : ndarray of shape (n_boxes, n_columns)
        An input of each: numbers, NaN where missing, and levels.

    rows : ndarray of int of shape (n_boxes, n_table_columns)
        The reference row that each column of that input is taken from.

    X : array-like or data frame
        The reference rows.

    names : tuple of str
        The columns of the values.
    """

    boxes: Boxes
    values: FloatArray
    rows: IntArray
    X: Any
    names: tuple[str, ...]

    def table(self, which: IntArray, values: FloatArray) -> Table:
        """Give inputs of some boxes as a table that models take.

        Parameters
        ----------
        which : ndarray of int of shape (n_inputs,)
            Their boxes.

        values : ndarray of shape (n_inputs, n_columns)
            Their values.

        Returns
        -------
        table : array or data frame
            One row each.
        """
        base = gathered(self.X, self.rows[which])
        return changed_table(base, np.arange(len(which)), self.names, self.values[which], values)


def used_columns(models: Models) -> BoolArray:
    """Tell which columns the answer of either model depends on.

    Parameters
    ----------
    models : Models
        The two.

    Returns
    -------
    used : ndarray of bool of shape (n_columns,)
        Whether a tree splits on it or a sum tells its values apart.
    """
    used = np.zeros(len(models.cells.borders), dtype=bool)
    for trees in (models.teacher.trees, models.student.tree):
        column = trees.node[:, 0]
        used[column[column >= 0]] = True
    student, starts = models.student, models.cells.starts
    if student.answer is None:
        used |= (student.slope != 0).any(axis=0)
        for u in range(len(used)):
            here = student.table[:, starts[u] : starts[u + 1] - 1]
            used[u] |= bool((here != here[:, :1]).any())
    return used


def whole_domain(prepared: Prepared, X: Table, *, is_bounded: bool, most: int) -> Domain | int:
    """Give the domain of two models.

    Parameters
    ----------
    prepared : Prepared
        The models on cells, and the reference rows, which are the rows in question too.

    X : array-like or data frame of shape (n_reference, n_features)
        The reference rows.

    is_bounded : bool
        Whether numbers stay in the range of the reference rows.

    most : int
        Most boxes.

    Returns
    -------
    domain : Domain or int
        Of more boxes only their number.

    Raises
    ------
    InvalidInputError
        If no reference row has a number in a column of numbers that is used.
    """
    values, cells = prepared.values, prepared.models.cells
    used = used_columns(prepared.models)
    empty = used & (cells.n_levels == 0) & np.isnan(values).all(axis=0)
    if empty.any():
        name = prepared.layout.names[int(np.flatnonzero(empty)[0])]
        msg = f"X_ref must have a number in every column that is used; all of {name!r} is missing."
        raise InvalidInputError(msg)
    options = [
        _first_rows(values[:, u], is_level=bool(cells.n_levels[u])) if used[u] else [0]
        for u in range(values.shape[1])
    ]
    n_boxes = int(np.prod([float(len(one)) for one in options]))
    if n_boxes > most:
        return n_boxes
    chosen = np.array(list(itertools.product(*options)), dtype=np.int64).reshape(n_boxes, -1)
    at = np.take_along_axis(values, chosen, axis=0)
    is_number = (cells.n_levels == 0) & ~np.isnan(at)
    least, most_ = at.copy(), at.copy()
    for u in np.flatnonzero(is_number.any(axis=0)):
        known = values[~np.isnan(values[:, u]), u]
        ends = (known.min(), known.max()) if is_bounded else (-LARGEST, LARGEST)
        least[is_number[:, u], u], most_[is_number[:, u], u] = ends
    boxes = Boxes(cells.of(least), cells.of(most_), least, most_, is_number)
    rows = np.zeros((n_boxes, X.shape[1]), dtype=np.int64)
    rows[:, table_places(X, prepared.layout)] = chosen
    return Domain(boxes, at, rows, X, prepared.layout.names)


def _first_rows(column: FloatArray, *, is_level: bool) -> list[int]:
    """Give a reference row for each part of a column that a box must not mix."""
    if is_level:
        return [int(row) for row in np.unique(column, return_index=True)[1]]
    missing = np.isnan(column)
    return [int(np.flatnonzero(part)[0]) for part in (~missing, missing) if part.any()]


def table_places(X: Table, layout: Layout) -> IntArray:
    """Give the place in a table of each column that the models know.

    Parameters
    ----------
    X : array-like or data frame
        The table.

    layout : Layout
        The columns.

    Returns
    -------
    places : ndarray of int of shape (n_columns,)
        Places from 0.
    """
    n_columns = X.shape[1]
    columns = [str(c) for c in X.columns] if is_frame(X) else [f"x{i}" for i in range(n_columns)]
    return np.array([columns.index(name) for name in layout.names], dtype=np.int64)


def gathered(X: Table, rows: NDArray[np.int64]) -> Table:
    """Give a table each of whose columns takes its own rows of another.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_columns)
        The other.

    rows : ndarray of int of shape (n_rows, n_columns)
        Which row each value is of.

    Returns
    -------
    table : array or data frame of shape (n_rows, n_columns)
        Of the same kind, kinds of columns kept.
    """
    if not is_frame(X):
        return np.asarray(np.asarray(X)[rows, np.arange(X.shape[1])])
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(X):
        import pandas as pd

        parts = [X.iloc[:, j].array.take(rows[:, j]) for j in range(X.shape[1])]
        table = pd.DataFrame(dict(enumerate(parts)), index=range(len(rows)))
        table.columns = X.columns
        return table
    frame = nw.from_native(X, eager_only=True)
    columns = {name: frame[name][rows[:, j].tolist()] for j, name in enumerate(frame.columns)}
    return nw.from_dict(columns, backend=nw.get_native_namespace(frame)).to_native()
