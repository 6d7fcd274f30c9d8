"""Linear bounds of a network with rectifiers over boxes: CROWN, for many boxes at once.

Over a box each rectifier lies below a line and above another one. Put into each other from the last
layer back to the first they give a linear function of the row that the margin is nowhere above;
its largest value over the box is taken column by column [1]_. Bounds of the inner layers, which
the lines need, are made in the same way.

Rounding is bounded, not hoped for: `Rounding` holds what the arithmetic here may miss, and what the
network's own may, from the sizes of weights and inputs alone.

References
----------
.. [1] H. Zhang, T.-W. Weng, P.-Y. Chen, C.-J. Hsieh and L. Daniel, "Efficient neural network
   robustness certification with general activation functions", NeurIPS 2018.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray
    from interpkd.fidelity.certificate._network import Layers

SINGLE = 2.0**-24
DOUBLE = 2.0**-53


class Rounding(NamedTuple):
    """What rounding may move, at most, for inputs of a given size.

    Attributes
    ----------
    inner : list of ndarray of shape (n_neurons,)
        By layer, what the bounds made here may miss.

    model : ndarray of shape (n_outputs,)
        What the network's own arithmetic may miss.
    """

    inner: list[FloatArray]
    model: FloatArray


def rounding(layers: Layers, largest: FloatArray) -> Rounding:
    """Bound all rounding for inputs of a given size.

    Parameters
    ----------
    layers : Layers
        The network.

    largest : ndarray of shape (n_columns,)
        Each column's largest absolute value.

    Returns
    -------
    rounding : Rounding
        For all boxes of such inputs.
    """
    unit = SINGLE if layers.is_single else DOUBLE
    scaled = np.abs(layers.scale) * largest + np.abs(layers.shift)
    error = 4 * (SINGLE if layers.is_scaled or layers.is_single else 0.0) * scaled
    size = bulk = scaled
    width = max(weight.shape[1] for weight in layers.weights) + 8
    # every stage adds up products of at most this many numbers, there and back again
    steps = 16 * DOUBLE * len(layers.weights) * width
    inner = []
    for weight, bias in zip(layers.weights, layers.biases, strict=True):
        absolute, n_terms = np.abs(weight), weight.shape[1] + 4
        error = absolute @ error + 2 * n_terms * unit * (absolute @ (size + error) + np.abs(bias))
        size = absolute @ size + np.abs(bias)
        # thrice: the lines of a rectifier have a constant of up to the size of its bounds
        bulk = 3 * (absolute @ bulk) + np.abs(bias)
        inner.append(steps * bulk)
    return Rounding(inner, error)


def linear_bounds(
    layers: Layers, low: FloatArray, high: FloatArray, objective: FloatArray, missed: Rounding
) -> tuple[FloatArray, FloatArray]:
    """Bound a sum of margins from above over boxes, by a linear function of the row.

    Parameters
    ----------
    layers : Layers
        The network.

    low, high : ndarray of shape (n_boxes, n_columns)
        The boxes.

    objective : ndarray of shape (n_boxes, n_outputs)
        What each margin is multiplied by.

    missed : Rounding
        What rounding may miss.

    Returns
    -------
    slope : ndarray of shape (n_boxes, n_columns)
        Per unit of each column.

    constant : ndarray of shape (n_boxes,)
        The rest; rounding of the bound is added already, that of the network is not.
    """
    bounds: list[tuple[FloatArray, FloatArray]] = []
    a, b = low * layers.scale + layers.shift, high * layers.scale + layers.shift
    low, high = np.minimum(a, b), np.maximum(a, b)
    for k, weight in enumerate(layers.weights[:-1]):
        below, above = _interval(weight, layers.biases[k], *_behind(bounds, low, high))
        if k:
            many = np.broadcast_to(weight, (len(low), *weight.shape))
            slope, constant = _backward(layers, many, layers.biases[k], bounds)
            above = np.minimum(above, constant + _largest(slope, low, high))
            slope, constant = _backward(layers, -many, -layers.biases[k], bounds)
            below = np.maximum(below, -(constant + _largest(slope, low, high)))
        below, above = below - missed.inner[k], above + missed.inner[k]
        bounds.append((np.minimum(below, above), np.maximum(below, above)))
    last = objective @ layers.weights[-1]
    slope, constant = _backward(
        layers, last[:, None, :], (objective @ layers.biases[-1])[:, None], bounds
    )
    slope, constant = slope[:, 0], constant[:, 0] + np.abs(objective) @ missed.inner[-1]
    # of the scaled columns, turned into one of the columns themselves
    return slope * layers.scale, constant + slope @ layers.shift


def _behind(
    bounds: Sequence[tuple[FloatArray, FloatArray]], low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the range of what the next layer takes."""
    if not bounds:
        return low, high
    return np.maximum(bounds[-1][0], 0.0), np.maximum(bounds[-1][1], 0.0)


def _interval(
    weight: FloatArray, bias: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray]:
    rising, falling = np.maximum(weight, 0.0), np.minimum(weight, 0.0)
    return low @ rising.T + high @ falling.T + bias, high @ rising.T + low @ falling.T + bias


def _largest(slope: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Give the largest value of linear functions over boxes, shape (n_boxes, n_functions)."""
    rising, falling = np.maximum(slope, 0.0), np.minimum(slope, 0.0)
    return np.asarray(
        np.matmul(rising, high[:, :, None])[..., 0] + np.matmul(falling, low[:, :, None])[..., 0]
    )


def _backward(
    layers: Layers,
    slope: FloatArray,
    constant: FloatArray,
    bounds: Sequence[tuple[FloatArray, FloatArray]],
) -> tuple[FloatArray, FloatArray]:
    """Lead upper bounds from behind the last of some rectifiers back to the scaled row."""
    constant = np.broadcast_to(constant, slope.shape[:2])
    for k in range(len(bounds) - 1, -1, -1):
        below, above = bounds[k]
        is_open = (below < 0) & (above > 0)
        chord = np.where(is_open, above / np.where(is_open, above - below, 1.0), below >= 0)
        # the lower line of the smaller triangle
        under = np.where(is_open, above > -below, below >= 0).astype(np.float64)
        rising = np.maximum(slope, 0.0)
        offset = np.where(is_open, -chord * below, 0.0)
        constant = constant + np.matmul(rising, offset[:, :, None])[..., 0]
        slope = rising * chord[:, None, :] + np.minimum(slope, 0.0) * under[:, None, :]
        constant = constant + slope @ layers.biases[k]
        slope = slope @ layers.weights[k]
    return slope, constant
