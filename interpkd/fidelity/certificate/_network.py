"""A network as a teacher whose columns are those of the table."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of a network; made by :func:`lay_layers`.

    Attributes
    ----------
    weights, biases : tuple of ndarray
        As of `ReluNetwork`; the first layer takes the columns of the table.

    scale, shift : ndarray of shape (n_columns,)
        What a scaler does first.

    is_single : bool
        Whether the network calculates in single precision.

    is_scaled : bool
        Whether there is a scaler.
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    scale: FloatArray
    shift: FloatArray
    is_single: bool
    is_scaled: bool

    def margins(self, Z: FloatArray) -> FloatArray:
        """Give the margins of rows, shape (n_rows, n_outputs)."""
        h = Z * self.scale + self.shift
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = np.maximum(h @ weight.T + bias, 0.0)
        return h @ self.weights[-1].T + self.biases[-1]


def lay_layers(network: Any, teacher_at: IntArray) -> Layers:
    """Put the columns of a network in the order of a table.

    Parameters
    ----------
    network : ReluNetwork
        The arrays.

    teacher_at : ndarray of int of shape (n_columns,)
        The network's column for each column of the table, -1 for none.

    Returns
    -------
    layers : Layers
        Columns that the network does not know have no weight.
    """
    known = teacher_at >= 0
    first = np.zeros((len(network.weights[0]), len(teacher_at)))
    first[:, known] = network.weights[0][:, teacher_at[known]]
    scale, shift = np.ones(len(teacher_at)), np.zeros(len(teacher_at))
    scale[known], shift[known] = network.scale[teacher_at[known]], network.shift[teacher_at[known]]
    return Layers(
        (first, *network.weights[1:]),
        network.biases,
        scale,
        shift,
        network.precision == "float32",
        bool((network.scale != 1).any() or (network.shift != 0).any()),
    )
