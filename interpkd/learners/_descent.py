"""Coordinate descent, compiled."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


@njit(cache=True, nogil=True)
def sweep(
    H: FloatArray,
    r: FloatArray,
    x: FloatArray,
    l1: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    n_sweeps: int,
) -> None:
    """Minimise over one coordinate after the other; `r` is the gradient at `x`, kept up to date."""
    for _ in range(n_sweeps):
        for j in range(len(x)):
            h = H[j, j]
            if h <= 0.0:
                continue
            target = x[j] - r[j] / h
            shrink = l1[j] / h
            if target > shrink:
                target -= shrink
            elif target < -shrink:
                target += shrink
            else:
                target = 0.0
            target = min(max(target, lower[j]), upper[j])
            change = target - x[j]
            if change != 0.0:
                x[j] = target
                for i in range(len(x)):
                    r[i] += change * H[j, i]
