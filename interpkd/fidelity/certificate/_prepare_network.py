"""Putting a network and a student on the same columns."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import take_apart
from interpkd.fidelity.certificate._cells import make_cells
from interpkd.fidelity.certificate._crown import rounding
from interpkd.fidelity.certificate._layout import code_rows, encodings, make_layout
from interpkd.fidelity.certificate._models import NEARLY, Prepared, class_places
from interpkd.fidelity.certificate._network import lay_layers
from interpkd.fidelity.certificate._network_search import NetworkSearch
from interpkd.fidelity.certificate._questions import Models
from interpkd.fidelity.certificate._student_sum import (
    make_student_sum,
    read_student,
    student_borders,
)

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._network import Layers


class _Columns:
    """A network's columns in the words of a `TreeEnsemble`: all are numbers."""

    def __init__(self, network: Any) -> None:
        self.names, self.n_features = network.names, network.n_features
        self.encode = network.encode
        self.categories = (None,) * network.n_features
        self.feature = self.category_set = np.empty(0, dtype=np.int64)


def prepare_network(
    student: Any, network: Any, X_ref: Table, X_eval: Table, *, tolerance: float
) -> tuple[Prepared, Layers, FloatArray]:
    """Put a network and a student on common columns.

    Parameters
    ----------
    student : fitted estimator
        The student.

    network : ReluNetwork
        The teacher's arrays.

    X_ref, X_eval : array-like or data frame
        Reference rows and rows in question.

    tolerance : float
        As for `certify`.

    Returns
    -------
    prepared : Prepared
        The student on cells, and the rows; its models have no teacher.

    layers : Layers
        The network.

    inputs : ndarray of shape (n_rows, n_columns)
        What the network takes for the rows in question.
    """
    structure, columns = take_apart(student), _Columns(network)
    parts = read_student(student, structure)
    is_named = hasattr(student, "feature_names_in_")
    layout = make_layout(X_eval, structure, columns, is_named=is_named)
    of_eval, of_ref = (encodings(X, structure, columns, is_named=is_named) for X in (X_eval, X_ref))
    coded, reference = code_rows(layout, *of_eval), code_rows(layout, *of_ref).values
    cells = make_cells(
        [student_borders(parts, layout.student_at, layout.is_number)], coded.n_levels
    )
    no_teacher: Any = None
    models = Models(
        no_teacher,
        make_student_sum(parts, layout.student_at, cells, coded.student_codes),
        cells,
        class_places(structure.classes, network.classes),
        tolerance,
    )
    inputs = np.where(layout.teacher_at >= 0, coded.values, 0.0)
    for u in np.flatnonzero(coded.n_levels > 0):
        known = layout.teacher_at[u] >= 0
        level = coded.values[:, u].astype(np.int64)
        inputs[:, u] = coded.teacher_codes[u][level] if known else 0.0
    prepared = Prepared(models, layout, reference, coded.values)
    return prepared, lay_layers(network, layout.teacher_at), inputs


def network_misses(
    layers: Layers, inputs: FloatArray, answers: FloatArray, n_classes: int
) -> IntArray:
    """Give the rows on which the layers do not answer as the network itself.

    Parameters
    ----------
    layers : Layers
        The layers.

    inputs : ndarray of shape (n_rows, n_columns)
        The rows.

    answers : ndarray of shape (n_rows,)
        What the network answers: positions of classes, or predictions.

    n_classes : int
        Number of classes, 0 for a regression.

    Returns
    -------
    rows : ndarray of int
        None of a network that was read as it is.
    """
    margin = layers.margins(inputs)
    slack = rounding(layers, np.abs(inputs).max(axis=0)).model
    if n_classes == 0:
        return np.flatnonzero(
            ~(np.abs(margin[:, 0] - answers) <= slack[0] + NEARLY * (1 + np.abs(answers)))
        )
    if margin.shape[1] == 1:
        margin, slack = np.hstack([np.zeros_like(margin), margin]), np.append(slack, 0.0)
    own = np.take_along_axis(margin, answers.astype(np.intp)[:, None], axis=1)[:, 0]
    allowed = 2 * slack.max() + NEARLY
    return np.flatnonzero(~(margin.max(axis=1) - own <= allowed))


def network_search(
    prepared: Prepared, layers: Layers, inputs: FloatArray, link: str, moves: BoolArray
) -> NetworkSearch:
    """Make the search of what was prepared.

    Parameters
    ----------
    prepared, layers, inputs : object
        As `prepare_network` gives them.

    link : str
        From margins to answers.

    moves : ndarray of bool of shape (n_columns,)
        The columns that may change.

    Returns
    -------
    search : NetworkSearch
        The search.
    """
    models = prepared.models
    return NetworkSearch(
        names=prepared.layout.names,
        values=prepared.values,
        reference=prepared.reference,
        inputs=inputs,
        layers=layers,
        link=link,
        student=models.student,
        cells=models.cells,
        class_at=models.class_at,
        tolerance=models.tolerance,
        moves=moves,
    )
