"""What answers questions about neighbourhoods, whatever the teacher is made of."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray

Holds: TypeAlias = "Callable[[IntArray, FloatArray], BoolArray]"
"""Asks the models themselves: from places among the rows in question, and values of their columns,
to whether it is as the search says."""


class Found(NamedTuple):
    """What a search says of rows.

    Attributes
    ----------
    state : ndarray of shape (n_rows,)
        NO, OPEN or YES; YES only where the models themselves confirm it.

    witness : ndarray of shape (n_rows, n_columns)
        Values of an input of which it is true, where the answer is YES.

    n_boxes : ndarray of int of shape (n_rows,)
        Boxes that were looked at.
    """

    state: NDArray[np.int8]
    witness: FloatArray
    n_boxes: IntArray


class Search(Protocol):
    """A search of neighbourhoods.

    Attributes
    ----------
    names : tuple of str
        The columns.

    values : ndarray of shape (n_rows, n_columns)
        The rows in question: numbers, NaN where missing; other columns as levels.

    reference : ndarray of shape (n_reference, n_columns)
        The reference rows; only columns of numbers count.

    moves : ndarray of bool of shape (n_columns,)
        The columns that may change.
    """

    names: tuple[str, ...]
    values: FloatArray
    reference: FloatArray
    moves: BoolArray

    def near(self, rows: IntArray, radius: float) -> Any:
        """Give the neighbourhoods of some rows, of which ``.rows(chosen)`` gives some."""

    def disagreement(self, rows: IntArray, boxes: Any, max_nodes: int, holds: Holds) -> Found:
        """Ask whether teacher and student disagree anywhere in the neighbourhood of each row.

        Parameters
        ----------
        rows : ndarray of int of shape (n_rows,)
            The rows.

        boxes : object
            Their neighbourhoods.

        max_nodes : int
            Most boxes that are looked at for a row.

        holds : callable
            Asks the models themselves about inputs that were found.

        Returns
        -------
        found : Found
            NO where agreement is proved.
        """

    def flips(
        self, rows: IntArray, boxes: Any, decided: FloatArray, max_nodes: int, holds: Holds
    ) -> Found:
        """Ask whether the teacher answers otherwise than on the row anywhere near it.

        Parameters
        ----------
        rows, boxes, max_nodes, holds : object
            As for `disagreement`.

        decided : ndarray of shape (n_rows,)
            The teacher's answers on the rows: positions of classes, or predictions.

        Returns
        -------
        found : Found
            NO where the teacher is proved to be of one mind.
        """
