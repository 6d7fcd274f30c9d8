"""Dual coordinate descent for the hinge of sparse rows with very many columns.

There the Hessian is too large to be formed, and nearly every row lies at a kink. The dual problem
has a box for each row and costs the values of the row to change (Hsieh et al. 2008, as in
liblinear); here each row has two variables, what it counts for and against.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._newton import Solution

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._row_blocks import RowBlocks

SWEEPS_PER_STEP = 20
"""Sweeps over the rows that are taken for one step of Newton's method."""


def minimise_dual(
    rows: RowBlocks, masses: FloatArray, ridge: float, *, tol: float, max_iter: int
) -> Solution:
    """Minimise the hinge of sparse rows and a ridge penalty.

    Parameters
    ----------
    rows : RowBlocks
        Sparse rows.

    masses : ndarray of shape (2, n_samples)
        What each row counts for and against.

    ridge : float
        The ridge of every coefficient, above 0.

    tol : float
        The search ends with a sweep before which no score was on the wrong side of a kink by more.

    max_iter : int
        Most steps, of `SWEEPS_PER_STEP` sweeps each.

    Returns
    -------
    solution : Solution
        The minimum; its mean loss is not asked for and 0.
    """
    from interpkd.learners._hinge_kernels import dual_sweep  # loads numba

    X, centre = rows.sparse_rows()
    last = rows.intercept
    shifts = X @ centre
    constant = float(centre @ centre) + last**2
    sizes = np.bincount(_row_numbers(X.indptr), X.data**2, rows.n_rows) - 2 * shifts + constant
    duals, raw, sums = np.zeros(masses.shape), np.zeros(rows.n_features), np.zeros(2)
    caps, rng = masses / ridge, np.random.default_rng(0)
    arrays = (X.data, X.indices, X.indptr)
    converged, n_sweeps = False, 0
    while not converged and n_sweeps < SWEEPS_PER_STEP * max_iter:
        order = rng.permutation(rows.n_rows)
        where = (shifts, np.maximum(sizes, 0.0), constant)
        worst = dual_sweep(*arrays, order, *where, caps, duals, raw, sums)
        converged, n_sweeps = worst <= tol, n_sweeps + 1
    signed = duals[0] - duals[1]  # anew, as sums of changes drift
    theta = np.append(X.T @ signed - signed.sum() * centre, last * signed.sum())
    n_iter = -(-n_sweeps // SWEEPS_PER_STEP)
    return Solution(theta[: rows.n_columns], 0.0, n_iter, converged=converged)


def _row_numbers(indptr: IntArray) -> IntArray:
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
