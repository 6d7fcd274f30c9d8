"""What the evidence does not show, said from the evidence itself."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._certificate_evidence import certificate_limitations
from interpkd.audit._equality_evidence import equality_limitations
from interpkd.audit._fairness_evidence import fairness_limitations
from interpkd.audit._refit_evidence import refit_limitations
from interpkd.audit._segment_evidence import segment_limitations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

THIN_LEAF = 20
"""Rules that rest on fewer training rows than this are named."""

LOW_AGREEMENT = 0.9
"""Below this share of equal decisions the report says so among its limitations."""

IN_SAMPLE_GAP = 0.02
"""Difference of mean confidence, accuracy or R², in and out of sample, from which memorising is
mentioned."""

LABEL_MEMORY = 0.1
"""Share of a row's own label in the teacher's answer from which remembering is mentioned."""


def limitations(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Write the limitations that follow from the other sections.

    Parameters
    ----------
    data : mapping
        The report's data model without this section.

    Returns
    -------
    section : list of dict
        Each with a "topic" and a "text".
    """
    return [
        {"topic": topic, "text": text}
        for source in (
            _always,
            _about_fidelity,
            segment_limitations,
            fairness_limitations,
            refit_limitations,
            certificate_limitations,
            equality_limitations,
            _about_rows,
            _about_rules,
            _about_bins,
            _about_teaching,
        )
        for topic, text in source(data)
    ]


def _always(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield (
        "Reach of the evidence",
        "The student is evidence about the teacher only for rows like the evaluation rows, and only "
        "as far as the fidelity section shows.",
    )
    yield (
        "No causal claim",
        "Explanations describe the two models. They do not say what would happen to a person or a "
        "case if a value were changed.",
    )
    yield (
        "Inherited bias",
        "The student imitates the teacher, and with it any bias of the teacher and of the data it "
        "was trained on. Fidelity is no evidence of fairness.",
    )
    if data["explanation"]["background"]["source"] == "evaluation rows":
        yield (
            "Background",
            "The explanations compare with a sample of the evaluation rows, because no background "
            "was given. Another background gives other values.",
        )


def _about_fidelity(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    fidelity = data["fidelity"]
    if not fidelity["is_computed"]:
        yield ("Fidelity unknown", f"{fidelity['reason']} Fidelity was not measured.")
    agreement = (fidelity.get("agreement") or {}).get("estimate")
    if agreement is not None and agreement < LOW_AGREEMENT:
        yield (
            "Low agreement",
            f"Student and teacher decide alike on {100 * agreement:.1f} % of the evaluation rows, "
            f"which is below {100 * LOW_AGREEMENT:.0f} %. Where they differ, the student's rule is "
            "not the teacher's reason.",
        )
    missing = data["explanation"]["teacher_missing"]
    if missing is not None:
        yield ("Teacher not explained", f"{missing[0].upper()}{missing[1:]}.")


def _about_rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rows = data["data"]
    if rows["split"] is None:
        yield (
            "Origin of the rows",
            "How the evaluation rows were set apart from the training rows was not provided. If "
            "they were used in training, the figures are too favourable.",
        )
    if rows["target"] is None:
        yield (
            "Performance unknown",
            "No labels were given. Whether either model is right is not known from this report.",
        )
    outside = [one["column"] for one in rows["columns"] if one["n_outside_training"]]
    if outside:
        yield (
            "Outside the training range",
            f"Some evaluation rows hold values that the training rows did not: {_listed(outside)}. "
            "The student extrapolates there, and treats unseen categories as missing.",
        )
    new = [
        one["column"]
        for one in rows["columns"]
        if one["n_missing"] and one["missing_in_training"] is False
    ]
    if new:
        yield (
            "Missing values not seen in training",
            f"Missing values occur in the evaluation rows but not in training: {_listed(new)}. The "
            "student's answer to them was not learned.",
        )
    for sentence in sample_sentences(rows):
        yield ("Sample of the rows", sentence)
    blank = [name.replace("_", " ") for name, text in data["identity"].items() if text is None]
    if blank:
        yield ("Not provided", f"Left blank by the author of the report: {_listed(blank)}.")


def sample_sentences(rows: Mapping[str, Any]) -> list[str]:
    """Say which parts of a report rest on a sample of the rows; nothing where none does.

    Parameters
    ----------
    rows : mapping
        The section on the rows.

    Returns
    -------
    sentences : list of str
        On the evaluation rows and on the training rows.
    """
    said = []
    sample, training = rows.get("sample"), rows.get("training_sample")
    if sample is not None and sample["n_rows"] < sample["n_rows_available"]:
        said.append(
            f"Fidelity, performance and their segments are those of all {sample['n_rows_available']} "
            "evaluation rows. Every other section, this one included, is told of a sample: "
            f"{sample['how']}."
        )
    if training is not None and training["n_rows"] < training["n_rows_available"]:
        said.append(f"Of the training rows a sample is told of: {training['how']}.")
    return said


def _about_rules(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rules = data["student"].get("rules", [])
    if data["student"].get("n_rules", 0) is None:
        yield (
            "The student is not shown in full",
            f"Its {data['student']['kind']} has no rules to print. A reviewer sees its parameters, "
            "its answers and their explanations, not everything that decides them.",
        )
    thin = [str(one["number"]) for one in rules if one["n_rows"] < THIN_LEAF]
    if thin:
        yield (
            "Thin rules",
            f"These rules rest on fewer than {THIN_LEAF} {data['student']['rows_counted']}: "
            f"{_listed(thin)}. Their figures are uncertain.",
        )
    empty = [str(one["number"]) for one in rules if one["evaluation"]["n"] == 0]
    if empty:
        yield (
            "Rules without evidence",
            f"No evaluation row reaches these rules: {_listed(empty)}. Nothing is known of their "
            "fidelity.",
        )


def _about_bins(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    bins = data["student"].get("bins", [])
    thin = [_bin_name(one) for one in bins if 0 < one["n_rows"] < THIN_LEAF]
    if thin:
        yield (
            "Thin bins",
            f"These bins rest on fewer than {THIN_LEAF} {data['student']['rows_counted']}: "
            f"{_listed(thin)}. Their points are uncertain.",
        )
    unlearned = [_bin_name(one) for one in bins if not one["n_rows"] and one["evaluation"]["n"]]
    if unlearned:
        yield (
            "Bins without training rows",
            f"Evaluation rows fall into bins that no training row was in: {_listed(unlearned)}. "
            "Such a bin has the mean points of its column, which nobody learned.",
        )
    empty = [_bin_name(one) for one in bins if one["n_rows"] and not one["evaluation"]["n"]]
    if empty:
        yield (
            "Bins without evidence",
            f"No evaluation row is in these bins: {_listed(empty)}. Nothing is known of their "
            "fidelity.",
        )


def _bin_name(one: Mapping[str, Any]) -> str:
    return f"{one['feature']} {one['bin']}"


def _about_teaching(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    facts = data["lineage"]["distillation"]
    if facts is None:
        yield (
            "Teaching unknown",
            "The student does not say how it was taught; the report cannot tell whether its targets "
            "came from rows the teacher was trained on.",
        )
        return
    if facts.get("source") == "given scores":
        yield (
            "Given scores",
            "The student was fitted to scores that were handed over. The report cannot tell how "
            "they were made, whether labels of these rows went into them, or what their maker would "
            "answer to other rows: none were generated.",
        )
    if facts.get("source") == "frozen teacher":
        yield (
            "Frozen teacher",
            "The teacher was used as it is. If it was trained on the student's training rows, its "
            "answers there are sharper than on new rows.",
        )
    memory = facts.get("label_memory")
    if memory is not None and memory > LABEL_MEMORY:
        yield (
            "The teacher remembers labels",
            f"About {memory:.0%} of the teacher's answer to a labelled training row is that row's "
            "own label. These rows counted for less by this share; generated ones stand in for them.",
        )
    left_out = facts.get("n_without_answer")
    if left_out:
        yield (
            "Training rows without an answer",
            f"The folds never held out {left_out} of the training rows, so there is no answer to "
            "them from a teacher that had not seen them. They did not teach the student.",
        )
    yield from _about_leakage(facts)


def _about_leakage(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Compare the teacher on rows it was trained on with the same rows out of fold."""
    names = {"confidence": "mean confidence", "accuracy": "accuracy", "r2": "R²"}
    found = {
        title: (facts[f"{name}_in_sample"], facts[f"{name}_out_of_fold"])
        for name, title in names.items()
        if facts.get(f"{name}_in_sample") is not None
    }
    if any(inside - outside > IN_SAMPLE_GAP for inside, outside in found.values()):
        figures = [f"{title} {one:.3f} and {two:.3f}" for title, (one, two) in found.items()]
        yield (
            "The teacher memorises",
            "On rows that it was trained on and on the same rows out of fold the teacher has "
            f"{_listed(figures)}. The student was taught with the latter.",
        )


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
