"""Declared directions: proved of student and teacher, or denied by two inputs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._plain_rows import plain_rows
from interpkd._tables import is_frame, select_rows
from interpkd.audit._asking_again import (
    askers,
    grid_rows,
    grid_tables,
    sample_rows,
    shown,
    training_pool,
)
from interpkd.audit._direction_price import direction_price
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InterpkdError, InvalidInputError
from interpkd.fidelity import Monotonicity, certify_monotonicity

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.audit._inputs import Inputs
    from interpkd.fidelity import MonotonicityCertificate

MAX_REFERENCE = 5000
"""Most rows that show what inputs are, beside one for each category and missing value."""

MAX_ROWS = 100
"""Rows along which a teacher that goes against a direction is followed."""

N_POINTS = 20
"""Values at which it is asked on each."""

TOLERANCE = 1e-9
"""A fall of the teacher's answer by less is rounding."""

Signs = Mapping[str | int, int]


def monotonicity(
    inputs: Inputs,
    *,
    random_state: int,
    constrained: Any = None,
    sample_weight: ArrayLike | None = None,
    cutoff: float = 0.5,
    alpha: float = 0.05,
) -> dict[str, Any]:
    """Say of both models what is proved of the declared directions, and which others there are.

    Parameters
    ----------
    inputs : Inputs
        Both models and the rows.

    random_state : int
        Seed of the sample of rows.

    constrained : fitted estimator, str or None, default=None
        A student that was distilled under the directions, whose price is measured.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights.

    cutoff : float, default=0.5
        Of two classes, where it is decided.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "columns": one entry per declared column with what
        `certify_monotonicity` says of student and teacher, and the two inputs of a violation;
        "undeclared": columns along which the student has a direction that nobody declared, and
        "undeclared_reason" where that cannot be said; "remedy" and its "price"; "teacher_signs":
        whether the teacher's constraints could be read, in words.
    """
    classes = inputs.classes
    if classes is not None and len(classes) != 2:
        return nothing("With more than two classes there is no one answer to have a direction.")
    declared, about_teacher = _declared(inputs)
    X_ref = _reference(inputs, random_state)
    signs: dict[str | int, int] = {name: sign for name, sign, _ in declared}
    others = [
        column.name
        for column in inputs.structure.columns
        if column.kind != "category" and column.name not in signs
    ]
    price = direction_price(
        constrained, inputs, signs, X_ref, sample_weight=sample_weight, cutoff=cutoff, alpha=alpha
    )
    try:
        found = _ask_both(inputs, X_ref, signs)
        undeclared, reason = _undeclared(inputs, X_ref, others)
    except InterpkdError as error:
        return nothing(f"Nothing is proved of the student's directions. {error}")
    return {
        "is_computed": True,
        "reason": None,
        "teacher_signs": about_teacher,
        "reference": "evaluation rows" if inputs.training_rows is None else "training rows",
        "n_reference": int(X_ref.shape[0]),
        "columns": [
            {
                "column": name,
                "declared": sign,
                "declared_by": who,
                **_of_student(found.student[name]),
                **_of_teacher(inputs, found.teacher.get(name), name, sign, random_state),
            }
            for name, sign, who in declared
            if found is not None
        ],
        "remedy": None if found is None else found.remedy(),
        "price": price,
        "undeclared": undeclared,
        "undeclared_reason": reason,
    }


def _reference(inputs: Inputs, random_state: int) -> Table:
    """Give rows that show every category there is, and which columns may be missing."""
    pool = training_pool(inputs)
    n = int(pool.shape[0])
    if n <= MAX_REFERENCE:
        return pool
    chosen = [sample_rows(n, MAX_REFERENCE, random_state)]
    for column, z in zip(inputs.structure.columns, inputs.structure.encode(pool).T, strict=True):
        if column.kind == "category":
            chosen.append(np.unique(z, return_index=True)[1])
        chosen.append(np.flatnonzero(np.isnan(z))[:1])
    return select_rows(pool, np.unique(np.concatenate(chosen)))


def _ask_both(inputs: Inputs, X_ref: Table, signs: Signs) -> MonotonicityCertificate | None:
    """Ask for the declared directions; what keeps the teacher from being asked is its reason."""
    if not signs:
        return None
    if inputs.teacher is None:
        return certify_monotonicity(inputs.student, X_ref=X_ref, columns=signs)
    try:
        return certify_monotonicity(inputs.student, inputs.teacher, X_ref=X_ref, columns=signs)
    except (InterpkdError, TypeError, ValueError) as error:  # of a teacher of any kind
        found = certify_monotonicity(inputs.student, X_ref=X_ref, columns=signs)
        reason = f"The teacher could not be asked about moved rows: {error}"
        untold = Monotonicity("not decided", "rows moved over the column's values", reason=reason)
        return replace(found, teacher=dict.fromkeys(found.signs, untold))


def _of_student(one: Monotonicity) -> dict[str, Any]:
    verdicts = {"proved": True, "violated": False, "not decided": None}
    return {
        "student_ok": verdicts[one.status],
        "student_proof": _proof(one),
        "n_compared": one.n_compared,
        "n_against": one.n_against,
        "student": _told(one),
    }


def _proof(one: Monotonicity) -> str:
    """Say what was compared, and what came of it."""
    if one.status == "proved":
        if not one.n_compared:
            return f"proved: {one.method}"
        return f"proved: none goes against it; compared were {one.method}"
    if one.status == "violated":
        return f"disproved by two inputs; compared were {one.method}"
    return f"not decided: {one.reason}"


def _told(one: Monotonicity) -> dict[str, Any]:
    inputs = None if one.witness is None else plain_rows(one.witness)
    return {**one.to_dict(), "inputs": inputs}


def _of_teacher(
    inputs: Inputs, one: Monotonicity | None, name: str, sign: int, random_state: int
) -> dict[str, Any]:
    """Give what is known of the teacher; of a violation also how many rows show it."""
    if one is None:
        return {"teacher": None, "n_violations_teacher": None, "n_rows_checked": None}
    n_against, n_rows = 0, one.n_rows_swept
    if one.status == "violated":
        n_against, n_rows = _count(inputs, name, sign, random_state)
    return {"teacher": _told(one), "n_violations_teacher": n_against, "n_rows_checked": n_rows}


def _count(inputs: Inputs, name: str, sign: int, random_state: int) -> tuple[int, int]:
    """Count the evaluation rows along which the teacher goes against a direction somewhere."""
    places = sample_rows(inputs.n_rows, MAX_ROWS, random_state)
    rows = select_rows(inputs.rows, places)
    i = [column.name for column in inputs.structure.columns].index(name)
    points = grid_rows(inputs, i, N_POINTS)
    answers = shown(inputs, askers(inputs)["teacher"](grid_tables(inputs, rows, i, points)))
    steps = sign * np.diff(answers.reshape(len(places), -1), axis=1)
    return int((steps < -TOLERANCE).any(axis=1).sum()), len(places)


def _of_all(inputs: Inputs, X_ref: Table, names: list[str], sign: int) -> dict[str, Monotonicity]:
    signs: dict[str | int, int] = dict.fromkeys(names, sign)
    return certify_monotonicity(inputs.student, X_ref=X_ref, columns=signs, max_rows=1).student


def _undeclared(
    inputs: Inputs, X_ref: Table, names: list[str]
) -> tuple[list[dict[str, Any]], str | None]:
    """Give the columns along which the student has one direction, each asked for both."""
    if not names:
        return [], None
    up, down = (_of_all(inputs, X_ref, names, sign) for sign in (1, -1))
    found = []
    for name in names:
        rises, falls = up[name].status == "proved", down[name].status == "proved"
        if rises != falls:
            fact = f"proved from {up[name].method}"
            found.append({"column": name, "direction": 1 if rises else -1, "proof": fact})
    open_ones = [one for one in up.values() if one.status == "not decided" and not one.n_compared]
    return found, open_ones[0].reason if open_ones else None


def _declared(inputs: Inputs) -> tuple[list[tuple[str, int, str]], str]:
    """Give column, sign and who declared it; the student's declaration goes first."""
    columns = inputs.structure.columns
    names = [column.name for column in columns]
    teacher, about = _teacher_signs(inputs, names)
    given = getattr(inputs.student, "monotonic_cst", None)
    if isinstance(given, str):  # "teacher"
        student = dict(teacher)
    elif isinstance(given, Mapping):
        student = {str(name): int(sign) for name, sign in given.items()}
    else:
        student = {} if given is None else dict(zip(names, map(int, given), strict=True))
    declared = []
    for name in [column.name for column in columns if column.kind != "category"]:
        sign = student.get(name) or teacher.get(name) or 0
        by = [
            who
            for who, one in (("student", student), ("teacher", teacher))
            if one.get(name) == sign
        ]
        if sign:
            declared.append((name, int(sign), " and ".join(by)))
    return declared, about


def _teacher_signs(inputs: Inputs, names: list[str]) -> tuple[dict[str, int], str]:
    if inputs.teacher is None:
        return {}, "There is no teacher to read constraints from."
    from interpkd.teachers import teacher_monotonic_cst  # it reads a fitted model and builds none

    try:
        named = names if is_frame(inputs.rows) else len(names)
        signs = teacher_monotonic_cst(inputs.teacher, named)
    except (InvalidInputError, AttributeError):
        return {}, "Constraints of this kind of teacher cannot be read."
    found = {name: int(sign) for name, sign in zip(names, signs, strict=True) if sign}
    classes = getattr(inputs.teacher, "classes_", None)
    if inputs.classes is not None and classes is not None:
        is_turned = np.asarray(classes).tolist() == inputs.classes[::-1]
        found = {name: -sign if is_turned else sign for name, sign in found.items()}
    return found, "Constraints of the teacher were read." if found else "The teacher has none."
