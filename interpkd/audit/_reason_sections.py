"""Reasons of adverse decisions on some evaluation rows, relative to both reference groups."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align
from interpkd._tables import select_rows
from interpkd._validation import num_samples
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._typing import Table
    from interpkd.audit._inputs import Inputs
    from interpkd.explanation import Reasons

REFERENCES = ("all applicants", "at the cut-off")

N_SHOWN = 5
"""Adverse decisions that are shown."""

MAX_COMPARED = 200
"""Most adverse decisions on which the two references are compared."""

MAX_BACKGROUND = 500
"""Most rows that the reference groups are chosen from."""


@dataclass(frozen=True)
class Compared:
    """The declines on which the references were compared: what the quality of reasons is read from.

    Attributes
    ----------
    rows : ndarray of shape (n_compared,)
        Their positions among the evaluation rows.

    pool : table
        The applicants.

    by_reference : list of Reasons
        Their reasons by each reference.
    """

    rows: NDArray[np.intp]
    pool: Table
    by_reference: list[Reasons]


def reasons_of_declines(
    inputs: Inputs,
    background: Table | None,
    *,
    adverse_class: Any = None,
    dictionary: Mapping[str, str] | None = None,
    random_state: int,
) -> tuple[dict[str, Any], Compared | None]:
    """Give reasons of five adverse decisions, and how often the reference group matters.

    Parameters
    ----------
    inputs : Inputs
        The models and the evaluation rows.

    background : table or None
        The applicants; None for the evaluation rows.

    adverse_class : object or None, default=None
        The class that is adverse; None where nobody said.

    dictionary : mapping or None, default=None
        Sentences that state a column as a reason.

    random_state : int
        Seed of the samples.

    Returns
    -------
    section : dict
        "is_computed", and "reason" why not; else what the reasons say.

    compared : Compared or None
        The reasons themselves; None where there are none.

    Raises
    ------
    InvalidInputError
        If there is no such class, or the dictionary breaks its rule.
    """
    if adverse_class is not None and adverse_class not in (inputs.classes or []):
        msg = f"adverse_class must be one of the classes {inputs.classes}, got {adverse_class!r}."
        raise InvalidInputError(msg)
    if inputs.classes is None or len(inputs.classes) != 2:
        why = "Reasons are of adverse decisions, of which a student of two classes has."
        return nothing(why), None
    if not (inputs.structure.is_tree or hasattr(inputs.structure.core, "coef_")):
        return nothing("The student is neither a tree nor linear nor a scorecard."), None
    rng = np.random.default_rng(random_state)
    pool = applicants(inputs, background, rng)
    try:
        section, compared = _computed(inputs, pool, adverse_class, dictionary, rng)
    except InvalidInputError as error:  # nobody passes, for instance: the report says so
        if str(error).startswith("dictionary"):  # the caller's mistake, not what the rows are like
            raise
        return nothing(str(error)), None
    section["background"]["source"] = "evaluation rows" if background is None else "given"
    return section, compared


def applicants(inputs: Inputs, background: Table | None, rng: np.random.Generator) -> Table:
    """Give the rows that the reference groups are chosen from.

    Parameters
    ----------
    inputs : Inputs
        The evaluation rows, which stand in where no others were given.

    background : table or None
        The applicants.

    rng : Generator
        Draws a sample of many; a new one of the same seed draws the same.

    Returns
    -------
    pool : table of shape (n_applicants, n_columns)
        With exactly the student's columns.
    """
    pool = inputs.rows
    if background is not None:
        pool = align(background, inputs.student, inputs.structure, name="background")
    return select_rows(pool, _sample(np.arange(num_samples(pool)), MAX_BACKGROUND, rng))


def _computed(
    inputs: Inputs,
    pool: Table,
    adverse_class: Any,
    dictionary: Mapping[str, str] | None,
    rng: np.random.Generator,
) -> tuple[dict[str, Any], Compared | None]:
    first = select_rows(inputs.rows, np.arange(1))
    options = {"adverse_class": adverse_class, "dictionary": dictionary}
    about = _ask(inputs, first, pool, REFERENCES[0], ask_teacher=False, **options)
    label = about.to_dict()["adverse_class"]
    said = adverse_class is not None or getattr(inputs.student, "good_class", None) is not None
    adverse = (inputs.classes or []).index(label)
    declined = np.flatnonzero(inputs.decide(inputs.student_answers) == adverse)
    compared = _sample(declined, MAX_COMPARED, rng)
    shown = _sample(compared, N_SHOWN, rng)
    section: dict[str, Any] = {
        "is_computed": True,
        "reason": None,
        "adverse_class": label,
        "adverse_class_is_assumed": not said,
        "scale": about.scale,
        "cutoff": about.cutoff,
        "tie_rule": about.tie_rule,
        "n_declines": len(declined),
        "n_compared": len(compared),
        "background": {
            "n_rows": num_samples(pool),
            "sha256": about.background_sha256,
        },
        "comparison": None,
        "references": [],
        "declines": [],
    }
    if not len(declined):
        return section, None
    many = [
        _ask(inputs, select_rows(inputs.rows, compared), pool, name, ask_teacher=False, **options)
        for name in REFERENCES
    ]
    few = [
        _ask(inputs, select_rows(inputs.rows, shown), pool, name, **options) for name in REFERENCES
    ]
    comparison = many[0].compare(many[1])
    section["comparison"] = {name: comparison[name] for name in ("first_differs", "set_differs")}
    section["references"] = [_about(one) for one in few]
    section["declines"] = [
        _decline(int(row), number, few) for number, row in enumerate(shown.tolist())
    ]
    return section, Compared(compared, pool, many)


def _ask(inputs: Inputs, X: Table, pool: Table, reference: str, **options: Any) -> Reasons:
    return reasons(
        inputs.student,
        X,
        reference=reference,
        cutoff=inputs.cutoff,
        teacher=inputs.teacher,
        background=pool,
        **{"ask_teacher": inputs.teacher is not None, **options},
    )


def _about(found: Reasons) -> dict[str, Any]:
    """Give what holds for all reasons relative to one reference."""
    whole = found.to_dict()
    names = ("reference", "n_reference", "reference_sha256", "teacher_support", "check_error")
    return {name: whole[name] for name in names}


def _decline(row: int, number: int, few: list[Reasons]) -> dict[str, Any]:
    found = [one.to_dict()["declines"][number] for one in few]
    kept = ("reference", "claimed", "measured", "share_passing", "reasons")
    return {
        "row": row,
        "score": found[0]["score"],
        "by_reference": [
            {name: {**one, "reference": REFERENCES[k]}[name] for name in kept}
            for k, one in enumerate(found)
        ],
    }


def _sample(rows: Any, size: int, rng: np.random.Generator) -> Any:
    """Draw rows without replacement, in their order; all of them when they are few."""
    if len(rows) <= size:
        return rows
    return np.sort(rng.choice(rows, size=size, replace=False))
