"""What a student under the declared directions would cost: another student, beside the report's own."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, table
from interpkd.audit._cells import Number, number, words
from interpkd.audit._section_blocks import nothing, said
from interpkd.exceptions import InterpkdError, InvalidInputError
from interpkd.fidelity import certify_monotonicity, compare_students

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.audit._inputs import Inputs

REASON = (
    "Not given to the report. Fit the student again under the remedy, and pass it as constrained=."
)


def direction_price(
    constrained: Any,
    inputs: Inputs,
    signs: Mapping[str | int, int],
    X_ref: Table,
    *,
    sample_weight: ArrayLike | None,
    cutoff: float,
    alpha: float,
) -> dict[str, Any]:
    """Compare the report's student with one that was distilled under the declared directions.

    Parameters
    ----------
    constrained : fitted estimator, str or None
        The other student; a text says why there is none.

    inputs : Inputs
        The report's models and rows.

    signs : mapping
        The declared directions.

    X_ref : array-like or data frame
        Rows that show what inputs are.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    cutoff : float
        Of two classes, where it is decided.

    alpha : float
        One minus the confidence of the intervals.

    Returns
    -------
    price : dict
        "is_computed" and "reason"; then "student" (its kind), "directions" (what is proved of it),
        and `StudentComparison.to_dict`, the report's student first.

    Raises
    ------
    InvalidInputError
        If it is no fitted student of the same task and classes.
    """
    check_constrained(constrained)
    if constrained is None:
        return nothing(REASON)
    if isinstance(constrained, str):
        return nothing(constrained)
    if not signs:
        return nothing("No direction was declared, so none has a price.")
    if inputs.teacher_answers is None:
        return nothing("No teacher was given, and the student keeps none.")
    try:
        proved = certify_monotonicity(constrained, X_ref=X_ref, columns=signs).student
    except InterpkdError as error:
        return nothing(f"Nothing is proved of the constrained student's directions. {error}")
    found = compare_students(
        inputs.student,
        constrained,
        inputs.X,
        inputs.y,
        teacher=inputs.teacher_answers,
        sample_weight=sample_weight,
        cutoff=cutoff,
        alpha=alpha,
    )
    return {
        "is_computed": True,
        "reason": None,
        "student": type(constrained).__name__,
        "directions": [{"column": name, "status": one.status} for name, one in proved.items()],
        **found.to_dict(),
    }


def check_constrained(constrained: Any) -> None:
    """Refuse what is neither a student nor a reason, before anything is computed.

    Parameters
    ----------
    constrained : object
        What the caller gave.

    Raises
    ------
    InvalidInputError
        If it is neither.
    """
    if constrained is None or isinstance(constrained, str) or hasattr(constrained, "predict"):
        return
    msg = (
        "constrained must be a fitted student, distilled under the declared directions, or a text "
        f"that says why there is none, got {type(constrained).__name__}."
    )
    raise InvalidInputError(msg)


def price_blocks(price: Mapping[str, Any]) -> list[Block]:
    """Lay the price out.

    Parameters
    ----------
    price : mapping
        What `direction_price` gave.

    Returns
    -------
    blocks : list of Block
        A sentence, and where it was measured a table.
    """
    if not price["is_computed"]:
        return [said(f"The price of the remedy: {price['reason']}")]
    by: dict[str, list[str]] = {}
    for one in price["directions"]:
        by.setdefault(one["status"], []).append(one["column"])
    told = "; ".join(f"{status}: {', '.join(names)}" for status, names in by.items())
    body = [
        [
            words(one["score"]),
            words(one["against"]),
            number(one["first"]["estimate"]),
            number(one["second"]["estimate"]),
            number(one["difference"]["estimate"]),
            number(one["difference"]["low"]),
            number(one["difference"]["high"]),
            (Number(one["difference"]["n"], "count"),),
        ]
        for one in price["scores"]
    ]
    header = [
        "Score", "Against", "This student", "Constrained", "Constrained less this",
        "Low", "High", "Rows",
    ]  # fmt: skip
    level = f"{100 * price['confidence']:g} % intervals, in pairs"
    intro = (
        f"The price of the remedy: a {price['student']} under the declared directions ({told}) on the "
        "same rows."
    )
    return [said(intro), table(f"This student and the constrained one, {level}", header, body)]
