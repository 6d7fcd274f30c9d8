"""What was proved near single rows: a certificate that the caller made, in the report's words."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align, hash_rows
from interpkd._asking import ask, class_probabilities, predictions
from interpkd._plain_rows import plain_rows
from interpkd.audit._inputs import plain
from interpkd.audit._section_blocks import nothing
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interpkd._typing import BoolArray, Table
    from interpkd.audit._inputs import Inputs

CALL = "interpkd.fidelity.certify(student, teacher, X_ref=..., X_eval=...)"

MOST_EXAMPLES = 5
"""Rows of which a counterexample is shown; `Certificate.counterexamples` gives more."""

ROUNDING = 1e-6
"""By how much answers of one model, asked as another object, may differ."""


def certificate_evidence(certificate: Certificate | str | None, inputs: Inputs) -> dict[str, Any]:
    """Give the section of a certificate that the caller made before.

    Parameters
    ----------
    certificate : Certificate, str or None
        What `certify` gave; a text says why there is none.

    inputs : Inputs
        The models of the report.

    Returns
    -------
    section : dict
        "is_computed" and "reason"; then the certificate without the statuses of single rows, the
        hash of its rows, whether these are the evaluation rows, counterexamples, and the statements
        in words that say which kind each is of: proved, likely, or attained.

    Raises
    ------
    InvalidInputError
        If it is of another type, or of other models.
    """
    if certificate is None:
        reason = f"Not given to the report. Make it with {CALL} and pass it as certificate=."
        return nothing(reason)
    if isinstance(certificate, str):
        return nothing(certificate)
    if not isinstance(certificate, Certificate):
        msg = (
            f"certificate must be a Certificate, the result of {CALL}, or a text that says why "
            f"there is none, got {type(certificate).__name__}."
        )
        raise InvalidInputError(msg)
    check_models(certificate.run.both, certificate.run.X, inputs, name="certificate", call=CALL)
    found = certificate.to_dict()
    # one word per row and radius: `Certificate.rows` and the files of `interpkd certify` have them
    not_searched, _ = found.pop("reason"), found.pop("statuses")
    rows = align(
        certificate.run.X, inputs.student, inputs.structure, name="the certificate's X_eval"
    )
    sha256 = hash_rows(rows, inputs.structure)
    worst = worst_case_facts(certificate)
    return {
        "is_computed": True,
        "reason": None,
        "not_searched": not_searched,
        **found,
        "rows_sha256": sha256,
        "is_of_evaluation_rows": sha256 == hash_rows(inputs.rows, inputs.structure),
        "counterexamples": _examples(certificate),
        "worst_case": worst,
        "statements": _statements(found, not_searched, worst),
    }


def certificate_limitations(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what a certificate does not say.

    Parameters
    ----------
    data : mapping
        The report's data model.

    Yields
    ------
    topic, text : str
        Nothing where there is no certificate.
    """
    found = data["certificate"]
    if not found["is_computed"]:
        return
    if found["not_searched"] is not None:
        yield (
            "Nothing proved near the rows",
            "Both models were compared on the rows themselves, and nothing is known of inputs near "
            f"them. {found['not_searched']}",
        )
        return
    yield (
        "Reach of the proofs",
        "What is proved is that two models agree near single rows, not that either is right. Near a "
        "row only numbers move; categories, missing values and frozen columns stay. The share of "
        "rows proved is statistics of rows like these.",
    )
    if not found["is_of_evaluation_rows"]:
        yield (
            "Rows of the certificate",
            "They are not the evaluation rows, or not all of them. That neither model was fitted to "
            "them is the word of who made the certificate.",
        )
    undecided = [one for one in found["radii"] if one["counts"]["undecided"]]
    if undecided:
        listed = ", ".join(
            f"{one['counts']['undecided']} within {100 * one['radius']:g} % of ranks"
            for one in undecided
        )
        yield (
            "Undecided rows",
            f"The search ended before it could decide: {listed}, of {found['n_rows']} rows. They "
            "count as not proved.",
        )
    cutoff = data["fidelity"].get("cutoff")
    if cutoff is not None and cutoff != 0.5 and data["classes"] and len(data["classes"]) == 2:
        yield (
            "Proofs at another cut-off",
            f"The certificate is of the more probable class, not of the cut-off {cutoff:g} at which "
            "this report decides.",
        )


def _statements(
    found: Mapping[str, Any], not_searched: str | None, worst: Mapping[str, Any] | None
) -> list[str]:
    """Say in full sentences what holds of which rows, and how surely."""
    n, sure = found["n_rows"], f"{100 * found['confidence']:.6g} % confidence"
    likely = f"with {sure} for rows like the held-out ones"
    together = f" (one of {found['n_limits']} limits that hold together)"
    agreement = found["agreement"]
    said = [
        f"On {100 * agreement['estimate']:.1f} % of {n} rows both models agree on the row itself; "
        f"{likely} on at least {100 * agreement['low']:.1f} %{together}."
    ]
    said += [
        f"Of {one['counts']['proved']} of {n} rows agreement is proved for every input within "
        f"{100 * one['radius']:g} % of ranks; {likely} of at least "
        f"{100 * one['proved']['low']:.1f} %{together}."
        for one in found["radii"]
    ]
    if not_searched is None:
        said.append(
            "Each counterexample is attained by this input: both models were asked about it."
        )
        if worst is not None:
            said.append(_worst_statement(worst))
    return said


def worst_case_facts(certificate: Certificate) -> dict[str, Any] | None:
    """Give the largest difference of answers that was found, with its input.

    Parameters
    ----------
    certificate : Certificate
        What `certify` gave.

    Returns
    -------
    facts : dict or None
        `WorstCase.to_dict` and "input"; None for a student without probabilities.
    """
    if not certificate.run.both.has_differences:
        return None
    worst = certificate.worst_case()
    return {**worst.to_dict(), "input": plain_rows(worst.input)[0]}


def _worst_statement(worst: Mapping[str, Any]) -> str:
    said = (
        f"Over the range of the reference rows the answers differ by {worst['difference']:.4g}, "
        "attained by this input; "
    )
    if worst["bound"] is None:
        return f"{said}it was found by a search that proves nothing of others."
    return f"{said}proved: no input there exceeds {worst['bound']:.4g}."


def check_models(both: Any, X: Table, inputs: Inputs, *, name: str, call: str) -> None:
    """Refuse what is of models that answer otherwise: it would speak of something else.

    Parameters
    ----------
    both : BothModels
        The models of the certificate.

    X : array-like or data frame of shape (n_samples, n_features)
        Rows that all models are asked about.

    inputs : Inputs
        The models of the report.

    name, call : str
        The parameter, and how its value is made.

    Raises
    ------
    InvalidInputError
        If answers differ.
    """
    pairs = [("student", inputs.student, both.student), ("teacher", inputs.teacher, both.teacher)]
    for who, own, other in pairs:
        if own is None or own is other:
            continue
        n = int(_differs(own, other, X, who, is_regression=both.classes is None).sum())
        if n:
            msg = (
                f"{name} is of another {who}: it answers {n} of the {X.shape[0]} rows otherwise. "
                f"Make it of the {who} of the report: {call}."
            )
            raise InvalidInputError(msg)


def _differs(own: Any, other: Any, X: Table, who: str, *, is_regression: bool) -> BoolArray:
    if is_regression:
        one, two = (predictions(model, X, source=who) for model in (own, other))
        return np.asarray(np.abs(one - two) > ROUNDING * (1 + np.abs(two)))
    if who == "student":
        labels = [np.asarray(ask(model, X, "predict")).astype(str) for model in (own, other)]
        return np.asarray(labels[0] != labels[1])
    one, two = (class_probabilities(model, X, source=who) for model in (own, other))
    if one.shape != two.shape:
        return np.ones(len(two), dtype=bool)
    return np.asarray((np.abs(one - two) > ROUNDING).any(axis=1))


def _examples(certificate: Certificate) -> list[dict[str, Any]]:
    """Give counterexamples, one entry per changed column; rows are counted from 0."""
    table = certificate.counterexamples(MOST_EXAMPLES)
    return [
        {str(name): plain(value) for name, value in one.items()} for one in table.to_dict("records")
    ]
