"""Whether reasons of declines can be relied on: there, the same by either reference, and stable."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import select_rows
from interpkd.audit._asking_again import encoded_column, training_pool
from interpkd.audit._section_blocks import nothing
from interpkd.audit._shifts import with_numbers
from interpkd.explanation import reasons
from interpkd.fidelity import estimate_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs
    from interpkd.audit._reason_sections import Compared
    from interpkd.explanation import Reasons

JITTER = 0.01
"""How far numbers are moved at most, in ranges of the training rows."""

MAX_JITTERED = 60
"""Most declines that are moved."""


def reason_quality(
    inputs: Inputs,
    declines: Mapping[str, Any],
    compared: Compared | None,
    frozen: Mapping[str, str],
    *,
    alpha: float,
    random_state: int,
) -> dict[str, Any]:
    """Judge the reasons of the declines that the references were compared on.

    Parameters
    ----------
    inputs : Inputs
        The student and the rows.

    declines : mapping
        data["reasons"].

    compared : Compared or None
        The reasons themselves.

    frozen : mapping
        Columns that nobody can change or that are protected, and why.

    alpha : float
        One minus the confidence of the intervals.

    random_state : int
        Seed of the small changes.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; "by_reference": coverage, share with fewer reasons than asked
        for; "first_same" and "set_same": agreement of the references; "stability"; "columns": how
        often each column is a reason; "flags": reasons that are frozen or protected columns.
    """
    if not declines["is_computed"]:
        return nothing(declines["reason"])
    if compared is None:
        return nothing("No evaluation row is declined.")
    first, second = compared.by_reference
    pairs = list(zip(_names(first), _names(second), strict=True))
    columns = _frequencies(first, inputs)
    return {
        "is_computed": True,
        "reason": None,
        "confidence": 1 - alpha,
        "n_declines": len(compared.rows),
        "n_asked_for": first.n_reasons,
        "by_reference": [_coverage(one, alpha) for one in compared.by_reference],
        "first_same": _share([a[:1] == b[:1] for a, b in pairs], alpha),
        "set_same": _share([set(a) == set(b) for a, b in pairs], alpha),
        "stability": _stability(inputs, compared, alpha, random_state),
        "columns": columns,
        "flags": [
            {**one, "why": frozen[one["column"]]} for one in columns if one["column"] in frozen
        ],
    }


def _names(found: Reasons) -> list[list[str]]:
    return [[reason.column for reason in one.reasons] for one in found.declines]


def _share(true: list[bool], alpha: float) -> dict[str, Any]:
    return estimate_share(true, alpha=alpha).to_dict()


def _coverage(found: Reasons, alpha: float) -> dict[str, Any]:
    counts = [len(one) for one in _names(found)]
    return {
        "reference": found.reference,
        "covered": _share([n > 0 for n in counts], alpha),
        "fewer": _share([n < found.n_reasons for n in counts], alpha),
        "mean_number": float(np.mean(counts)),
    }


def _frequencies(found: Reasons, inputs: Inputs) -> list[dict[str, Any]]:
    """Count how often each column is the first reason, and any, most frequent first."""
    names = _names(found)
    counts = []
    for column in inputs.structure.columns:
        n_first = sum(one[:1] == [column.name] for one in names)
        n_any = sum(column.name in one for one in names)
        share = n_any / len(names)
        if n_any:
            counts.append(
                {"column": column.name, "n_first": n_first, "n_any": n_any, "share_any": share}
            )
    return sorted(counts, key=lambda one: (-one["n_first"], -one["n_any"]))


def _stability(
    inputs: Inputs, compared: Compared, alpha: float, random_state: int
) -> dict[str, Any]:
    """Move numbers a little, and see who is still declined, and for the same first reason."""
    rng = np.random.default_rng(random_state)
    n = min(MAX_JITTERED, len(compared.rows))
    places = np.sort(rng.choice(len(compared.rows), size=n, replace=False))
    rows = select_rows(inputs.rows, compared.rows[places])
    before = [_names(compared.by_reference[0])[k] for k in places]
    moved = reasons(
        inputs.student,
        _jittered(inputs, rows, rng),
        reference=compared.by_reference[0].reference,
        cutoff=inputs.cutoff,
        adverse_class=compared.by_reference[0].adverse_class,
        background=compared.pool,
        ask_teacher=False,
    )
    after = {one.row: [reason.column for reason in one.reasons] for one in moved.declines}
    pairs = [(before[row], names) for row, names in after.items()]
    return {
        "jitter": JITTER,
        "reference": moved.reference,
        "n_rows": n,
        "still_declined": _share([row in after for row in range(n)], alpha),
        "first_kept": _share([a[:1] == b[:1] for a, b in pairs], alpha) if pairs else None,
        "set_kept": _share([set(a) == set(b) for a, b in pairs], alpha) if pairs else None,
    }


def _jittered(inputs: Inputs, rows: Table, rng: np.random.Generator) -> Table:
    """Move each number evenly within the jitter; whole numbers by whole steps, codes not at all."""
    pool = training_pool(inputs)
    card = getattr(inputs.student, "card_", None)
    special = {} if card is None else dict(zip(card.model.columns, card.model.bins, strict=True))
    for i, column in enumerate(inputs.structure.columns):
        if column.kind != "numeric":
            continue
        known = encoded_column(inputs, pool, i)
        known = known[~np.isnan(known)]
        if len(known) and np.ptp(known) > 0:
            codes = np.asarray(special[i].special if i in special else [], dtype=np.float64)
            now = encoded_column(inputs, rows, i)
            rows = with_numbers(rows, i, _moved(now, known, codes, rng))
    return rows


def _moved(
    now: FloatArray, known: FloatArray, codes: FloatArray, rng: np.random.Generator
) -> FloatArray:
    values = known[~np.isin(known, codes)]
    reach = JITTER * (np.ptp(values) if len(values) else 0.0)
    steps = rng.uniform(-reach, reach, size=len(now))
    if (known == np.round(known)).all():
        steps = np.round(steps)
    return np.where(np.isin(now, codes), now, now + steps)
