"""Both models asked about rows of which one column was moved: what several sections need.

Values along a column are those of rows that exist, so a teacher sees the types it was trained on.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, predictions
from interpkd._mixing import mixer

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


def askers(inputs: Inputs) -> dict[str, Callable[[Table], FloatArray]]:
    """Give, by role, what asks the models that can be asked for their answers as `Inputs` has them."""
    models = {"student": inputs.student, "teacher": inputs.teacher}
    return {
        who: partial(_asked, inputs, model, source=who)
        for who, model in models.items()
        if model is not None
    }


def shown(inputs: Inputs, answers: FloatArray) -> FloatArray:
    """Give the answers of a regression, of two classes the probability of the second."""
    return answers if inputs.classes is None else answers[:, 1]


def _asked(inputs: Inputs, model: Any, table: Table, *, source: str) -> FloatArray:
    if inputs.classes is None:
        return predictions(model, table, source=source)
    return class_probabilities(model, table, inputs.structure.classes, source=source)
