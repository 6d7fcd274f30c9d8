"""The manifest laid out for a reader, inside the section on lineage."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Block, Paragraph, facts, table
from interpkd.audit._cells import code, either, number, provided, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._cells import Cell

VERIFY = (
    "The command interpkd verify recomputes these hashes and the headline numbers from report.json "
    "and the data, and says line by line what differs. The JSON says how each hash is made."
)


def provenance_blocks(data: Mapping[str, Any]) -> list[Block]:
    """Lay out hashes, software and the way to run it again.

    Parameters
    ----------
    data : mapping
        The data model of a report.

    Returns
    -------
    blocks : list of Block
        A paragraph and tables.
    """
    section = data["provenance"]
    return [
        Paragraph(words(VERIFY)),
        _hashes(section["hashes"]),
        _again(section),
        _machine(section["environment"]),
    ]


def _hashes(hashes: Mapping[str, Any]) -> Block:
    teacher, student = hashes["teacher"], hashes["student"]
    rows = [("Teacher", _fingerprint(teacher))]
    if teacher["file"] is not None:
        file = teacher["file"]
        rows.append(("File of the teacher", words(file["name"])))
        rows.append(("Bytes of that file", code(file["sha256"])))
    rows += [
        ("Student", _fingerprint(student)),
        ("Model in this report", code(hashes["model"])),
        ("Configuration", code(hashes["configuration"])),
        ("This report, without its times", code(hashes["report"])),
    ]
    return facts("SHA-256 of models, configuration and report", rows)


def _fingerprint(facts_: Mapping[str, Any]) -> Cell:
    return words(facts_["reason"]) if facts_["sha256"] is None else code(facts_["sha256"])


def _again(section: Mapping[str, Any]) -> Block:
    command, git = section["command"], section["git"]
    rows: list[tuple[str, Cell]] = [
        ("Command", provided(None) if command is None else code(command)),
    ]
    rows += [(f"seed: {name}", either(value)) for name, value in section["seeds"].items()]
    if git["commit"] is None:
        rows.append(("Git commit of the working directory", words(git["reason"])))
    else:
        rows.append(("Git commit of the working directory", code(git["commit"])))
        rows.append(("Files that git follows differ from it", either(git["is_dirty"])))
    return facts("To run it again", rows)


def _machine(environment: Mapping[str, Any]) -> Block:
    threads = environment["threads"]
    header = ["What", "Name", "Version", "Threads"]
    rows = [
        [
            words("Operating system"),
            words(environment["system"]),
            words(environment["release"]),
            number(None),
        ],
        [words("Architecture"), words(environment["machine"]), words(None), number(None)],
        [
            words("Interpreter"),
            words(environment["implementation"]),
            words(environment["python"]),
            number(None),
        ],
        [words("Processors"), words("all"), words(None), number(threads["processors"], "count")],
        [words("Compiled loops"), words("numba"), words(None), number(threads["numba"], "count")],
    ]
    rows += [
        [
            words("Linear algebra"),
            words(one["library"]),
            words(one["version"]),
            number(one["num_threads"], "count"),
        ]
        for one in environment["blas"]
    ]
    return table("Machine and threads", header, rows)
