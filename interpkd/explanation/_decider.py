"""A student of two classes as it decides: its score, the side of the cut-off, how it can be read."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import ask, class_probabilities
from interpkd._structure import Structure, take_apart
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, Table


@dataclass(frozen=True)
class Decider:
    """A student with the cut-off that it is used at.

    Attributes
    ----------
    student : fitted estimator
        The student.

    structure : Structure
        The student taken apart.

    adverse : int
        Position of the adverse class, 0 or 1.

    cutoff : float
        The second class is decided where its probability exceeds this.
    """

    student: Any
    structure: Structure
    adverse: int
    cutoff: float

    @property
    def has_proba(self) -> bool:
        """Whether the student has probabilities; a bare support vector machine has none."""
        return hasattr(self.student, "predict_proba")

    @property
    def scale(self) -> str:
        """The scale that contributions are on, the one on which the student can be read."""
        if self.structure.is_tree:
            return "probability"
        if hasattr(self.student, "card_"):
            return "points"
        return "log odds" if self.has_proba else "margin"

    @property
    def unit(self) -> float:
        """What one unit of :meth:`log_odds` is on the scale of contributions."""
        return abs(float(self.student.card_.factor)) if self.scale == "points" else 1.0

    def second(self, X: Table) -> FloatArray:
        """Give the probability of the second class, or the margin towards it, shape (n,)."""
        if not self.has_proba:
            return self._margin(X)
        classes = self.structure.classes
        return class_probabilities(self.student, X, classes, source="student")[:, 1]

    def is_adverse(self, second: FloatArray) -> BoolArray:
        """Tell which answers of :meth:`second` mean a decision for the adverse class."""
        level = self.cutoff if self.has_proba else 0.0
        return (second > level) == (self.adverse == 1)

    def adverse_score(self, second: FloatArray) -> FloatArray:
        """Give the same answers as scores of the adverse class, shape (n,)."""
        if self.adverse == 1:
            return second
        return 1 - second if self.has_proba else -second

    def log_odds(self, X: Table) -> FloatArray:
        """Give what a linear student adds up, of the adverse class, shape (n,)."""
        if hasattr(self.student, "decision_function"):
            return self._sign * float(getattr(self.student, "link_slope_", 1.0)) * self._margin(X)
        P = class_probabilities(self.student, X, self.structure.classes, source="student")
        logs = np.log(np.maximum(P, np.finfo(np.float64).tiny))
        return self._sign * (logs[:, 1] - logs[:, 0])

    def reading(self, X: Table) -> FloatArray:
        """Give the adverse score on the scale of contributions, shape (n,)."""
        if self.structure.is_tree:
            return self.adverse_score(self.second(X))
        return self.unit * self.log_odds(X)

    @property
    def _sign(self) -> int:
        return 1 if self.adverse == 1 else -1

    def _margin(self, X: Table) -> FloatArray:
        return np.ravel(np.asarray(ask(self.student, X, "decision_function"), dtype=np.float64))


def make_decider(student: Any, *, adverse_class: Any, cutoff: float, purpose: str) -> Decider:
    """Check that a student decides between two classes and can be read.

    Parameters
    ----------
    student : fitted estimator
        The student.

    adverse_class : object or None
        The adverse class; None for the one that a scorecard's `good_class` is not, else for
        ``classes_[1]``.

    cutoff : float
        Where the classes are divided.

    purpose : str
        What it is for, as the subject of errors.

    Returns
    -------
    decider : Decider
        The student as it decides.

    Raises
    ------
    InvalidInputError
        If the student has not two classes, or a parameter breaks its rule.
    """
    structure = take_apart(student)
    classes = None if structure.classes is None else structure.classes.tolist()
    if classes is None or len(classes) != 2:
        what = "predicts numbers" if classes is None else f"has the classes {classes}"
        msg = f"{purpose} need a student that decides between two classes; this one {what}."
        raise InvalidInputError(msg)
    if not 0 <= cutoff <= 1:
        msg = f"The 'cutoff' parameter must be from 0 to 1, got {cutoff!r}."
        raise InvalidInputError(msg)
    if not hasattr(student, "predict_proba") and cutoff != 0.5:
        msg = (
            f"{type(student).__name__} has no probabilities and decides where its margin is above "
            f"0, so cutoff must be 0.5, got {cutoff!r}. Calibrate it first."
        )
        raise InvalidInputError(msg)
    good = getattr(student, "good_class", None) if hasattr(student, "card_") else None
    if adverse_class is None:
        adverse = 1 if good is None else 1 - classes.index(good)
    elif adverse_class in classes:
        adverse = classes.index(adverse_class)
    else:
        msg = (
            f"The 'adverse_class' parameter must be one of the classes {classes}, got "
            f"{adverse_class!r}."
        )
        raise InvalidInputError(msg)
    return Decider(student, structure, adverse, float(cutoff))
