"""Rows that a teacher keeps back inside `fit`, to see when to stop."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def held_back_rows(
    y: NDArray[Any], share: float, rng: np.random.RandomState, *, by_class: bool
) -> NDArray[np.intp]:
    """Choose rows to keep back, a share of every class; a class of one row is never kept back.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Class codes, or a target.

    share : float
        In [0, 1): the share of the rows; per class it is rounded at random, so that many small
        classes keep back their share together.

    rng : RandomState
        Draws the rows.

    by_class : bool
        Whether `y` holds classes.

    Returns
    -------
    rows : ndarray of shape (n_held_back,)
        Rising positions; at least one row of every class is not among them.
    """
    codes = np.unique(y, return_inverse=True)[1] if by_class else np.zeros(len(y), dtype=np.intp)
    held = []
    for code in range(codes.max() + 1):
        members = np.flatnonzero(codes == code)
        n_held = min(int(share * len(members) + rng.random_sample()), len(members) - 1)
        held.append(rng.permutation(members)[:n_held])
    return np.sort(np.concatenate(held))
