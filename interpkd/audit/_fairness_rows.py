"""What is known of each row: how both models answer, whom they favour, what was observed."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._validation import class_positions
from interpkd.audit._inputs import plain
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.audit._inputs import Inputs

MODELS = ("teacher", "student")


@dataclass(frozen=True)
class Favour:
    """Which decision a person wants.

    Attributes
    ----------
    favourable, adverse : object or None
        The class; None where it is every other class than the one that is named.

    is_assumed : bool
        Whether nobody said so.

    columns : ndarray of int
        Positions of the favourable classes.
    """

    favourable: Any
    adverse: Any
    is_assumed: bool
    columns: NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """The rows that count.

    Attributes
    ----------
    weights : ndarray of shape (n_rows,)
        Row weights, above 0.

    is_weighted : bool
        Whether the user gave weights.

    scores : dict of str to ndarray of shape (n_rows,)
        Model to its probability of a favourable class, or its prediction.

    selected : dict of str to ndarray of bool of shape (n_rows,)
        Model to whom it decides favourably; empty for a regression.

    target : ndarray of shape (n_rows,) or None
        Whether the label is favourable, or the observed value; None without labels.

    agrees : ndarray of bool of shape (n_rows,) or None
        Where both models decide alike; None without a teacher, and for a regression.

    apart : ndarray of shape (n_rows,) or None
        How far their answers are apart; None without a teacher.
    """

    weights: FloatArray
    is_weighted: bool
    scores: dict[str, FloatArray]
    selected: dict[str, BoolArray]
    target: FloatArray | None
    agrees: BoolArray | None
    apart: FloatArray | None

    @property
    def is_regression(self) -> bool:
        """Whether the answers are predictions of a number."""
        return not self.selected

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are there."""
        return tuple(name for name in MODELS if name in self.scores)

    @property
    def has_teacher(self) -> bool:
        """Whether there is a teacher to compare with."""
        return "teacher" in self.scores


def read_favour(inputs: Inputs, adverse_class: Any, favourable_class: Any) -> Favour | None:
    """Say which classes are favourable.

    Parameters
    ----------
    inputs : Inputs
        The models.

    adverse_class, favourable_class : object or None
        What the user says; at most one of them.

    Returns
    -------
    favour : Favour or None
        None for a regression.

    Raises
    ------
    InvalidInputError
        If both are given, a class is not known, or of more than two classes none is named.
    """
    if adverse_class is not None and favourable_class is not None:
        msg = "Pass adverse_class or favourable_class, not both: each says what the other one is."
        raise InvalidInputError(msg)
    classes, named = inputs.classes, adverse_class if favourable_class is None else favourable_class
    if classes is None:
        if named is not None:
            msg = f"{named!r} is named as a class, but the student is a regression. Leave it out."
            raise InvalidInputError(msg)
        return None
    if named is not None and named not in classes:
        which = "adverse_class" if favourable_class is None else "favourable_class"
        msg = f"{which} must be one of the classes {classes}, got {named!r}."
        raise InvalidInputError(msg)
    is_assumed = False
    if named is None:
        if len(classes) != 2:
            msg = (
                f"Of {len(classes)} classes it must be said which one is favourable: pass "
                "favourable_class, or adverse_class."
            )
            raise InvalidInputError(msg)
        good = getattr(inputs.student, "good_class", None)
        favourable_class = classes[0] if good is None else good
        is_assumed = good is None
    wanted = [
        k
        for k, label in enumerate(classes)
        if (label == favourable_class if favourable_class is not None else label != adverse_class)
    ]
    return _favour(classes, np.array(wanted, dtype=np.intp), is_assumed=is_assumed)


def _favour(classes: list[Any], wanted: NDArray[np.intp], *, is_assumed: bool) -> Favour:
    other = [k for k in range(len(classes)) if k not in wanted]
    favourable = plain(classes[wanted[0]]) if len(wanted) == 1 else None
    return Favour(
        favourable, plain(classes[other[0]]) if len(other) == 1 else None, is_assumed, wanted
    )


def read_rows(
    inputs: Inputs, favour: Favour | None, weights: FloatArray | None
) -> tuple[Rows, BoolArray]:
    """Give what is known of the rows that count, and which these are.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers.

    favour : Favour or None
        Which classes are favourable; None for a regression.

    weights : ndarray of shape (n_samples,) or None
        Row weights; rows of weight 0 are left out.

    Returns
    -------
    rows : Rows
        The rows.

    used : ndarray of bool of shape (n_samples,)
        Which of the evaluation rows they are.
    """
    w = np.ones(inputs.n_rows) if weights is None else weights
    used = w > 0
    answers = {
        name: of[used]
        for name, of in zip(MODELS, (inputs.teacher_answers, inputs.student_answers), strict=True)
        if of is not None
    }
    y = None if inputs.y is None else inputs.y[used]
    common: dict[str, Any] = {"weights": w[used], "is_weighted": weights is not None}
    if favour is None:
        both = answers.get("teacher")
        apart = None if both is None else np.abs(both - answers["student"])
        target = None if y is None else y.astype(np.float64)
        return Rows(
            **common, scores=answers, selected={}, target=target, agrees=None, apart=apart
        ), used
    decided = {name: inputs.decide(P) for name, P in answers.items()}
    has_teacher = "teacher" in answers
    return Rows(
        **common,
        scores={
            name: np.clip(P[:, favour.columns].sum(axis=1), 0, 1) for name, P in answers.items()
        },
        selected={name: np.isin(of, favour.columns) for name, of in decided.items()},
        target=None if y is None else _is_favourable(y, inputs, favour),
        agrees=decided["teacher"] == decided["student"] if has_teacher else None,
        apart=_gap(answers) if has_teacher else None,
    ), used


def _is_favourable(y: NDArray[Any], inputs: Inputs, favour: Favour) -> FloatArray:
    """Give 1 for labels of a favourable class and 0 for others."""
    positions = class_positions(y, np.asarray(inputs.structure.classes))
    return np.isin(positions, favour.columns).astype(np.float64)


def _gap(answers: dict[str, FloatArray]) -> FloatArray:
    """Give the mean absolute difference of probabilities over the classes, in [0, 1]."""
    gap = np.abs(answers["teacher"] - answers["student"]).mean(axis=1)
    return np.asarray(np.clip(gap, 0, 1), dtype=np.float64)
