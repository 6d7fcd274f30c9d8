"""Whether student and teacher decide the same everywhere: what the caller had proved of it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._plain_rows import plain_rows
from interpkd.audit._certificate_evidence import check_models
from interpkd.audit._inputs import plain
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import EqualityCertificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interpkd.audit._inputs import Inputs

CALL = "interpkd.fidelity.certify_equality(student, teacher, X_ref=...)"


def equality_evidence(equality: EqualityCertificate | str | None, inputs: Inputs) -> dict[str, Any]:
    """Give the part of an equality certificate that the caller made before.

    Parameters
    ----------
    equality : EqualityCertificate, str or None
        What `certify_equality` gave; a text says why there is none.

    inputs : Inputs
        The models of the report.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then the certificate with its witness as plain values,
        "not_decided" (why nothing was decided), and one statement in words.

    Raises
    ------
    InvalidInputError
        If it is of another type, or of other models.
    """
    if equality is None:
        return nothing(f"Not given to the report. Make it with {CALL} and pass it as equality=.")
    if isinstance(equality, str):
        return nothing(equality)
    if not isinstance(equality, EqualityCertificate) or equality.both is None:
        msg = (
            f"equality must be an EqualityCertificate, the result of {CALL}, or a text that says "
            f"why there is none, got {type(equality).__name__}."
        )
        raise InvalidInputError(msg)
    check_models(equality.both, inputs.X, inputs, name="equality", call=CALL)
    found = equality.to_dict()
    not_decided = found.pop("reason")
    witness = None if equality.witness is None else plain_rows(equality.witness)[0]
    return {
        "is_computed": True,
        "reason": None,
        **{name: plain(value) for name, value in found.items()},
        "not_decided": not_decided,
        "witness": witness,
        "statement": _statement(equality),
    }


def _statement(equality: EqualityCertificate) -> str:
    """Say in full sentences what holds of which inputs, and how it is known."""
    if equality.status == "different":
        return (
            f"They are not the same: the teacher answers {equality.teacher} and the student "
            f"{equality.student}, attained by this input."
        )
    told = str(equality)
    told = f"{told[:1].upper()}{told[1:].rstrip('.')}."
    if (
        equality.status == "identical"
        and equality.both is not None
        and equality.both.classes is not None
    ):
        told += " What is compared is the decision, not the probability."
    return told


def equality_limitations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what equality does not say.

    Parameters
    ----------
    data : mapping
        The report's data model.

    Yields
    ------
    topic, text : str
        Nothing where it was not proved.
    """
    found = data["equality"]
    cutoff = data["fidelity"].get("cutoff")
    if not found["is_computed"] or found["status"] != "identical" or cutoff in (None, 0.5):
        return
    if data["classes"] and len(data["classes"]) == 2:
        yield (
            "Equality at another cut-off",
            f"That both decide the same is proved of the more probable class, not of the cut-off "
            f"{cutoff:g} at which this report decides.",
        )
