"""Two lists of answers side by side."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
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
        Rows whose class differs, ties left out; None for a regression, and where none were found.

    largest_difference : float or None
        Of a probability, ties and rounded rows left out, or else of a prediction or a score; None
        where none were found.

    n_ties : int
        Rows whose label rounding decides.

    n_rounded : int
        Other rows that differ by more than the tolerance, and not more than their own sums round.

    worst : int or None
        The row that is worst; None when all answers are right.

    measured : str
        What the largest difference is of.
    """

    n_different_labels: int | None = None
    largest_difference: float | None = None
    n_ties: int = 0
    n_rounded: int = 0
    worst: int | None = None
    measured: str = ""


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

    All that was found is compared. A prediction or a score is compared relative to what its own sum
    is made of, and not to the largest one of all rows: beside rows of 1e30 any difference would be
    small. Leaves are equal or not.

    Parameters
    ----------
    data : mapping
        The document of the student.

    rows : pandas.DataFrame
        The rows that were answered.

    wanted, found : Answers
        The student's answers, all that it has, and the engine's.

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
    for name in ("predictions", "probabilities", "scores", "leaves"):
        if getattr(found, name) is not None:
            _check_shape(getattr(wanted, name), getattr(found, name))
    is_regression = data["classes"] is None
    outcome, wrong, badness = (_compare_numbers if is_regression else _compare_classes)(
        data, wanted, found, known, tolerance
    )
    if found.scores is not None:
        difference = _relative(wanted.scores, found.scores, known.sizes[:, None]).max(axis=1)
        wrong, badness = wrong | ~(difference <= tolerance), np.maximum(badness, difference)
        if outcome.measured == "":
            outcome = replace(outcome, largest_difference=_largest(difference), measured="score")
    if found.leaves is not None:
        differs = np.asarray(wanted.leaves != found.leaves)
        wrong, badness = wrong | differs, badness + 2 * differs
    return replace(outcome, worst=_worst(wrong, badness))


def _compare_numbers(
    data: Mapping[str, Any],  # noqa: ARG001  # as `_compare_classes`
    wanted: Answers,
    found: Answers,
    known: Certainty,
    tolerance: float,
) -> tuple[Outcome, BoolArray, FloatArray]:
    """Compare predictions; give which are wrong, and how much."""
    if found.predictions is None:
        return Outcome(), np.zeros(len(known.tied), dtype=bool), np.zeros(len(known.tied))
    difference = _relative(wanted.predictions, found.predictions, known.sizes)
    wrong = ~(difference <= tolerance)  # so that NaN is wrong
    largest = _largest(difference)
    return Outcome(largest_difference=largest, measured="prediction"), wrong, difference


def _compare_classes(
    data: Mapping[str, Any], wanted: Answers, found: Answers, known: Certainty, tolerance: float
) -> tuple[Outcome, BoolArray, FloatArray]:
    """Compare labels and probabilities; give which rows are wrong, and how much."""
    differs = np.zeros(len(known.tied), dtype=bool)
    difference = np.zeros(len(known.tied))
    if found.predictions is not None:
        differs = _differ(wanted.predictions, found.predictions)
    if found.probabilities is not None and wanted.probabilities is not None:
        difference = np.abs(found.probabilities - wanted.probabilities).max(axis=1)
    inside = _rounding_leads_to(found, known, tolerance)
    rounded = ~known.tied & (difference > tolerance) & inside
    wrong = np.where(
        known.tied,
        ~(_are_possible(data["classes"], found, known) & inside) & (differs | (difference > 0)),
        differs | ~((difference <= tolerance) | inside),
    )
    has_proba = found.probabilities is not None
    outcome = Outcome(
        n_different_labels=None
        if found.predictions is None
        else int((differs & ~known.tied).sum()),
        largest_difference=_largest(difference[~known.tied & ~rounded]) if has_proba else None,
        n_ties=int(known.tied.sum()),
        n_rounded=int(rounded.sum()),
        measured="probability" if has_proba else "",
    )
    # a wrong label is worse than any probability
    return outcome, wrong, difference + 2 * differs


def _relative(wanted: Any, found: Any, sizes: FloatArray) -> FloatArray:
    """Give differences relative to what was added up, and to the number itself."""
    own, other = np.asarray(wanted, dtype=np.float64), np.asarray(found, dtype=np.float64)
    return np.asarray(np.abs(other - own) / np.maximum(sizes, np.abs(own)))


def _rounding_leads_to(found: Answers, known: Certainty, tolerance: float) -> BoolArray:
    """Tell where rounding can lead to the probabilities."""
    if found.probabilities is None:  # then labels alone are judged
        return np.ones(len(known.tied), dtype=bool)
    if known.low is None or known.high is None:
        return np.zeros(len(known.tied), dtype=bool)
    proba = np.asarray(found.probabilities)
    inside = (proba >= known.low - tolerance) & (proba <= known.high + tolerance)
    return np.asarray(inside.all(axis=1))


def _are_possible(classes: list[Any], found: Answers, known: Certainty) -> BoolArray:
    """Tell where rounding can lead to the label."""
    if found.predictions is None:
        return np.ones(len(known.tied), dtype=bool)
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
