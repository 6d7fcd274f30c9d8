"""Declared directions: proved of the student, tried out on the teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame, select_rows
from interpkd.audit._asking_again import askers, grid_rows, grid_tables, sample_rows, shown
from interpkd.audit._directions import directions
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from interpkd.audit._directions import Direction
    from interpkd.audit._inputs import Inputs

MAX_ROWS = 100
"""Rows along which the teacher is followed."""

N_POINTS = 20
"""Values at which it is asked on each."""

MAX_QUESTIONS = 40_000
"""Rows that the teacher is asked about for all columns together."""

TOLERANCE = 1e-9
"""A fall of the teacher's answer by less is rounding."""


def monotonicity(inputs: Inputs, *, random_state: int) -> dict[str, Any]:
    """Prove the student's directions, and count where the teacher goes against declared ones.

    Parameters
    ----------
    inputs : Inputs
        Both models and the rows.

    random_state : int
        Seed of the sample of rows.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "columns": one entry per declared column, with the student's
        proof and the teacher's violations; "undeclared": columns along which the student has a
        direction that nobody declared; "teacher_signs": whether the teacher's constraints could
        be read, in words.
    """
    classes = inputs.classes
    if classes is not None and len(classes) != 2:
        return nothing("With more than two classes there is no one answer to have a direction.")
    declared, about_teacher = _declared(inputs)
    found = directions(inputs.student, inputs.structure)
    if found is None:
        return nothing(
            "The student is neither a tree of at most a thousand leaves nor linear nor a "
            "scorecard, so nothing is proved of its directions."
        )
    checked = _teacher_violations(inputs, [name for name, _, _ in declared], random_state)
    return {
        "is_computed": True,
        "reason": None,
        "teacher_signs": about_teacher,
        "columns": [
            {
                "column": name,
                "declared": sign,
                "declared_by": who,
                "student_ok": found[name].rises if sign > 0 else found[name].falls,
                "student_proof": _proof(found[name], sign),
                "n_compared": found[name].n_compared,
                "n_against": found[name].n_down if sign > 0 else found[name].n_up,
                **_against(checked.get(name), sign),
            }
            for name, sign, who in declared
            if name in found
        ],
        "undeclared": [
            {"column": name, "direction": 1 if one.rises else -1, "proof": _fact(one)}
            for name, one in found.items()
            if one.is_used
            and one.rises != one.falls
            and name not in [column for column, _, _ in declared]
        ],
    }


def _declared(inputs: Inputs) -> tuple[list[tuple[str, int, str]], str]:
    """Give column, sign and who declared it; the student's declaration goes first."""
    names = [column.name for column in inputs.structure.columns]
    teacher, about = _teacher_signs(inputs, names)
    given = getattr(inputs.student, "monotonic_cst", None)
    if isinstance(given, str):  # "teacher"
        student = dict(teacher)
    elif isinstance(given, Mapping):
        student = {str(name): int(sign) for name, sign in given.items()}
    else:
        student = {} if given is None else dict(zip(names, map(int, given), strict=True))
    declared = []
    for name in names:
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


def _proof(found: Direction, sign: int) -> str:
    """Say what was compared, and how many went against the declared direction."""
    if not found.is_used:
        return "proved: the student does not use the column"
    against = found.n_down if sign > 0 else found.n_up
    verdict = "proved: none goes" if against == 0 else "disproved: some go"
    return f"{verdict} against it; compared were all {found.method}"


def _fact(found: Direction) -> str:
    return f"proved from all {found.method}"


def _teacher_violations(
    inputs: Inputs, names: list[str], random_state: int
) -> dict[str, tuple[int, int, int]]:
    """Count, by column, rows along which the teacher's answer falls somewhere, and rises."""
    if inputs.teacher is None or not names:
        return {}
    size = min(MAX_ROWS, max(10, MAX_QUESTIONS // (N_POINTS * len(names))))
    places = sample_rows(inputs.n_rows, size, random_state)
    rows = select_rows(inputs.rows, places)
    columns = [column.name for column in inputs.structure.columns]
    ask, found = askers(inputs)["teacher"], {}
    for name in names:
        i = columns.index(name)
        points = grid_rows(inputs, i, N_POINTS)
        if len(points.rows) < 2:
            continue
        answers = shown(inputs, ask(grid_tables(inputs, rows, i, points)))
        steps = np.diff(answers.reshape(len(places), -1), axis=1)
        found[name] = (
            int((steps < -TOLERANCE).any(axis=1).sum()),
            int((steps > TOLERANCE).any(axis=1).sum()),
            len(places),
        )
    return found


def _against(counted: tuple[int, int, int] | None, sign: int) -> dict[str, int | None]:
    if counted is None:
        return {"n_violations_teacher": None, "n_rows_checked": None}
    falls, rises, n_rows = counted
    return {"n_violations_teacher": falls if sign > 0 else rises, "n_rows_checked": n_rows}
