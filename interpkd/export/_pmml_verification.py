"""Rows with their answers inside a PMML document: evaluators can verify themselves with them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._parity_rows import as_asked
from interpkd.export._pmml_fields import label, number
from interpkd.export._pmml_xml import node
from interpkd.export._read_json import read_json
from interpkd.export._rounding import certainty

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from interpkd.export._pmml_fields import Names

N_ROWS = 20
"""Most rows in a document."""

PRECISION, SMALL = 1e-9, 1e-6
"""How far an evaluator may be off, relative to the answer; and below what it is as good as 0."""

UNIT = float(np.finfo(np.float64).eps)


def write_verification(data: dict[str, Any], names: Names) -> Element | None:
    """Write some rows with what the student says of them.

    They are rows made to hurt, and never the user's: a document that is handed on holds no
    person's data.

    Parameters
    ----------
    data : dict
        The document of the student.

    names : Names
        The names of its fields.

    Returns
    -------
    verification : Element or None
        The rows; None where rounding decides all of them.
    """
    rows = _choose(data)
    if not len(rows):
        return None
    asked = as_asked(data, rows)
    answers = _answers(data, names, asked)
    tags = [f"x{i}" for i in range(len(data["columns"]))]
    fields = [
        node("VerificationField", field=column["name"], column=tag)
        for column, tag in zip(data["columns"], tags, strict=True)
    ]
    for k, (name, values) in enumerate(answers.items()):
        is_number = values.dtype.kind == "f"
        close = {"precision": number(PRECISION), "zeroThreshold": number(SMALL)}
        field = node(
            "VerificationField", field=name, column=f"y{k}", **(close if is_number else {})
        )
        fields.append(field)
    table = node("InlineTable")
    for i in range(len(rows)):
        values = {tag: rows.iloc[i, j] for j, tag in enumerate(tags)}
        values |= {f"y{k}": one[i] for k, one in enumerate(answers.values())}
        table.append(node("row", *_cells(values)))
    return node(
        "ModelVerification",
        node("VerificationFields", *fields),
        table,
        recordCount=str(len(rows)),
        fieldCount=str(len(fields)),
    )


def _choose(data: dict[str, Any]) -> Any:
    """Take some of the rows made to hurt, none that rounding decides."""
    rows = hurting_rows(data)
    known = certainty(data, rows, unit=UNIT)
    unsure = known.tied
    if known.low is not None and known.high is not None:
        unsure = unsure | ((known.high - known.low).max(axis=1) > PRECISION * SMALL)
    if data["classes"] is None:
        answers = np.abs(read_json(data).predict(as_asked(data, rows)))
        unsure = answers * PRECISION < 100 * UNIT * known.sizes
    # an empty text between two tags is a missing value to some
    empty = (rows.astype(object) == "").any(axis=1).to_numpy(dtype=bool)
    lost = rows.isna().all(axis=1).to_numpy()  # a row of one cell is none by the standard
    usable = np.flatnonzero(~(unsure | empty | lost))
    places = np.linspace(0, len(usable) - 1, min(N_ROWS, len(usable))).astype(int)
    return rows.iloc[usable[places]].reset_index(drop=True)


def _answers(data: dict[str, Any], names: Names, asked: Any) -> dict[str, Any]:
    student = read_json(data)
    if data["classes"] is None:
        return {names.prediction: student.predict(asked)}
    found = {names.prediction: np.asarray(student.predict(asked), dtype=object)}
    found |= dict(zip(names.probabilities, student.predict_proba(asked).T, strict=True))
    if data["kind"] == "scorecard":
        found[names.points] = student.score_samples(asked).astype(np.float64)
    return found


def _cells(values: dict[str, Any]) -> list[Element]:
    """Write a row; what is missing is left out."""
    import pandas as pd

    return [
        node(tag, text=number(value) if isinstance(value, float) else label(value))
        for tag, value in values.items()
        if not pd.isna(value)
    ]
