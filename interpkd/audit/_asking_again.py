"""Both models asked about rows of which one column was moved: what several sections need.

Values along a column are those of rows that exist, so a teacher sees the types it was trained on;
only tests with values that no row has write new ones.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, predictions
from interpkd._mixing import mixer
from interpkd._tables import is_frame, select_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.audit._inputs import Inputs


@dataclass(frozen=True)
class Grid:
    """Values along one column, as rows that hold them.

    Attributes
    ----------
    pool : table
        The rows.

    rows : ndarray of shape (n_points,)
        Positions in `pool`, in the order of the values.

    values : ndarray of shape (n_points,)
        The values, encoded.
    """

    pool: Table
    rows: IntArray
    values: FloatArray


def sample_rows(n: int, size: int, random_state: int) -> NDArray[np.intp]:
    """Draw positions of rows without replacement, in their order; all when they are few."""
    if n <= size:
        return np.arange(n)
    rng = np.random.default_rng(random_state)
    return np.sort(rng.choice(n, size=size, replace=False))


def training_pool(inputs: Inputs) -> Table:
    """Give the training rows; without them, or of another library, the evaluation rows."""
    training = inputs.training_rows
    return training if training is not None and type(training) is type(inputs.rows) else inputs.rows


def grid_rows(inputs: Inputs, i: int, n_points: int) -> Grid:
    """Give values along a column, from its least to its largest at equal steps of rank.

    Parameters
    ----------
    inputs : Inputs
        The rows; values are those of the training rows where these were given.

    i : int
        Number of the column.

    n_points : int
        Most values; of categories the most frequent.

    Returns
    -------
    grid : Grid
        Known values only.
    """
    pool = training_pool(inputs)
    z = encoded_column(inputs, pool, i)
    values, first, counts = np.unique(z, return_index=True, return_counts=True)
    known = ~np.isnan(values)
    values, first, counts = values[known], first[known], counts[known]
    if len(values) > n_points:
        if inputs.structure.columns[i].kind == "category":
            chosen = np.sort(np.argsort(-counts, kind="stable")[:n_points])
        else:
            ranks = np.linspace(0, 1, n_points)
            chosen = np.searchsorted(np.cumsum(counts) / counts.sum(), ranks * (1 - 1e-12))
            chosen = np.unique(chosen)
        values, first = values[chosen], first[chosen]
    return Grid(pool, first, values)


def encoded_column(inputs: Inputs, table: Table, i: int) -> FloatArray:
    """Give one column of a table as the student reads it."""
    column: FloatArray = np.asarray(inputs.structure.encode(table)[:, i], dtype=np.float64)
    return column


def grid_tables(inputs: Inputs, rows: Table, i: int, grid: Grid) -> Table:
    """Give every row at every value of a grid, row by row."""
    n, n_points = rows.shape[0], len(grid.rows)
    numbers = np.repeat(np.arange(n)[:, None], len(inputs.structure.columns), axis=1)
    numbers = np.repeat(numbers, n_points, axis=0)
    numbers[:, i] = n + np.tile(grid.rows, n)
    return mixer({"X": rows, "X_train": grid.pool})(numbers)


def asked_student(inputs: Inputs, table: Table) -> FloatArray:
    """Give the student's answers, shape (n,): probability of the second class, or prediction."""
    return _asked(inputs, inputs.student, table, "student")


def asked_teacher(inputs: Inputs, table: Table) -> FloatArray:
    """Give the teacher's answers, likewise."""
    return _asked(inputs, inputs.teacher, table, "teacher")


def askers(inputs: Inputs) -> dict[str, Callable[[Table], FloatArray]]:
    """Give the models that can be asked, by role."""
    found: dict[str, Callable[[Table], FloatArray]] = {
        "student": lambda table: asked_student(inputs, table)
    }
    if inputs.teacher is not None:
        found["teacher"] = lambda table: asked_teacher(inputs, table)
    return found


def second(inputs: Inputs, answers: FloatArray) -> FloatArray:
    """Give the column of answers that is shown of two classes, or the predictions."""
    return answers if inputs.classes is None else answers[:, 1]


def _asked(inputs: Inputs, model: Any, table: Table, source: str) -> FloatArray:
    if inputs.classes is None:
        return predictions(model, table, source=source)
    P = class_probabilities(model, table, inputs.structure.classes, source=source)
    return P[:, 1]


def with_column(rows: Table, i: int, values: FloatArray) -> Table:
    """Give rows with other numbers in one column, NaN for missing.

    Parameters
    ----------
    rows : ndarray or data frame of shape (n_rows, n_columns)
        The rows; never changed.

    i : int
        Number of the column.

    values : ndarray of float of shape (n_rows,)
        Its numbers.

    Returns
    -------
    rows : ndarray or data frame
        Of the same library.
    """
    if not is_frame(rows):
        out = np.array(rows)
        out[:, i] = values
        return out
    import narwhals.stable.v1 as nw

    if nw.dependencies.is_pandas_dataframe(rows):
        out = rows.copy()
        out.isetitem(i, values)
        return out
    frame = nw.from_native(rows, eager_only=True)
    name = frame.columns[i]
    column = nw.new_series(name, values, backend=frame.implementation)
    return frame.with_columns(column).to_native()


def repeated(rows: Table, times: int) -> Table:
    """Give rows several times over, one copy after the other."""
    return select_rows(rows, np.tile(np.arange(rows.shape[0]), times))
