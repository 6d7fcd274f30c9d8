"""What a cut-off report is made from, checked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import Answers, check_cutoff
from interpkd.fidelity._segments import MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._sample import Sample

COSTS = ("false_approval", "false_decline")
"""The two ways to be wrong, each with its cost."""


@dataclass(frozen=True)
class Scores:
    """Both models' probabilities of the second class, and what is known of the rows.

    Attributes
    ----------
    teacher, student : ndarray of shape (n_rows,)
        Probabilities of the second class.

    classes : list
        The two classes.

    bad : ndarray of bool of shape (n_rows,) or None
        Which rows are bad; None without labels.

    sample : Sample
        Weights and groups.

    declines_above : bool
        Whether rows above the cut-off are declined, or those that are not.

    costs : dict or None
        Cost of either kind of error.

    alpha : float
        One minus the confidence.
    """

    teacher: FloatArray
    student: FloatArray
    classes: list[Any]
    bad: BoolArray | None
    sample: Sample
    declines_above: bool
    costs: dict[str, float] | None
    alpha: float

    def declined(self, p: FloatArray, cutoff: float) -> BoolArray:
        """Tell which rows are declined at a cut-off."""
        return (p > cutoff) == self.declines_above

    def decided(self, *, declined: bool) -> Any:
        """Give the class that an approval or a refusal decides for."""
        return self.classes[int(declined == self.declines_above)]

    @property
    def badness(self) -> FloatArray:
        """Whether a row is bad, or how probably in the teacher's eyes."""
        if self.bad is not None:
            return self.bad.astype(np.float64)
        return self.teacher if self.declines_above else 1 - self.teacher

    def mean(self, values: FloatArray | BoolArray) -> float:
        """Give the weighted mean of a number per row."""
        w = self.sample.weights
        return float(values @ w / w.sum())


def check_classes(answers: Answers, bad_class: Any) -> tuple[list[Any], int]:
    """Give the two classes and the position of the bad one."""
    if answers.classes is None or len(answers.classes) != 2:
        kind = "a regression" if answers.classes is None else f"{len(answers.classes)} classes"
        msg = f"A cut-off divides two classes, but the student has {kind}."
        raise InvalidInputError(msg)
    classes = answers.classes.tolist()
    if bad_class is None:
        return classes, 1
    if bad_class not in classes:
        msg = (
            f"bad_class must be one of the student's classes {classes} or None, got {bad_class!r}."
        )
        raise InvalidInputError(msg)
    return classes, classes.index(bad_class)


def check_costs(costs: Mapping[str, float] | None) -> dict[str, float] | None:
    if costs is None:
        return None
    named = isinstance(costs, Mapping) and sorted(map(str, costs)) == [*COSTS]
    if not named or not all(
        isinstance(cost, Real) and np.isfinite(float(cost)) and cost >= 0 for cost in costs.values()
    ):
        msg = (
            f"costs must be a mapping of {COSTS[0]!r} and {COSTS[1]!r} to numbers of at least 0, "
            f"got {costs!r}."
        )
        raise InvalidInputError(msg)
    return {name: float(costs[name]) for name in COSTS}


def check_tiers(tiers: Sequence[float] | None) -> tuple[float, ...] | None:
    if tiers is None:
        return None
    borders = tuple(check_cutoff(border) for border in np.ravel(tiers).tolist())
    rising = all(a < b for a, b in pairwise(borders))
    if not borders or len(borders) >= MAX_VALUES or not rising:
        msg = (
            f"tiers must be 1 to {MAX_VALUES - 1} rising cut-offs between 0 and 1, "
            f"got {list(borders)}."
        )
        raise InvalidInputError(msg)
    return borders
