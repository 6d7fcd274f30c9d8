"""What a fitted student knows beside its document, and how it is built again from both.

A saved student is the document that people read (`to_json`), and a state: the parameters, and the
few fitted attributes that the document lacks. The document was checked before it comes here; the
state is checked here, attribute by attribute, by whom the attribute belongs to.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._saved_state import refuse_value, take
from interpkd._tables import RawColumn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column

SOURCES = ("out-of-fold", "frozen teacher", "given scores")


class TeacherLeftBehind:
    """The `teacher_` of a student that has none: of a loaded one, why."""

    def __get__(self, student: Any, kind: type) -> Any:
        """Raise; a fitted student has an attribute of its own, which comes first."""
        known = {} if student is None else vars(student)
        msg = f"{kind.__name__!r} object has no attribute 'teacher_'"
        if "teacher_reference_" in known:
            msg = (
                "This student was loaded from a file, and a teacher is never inside one: "
                "teacher_reference_ says which it was. Pass it where it is asked for, such as "
                "fidelity_report(student, X, teacher=...)."
            )
        raise AttributeError(msg, name="teacher_", obj=student)


def example_rows(columns: Sequence[Column]) -> list[RawColumn]:
    """Give one row of a table with these columns, for transformers that read only its names.

    Parameters
    ----------
    columns : sequence of Column
        The columns.

    Returns
    -------
    raw : list of RawColumn
        The row.
    """
    raw = []
    for column in columns:
        if column.kind == "category":
            values: NDArray[Any] = np.array([None], dtype=object)
            values[:] = column.categories[:1] or None
        else:
            values = np.array([np.nan if column.minimum is None else column.minimum])
        raw.append(RawColumn(column.name, column.kind, values))
    return raw


def take_facts(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give how a student was taught: names to plain values, and the source among them."""
    value = take(state, name)
    if not isinstance(value, dict) or value.get("source") not in SOURCES:
        refuse_value(name, f"a mapping whose 'source' is one of {', '.join(SOURCES)}", value)
    for key, one in value.items():
        is_plain = one is None or isinstance(one, (bool, int, float, str))
        if not isinstance(key, str) or not is_plain or (key[:2] == "n_" and not _is_count(one)):
            refuse_value(
                f"{name}[{key!r}]", "a plain value, and of a number of things a count", one
            )
    return value


def take_reference(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give what is known of the teacher that stayed behind."""
    value = take(state, name)
    texts = ("type", "sha256", "reason")
    if not isinstance(value, dict) or {*value} != {*texts, "file", "takes_missing"}:
        refuse_value(name, "what save writes of a teacher", value)
    file = value["file"]
    words = [value[key] for key in texts] + ([] if file is None else [*file.values()])
    if not all(one is None or isinstance(one, str) for one in words):
        refuse_value(name, "texts", value)
    if type(value["takes_missing"]) is not bool:
        refuse_value(f"{name}['takes_missing']", "true or false", value["takes_missing"])
    return value


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value >= 0)
