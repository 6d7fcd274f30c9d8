"""A model card in the layout of the Hugging Face hub: YAML front matter, then Markdown.

Every number comes from the data model, and so from the report. Scalars of the front matter are
written as JSON texts and numbers, which YAML 1.2 reads as they are and PyYAML as well: a name can
open no list, no anchor and no tag.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from interpkd._html import visible
from interpkd.audit._blocks import (
    Block,
    Document,
    Figure,
    Listing,
    Paragraph,
    Section,
    facts,
    table,
)
from interpkd.audit._cells import ABSENT, Text, code, either, interval, number, provided, words
from interpkd.audit._render import to_markdown_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interpkd.audit._cells import Cell

METRICS = {"accuracy": "accuracy", "auc": "roc_auc", "brier": "brier_score", "log_loss": "log_loss",
           "r2": "r_squared", "mae": "mae", "rmse": "rmse"}  # fmt: skip
"""Scores of the student under the names that the hub knows."""

TASKS = {"classification": "tabular-classification", "regression": "tabular-regression"}

MOST_ENTRIES = 40
"""Rules, coefficients or bins up to which a card shows them; the report shows all."""


def model_card_text(data: Mapping[str, Any]) -> str:
    """Write a model card.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    text : str
        YAML between two lines of dashes, then Markdown.
    """
    front = "\n".join(["---", *_yaml(_front_matter(data)), "---"])
    return f"{front}\n\n{to_markdown_text(_card(data))}"


def _front_matter(data: Mapping[str, Any]) -> dict[str, Any]:
    name = _name(data)
    metrics = [
        {"type": METRICS.get(key, key), "name": key.replace("_", " "), "value": score["estimate"]}
        for key, score in data["fidelity"]["performance"].get("student", {}).items()
        if score["estimate"] is not None
    ]
    agreement = data["fidelity"].get("agreement") or {}
    if agreement.get("estimate") is not None:
        value = agreement["estimate"]
        metrics.append({"type": "agreement", "name": "agreement with the teacher", "value": value})
    dataset = visible(data["identity"]["data_source"] or "evaluation rows")
    front: dict[str, Any] = {
        "library_name": "interpkd",
        "pipeline_tag": TASKS[data["task"]],
        "tags": ["interpretability", "knowledge-distillation", "tabular", data["student"]["kind"]],
    }
    if metrics:
        result = {
            "task": {"type": TASKS[data["task"]]},
            "dataset": {"type": "tabular", "name": dataset},
            "metrics": metrics,
        }
        front["model-index"] = [{"name": name, "results": [result]}]
    return front


def _yaml(value: Any, depth: int = 0) -> Iterator[str]:
    """Write mappings and lists as indented YAML, every scalar and every name as JSON does."""
    pad = "  " * depth
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, (dict, list)):
                yield f"{pad}{_scalar(name)}:"
                yield from _yaml(one, depth + 1)
            else:
                yield f"{pad}{_scalar(name)}: {_scalar(one)}"
        return
    for one in value:
        if isinstance(one, dict):
            first, *rest = _yaml(one, depth + 1)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {_scalar(one)}"


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        # PyYAML takes 1e-05 for a text: it wants a point before the e
        text = repr(value)
        mantissa, sign, power = text.partition("e")
        return f"{mantissa}.0e{power}" if sign and "." not in mantissa else text
    # signs that YAML does not take as they are, such as control characters, are spelled out
    return json.dumps(visible(value) if isinstance(value, str) else value, ensure_ascii=False)


def _card(data: Mapping[str, Any]) -> Document:
    identity, lineage = data["identity"], data["lineage"]
    teacher = lineage["teacher"]
    return Document(
        title=_name(data),
        subtitle="Model card, written from the audit report",
        created=data["created_utc"],
        figures=(
            Figure("Task", words(TASKS[data["task"]])),
            Figure("Student", words(lineage["student"]["name"])),
            Figure("Teacher", words(teacher["name"] if teacher else ABSENT)),
        ),
        sections=(
            Section("details", "Model Details", tuple(_details(data))),
            Section("uses", "Uses", (_uses(identity),)),
            Section("bias", "Bias, Risks, and Limitations", (_limitations(data),)),
            Section("start", "How to Get Started with the Model", (Paragraph(_start()),)),
            Section("training", "Training Details", tuple(_training(data))),
            Section("evaluation", "Evaluation", tuple(_evaluation(data))),
            Section("model", "Model Examination", tuple(_model(data))),
            Section("technical", "Technical Specifications", tuple(_technical(data))),
            Section("contact", "Model Card Contact", (Paragraph(provided(identity["owner"])),)),
        ),
    )


def _name(data: Mapping[str, Any]) -> str:
    return visible(data["identity"]["model_name"] or data["lineage"]["student"]["name"])


def _details(data: Mapping[str, Any]) -> Iterator[Block]:
    identity, student = data["identity"], data["student"]
    about = (
        "A model that a person can read, distilled from a teacher: it was fitted to the teacher's "
        "answers and stands in for them. The audit report beside this card holds the evidence."
    )
    yield Paragraph(words(about))
    names = {
        "owner": "Developed by",
        "version": "Version",
        "predecessor": "Predecessor",
        "materiality": "Materiality",
    }
    rows: list[tuple[str, Cell]] = [
        (title, provided(identity[name])) for name, title in names.items()
    ]
    rows.insert(1, ("Model type", words(student["kind"])))
    if data["classes"] is not None:
        rows.append(("Classes", either(data["classes"])))
    yield facts("The model", rows)


def _uses(identity: Mapping[str, Any]) -> Block:
    rows = [
        ("Direct use", provided(identity["intended_use"])),
        ("Out-of-scope use", provided(identity["prohibited_uses"])),
    ]
    return facts("As the author of the report says", rows)


def _limitations(data: Mapping[str, Any]) -> Block:
    return Listing(tuple((one["topic"], one["text"]) for one in data["limitations"]))


def _start() -> Cell:
    held = "report.json, which is written beside this card, holds the student: "
    call = 'interpkd.export.read_json(interpkd.audit.read_report("report.json")["model"])'
    return (Text(held), *code(call), Text(" gives an estimator that answers as it does."))


def _training(data: Mapping[str, Any]) -> Iterator[Block]:
    identity, lineage = data["identity"], data["lineage"]
    rows: list[tuple[str, Cell]] = [
        ("Data source", provided(identity["data_source"])),
        ("Period", provided(identity["period"])),
    ]
    teaching = lineage["distillation"] or {}
    shown = ("source", "n_labeled", "n_unlabeled", "n_augmented", "alpha", "temperature")
    rows += [(name.replace("_", " "), either(teaching[name])) for name in shown if name in teaching]
    yield facts("How the student was taught", rows)


def _evaluation(data: Mapping[str, Any]) -> Iterator[Block]:
    fidelity = data["fidelity"]
    rows = (Text("Rows held for evaluation: "), *number(data["data"]["n_rows"], "count"), Text("."))
    yield Paragraph(rows)
    scores = {
        name: score
        for name, score in fidelity.items()
        if isinstance(score, dict) and "estimate" in score
    }
    if scores:
        yield _scores("Fidelity to the teacher", scores)
    else:
        yield Paragraph(words(fidelity["reason"]))
    for who, found in fidelity["performance"].items():
        if found:
            yield _scores(f"Performance of the {who} against the labels", found)
    if not fidelity["performance"]:
        yield Paragraph(words("No labels were given: the performance is not known."))
    if fidelity["segments"]:
        yield _segments(fidelity["segments"])


def _scores(caption: str, scores: Mapping[str, Any]) -> Block:
    rows = [
        [words(name.replace("_", " ")), number(one["estimate"]), interval(one["low"], one["high"])]
        for name, one in scores.items()
    ]
    return table(caption, ["Score", "Estimate", "Interval"], rows)


def _segments(segments: list[Any]) -> Block:
    name = "agreement" if "agreement" in segments[0] else "r2"
    rows = [
        [
            words(one["segment"]),
            words("missing" if one["value"] is None else one["value"]),
            number(one["n"], "count"),
            number(one[name]["estimate"]),
            interval(one[name]["low"], one[name]["high"]),
        ]
        for one in segments
    ]
    header = ["Group or segment", "Value", "Rows", name.capitalize(), "Interval"]
    return table("Fidelity by group and segment", header, rows)


def _model(data: Mapping[str, Any]) -> Iterator[Block]:
    """Show the student, if it is short enough for a card."""
    student = data["student"]
    if student.get("rules"):
        rows = [[words(one["text"]), either(one["decision"])] for one in student["rules"]]
        yield from _entries("Rules", ["If", "Then"], rows)
    elif "coefficients" in student:
        rows = [[words(one["text"]), either(one["values"])] for one in student["coefficients"]]
        yield Paragraph((Text("Intercepts: "), *either(student["intercepts"]), Text(".")))
        yield from _entries("Coefficients", ["For", "Value"], rows)
    elif "bins" in student:
        rows = [
            [words(one["feature"]), words(one["bin"]), number(one["points"], "plain")]
            for one in student["bins"]
        ]
        base = number(student["base_points"], "plain")
        yield Paragraph((Text("Base points: "), *base, Text(".")))
        yield from _entries("Points", ["Column", "Bin", "Points"], rows)
    else:
        yield Paragraph(words("The student has no rules, coefficients or points to show."))


def _entries(caption: str, header: list[str], rows: list[Any]) -> Iterator[Block]:
    yield table(caption, header, rows[:MOST_ENTRIES], wide=0)
    if len(rows) > MOST_ENTRIES:
        yield Paragraph(words("There are more; the audit report shows all."))


def _technical(data: Mapping[str, Any]) -> Iterator[Block]:
    manifest, lineage = data["provenance"], data["lineage"]
    rows = [(name, words(version)) for name, version in lineage["software"].items()]
    rows += [
        ("SHA-256 of the report", code(manifest["hashes"]["report"])),
        ("SHA-256 of the model", code(manifest["hashes"]["model"])),
        ("Command", provided(None) if manifest["command"] is None else code(manifest["command"])),
    ]
    yield facts("Software and fingerprints", rows)
