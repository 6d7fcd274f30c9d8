"""The data model laid out for a reader.

Every number is taken from the data model as it is. The larger sections have modules of their own:
`_rule_tables`, `_evidence_tables`, `_explanation_tables`.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._agreement_tables import agreement_section
from interpkd.audit._blocks import (
    Block,
    Document,
    Figure,
    Listing,
    Paragraph,
    Section,
    SignOff,
    facts,
    table,
)
from interpkd.audit._cells import Number, Text, code, either, interval, number, provided, words
from interpkd.audit._certificate_tables import certificate_section
from interpkd.audit._coefficient_tables import coefficient_section
from interpkd.audit._counterfactual_tables import counterfactual_section
from interpkd.audit._dependence_tables import dependence_section
from interpkd.audit._discrimination_tables import discrimination_section
from interpkd.audit._evidence_tables import fidelity_section, performance_section
from interpkd.audit._explanation_tables import explanation_section
from interpkd.audit._fairness_tables import fairness_section
from interpkd.audit._finding_tables import findings_figure, findings_section
from interpkd.audit._inputs import FIELDS
from interpkd.audit._interactive_panel import what_if_section
from interpkd.audit._limitations import sample_sentences
from interpkd.audit._monitoring_section import monitoring_section
from interpkd.audit._monotonicity_tables import monotonicity_section
from interpkd.audit._points_tables import points_section
from interpkd.audit._provenance_tables import provenance_blocks
from interpkd.audit._reason_quality_tables import reason_quality_section
from interpkd.audit._reason_tables import reasons_section
from interpkd.audit._refit_tables import distil_section, frontier_section, stability_section
from interpkd.audit._rule_tables import student_section
from interpkd.audit._segment_tables import cutoff_section, worst_segment_section
from interpkd.audit._sensitivity_tables import sensitivity_section
from interpkd.audit._soundness_tables import oversight_section, soundness_section
from interpkd.audit._training_tables import training_section

if TYPE_CHECKING:
    from collections.abc import Mapping

TEACHING = {
    "source": "Where the soft targets come from",
    "n_folds": "Folds",
    "n_without_answer": "Training rows that no fold held out",
    "confidence_in_sample": "Teacher's mean confidence on its training rows",
    "confidence_out_of_fold": "Teacher's mean confidence out of fold",
    "accuracy_in_sample": "Teacher's accuracy on its training rows",
    "accuracy_out_of_fold": "Teacher's accuracy out of fold",
    "log_loss_in_sample": "Teacher's log loss on its training rows",
    "log_loss_out_of_fold": "Teacher's log loss out of fold",
    "r2_in_sample": "Teacher's R² on its training rows",
    "r2_out_of_fold": "Teacher's R² out of fold",
    "rmse_in_sample": "Teacher's root mean squared error on its training rows",
    "rmse_out_of_fold": "Teacher's root mean squared error out of fold",
    "label_memory": "Share of a training row's own label in the teacher's answer to it",
    "taught_by": "What the student was fitted to",
    "alpha": "Weight of the true labels (alpha)",
    "temperature": "Temperature",
    "n_labeled": "Training rows",
    "n_unlabeled": "Unlabelled rows",
    "n_augmented": "Generated rows",
    "n_teacher_queries": "Rows the teacher was asked about",
    "n_teacher_calls": "Calls this took",
}
"""Titles of what a student notes of its teaching."""


def build_document(data: Mapping[str, Any], pictures: Mapping[str, str]) -> Document:
    """Lay out the data model.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    pictures : mapping
        SVG elements by name.

    Returns
    -------
    document : Document
        The blocks that both renderers write.
    """
    identity = data["identity"]
    title = identity["model_name"] or data["lineage"]["student"]["name"]
    sections = (
        Section("identity", "Identity", (_identity(data),)),
        Section("lineage", "Lineage", tuple(_lineage(data))),
        soundness_section(data),
        Section("data", "Data", tuple(_data(data))),
        training_section(data),
        _student(data),
        what_if_section(data),
        fidelity_section(data),
        worst_segment_section(data),
        cutoff_section(data),
        fairness_section(data),
        performance_section(data),
        discrimination_section(data),
        monotonicity_section(data),
        sensitivity_section(data),
        explanation_section(data),
        agreement_section(data),
        dependence_section(data),
        reasons_section(data),
        reason_quality_section(data),
        counterfactual_section(data),
        frontier_section(data),
        distil_section(data),
        stability_section(data),
        certificate_section(data),
        oversight_section(data),
        monitoring_section(data),
        Section("limitations", "Limitations", (_limitations(data),)),
        Section("sign-off", "Sign-off", tuple(_sign_off())),
    )
    titles = {one.anchor: one.title for one in sections}
    return Document(
        title=f"{title} {identity['version']}" if identity["version"] else title,
        subtitle="Audit report of a distilled model",
        created=data["created_utc"],
        figures=(findings_figure(data), *_figures(data)),
        sections=(findings_section(data, titles), *sections),
        pictures=dict(pictures),
    )


def _student(data: Mapping[str, Any]) -> Section:
    """Lay out the student in full, by what it consists of."""
    if "bins" in data["student"]:
        return points_section(data)
    return student_section(data) if "rules" in data["student"] else coefficient_section(data)


def _figures(data: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Choose the few numbers that a reader looks for first."""
    fidelity, student = data["fidelity"], data["student"]
    names = {"agreement": "Agreement with the teacher", "r2": "R² to the teacher"}
    figures = []
    for key, label in names.items():
        score = fidelity.get(key)
        if score is not None:
            note = interval(score["low"], score["high"])
            figures.append(Figure(label, number(score["estimate"]), note))
    if not figures:
        figures.append(Figure("Fidelity", (Text("not measured", is_absent=True),)))
    teacher = data["lineage"]["teacher"]
    name = words(teacher["name"]) if teacher else words("answers only")
    return (
        *figures,
        _size(student),
        _evaluation_rows(data["data"]),
        Figure("Teacher", name if data["lineage"]["teacher_source"] != "none" else words("none")),
    )


def _evaluation_rows(rows: Mapping[str, Any]) -> Figure:
    """Give the number of evaluation rows; of a sample, how many it was drawn from."""
    sample = rows.get("sample")
    if sample is None or sample["n_rows"] == sample["n_rows_available"]:
        return Figure("Evaluation rows", number(rows["n_rows"], "count"))
    drawn = (Number(sample["n_rows"], "count"), Text(" of them beyond fidelity"))
    return Figure("Evaluation rows", number(sample["n_rows_available"], "count"), drawn)


def _size(student: Mapping[str, Any]) -> Figure:
    if "bins" in student:
        bins = (Number(student["n_bins"], "count"), Text(" bins"))
        return Figure("Columns of the card", number(student["n_features"], "count"), bins)
    if "n_rules" not in student:
        return Figure(
            "Coefficients",
            number(student["n_coefficients"], "count"),
            (Number(student["n_used"], "count"), Text(" not 0")),
        )
    if student["n_rules"] is None:
        return Figure("Student", words(student["kind"]), (Text("without rules"),))
    depth = (Text("depth "), Number(student["depth"], "count"))
    return Figure("Rules", number(student["n_rules"], "count"), depth)


def _identity(data: Mapping[str, Any]) -> Block:
    rows = [(title, provided(data["identity"][name])) for name, title in FIELDS.items()]
    return facts("What the author of the report says of the model", rows)


def _lineage(data: Mapping[str, Any]) -> list[Block]:
    lineage = data["lineage"]
    blocks: list[Block] = [_models(lineage)]
    if lineage["distillation"] is not None:
        facts_ = lineage["distillation"].items()
        rows = [(TEACHING.get(name, _title(name)), either(one)) for name, one in facts_]
        blocks.append(facts("How the student was taught", rows))
    for who in ("teacher", "student"):
        model = lineage[who]
        if model is not None and model["parameters"]:
            blocks.append(_parameters(who, model["parameters"]))
    hashes = {
        "evaluation_rows": "Evaluation rows",
        "labels": "Labels",
        "training_rows": "Training rows",
        "training_labels": "Labels of the training rows",
        "student": "Numbers of the student",
        "student_answers": "Answers of the student",
        "teacher_answers": "Answers of the teacher",
    }
    rows = [(title, code(data["hashes"][name])) for name, title in hashes.items()]
    blocks.append(facts("SHA-256 in canonical form", rows))
    rows = [(name, words(version)) for name, version in lineage["software"].items()]
    rows.append(("seed of the report's samples", number(lineage["random_state"], "plain")))
    blocks.append(facts("Software and seed", rows))
    return blocks + provenance_blocks(data)


def _models(lineage: Mapping[str, Any]) -> Block:
    sources = {
        "given": "given to the report",
        "student": "kept by the student",
        "answers": "answers given as an array; the model itself was not",
        "none": "no teacher was given, and the student keeps none",
    }
    rows = []
    for who in ("student", "teacher"):
        model = lineage[who] or {"type": None, "library": None, "version": None}
        rows.append(
            [words(who), code(model["type"]), words(model["library"]), words(model["version"])]
        )
    caption = f"The models; teacher: {sources[lineage['teacher_source']]}"
    return table(caption, ["Role", "Type", "Library", "Version"], rows)


def _parameters(who: str, parameters: Mapping[str, Any]) -> Block:
    """List the parameters; those left at none, which are many in some libraries, in one line."""
    rows = [(name, either(value)) for name, value in parameters.items() if value is not None]
    unset = [name for name, value in parameters.items() if value is None]
    if unset:
        rows.append(("none", words(", ".join(unset))))
    return facts(f"Parameters of the {who}", rows)


def _data(data: Mapping[str, Any]) -> list[Block]:
    rows = data["data"]
    about = [
        ("Rows", number(rows["n_rows"], "count")),
        ("Columns", number(rows["n_columns"], "count")),
        ("Row weights", words("given" if rows["is_weighted"] else "none: every row counts once")),
    ]
    blocks: list[Block] = [facts("Evaluation rows", about)]
    blocks += [Paragraph(words(sentence)) for sentence in sample_sentences(rows)]
    if rows["split"] is None:
        blocks.append(Paragraph((Text("How the rows were held out: "), *provided(None), Text("."))))
    else:
        split = [(name, either(value)) for name, value in rows["split"].items()]
        blocks.append(facts("How the rows were held out, as provided", split))
    blocks += _target(rows["target"])
    header = [
        "Column", "Kind", "Missing", "Missing share", "Minimum", "Maximum", "Categories",
        "Rows outside the training values",
    ]  # fmt: skip
    body = [
        [
            words(one["column"]),
            words(one["kind"]),
            number(one["n_missing"], "count"),
            number(one["missing_share"], "percent"),
            number(one["minimum"], "plain"),
            number(one["maximum"], "plain"),
            number(one["n_categories"], "count"),
            number(one["n_outside_training"], "count"),
        ]
        for one in rows["columns"]
    ]
    blocks.append(table("Columns of the evaluation rows", header, body))
    return blocks


def _target(target: Mapping[str, Any] | None) -> list[Block]:
    if target is None:
        return [Paragraph(words("No labels were given."))]
    if "classes" in target:
        body = [
            [words(one["class"]), number(one["n"], "count"), number(one["share"], "percent")]
            for one in target["classes"]
        ]
        return [table("Target", ["Class", "Rows", "Share"], body)]
    return [facts("Target", [(_title(name), number(v, "plain")) for name, v in target.items()])]


def _limitations(data: Mapping[str, Any]) -> Block:
    return Listing(tuple((one["topic"], one["text"]) for one in data["limitations"]))


def _sign_off() -> list[Block]:
    text = (
        "The signatures say that the report was read and judged. Its findings are questions to who "
        "signs; the report draws no legal conclusion."
    )
    roles = ("Model developer", "Independent validator", "Model owner")
    return [
        Paragraph(words(text)),
        SignOff(roles, ("Role", "Name", "Decision", "Date", "Signature")),
    ]


def _title(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
