"""Group fairness as a section of the data model, and what it says of the report's limits."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._fairness import MIN_CELL, check_rows, measure_groups
from interpkd.audit._fairness_plain import metrics_library
from interpkd.audit._fairness_rows import read_favour
from interpkd.exceptions import InvalidInputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

    from interpkd.audit._inputs import Inputs


def fairness_of_groups(
    inputs: Inputs,
    labels: Mapping[str, Any],
    *,
    adverse_class: Any,
    reference: Any,
    sample_weight: ArrayLike | None,
    alpha: float,
    random_state: int,
) -> dict[str, Any]:
    """Measure how both models treat the groups of a report.

    Parameters
    ----------
    inputs : Inputs
        Both models' answers and the rows.

    labels : mapping
        Protected attributes: name to labels of the evaluation rows.

    adverse_class : object or None
        The class that a person does not want.

    reference : mapping, object or None
        The value of each attribute that the others are compared with.

    sample_weight : array-like of shape (n_samples,) or None
        Row weights.

    alpha : float
        One minus the confidence of the intervals.

    random_state : int
        Seed of the proxy screen.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then what :func:`interpkd.audit.group_fairness` gives.
    """
    if not labels:
        return _skipped("No groups were given.")
    try:
        metrics_library()
        favour = read_favour(inputs, adverse_class, None)
    except MissingExtraError as error:
        return _skipped(str(error))
    except InvalidInputError:  # of a class that is not known the reasons have spoken before
        n = len(inputs.classes or [])
        return _skipped(
            f"Of {n} classes it must be said which one a person does not want: pass adverse_class."
        )
    found = measure_groups(
        inputs,
        labels,
        favour=favour,
        reference=reference,
        min_cell=MIN_CELL,
        weights=check_rows(sample_weight, inputs.n_rows, alpha),
        alpha=alpha,
        random_state=random_state,
    )
    return {"is_computed": True, "reason": None, **found.to_dict()}


def _skipped(why: str) -> dict[str, Any]:
    return {"is_computed": False, "reason": why}


def fairness_limitations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what is not known of groups.

    Parameters
    ----------
    data : mapping
        The report's data model.

    Yields
    ------
    topic, text : str
        Limitations.
    """
    found = data["fairness"]
    if not found["is_computed"]:
        yield (
            "Fairness unknown",
            f"How groups of people are treated was not measured: {found['reason']}",
        )
        return
    few = [one["label"] for one in found["groups"] if one["insufficient"]]
    if few:
        shown = "; ".join(few[:6]) + (f"; and {len(few) - 6} more" if len(few) > 6 else "")
        yield (
            "Groups too small to measure",
            f"Of groups with fewer than {found['min_cell']} rows nothing is known: {shown}.",
        )
    if found["is_assumed"]:
        yield (
            "Favourable decision assumed",
            f"Nobody said which decision a person wants; {found['favourable']!s} was taken to be it.",
        )
