"""The data model laid out for a reader: lineage, data, student, explanations, sign-off.

Every number is taken from the data model as it is. What the evidence says of fidelity and
performance is laid out in `_evidence_tables`.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import (
    Block,
    Cell,
    Document,
    Figure,
    Listing,
    Number,
    Paragraph,
    Picture,
    Section,
    SignOff,
    Text,
    code,
    either,
    facts,
    interval,
    number,
    provided,
    table,
    words,
)
from interpkd.audit._evidence_tables import fidelity_section, performance_section
from interpkd.audit._inputs import FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

TEACHING = {
    "source": "Where the soft targets come from",
    "n_folds": "Folds",
    "confidence_in_sample": "Teacher's mean confidence on its training rows",
    "confidence_out_of_fold": "Teacher's mean confidence out of fold",
    "alpha": "Weight of the true labels (alpha)",
    "temperature": "Temperature",
    "n_labeled": "Training rows",
    "n_unlabeled": "Unlabelled rows",
    "n_augmented": "Generated rows",
}
"""Titles of what a student notes of its teaching."""

MAX_DISTRIBUTION = 6
"""Most classes whose probabilities get a column each in the table of rules."""


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
    return Document(
        title=f"{title} {identity['version']}" if identity["version"] else title,
        subtitle="Audit report of a distilled model",
        created=data["created_utc"],
        figures=_figures(data),
        sections=(
            Section("identity", "Identity", (_identity(data),)),
            Section("lineage", "Lineage", tuple(_lineage(data))),
            Section("data", "Data", tuple(_data(data))),
            Section("student", "The student, complete", tuple(_student(data))),
            fidelity_section(data),
            performance_section(data),
            Section("explanations", "Explanations", tuple(_explanations(data))),
            Section("limitations", "Limitations", (_limitations(data),)),
            Section("sign-off", "Sign-off", tuple(_sign_off())),
        ),
        pictures=dict(pictures),
    )


def _figures(data: Mapping[str, Any]) -> tuple[Figure, ...]:
    """The few numbers that a reader looks for first."""
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
        Figure(
            "Rules",
            number(student["n_rules"], "count"),
            (Text("depth "), Number(student["depth"], "count")),
        ),
        Figure("Evaluation rows", number(data["data"]["n_rows"], "count")),
        Figure("Teacher", name if data["lineage"]["teacher_source"] != "none" else words("none")),
    )


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
        "student": "Numbers of the student",
        "teacher_answers": "Answers of the teacher",
    }
    rows = [(title, code(data["hashes"][name])) for name, title in hashes.items()]
    blocks.append(facts("SHA-256 in canonical form", rows))
    rows = [(name, words(version)) for name, version in lineage["software"].items()]
    rows.append(("seed of the report's samples", number(lineage["random_state"], "plain")))
    blocks.append(facts("Software and seed", rows))
    return blocks


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
        rows.append([words(who), code(model["type"]), words(model["library"]), words(model["version"])])
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


def _student(data: Mapping[str, Any]) -> list[Block]:
    student = data["student"]
    count = Number(student["n_rules"], "count"), Number(student["depth"], "count")
    n_used = ", ".join(student["columns_used"]) or "none"
    blocks: list[Block] = [
        Paragraph(
            (
                Text("A decision tree of "), count[0], Text(" rules with at most "), count[1],
                Text(" conditions along a path. For every row exactly one rule holds. Bounds are "
                     "printed at full precision; values are compared as 32-bit floats."),
            )
        ),  # fmt: skip
        Paragraph((Text("Columns used: "), Text(n_used), Text("."))),
        Picture(
            "tree",
            "The tree as an outline; a bar is the student's answer, a diamond the teacher's mean",
            "Tree diagram of the student. Each line carries a condition; the line of a leaf also "
            "the number of its rule, the answer and the rows. The table of rules below says the "
            "same.",
            is_wide=True,
        ),
    ]
    if "tree" in data["pictures_left_out"]:
        blocks[-1] = Paragraph(words(data["pictures_left_out"]["tree"]))
    return [*blocks, _rule_table(data)]


def _rule_table(data: Mapping[str, Any]) -> Block:
    student, classes = data["student"], data["classes"]
    labels = _shown_classes(classes)
    has_teacher = data["fidelity"]["is_computed"]
    header = ["Rule", "If", "Then", *(f"P({classes[k]})" for k in labels)]
    header += ["Teacher's mean"] if has_teacher else []
    header += ["Training rows", "Share", "Evaluation rows"]
    header += ["Agreement"] if has_teacher and classes is not None else []
    body = []
    for rule in student["rules"]:
        row = [number(rule["number"], "count"), words(rule["text"]), _then(rule)]
        row += [number(rule["distribution"][k]) for k in labels]
        row += [_teacher_mean(rule, classes)] if has_teacher else []
        row += [
            number(rule["n_rows"], "count"),
            number(rule["share"], "percent"),
            number(rule["evaluation"]["n"], "count"),
        ]
        row += [number(rule["evaluation"]["agreement"])] if "Agreement" in header else []
        body.append(row)
    caption = f"Every rule of the student; training rows: {student['rows_counted']}"
    if has_teacher:
        caption += f"; teacher's mean: {_meaning_of_mean(classes)} on the evaluation rows"
    return table(caption, header, body, wide=1)


def _shown_classes(classes: list[Any] | None) -> list[int]:
    if classes is None:
        return []
    if len(classes) == 2:
        return [1]
    return list(range(len(classes))) if len(classes) <= MAX_DISTRIBUTION else []


def _then(rule: Mapping[str, Any]) -> Cell:
    if rule["distribution"] is None:
        return number(rule["value"], "plain")
    return words(rule["decision"])


def _teacher_mean(rule: Mapping[str, Any], classes: list[Any] | None) -> Cell:
    mean = rule["evaluation"]["teacher_mean"]
    if mean is None or classes is None:
        return number(mean, "plain")
    return number(mean[1 if len(classes) == 2 else classes.index(rule["decision"])])


def _meaning_of_mean(classes: list[Any] | None) -> str:
    if classes is None:
        return "mean prediction"
    return f"mean P({classes[1]})" if len(classes) == 2 else "mean probability of the rule's class"


def _explanations(data: Mapping[str, Any]) -> list[Block]:
    section = data["explanation"]
    background = section["background"]
    sources = {"evaluation rows": "of the evaluation rows", "given": "of those given"}
    methods = [(f"Method, {who}", words(text)) for who, text in section["method"].items()]
    if section["teacher_missing"] is not None:
        methods.append(("Teacher", words(section["teacher_missing"])))
    limit = section["limited_by"]
    limited = [] if limit is None else [("Fewer rows because", words(limit))]
    about = [
        ("Explained rows", _out_of(section)),
        ("Background rows", (*_out_of(background), Text(f", {sources[background['source']]}"))),
        ("SHA-256 of the background", code(background["sha256"])),
        *limited,
        ("Scale", words(section["scale"])),
        *methods,
    ]
    intro = (
        "SHAP values share out the difference between a model's answer for a row and its mean "
        "answer on the background among the columns. Both models are explained on the same rows "
        "and the same background."
    )
    importance = Picture(
        "importance",
        "Mean absolute SHAP value per column",
        "Bar chart of the mean absolute SHAP values of student and teacher. The table below gives "
        "its numbers.",
    )
    blocks: list[Block] = [Paragraph(words(intro)), facts("How the explanations were made", about)]
    blocks += [importance, _importance_table(section)]
    for k, spread in enumerate(section["spread"]):
        title = f"SHAP values of the explained rows for {spread['answer']}"
        description = (
            f"One mark per explained row and column for {spread['answer']}: its SHAP value along "
            "the axis, the size of the column's value by shape and shade. The table below gives "
            "quantiles."
        )
        blocks += [Picture(f"beeswarm-{k}", title, description), _spread_table(title, spread)]
    return blocks


def _out_of(sample: Mapping[str, Any]) -> Cell:
    """Say how many rows were used; of how many only where a sample was drawn."""
    drawn, there = sample["n_rows"], sample["n_rows_available"]
    if drawn == there:
        return number(drawn, "count")
    return (Number(drawn, "count"), Text(" drawn from "), Number(there, "count"))


def _importance_table(section: Mapping[str, Any]) -> Block:
    body = [
        [
            words(one["column"]),
            number(one["student"]),
            number(one["student_rank"], "count"),
            number(one["teacher"]),
            number(one["teacher_rank"], "count"),
        ]
        for one in section["columns"]
    ]
    caption = "Mean absolute SHAP value"
    if len(section["answers"]) > 1:
        caption += ", summed over the classes"
    header = ["Column", "Student", "Rank, student", "Teacher", "Rank, teacher"]
    return table(caption, header, body)


def _spread_table(title: str, spread: Mapping[str, Any]) -> Block:
    body = []
    for one in spread["columns"]:
        row = [words(one["column"])]
        for who in ("student", "teacher"):
            quantiles = one[who] or {"q05": None, "median": None, "q95": None}
            row += [number(value) for value in quantiles.values()]
        body.append(row)
    header = ["Column"]
    for who in ("student", "teacher"):
        header += [f"{who}, low", f"{who}, median", f"{who}, high"]
    caption = f"{title}; low and high: nine in ten values lie between"
    return table(caption, header, body)


def _limitations(data: Mapping[str, Any]) -> Block:
    return Listing(tuple((one["topic"], one["text"]) for one in data["limitations"]))


def _sign_off() -> list[Block]:
    text = (
        "The signatures say that the report was read and judged; the report itself makes no "
        "judgement and draws no legal conclusion."
    )
    roles = ("Model developer", "Independent validator", "Model owner")
    return [Paragraph(words(text)), SignOff(roles, ("Role", "Name", "Decision", "Date", "Signature"))]


def _title(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]
