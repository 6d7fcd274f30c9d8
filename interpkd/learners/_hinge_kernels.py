"""The rounded hinge row by row, compiled."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from numba import njit

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray


@njit(cache=True, nogil=True)
def fill_terms(
    z: FloatArray,
    masses: FloatArray,
    width: float,
    slope: FloatArray,
    curvature: FloatArray,
) -> None:
    """Write each row's slope and curvature at its score; `masses` are those for and against."""
    for i in range(len(z)):
        slope[i] = curvature[i] = 0.0
        for side in range(2):
            sign = 2 * side - 1
            margin = 1.0 + sign * z[i]
            if margin >= width:
                slope[i] += sign * masses[side, i]
            elif margin > -width:
                slope[i] += sign * masses[side, i] * (margin + width) / (2 * width)
                curvature[i] += masses[side, i] / (2 * width)


@njit(cache=True, nogil=True)
def slope_along(
    z: FloatArray, change: FloatArray, share: float, masses: FloatArray, width: float
) -> float:
    """Give the derivative, by the share, of the summed loss at scores z + share * change."""
    total = 0.0
    for i in range(len(z)):
        now = z[i] + share * change[i]
        slope = 0.0
        for side in range(2):
            sign = 2 * side - 1
            margin = 1.0 + sign * now
            if margin >= width:
                slope += sign * masses[side, i]
            elif margin > -width:
                slope += sign * masses[side, i] * (margin + width) / (2 * width)
        total += slope * change[i]
    return total


@njit(cache=True, nogil=True)
def dual_sweep(
    data: FloatArray,
    indices: IntArray,
    indptr: IntArray,
    order: IntArray,
    shifts: FloatArray,
    sizes: FloatArray,
    constant: float,
    caps: FloatArray,
    duals: FloatArray,
    raw: FloatArray,
    sums: FloatArray,
) -> float:
    """Minimise over the two dual variables of one row after the other; give the worst slope before.

    The score of a centred row x - c with a last value b is x'raw - sums[0] * x'c - sums[1] +
    sums[0] * constant, where `raw` and `sums` add up the rows times the duals, sums[1] is c'raw,
    constant is c'c + b², and `shifts` holds x'c of each row. All is in units of the ridge.
    """
    worst = 0.0
    for i in order:
        z = sums[0] * (constant - shifts[i]) - sums[1]
        for k in range(indptr[i], indptr[i + 1]):
            z += data[k] * raw[indices[k]]
        for side in range(2):
            sign, cap, dual = 1 - 2 * side, caps[side, i], duals[side, i]
            slope = sign * z - 1.0
            if cap == 0.0 or (dual <= 0.0 and slope >= 0.0) or (dual >= cap and slope <= 0.0):
                continue
            worst = max(worst, abs(slope))
            if sizes[i] > 0.0:
                new = min(max(dual - slope / sizes[i], 0.0), cap)
            else:
                new = cap if slope < 0.0 else 0.0
            change = sign * (new - dual)
            if change == 0.0:
                continue
            duals[side, i] = new
            for k in range(indptr[i], indptr[i + 1]):
                raw[indices[k]] += change * data[k]
            sums[0] += change
            sums[1] += change * shifts[i]
            z += change * sizes[i]
    return worst
