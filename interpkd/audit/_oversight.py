"""What a person who oversees the student needs: how to read it, where not to rely on it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity import estimate_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.audit._inputs import Inputs

DISTANCE = 0.1
"""Student and teacher differ where their probabilities are further apart; half of what they sum to
over more than two classes. Of a regression, in standard deviations of the teacher's predictions."""

BAND = 0.05
"""Near the cut-off is within this; of more than two classes, a lead of less than twice this."""


def oversight(inputs: Inputs, *, sample_weight: ArrayLike | None, alpha: float) -> dict[str, Any]:
    """Measure where the student should not decide alone, and say how to read it.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    alpha : float
        One minus the confidence of the intervals.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "differ", "near_cutoff" and "abstain" (either): shares of rows
        with intervals, None where they do not apply; "agreement_inside" and "agreement_outside":
        how often both models decide alike near the cut-off and away from it; "reading" and
        "override": topics with sentences.
    """
    weights = np.ones(inputs.n_rows) if sample_weight is None else np.asarray(sample_weight, float)

    def share(true: BoolArray | None, among: BoolArray | None = None) -> dict[str, Any] | None:
        if true is None:
            return None
        rows = np.ones_like(true) if among is None else among
        if not weights[rows].any():
            return None
        return estimate_share(true[rows], sample_weight=weights[rows], alpha=alpha).to_dict()

    differ, near, same = _differ(inputs), _near(inputs), _same(inputs)
    abstain = near if differ is None else differ if near is None else near | differ
    return {
        "is_computed": True,
        "reason": None,
        "confidence": 1 - alpha,
        "distance": DISTANCE,
        "distance_unit": "probability"
        if inputs.classes is not None
        else "standard deviations of the teacher's predictions",
        "band": BAND,
        "differ": share(differ),
        "near_cutoff": share(near),
        "abstain": share(abstain),
        "agreement_inside": None if near is None else share(same, near),
        "agreement_outside": None if near is None else share(same, ~near),
        "reading": [{"topic": topic, "text": text} for topic, text in _reading(inputs)],
        "override": [{"topic": topic, "text": text} for topic, text in _override(inputs)],
    }


def _differ(inputs: Inputs) -> BoolArray | None:
    student, teacher = inputs.student_answers, inputs.teacher_answers
    if teacher is None:
        return None
    gap: FloatArray = np.abs(student - teacher)
    if inputs.classes is None:
        return np.asarray(gap > DISTANCE * teacher.std())
    return np.asarray(gap.sum(axis=1) / 2 > DISTANCE)


def _near(inputs: Inputs) -> BoolArray | None:
    if inputs.classes is None:
        return None
    P = inputs.student_answers
    if P.shape[1] == 2:
        return np.asarray(np.abs(P[:, 1] - inputs.cutoff) <= BAND)
    ranked = np.sort(P, axis=1)
    return np.asarray(ranked[:, -1] - ranked[:, -2] < 2 * BAND)


def _same(inputs: Inputs) -> BoolArray | None:
    if inputs.classes is None or inputs.teacher_answers is None:
        return None
    return np.asarray(
        inputs.decide(inputs.student_answers) == inputs.decide(inputs.teacher_answers)
    )


def _reading(inputs: Inputs) -> Iterator[tuple[str, str]]:
    if inputs.classes is None:
        yield (
            "The prediction",
            "It is the student's, an imitation of the teacher's; how far both are from the truth is "
            "in Performance.",
        )
    else:
        yield (
            "The probability",
            "It imitates the teacher's probability. Whether it means what happens is in "
            "Discrimination and calibration; read it as a rate among rows like the evaluation rows, "
            "and not as knowledge about one row.",
        )
    if inputs.classes is not None and len(inputs.classes) == 2:
        yield (
            "The decision",
            f"The student decides for {inputs.classes[1]} where its probability exceeds "
            f"{inputs.cutoff:g}. What another cut-off would do is in Sensitivity and in At the cut-off.",
        )
    yield (
        "Why",
        "The student's own rule, coefficients or points say how it came to its answer. Reasons and "
        "explanations describe the models; they do not say what caused what.",
    )


def _override(inputs: Inputs) -> Iterator[tuple[str, str]]:
    if inputs.classes is not None:
        yield (
            "Near the cut-off",
            "There a small change of the row changes the decision: a person should look at such "
            "rows before the decision stands.",
        )
    if inputs.teacher is not None:
        yield (
            "Where both models differ",
            "As long as the teacher is kept, ask it too; where it is further away than stated, the "
            "student is no evidence of what the teacher would do.",
        )
    yield (
        "Unusual rows",
        "A value outside the training range, a category or a missing value that training did not "
        "have, or a reason to doubt the data, is a ground to decide by hand.",
    )
    yield (
        "Overrides are data",
        "Write down each override with its ground, and look at their number and at their outcomes: "
        "overrides in one direction say that the student or the cut-off is wrong.",
    )
