"""The differences of two reports laid out for a reader."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Document, Figure, Paragraph, Section, facts, table
from interpkd.audit._cells import Text, code, either, interval, number, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._cells import Cell

KINDS = {"added": "only in B", "removed": "only in A"}


def diff_document(data: Mapping[str, Any]) -> Document:
    """Lay out the differences.

    Parameters
    ----------
    data : mapping
        What :func:`interpkd.audit.diff` found.

    Returns
    -------
    document : Document
        Sections; those in which nothing differs say so.
    """
    a, b = data["a"], data["b"]
    sections = (
        Section("reports", "The two reports", (_reports(a, b),)),
        Section("model", "The students", tuple(_model(data))),
        Section("scores", "Headline scores", (_scores(data["scores"]),)),
        Section("swaps", "Swap set", tuple(_swaps(data["swap_set"]))),
        Section("findings", "Findings", (_values(data["findings"], "finding"),)),
        Section("parameters", "Parameters", (_values(data["parameters"], "parameter"),)),
        Section("software", "Software", (_values(data["software"], "version of a library"),)),
        Section("data", "Data and teacher, by SHA-256", (_values(data["data"], "hash"),)),
    )
    result = "equal but for their times" if data["is_equal"] else "different"
    return Document(
        title=f"From {_name(a)} to {_name(b)}",
        subtitle="Differences of two audit reports",
        created=str(b["created_utc"]),
        figures=(
            Figure("Result", words(result)),
            Figure("Rules, coefficients or bins", _count(data), words("changed, new or gone")),
        ),
        sections=sections,
    )


def _name(about: Mapping[str, Any]) -> str:
    return " ".join(str(about[part]) for part in ("name", "version") if about[part] is not None)


def _count(data: Mapping[str, Any]) -> Cell:
    n = sum(
        len(data[name][kind])
        for name in ("rules", "coefficients", "points")
        for kind in ("added", "removed", "changed")
    )
    return number(n, "count")


def _reports(a: Mapping[str, Any], b: Mapping[str, Any]) -> Block:
    titles = {
        "name": "Model",
        "version": "Version",
        "created_utc": "Time (UTC)",
        "student": "Student",
        "n_rows": "Evaluation rows",
        "report_sha256": "SHA-256 of the report",
    }
    rows = [[words(title), _value(a[name]), _value(b[name])] for name, title in titles.items()]
    return table("A is the earlier report, B the later", ["", "A", "B"], rows)


def _model(data: Mapping[str, Any]) -> list[Block]:
    blocks: list[Block] = [_values(data["student"], "property of the student")]
    for name in ("rules", "coefficients", "points"):
        blocks += _entries(name, data[name])
    columns = data["columns"]
    if columns["added"] or columns["removed"]:
        rows = [
            (f"Columns used {where}", words(", ".join(columns[kind]) or None))
            for kind, where in KINDS.items()
        ]
        blocks.append(facts("Columns used", rows))
    return blocks


def _entries(name: str, found: Mapping[str, Any]) -> list[Block]:
    """Lay out what is new, gone and changed among rules, coefficients or bins."""
    n = found["n_unchanged"]
    if not any((n, found["added"], found["removed"], found["changed"])):
        return []
    rows = [
        [words(where), words(_what(one)), _answer(one)]
        for kind, where in KINDS.items()
        for one in found[kind]
    ]
    rows += [
        [
            words("in both"),
            words(_what(one["a"])),
            (*_answer(one["a"]), Text(" → "), *_answer(one["b"])),
        ]
        for one in found["changed"]
    ]
    same = Paragraph((Text(f"{name.capitalize()} that are the same: "), *number(n, "count")))
    if not rows:
        return [same]
    return [table(name.capitalize(), ["Where", "What", "Answer"], rows, wide=1), same]


def _what(one: Mapping[str, Any]) -> str:
    if "conditions" in one:
        return " and ".join(one["conditions"]) or "always"
    return str(one["text"]) if "text" in one else f"{one['feature']}: {one['bin']}"


def _answer(one: Mapping[str, Any]) -> Cell:
    if "points" in one:
        return (*_value(one["points"]), Text(" points, rows: "), *_value(one["n_rows"]))
    if "values" in one:
        return _value(one["values"])
    given = one["value"] if one["distribution"] is None else one["distribution"]
    decided: Cell = () if one["distribution"] is None else (*_value(one["decision"]), Text(": "))
    return (*decided, *_value(given), Text(", rows: "), *_value(one["n_rows"]))


def _value(value: Any) -> Cell:
    if isinstance(value, dict):
        return words("; ".join(f"{name}: {one}" for name, one in value.items()))
    return either(value)


def _scores(scores: list[Any]) -> Block:
    if not scores:
        return Paragraph(words("No headline score differs."))
    overlap = {True: "yes", False: "no", None: None}
    rows = []
    for one in scores:
        cells = [words(one["score"])]
        for side in ("a", "b"):
            score = one[side] or {"estimate": None, "low": None, "high": None}
            cells += [number(score["estimate"]), interval(score["low"], score["high"])]
        rows.append([*cells, number(one["change"]), words(overlap[one["intervals_overlap"]])])
    header = ["Score", "A", "Interval", "B", "Interval", "Change", "Intervals overlap"]
    return table("Scores that differ", header, rows)


def _swaps(found: Mapping[str, Any]) -> list[Block]:
    if not found["is_computed"]:
        return [Paragraph(words(found["reason"]))]
    about = [
        ("Rows asked about", number(found["n_rows"], "count")),
        ("Rows with another answer", number(found["n_changed"], "count")),
    ]
    if "share" in found:
        about.append(("Their share", number(found["share"], "percent")))
    else:
        about += [
            (name.replace("_", " ").capitalize(), number(found[name], "plain"))
            for name in ("mean_change", "mean_absolute_change", "largest_absolute_change")
        ]
    blocks: list[Block] = [facts("Decisions of both students on the same rows", about)]
    if found.get("swaps"):
        rows = [
            [words(one["from"]), words(one["to"]), number(one["n"], "count")]
            for one in found["swaps"]
        ]
        blocks.append(table("Swaps", ["A decides", "B decides", "Rows"], rows))
    return blocks


def _values(found: list[Any], what: str) -> Block:
    if not found:
        return Paragraph(words(f"No {what} differs."))
    rows = [[words(one["name"]), _hash(one["a"]), _hash(one["b"])] for one in found]
    return table(f"What differs: {what}", ["Name", "A", "B"], rows)


def _hash(value: Any) -> Cell:
    is_hash = isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
    return code(value) if is_hash else _value(value)
