"""The what-if panel: a form for one row, which the page answers with the student itself.

Nothing of the evaluation rows is in it but what the report shows anyway: the columns' ranges, and
the usual value of each, with which the form begins.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._blocks import Block, Field, Panel, Paragraph, Section, table
from interpkd.audit._cells import Number, Text, either, number, words
from interpkd.audit._inputs import plain
from interpkd.audit._reason_sections import applicants
from interpkd.export import read_json, to_javascript

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from interpkd._tables import Column, RawColumn
    from interpkd._typing import Table
    from interpkd.audit._cells import Cell
    from interpkd.audit._inputs import Inputs

BOOLEANS = (False, True)

MAX_SCRIPT = 600_000
"""Most letters of the student's script: the page stays under two megabytes."""

NO_MODEL = "This data model holds no student that a page could ask."


ABOUT = (
    "On a screen, the page of this report asks the student about any row: its answer, how it comes "
    "about, and what moved it. Nothing that is entered leaves the page."
)


def what_if(
    inputs: Inputs,
    model: Mapping[str, Any] | None,
    background: Table | None,
    declines: Mapping[str, Any],
    *,
    random_state: int,
) -> dict[str, Any]:
    """Give the values that the panel begins with, and what it compares with.

    Parameters
    ----------
    inputs : Inputs
        The evaluation rows and the student's columns.

    model : mapping or None
        The student as a document.

    background : table or None
        The applicants; None for the evaluation rows.

    declines : mapping
        The reasons of the report, which say the adverse class.

    random_state : int
        The seed of the report's samples: the applicants are those of its reasons.

    Returns
    -------
    section : dict
        For every column its usual value: the median of numbers (the lower of two), else the most
        frequent value, among the evaluation rows and, for categories, those that the student
        knows; None where every value is missing. And for a student that adds up, the mean of what
        the column adds over the applicants.
    """
    pairs = zip(inputs.raw, inputs.structure.columns, strict=False)
    usual = {known.name: _usual(raw, known) for raw, known in pairs}
    means = None
    if model is not None and model["kind"] != "tree" and len(model["classes"] or ()) <= 2:
        rng = np.random.default_rng(random_state)
        Z = inputs.structure.encode(applicants(inputs, background, rng))
        means = read_json(dict(model)).scorer_.terms(Z).mean(axis=0).tolist()
    return {
        "adverse_class": declines.get("adverse_class", _assumed_adverse(model)),
        "compares_with": None
        if means is None
        else ("the evaluation rows" if background is None else "the background rows"),
        "columns": [
            {
                "column": name,
                "usual_value": value,
                "reference_value": None if means is None else means[i],
            }
            for i, (name, value) in enumerate(usual.items())
        ],
    }


def what_if_section(data: Mapping[str, Any]) -> Section:
    """Lay out the panel.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        The panel and what it begins with; the reason why there is none where the student cannot
        be written as a script.
    """
    model, about = data.get("model"), data.get("what_if")
    if model is None or about is None:
        return _left_out(data.get("model_left_out") or NO_MODEL)
    script = _script(model, about)
    if len(script) > MAX_SCRIPT:
        return _left_out("As a script it is too large for the page; the exported student has all.")
    usual = {one["column"]: one["usual_value"] for one in about["columns"]}
    seen = {one["column"]: one for one in data["data"]["columns"]}
    used = data["student"].get("columns_used")
    fields = tuple(
        _field(
            place,
            column,
            usual.get(column["name"]),
            seen.get(column["name"]),
            is_used=used is None or column["name"] in used,
            takes_missing=model["takes_missing"],
        )
        for place, column in enumerate(model["columns"])
    )
    panel = Panel(fields, script, page_facts(data))
    blocks: list[Block] = [Paragraph(words(ABOUT)), panel, *_beginning(about, used)]
    return Section("what-if", "What if", tuple(blocks), is_for_screens=True)


def _assumed_adverse(model: Mapping[str, Any] | None) -> Any:
    """Give the class that the reasons of two classes are for where the report has none."""
    if model is None or len(model["classes"] or ()) != 2:
        return None
    scale, (first, second) = model.get("scale", {}), model["classes"]
    speaks_for_second = scale.get("good_class_was_given") and scale["good_class"] == second
    return first if speaks_for_second else second


def _script(model: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Write the student as a script, with what its terms are compared with."""
    means = {one["column"]: one["reference_value"] for one in about["columns"]}
    return to_javascript(
        read_json(dict(model)),
        reference=None if about["compares_with"] is None else means,
        adverse_class=about["adverse_class"],
    )


def _left_out(why: str) -> Section:
    text = f"The student cannot be asked in the page. {why}"
    return Section("what-if", "What if", (Paragraph(words(text)),))


def page_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the page's script needs besides the student, for its JSON.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    facts : dict
        Names of classes, the cut-off, the mean answers of a tree's nodes, the bins of a card.
    """
    student, classes = data["student"], data["classes"]
    facts: dict[str, Any] = {
        "kind": data["model"]["kind"],
        "classes": None if classes is None else [str(one) for one in classes],
        "cutoff": data["fidelity"]["cutoff"],
        "adverse": data["what_if"]["adverse_class"],
        "compares_with": data["what_if"]["compares_with"],
        "nodes": {str(one["node"]): one["answer"] for one in student.get("nodes", [])},
        "parents": {str(one["node"]): one["parent"] for one in student.get("nodes", [])},
        "rules": {
            str(one["node"]): one["rule"]
            for one in student.get("nodes", [])
            if one["rule"] is not None
        },
    }
    if "bins" in student:
        places = {one["name"]: i for i, one in enumerate(data["model"]["columns"])}
        facts["base_points"] = student["base_points"]
        facts["bins"] = [_bin(one, places, data["model"]["columns"]) for one in student["bins"]]
    return facts


def _bin(
    one: Mapping[str, Any], places: Mapping[str, int], columns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Say which values of a column are in a bin, categories by place."""
    place = places[one["feature"]]
    known = columns[place]["categories"] or list(BOOLEANS)
    return {
        "column": place,
        "text": one["bin"],
        "kind": one["kind"],
        "lower": one["lower"],
        "upper": one["upper"],
        "value": one["value"],
        "choices": [known.index(value) for value in one["categories"] if value in known],
    }


def _usual(raw: RawColumn, known: Column) -> Any:
    if known.kind == "category":
        counts = Counter(value for value in raw.values if value in known.categories)
        if not counts:
            return None
        most = max(counts.values())
        return plain(next(value for value in known.categories if counts[value] == most))
    if raw.kind == "category":  # nothing but missing values
        return None
    numbers = np.asarray(raw.values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return None
    middle = float(np.quantile(numbers, 0.5, method="lower"))
    return bool(middle) if known.kind == "boolean" else middle


def _beginning(about: Mapping[str, Any], used: Sequence[str] | None) -> Iterator[Block]:
    """Lay out what the panel begins with and compares with, of the columns that matter."""
    whom = about["compares_with"]
    body = [
        [
            words(one["column"]),
            _start_cell(one["usual_value"]),
            *([] if whom is None else [number(one["reference_value"])]),
        ]
        for one in about["columns"]
        if used is None or one["column"] in used
    ]
    if not body:
        return
    caption = "The values that the panel begins with: median, or most frequent value, of the "
    caption += "evaluation rows"
    if whom is not None:
        caption += f"; and what it compares with: the mean of {whom}"
    header = ["Column", "Usual value", *([] if whom is None else ["Mean of what it adds"])]
    yield table(caption, header, body)


def _field(
    place: int,
    column: Mapping[str, Any],
    usual: Any,
    seen: Mapping[str, Any] | None,
    *,
    is_used: bool,
    takes_missing: bool,
) -> Field:
    kind = column["kind"]
    values = {"category": column["categories"], "boolean": list(BOOLEANS), "numeric": []}[kind]
    start: str | int | None = None
    if kind == "numeric":
        start = None if usual is None else repr(float(usual)).removesuffix(".0")
    elif usual in values:
        start = values.index(usual)
    return Field(
        place=place,
        label=column["name"],
        column_kind=kind,
        start=start,
        hint=_hint(kind, seen),
        is_used=is_used,
        takes_missing=takes_missing,
    )


def _hint(kind: str, seen: Mapping[str, Any] | None) -> Cell:
    """Say which values the evaluation rows have, and whether training missed one."""
    if seen is None:
        return ()
    parts: list[Text | Number] = []
    if kind == "numeric" and seen["minimum"] is not None:
        parts += [
            Text("evaluation rows: "),
            Number(seen["minimum"], "plain"),
            Text(" to "),
            Number(seen["maximum"], "plain"),
        ]
    if seen["missing_in_training"] is False:
        parts += [Text("; " if parts else ""), Text("never missing in training")]
    return tuple(part for part in parts if not isinstance(part, Text) or part.text)


def _start_cell(value: Any) -> Cell:
    if value is None or isinstance(value, bool):
        return words("missing" if value is None else value)
    return either(value)
