"""Reasons of adverse decisions: which columns spoke against a row, compared with whom."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align, hash_rows
from interpkd._asking import class_probabilities
from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.explanation._contributions import contributions
from interpkd.explanation._decider import make_decider
from interpkd.explanation._moves import Moves
from interpkd.explanation._reason_texts import TIE_RULE, Decline, Reason, Reasons, reason_text
from interpkd.explanation._reference import choose_reference
from interpkd.explanation._rows import original_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.explanation._decider import Decider
    from interpkd.explanation._reference import Reference

TOLERANCE = 1e-6
"""How far contributions may miss what they share out, times the largest score where above one."""


def reasons(
    student: Any,
    X: Table,
    *,
    reference: str,
    n_reasons: int = 4,
    cutoff: float = 0.5,
    adverse_class: Any = None,
    dictionary: Mapping[str, str] | None = None,
    teacher: Any = None,
    background: Table | None = None,
    ask_teacher: bool = True,
) -> Reasons:
    """Give the principal reasons of each adverse decision, relative to a chosen reference group.

    A reason is a column that the student used on the row and that made its score worse than that
    of the reference group. Reasons depend on the group, so it must be named. The official
    interpretation of Regulation B (12 CFR 1002, comment 9(b)(2)-5) names both that are offered,
    and other methods that give substantially similar results; it does not ask for more than four
    reasons. Whether a set of reasons is a sufficient notice is for a lawyer to say.

    *Contributions.* For linear students and scorecards: what a column adds to the score, less the
    mean of what it adds in the group (log odds, or points lost). For trees: Shapley values of the
    columns on the row's path, and of no others, against the rows of the group (probability).
    Either way they add up to the row's score less the mean score of the group. Ties: the earlier
    column of the table goes first.

    Parameters
    ----------
    student : fitted estimator
        A tree, linear student or scorecard of two classes, of this package or scikit-learn.

    X : array-like or data frame of shape (n_samples, n_features)
        Rows; those with an adverse decision get reasons.

    reference : {"all applicants", "at the cut-off"}
        The reference group among the background rows: all of them; or, of those that pass, the
        tenth whose score is nearest the cut-off (at least ten rows, and all that tie).

    n_reasons : int, default=4
        Most reasons of a decision.

    cutoff : float, default=0.5
        The second class is decided where its probability exceeds this.

    adverse_class : object or None, default=None
        The class whose decisions need reasons. None for ``classes_[1]``; for a scorecard whose
        `good_class` was set, for the other one.

    dictionary : mapping or None, default=None
        A column's name to the sentence that states it as a reason, in which ``{value}``,
        ``{reference}`` and ``{column}`` are replaced.

    teacher : fitted estimator or None, default=None
        The teacher whose support is measured; None for the student's own `teacher_`. It supports a
        reason if moving the column alone to the values of the group lowers, on average, its
        probability of the adverse class.

    background : array-like or data frame of shape (n_background, n_features), default=None
        The applicants, such as the training rows; None for `X` itself. It is a table of the same
        library as `X`.

    ask_teacher : bool, default=True
        Whether to measure the teacher's support: it is asked about the group once per reason.

    Returns
    -------
    reasons : Reasons
        One entry per adverse decision, with a check by scoring again.

    Raises
    ------
    InvalidInputError
        If the student cannot be read or has not two classes, or a parameter breaks its rule.

    NotATeacherError
        If the teacher has no probabilities.

    See Also
    --------
    interpkd.explanation.counterfactual : What would have to change.
    interpkd.explanation.explain : SHAP values of both models.

    References
    ----------
    .. [1] Consumer Financial Protection Bureau, "Official Interpretations", 12 CFR Part 1002,
       Supplement I, comment 9(b)(2).
    .. [2] S. Lundberg et al., "From local explanations to global understanding with explainable AI
       for trees", Nature Machine Intelligence, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.explanation import reasons
    >>> late, income = np.array([0, 0, 1, 4, 5, 6]), np.array([9, 2, 8, 7, 3, 9])
    >>> X = np.column_stack([late, income]).astype(float)
    >>> student = DecisionTreeClassifier(max_depth=1).fit(X, late > 2)
    >>> why = reasons(
    ...     student,
    ...     X[4:],
    ...     reference="all applicants",
    ...     dictionary={"x0": "{value} late payments (mean of all applicants: {reference})"},
    ...     background=X,
    ... )
    >>> print(why.text(0))
    1. 5 late payments (mean of all applicants: 2.66667)
    """
    decider = make_decider(student, adverse_class=adverse_class, cutoff=cutoff, purpose="Reasons")
    structure = decider.structure
    _check_number(n_reasons)
    names = [column.name for column in structure.columns]
    _check_dictionary(dictionary, names)
    if teacher is None or not ask_teacher:
        teacher = getattr(student, "teacher_", None) if ask_teacher else None
    X = align(X, student, structure, name="X")
    background = (
        X if background is None else align(background, student, structure, name="background")
    )
    group = choose_reference(decider, background, reference)
    second = decider.second(X)
    rows = np.flatnonzero(decider.is_adverse(second))
    declines: tuple[Decline, ...] = ()
    error = 0.0
    if len(rows):
        declines, error = _declines(
            decider, select_rows(X, rows), rows, group, n_reasons, dictionary or {}, teacher
        )
    return Reasons(
        declines=declines,
        n_rows=X.shape[0],
        n_reasons=int(n_reasons),
        adverse_class=structure.classes[decider.adverse],  # type: ignore[index]  # has two
        cutoff=decider.cutoff,
        scale=decider.scale,
        reference=group.name,
        n_reference=len(group.Z),
        n_background=background.shape[0],
        reference_sha256=group.sha256,
        background_sha256=hash_rows(background, structure),
        tie_rule=TIE_RULE,
        check_error=error,
    )


def _declines(
    decider: Decider,
    X: Table,
    rows: IntArray,
    group: Reference,
    n_reasons: int,
    dictionary: Mapping[str, str],
    teacher: Any,
) -> tuple[tuple[Decline, ...], float]:
    """Find, word and check the reasons of declined rows."""
    found = contributions(decider, X, group)
    chosen = [_principal(one, n_reasons) for one in found]
    moves = Moves(X, group.X)
    error, change, passing = _score_again(decider, X, group.X, found, chosen, moves)
    support = _teacher_drops(decider, X, moves, chosen, teacher)
    shown = original_values(X)
    score = decider.adverse_score(decider.second(X))

    def word(i: int, j: int) -> Reason:
        column, value, usual = decider.structure.columns[j], _plain(shown[i, j]), group.usual[j]
        return Reason(
            column=column.name,
            value=value,
            reference=usual,
            contribution=float(found[i, j]),
            text=reason_text(column, value, usual, group.name, dictionary),
            teacher_drop=None if support is None else support[i, j],
        )

    declines = tuple(
        Decline(
            row=int(row),
            score=float(score[i]),
            reasons=tuple(word(i, j) for j in chosen[i]),
            claimed=float(found[i, chosen[i]].sum()),
            measured=float(change[i]),
            share_passing=float(passing[i]),
        )
        for i, row in enumerate(rows)
    )
    return declines, error


def _principal(contribution: FloatArray, n_reasons: int) -> list[int]:
    """Give the columns with the largest contributions, the earlier of equal ones first."""
    # ten digits: what differs by rounding alone is equal
    size = np.array([float(f"{one:.10g}") for one in contribution])
    order = np.argsort(-size, kind="stable")
    return [int(j) for j in order[:n_reasons] if size[j] > 0]


def _score_again(
    decider: Decider,
    X: Table,
    group: Table,
    found: FloatArray,
    chosen: Sequence[Sequence[int]],
    moves: Moves,
) -> tuple[float, FloatArray, FloatArray]:
    """Move columns to the reference group, score, and see whether claims come true."""
    before = decider.reading(X)
    named = [*enumerate(chosen)]
    distance = before - decider.reading(group).mean()
    error = float(np.abs(distance - found.sum(axis=1)).max())
    if error > TOLERANCE * max(1.0, float(np.abs(before).max())):
        msg = (
            f"The contributions miss the distance from the reference group by {error:.2g}: the "
            f"student does not decide as its {type(decider.structure.core).__name__} says."
        )
        raise InvalidInputError(msg)
    change = before - moves.means(decider.reading, named)
    passing = moves.means(
        lambda table: (~decider.is_adverse(decider.second(table))).astype(np.float64), named
    )
    return error, change, passing


def _teacher_drops(
    decider: Decider, X: Table, moves: Moves, chosen: Sequence[Sequence[int]], teacher: Any
) -> dict[tuple[int, int], float] | None:
    """Give by how much moving a column alone lowers the teacher's adverse probability."""
    if teacher is None:
        return None
    if not (hasattr(teacher, "predict_proba") and hasattr(teacher, "classes_")):
        msg = (
            f"teacher must be a fitted model with predict_proba and classes_; "
            f"{type(teacher).__name__} is none. Wrap a function with as_teacher."
        )
        raise NotATeacherError(msg)

    def ask(table: Table) -> FloatArray:
        P = class_probabilities(teacher, table, decider.structure.classes)
        return P[:, decider.adverse]

    before = ask(X)
    single = [(i, [j]) for i, columns in enumerate(chosen) for j in columns]
    after = moves.means(ask, single)
    return {(i, j): float(before[i] - p) for (i, [j]), p in zip(single, after, strict=True)}


def _check_number(n_reasons: Any) -> None:
    if isinstance(n_reasons, bool) or not isinstance(n_reasons, Integral) or n_reasons < 1:
        msg = f"The 'n_reasons' parameter must be an int of at least 1, got {n_reasons!r}."
        raise InvalidInputError(msg)


def _check_dictionary(dictionary: Any, names: Sequence[str]) -> None:
    if dictionary is None:
        return
    if not isinstance(dictionary, Mapping):
        msg = f"dictionary must map columns to sentences, got {type(dictionary).__name__}."
        raise InvalidInputError(msg)
    for name, sentence in dictionary.items():
        if name not in names:
            msg = f"dictionary names {name!r}, which is no column of the student."
            raise InvalidInputError(msg)
        try:
            str(sentence).format(value="", reference="", column="")
        except (KeyError, IndexError, ValueError) as error:
            msg = (
                f"dictionary[{name!r}] is {sentence!r}; only {{value}}, {{reference}} and "
                "{column} can be replaced, and other braces are written twice."
            )
            raise InvalidInputError(msg) from error


def _plain(value: Any) -> Any:
    """Give a value of a table as a plain Python value, None where it is missing."""
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
