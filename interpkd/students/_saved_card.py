"""The points of a scorecard that comes from a file."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners import PointsCard, ScorecardBins, ScorecardModel

MOST_BINS = 10_000
"""Bins of a column of a saved card; a fit makes a few hundred at most."""

MOST_POINTS_OF_ALL = 2**53
"""Points that a row may have in all: no sum of them is rounded."""


def card_from(read: Any, loss: float) -> PointsCard:
    """Build a card from one that was read from a document.

    Parameters
    ----------
    read : ReadCard
        Bins and points, checked.

    loss : float
        Mean log loss before rounding.

    Returns
    -------
    card : PointsCard
        The card of a student.

    Raises
    ------
    InvalidInputError
        If a column has too many bins or a row could have too many points.
    """
    bins = [ScorecardBins(one.cuts, one.special, one.groups) for one in read.model.bins]
    most = sum(int(np.abs(points).max()) for points in read.points) + abs(read.base_points)
    n_bins = max(one.n_bins for one in bins)
    if n_bins > MOST_BINS or most > MOST_POINTS_OF_ALL:
        msg = (
            f"A saved card may have {MOST_BINS} bins a column and {MOST_POINTS_OF_ALL} points; "
            f"this one has {n_bins} and {most}."
        )
        raise InvalidInputError(msg)
    model = ScorecardModel(
        read.model.columns, bins, read.model.log_odds, read.model.intercept, loss
    )
    return PointsCard(model, read.points, read.base_points, read.factor, read.offset)
