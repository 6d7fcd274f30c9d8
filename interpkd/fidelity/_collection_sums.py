"""Sums over the rows of a part, and of all parts: the same in any order of the parts.

Sums of floats depend on their order in the last digits. Those of the parts are added without any
rounding until the end (Shewchuk's sums), so the whole does not.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity._collection_columns import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.fidelity._collection_columns import Layout


@dataclass(frozen=True)
class Sums:
    """What is summed of some rows.

    Attributes
    ----------
    n : int
        The rows.

    first : ndarray of shape (n_names,)
        Weighted sums of each number.

    second : ndarray of shape (2, n_names)
        Sums of the number, and of its square, times the squared weight.

    products : ndarray of shape (n_core, n_core)
        Sums of products of the core's numbers, times the squared weight.

    centre : ndarray of shape (n_linear,)
        What the linear numbers are counted from.

    extremes : ndarray of shape (2, n_linear)
        The smallest and the largest of them, from 0.

    heaviest, lightest : float
        The largest and the smallest weight.
    """

    n: int
    first: FloatArray
    second: FloatArray
    products: FloatArray
    centre: FloatArray
    extremes: FloatArray
    heaviest: float
    lightest: float


def sums_of_rows(
    layout: Layout,
    T: FloatArray,
    S: FloatArray,
    y: NDArray[Any] | None,
    weights: FloatArray,
    *,
    names: Sequence[str] | None = None,
) -> Sums:
    """Sum the rows of one part.

    Parameters
    ----------
    layout : Layout
        What is summed.

    T, S : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Answers of the teacher and of the student.

    y : ndarray of shape (n_rows,) or None
        Positions of the labels, or true values.

    weights : ndarray of shape (n_rows,)
        Row weights, above 0.

    names : sequence of str or None, default=None
        The numbers to sum; None for all.

    Returns
    -------
    sums : Sums
        Of these rows.
    """
    values = layout.linear_values(T, S, y)
    centre = values.mean(axis=0)
    names = layout.names if names is None else names
    core = [k for k, name in enumerate(names) if name in set(layout.core)]
    first, second = np.zeros(len(names)), np.zeros((2, len(names)))
    products = np.zeros((len(core), len(core)))
    for start in range(0, len(T), CHUNK):
        rows = slice(start, start + CHUNK)
        of = layout.columns(T[rows], S[rows], None if y is None else y[rows], centre)
        F = np.stack([of[name] for name in names])
        w = weights[rows]
        twice = F * (w * w)
        first += F @ w
        second[0] += F @ (w * w)
        second[1] += np.einsum("ij,ij->i", F, twice)
        products += F[core] @ twice[core].T
    extremes = np.array([values.min(axis=0), values.max(axis=0)])
    bounds = float(weights.max()), float(weights.min())
    return Sums(len(T), first, second, products, centre, extremes, *bounds)


def total(layout: Layout, parts: Sequence[Sums], names: Sequence[str] | None = None) -> Sums:
    """Add the sums of parts, counted from the centre of all.

    Parameters
    ----------
    layout : Layout
        What was summed.

    parts : sequence of Sums
        At least one.

    names : sequence of str or None, default=None
        The numbers that were summed; None for all.

    Returns
    -------
    sums : Sums
        Of all rows.
    """
    names = list(layout.names if names is None else names)
    core = [k for k, name in enumerate(names) if name in set(layout.core)]
    n = sum(part.n for part in parts)
    centre = np.array(
        [
            math.fsum(part.n * part.centre[k] for part in parts) / n
            for k in range(len(layout.linear))
        ]
    )
    moved = [_moved(layout, part, centre, names, core) for part in parts]
    return Sums(
        n,
        exact_sum([part.first for part in moved]),
        exact_sum([part.second for part in moved]),
        exact_sum([part.products for part in moved]),
        centre,
        np.array(
            [
                np.min([part.extremes[0] for part in parts], axis=0),
                np.max([part.extremes[1] for part in parts], axis=0),
            ]
        ),
        max(part.heaviest for part in parts),
        min(part.lightest for part in parts),
    )


def exact_sum(parts: Sequence[FloatArray]) -> FloatArray:
    """Add arrays, each sum rounded once."""
    if len(parts) == 1:
        return parts[0]
    table = np.stack([part.ravel() for part in parts])
    return np.array([math.fsum(column) for column in table.T]).reshape(parts[0].shape)


def _moved(
    layout: Layout, part: Sums, centre: FloatArray, names: list[str], core: list[int]
) -> Sums:
    """Count the linear numbers of a part from another centre."""
    by = dict(zip(layout.linear, part.centre - centre, strict=True))
    A = np.eye(len(names))
    at = {name: k for k, name in enumerate(names)}
    for name, distance in by.items():
        if name in at:
            A[at[name], at["1"]] += distance
    for name, pairs in layout.quadratic.items():
        if name not in at:
            continue
        for u, v in pairs:
            A[at[name], at[v]] += by[u]
            A[at[name], at[u]] += by[v]
            A[at[name], at["1"]] += by[u] * by[v]
    inner = A[np.ix_(core, core)]
    products = inner @ part.products @ inner.T
    second = part.second.copy()
    second[:, core] = np.array([products[0], np.diag(products)])
    return replace(part, first=A @ part.first, second=second, products=products, centre=centre)
