"""Two lists of answers side by side."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._rounding import certainty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.export._parity import Answers
    from interpkd.export._rounding import Certainty


@dataclass(frozen=True)
class Outcome:
    """How answers compare.

    Attributes
    ----------
    n_different_labels : int or None
        Rows whose class differs, ties left out; None for a regression.

    largest_difference : float
        Of a probability, ties and rounded rows left out, or of a prediction.

    n_ties : int
        Rows whose label rounding decides.

    n_rounded : int
        Other rows that differ by more than the tolerance, and not more than their own sums round.

    worst : int or None
        The row that is worst; None when all answers are right.
    """

    n_different_labels: int | None
    largest_difference: float
    n_ties: int
    n_rounded: int
    worst: int | None


def compare(
    data: Mapping[str, Any],
    rows: Any,
    wanted: Answers,
    found: Answers,
    *,
    tolerance: float,
    unit: float,
) -> Outcome:
    """Compare what an engine found with what the student says.

    A prediction is compared relative to what its own sum is made of, and not to the largest one
    of all rows: beside rows of 1e30 any difference would be small.

    Parameters
    ----------
    data : mapping
        The document of the student.

    rows : pandas.DataFrame
        The rows that were answered.

    wanted, found : Answers
        The student's answers, and the engine's.

    tolerance : float
        The largest difference that is rounding.

    unit : float
        The distance from 1 to the next number in which the engine adds.

    Returns
    -------
    outcome : Outcome
        How they compare.
    """
    known = certainty(data, rows, unit=unit)
    if wanted.probabilities is None or found.probabilities is None:
        _check_shape(wanted.predictions, found.predictions)
        own = np.asarray(wanted.predictions, dtype=np.float64)
        scale = np.maximum(known.sizes, np.abs(own))
        difference = np.abs(np.asarray(found.predictions, dtype=np.float64) - own) / scale
        wrong = ~(difference <= tolerance)  # so that NaN is wrong
        return Outcome(None, _largest(difference), 0, 0, _worst(wrong, difference))
    _check_shape(wanted.probabilities, found.probabilities)
    _check_shape(wanted.predictions, found.predictions)
    difference = np.abs(found.probabilities - wanted.probabilities).max(axis=1)
    differs = _differ(wanted.predictions, found.predictions)
    inside = _rounding_leads_to(found, known, tolerance)
    rounded = ~known.tied & (difference > tolerance) & inside
    wrong = np.where(
        known.tied,
        ~(_are_possible(data["classes"], found, known) & inside) & (differs | (difference > 0)),
        differs | ~((difference <= tolerance) | inside),
    )
    return Outcome(
        n_different_labels=int((differs & ~known.tied).sum()),
        largest_difference=_largest(difference[~known.tied & ~rounded]),
        n_ties=int(known.tied.sum()),
        n_rounded=int(rounded.sum()),
        # a wrong label is worse than any probability
        worst=_worst(wrong, difference + 2 * differs),
    )


def _rounding_leads_to(found: Answers, known: Certainty, tolerance: float) -> BoolArray:
    """Tell where rounding can lead to the probabilities."""
    if known.low is None or known.high is None:
        return np.zeros(len(known.tied), dtype=bool)
    proba = np.asarray(found.probabilities)
    inside = (proba >= known.low - tolerance) & (proba <= known.high + tolerance)
    return np.asarray(inside.all(axis=1))


def _are_possible(classes: list[Any], found: Answers, known: Certainty) -> BoolArray:
    """Tell where rounding can lead to the label."""
    if known.allowed is None:
        return np.zeros(len(known.tied), dtype=bool)
    places = {label: k for k, label in enumerate(classes)}
    found_at = np.array([places.get(label, -1) for label in found.predictions.tolist()])
    return np.asarray((found_at >= 0) & known.allowed[np.arange(len(found_at)), found_at])


def _differ(wanted: Any, found: Any) -> BoolArray:
    pairs = zip(wanted.tolist(), found.tolist(), strict=True)
    return np.array([one != other for one, other in pairs], dtype=bool)


def _check_shape(wanted: Any, found: Any) -> None:
    if np.shape(wanted) != np.shape(found):
        msg = f"The engine gave answers of shape {np.shape(found)} instead of {np.shape(wanted)}."
        raise ValueError(msg)


def _largest(difference: FloatArray) -> float:
    # NaN stays: it is the worst
    return float(np.max(difference, initial=0.0))


def _worst(wrong: BoolArray, badness: FloatArray) -> int | None:
    if not wrong.any():
        return None
    sizes = np.where(wrong, np.nan_to_num(badness, nan=np.inf, posinf=np.inf), -1.0)
    return int(sizes.argmax())
