"""Agreement of both models' explanations: measured, and laid out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Paragraph, Section, Table, table
from interpkd.audit._cells import Cell, Number, Text, interval, number, words
from interpkd.audit._inputs import plain
from interpkd.explanation import explanation_agreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._attributions import Attributions

TITLE = "Agreement of the explanations"

SCORES = {
    "rank_correlation": "Rank correlation of the columns' mean absolute values",
    "sign_agreement": "Same sign, where both values are not zero",
    "top_overlap": "Overlap of a row's largest columns",
    "cosine": "Cosine of a row's values",
}


def agreement_of_explanations(
    attributions: Attributions, labels: Mapping[str, Any], *, alpha: float
) -> dict[str, Any]:
    """Measure how far the SHAP values of both models agree.

    Parameters
    ----------
    attributions : Attributions
        The values.

    labels : mapping
        Groups and segments: names to labels of the evaluation rows.

    alpha : float
        One minus the confidence of the intervals.

    Returns
    -------
    section : dict
        "is_computed", and "reason" why not; else the scores.
    """
    if attributions.explanations.teacher is None:
        why = attributions.facts["teacher_missing"]
        return {"is_computed": False, "reason": why}
    segments = {
        name: [_listed(values)[row] for row in attributions.rows] for name, values in labels.items()
    }
    found = explanation_agreement(
        attributions.explanations, segments=segments, alpha=alpha
    ).to_dict()
    for one in found["segments"]:
        one["value"] = plain(one["value"])
    kept = ("n_rows", "top_k", "confidence", *SCORES, "segments")
    return {"is_computed": True, "reason": None, **{name: found[name] for name in kept}}


def _listed(values: Any) -> list[Any]:
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values)


def agreement_section(data: Mapping[str, Any]) -> Section:
    """Lay out the agreement of the explanations.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    section : Section
        The scores with their intervals.
    """
    section = data["explanation_agreement"]
    if not section["is_computed"]:
        text = Text(f"The explanations are not compared: {section['reason']}.")
        return Section("explanation-agreement", TITLE, (Paragraph((text,)),))
    intro = Paragraph(
        (
            Text(
                "Two models may decide alike for different reasons. The scores compare the SHAP "
                "values of the section before; overlap is of the "
            ),
            Number(section["top_k"], "count"),
            Text(
                " largest columns of a row, of fewer where a model uses fewer. Where values were "
                "sampled, their sampling error lowers the agreement."
            ),
        )
    )
    body = [
        [
            words(title),
            number(section[name]["estimate"]),
            interval(section[name]["low"], section[name]["high"]),
            number(section[name]["n"], "count"),
            words(section[name]["method"]),
        ]
        for name, title in SCORES.items()
    ]
    level = (Text("Interval, "), Number(section["confidence"], "level"))
    scores = table(
        "Agreement of the SHAP values of student and teacher",
        ["Score", "Estimate", level, "Rows", "Method"],
        body,
    )
    parts = (_segments(section),) if section["segments"] else ()
    return Section("explanation-agreement", TITLE, (intro, scores, *parts))


def _segments(section: Mapping[str, Any]) -> Table:
    """Lay out the scores of the explained rows of each group and segment."""
    body = []
    for one in section["segments"]:
        value = "missing" if one["value"] is None else one["value"]
        line = [words(one["segment"]), words(value), number(one["n"], "count")]
        for name in SCORES:
            score = one[name]
            line.append((*number(score["estimate"]), Text(" "), *_ends(score)))
        body.append(line)
    header = ["Group or segment", "Value", "Rows explained", *SCORES.values()]
    return table("Agreement of the explanations by group, with intervals", header, body)


def _ends(score: Mapping[str, Any]) -> Cell:
    return interval(score["low"], score["high"])
