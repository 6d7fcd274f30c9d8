"""What would have to change for each decline that the report shows: the smallest way to the other side."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import select_rows
from interpkd.audit._asking_again import sample_rows, training_pool
from interpkd.audit._inputs import plain
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import counterfactual

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.audit._inputs import Inputs
    from interpkd.explanation import Counterfactual

MAX_BACKGROUND = 500
"""Most rows that show what values there are."""

FROZEN = "frozen by the caller"
GROUP = "protected group"


def check_frozen(frozen_columns: Any, inputs: Inputs, group_names: Sequence[str]) -> dict[str, str]:
    """Give the columns that no change may touch, and why each.

    Parameters
    ----------
    frozen_columns : sequence of str or None
        Columns that the caller froze.

    inputs : Inputs
        The student, whose columns they must be.

    group_names : sequence of str
        Protected attributes, of which those that are columns are frozen, too.

    Returns
    -------
    frozen : dict
        Column to reason, in the order of the table.

    Raises
    ------
    InvalidInputError
        If a name is no column.
    """
    names = [column.name for column in inputs.structure.columns]
    given = [] if frozen_columns is None else frozen_columns
    unknown = [given] if isinstance(given, str) else [one for one in given if one not in names]
    if unknown:
        msg = (
            f"frozen_columns must be a list of the student's columns, got {unknown[0]!r}. Its "
            f"columns: {', '.join(names)}."
        )
        raise InvalidInputError(msg)
    why = dict.fromkeys(given, FROZEN) | dict.fromkeys(group_names, GROUP)
    return {name: why[name] for name in names if name in why}


def counterfactuals(
    inputs: Inputs, declines: Mapping[str, Any], frozen: Mapping[str, str], *, random_state: int
) -> dict[str, Any]:
    """Find the smallest change of each decline shown that gives the other decision.

    Parameters
    ----------
    inputs : Inputs
        Both models and the rows.

    declines : mapping
        data["reasons"].

    frozen : mapping
        Columns that may not change, and why.

    random_state : int
        Seed of the sample of rows that show what values there are.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then what may change, and one entry per decline.
    """
    if not declines["is_computed"]:
        return nothing(declines["reason"])
    if not declines["declines"]:
        return nothing("No evaluation row is declined.")
    changeable = [one.name for one in inputs.structure.columns if one.name not in frozen]
    if not changeable:
        return nothing("Every column is frozen, so nothing may change.")
    pool = training_pool(inputs)
    places = sample_rows(pool.shape[0], MAX_BACKGROUND, random_state)
    background = select_rows(pool, places)
    rows = []
    for one in declines["declines"]:
        x = select_rows(inputs.rows, np.array([one["row"]]))
        try:
            found = counterfactual(
                inputs.student,
                x,
                changeable=changeable,
                background=background,
                cutoff=inputs.cutoff,
                teacher=inputs.teacher,
            )
        except InvalidInputError as error:
            return nothing(str(error))
        rows.append({"row": one["row"], **_entry(found)})
    return {
        "is_computed": True,
        "reason": None,
        "adverse_class": declines["adverse_class"],
        "frozen": [{"column": name, "why": why} for name, why in frozen.items()],
        "n_changeable": len(changeable),
        "background": {
            "source": "evaluation rows" if pool is inputs.rows else "training rows",
            "n_rows": len(places),
            "sha256": found.background_sha256,
        },
        "n_declines": len(rows),
        "n_found": sum(one["found"] for one in rows),
        "n_teacher_agrees": None
        if inputs.teacher is None
        else sum(bool(one["teacher_agrees"]) for one in rows),
        "rows": rows,
    }


def _entry(found: Counterfactual) -> dict[str, Any]:
    entry = found.to_dict()
    del entry["background_sha256"]
    for one in entry["changes"]:
        one["before"], one["after"] = plain(one["before"]), plain(one["after"])
    return {**entry, "target_class": plain(entry["target_class"])}
