"""The worst segment and the cut-off as sections of the data model."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd.fidelity import cutoff_report, worst_segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.audit._inputs import Inputs

NO_TEACHER = "No teacher was given, and the student keeps none."


def worst_segments(
    inputs: Inputs,
    *,
    sample_weight: ArrayLike | None,
    cutoff: float,
    alpha: float,
    random_state: int,
) -> dict[str, Any]:
    """Search for the segment in which the student follows the teacher worst.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers and the rows.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    cutoff, alpha : float
        Where two classes are divided; the risk of all tests together.

    random_state : int
        Seed of the halves.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then what the search gives, with counts of the segments tested
        and of those called worse.
    """
    if inputs.teacher_answers is None:
        return {"is_computed": False, "reason": NO_TEACHER}
    if inputs.n_rows < 2:
        return {"is_computed": False, "reason": "One evaluation row cannot be split into halves."}
    found = worst_segment(
        _answered(inputs),
        _named(inputs),
        teacher=inputs.teacher_answers,
        sample_weight=sample_weight,
        cutoff=cutoff,
        alpha=alpha,
        random_state=random_state,
    ).to_dict()
    counts = {
        "n_segments": len(found["segments"]),
        "n_worse": sum(one["is_worse"] for one in found["segments"]),
    }
    return {"is_computed": True, "reason": None, **found, **counts}


def at_the_cutoff(
    inputs: Inputs, *, sample_weight: ArrayLike | None, cutoff: float, alpha: float
) -> dict[str, Any]:
    """Compare both models' decisions at the cut-off.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers and the rows.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    cutoff, alpha : float
        The cut-off; one minus the confidence of the intervals.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then what the cut-off report gives. "approved" there means
        decided for the first class: the report does not know which one a reader would approve.
    """
    reason = None
    if inputs.teacher_answers is None:
        reason = NO_TEACHER
    elif inputs.classes is None:
        reason = "A regression has no cut-off."
    elif len(inputs.classes) != 2:
        reason = "Among more than two classes the most probable one is decided, without a cut-off."
    if reason is not None:
        return {"is_computed": False, "reason": reason}
    report = cutoff_report(
        _answered(inputs),
        _named(inputs),
        inputs.y,
        teacher=inputs.teacher_answers,
        sample_weight=sample_weight,
        cutoff=cutoff,
        alpha=alpha,
    )
    return {"is_computed": True, "reason": None, **report.to_dict()}


def segment_limitations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say that a segment is worse, or that none was shown to be.

    Parameters
    ----------
    data : mapping
        The report's data model.

    Yields
    ------
    topic, text : str
        At most one limitation.
    """
    found = data["worst_segments"]
    if not found["is_computed"]:
        return
    worse = [one["rule"] for one in found["segments"] if one["is_worse"]]
    if worse:
        yield (
            "Worse in a segment",
            f"The student follows the teacher less closely where {'; or where '.join(worse)}.",
        )
    else:
        yield (
            "No worse segment was shown",
            "That is no proof that there is none: a small segment, or a small difference, is not "
            "found with this many rows.",
        )


def _answered(inputs: Inputs) -> Any:
    """Give the student's answers in the shape of a model, so that it is not asked again."""
    if inputs.classes is None:
        return SimpleNamespace(predict=lambda _: inputs.student_answers)
    return SimpleNamespace(
        classes_=inputs.structure.classes, predict_proba=lambda _: inputs.student_answers
    )


def _named(inputs: Inputs) -> Table:
    """Give the rows as a data frame whose columns have the names that the report uses."""
    if is_frame(inputs.rows):
        return inputs.rows
    import pandas as pd

    names = [column.name for column in inputs.raw]
    return pd.DataFrame(np.asarray(inputs.rows), columns=names)
