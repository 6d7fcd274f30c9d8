"""The evidence of the sections about behaviour: each from the models, the rows and what is known."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._counterfactuals import counterfactuals
from interpkd.audit._dependence import dependence
from interpkd.audit._dependence_tables import draw_dependence
from interpkd.audit._discrimination import discrimination_evidence
from interpkd.audit._discrimination_tables import (
    draw_calibration,
    draw_discrimination,
)
from interpkd.audit._monotonicity import monotonicity
from interpkd.audit._oversight import oversight
from interpkd.audit._reason_quality import reason_quality
from interpkd.audit._sensitivity import sensitivity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from interpkd.audit._inputs import Inputs
    from interpkd.audit._reason_sections import Compared


def section_evidence(
    inputs: Inputs,
    declines: Mapping[str, Any],
    compared: Compared | None,
    frozen: Mapping[str, str],
    importance: list[dict[str, Any]],
    *,
    constrained: Any,
    cutoff: float,
    sample_weight: ArrayLike | None,
    alpha: float,
    random_state: int,
) -> dict[str, Any]:
    """Give the sections, each with "is_computed" and the reason where there is nothing.

    Parameters
    ----------
    inputs : Inputs
        Models, rows and labels.

    declines : mapping
        data["reasons"].

    compared : Compared or None
        The reasons that it is about.

    frozen : mapping
        Columns that may not change, and why.

    importance : list of dict
        data["explanation"]["columns"].

    constrained : fitted estimator, str or None
        A student that was distilled under the declared directions.

    cutoff : float
        Of two classes, where it is decided.

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
        "monotonicity": monotonicity(
            inputs,
            random_state=random_state,
            constrained=constrained,
            sample_weight=sample_weight,
            cutoff=cutoff,
            alpha=alpha,
        ),
        "reason_quality": reason_quality(
            inputs, declines, compared, frozen, alpha=alpha, random_state=random_state
        ),
        "sensitivity": sensitivity(inputs, random_state=random_state),
        "dependence": dependence(inputs, importance, random_state=random_state),
        "counterfactuals": counterfactuals(inputs, declines, frozen, random_state=random_state),
        "oversight": oversight(inputs, sample_weight=sample_weight, alpha=alpha),
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
    if any(one["points"] for one in data["dependence"].get("columns", [])):
        pictures["dependence"] = draw_dependence(data["dependence"])
    return pictures
