"""Teacher and student asked as their users ask them: what every witness must pass."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import ask, class_probabilities, decide, predictions
from interpkd._validation import class_positions
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray, Table


@dataclass(frozen=True, eq=False)
class BothModels:
    """A teacher and a student, and what counts as disagreement.

    Attributes
    ----------
    teacher, student : object
        The fitted models.

    classes : ndarray of shape (n_classes,) or None
        The teacher's classes, None for a regression.

    tolerance : float
        Of two classes: how far beyond one half the teacher's probability must be to contradict. Of
        a regression: by how much predictions must differ.
    """

    teacher: Any
    student: Any
    classes: NDArray[Any] | None
    tolerance: float

    def student_answers(self, X: Table) -> FloatArray:
        """Give the position of the student's class among the teacher's, or its prediction."""
        if self.classes is None:
            return predictions(self.student, X, source="student")
        labels = np.asarray(ask(self.student, X, "predict"))
        return class_positions(labels, self.classes).astype(np.float64)

    def teacher_answers(self, X: Table) -> tuple[FloatArray, FloatArray]:
        """Give the position of the teacher's class, or its prediction, and its probabilities.

        For a regression the second are the predictions too.
        """
        if self.classes is None:
            answers = predictions(self.teacher, X)
            return answers, answers
        P = class_probabilities(self.teacher, X)
        return decide(P, 0.5).astype(np.float64), P

    def both_answers(self, X: Table) -> tuple[FloatArray, FloatArray]:
        """Give the answers of teacher and student: predictions, or probabilities of the classes."""
        if self.classes is None:
            return predictions(self.teacher, X), predictions(self.student, X, source="student")
        P = class_probabilities(self.teacher, X)
        own = np.zeros_like(P)
        own[:, class_positions(self.student.classes_, self.classes)] = class_probabilities(
            self.student, X, source="student"
        )
        return P, own

    def differences(self, X: Table) -> FloatArray:
        """Give how far apart the answers are: of classes, the total variation of probabilities."""
        of_teacher, of_student = self.both_answers(X)
        apart = np.abs(of_teacher - of_student)
        return apart if apart.ndim == 1 else apart.sum(axis=1) / 2

    @property
    def has_differences(self) -> bool:
        """Whether differences can be told: of classes, whether the student has probabilities."""
        return self.classes is None or hasattr(self.student, "predict_proba")

    def contradicts(self, X: Table) -> BoolArray:
        """Tell on which rows the teacher contradicts the student."""
        return self.differs(*self.teacher_answers(X), self.student_answers(X))

    def flips(self, X: Table, decided: FloatArray) -> BoolArray:
        """Tell on which rows the teacher contradicts what it answered elsewhere."""
        return self.differs(*self.teacher_answers(X), decided)

    def contradicts_and_flips(self, X: Table, decided: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Tell both, and ask the teacher once."""
        answers, P = self.teacher_answers(X)
        contradicts = self.differs(answers, P, self.student_answers(X))
        return contradicts, self.differs(answers, P, decided)

    def differs(self, answers: FloatArray, P: FloatArray, other: FloatArray) -> BoolArray:
        """Tell on which rows the teacher's answers and probabilities contradict other answers."""
        if self.classes is None:
            return np.abs(answers - other) > self.tolerance
        if self.tolerance == 0:
            return answers != other
        against = P[np.arange(len(P)), 1 - other.astype(np.intp)]
        return np.asarray(against > 0.5 + self.tolerance)


def both_models(teacher: Any, student: Any, tolerance: float | None) -> BothModels:
    """Check that two models can be compared.

    Parameters
    ----------
    teacher, student : fitted estimator
        The models.

    tolerance : float or None
        As for `certify`.

    Returns
    -------
    both : BothModels
        The two.

    Raises
    ------
    InvalidInputError
        If one is a classifier and the other a regression, the student knows another class, or the
        tolerance breaks its rule.
    """
    classes, own = (_classes_of(model) for model in (teacher, student))
    if (classes is None) != (own is None):
        kinds = ["a regression" if c is None else "a classifier" for c in (classes, own)]
        msg = f"The teacher is {kinds[0]} and the student {kinds[1]}; both must be the same."
        raise InvalidInputError(msg)
    known = [] if classes is None else classes.tolist()
    strange = [] if own is None else [label for label in own.tolist() if label not in known]
    if strange:
        msg = (
            f"The student knows the class {strange[0]!r}, and the teacher only "
            f"{known}. Name the teacher's classes by as_teacher(model, classes=[...])."
        )
        raise InvalidInputError(msg)
    if classes is None:
        if tolerance is None or not 0 < tolerance < np.inf:
            msg = (
                "The 'tolerance' parameter must be a number above 0 for a regression, the "
                f"difference of predictions that still counts as agreement; got {tolerance!r}."
            )
            raise InvalidInputError(msg)
        return BothModels(teacher, student, None, float(tolerance))
    tolerance = 0.0 if tolerance is None else float(tolerance)
    if not 0 <= tolerance < 0.5 or (tolerance > 0 and len(classes) != 2):
        msg = (
            "The 'tolerance' parameter must be at least 0 and below 0.5, and 0 or None for more "
            f"than two classes; got {tolerance!r} for {len(classes)} classes."
        )
        raise InvalidInputError(msg)
    return BothModels(teacher, student, classes, tolerance)


def _classes_of(model: Any) -> NDArray[Any] | None:
    classes = getattr(model, "classes_", None)
    return None if classes is None or len(classes) == 0 else np.asarray(classes)
