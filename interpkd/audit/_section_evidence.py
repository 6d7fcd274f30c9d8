"""The evidence of the sections about behaviour: each from the models, the rows and what is known."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._discrimination import discrimination_evidence
from interpkd.audit._discrimination_tables import (
    draw_calibration,
    draw_discrimination,
)
from interpkd.audit._monotonicity import monotonicity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from interpkd.audit._inputs import Inputs


def section_evidence(
    inputs: Inputs,
    *,
    sample_weight: ArrayLike | None,
    alpha: float,
    random_state: int,
) -> dict[str, Any]:
    """Give the sections, each with "is_computed" and the reason where there is nothing.

    Parameters
    ----------
    inputs : Inputs
        Models, rows and labels.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    alpha : float
        One minus the confidence of the intervals.

    random_state : int
        Seed of the samples.

    Returns
    -------
    sections : dict
        Key of the data model to section.
    """
    return {
        "discrimination": discrimination_evidence(inputs, sample_weight=sample_weight, alpha=alpha),
        "monotonicity": monotonicity(inputs, random_state=random_state),
    }


def draw_sections(data: Mapping[str, Any]) -> dict[str, str]:
    """Draw the pictures of these sections.

    Parameters
    ----------
    data : mapping
        The data model.

    Returns
    -------
    pictures : dict
        Name to SVG element.
    """
    pictures = {}
    if data["discrimination"].get("curves"):
        pictures["discrimination"] = draw_discrimination(data["discrimination"])
    if data["discrimination"].get("calibration"):
        pictures["calibration"] = draw_calibration(data["discrimination"])
    return pictures
