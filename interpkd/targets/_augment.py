"""Augmentation: how many rows near the data to generate for the teacher to label."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.targets._row_space import distinct_rows

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

MAX_GENERATED = 15_000
"""Rows that "auto" generates; twice as many gave no closer trees."""

MAX_PER_ROW = 25
MIN_ROWS = 20
MAX_ROWS = 100_000
MAX_VALUES = 20_000_000


def n_generated_rows(
    Z: FloatArray,
    *,
    augmentation: str | None,
    n_augmented: int | str,
    alpha: float,
    can_ask: bool,
    has_size_limit: bool,
) -> int:
    """Decide how many rows to generate.

    "auto" generates none where there is nothing to win: without a teacher that can be asked, with
    ``alpha=1``, for a student without a size limit (it repeats its rows), for a single column,
    for fewer than 20 different rows and for more than 100,000. Otherwise it generates 15,000
    rows, but at most 25 per real one and at most 20 million values. Real rows are counted as
    different rows, so that a weight of 2 is a row given twice.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The real rows.

    augmentation : {"auto", "neighbours"} or None
        The student's parameter.

    n_augmented : int or "auto"
        The student's parameter; a number is kept to.

    alpha : float
        Weight of the true labels.

    can_ask : bool
        Whether there is a teacher to ask about new rows.

    has_size_limit : bool
        Whether the student is limited in size.

    Returns
    -------
    n_generated : int
        The number of rows.

    Raises
    ------
    InvalidInputError
        If a number is asked for and there can be no such rows.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import n_generated_rows
    >>> Z = np.random.default_rng(0).normal(size=(100, 3))
    >>> how = {"alpha": 0.0, "can_ask": True, "has_size_limit": True}
    >>> n_generated_rows(Z, augmentation="auto", n_augmented="auto", **how)
    2500
    """
    if n_augmented != "auto":
        n_wanted = int(n_augmented)
        if n_wanted > 0:
            _check_possible(n_wanted, augmentation, alpha, can_ask=can_ask)
        return n_wanted
    no_use = not can_ask or alpha == 1 or not has_size_limit or Z.shape[1] < 2
    if augmentation is None or no_use or len(Z) < MIN_ROWS or _surely_too_many(Z):
        return 0
    n_rows = len(distinct_rows(Z)[0])
    if not MIN_ROWS <= n_rows <= MAX_ROWS:
        return 0
    return min(MAX_GENERATED, MAX_PER_ROW * n_rows, MAX_VALUES // Z.shape[1])


def _check_possible(
    n_wanted: int, augmentation: str | None, alpha: float, *, can_ask: bool
) -> None:
    if augmentation is None:
        msg = f"n_augmented={n_wanted} asks for rows that augmentation=None switches off."
        raise InvalidInputError(msg + " Set n_augmented=0, or augmentation='auto'.")
    if not can_ask:
        msg = (
            f"n_augmented={n_wanted} needs a teacher that can be asked about new rows; "
            "teacher_proba covers X only. Set n_augmented=0."
        )
        raise InvalidInputError(msg)
    if alpha == 1:
        msg = (
            f"n_augmented={n_wanted} asks the teacher about new rows, but alpha=1 leaves it no "
            "say. Lower alpha, or set n_augmented=0."
        )
        raise InvalidInputError(msg)


def _surely_too_many(Z: FloatArray) -> bool:
    """Spare millions of rows the comparison as wholes where the first column tells."""
    return len(Z) > MAX_ROWS and len(np.unique(Z[:, 0])) > MAX_ROWS
