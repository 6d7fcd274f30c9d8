"""The truth behind the loan book: the chance of default as a function of what the table shows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray

CLASSES = ("default", "repaid")
GROUPS = ("A", "B")
SEGMENT = {"branch": "west", "purpose": "car"}
"""The planted segment."""
SHARES = {"branch": 1 / 4, "purpose": 1 / 5}
"""How often its values are drawn: one loan in twenty lies in it."""

MONOTONIC = {
    "age": 1,
    "amount": -1,
    "existing_loans": -1,
    "guarantor": 1,
    "income": 1,
    "previous_default": -1,
    "term_months": -1,
}
"""1 where the chance of "repaid", the second class, does not fall as the column grows."""


def credit_truth(data: Any, group_effect: float | None, segment_effect: float) -> Bunch:
    """Gather what is true of a loan book, as `make_credit` describes it."""
    rows = in_segment(data)
    return Bunch(
        classes=list(CLASSES),
        predict_proba=partial(
            true_probabilities, group_effect=group_effect or 0.0, segment_effect=segment_effect
        ),
        monotonic_cst=dict(MONOTONIC),
        protected=None if group_effect is None else "group",
        group_effect=group_effect,
        segment=dict(SEGMENT),
        segment_effect=segment_effect,
        segment_rows=rows if segment_effect else np.zeros_like(rows),
    )


def true_probabilities(
    data: Any, *, group_effect: float = 0.0, segment_effect: float = 0.0
) -> FloatArray:
    """Give the true chances of "default" and "repaid" of the rows of a table.

    Parameters
    ----------
    data : pandas.DataFrame of shape (n, n_columns)
        Loans, with the columns of `make_credit`.

    group_effect, segment_effect : float, default=0.0
        As in `make_credit`.

    Returns
    -------
    P : ndarray of shape (n, 2)
        The chances, each row summing to 1.
    """
    log_odds = _log_odds(data)
    if group_effect:
        log_odds = log_odds + group_effect * (data["group"] == "B").to_numpy()
    if segment_effect:
        log_odds = log_odds + segment_effect * _interaction(data)
    default = 1 / (1 + np.exp(-log_odds))
    return np.stack([default, 1 - default], axis=1)


def in_segment(data: Any) -> BoolArray:
    """Tell which loans lie in the planted segment."""
    inside = [(data[name] == value).to_numpy() for name, value in SEGMENT.items()]
    return np.asarray(np.logical_and.reduce(inside), dtype=np.bool_)


def _interaction(data: Any) -> FloatArray:
    """Give 1 in the segment, and so much less elsewhere that no column shows anything alone."""
    apart, peak = np.ones(len(data)), 1.0
    for name, value in SEGMENT.items():
        apart *= (data[name] == value).to_numpy(np.float64) - SHARES[name]
        peak *= 1 - SHARES[name]
    return apart / peak


def _log_odds(data: Any) -> FloatArray:
    """Apply the formula of `make_credit` to the table as it is shown."""
    unemployed = (data["employment"] == "unemployed").to_numpy()
    alone = ~data["guarantor"].to_numpy(np.bool_)
    burden = np.minimum(data["amount"] / data["income"], 1.5)
    log_odds = (
        -2.1
        + (2 * burden).fillna(1.0)
        + 0.02 * (data["term_months"] - 36)
        - 0.03 * (np.minimum(data["age"], 50) - 35)
        + 0.3 * data["existing_loans"]
        + 1.2 * data["previous_default"]
        - 0.8 * data["guarantor"]
        + 0.7 * (data["purpose"] == "business")
        - 0.5 * (data["purpose"] == "home")
        + 0.8 * unemployed
        - 0.4 * (data["employment"] == "retired")
        + 0.4 * data["employment"].isna()
        + 0.9 * (unemployed & alone)
    )
    return np.asarray(log_odds.to_numpy(np.float64))
